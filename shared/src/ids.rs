//! The names that things have in a trace.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kernel thread id (what `gettid` returns), in the tracer's pid namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tid(pub i32);

/// A process id (the kernel's thread-group id, what `getpid` returns), in the tracer's pid namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pid(pub i32);

/// A file descriptor number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fd(pub i32);

/// The identity of a thread in one trace: the order in which it was first seen, counted from 0.
///
/// The kernel reuses thread ids, so a [`Tid`] alone would mix two threads' lives; the pair of both is kept in the trace's table of
/// tasks, and everything else refers to a task by this serial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskUid(pub u32);

impl TaskUid {
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An event's place in the trace, counted from 0 in the order in which the recorder wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId(pub u32);

impl EventId {
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A signal number (`signal(7)`), real-time signals included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Signal(pub i32);

/// The real-time signals as the kernel counts them: 32 to 64 (`SIGRTMIN` here is the kernel's, as strace prints it).
const SIGRTMIN: i32 = 32;
const SIGRTMAX: i32 = 64;

const SIGNAL_NAMES: [&str; 32] = [
    "0",
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

impl fmt::Display for Signal {
    /// Writes the name as strace does: `SIGTERM`, `SIGRTMIN`, `SIGRT_1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            number @ 0..SIGRTMIN => f.write_str(SIGNAL_NAMES[number as usize]),
            SIGRTMIN => f.write_str("SIGRTMIN"),
            number @ 33..=SIGRTMAX => write!(f, "SIGRT_{}", number - SIGRTMIN),
            number => write!(f, "{number}"),
        }
    }
}
