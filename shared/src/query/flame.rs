//! The syscall-duration flame chart: process > thread > class > syscall > path.

use serde::{Deserialize, Serialize};

use crate::ids::TaskUid;
use crate::syscall::{Class, SyscallId};
use crate::units::{Nanos, TimeRange};

/// What stands where on the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlameOrder {
    /// Frames stand where they happened; neighbours of one name become one. `x` and `width` are nanoseconds within the range.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrameKind {
    /// By the process's first task.
    Process(TaskUid),
    Thread(TaskUid),
    Class(Class),
    Syscall(SyscallId),
    /// A path, peer or fd; the label says which.
    Path,
}
