//! The command line: one module a subcommand.
//!
//! Exit codes: 0 fine, 2 a mistake in the command line, 1 everything else with one line that says what, why and what to do. `record`
//! exits as the command that it recorded.

mod export;
mod record;
mod report;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// See what a Linux process does: trace its system calls, and look at them in the browser
#[derive(Debug, Parser)]
#[command(name = "syscope", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Record(record::RecordArgs),
    Report(report::ReportArgs),
    Export(export::ExportArgs),
}

/// Runs the command line that this process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Record(args) => record::run(args),
        Command::Report(args) => report::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Export(args) => export::run(&args).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| failure(&error))
}

/// Reports what went wrong; a reader that stopped reading (`syscope report F | head`) is no failure.
fn failure(error: &anyhow::Error) -> ExitCode {
    let is_reader_gone = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    };
    if error.chain().any(is_reader_gone) {
        return ExitCode::SUCCESS;
    }
    eprintln!("syscope: {error:#}");
    ExitCode::FAILURE
}
