//! The `syscope` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    syscope::cli::main()
}
