//! Tasks for tests.

use syscope_shared::event::{Creation, Origin};
use syscope_shared::ids::{Pid, TaskUid, Tid};
use syscope_shared::query::TaskRow;
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
