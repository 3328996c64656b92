//! The tracer: from ptrace stops to raw events.
//!
//! [`core`] decides, knowing nothing but stops; the thread in [`run`] waits, reads what would be gone after the stop, and carries out
//! what `core` decided. Neither formats anything, and neither knows files, sockets or the decoder's text.

pub mod attach;
pub mod clock;
pub mod clone;
pub mod core;
pub mod orders;
pub mod probe;
pub mod procfs;
pub mod raw;
pub mod refusal;
pub mod run;
