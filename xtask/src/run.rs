//! `cargo xtask run`: from a clone to a trace on the screen.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::build::{self, BuildKind};
use crate::progress::step;
use crate::workspace;

/// The sample that the example trace is of: processes, sockets and waiting, in a second.
const EXAMPLE: &str = "e2e/samples/prefork_server.py";

/// Builds, records an example trace unless there is one, and becomes `syscope open` on it.
pub(crate) fn run(kind: BuildKind, options: &[String]) -> Result<()> {
    let syscope = build::build(kind)?;
    let trace = workspace::path("target/example/prefork_server.syscope");
    if !trace.exists() {
        step("record an example trace", "a small server and its client, traced once", || {
            record(&syscope, &trace)
        })?;
    }
    eprintln!("==> start syscope (open the URL below; Ctrl-C ends it)");
    let error = workspace::command(syscope).arg("open").arg(&trace).args(options).exec();
    Err(error).context("cannot start syscope")
}

/// Records the example; the file appears under its name only when it is whole.
fn record(syscope: &Path, trace: &Path) -> Result<()> {
    let unfinished: PathBuf = trace.with_extension("unfinished");
    if let Some(folder) = trace.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut record = workspace::command(syscope);
    record.arg("record").arg("-o").arg(&unfinished).args(["--", "/usr/bin/python3", EXAMPLE]);
    let status = record.status()?;
    if !status.success() {
        bail!(
            "the recorded example ended with {status}; `syscope check` says whether this machine may trace"
        );
    }
    fs::rename(&unfinished, trace)?;
    Ok(())
}
