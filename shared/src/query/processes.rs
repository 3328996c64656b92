//! Processes out of tasks: which threads belong together, and who made whom.

use std::collections::BTreeMap;

use super::TaskRow;
use crate::event::Origin;
use crate::ids::TaskUid;

/// A process: the tasks of one leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub leader: TaskUid,
    /// Every task of the process, the leader first, in the order first seen.
    pub threads: Vec<TaskUid>,
    /// How many processes of this trace stand above it.
    pub depth: usize,
    /// Whether a later sibling follows, for itself and every ancestor from the top: what a tree's guide lines need.
    pub continues: Vec<bool>,
}

/// The processes of `tasks`, parents before children, siblings in the order first seen.
#[must_use]
pub fn processes(tasks: &[TaskRow]) -> Vec<Process> {
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
mod tests {
    use super::*;
    use crate::event::{Change, Creation, TaskChange};
    use crate::file::Chunk;
    use crate::ids::{Pid, Tid};
    use crate::query::tasks;
    use crate::store::Store;
    use crate::units::{TimeRange, TraceTime};

    /// For each task the number of its process, and the task that made it.
    fn rows(tasks_of: &[(i32, Option<u32>)]) -> Vec<TaskRow> {
        let started = |(uid, (process, parent)): (usize, &(i32, Option<u32>))| {
            let tid = Tid(uid as i32);
            let by = if tid.0 == *process { Creation::Fork } else { Creation::Thread };
            let origin = match parent {
                Some(parent) => Origin::Created { parent: TaskUid(*parent), by, clone_flags: 0 },
                None => Origin::Spawned,
            };
            let change = Change::Started { tid, process: Pid(*process), origin, comm: String::new() };
            TaskChange { task: TaskUid(uid as u32), time: TraceTime(uid as u64), change }
        };
        let mut store = Store::new();
        store.apply(Chunk::Tasks(tasks_of.iter().enumerate().map(started).collect()));
        tasks(&store, TimeRange::ALL).rows
    }

    #[test]
    fn children_follow_their_parents_and_threads_belong_to_leaders() {
        let rows = rows(&[(0, None), (1, Some(0)), (0, Some(0)), (3, Some(0)), (4, Some(1)), (3, Some(3))]);
        let found = processes(&rows);
        let order: Vec<(u32, usize, usize)> =
            found.iter().map(|p| (p.leader.0, p.depth, p.threads.len())).collect();
        assert_eq!(order, [(0, 0, 2), (1, 1, 1), (4, 2, 1), (3, 1, 2)]);
        assert_eq!(found[1].continues, [false, true]);
        assert_eq!(found[3].continues, [false, false]);
    }

    #[test]
    fn a_process_made_by_a_thread_is_a_child_of_its_process() {
        let rows = rows(&[(0, None), (0, Some(0)), (2, Some(1))]);
        let found = processes(&rows);
        assert_eq!(found[1].leader, TaskUid(2));
        assert_eq!(found[1].depth, 1);
    }
}
