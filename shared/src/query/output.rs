//! The tracee's own output.

use serde::{Deserialize, Serialize};

use crate::event::Output;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputAnswer {
    /// In the order written.
    pub pieces: Vec<Output>,
    /// Bytes in the range that came before the first piece and did not fit the query's limit.
    pub omitted_bytes: u64,
}
