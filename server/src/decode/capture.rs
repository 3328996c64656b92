//! Reading what a call's arguments name, while the tracee is stopped.
//!
//! Every argument kind says what it needs, given what is known so far; asking again with the answer in hand is how nested pointers
//! are followed. Each round is one batched read, and most calls need one, or none.

use smallvec::SmallVec;

use super::Limits;
use super::arg;
use super::row;
use super::view::View;
use crate::tracer::raw::{Call, Exit, Snapshot, TraceeMemory};

/// Rounds of reads for one stop, at most: a path is followed over its pages, a long environment is counted.
const MAX_ROUNDS: usize = 24;

/// Strings are read in pieces that end at a page's end, so that what follows a string is not touched.
const PAGE_BYTES: u64 = 4096;

/// The first piece of a string: long enough for nearly every path.
const FIRST_PIECE_BYTES: u64 = 256;

/// Reads what the kernel is about to read: paths, buffers to write, structs, argv. The tracee is in its syscall-entry stop.
pub fn capture_entry(call: &Call, limits: &Limits, memory: &mut dyn TraceeMemory) -> Snapshot {
    let nothing = Snapshot::default();
    gather(memory, |known, wants| {
        let view = View { call, limits, at_entry: known, at_exit: &nothing, exit: None };
        if let Some(row) = row::find(call.id) {
            arg::want_at_entry(row, &view, wants);
        }
    })
}

/// Reads what the kernel has written. The tracee is in its syscall-exit stop.
pub fn capture_exit(
    call: &Call,
    exit: &Exit,
    at_entry: &Snapshot,
    limits: &Limits,
    memory: &mut dyn TraceeMemory,
) -> Snapshot {
    gather(memory, |known, wants| {
        let view = View { call, limits, at_entry, at_exit: known, exit: Some(exit) };
        if let Some(row) = row::find(call.id) {
            arg::want_at_exit(row, &view, wants);
        }
    })
}

/// Reads round after round, until nothing new is asked for.
fn gather(memory: &mut dyn TraceeMemory, ask: impl Fn(&Snapshot, &mut Wants<'_>)) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let mut tried = Tried::new();
    for _ in 0..MAX_ROUNDS {
        let mut wants = Wants { known: &snapshot, tried: &tried, ranges: SmallVec::new() };
        ask(&snapshot, &mut wants);
        let ranges = wants.ranges;
        if ranges.is_empty() {
            break;
        }
        tried.extend(ranges.iter().map(|range| range.0));
        memory.read_all(&ranges, &mut snapshot);
    }
    snapshot
}

/// Where reads began that were made already: what could not be read is not asked for again.
type Tried = SmallVec<[u64; 16]>;

/// What of the tracee's memory is still needed.
pub(super) struct Wants<'a> {
    known: &'a Snapshot,
    tried: &'a Tried,
    ranges: SmallVec<[(u64, usize); 8]>,
}

impl Wants<'_> {
    /// `length` bytes at `address`.
    pub(super) fn bytes(&mut self, address: u64, length: usize) {
        let is_new = !self.tried.contains(&address) && !self.ranges.contains(&(address, length));
        if address != 0 && length != 0 && is_new && self.known.get(address, length).is_none() {
            self.ranges.push((address, length));
        }
    }

    /// The NUL-terminated string at `address`; at most `limit` bytes and what tells whether it ends there.
    pub(super) fn string(&mut self, address: u64, limit: usize) {
        let end = address.saturating_add(limit as u64).saturating_add(1);
        let mut at = address;
        while at < end {
            let piece = self.known.from(at);
            if piece.is_empty() {
                let page_end = (at | (PAGE_BYTES - 1)).saturating_add(1);
                let wanted_end = if at == address { at.saturating_add(FIRST_PIECE_BYTES) } else { page_end };
                self.bytes(at, (wanted_end.min(page_end).min(end) - at) as usize);
                return;
            }
            if memchr::memchr(0, piece).is_some() {
                return;
            }
            at = at.saturating_add(piece.len() as u64);
        }
    }
}
