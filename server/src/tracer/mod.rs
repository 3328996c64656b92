//! The tracer: from ptrace stops to raw events.
//!
//! [`core`] decides, knowing nothing but stops; the thread that [`run`] starts waits, reads what would be gone after the stop, and carries out
//! what `core` decided. Neither formats anything, and neither knows files, sockets or the decoder's text.

pub mod attach;
pub mod clock;
pub mod clone;
pub mod core;
mod look;
pub mod orders;
pub mod probe;
pub mod procfs;
pub mod raw;
pub mod refusal;
pub mod run;
pub mod stop;
mod thread;
