//! The summary table: strace's `-c -w` columns, with percentiles.

use serde::{Deserialize, Serialize};

use rustc_hash::FxHashMap;

use super::Filter;
use crate::store::Store;
use crate::syscall::{Class, SyscallId};
use crate::units::{Nanos, TimeRange};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SummaryAnswer {
    pub range: TimeRange,
    /// One row a syscall, the most time first.
    pub rows: Vec<SummaryRow>,
    /// Over all rows; percentiles are those of all calls together.
    pub total: SummaryRow,
    /// Calls in the range that never returned: strace counts none of these, nor do the rows.
    pub unfinished: u64,
}

/// Calls that returned and started in the range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SummaryRow {
    /// `None` for the total.
    pub syscall: Option<SyscallId>,
    /// The call's name, or `total`.
    pub name: String,
    pub class: Option<Class>,
    pub calls: u64,
    pub errors: u64,
    pub total: Nanos,
    pub min: Nanos,
    /// Percentiles are nearest-rank: the smallest duration that at least that share of the calls did not exceed.
    pub p50: Nanos,
    pub p90: Nanos,
    pub p99: Nanos,
    pub max: Nanos,
}

/// The calls of one row while they are counted.
#[derive(Default)]
struct Tally {
    errors: u64,
    durations: Vec<Nanos>,
}

impl Tally {
    fn into_row(mut self, syscall: Option<SyscallId>) -> SummaryRow {
        self.durations.sort_unstable();
        SummaryRow {
            syscall,
            name: syscall.map_or_else(|| "total".to_owned(), |id| id.name().into_owned()),
            class: syscall.map(SyscallId::class),
            calls: self.durations.len() as u64,
            errors: self.errors,
            total: self.durations.iter().copied().sum(),
            min: self.durations.first().copied().unwrap_or_default(),
            p50: percentile(&self.durations, 50),
            p90: percentile(&self.durations, 90),
            p99: percentile(&self.durations, 99),
            max: self.durations.last().copied().unwrap_or_default(),
        }
    }
}

/// The nearest-rank percentile of sorted durations; zero of none.
fn percentile(sorted: &[Nanos], percent: usize) -> Nanos {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The summary of the calls that started within `range` and returned.
#[must_use]
pub fn summary(store: &Store, range: TimeRange, filter: &Filter) -> SummaryAnswer {
    let mut tallies: FxHashMap<SyscallId, Tally> = FxHashMap::default();
    let mut all = Tally::default();
    let mut unfinished = 0;
    for event in store.starting_in(range).filter(|event| filter.admits(store, event)) {
        let Some(syscall) = event.syscall() else { continue };
        let Some(duration) = event.duration else {
            unfinished += 1;
            continue;
        };
        for tally in [tallies.entry(syscall).or_default(), &mut all] {
            tally.durations.push(duration);
            tally.errors += u64::from(event.is_error());
        }
    }
    let mut rows: Vec<SummaryRow> =
        tallies.into_iter().map(|(syscall, tally)| tally.into_row(Some(syscall))).collect();
    rows.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.name.cmp(&b.name)));
    SummaryAnswer { range, rows, total: all.into_row(None), unfinished }
}
