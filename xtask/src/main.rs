//! The project's tasks: what the README and CI call as `cargo xtask …`.
//!
//! One module per subcommand ([`build`], [`run`], [`test`], [`check`], [`bench`]) and one per thing they need: the page, the toolchain,
//! the programs that tests drive, the architecture's rules, progress lines. A task that fails says so in one last line.

mod architecture;
mod bench;
mod build;
mod check;
mod page;
mod progress;
mod run;
mod source_edges;
mod test;
mod test_programs;
mod toolchain;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::build::BuildKind;
use crate::test::TestScope;

/// Builds, runs and tests syscope.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build the page and the `syscope` binary that carries it
    Build {
        /// Quick, unoptimised builds; the binary is then target/debug/syscope
        #[arg(long)]
        debug: bool,
    },
    /// Build, record an example trace, and start syscope on it
    Run {
        /// Quick, unoptimised builds
        #[arg(long)]
        debug: bool,
        /// Options for syscope's server, such as --port 8000
        #[arg(last = true)]
        options: Vec<String>,
    },
    /// Everything that must hold before a change lands: installs what the tests need, formatting, lints, architecture, all tests
    Test {
        /// Also the tests that take minutes
        #[arg(long)]
        all: bool,
    },
    /// The fast part of `test`: formatting, lints, architecture
    Check,
    /// Measure what tracing costs, beside strace
    Bench,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Build { debug } => build::build(build_kind(debug)).map(drop),
        Task::Run { debug, options } => run::run(build_kind(debug), &options),
        Task::Test { all } => test::test(if all { TestScope::All } else { TestScope::Usual }),
        Task::Check => check::check(),
        Task::Bench => bench::bench(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn build_kind(debug: bool) -> BuildKind {
    if debug { BuildKind::Quick } else { BuildKind::Release }
}
