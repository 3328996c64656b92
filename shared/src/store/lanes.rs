//! Events in the order of their start, although they arrive in the order of their end.

use super::columns::Columns;
use crate::ids::EventId;
use crate::units::TimeRange;

/// Ids of events, ordered by (start, id).
#[derive(Debug, Default)]
pub(super) struct Order {
    ids: Vec<EventId>,
}

impl Order {
    pub(super) fn last(&self) -> Option<EventId> {
        self.ids.last().copied()
    }

    /// Inserts one event; cheap when it is about the latest.
    pub(super) fn insert(&mut self, columns: &Columns, id: EventId) {
        let start = columns.start(id);
        let later = self.ids.iter().rev().take_while(|other| columns.start(**other) > start).count();
        self.ids.insert(self.ids.len() - later, id);
    }

    /// Takes in every event from id `first` on, by one merge from the back: it touches only what starts after the earliest of them.
    pub(super) fn merge(&mut self, columns: &Columns, first: usize) {
        let key = |id: EventId| (columns.start(id), id);
        let mut new: Vec<EventId> = (first..columns.len()).map(|index| EventId(index as u32)).collect();
        new.sort_by_key(|id| key(*id));
        let mut old_left = self.ids.len();
        self.ids.extend_from_slice(&new);
        let mut slot = self.ids.len();
        while let Some(newest) = new.last() {
            slot -= 1;
            if old_left > 0 && key(self.ids[old_left - 1]) > key(*newest) {
                old_left -= 1;
                self.ids[slot] = self.ids[old_left];
            } else {
                self.ids[slot] = *newest;
                new.pop();
            }
        }
    }

    /// The events that start within `range`.
    pub(super) fn starting_in(&self, columns: &Columns, range: TimeRange) -> &[EventId] {
        let from = self.ids.partition_point(|id| columns.start(*id) < range.start);
        let to = self.ids.partition_point(|id| columns.start(*id) < range.end);
        &self.ids[from..to.max(from)]
    }

    /// The events that start within `range`, and before them the call that may reach into it; for the events of one task, whose calls
    /// do not overlap.
    pub(super) fn reaching_into(&self, columns: &Columns, range: TimeRange) -> &[EventId] {
        let from = self.ids.partition_point(|id| columns.start(*id) < range.start);
        let to = self.ids.partition_point(|id| columns.start(*id) < range.end).max(from);
        let reaching = self.ids[..from].iter().rposition(|id| columns.is_call(*id)).unwrap_or(from);
        &self.ids[reaching..to]
    }
}
