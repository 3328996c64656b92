//! `syscope open`: the web app with saved traces from anywhere.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::serve::{PortTaken, ServeArgs, Shown, with_service};

#[derive(Clone, Debug, clap::Args)]
pub(super) struct OpenArgs {
    /// Trace files that `syscope record` wrote or the page downloaded; they are shown where they lie, not copied
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// Serves with the files opened, the first of them shown.
///
/// # Errors
/// When a file is no trace, or the server cannot start.
pub(super) fn run(args: &OpenArgs) -> Result<ExitCode> {
    with_service(&args.serve, PortTaken::TakeAny, |sessions| {
        let mut ids = Vec::new();
        for file in &args.files {
            ids.push(sessions.open(file)?);
        }
        Ok(Shown::Saved(ids.into_iter().next().context("give at least one trace file")?))
    })
}
