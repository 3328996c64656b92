//! The table of tasks, put together from its changes.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::event::{Change, End, Origin, TaskChange};
use crate::ids::{Pid, TaskUid, Tid};
use crate::units::TraceTime;

/// A thread that the trace knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub uid: TaskUid,
    /// The kernel's id; the last one, if an exec changed it.
    pub tid: Tid,
    pub process: Pid,
    /// The first task of its process that the trace saw; itself when it is that one. The identity of the process.
    pub leader: TaskUid,
    pub origin: Origin,
    /// The kernel's short name, the last one.
    pub comm: String,
    pub started: TraceTime,
    pub ended: Option<(TraceTime, End)>,
    /// The programs that it executed, in order.
    pub executions: Vec<Execution>,
}

/// A program that a task executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    pub time: TraceTime,
    /// The path that was executed.
    pub program: String,
    pub argv: Vec<String>,
    pub cwd: String,
}

#[derive(Debug, Default)]
pub(super) struct Tasks {
    all: Vec<Task>,
    /// The first task of each process that has not been replaced by a later one of the same id.
    leaders: FxHashMap<Pid, TaskUid>,
}

impl Tasks {
    pub(super) fn get(&self, uid: TaskUid) -> Option<&Task> {
        self.all.get(uid.index())
    }

    pub(super) fn all(&self) -> &[Task] {
        &self.all
    }

    /// A change of a task that never started is ignored: only a damaged file has one.
    pub(super) fn apply(&mut self, change: TaskChange) {
        let TaskChange { task: uid, time, change } = change;
        match change {
            Change::Started { tid, process, origin, comm } if uid.index() == self.all.len() => {
                let leader = self.leader_of(uid, tid, process);
                let executions = Vec::new();
                let ended = None;
                let task = Task { uid, tid, process, leader, origin, comm, started: time, ended, executions };
                self.all.push(task);
            }
            Change::Started { .. } => {}
            Change::Executed { tid, program, argv, cwd } => {
                if let Some(task) = self.all.get_mut(uid.index()) {
                    task.tid = tid;
                    let execution = Execution { time, program, argv, cwd };
                    task.comm = comm_after(&execution.program);
                    task.executions.push(execution);
                }
            }
            Change::Renamed { comm } => {
                if let Some(task) = self.all.get_mut(uid.index()) {
                    task.comm = comm;
                }
            }
            Change::Ended(end) => {
                if let Some(task) = self.all.get_mut(uid.index()) {
                    task.ended = Some((time, end));
                }
            }
        }
    }

    fn leader_of(&mut self, uid: TaskUid, tid: Tid, process: Pid) -> TaskUid {
        if tid.0 == process.0 {
            self.leaders.insert(process, uid);
        }
        *self.leaders.entry(process).or_insert(uid)
    }
}

/// The name that the kernel gives a task that executes `program`: at most 15 bytes of the file's name.
fn comm_after(program: &str) -> String {
    let name = program.rsplit('/').next().unwrap_or(program);
    let mut length = name.len().min(15);
    while !name.is_char_boundary(length) {
        length -= 1;
    }
    name[..length].to_owned()
}
