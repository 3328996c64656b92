//! Reading a whole trace file into a store, for the commands that need no server.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use syscope_shared::file::{Decoder, FileError};
use syscope_shared::store::Store;

/// How much is read at a time.
const PIECE_BYTES: usize = 1 << 20;

/// A trace as it could be read.
#[derive(Debug)]
pub struct Loaded {
    pub store: Store,
    /// A sentence about what is missing; `None` when the trace is whole.
    pub warning: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("{path}: {cause}")]
    Unusable { path: String, cause: FileError },
    #[error("{path} holds no trace yet: it ends before its header")]
    Empty { path: String },
}

/// Reads the trace at `path`: all of it, or as much as is not damaged.
///
/// # Errors
/// When the file cannot be read, is no trace, or of another version. A damaged or unfinished trace is no error: what can be read is
/// returned with a warning.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let name = || path.display().to_string();
    let unreadable = |cause| LoadError::Unreadable { path: name(), cause };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut decoder = Decoder::new();
    let mut store = Store::new();
    let mut piece = vec![0; PIECE_BYTES];
    let mut damage = None;
    while damage.is_none() {
        let read = file.read(&mut piece).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        decoder.push(&piece[..read]);
        damage = apply_all(&mut decoder, &mut store).err();
    }
    match damage {
        Some(cause @ (FileError::NotATrace | FileError::UnknownVersion(_))) => {
            return Err(LoadError::Unusable { path: name(), cause });
        }
        None if store.header().is_none() => return Err(LoadError::Empty { path: name() }),
        _ => {}
    }
    let discarded_bytes = decoder.unread_bytes() + remaining_bytes(&mut file);
    let warning = warning(&store, damage.as_ref(), discarded_bytes);
    if store.seal().is_none() {
        store.close_in_flight();
    }
    Ok(Loaded { store, warning })
}

fn apply_all(decoder: &mut Decoder, store: &mut Store) -> Result<(), FileError> {
    while let Some(chunk) = decoder.next_chunk()? {
        store.apply(chunk);
    }
    Ok(())
}

/// What a damaged file still holds behind the damage.
fn remaining_bytes(file: &mut File) -> u64 {
    std::io::copy(file, &mut std::io::sink()).unwrap_or_default()
}

fn warning(store: &Store, damage: Option<&FileError>, discarded_bytes: u64) -> Option<String> {
    let events = store.event_count();
    match damage {
        Some(damage) => {
            Some(format!("{damage}; {events} events before it, {discarded_bytes} bytes discarded"))
        }
        None if store.seal().is_none() => Some(format!(
            "incomplete: the trace was not sealed; {events} events, {discarded_bytes} bytes discarded"
        )),
        None if discarded_bytes > 0 => {
            Some(format!("{discarded_bytes} bytes after the end of the trace were ignored"))
        }
        None => None,
    }
}
