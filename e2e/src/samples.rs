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
    /// The command that runs it to an end, in [`folder`].
    #[must_use]
    pub fn argv(&self) -> Vec<String> {
        let mut argv = vec![self.interpreter.clone(), self.file.clone()];
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
    let index = std::fs::read(folder().join("index.json")).context("reading the index of samples")?;
    serde_json::from_slice(&index).context("the index of samples")
}

/// A command that runs `argv` in the samples' folder, with nothing to read and its output dropped.
#[must_use]
pub fn quiet(argv: &[String]) -> Command {
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]).current_dir(folder());
    // cargo's own: every program would look for its libraries in the build folder first.
    command.env_remove("LD_LIBRARY_PATH");
    command.stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    command
}

/// Where the samples are.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}
