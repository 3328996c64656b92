//! The server from the outside: a real one on a free port, spoken to as browsers and programs do.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test that they are called from")]

mod access;
mod command;
mod harness;
mod live;
mod page;
mod saved;
mod viewers;
