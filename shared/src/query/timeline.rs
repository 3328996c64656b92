//! The per-thread timeline: lanes of slices, and the overview strip above them.

use serde::{Deserialize, Serialize};

use crate::event::End;
use crate::ids::{EventId, Signal, TaskUid};
use crate::syscall::SyscallId;
use crate::units::{Nanos, TimeRange, TraceTime};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineAnswer {
    pub range: TimeRange,
    pub resolution: Nanos,
    /// In the order of the query's tasks, or of the trace's. Tasks with nothing in the range have an empty lane.
    pub lanes: Vec<Lane>,
}

/// What one thread did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    pub task: TaskUid,
    /// By start time; slices of a lane do not overlap.
    pub slices: Vec<Slice>,
    /// By time.
    pub marks: Vec<Mark>,
}

/// A call, or a cluster of calls too close together to be drawn apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    pub start: TraceTime,
    /// The end of the last call of a cluster; the trace's end for a call that did not return.
    pub end: TraceTime,
    /// The call; of a cluster its longest. `None`: a call still in flight, not yet an event.
    pub event: Option<EventId>,
    /// Of the call, or of a cluster's longest.
    pub syscall: SyscallId,
    /// The duration of the call, or of a cluster's longest.
    pub longest: Nanos,
    /// How many calls this stands for; 1 for a single call.
    pub calls: u32,
    /// How many of them returned an error.
    pub errors: u32,
    /// The call (or a cluster's last) has not returned, or never did.
    pub is_unfinished: bool,
}

/// A moment worth a mark on a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub time: TraceTime,
    /// `None` for the start of a task, which is no event.
    pub event: Option<EventId>,
    pub kind: MarkKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MarkKind {
    Started,
    Executed,
    Signal(Signal),
    Stopped(Signal),
    Ended(End),
}

/// Calls over time, for the overview strip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityAnswer {
    pub range: TimeRange,
    pub buckets: Vec<ActivityBucket>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityBucket {
    /// Calls that started in the bucket.
    pub calls: u32,
    pub errors: u32,
    /// Time spent in calls within the bucket, summed over all tasks.
    pub busy: Nanos,
}
