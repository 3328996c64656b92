//! `syscope record` and `syscope report --json`, as a script would use them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::samples::quiet;

/// The built syscope: beside this program in the target folder, in release as `cargo xtask build` makes it.
///
/// # Errors
/// When it has not been built.
pub fn syscope() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace's folder")?;
    let path = root.join("target/release/syscope");
    ensure!(path.exists(), "there is no {}: run `cargo xtask build` first", path.display());
    Ok(path)
}

#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    pub trace: Trace,
    pub summary: Vec<Row>,
    pub processes: Vec<Process>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Trace {
    pub events: u64,
    pub calls: u64,
    pub errors: u64,
    pub is_complete: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    pub syscall: String,
    pub calls: u64,
    pub errors: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Process {
    pub pid: i32,
    pub parent: Option<i32>,
    pub executions: Vec<Execution>,
    pub threads: Vec<Thread>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Execution {
    pub program: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Thread {
    pub tid: i32,
    pub clone_flags: u64,
    pub exit_status: Option<u8>,
    pub signal: Option<String>,
}

/// How often each call was made, and how often it failed.
pub type Counts = BTreeMap<String, (u64, u64)>;

impl Report {
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.summary.iter().map(|row| (row.syscall.clone(), (row.calls, row.errors))).collect()
    }
}

/// Records `argv` into `file`.
///
/// # Errors
/// When syscope cannot be started. How the command ended is not looked at.
pub fn record(argv: &[String], file: &Path) -> Result<()> {
    let mut words = vec![syscope()?.display().to_string(), "record".to_owned(), "-o".to_owned()];
    words.extend([file.display().to_string(), "--".to_owned()]);
    words.extend_from_slice(argv);
    quiet(&words).status().context("starting syscope record")?;
    Ok(())
}

/// What `syscope report --json` says of `file`.
///
/// # Errors
/// When it fails, or prints something else.
pub fn report(file: &Path) -> Result<Report> {
    let output = Command::new(syscope()?).args(["report", "--json"]).arg(file).output()?;
    ensure!(output.status.success(), "syscope report: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("the output of syscope report --json")
}
