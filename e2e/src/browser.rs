//! A real Chromium, driven through chromedriver.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::prelude::*;

/// How long a condition of the page is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(25);

/// What headless Chromium needs to run as root, without a GPU, and to speak to nobody.
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

/// The page's colours, as the system asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

/// A browser with one page; the driver ends with the value.
#[derive(Debug)]
pub struct Browser {
    pub page: WebDriver,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser with a new profile and a window of 1600×900.
    ///
    /// # Errors
    /// When there is no Chromium or no chromedriver, or they do not start.
    pub async fn start(theme: Theme) -> Result<Self> {
        let port = free_port()?;
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting chromedriver: `cargo xtask test` installs it")?;
        let profile = tempfile::tempdir()?;
        let mut capabilities = DesiredCapabilities::chrome();
        for flag in FLAGS {
            capabilities.add_arg(flag)?;
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        capabilities.add_arg("--window-size=1600,900")?;
        if theme == Theme::Dark {
            capabilities.add_arg("--force-dark-mode")?;
        }
        let start = Instant::now();
        let page = loop {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities.clone()).await {
                Ok(page) => break page,
                Err(error) if start.elapsed() > PATIENCE => bail!("Chromium did not start: {error}"),
                Err(_) => tokio::time::sleep(POLL).await,
            }
        };
        Ok(Self { page, driver, _profile: profile })
    }

    /// The element with this `data-testid`, once it is there.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn element(&self, test_id: &str) -> Result<WebElement> {
        let selector = By::Css(format!("[data-testid='{test_id}']"));
        let wait = self.page.query(selector).wait(PATIENCE, POLL);
        wait.first().await.with_context(|| format!("waiting for `{test_id}`"))
    }

    /// Every element with this `data-testid` that is there now.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn elements(&self, test_id: &str) -> Result<Vec<WebElement>> {
        Ok(self.page.find_all(By::Css(format!("[data-testid='{test_id}']"))).await?)
    }

    /// Clicks the element with this `data-testid`.
    ///
    /// # Errors
    /// When it does not come or cannot be clicked.
    pub async fn click(&self, test_id: &str) -> Result<()> {
        self.element(test_id).await?.click().await.with_context(|| format!("clicking `{test_id}`"))
    }

    /// An attribute of the element with this `data-testid`, as it is now.
    ///
    /// # Errors
    /// When the element does not come or has no such attribute.
    pub async fn attribute(&self, test_id: &str, name: &str) -> Result<String> {
        // The element may be replaced between being found and being asked.
        let script = format!(
            "const e = document.querySelector(\"[data-testid='{test_id}']\"); return e ? e.getAttribute('{name}') : null;"
        );
        self.element(test_id).await?;
        let value = self.page.execute(script, Vec::new()).await?;
        value.json().as_str().map(str::to_owned).with_context(|| format!("`{test_id}` has no {name}"))
    }

    /// Waits until an attribute has a value that `is_wanted` accepts, and returns it.
    ///
    /// # Errors
    /// When it does not come to that; the last value is named.
    pub async fn wait_for(
        &self,
        test_id: &str,
        attribute: &str,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<String> {
        let start = Instant::now();
        loop {
            let value = self.attribute(test_id, attribute).await?;
            if is_wanted(&value) {
                return Ok(value);
            }
            if start.elapsed() > PATIENCE {
                bail!("`{test_id}` stays at {attribute}=`{value}`");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Saves a picture of the page as `target/screenshots/NAME.png`.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}.png"));
        self.page.screenshot(&path).await?;
        Ok(path)
    }

    /// Ends the browser in order.
    ///
    /// # Errors
    /// When it is already gone.
    pub async fn close(self) -> Result<()> {
        Ok(self.page.clone().quit().await?)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // chromedriver ends the browsers that it started.
        let _ = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(self.driver.id() as i32),
            nix::sys::signal::Signal::SIGTERM,
        );
        let _ = self.driver.wait();
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
