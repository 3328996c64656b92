//! A command that is started from the page and watched while it runs.

use std::time::{Duration, Instant};

use anyhow::Result;
use syscope_e2e::app::App;
use syscope_e2e::browser::{Browser, Theme};
use syscope_e2e::report::report;

/// Makes a few calls and prints a number ten times a second, for as many seconds as its argument says.
const PROGRAM: &str = "import os, sys, time
for number in range(int(sys.argv[1]) * 10):
    os.stat('/etc/passwd')
    print(number, flush=True)
    time.sleep(0.1)
";

/// How long the program of the usual run goes on; the longer run takes half a minute.
const USUAL_SECONDS: u32 = 6;
const LONG_SECONDS: u32 = 30;

async fn watch(seconds: u32) -> Result<()> {
    let store = tempfile::tempdir()?;
    let app = App::start(store.path())?;
    let browser = Browser::start(Theme::Light).await?;
    browser.page.goto(&app.url).await?;
    browser.page.execute("window.wasNotReloaded = true", Vec::new()).await?;
    let program = store.path().join("program.py");
    std::fs::write(&program, PROGRAM)?;
    let command = format!("/usr/bin/python3 {} {seconds}", program.display());
    browser.element("start-command").await?.send_keys(command).await?;
    let clicked = Instant::now();
    browser.click("start-button").await?;
    browser.wait_for("session-events", "data-count", |count| count.parse().unwrap_or(0) > 0).await?;
    println!("the first events were on the page {} ms after the click", clicked.elapsed().as_millis());

    let mut seen = Vec::new();
    while browser.attribute("session-state", "data-state").await? == "recording" {
        let count: u64 = browser.attribute("session-events", "data-count").await?.parse()?;
        if seen.last() != Some(&count) {
            seen.push(count);
        }
        assert!(clicked.elapsed() < Duration::from_secs(u64::from(seconds) + 60), "it does not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(seen.is_sorted(), "{seen:?}");
    assert!(seen.len() as u32 > seconds, "the page saw the trace grow {} times in {seconds} s", seen.len());
    let is_same_document = browser.page.execute("return window.wasNotReloaded === true", Vec::new()).await?;
    assert_eq!(is_same_document.json(), true, "the page was reloaded");

    browser.wait_for("session-state", "data-state", |state| state == "finished").await?;
    let id = session_id(store.path())?;
    let report = report(&app.trace_file(&id))?;
    assert!(report.trace.is_complete);
    let events = report.trace.events.to_string();
    browser.wait_for("session-events", "data-count", |count| count == events).await?;
    browser.click("tab-output").await?;
    let last = format!("{}\n", seconds * 10 - 1);
    let output = browser.element("output").await?;
    let start = Instant::now();
    while !output.text().await?.ends_with(last.trim_end()) {
        assert!(start.elapsed() < Duration::from_secs(10), "the output ends with another line");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    browser.close().await
}

/// The id of the one trace in a store.
pub(crate) fn session_id(store: &std::path::Path) -> Result<String> {
    let traces = std::fs::read_dir(store)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let ids: Vec<String> =
        traces.filter_map(|name| Some(name.strip_suffix(".syscope")?.to_owned())).collect();
    anyhow::ensure!(ids.len() == 1, "the store holds {ids:?}");
    Ok(ids[0].clone())
}

#[tokio::test]
async fn a_command_is_watched_while_it_runs() -> Result<()> {
    watch(USUAL_SECONDS).await
}

#[tokio::test]
#[ignore = "takes half a minute: `cargo xtask test --all`"]
async fn a_command_of_half_a_minute_streams_without_a_reload() -> Result<()> {
    watch(LONG_SECONDS).await
}
