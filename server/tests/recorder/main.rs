//! The recorder against real tracees. What is expected comes from the tracee itself (which counts what it does), from `/proc`, or from
//! strace; never from the recorder.

mod attach;
mod check;
mod control;
mod counts;
mod death;
mod harness;
mod signals;
mod spawn;
mod tree;
