//! Processes out of tasks: which threads belong together, and who made whom.

use std::collections::BTreeMap;

use syscope_shared::event::Origin;
use syscope_shared::ids::TaskUid;
use syscope_shared::options::shell_quoted;
use syscope_shared::query::TaskRow;

/// A process: the tasks of one leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) leader: TaskUid,
    /// Every task of the process, the leader first, in the order first seen.
    pub(crate) threads: Vec<TaskUid>,
    /// How many processes of this trace stand above it.
    pub(crate) depth: usize,
    /// Whether a later sibling follows, for itself and every ancestor from the top: what a tree's guide lines need.
    pub(crate) continues: Vec<bool>,
}

/// The processes of `tasks`, parents before children, siblings in the order first seen.
pub(crate) fn processes(tasks: &[TaskRow]) -> Vec<Process> {
    let mut threads: BTreeMap<TaskUid, Vec<TaskUid>> = BTreeMap::new();
    for task in tasks {
        let members = threads.entry(task.leader).or_default();
        if task.uid == task.leader {
            members.insert(0, task.uid);
        } else {
            members.push(task.uid);
        }
    }
    let mut children: BTreeMap<Option<TaskUid>, Vec<TaskUid>> = BTreeMap::new();
    for &leader in threads.keys() {
        children.entry(parent_process(tasks, leader)).or_default().push(leader);
    }
    let mut result = Vec::with_capacity(threads.len());
    let mut stack: Vec<(TaskUid, Vec<bool>)> = Vec::new();
    push_siblings(&mut stack, children.get(&None), &[]);
    while let Some((leader, continues)) = stack.pop() {
        push_siblings(&mut stack, children.get(&Some(leader)), &continues);
        let threads = threads.remove(&leader).unwrap_or_default();
        result.push(Process { leader, threads, depth: continues.len() - 1, continues });
    }
    result
}

/// A command as a shell takes it, so that its words can be told apart.
pub(crate) fn command(argv: &[String]) -> String {
    argv.iter().map(|word| shell_quoted(word)).collect::<Vec<_>>().join(" ")
}

/// Puts siblings on the stack so that the first comes off first.
fn push_siblings(stack: &mut Vec<(TaskUid, Vec<bool>)>, siblings: Option<&Vec<TaskUid>>, above: &[bool]) {
    let siblings = siblings.map(Vec::as_slice).unwrap_or_default();
    for (index, &leader) in siblings.iter().enumerate().rev() {
        let mut continues = above.to_vec();
        continues.push(index + 1 < siblings.len());
        stack.push((leader, continues));
    }
}

/// The process that made this one. A task comes after the one that made it, which keeps a damaged trace from making a cycle.
fn parent_process(tasks: &[TaskRow], leader: TaskUid) -> Option<TaskUid> {
    let Origin::Created { parent, .. } = tasks.get(leader.index())?.origin else { return None };
    let process = tasks.get(parent.index())?.leader;
    (process < leader).then_some(process)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use syscope_shared::event::Creation;
    use syscope_shared::ids::{Pid, Tid};
    use syscope_shared::units::{Nanos, TraceTime};

    /// A task that lives from `uid` milliseconds on, made by `parent`, a thread when it shares `leader`.
    pub(crate) fn task(uid: u32, leader: u32, parent: Option<u32>) -> TaskRow {
        let by = if uid == leader { Creation::Fork } else { Creation::Thread };
        let clone_flags = if uid == leader { 17 } else { 0x0001_0900 };
        let origin = match parent {
            Some(parent) => Origin::Created { parent: TaskUid(parent), by, clone_flags },
            None => Origin::Spawned,
        };
        TaskRow {
            uid: TaskUid(uid),
            tid: Tid(100 + uid as i32),
            process: Pid(100 + leader as i32),
            leader: TaskUid(leader),
            origin,
            comm: format!("task{uid}"),
            started: TraceTime(u64::from(uid) * 1_000_000),
            ended: None,
            executions: Vec::new(),
            calls: 10,
            errors: 1,
            time: Nanos(500),
            in_flight: None,
        }
    }

    #[test]
    fn children_follow_their_parents_and_threads_belong_to_leaders() {
        let tasks = [
            task(0, 0, None),
            task(1, 1, Some(0)),
            task(2, 0, Some(0)),
            task(3, 3, Some(0)),
            task(4, 4, Some(1)),
            task(5, 3, Some(3)),
        ];
        let found = processes(&tasks);
        let order: Vec<(u32, usize, usize)> =
            found.iter().map(|p| (p.leader.0, p.depth, p.threads.len())).collect();
        assert_eq!(order, [(0, 0, 2), (1, 1, 1), (4, 2, 1), (3, 1, 2)]);
        assert_eq!(found[1].continues, [false, true]);
        assert_eq!(found[3].continues, [false, false]);
    }

    #[test]
    fn a_process_made_by_a_thread_is_a_child_of_its_process() {
        let tasks = [task(0, 0, None), task(1, 0, Some(0)), task(2, 2, Some(1))];
        let found = processes(&tasks);
        assert_eq!(found[1].leader, TaskUid(2));
        assert_eq!(found[1].depth, 1);
    }
}
