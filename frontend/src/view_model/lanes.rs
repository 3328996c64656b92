//! The timeline's rows: a lane per thread, threads under their process, processes under the one that made them.

use std::collections::BTreeSet;

use syscope_shared::event::End;
use syscope_shared::ids::TaskUid;
use syscope_shared::options::shell_command;
use syscope_shared::query::{TaskRow, processes};
use syscope_shared::units::TraceTime;

/// One row: the lane of one thread. A process's row is the lane of its first thread.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LaneRow {
    pub(crate) task: TaskUid,
    pub(crate) process: TaskUid,
    pub(crate) kind: LaneKind,
    /// How far the label is indented, in steps.
    pub(crate) indent: usize,
    /// The thread's name.
    pub(crate) name: String,
    /// Its kernel id.
    pub(crate) tid: i32,
    /// What the process last executed, for the rest of the label's room.
    pub(crate) command: String,
    pub(crate) started: TraceTime,
    pub(crate) ended: Option<(TraceTime, End)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LaneKind {
    /// A process that shows its `other_threads` below, or folds them away.
    Process {
        other_threads: usize,
        is_folded: bool,
    },
    Thread,
}

/// Deeper processes are not indented further: the labels need the room.
const MAX_INDENT: usize = 5;

/// The rows of `tasks`, without the threads of the processes in `folded`.
pub(crate) fn lane_rows(tasks: &[TaskRow], folded: &BTreeSet<TaskUid>) -> Vec<LaneRow> {
    let mut rows = Vec::with_capacity(tasks.len());
    for process in processes(tasks) {
        let is_folded = folded.contains(&process.leader);
        let indent = process.depth.min(MAX_INDENT);
        let kind = LaneKind::Process { other_threads: process.threads.len().saturating_sub(1), is_folded };
        let mut threads = process.threads.iter().filter_map(|uid| tasks.get(uid.index()));
        if let Some(first) = threads.next() {
            rows.push(lane_row(first, kind, indent));
        }
        if !is_folded {
            rows.extend(threads.map(|thread| lane_row(thread, LaneKind::Thread, indent + 1)));
        }
    }
    rows
}

fn lane_row(task: &TaskRow, kind: LaneKind, indent: usize) -> LaneRow {
    let command = match kind {
        LaneKind::Process { .. } => {
            task.executions.last().map(|e| shell_command(&e.argv)).unwrap_or_default()
        }
        LaneKind::Thread => String::new(),
    };
    LaneRow {
        task: task.uid,
        process: task.leader,
        kind,
        indent,
        name: task.comm.clone(),
        tid: task.tid.0,
        command,
        started: task.started,
        ended: task.ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixtures::task;

    #[test]
    fn threads_stand_under_their_process_unless_it_is_folded() {
        let tasks = [task(0, 0, None), task(1, 1, Some(0)), task(2, 0, Some(0))];
        let order = |folded: &[u32]| -> Vec<u32> {
            let folded = folded.iter().map(|&uid| TaskUid(uid)).collect();
            lane_rows(&tasks, &folded).iter().map(|row| row.task.0).collect()
        };
        assert_eq!(order(&[]), [0, 2, 1]);
        assert_eq!(order(&[0]), [0, 1]);
        let rows = lane_rows(&tasks, &BTreeSet::new());
        assert_eq!(rows[0].kind, LaneKind::Process { other_threads: 1, is_folded: false });
        assert_eq!((rows[1].kind, rows[1].indent, rows[2].indent), (LaneKind::Thread, 1, 1));
    }
}
