//! The per-thread timeline: lanes of slices, and the overview strip above them.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::event::{End, Event, EventKind};
use crate::ids::{EventId, Signal, TaskUid};
use crate::store::{EventView, Store, ViewKind};
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

pub(super) fn timeline(
    store: &Store,
    range: TimeRange,
    resolution: Nanos,
    tasks: Option<&[TaskUid]>,
) -> TimelineAnswer {
    let mut open: FxHashMap<TaskUid, Slice> = FxHashMap::default();
    for event in store.in_flight().filter(|event| range.overlaps(event.start, store.end())) {
        open.extend(slice_in_flight(store, event).map(|slice| (event.task, slice)));
    }
    let lane = |task| lane(store, range, resolution, task, open.get(&task).copied());
    let lanes = match tasks {
        Some(tasks) => tasks.iter().copied().map(lane).collect(),
        None => store.tasks().iter().map(|task| lane(task.uid)).collect(),
    };
    TimelineAnswer { range, resolution, lanes }
}

/// `open` is the call that the task is in now.
fn lane(store: &Store, range: TimeRange, resolution: Nanos, task: TaskUid, open: Option<Slice>) -> Lane {
    let mut slices = Clusters { resolution, slices: Vec::new() };
    let mut marks = task_marks(store, range, task);
    for event in store.of_task_in(task, range) {
        match event.kind {
            ViewKind::Syscall { .. } => slices.push(slice_of(store, &event)),
            ViewKind::Signal { signal, .. } => marks.push(mark(&event, MarkKind::Signal(signal))),
            ViewKind::Stopped(signal) => marks.push(mark(&event, MarkKind::Stopped(signal))),
            ViewKind::Ended(end) => marks.push(mark(&event, MarkKind::Ended(end))),
        }
    }
    if let Some(open) = open {
        slices.push(open);
    }
    marks.sort_by_key(|mark| mark.time);
    Lane { task, slices: slices.slices, marks: thinned(marks, resolution) }
}

/// Slices of one lane, those too close together merged.
struct Clusters {
    resolution: Nanos,
    slices: Vec<Slice>,
}

impl Clusters {
    fn push(&mut self, next: Slice) {
        match self.slices.last_mut() {
            Some(last) if is_one_cluster(last, &next, self.resolution) => merge(last, next),
            _ => self.slices.push(next),
        }
    }
}

/// Whether both are shorter than a step of the resolution and begin in the same one.
fn is_one_cluster(last: &Slice, next: &Slice, resolution: Nanos) -> bool {
    let step = resolution.0.max(1);
    let is_short = |slice: &Slice| slice.end.since(slice.start).0 < step;
    is_short(last) && is_short(next) && last.start.0 / step == next.start.0 / step
}

fn merge(last: &mut Slice, next: Slice) {
    if next.longest > last.longest {
        last.longest = next.longest;
        last.event = next.event;
        last.syscall = next.syscall;
    }
    last.end = last.end.max(next.end);
    last.calls += next.calls;
    last.errors += next.errors;
    last.is_unfinished = next.is_unfinished;
}

fn slice_of(store: &Store, event: &EventView<'_>) -> Slice {
    let end = store.end_of(event);
    Slice {
        start: event.start,
        end,
        event: Some(event.id),
        syscall: event.syscall().unwrap_or(SyscallId::x86_64(0)),
        longest: end.since(event.start),
        calls: 1,
        errors: u32::from(event.is_error()),
        is_unfinished: event.duration.is_none(),
    }
}

fn slice_in_flight(store: &Store, open: &Event) -> Option<Slice> {
    let EventKind::Syscall(call) = &open.kind else { return None };
    let end = store.end().max(open.start);
    Some(Slice {
        start: open.start,
        end,
        event: None,
        syscall: call.id,
        longest: end.since(open.start),
        calls: 1,
        errors: 0,
        is_unfinished: true,
    })
}

fn mark(event: &EventView<'_>, kind: MarkKind) -> Mark {
    Mark { time: event.start, event: Some(event.id), kind }
}

/// The marks that come from the table of tasks.
fn task_marks(store: &Store, range: TimeRange, task: TaskUid) -> Vec<Mark> {
    let Some(task) = store.task(task) else { return Vec::new() };
    let started = (task.started, MarkKind::Started);
    let executed = task.executions.iter().map(|execution| (execution.time, MarkKind::Executed));
    std::iter::once(started)
        .chain(executed)
        .filter(|(time, _)| range.contains(*time))
        .map(|(time, kind)| Mark { time, event: None, kind })
        .collect()
}

/// At most one mark of a kind in each step of the resolution: a storm of signals is drawn as what fits, not as itself.
fn thinned(marks: Vec<Mark>, resolution: Nanos) -> Vec<Mark> {
    let step = resolution.0.max(1);
    let mut kept: Vec<Mark> = Vec::new();
    for mark in marks {
        let is_repeated = kept
            .last()
            .is_some_and(|last| last.kind == mark.kind && last.time.0 / step == mark.time.0 / step);
        if !is_repeated {
            kept.push(mark);
        }
    }
    kept
}

pub(super) fn activity(store: &Store, range: TimeRange, buckets: u32) -> ActivityAnswer {
    let range = store.known_part_of(range);
    let buckets = buckets.clamp(1, MAX_ACTIVITY_BUCKETS);
    let mut activity = vec![ActivityBucket::default(); buckets as usize];
    let width = range.span().0.div_ceil(u64::from(buckets)).max(1);
    let bucket_of = |time: TraceTime| (time.since(range.start).0 / width) as usize;
    for task in store.tasks() {
        for event in store.of_task_in(task.uid, range).filter(|event| event.syscall().is_some()) {
            if range.contains(event.start)
                && let Some(bucket) = activity.get_mut(bucket_of(event.start))
            {
                bucket.calls += 1;
                bucket.errors += u32::from(event.is_error());
            }
            let (start, end) = (event.start.max(range.start), store.end_of(&event).min(range.end));
            for (index, bucket) in activity.iter_mut().enumerate().skip(bucket_of(start)) {
                let from = range.start + Nanos(index as u64 * width);
                if from >= end {
                    break;
                }
                bucket.busy = bucket.busy + end.min(from + Nanos(width)).since(start.max(from));
            }
        }
    }
    ActivityAnswer { range, buckets: activity }
}

/// More than any screen is wide.
const MAX_ACTIVITY_BUCKETS: u32 = 16_384;
