//! A trace in memory: what queries read.
//!
//! A store is fed the chunks of one trace file in order, live or saved, and keeps them as columns. One writer applies chunks, readers
//! look between two applications; nothing here locks.

mod columns;
mod lanes;
mod tasks;
mod texts;

use crate::event::{Event, Output};
use crate::file::{Chunk, Header, Seal};
use crate::ids::{EventId, TaskUid};
use crate::units::{Nanos, TimeRange, TraceTime};

pub use columns::{EventView, ViewKind};
pub use tasks::{Execution, Task};

use columns::Columns;
use lanes::Order;
use tasks::Tasks;

/// Everything known about one trace so far.
#[derive(Debug, Default)]
pub struct Store {
    header: Option<Header>,
    seal: Option<Seal>,
    columns: Columns,
    /// Every event by start time.
    by_start: Order,
    /// Per task, its events by start time.
    lanes: Vec<Order>,
    tasks: Tasks,
    in_flight: Vec<Event>,
    output: Vec<Output>,
    output_bytes: u64,
    errors: u64,
    end: TraceTime,
    revision: u64,
}

impl Store {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next chunk of the trace file.
    pub fn apply(&mut self, chunk: Chunk) {
        self.revision += 1;
        match chunk {
            Chunk::Header(header) => self.header = Some(header),
            Chunk::Tasks(changes) => {
                for change in changes {
                    self.reach(change.time);
                    self.tasks.apply(change);
                }
            }
            Chunk::Events(events) => self.append(&events),
            Chunk::Output(pieces) => {
                for piece in pieces {
                    self.reach(piece.time);
                    self.output_bytes += piece.bytes.len() as u64;
                    self.output.push(piece);
                }
            }
            Chunk::InFlight(events) => self.in_flight = events,
            Chunk::Seal(seal) => {
                self.reach(seal.end);
                self.in_flight.clear();
                self.seal = Some(seal);
            }
        }
    }

    /// Turns the calls that were in flight when the file broke off into unfinished events: for a trace that has no seal and will
    /// not grow any more.
    pub fn close_in_flight(&mut self) {
        let open = std::mem::take(&mut self.in_flight);
        let open: Vec<Event> = open.into_iter().filter(|event| self.is_still_open(event)).collect();
        self.append(&open);
        self.revision += 1;
    }

    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Present once the recording has ended in order.
    #[must_use]
    pub fn seal(&self) -> Option<&Seal> {
        self.seal.as_ref()
    }

    /// Grows with every change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The last moment that the trace knows of.
    #[must_use]
    pub fn end(&self) -> TraceTime {
        self.end
    }

    /// The part of `range` in which there is anything yet; it ends just after the trace's last moment.
    #[must_use]
    pub fn known_part_of(&self, range: TimeRange) -> TimeRange {
        let end = range.end.min(self.end + Nanos(1));
        TimeRange { start: range.start.min(end), end }
    }

    #[must_use]
    pub fn event_count(&self) -> usize {
        self.columns.len()
    }

    /// Calls that returned an error.
    #[must_use]
    pub fn error_count(&self) -> u64 {
        self.errors
    }

    #[must_use]
    pub fn event(&self, id: EventId) -> Option<EventView<'_>> {
        (id.index() < self.columns.len()).then(|| self.columns.view(id))
    }

    /// The events that start within `range`, by start time.
    pub fn starting_in(
        &self,
        range: TimeRange,
    ) -> impl DoubleEndedIterator<Item = EventView<'_>> + ExactSizeIterator {
        let ids = self.by_start.starting_in(&self.columns, range);
        ids.iter().map(|id| self.columns.view(*id))
    }

    /// The events of one task that are at least partly within `range`, by start time.
    pub fn of_task_in(&self, task: TaskUid, range: TimeRange) -> impl Iterator<Item = EventView<'_>> {
        let ids =
            self.lanes.get(task.index()).map_or(&[][..], |lane| lane.reaching_into(&self.columns, range));
        ids.iter()
            .map(|id| self.columns.view(*id))
            .filter(move |event| range.overlaps(event.start, self.end_of(event)))
    }

    /// When the event was over: for a call that never returned the end of its task, or of the trace.
    #[must_use]
    pub fn end_of(&self, event: &EventView<'_>) -> TraceTime {
        match (event.syscall(), event.duration) {
            (None, _) => event.start,
            (Some(_), Some(duration)) => event.start + duration,
            (Some(_), None) => {
                let task_end = self.task(event.task).and_then(|task| task.ended).map(|(time, _)| time);
                task_end.unwrap_or(self.end).max(event.start)
            }
        }
    }

    #[must_use]
    pub fn task(&self, uid: TaskUid) -> Option<&Task> {
        self.tasks.get(uid)
    }

    /// Every task in the order first seen.
    #[must_use]
    pub fn tasks(&self) -> &[Task] {
        self.tasks.all()
    }

    /// The calls that have not returned yet. Empty for a trace that is complete.
    pub fn in_flight(&self) -> impl Iterator<Item = &Event> {
        self.in_flight.iter().filter(|event| self.is_still_open(event))
    }

    #[must_use]
    pub fn output(&self) -> &[Output] {
        &self.output
    }

    #[must_use]
    pub fn output_bytes(&self) -> u64 {
        self.output_bytes
    }

    /// Whether no later event of the same task says that the call is over.
    fn is_still_open(&self, open: &Event) -> bool {
        let last = self.lanes.get(open.task.index()).and_then(Order::last);
        last.is_none_or(|last| self.columns.start(last) < open.start)
    }

    fn append(&mut self, events: &[Event]) {
        let first = self.columns.len();
        for event in events {
            let id = self.columns.push(event);
            let view = self.columns.view(id);
            self.errors += u64::from(view.is_error());
            let last_moment = view.start + view.duration.unwrap_or_default();
            self.end = self.end.max(last_moment);
            if self.lanes.len() <= event.task.index() {
                self.lanes.resize_with(event.task.index() + 1, Order::default);
            }
            self.lanes[event.task.index()].insert(&self.columns, id);
        }
        self.by_start.merge(&self.columns, first);
    }

    fn reach(&mut self, time: TraceTime) {
        self.end = self.end.max(time);
    }
}

#[cfg(test)]
mod tests;
