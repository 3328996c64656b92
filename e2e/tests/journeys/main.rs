//! Journeys through the whole of syscope: the built binary, real programs, the installed strace as the oracle, a real Chromium.

mod against_strace;
mod attach;
mod live;
mod same_numbers;
mod screenshots;
