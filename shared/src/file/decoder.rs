//! Bytes as they are found → chunks.

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use serde::de::DeserializeOwned;

use super::frame::{self, HEAD_BYTES, Head, MAGIC, MAX_PAYLOAD_BYTES, PREAMBLE_BYTES};
use super::{Chunk, FileError, VERSION, events, output, tasks};

/// Reads one file from its beginning, however its bytes arrive.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Where in `buffer` the next chunk begins.
    cursor: usize,
    /// Where in the file `buffer` begins.
    base: u64,
    has_preamble: bool,
    sequence: u32,
    /// Once a chunk was unreadable, nothing after it is read.
    failure: Option<FileError>,
    /// Bytes that came after that.
    ignored_bytes: u64,
}

impl Decoder {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failure.is_some() {
            self.ignored_bytes += bytes.len() as u64;
            return;
        }
        self.buffer.drain(..self.cursor);
        self.base += self.cursor as u64;
        self.cursor = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole chunk; `None` when more bytes are needed for one.
    ///
    /// # Errors
    /// When the file is no trace, of another version, or damaged here; the same again at every later call.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk>, FileError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.advance().inspect_err(|failure| self.failure = Some(failure.clone()))
    }

    /// Bytes that were pushed but belong to no whole, readable chunk: at the end of a file, what is discarded.
    #[must_use]
    pub fn unread_bytes(&self) -> u64 {
        (self.buffer.len() - self.cursor) as u64 + self.ignored_bytes
    }

    fn advance(&mut self) -> Result<Option<Chunk>, FileError> {
        if !self.has_preamble && !self.read_preamble()? {
            return Ok(None);
        }
        loop {
            let Some((head, payload)) = self.whole_chunk()? else { return Ok(None) };
            let chunk = decode(head.tag, payload).map_err(|reason| self.damaged(reason))?;
            self.cursor += HEAD_BYTES + head.length as usize;
            self.sequence = self.sequence.wrapping_add(1);
            if chunk.is_some() {
                return Ok(chunk);
            }
        }
    }

    /// Whether the preamble has been read.
    fn read_preamble(&mut self) -> Result<bool, FileError> {
        let seen = &self.buffer[..self.buffer.len().min(MAGIC.len())];
        if seen != &MAGIC[..seen.len()] {
            return Err(FileError::NotATrace);
        }
        let Some(version) = self.buffer.get(MAGIC.len()..PREAMBLE_BYTES) else { return Ok(false) };
        let version = u32::from_le_bytes([version[0], version[1], version[2], version[3]]);
        if version != VERSION {
            return Err(FileError::UnknownVersion(version));
        }
        self.cursor = PREAMBLE_BYTES;
        self.has_preamble = true;
        Ok(true)
    }

    fn whole_chunk(&self) -> Result<Option<(Head, &[u8])>, FileError> {
        let rest = &self.buffer[self.cursor..];
        let Some(head) = rest.first_chunk::<HEAD_BYTES>() else { return Ok(None) };
        let head = Head::parse(head);
        if head.length as usize > MAX_PAYLOAD_BYTES {
            return Err(self.damaged(format!("a chunk claims {} bytes", head.length)));
        }
        if head.sequence != self.sequence {
            return Err(
                self.damaged(format!("chunk {} stands where {} belongs", head.sequence, self.sequence))
            );
        }
        let Some(payload) = rest.get(HEAD_BYTES..HEAD_BYTES + head.length as usize) else { return Ok(None) };
        if !head.is_intact(payload) {
            return Err(self.damaged("a checksum does not match".to_owned()));
        }
        Ok(Some((head, payload)))
    }

    fn damaged(&self, reason: String) -> FileError {
        FileError::Damaged { offset: self.base + self.cursor as u64, reason }
    }
}

/// The chunk of a payload; `None` for a tag that this version does not know.
fn decode(tag: frame::Tag, payload: &[u8]) -> Result<Option<Chunk>, String> {
    Ok(Some(match tag {
        frame::HEADER => Chunk::Header(json(payload)?),
        frame::TASKS => Chunk::Tasks(tasks::from_batch(&arrow(payload)?)?),
        frame::EVENTS => Chunk::Events(events::from_batch(&arrow(payload)?)?),
        frame::OUTPUT => Chunk::Output(output::from_batch(&arrow(payload)?)?),
        frame::IN_FLIGHT => Chunk::InFlight(events::from_batch(&arrow(payload)?)?),
        frame::SEAL => Chunk::Seal(json(payload)?),
        _ => return Ok(None),
    }))
}

fn json<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

fn arrow(payload: &[u8]) -> Result<RecordBatch, String> {
    let mut batches = StreamReader::try_new(payload, None).map_err(|error| error.to_string())?;
    batches.next().ok_or("a chunk is empty")?.map_err(|error| error.to_string())
}
