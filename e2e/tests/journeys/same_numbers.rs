//! The page shows the numbers that `syscope report` prints.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use syscope_e2e::app::App;
use syscope_e2e::browser::{Browser, Theme};
use syscope_e2e::report::{Counts, Report, record, report};
use syscope_e2e::samples;

/// The rows of the page's summary table.
async fn summary_rows(browser: &Browser) -> Result<Counts> {
    let script = "return [...document.querySelectorAll(\"[data-testid='summary-row']\")].map(
        row => [row.dataset.syscall, Number(row.dataset.calls), Number(row.dataset.errors)]);";
    let rows = browser.page.execute(script, Vec::new()).await?;
    let rows: Vec<(String, u64, u64)> = rows.convert()?;
    Ok(rows.into_iter().map(|(name, calls, errors)| (name, (calls, errors))).collect())
}

/// The (pid, tid, kind) of the rows of the page's process tree.
async fn tree_rows(browser: &Browser) -> Result<BTreeSet<(i32, i32, String)>> {
    let script = "return [...document.querySelectorAll(\"[data-testid='tree-row']\")].map(
        row => [Number(row.dataset.pid), Number(row.dataset.tid), row.dataset.kind]);";
    let rows = browser.page.execute(script, Vec::new()).await?;
    let rows: Vec<(i32, i32, String)> = rows.convert()?;
    Ok(rows.into_iter().collect())
}

/// The rows that the report's processes and threads should make.
fn expected_tree(report: &Report) -> BTreeSet<(i32, i32, String)> {
    let rows = report.processes.iter().flat_map(|process| {
        process.threads.iter().map(|thread| {
            let kind = if thread.tid == process.pid { "process" } else { "thread" };
            (process.pid, thread.tid, kind.to_owned())
        })
    });
    rows.collect()
}

#[tokio::test]
async fn every_sample_shows_what_its_report_says() -> Result<()> {
    let store = tempfile::tempdir()?;
    let mut traces = Vec::new();
    for (number, sample) in samples::all()?.into_iter().enumerate() {
        let id = format!("{number:032x}");
        let file = store.path().join(format!("{id}.syscope"));
        record(&sample.argv(), &file)?;
        traces.push((id, sample, report(&file)?));
    }
    let app = App::start(store.path())?;
    let browser = Browser::start(Theme::Dark).await?;
    for (id, sample, report) in &traces {
        let named = || format!("the sample {}", sample.id);
        // Another document, so that nothing is left of the last trace.
        browser.page.goto("about:blank").await?;
        browser.page.goto(app.session_url(id)).await?;
        let events = report.trace.events.to_string();
        browser
            .wait_for("session-events", "data-count", |count| count == events)
            .await
            .with_context(named)?;
        browser.click("tab-summary").await?;
        let calls = report.trace.calls.to_string();
        browser.wait_for("summary-total", "data-calls", |count| count == calls).await.with_context(named)?;
        assert_eq!(browser.attribute("summary-total", "data-errors").await?, report.trace.errors.to_string());
        assert_eq!(summary_rows(&browser).await?, report.counts(), "{}", sample.id);
        browser.click("tab-tree").await?;
        browser.element("tree-row").await?;
        assert_eq!(tree_rows(&browser).await?, expected_tree(report), "{}", sample.id);
        browser.click("tab-events").await?;
        browser.wait_for("event-count", "data-count", |count| count == events).await.with_context(named)?;
    }
    browser.close().await
}
