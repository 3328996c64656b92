//! Where answers come from. Only this module knows HTTP and websockets; the rest of the page asks.
//!
//! [`rest::Rest`] starts, lists and ends sessions. [`Source`] is one session's connection: it opens it again after a cut, and asks
//! again what was not answered. [`Asker`] is one view's end of it: never more than one question on the way, and only the latest of
//! those that wait.

mod asker;
mod remote;
pub(crate) mod rest;

pub(crate) use asker::Asker;
pub(crate) use remote::{Link, Source};
