//! What happened, as the recorder writes it and everything downstream reads it.
//!
//! A trace is three streams: [`Event`]s (calls, signals, stops, ends), [`TaskChange`]s (which threads there were and what they
//! ran), and the tracee's [`Output`]. A call's arguments and result are kept as strace's text, which is what everyone can read and
//! search; the few facts that queries need are columns beside it, and the value tree is parsed back from the text on demand.

use serde::{Deserialize, Serialize};

use crate::ids::{Fd, Pid, Signal, TaskUid, Tid};
use crate::syscall::SyscallId;
use crate::units::{Nanos, TraceTime};

/// Something that happened in one task at one moment, or over a span that begins then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub task: TaskUid,
    /// For a call: just before the kernel was let run it.
    pub start: TraceTime,
    pub kind: EventKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    Syscall(Syscall),
    /// A signal about to be delivered: `--- SIGTERM {si_signo=SIGTERM, …} ---`.
    Signal {
        signal: Signal,
        /// The siginfo as strace prints it, braces included.
        info: String,
    },
    /// A group-stop: `--- stopped by SIGSTOP ---`.
    Stopped(Signal),
    /// The end of the task.
    Ended(End),
}

/// How a task ended, or how the trace of it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// `+++ exited with N +++`: the low eight bits of the status.
    Exited(u8),
    /// `+++ killed by SIGKILL +++`.
    Killed { signal: Signal, core_dumped: bool },
    /// Another thread of the process executed a program: `+++ superseded by execve in pid N +++`.
    Superseded { by: Tid },
    /// The tracer let go of it; it runs on.
    Detached,
}

/// One system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syscall {
    pub id: SyscallId,
    /// From just before the call until the tracer was told of its return. `None`: it never returned, or the trace ended first.
    pub duration: Option<Nanos>,
    /// The arguments as strace prints them, without the parentheses.
    pub args: String,
    /// How many bytes of `args` strace would have printed before the call returned: what stands before `<unfinished ...>` when
    /// another task's line comes between. At most `args.len()`, on a character boundary.
    pub args_at_entry_bytes: u32,
    /// What strace prints after `= `: `3`, `-1 ENOENT (No such file or directory)`, `0 (Timeout)`, `?`.
    pub result: String,
    /// The return value. Meaningless while `duration` is `None`.
    pub ret: i64,
    /// The error number when the call failed (`errno(3)`), restart codes (512 and up) included.
    pub errno: Option<u16>,
    /// The file descriptor that the call works on, or for a call that opens one, what it returned.
    pub fd: Option<Fd>,
    /// The path that the call names or its fd stands for; for a socket its peer (`127.0.0.1:80`).
    pub path: Option<String>,
    /// Bytes transferred by a successful read, write, send or receive.
    pub bytes: Option<u64>,
    /// The task that a successful clone, fork or vfork made.
    pub child: Option<TaskUid>,
}

impl Syscall {
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.errno.is_some()
    }
}

/// A change of what the trace knows about one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskChange {
    pub task: TaskUid,
    pub time: TraceTime,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The trace first saw the task. Comes before anything else that names it.
    Started {
        tid: Tid,
        process: Pid,
        origin: Origin,
        comm: String,
    },
    /// The task executed a program. A thread that executes takes over its process's id: `tid` is the one it has now.
    Executed {
        tid: Tid,
        program: String,
        argv: Vec<String>,
        cwd: String,
    },
    /// The task's name (`/proc/PID/comm`) became another.
    Renamed {
        comm: String,
    },
    Ended(End),
}

/// Where a task came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The recorder started it.
    Spawned,
    /// It was running when the recorder attached to it.
    Attached,
    /// Another task made it, with the clone flags that the kernel was given (a fork or vfork counts as a clone with the flags that
    /// it stands for).
    Created { parent: TaskUid, by: Creation, clone_flags: u64 },
}

/// The call that made a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Creation {
    Fork,
    Vfork,
    /// `clone` or `clone3` of a process of its own.
    Clone,
    /// `clone` or `clone3` with CLONE_THREAD.
    Thread,
}

/// Something the tracee wrote to its standard output or error, kept when the session captures them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    pub time: TraceTime,
    pub stream: Stream,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stream {
    Stdout,
    Stderr,
}
