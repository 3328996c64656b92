//! syscope's native side: the recorder that traces, and the server that shows.
//!
//! `sys` is the only unsafe code; `tracer` and `decode` know nothing of sockets or HTTP.

pub mod auth;
pub mod cli;
pub mod decode;
pub mod export;
pub mod http;
pub mod recorder;
pub mod report;
pub mod session;
pub mod site;
pub mod sys;
pub mod trace_file;
pub mod tracer;
pub mod ws;
