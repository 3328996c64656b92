//! The tracee's own output.

use serde::{Deserialize, Serialize};

use crate::event::Output;
use crate::store::Store;
use crate::units::TimeRange;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputAnswer {
    /// In the order written.
    pub pieces: Vec<Output>,
    /// Bytes in the range that came before the first piece and did not fit the query's limit.
    pub omitted_bytes: u64,
}

pub(super) fn output(store: &Store, range: TimeRange, limit_bytes: u64) -> OutputAnswer {
    let mut pieces = Vec::new();
    let mut room = limit_bytes;
    let mut omitted_bytes = 0;
    for piece in store.output().iter().rev().filter(|piece| range.contains(piece.time)) {
        let size = piece.bytes.len() as u64;
        if size <= room {
            room -= size;
            pieces.push(piece.clone());
        } else {
            room = 0;
            omitted_bytes += size;
        }
    }
    pieces.reverse();
    OutputAnswer { pieces, omitted_bytes }
}
