//! The tracer: what it captures of a tracee.

pub mod raw;
