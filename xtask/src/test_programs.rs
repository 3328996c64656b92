//! The programs that tests drive or are judged by: Chromium and its driver, strace, Python.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Result, bail};

use crate::progress::step;
use crate::workspace;

/// A program that tests need: its path, and the Debian package that brings it.
///
/// The paths are Debian's, and exact: samples run `/usr/bin/python3` whatever PATH says, so that what they execute is the same
/// everywhere.
const PROGRAMS: [(&str, &str); 4] = [
    ("/usr/bin/chromium", "chromium"),
    ("/usr/bin/chromedriver", "chromium-driver"),
    ("/usr/bin/strace", "strace"),
    ("/usr/bin/python3", "python3"),
];

/// Installs the programs that tests need where this is root on Debian, else says which are missing.
pub(crate) fn ensure() -> Result<()> {
    let missing = missing_packages();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !is_root_on_debian() {
        bail!("the tests need programs that are missing here; on Debian: `sudo apt-get install {names}`");
    }
    step(&format!("install {names}"), "the tests need them; apt downloads them once", || {
        apt_install(&missing)
    })?;
    let still_missing = missing_packages();
    if !still_missing.is_empty() {
        bail!(
            "apt installed {names}, but the programs of {} are not in /usr/bin",
            still_missing.join(" and ")
        );
    }
    Ok(())
}

/// Installs Debian packages without questions; the package lists are fetched first.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    let apt_get = || {
        let mut command = workspace::command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq");
        command
    };
    workspace::run(apt_get().arg("update"))?;
    workspace::run(apt_get().args(["install", "-y", "--no-install-recommends"]).args(packages))
}

/// Whether packages can be installed here without asking anyone.
pub(crate) fn is_root_on_debian() -> bool {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    is_root && release.lines().any(|line| line == "ID=debian")
}

fn missing_packages() -> Vec<&'static str> {
    PROGRAMS.iter().filter(|(program, _)| !Path::new(program).exists()).map(|(_, package)| *package).collect()
}
