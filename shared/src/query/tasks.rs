//! The process tree.

use serde::{Deserialize, Serialize};

use crate::event::{End, Event, EventKind, Origin};
use crate::ids::{Pid, TaskUid, Tid};
pub use crate::store::Execution;
use crate::store::{Store, Task};
use crate::syscall::SyscallId;
use crate::units::{Nanos, TimeRange, TraceTime};

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
pub struct InFlight {
    pub syscall: SyscallId,
    pub since: TraceTime,
    /// `read(3<pipe:[42]>, `: what strace would have printed so far.
    pub text: String,
}

/// Every task of `store`, with the calls that started within `range`.
#[must_use]
pub fn tasks(store: &Store, range: TimeRange) -> TasksAnswer {
    let mut rows: Vec<TaskRow> = store.tasks().iter().map(row_of).collect();
    for event in store.starting_in(range).filter(|event| event.syscall().is_some()) {
        if let Some(row) = rows.get_mut(event.task.index()) {
            row.calls += 1;
            row.errors += u64::from(event.is_error());
            row.time = row.time + store.end_of(&event).since(event.start);
        }
    }
    for open in store.in_flight() {
        if let Some(row) = rows.get_mut(open.task.index()) {
            row.in_flight = in_flight(open);
        }
    }
    TasksAnswer { rows }
}

fn row_of(task: &Task) -> TaskRow {
    TaskRow {
        uid: task.uid,
        tid: task.tid,
        process: task.process,
        leader: task.leader,
        origin: task.origin,
        comm: task.comm.clone(),
        started: task.started,
        ended: task.ended,
        executions: task.executions.clone(),
        calls: 0,
        errors: 0,
        time: Nanos::ZERO,
        in_flight: None,
    }
}

fn in_flight(event: &Event) -> Option<InFlight> {
    let EventKind::Syscall(call) = &event.kind else { return None };
    let known = call.args.get(..call.args_at_entry_bytes as usize).unwrap_or(&call.args);
    let text = format!("{}({known}", call.id.name());
    Some(InFlight { syscall: call.id, since: event.start, text })
}
