//! Traces in other forms: strace's text, JSON lines.

mod json;
mod strace;

pub use json::write_json_lines;
pub use strace::{StraceFormat, Timestamps, write_strace};
