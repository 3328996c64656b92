//! What syscope's recorder, server and page agree on.
//!
//! Everything here is pure: no I/O, no clock, no threads, no knowledge of ptrace, sockets or the browser, so that it runs
//! natively and as WASM alike. The modules build on each other in this order, and never against it:
//!
//! `units`, `ids` → `syscall`, `value` → `event` → `file`, `store` → `query` → `wire`; `api` and `options` stand beside them.

pub mod api;
pub mod errno;
pub mod event;
pub mod file;
pub mod ids;
pub mod options;
pub mod query;
pub mod store;
pub mod syscall;
pub mod units;
pub mod value;
pub mod wire;
