//! The time-ordered form: frames stand where they happened, a band for each thread.

use std::collections::BTreeMap;

use super::{
    DEPTH_CLASS, DEPTH_PATH, DEPTH_PROCESS, DEPTH_SYSCALL, DEPTH_THREAD, FlameAnswer, FlameFrame, FlameOrder,
    FrameKind, clipped, path_label, process_label, thread_label,
};
use crate::ids::TaskUid;
use crate::query::Filter;
use crate::store::{EventView, Store, Task};
use crate::units::{Nanos, TimeRange};

pub(super) fn flame(store: &Store, range: TimeRange, filter: &Filter, min_width: u64) -> FlameAnswer {
    let mut chart = Chart { store, range, min_width: min_width.max(1), frames: Vec::new(), omitted: 0 };
    let mut threads: BTreeMap<TaskUid, Vec<&Task>> = BTreeMap::new();
    for task in store.tasks() {
        threads.entry(task.leader).or_default().push(task);
    }
    for (leader, threads) in &threads {
        if let Some(leader) = store.task(*leader) {
            chart.add_process(leader, threads, filter);
        }
    }
    let (frames, omitted) = (chart.frames, chart.omitted);
    FlameAnswer { range, order: FlameOrder::Time, total: range.span().0, frames, omitted }
}

struct Chart<'a> {
    store: &'a Store,
    range: TimeRange,
    min_width: u64,
    frames: Vec<FlameFrame>,
    omitted: u64,
}

/// The last frame of each depth below a thread, which the next call may extend.
type Open = [Option<u32>; 3];

impl Chart<'_> {
    fn add_process(&mut self, leader: &Task, threads: &[&Task], filter: &Filter) {
        let process = self.frames.len();
        for thread in threads {
            let mut events = self
                .store
                .of_task_in(thread.uid, self.range)
                .filter(|event| event.syscall().is_some() && filter.admits(self.store, event))
                .peekable();
            if events.peek().is_none() {
                continue;
            }
            if self.frames.len() == process {
                let label = process_label(self.store, leader.uid);
                let kind = FrameKind::Process(leader.uid);
                self.push(None, DEPTH_PROCESS, kind, label, self.lifetime(leader));
            }
            let label = thread_label(self.store, thread.uid);
            let kind = FrameKind::Thread(thread.uid);
            let parent = Some(process as u32);
            let thread = self.push(parent, DEPTH_THREAD, kind, label, self.lifetime(thread));
            let mut open = Open::default();
            for event in events {
                self.add_call(process, thread, &mut open, &event);
            }
            self.cover(process, thread);
        }
    }

    fn add_call(&mut self, process: usize, thread: u32, open: &mut Open, event: &EventView<'_>) {
        let Some(syscall) = event.syscall() else { return };
        let place = clipped(self.store, self.range, event);
        let calls = u64::from(self.range.contains(event.start));
        let errors = calls * u64::from(event.is_error());
        self.count(process as u32, calls, errors, place.span());
        self.count(thread, calls, errors, place.span());

        let class = syscall.class();
        let levels = [
            Some((DEPTH_CLASS, FrameKind::Class(class), class.name().to_owned())),
            Some((DEPTH_SYSCALL, FrameKind::Syscall(syscall), syscall.name().into_owned())),
            path_label(event).map(|path| (DEPTH_PATH, FrameKind::Path, path)),
        ];
        let mut parent = thread;
        for (level, frame) in levels.into_iter().enumerate() {
            let Some((depth, kind, label)) = frame else { break };
            let last = open[level].filter(|last| self.frames[*last as usize].parent == Some(parent));
            let index = match last {
                Some(last) if self.extends(last, kind, &label, place) => {
                    self.extend(last, place);
                    last
                }
                Some(last) if self.is_too_close(last, place) => {
                    self.omitted += 1;
                    return;
                }
                _ => self.push(Some(parent), depth, kind, label, place),
            };
            open[level] = Some(index);
            self.count(index, calls, errors, place.span());
            parent = index;
        }
    }

    /// Whether a call is a neighbour of the same name.
    fn extends(&self, last: u32, kind: FrameKind, label: &str, place: TimeRange) -> bool {
        let last = &self.frames[last as usize];
        last.kind == kind && last.label == label && self.x(place) < last.x + last.width + self.min_width
    }

    /// Whether a narrow frame would be drawn where another already is.
    fn is_too_close(&self, last: u32, place: TimeRange) -> bool {
        let last = &self.frames[last as usize];
        place.span().0 < self.min_width && self.x(place) < last.x + self.min_width
    }

    fn extend(&mut self, last: u32, place: TimeRange) {
        let end = self.x(place) + place.span().0;
        let last = &mut self.frames[last as usize];
        last.width = last.width.max(end.saturating_sub(last.x));
    }

    fn count(&mut self, frame: u32, calls: u64, errors: u64, time: Nanos) {
        let frame = &mut self.frames[frame as usize];
        frame.calls += calls;
        frame.errors += errors;
        frame.time = frame.time + time;
    }

    fn push(
        &mut self,
        parent: Option<u32>,
        depth: u8,
        kind: FrameKind,
        label: String,
        place: TimeRange,
    ) -> u32 {
        let (x, width) = (self.x(place), place.span().0);
        let (calls, errors, time) = (0, 0, Nanos::ZERO);
        self.frames.push(FlameFrame { parent, depth, kind, label, x, width, calls, errors, time });
        self.frames.len() as u32 - 1
    }

    fn x(&self, place: TimeRange) -> u64 {
        place.start.since(self.range.start).0
    }

    /// The part of a task's life within the range.
    fn lifetime(&self, task: &Task) -> TimeRange {
        let end = task.ended.map_or(self.range.end, |(time, _)| time.min(self.range.end));
        let start = task.started.max(self.range.start);
        TimeRange { start, end: end.max(start) }
    }

    /// Widens a process's frame to cover one of its threads, which may outlive the first.
    fn cover(&mut self, process: usize, thread: u32) {
        let thread_end = self.frames[thread as usize].x + self.frames[thread as usize].width;
        let process = &mut self.frames[process];
        process.width = process.width.max(thread_end.saturating_sub(process.x));
    }
}
