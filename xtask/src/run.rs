//! `cargo xtask run`: from a clone to a trace on the screen.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::build::{self, BuildKind};
use crate::progress::step;
use crate::workspace;

/// The sample that the example trace is of: processes, sockets and waiting, in a second.
const EXAMPLE: &str = "e2e/samples/prefork_server.py";

/// Builds, records an example trace, and becomes syscope with that trace open; where this machine may not trace, syscope
/// without one.
pub(crate) fn run(kind: BuildKind, options: &[String]) -> Result<()> {
    let syscope = build::build(kind)?;
    let trace = workspace::path("target/example/prefork_server.syscope");
    let mut start = workspace::command(&syscope);
    match step("record an example trace", "a small server and its client", || record(&syscope, &trace)) {
        Ok(()) => start.arg("open").arg(&trace),
        Err(error) => {
            eprintln!(
                "    {error:#}; starting without it (`syscope check` says whether this machine may trace)"
            );
            start.arg("serve")
        }
    };
    eprintln!("==> start syscope (open the URL below in a browser; Ctrl-C ends it)");
    Err(start.args(options).exec()).context("cannot start syscope")
}

/// Records the example; the file appears under its name only when it is whole.
fn record(syscope: &Path, trace: &Path) -> Result<()> {
    let unfinished = trace.with_extension("unfinished");
    if let Some(folder) = trace.parent() {
        fs::create_dir_all(folder)?;
    }
    if unfinished.exists() {
        fs::remove_file(&unfinished)?;
    }
    let mut record = workspace::command(syscope);
    record.arg("record").arg("-o").arg(&unfinished).args(["--", "/usr/bin/python3", EXAMPLE]);
    workspace::run(&mut record)?;
    fs::rename(&unfinished, trace)?;
    Ok(())
}
