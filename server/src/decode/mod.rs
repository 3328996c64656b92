//! From registers and bytes to strace's text.
//!
//! Two halves share one table of calls: [`capture`](capture_entry) says what of a tracee's memory a call's arguments name, and runs on the
//! tracer thread while the tracee is stopped; decoding makes text of it, on another thread, from the capture alone.
