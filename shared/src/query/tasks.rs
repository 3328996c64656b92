//! The process tree.

use serde::{Deserialize, Serialize};

use crate::event::{End, Origin};
use crate::ids::{Pid, TaskUid, Tid};
use crate::syscall::SyscallId;
use crate::units::{Nanos, TraceTime};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TasksAnswer {
    /// Every task, in the order first seen: `rows[uid.index()]` is task `uid`.
    pub rows: Vec<TaskRow>,
}

/// A thread; a process is the tasks of one `leader`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRow {
    pub uid: TaskUid,
    /// The kernel's id (the last one, if an exec changed it).
    pub tid: Tid,
    pub process: Pid,
    /// The first task of its process that the trace saw; itself when it is that one. The identity of the process.
    pub leader: TaskUid,
    pub origin: Origin,
    /// The kernel's short name (`comm`), the last one.
    pub comm: String,
    pub started: TraceTime,
    /// `None` while it lives.
    pub ended: Option<(TraceTime, End)>,
    /// The programs that it executed, in order.
    pub executions: Vec<Execution>,
    /// Calls that started within the query's range, unfinished ones included.
    pub calls: u64,
    pub errors: u64,
    /// Time spent in these calls.
    pub time: Nanos,
    /// The call that it is in right now; `None` when the trace is complete.
    pub in_flight: Option<InFlight>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    pub time: TraceTime,
    /// The path that was executed.
    pub program: String,
    pub argv: Vec<String>,
    pub cwd: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    pub syscall: SyscallId,
    pub since: TraceTime,
    /// `read(3<pipe:[42]>, `: what strace would have printed so far.
    pub text: String,
}
