//! A running `syscope serve`, on a port and a store of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::report::syscope;

/// Ends with the value.
#[derive(Debug)]
pub struct App {
    process: Child,
    /// What it printed: where the page is, with the token in the fragment.
    pub url: String,
    store: PathBuf,
}

impl App {
    /// Starts the server on `store`.
    ///
    /// # Errors
    /// When it does not come up with an address.
    pub fn start(store: &Path) -> Result<Self> {
        let mut process = Command::new(syscope()?)
            .args(["serve", "--port", "0", "--store"])
            .arg(store)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting syscope serve")?;
        let stdout = process.stdout.take().context("the server's output")?;
        let mut app = Self { process, url: String::new(), store: store.to_owned() };
        BufReader::new(stdout).read_line(&mut app.url)?;
        app.url.truncate(app.url.trim_end().len());
        ensure!(
            app.url.starts_with("http://127.0.0.1:"),
            "syscope serve printed `{}` for an address",
            app.url
        );
        Ok(app)
    }

    /// Where the page of one session is.
    #[must_use]
    pub fn session_url(&self, id: &str) -> String {
        format!("{}&session={id}", self.url)
    }

    /// The trace file of a session.
    #[must_use]
    pub fn trace_file(&self, id: &str) -> PathBuf {
        self.store.join(format!("{id}.syscope"))
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // A server that has already ended is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
