//! The sample programs in `e2e/samples`, which the page offers as examples, too.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

/// An entry of `samples/index.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Sample {
    pub id: String,
    file: String,
    interpreter: String,
}

/// The sample that runs until it is stopped, unless it is told for how many seconds.
const ENDLESS: &str = "swallowed-error";

impl Sample {
    /// The command that runs it to an end.
    #[must_use]
    pub fn argv(&self) -> Vec<String> {
        let mut argv = vec![self.interpreter.clone(), path_of(&self.file).display().to_string()];
        if self.id == ENDLESS {
            argv.push("2".to_owned());
        }
        argv
    }
}

/// All samples.
///
/// # Errors
/// When the index cannot be read.
pub fn all() -> Result<Vec<Sample>> {
    let index = std::fs::read(path_of("index.json")).context("reading the index of samples")?;
    serde_json::from_slice(&index).context("the index of samples")
}

/// A command that runs `argv` with nothing to read and its output dropped.
#[must_use]
pub fn quiet(argv: &[String]) -> Command {
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]);
    command.stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    command
}

fn path_of(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(file)
}
