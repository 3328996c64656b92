//! The summary table: strace's `-c -w` columns, with percentiles.

use serde::{Deserialize, Serialize};

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
