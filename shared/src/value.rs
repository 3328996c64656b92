//! The value tree of an argument or a result.
//!
//! Printing a value gives exactly strace's text.

use serde::{Deserialize, Serialize};

/// One argument, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A whole number, as decimal.
    Int(i128),
}
