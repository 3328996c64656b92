//! Chunks → bytes to append.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::ArrowError;
use serde::Serialize;

use super::frame::{self, Head, MAGIC, MAX_PAYLOAD_BYTES, Tag};
use super::{Chunk, FileError, VERSION, events, output, tasks};

/// Encodes the chunks of one file, in order.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    sequence: u32,
}

impl Encoder {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What every file begins with.
    #[must_use]
    pub fn preamble() -> Vec<u8> {
        [&MAGIC[..], &VERSION.to_le_bytes()].concat()
    }

    /// The bytes of the next chunk.
    ///
    /// # Errors
    /// When the chunk is larger than the format allows (64 MiB): hand over fewer rows at a time.
    pub fn encode(&mut self, chunk: &Chunk) -> Result<Vec<u8>, FileError> {
        let (tag, payload) = payload(chunk)?;
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(FileError::Encode(format!("{} bytes are too many for one chunk", payload.len())));
        }
        let head = Head::of(tag, self.sequence, &payload);
        self.sequence = self.sequence.wrapping_add(1);
        Ok([&head.to_bytes()[..], &payload].concat())
    }
}

fn payload(chunk: &Chunk) -> Result<(Tag, Vec<u8>), FileError> {
    Ok(match chunk {
        Chunk::Header(header) => (frame::HEADER, json(header)?),
        Chunk::Tasks(changes) => (frame::TASKS, arrow(tasks::to_batch(changes))?),
        Chunk::Events(events) => (frame::EVENTS, arrow(events::to_batch(events))?),
        Chunk::Output(pieces) => (frame::OUTPUT, arrow(output::to_batch(pieces))?),
        Chunk::InFlight(events) => (frame::IN_FLIGHT, arrow(events::to_batch(events))?),
        Chunk::Seal(seal) => (frame::SEAL, json(seal)?),
    })
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, FileError> {
    serde_json::to_vec(value).map_err(|error| FileError::Encode(error.to_string()))
}

/// One batch as a self-contained Arrow IPC stream: any chunk decodes without the others.
fn arrow(batch: Result<RecordBatch, ArrowError>) -> Result<Vec<u8>, FileError> {
    let encode = || {
        let batch = batch?;
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
        let schema = Arc::clone(batch.schema_ref());
        let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options)?;
        writer.write(&batch)?;
        writer.into_inner()
    };
    encode().map_err(|error: ArrowError| FileError::Encode(error.to_string()))
}
