//! What the list of sessions says of a trace, counted chunk by chunk without keeping the trace.

use rustc_hash::FxHashMap;
use syscope_shared::event::{Event, EventKind};
use syscope_shared::file::{Chunk, Header, Seal};
use syscope_shared::ids::TaskUid;
use syscope_shared::units::TraceTime;

/// The counts of a trace so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) header: Option<Header>,
    pub(super) seal: Option<Seal>,
    pub(super) events: u64,
    pub(super) errors: u64,
    /// The last moment that the trace knows of.
    pub(super) end: TraceTime,
    in_flight: Vec<(TaskUid, TraceTime)>,
    last_start: FxHashMap<TaskUid, TraceTime>,
}

impl Tally {
    pub(super) fn observe(&mut self, chunk: &Chunk) {
        match chunk {
            Chunk::Header(header) => self.header = Some(header.clone()),
            Chunk::Tasks(changes) => changes.iter().for_each(|change| self.reach(change.time)),
            Chunk::Events(events) => events.iter().for_each(|event| self.count(event)),
            Chunk::Output(pieces) => pieces.iter().for_each(|piece| self.reach(piece.time)),
            Chunk::InFlight(events) => {
                self.in_flight = events.iter().map(|event| (event.task, event.start)).collect();
            }
            Chunk::Seal(seal) => {
                self.reach(seal.end);
                self.seal = Some(*seal);
            }
        }
    }

    /// Calls that were in flight when the file broke off: a store that closes them counts them as events.
    pub(super) fn open_calls(&self) -> u64 {
        let is_open =
            |(task, start): &&(TaskUid, TraceTime)| self.last_start.get(task).is_none_or(|last| last < start);
        if self.seal.is_some() { 0 } else { self.in_flight.iter().filter(is_open).count() as u64 }
    }

    fn count(&mut self, event: &Event) {
        self.events += 1;
        self.last_start.insert(event.task, event.start);
        self.reach(event.start);
        if let EventKind::Syscall(call) = &event.kind {
            self.errors += u64::from(call.is_error());
            self.reach(event.start + call.duration.unwrap_or_default());
        }
    }

    fn reach(&mut self, time: TraceTime) {
        self.end = self.end.max(time);
    }
}
