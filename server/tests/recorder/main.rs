//! The recorder against real tracees. What is expected comes from the tracee itself (which counts what it does), from `/proc`, or from
//! strace; never from the recorder.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attach;
mod check;
mod control;
mod death;
mod harness;
mod signals;
mod spawn;
mod tree;
