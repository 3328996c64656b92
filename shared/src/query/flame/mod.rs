//! The syscall-duration flame chart: process > thread > class > syscall > path.

mod merged;
mod ordered;

use serde::{Deserialize, Serialize};

use super::Filter;
use crate::ids::TaskUid;
use crate::store::{EventView, Store, ViewKind};
use crate::syscall::{Class, SyscallId};
use crate::units::{Nanos, TimeRange};

/// What stands where on the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlameOrder {
    /// Frames stand where they happened: `x` and `width` are nanoseconds within the range. Threads run side by side, so each thread
    /// frame and what is below it is a band of its own; neighbours of one name with less than `min_width` between them become one frame.
    Time,
    /// Calls of one name are merged, the widest first; widths are their summed durations in nanoseconds.
    WidestByTime,
    /// The same; widths are numbers of calls.
    WidestByCalls,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlameAnswer {
    pub range: TimeRange,
    pub order: FlameOrder,
    /// The width of everything: nanoseconds, or calls.
    pub total: u64,
    /// Parents before children; by `x` among the children of one parent.
    pub frames: Vec<FlameFrame>,
    /// Frames left out for being narrower than the query's `min_width`.
    pub omitted: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlameFrame {
    /// Index into the answer's frames; `None` at the top.
    pub parent: Option<u32>,
    /// 0 for a process, 1 thread, 2 class, 3 syscall, 4 path.
    pub depth: u8,
    pub kind: FrameKind,
    pub label: String,
    /// The left edge, in the unit of [`FlameAnswer::total`].
    pub x: u64,
    pub width: u64,
    pub calls: u64,
    pub errors: u64,
    /// Time in the frame's calls that falls within the range.
    pub time: Nanos,
}

/// What a frame stands for, so that a click can filter by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FrameKind {
    /// By the process's first task.
    Process(TaskUid),
    Thread(TaskUid),
    Class(Class),
    Syscall(SyscallId),
    /// A path, peer or fd; the label says which.
    Path,
}

const DEPTH_PROCESS: u8 = 0;
const DEPTH_THREAD: u8 = 1;
const DEPTH_CLASS: u8 = 2;
const DEPTH_SYSCALL: u8 = 3;
const DEPTH_PATH: u8 = 4;

pub(super) fn flame(
    store: &Store,
    range: TimeRange,
    filter: &Filter,
    order: FlameOrder,
    min_width: u64,
) -> FlameAnswer {
    let range = store.known_part_of(range);
    match order {
        FlameOrder::Time => ordered::flame(store, range, filter, min_width),
        FlameOrder::WidestByTime | FlameOrder::WidestByCalls => {
            merged::flame(store, range, filter, order, min_width)
        }
    }
}

/// The part of a call that falls within `range`: its start there, and how long.
fn clipped(store: &Store, range: TimeRange, event: &EventView<'_>) -> TimeRange {
    let start = event.start.max(range.start);
    TimeRange { start, end: store.end_of(event).min(range.end).max(start) }
}

fn process_label(store: &Store, leader: TaskUid) -> String {
    store.task(leader).map_or_else(String::new, |task| format!("{} {}", task.comm, task.process.0))
}

fn thread_label(store: &Store, task: TaskUid) -> String {
    store.task(task).map_or_else(String::new, |task| format!("{} {}", task.comm, task.tid.0))
}

/// What the deepest frame of a call says: its path or peer, or else its fd.
fn path_label(event: &EventView<'_>) -> Option<String> {
    match event.kind {
        ViewKind::Syscall { path: Some(path), .. } => Some(path.to_owned()),
        ViewKind::Syscall { fd: Some(fd), .. } => Some(format!("fd {}", fd.0)),
        _ => None,
    }
}
