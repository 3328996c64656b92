//! The trace file: an append-only sequence of checksummed chunks. `FORMAT.md` beside this module describes it byte by byte.
//!
//! No I/O happens here: an [`Encoder`] turns chunks into bytes to append, a [`Decoder`] is pushed bytes as they are found and gives back
//! chunks, so that a saved file, a growing file and a file dropped on a page are read by the same code.

mod decoder;
mod encoder;
mod events;
mod frame;
mod output;
mod tasks;

use serde::{Deserialize, Serialize};

pub use decoder::Decoder;
pub use encoder::Encoder;

use crate::event::{Event, Output, TaskChange};
use crate::options::{Target, TraceOptions};
use crate::units::TraceTime;

/// The format's version, in every file's preamble.
pub const VERSION: u32 = 1;

/// A unit of the file: whole or absent.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    Header(Header),
    Tasks(Vec<TaskChange>),
    Events(Vec<Event>),
    Output(Vec<Output>),
    /// Every call in flight at this point; replaces the chunk of this kind before it.
    InFlight(Vec<Event>),
    Seal(Seal),
}

/// What was traced, with which options, when and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub target: Target,
    pub options: TraceOptions,
    /// The wall clock at trace time 0: nanoseconds since the Unix epoch.
    pub started_unix_nanos: u64,
    /// The recorder's working directory, where a command was started.
    pub cwd: String,
    pub host: String,
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: String,
    /// The version of syscope that recorded.
    pub recorder: String,
}

/// The end of a recording that ended in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub end: TraceTime,
    /// How many events the file holds.
    pub events: u64,
    pub reason: SealReason,
    /// The command's exit status, or 128 + the signal that ended it. `None` after an attach.
    pub exit_status: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealReason {
    /// Every traced task ended.
    Finished,
    /// The recorder was told to stop.
    Stopped,
    /// The file could not be written further (disk full); the tracee ran on.
    WriteFailed,
}

/// Why the rest of a file cannot be read. What came before it can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("this is not a syscope trace: it does not begin with `SYSCOPE`")]
    NotATrace,
    #[error(
        "the trace has format version {0}, this syscope reads version {VERSION}: open it with the version that recorded it"
    )]
    UnknownVersion(u32),
    #[error("the trace is damaged at byte {offset}: {reason}")]
    Damaged { offset: u64, reason: String },
    /// Only while encoding.
    #[error("a chunk could not be encoded: {0}")]
    Encode(String),
}

#[cfg(test)]
mod tests;
