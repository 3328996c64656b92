//! Captured memory as C lays it out.

use crate::tracer::raw::Snapshot;

/// The fields of a little-endian struct, by byte offset. Offsets past the end read as zero: whoever makes it has checked the length.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn u8(self, offset: usize) -> u8 {
        self.array::<1>(offset)[0]
    }

    pub(super) fn u16(self, offset: usize) -> u16 {
        u16::from_le_bytes(self.array(offset))
    }

    pub(super) fn u32(self, offset: usize) -> u32 {
        u32::from_le_bytes(self.array(offset))
    }

    pub(super) fn u64(self, offset: usize) -> u64 {
        u64::from_le_bytes(self.array(offset))
    }

    pub(super) fn i32(self, offset: usize) -> i32 {
        self.u32(offset) as i32
    }

    pub(super) fn i64(self, offset: usize) -> i64 {
        self.u64(offset) as i64
    }

    /// Network byte order.
    pub(super) fn be16(self, offset: usize) -> u16 {
        u16::from_be_bytes(self.array(offset))
    }

    /// The bytes from `offset` on, at most `length`.
    pub(super) fn bytes(self, offset: usize, length: usize) -> &'a [u8] {
        let rest = self.0.get(offset..).unwrap_or(&[]);
        &rest[..length.min(rest.len())]
    }

    /// The bytes from `offset` on up to a NUL, at most `length`.
    pub(super) fn text(self, offset: usize, length: usize) -> &'a [u8] {
        let bytes = self.bytes(offset, length);
        &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
    }

    /// What begins at `offset`.
    pub(super) fn from(self, offset: usize) -> Self {
        Self(self.0.get(offset..).unwrap_or(&[]))
    }

    pub(super) fn array<const N: usize>(self, offset: usize) -> [u8; N] {
        let mut array = [0; N];
        let bytes = self.bytes(offset, N);
        array[..bytes.len()].copy_from_slice(bytes);
        array
    }
}

/// A NUL-terminated string, as far as it was captured.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CString {
    /// Without the NUL; at most the limit that it was asked for with.
    pub bytes: Vec<u8>,
    /// Whether its NUL was seen directly after `bytes`.
    pub is_terminated: bool,
}

/// The whole string at `address`, without its NUL; `None` when it was not captured to its end.
#[must_use]
pub fn captured_string(memory: &Snapshot, address: u64) -> Option<Vec<u8>> {
    c_string(memory, address, usize::MAX).filter(|string| string.is_terminated).map(|string| string.bytes)
}

/// The string at `address`, which may have been captured in several pieces; at most `limit` bytes of it.
pub(super) fn c_string(memory: &Snapshot, address: u64, limit: usize) -> Option<CString> {
    let mut bytes = Vec::new();
    loop {
        let piece = memory.from(address.wrapping_add(bytes.len() as u64));
        if let Some(length) = memchr::memchr(0, piece) {
            bytes.extend_from_slice(&piece[..length]);
            let is_terminated = bytes.len() <= limit;
            bytes.truncate(limit);
            return Some(CString { bytes, is_terminated });
        }
        bytes.extend_from_slice(piece);
        if piece.is_empty() || bytes.len() > limit {
            break;
        }
    }
    // Of a string that runs into unreadable memory strace shows nothing.
    let is_cut = bytes.len() >= limit && limit > 0;
    bytes.truncate(limit);
    is_cut.then_some(CString { bytes, is_terminated: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_whole_although_it_was_captured_page_by_page() {
        let mut memory = Snapshot::default();
        memory.push(0xff8, b"/usr/bin");
        memory.push(0x5000, b"another\0");
        memory.push(0x1000, b"/env\0rest");
        assert_eq!(captured_string(&memory, 0xff8).as_deref(), Some(&b"/usr/bin/env"[..]));
        assert_eq!(captured_string(&memory, 0x1005), None);
    }
}
