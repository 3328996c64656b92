//! The command line: one module a subcommand.
//!
//! Exit codes: 0 fine, 2 a mistake in the command line, 1 everything else with one line that says what, why and what to do. `record`
//! exits as the command that it recorded.

mod attach;
mod check;
mod export;
mod open;
mod record;
mod report;
mod run;
mod serve;
mod tracing;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// See what a Linux process does: trace its system calls, and look at them in the browser
#[derive(Debug, Parser)]
#[command(name = "syscope", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The web app on this machine's loopback; prints its address (what `syscope` alone does as well)
    Serve(serve::ServeArgs),
    /// Start a command and watch it in the browser; Ctrl-C ends both
    Run(run::RunArgs),
    /// Attach to running processes and watch them in the browser; Ctrl-C lets them go
    Attach(attach::AttachArgs),
    /// The web app with saved traces from anywhere
    Open(open::OpenArgs),
    Record(record::RecordArgs),
    Check(check::CheckArgs),
    Report(report::ReportArgs),
    Export(export::ExportArgs),
}

/// Runs the command line that this process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => serve::run(&args),
        Command::Run(args) => run::run(args),
        Command::Attach(args) => attach::run(args),
        Command::Open(args) => open::run(&args),
        Command::Record(args) => record::run(args),
        Command::Check(_) => Ok(check::run()),
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
