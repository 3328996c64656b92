//! `cargo xtask test`: everything that must hold before a change lands. CI runs this and nothing else.

use std::process::Command;

use anyhow::Result;

use crate::build::{self, BuildKind};
use crate::progress::step;
use crate::{check, test_programs, workspace};

/// Which tests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestScope {
    /// All but those that take minutes.
    Usual,
    /// Also those marked `#[ignore]`, which take minutes.
    All,
}

/// Installs what is needed, then checks, builds and tests; ends at the first step that fails.
pub(crate) fn test(scope: TestScope) -> Result<()> {
    test_programs::ensure()?;
    check::check()?;
    step("unit and integration tests", "compiles the tests; two minutes from cold", || {
        workspace::run(&mut cargo_test(scope, &["--workspace", "--exclude", "syscope-e2e"]))
    })?;
    build::build(BuildKind::Release)?;
    step("end-to-end tests", "the built syscope, in a real Chromium and beside strace", || {
        workspace::run(&mut cargo_test(scope, &["--package", "syscope-e2e"]))
    })
}

fn cargo_test(scope: TestScope, packages: &[&str]) -> Command {
    let mut cargo = workspace::cargo();
    cargo.arg("test").args(packages);
    if scope == TestScope::All {
        cargo.args(["--", "--include-ignored"]);
    }
    cargo
}
