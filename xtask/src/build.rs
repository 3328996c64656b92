//! `cargo xtask build`: the page, then the binary that carries it.

use std::path::PathBuf;

use anyhow::Result;

use crate::page;
use crate::progress::step;
use crate::workspace;

/// How much work goes into optimising.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuildKind {
    /// What people run: a small page, embedded and compressed.
    Release,
    /// For the next try while developing: little optimised; the server reads the page from the folder.
    Quick,
}

/// Builds the page and the server; returns the path of the `syscope` binary.
pub(crate) fn build(kind: BuildKind) -> Result<PathBuf> {
    page::build(kind)?;
    let mut cargo = workspace::cargo();
    cargo.args(["build", "-p", "syscope"]);
    let (why, binary) = match kind {
        BuildKind::Release => {
            cargo.arg("--release");
            ("optimised, page embedded; two minutes from cold", "target/release/syscope")
        }
        BuildKind::Quick => ("unoptimised", "target/debug/syscope"),
    };
    step("build the server", why, || workspace::run(&mut cargo))?;
    Ok(workspace::path(binary))
}
