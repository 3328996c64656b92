//! Sessions: recordings under way and saved traces, one notion for both.
//!
//! A session is its trace file. A recorder, a process of its own, appends to it; the server only ever follows the file, so that a
//! trace looks the same live and saved, and a recording that outlives its server is picked up by the next one. Whether a file may
//! still grow is told by the lock that its recorder holds on it.
//!
//! Everything here blocks on files: the web's workers call it through `spawn_blocking`.

mod examples;
mod feed;
mod folder;
mod id;
mod one;
mod orphan;
mod plan;
mod processes;
mod recorder;
mod registry;
mod tail;
mod tally;

use std::io;
use std::path::PathBuf;

pub use examples::examples;
pub use feed::Feed;
pub use folder::{Folder, default_store};
pub use id::SessionId;
pub use one::Session;
pub use registry::Registry;

/// Why something about a session cannot be done: one sentence, with the remedy.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("there is no such session")]
    Absent,
    /// The request itself is wrong.
    #[error("{0}")]
    Invalid(String),
    /// The request is about something that belongs to somebody else.
    #[error("{0}")]
    Forbidden(String),
    /// The request does not fit the present state of things.
    #[error("{0}")]
    Conflict(String),
    #[error("cannot {action} {}: {error}", path.display())]
    Io { action: &'static str, path: PathBuf, error: io::Error },
}

impl SessionError {
    /// For `map_err`: a failed `action` (`read`, `create the folder`) on `path`.
    fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::Io { action, path, error }
    }
}
