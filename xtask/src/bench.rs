//! `cargo xtask bench`: what tracing costs, measured beside strace in one run.

use anyhow::Result;

use crate::build::{self, BuildKind};
use crate::progress::step;
use crate::{test_programs, workspace};

/// Builds syscope and the benchmark, optimised, and runs it.
pub(crate) fn bench() -> Result<()> {
    test_programs::ensure()?;
    build::build(BuildKind::Release)?;
    step("benchmark", "each program runs untraced, under strace and under syscope, in turns", || {
        let mut cargo = workspace::cargo();
        cargo.args(["run", "--quiet", "--release", "--package", "syscope-e2e", "--bin", "bench"]);
        workspace::run(&mut cargo)
    })
}
