//! Progress lines: each step says what happens and why it takes time, then how long it took.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Runs one step between its two progress lines on standard error.
///
/// `what` names the step, `why` what its time is spent on. A failing step's error begins with its name.
pub(crate) fn step<T>(what: &str, why: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let (bold, plain) = if stderr().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    eprintln!("{bold}==> {what}{plain} ({why})");
    let start = Instant::now();
    let outcome = work();
    let seconds = seconds_text(start.elapsed());
    match outcome {
        Ok(value) => {
            eprintln!("    {what}: done in {seconds}");
            Ok(value)
        }
        Err(error) => Err(error).with_context(|| format!("{what}: failed after {seconds}")),
    }
}

/// A duration in seconds, as finely as a person reads it.
fn seconds_text(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}
