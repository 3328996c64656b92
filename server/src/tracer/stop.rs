//! What the tracer thread tells the core about a stop, and what the core answers.

use syscope_shared::event::{Creation, End};
use syscope_shared::ids::{Fd, Pid, Signal, TaskUid, Tid};
use syscope_shared::syscall::SyscallId;
use syscope_shared::units::TraceTime;

use super::raw::{Call, RawSyscall, Snapshot};

/// A stop of one task, with what had to be read about it while it lasts.
#[derive(Debug)]
pub struct Stop {
    pub tid: Tid,
    /// When the wait returned.
    pub time: TraceTime,
    pub kind: StopKind,
}

#[derive(Debug)]
pub enum StopKind {
    Entry {
        call: Call,
        at_entry: Snapshot,
    },
    Exit {
        ret: i64,
        is_error: bool,
        at_exit: Snapshot,
        /// The task's name, if the call may have changed it.
        comm: Option<String>,
    },
    Signal {
        signal: Signal,
        siginfo: Vec<u8>,
    },
    GroupStop(Signal),
    /// An interrupt, the end of a group-stop, or a new task's first stop.
    Trap,
    /// The task made another one.
    Created {
        child: Tid,
        by: Creation,
        clone_flags: u64,
    },
    /// The task executes a program; `former` is the id that it had until now.
    Executed {
        former: Tid,
        image: Image,
    },
    /// The task is about to end.
    Exiting(End),
    /// Nothing that syscope knows.
    Other,
}

/// The program that a task runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    pub program: String,
    pub argv: Vec<String>,
    pub cwd: String,
    pub comm: String,
    /// The descriptors that the command of a recorder begins with; empty for any other program.
    pub open_files: Vec<(Fd, String)>,
}

/// Who a task is that stopped before its parent told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    pub process: Pid,
    pub comm: String,
}

/// What to do with a stopped task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Let it run on, delivering the signal.
    Resume(Tid, Option<Signal>),
    /// Leave it in its group-stop.
    Listen(Tid),
    /// Let go of it for good, delivering the signal.
    Detach(Tid, Option<Signal>),
}

/// A call between its entry and its exit.
#[derive(Debug)]
pub struct OpenCall {
    pub call: Call,
    pub at_entry: Snapshot,
    pub(super) start: TraceTime,
    /// Whether `start` is still the time of the stop, because the task has not been resumed yet.
    pub(super) is_held: bool,
    pub(super) child: Option<TaskUid>,
}

impl OpenCall {
    /// When the task was let into the call.
    #[must_use]
    pub fn start(&self) -> TraceTime {
        self.start
    }

    /// Whether the call gives the task another name: `prctl(PR_SET_NAME)`.
    #[must_use]
    pub fn is_renaming(&self) -> bool {
        const PRCTL: SyscallId = SyscallId::x86_64(157);
        const PR_SET_NAME: u64 = 15;
        self.call.id == PRCTL && self.call.args[0] == PR_SET_NAME
    }

    /// The call as it is now, not returned.
    #[must_use]
    pub fn unfinished(&self) -> RawSyscall {
        RawSyscall {
            call: self.call,
            at_entry: self.at_entry.clone(),
            exit: None,
            at_exit: Snapshot::default(),
            child: self.child,
        }
    }
}
