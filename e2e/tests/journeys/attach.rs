//! A running process that is attached to from the page, watched, let go, and runs on.

use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use syscope_e2e::app::App;
use syscope_e2e::browser::{Browser, Theme};
use syscope_e2e::samples;

/// The sample that loops until it is stopped; ended with the value.
struct Running(Child);

impl Running {
    fn start() -> Result<Self> {
        let sample = samples::all()?.into_iter().find(|sample| sample.id == "swallowed-error");
        let argv = sample.context("the sample that loops")?.argv();
        let mut command = Command::new(&argv[0]);
        command
            .arg(&argv[1])
            .arg("600")
            .current_dir(samples::folder())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        Ok(Self(command.spawn()?))
    }

    /// A field of `/proc/PID/status`.
    fn status(&self, field: &str) -> Result<String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        Ok(line.with_context(|| format!("no {field}"))?.trim_start_matches(':').trim().to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_running_process_is_watched_and_let_go() -> Result<()> {
    let store = tempfile::tempdir()?;
    let running = Running::start()?;
    let app = App::start(store.path())?;
    let browser = Browser::start(Theme::Dark).await?;
    browser.page.goto(&app.url).await?;
    browser.click("start-tab-attach").await?;
    browser.element("process-filter").await?.send_keys("swallowed_error.py").await?;
    browser.wait_for("process-row", "data-pid", |pid| pid == running.0.id().to_string()).await?;
    browser.click("process-row").await?;
    browser.click("start-button").await?;
    browser.wait_for("session-events", "data-count", |count| count.parse().unwrap_or(0) > 4).await?;
    assert_ne!(running.status("TracerPid")?, "0");

    browser.click("tab-events").await?;
    browser.click("filter-failed").await?;
    browser.wait_for("event-count", "data-count", |count| count.parse().unwrap_or(0) > 1).await?;
    let text = browser.element("event-row").await?.text().await?;
    assert!(text.contains("openat(") && text.contains("ENOENT"), "{text}");

    browser.click("stop-button").await?;
    browser.wait_for("session-state", "data-state", |state| state == "finished").await?;
    assert_eq!(running.status("TracerPid")?, "0");
    let state = running.status("State")?;
    assert!(state.starts_with('S') || state.starts_with('R'), "the process is {state}");
    browser.close().await
}
