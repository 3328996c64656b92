//! Starting a tracer thread, and what it hands back.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use syscope_shared::event::End;
use syscope_shared::ids::Pid;

use super::clock::Clock;
use super::orders::Orders;
use super::procfs;
use super::raw::RawEvent;
use super::refusal::{Refusal, UidPolicy};
use super::thread::Tracer;
use crate::decode::Limits;
use crate::sys::ptrace::Follow;
use crate::sys::spawn::{Launch, LaunchError};

/// What to trace, and how.
#[derive(Debug)]
pub struct Job {
    pub target: JobTarget,
    pub follow: Follow,
    pub limits: Limits,
    pub clock: Clock,
}

#[derive(Debug)]
pub enum JobTarget {
    /// A command, and the name that its task has until it executes.
    Spawn(Box<Launch>, String),
    Attach(Vec<Pid>, UidPolicy),
}

/// What the tracer hands on.
#[derive(Debug)]
pub enum Report {
    Events(Vec<RawEvent>),
    /// Every call that has been running for a while; replaces the report before it.
    InFlight(Vec<RawEvent>),
    /// Nothing more comes; [`Running::join`] tells how it ended.
    Over,
}

/// How the tracing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How the spawned command ended; `None` after an attach or when it was let go before.
    pub command: Option<End>,
    /// The tracer was told to let go.
    pub is_detached: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum TracerError {
    #[error("cannot start a process: {0}")]
    Fork(io::Error),
    #[error("cannot trace the command: {0}; `syscope check` tells what forbids it")]
    Seize(io::Error),
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("cannot wait for the traced processes: {0}")]
    Wait(io::Error),
    #[error("Linux {0} cannot tell what a system call is called with: 5.3 or later is needed")]
    OldKernel(String),
    #[error("the tracer thread failed")]
    Panicked,
}

/// A tracer at work.
#[derive(Debug)]
pub struct Running {
    pub orders: Arc<Orders>,
    thread: JoinHandle<Result<Outcome, TracerError>>,
}

impl Running {
    /// Whether the thread is gone.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for the end of the tracing.
    pub fn join(self) -> Result<Outcome, TracerError> {
        self.thread.join().unwrap_or(Err(TracerError::Panicked))
    }
}

/// Starts the tracer thread, and returns when the target is seized. `report` is called on that thread; while it blocks, the tracees
/// wait at their next stop.
pub fn start(
    job: Job,
    orders: Arc<Orders>,
    report: impl FnMut(Report) + Send + 'static,
) -> Result<Running, TracerError> {
    let kernel = procfs::kernel_release();
    if is_too_old(&kernel) {
        return Err(TracerError::OldKernel(kernel));
    }
    let (seized_in, seized) = mpsc::channel();
    let shared = Arc::clone(&orders);
    let body = move || {
        let begun = Tracer::begin(job, shared, Box::new(report));
        match begun {
            Ok(mut tracer) => {
                // The receiver waits for this message.
                let _ = seized_in.send(Ok(()));
                let outcome = tracer.run();
                (tracer.report)(Report::Over);
                outcome
            }
            Err(error) => {
                let _ = seized_in.send(Err(error));
                Ok(Outcome { command: None, is_detached: false })
            }
        }
    };
    let thread = std::thread::Builder::new()
        .name("syscope-tracer".to_owned())
        .spawn(body)
        .map_err(TracerError::Fork)?;
    seized.recv().unwrap_or(Err(TracerError::Panicked))?;
    Ok(Running { orders, thread })
}

/// Whether a kernel release lacks PTRACE_GET_SYSCALL_INFO, which came with Linux 5.3. One that cannot be read is given the benefit of
/// the doubt.
fn is_too_old(release: &str) -> bool {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (5, 3),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_without_syscall_info_are_refused() {
        assert!(is_too_old("4.19.0-27-amd64") && is_too_old("5.2.21"));
        assert!(
            !is_too_old("5.3.0") && !is_too_old("6.18.44-x") && !is_too_old("10.0-rc1") && !is_too_old("")
        );
        assert!(!is_too_old(&procfs::kernel_release()));
    }
}
