//! `syscope attach`: attaches to running processes and shows them.

use std::process::ExitCode;

use anyhow::Result;
use syscope_shared::api::NewSession;

use super::serve::{PortTaken, ServeArgs, Shown, with_service};
use super::tracing::TracingArgs;

#[derive(Debug, clap::Args)]
pub(super) struct AttachArgs {
    #[command(flatten)]
    tracing: TracingArgs,

    #[command(flatten)]
    serve: ServeArgs,

    /// The processes to attach to, each with all its threads
    #[arg(required = true, value_name = "PID")]
    pids: Vec<i32>,
}

/// Serves with the processes traced, until it is told to end; they are let go then and run on.
///
/// # Errors
/// When a process cannot be attached to, or the server cannot start.
pub(super) fn run(args: AttachArgs) -> Result<ExitCode> {
    let request =
        NewSession { attach: Some(args.pids), options: args.tracing.into_options(), ..NewSession::default() };
    with_service(&args.serve, PortTaken::TakeAny, |sessions| Ok(Shown::Own(sessions.start(request)?)))
}
