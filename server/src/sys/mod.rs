//! The only unsafe code: what the kernel offers a tracer, as safe functions.
//!
//! Nothing here decides anything; `tracer` does. Every function that takes a [`Tid`](syscope_shared::ids::Tid) may find the task gone
//! (ESRCH), which is an outcome and not a failure: it comes back as [`Gone`].

pub mod memory;
pub mod process;
pub mod ptrace;
pub mod spawn;
pub mod wait;

/// The task does not exist any more, or is not in a ptrace-stop because SIGKILL has woken it. Its end is reported by `wait`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;
