//! Following a trace file: whatever has been appended since the last look, as chunks.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use syscope_shared::file::{Chunk, Decoder, FileError};

/// How much is read at a time: a follower of a large file shows something after each piece.
const PIECE_BYTES: usize = 1024 * 1024;

/// A reader at the end of a growing file.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    /// Opened when the recorder has made it.
    file: Option<File>,
    decoder: Decoder,
    read_bytes: u64,
    error: Option<FileError>,
}

/// What one look found.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) chunks: Vec<Chunk>,
    /// There may be more to read at once.
    pub(super) is_more: bool,
}

impl Tail {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None, decoder: Decoder::new(), read_bytes: 0, error: None }
    }

    /// Reads the next piece, if the file has grown. Nothing when it is not there yet or cannot be read.
    pub(super) fn look(&mut self) -> Look {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        let Some(file) = &mut self.file else { return Look::default() };
        let mut piece = Vec::new();
        let read = loop {
            match file.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::warn!("cannot read {}: {error}", self.path.display());
                    break piece.len();
                }
                Ok(read) => break read,
            }
        };
        self.read_bytes += piece.len() as u64;
        self.decoder.push(&piece);
        Look { chunks: self.chunks(), is_more: read == PIECE_BYTES }
    }

    /// Bytes read so far: the file's length at the last look.
    pub(super) fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// Why the rest of the file cannot be read.
    pub(super) fn error(&self) -> Option<&FileError> {
        self.error.as_ref()
    }

    /// Bytes at the end that belong to no whole, readable chunk.
    pub(super) fn unread_bytes(&self) -> u64 {
        self.decoder.unread_bytes()
    }

    fn chunks(&mut self) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        loop {
            match self.decoder.next_chunk() {
                Ok(Some(chunk)) => chunks.push(chunk),
                Ok(None) => return chunks,
                Err(error) => {
                    self.error = Some(error);
                    return chunks;
                }
            }
        }
    }
}
