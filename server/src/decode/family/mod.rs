//! The calls by family, each with its constants and its structs.

mod file;
mod process;
mod stat;

use super::row::Row;

/// Every row there is.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    [file::ROWS, process::ROWS, stat::ROWS].into_iter().flatten()
}
