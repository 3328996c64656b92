//! Pictures of the page, for people to look at: `target/screenshots/*.png`. The one in the README is a copy of `timeline-dark.png`.

use std::time::Duration;

use anyhow::Result;
use syscope_e2e::app::App;
use syscope_e2e::browser::{Browser, Theme};
use syscope_e2e::report::record;
use syscope_e2e::samples;

const TABS: [&str; 6] = ["timeline", "flame", "tree", "summary", "events", "output"];

/// What of a canvas is not of its most frequent colour.
const PAINTED: &str = "const canvas = document.querySelector(`[data-testid='${arguments[0]}']`);
    const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
    return pixels.length - Math.max(...counts.values());";

async fn painted_pixels(browser: &Browser, canvas: &str) -> Result<u64> {
    Ok(browser.page.execute(PAINTED, vec![canvas.into()]).await?.convert()?)
}

async fn take(theme: Theme, name: &str) -> Result<()> {
    let store = tempfile::tempdir()?;
    let wanted = ["busy-pool", "prefork-server", "threaded-server", "hidden-commands"];
    let mut ids = Vec::new();
    for (number, sample) in
        samples::all()?.iter().filter(|sample| wanted.contains(&sample.id.as_str())).enumerate()
    {
        let id = format!("{number:032x}");
        record(&sample.argv(), &store.path().join(format!("{id}.syscope")))?;
        ids.push(id);
    }
    let app = App::start(store.path())?;
    let browser = Browser::start(theme).await?;
    browser.page.goto(&app.url).await?;
    browser.element("session-row").await?;
    browser.screenshot(&format!("home-{name}")).await?;
    browser.page.goto("about:blank").await?;
    browser.page.goto(app.session_url(&ids[1])).await?;
    for tab in TABS {
        browser.click(&format!("tab-{tab}")).await?;
        // One tab after another is painted when its answer is there; the pictures are for people, what is asserted is below.
        tokio::time::sleep(Duration::from_millis(500)).await;
        browser.screenshot(&format!("{tab}-{name}")).await?;
    }
    for canvas in ["timeline", "flame"] {
        browser.click(&format!("tab-{canvas}")).await?;
        let canvas = format!("{canvas}-canvas");
        browser.element(&canvas).await?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(painted_pixels(&browser, &canvas).await? > 1000, "{canvas} is empty");
    }
    assert!(painted_pixels(&browser, "overview-canvas").await? > 100, "the overview is empty");
    browser.close().await
}

#[tokio::test]
async fn the_page_is_painted_in_the_dark() -> Result<()> {
    take(Theme::Dark, "dark").await
}

#[tokio::test]
async fn the_page_is_painted_in_the_light() -> Result<()> {
    take(Theme::Light, "light").await
}
