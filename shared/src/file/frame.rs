//! How a chunk stands in the file: tag, length, sequence number and checksum before its payload.

/// Before the first chunk: a magic line and the version.
pub(super) const MAGIC: &[u8; 8] = b"SYSCOPE\n";
pub(super) const PREAMBLE_BYTES: usize = MAGIC.len() + 4;
pub(super) const HEAD_BYTES: usize = 16;

/// No chunk is larger: a reader need not believe a damaged length.
pub(super) const MAX_PAYLOAD_BYTES: usize = 64 << 20;

pub(super) type Tag = [u8; 4];
pub(super) const HEADER: Tag = *b"HEAD";
pub(super) const TASKS: Tag = *b"TASK";
pub(super) const EVENTS: Tag = *b"EVNT";
pub(super) const OUTPUT: Tag = *b"OUTP";
pub(super) const IN_FLIGHT: Tag = *b"OPEN";
pub(super) const SEAL: Tag = *b"SEAL";

/// The fixed part of a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) tag: Tag,
    pub(super) length: u32,
    pub(super) sequence: u32,
    crc: u32,
}

impl Head {
    pub(super) fn of(tag: Tag, sequence: u32, payload: &[u8]) -> Self {
        let length = payload.len() as u32;
        Self { tag, length, sequence, crc: checksum(tag, length, sequence, payload) }
    }

    pub(super) fn parse(bytes: &[u8; HEAD_BYTES]) -> Self {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Self {
            tag: [bytes[0], bytes[1], bytes[2], bytes[3]],
            length: word(4),
            sequence: word(8),
            crc: word(12),
        }
    }

    pub(super) fn to_bytes(self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..4].copy_from_slice(&self.tag);
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[12..].copy_from_slice(&self.crc.to_le_bytes());
        bytes
    }

    pub(super) fn is_intact(self, payload: &[u8]) -> bool {
        self.crc == checksum(self.tag, self.length, self.sequence, payload)
    }
}

fn checksum(tag: Tag, length: u32, sequence: u32, payload: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&tag);
    let crc = crc32c::crc32c_append(crc, &length.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &sequence.to_le_bytes());
    crc32c::crc32c_append(crc, payload)
}
