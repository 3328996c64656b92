//! The file that a recorder appends to.
//!
//! It is locked (`flock(2)`) for as long as its recorder lives, so that others can tell a trace that still grows from one whose
//! recorder is gone, and readable by its owner only.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use syscope_shared::file::{Chunk, Encoder, FileError};

#[derive(Debug)]
pub(super) struct Appender {
    file: File,
    path: PathBuf,
    encoder: Encoder,
    /// How much of it is whole chunks.
    written_bytes: u64,
    is_regular: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    #[error("cannot write {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("{} is being recorded by another syscope: choose another file, or stop that recording", .0.display())]
    Busy(PathBuf),
    #[error(transparent)]
    Encode(#[from] FileError),
}

impl Appender {
    /// Creates the file, or empties one that is no longer recorded into, and writes its beginning.
    pub(super) fn create(path: &Path) -> Result<Self, AppendError> {
        let fail = |error| AppendError::Write { path: path.to_owned(), error };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path).map_err(fail)?;
        let is_regular = file.metadata().map_err(fail)?.is_file();
        if is_regular {
            lock(&file, path)?;
            file.set_permissions(Permissions::from_mode(0o600)).map_err(fail)?;
            file.set_len(0).map_err(fail)?;
        }
        let mut file =
            Self { file, path: path.to_owned(), encoder: Encoder::new(), written_bytes: 0, is_regular };
        file.write(&Encoder::preamble())?;
        Ok(file)
    }

    /// Appends a chunk wholly or not at all.
    pub(super) fn append(&mut self, chunk: &Chunk) -> Result<(), AppendError> {
        let mut encoder = self.encoder.clone();
        let bytes = encoder.encode(chunk)?;
        self.write(&bytes)?;
        self.encoder = encoder;
        Ok(())
    }

    #[must_use]
    pub(super) fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// Takes the file away again: nothing was recorded into it.
    pub(super) fn discard(self) {
        if self.is_regular {
            // What cannot be removed has been emptied of all but its beginning.
            let _ = std::fs::remove_file(&self.path);
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), AppendError> {
        if let Err(error) = self.file.write_all(bytes) {
            if self.is_regular {
                self.cut_torn_chunk();
            }
            return Err(AppendError::Write { path: self.path.clone(), error });
        }
        self.written_bytes += bytes.len() as u64;
        Ok(())
    }

    /// A chunk that was written in part would only be thrown away by the reader, and its room may be what the seal needs.
    fn cut_torn_chunk(&mut self) {
        use std::io::{Seek, SeekFrom};
        if self.file.set_len(self.written_bytes).is_ok() {
            // Failing leaves a hole that the reader's checksum finds.
            let _ = self.file.seek(SeekFrom::Start(self.written_bytes));
        }
    }
}

/// Locks the file for this recorder. Others ask for the lock for a moment, to see whether the trace still grows.
fn lock(file: &File, path: &Path) -> Result<(), AppendError> {
    const PATIENCE: Duration = Duration::from_millis(500);
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => return Err(AppendError::Busy(path.to_owned())),
            Err(TryLockError::Error(error)) => {
                return Err(AppendError::Write { path: path.to_owned(), error });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_one_recorder_and_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.syscope");
        std::fs::write(&path, "an older trace").unwrap();
        let file = Appender::create(&path).unwrap();
        assert!(matches!(Appender::create(&path), Err(AppendError::Busy(_))));
        assert_eq!(std::fs::read(&path).unwrap(), Encoder::preamble());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        drop(file);
        Appender::create(&path).unwrap().discard();
        assert!(!path.exists());
    }

    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let error = Appender::create(Path::new("/dev/full")).unwrap_err();
        assert_eq!(error.to_string(), "cannot write /dev/full: No space left on device (os error 28)");
    }
}
