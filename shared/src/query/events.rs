//! The list of events as strace text, and everything about one of them.

use serde::{Deserialize, Serialize};

use crate::ids::{EventId, Fd, Pid, TaskUid, Tid};
use crate::syscall::{Class, SyscallId};
use crate::units::{Nanos, TraceTime};
use crate::value::Value;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsAnswer {
    /// Events in the range that the filter admits.
    pub total: u64,
    /// The row number of the first of `rows`.
    pub offset: u64,
    /// By start time.
    pub rows: Vec<EventRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    pub id: EventId,
    pub task: TaskUid,
    pub tid: Tid,
    pub start: TraceTime,
    /// `None` for what is no call, and for a call that never returned.
    pub duration: Option<Nanos>,
    pub kind: RowKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowKind {
    Syscall {
        syscall: SyscallId,
        name: String,
        class: Class,
        /// What stands between the parentheses.
        args: String,
        /// What stands after `= `.
        result: String,
        is_error: bool,
    },
    /// Any other line, whole: `--- SIGCHLD {…} ---`, `+++ exited with 0 +++`.
    Line(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDetail {
    pub row: EventRow,
    pub process: Pid,
    pub comm: String,
    pub fd: Option<Fd>,
    /// The path or peer that the call names or its fd stands for.
    pub path: Option<String>,
    pub bytes: Option<u64>,
    pub child: Option<TaskUid>,
    /// The error's name and meaning: `ENOENT`, `No such file or directory`.
    pub errno: Option<(String, String)>,
    /// The arguments as trees; empty when the text could not be parsed back, which `args` still shows whole.
    pub args: Vec<Value>,
}
