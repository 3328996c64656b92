//! What the tracer thread hands to the decoder thread: registers and bytes, nothing formatted.
//!
//! While a tracee is stopped the tracer only reads what would be gone afterwards; turning it into strace's text happens later, on
//! another thread, from these values alone.

use smallvec::SmallVec;
use syscope_shared::event::{End, Origin};
use syscope_shared::ids::{Fd, Pid, Signal, TaskUid, Tid};
use syscope_shared::syscall::SyscallId;
use syscope_shared::units::{Nanos, TraceTime};

/// Something that happened to one task.
#[derive(Debug)]
pub struct RawEvent {
    pub task: TaskUid,
    /// For a call its start.
    pub time: TraceTime,
    pub kind: RawKind,
}

#[derive(Debug)]
pub enum RawKind {
    Started {
        tid: Tid,
        process: Pid,
        origin: Origin,
        comm: String,
    },
    /// A call that ended, or one that will not (`exit` is `None`).
    Syscall(Box<RawSyscall>),
    /// The task executed a program; follows the call. `tid` is the id that it has now.
    Executed {
        tid: Tid,
        program: String,
        argv: Vec<String>,
        cwd: String,
    },
    Renamed {
        comm: String,
    },
    /// The descriptors that the task's process had when the trace of it began, and what `/proc/PID/fd` says that they stand for.
    OpenFiles {
        process: Pid,
        files: Vec<(Fd, String)>,
    },
    /// A signal-delivery stop, with the kernel's `siginfo_t` (128 bytes; empty if it was gone before it could be read).
    Signal {
        signal: Signal,
        siginfo: Vec<u8>,
    },
    Stopped(Signal),
    Ended(End),
}

/// One call as the kernel saw it.
#[derive(Clone, Debug)]
pub struct RawSyscall {
    pub call: Call,
    /// Tracee memory as it was at the syscall-entry stop.
    pub at_entry: Snapshot,
    pub exit: Option<Exit>,
    /// Tracee memory as it was at the syscall-exit stop; empty without one.
    pub at_exit: Snapshot,
    /// The task that a clone, fork or vfork made.
    pub child: Option<TaskUid>,
}

/// A call's number and arguments.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub id: SyscallId,
    pub args: [u64; 6],
    /// Where the stack was at the call's entry: `rt_sigreturn` takes its argument from there.
    pub stack_pointer: u64,
}

/// How a call returned.
#[derive(Clone, Copy, Debug)]
pub struct Exit {
    pub duration: Nanos,
    /// The value of the return register, as a signed number: `-errno` when `is_error`.
    pub ret: i64,
    /// PTRACE_GET_SYSCALL_INFO's verdict.
    pub is_error: bool,
}

/// Pieces of a tracee's memory, copied while it was stopped.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pieces: SmallVec<[Piece; 4]>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    /// The address in the tracee.
    address: u64,
    /// Where the piece begins in `bytes`, and its length.
    offset: u32,
    length: u32,
}

impl Snapshot {
    /// Adds what was read at `address`.
    pub fn push(&mut self, address: u64, bytes: &[u8]) {
        let piece = Piece { address, offset: self.bytes.len() as u32, length: bytes.len() as u32 };
        self.pieces.push(piece);
        self.bytes.extend_from_slice(bytes);
    }

    /// All bytes that were captured in one piece from `address` on; empty when there are none.
    #[must_use]
    pub fn from(&self, address: u64) -> &[u8] {
        self.pieces
            .iter()
            .filter_map(|piece| {
                let skip = address.checked_sub(piece.address)?;
                let length = u64::from(piece.length).checked_sub(skip)?;
                let start = piece.offset as usize + skip as usize;
                self.bytes.get(start..start + length as usize)
            })
            .max_by_key(|bytes| bytes.len())
            .unwrap_or(&[])
    }

    /// Exactly `length` bytes at `address`, if they were captured.
    #[must_use]
    pub fn get(&self, address: u64, length: usize) -> Option<&[u8]> {
        self.from(address).get(..length)
    }
}

/// Reads the memory of the stopped tracee. Implemented by `sys`; by a table in tests.
pub trait TraceeMemory {
    /// Reads each (address, length) in as few kernel calls as possible, and adds what could be read to `into`: of a range that
    /// faults, the readable beginning; nothing for one that cannot be read at all.
    fn read_all(&mut self, ranges: &[(u64, usize)], into: &mut Snapshot);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_gives_back_what_was_captured_and_no_more() {
        let mut snapshot = Snapshot::default();
        snapshot.push(0x1000, b"hello");
        snapshot.push(0x2000, b"world");
        assert_eq!(snapshot.get(0x1001, 4), Some(&b"ello"[..]));
        assert_eq!(snapshot.from(0x2003), b"ld");
        assert_eq!(snapshot.get(0x2003, 3), None);
        assert_eq!(snapshot.from(0x3000), b"");
    }
}
