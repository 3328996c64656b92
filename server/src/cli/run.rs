//! `syscope run`: starts a command and shows it while it runs.

use std::process::ExitCode;

use anyhow::Result;
use syscope_shared::api::NewSession;

use super::serve::{PortTaken, ServeArgs, Shown, with_service};
use super::tracing::TracingArgs;

#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    tracing: TracingArgs,

    /// Set a variable in the command's environment, or remove it
    #[arg(short = 'E', long = "env", value_name = "VAR[=VALUE]")]
    env: Vec<String>,

    #[command(flatten)]
    serve: ServeArgs,

    /// The command to start, with its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Serves with the command running, until it is told to end; a command that still runs then is ended with it.
///
/// # Errors
/// When the command cannot be started, or the server cannot.
pub(super) fn run(args: RunArgs) -> Result<ExitCode> {
    let variable = |setting: String| match setting.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (setting, None),
    };
    let request = NewSession {
        command: Some(args.command),
        env: args.env.into_iter().map(variable).collect(),
        options: args.tracing.into_options(),
        ..NewSession::default()
    };
    with_service(&args.serve, PortTaken::TakeAny, |sessions| Ok(Shown::Own(sessions.start(request)?)))
}
