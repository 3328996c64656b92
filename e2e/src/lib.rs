//! What the end-to-end tests and the benchmarks stand on: the built syscope, real programs, the installed strace, a real Chromium.

pub mod app;
pub mod browser;
pub mod report;
pub mod samples;
pub mod strace;
pub mod tree;
