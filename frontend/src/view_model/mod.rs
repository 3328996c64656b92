//! From answers to what is drawn: lanes, rows, boxes, words.
//!
//! Everything here is pure: no web-sys, no signals, no clock. It runs, and is tested, on the host.

pub(crate) mod arguments;
pub(crate) mod buffer;
pub(crate) mod command_line;
#[cfg(test)]
pub(crate) mod fixtures;
pub(crate) mod flame;
pub(crate) mod lanes;
pub(crate) mod terminal;
pub(crate) mod text;
pub(crate) mod tree;
pub(crate) mod window;
