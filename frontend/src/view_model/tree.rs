//! The process tree's rows.

use std::collections::BTreeSet;

use syscope_shared::event::{End, Origin};
use syscope_shared::ids::TaskUid;
use syscope_shared::options::shell_command;
use syscope_shared::query::{Process, TaskRow, processes};
use syscope_shared::units::{Nanos, TraceTime};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TreeRow {
    pub(crate) task: TaskUid,
    pub(crate) process: TaskUid,
    pub(crate) kind: TreeKind,
    pub(crate) tid: i32,
    pub(crate) pid: i32,
    pub(crate) comm: String,
    pub(crate) origin: Origin,
    /// Every program that it executed, oldest first: what its `argv` was.
    pub(crate) commands: Vec<String>,
    /// For itself and every ancestor: whether a sibling follows below.
    pub(crate) continues: Vec<bool>,
    pub(crate) started: TraceTime,
    pub(crate) ended: Option<(TraceTime, End)>,
    /// Of a process: all its threads together.
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    pub(crate) time: Nanos,
    /// The call that it is in.
    pub(crate) in_flight: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TreeKind {
    Process { other_threads: usize, is_folded: bool },
    Thread,
}

/// A process with more threads than this starts folded.
const UNFOLDED_THREADS: usize = 32;

/// The rows of `tasks`. A process folds or unfolds its threads when it is in `toggled`.
pub(crate) fn tree_rows(tasks: &[TaskRow], toggled: &BTreeSet<TaskUid>) -> Vec<TreeRow> {
    let mut rows = Vec::with_capacity(tasks.len());
    let processes = processes(tasks);
    for (index, process) in processes.iter().enumerate() {
        let has_children = processes.get(index + 1).is_some_and(|next| next.depth > process.depth);
        let members: Vec<&TaskRow> =
            process.threads.iter().filter_map(|uid| tasks.get(uid.index())).collect();
        let Some((leader, others)) = members.split_first() else { continue };
        let is_folded = (others.len() > UNFOLDED_THREADS) != toggled.contains(&process.leader);
        rows.push(process_row(leader, &members, process, is_folded));
        if !is_folded {
            let last = others.len().saturating_sub(1);
            let continues = |index: usize| has_children || index < last;
            rows.extend(
                others.iter().enumerate().map(|(i, thread)| thread_row(thread, process, continues(i))),
            );
        }
    }
    rows
}

fn process_row(leader: &TaskRow, members: &[&TaskRow], process: &Process, is_folded: bool) -> TreeRow {
    let mut row = task_row(leader, process.continues.clone());
    row.kind = TreeKind::Process { other_threads: members.len() - 1, is_folded };
    row.calls = members.iter().map(|task| task.calls).sum();
    row.errors = members.iter().map(|task| task.errors).sum();
    row.time = members.iter().map(|task| task.time).sum();
    let mut executions: Vec<_> = members.iter().flat_map(|task| &task.executions).collect();
    executions.sort_by_key(|execution| execution.time);
    row.commands = executions.iter().map(|execution| shell_command(&execution.argv)).collect();
    row.ended = if members.iter().all(|task| task.ended.is_some()) {
        leader.ended.or_else(|| members.iter().filter_map(|task| task.ended).max_by_key(|ended| ended.0))
    } else {
        None
    };
    row
}

fn thread_row(thread: &TaskRow, process: &Process, has_more_below: bool) -> TreeRow {
    let mut continues = process.continues.clone();
    continues.push(has_more_below);
    task_row(thread, continues)
}

fn task_row(task: &TaskRow, continues: Vec<bool>) -> TreeRow {
    TreeRow {
        task: task.uid,
        process: task.leader,
        kind: TreeKind::Thread,
        tid: task.tid.0,
        pid: task.process.0,
        comm: task.comm.clone(),
        origin: task.origin,
        commands: Vec::new(),
        continues,
        started: task.started,
        ended: task.ended,
        calls: task.calls,
        errors: task.errors,
        time: task.time,
        in_flight: task.in_flight.as_ref().map(|call| call.text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixtures::task;
    use syscope_shared::query::Execution;

    #[test]
    fn a_process_counts_what_all_its_threads_did() {
        let mut tasks = vec![task(0, 0, None), task(1, 0, Some(0)), task(2, 2, Some(0))];
        tasks[0].executions = ["sh -c x", "x"]
            .iter()
            .map(|line| Execution {
                time: TraceTime(0),
                program: "/bin/sh".to_owned(),
                argv: line.split(' ').map(str::to_owned).collect(),
                cwd: "/".to_owned(),
            })
            .collect();
        let rows = tree_rows(&tasks, &BTreeSet::new());
        let shape: Vec<(u32, bool, u64)> =
            rows.iter().map(|row| (row.task.0, row.kind == TreeKind::Thread, row.calls)).collect();
        assert_eq!(shape, [(0, false, 20), (1, true, 10), (2, false, 10)]);
        assert_eq!(rows[0].commands, ["sh -c x", "x"]);
        assert_eq!(rows[1].continues, [false, true], "a child process follows below the thread");
        let folded = tree_rows(&tasks, &BTreeSet::from([TaskUid(0)]));
        assert_eq!(folded.len(), 2);
    }

    #[test]
    fn a_process_lives_until_its_last_thread_ends() {
        let mut tasks = vec![task(0, 0, None), task(1, 0, Some(0))];
        tasks[0].ended = Some((TraceTime(5), End::Exited(0)));
        assert_eq!(tree_rows(&tasks, &BTreeSet::new())[0].ended, None);
        tasks[1].ended = Some((TraceTime(9), End::Exited(3)));
        assert_eq!(tree_rows(&tasks, &BTreeSet::new())[0].ended, Some((TraceTime(5), End::Exited(0))));
    }

    #[test]
    fn a_crowd_of_threads_starts_folded() {
        let mut tasks = vec![task(0, 0, None)];
        tasks.extend((1..=40).map(|uid| task(uid, 0, Some(0))));
        assert_eq!(tree_rows(&tasks, &BTreeSet::new()).len(), 1);
        assert_eq!(tree_rows(&tasks, &BTreeSet::from([TaskUid(0)])).len(), 41);
    }
}
