//! `cargo xtask check`: what can be judged without running anything: architecture, formatting, lints.

use anyhow::Result;

use crate::architecture;
use crate::page::PAGE_TARGET_FOLDER;
use crate::progress::step;
use crate::toolchain::{self, WASM_TARGET, WasmCompiler};
use crate::workspace;

/// The architecture's rules, formatting, lints on every target.
pub(crate) fn check() -> Result<()> {
    toolchain::ensure_components()?;
    step("architecture", "reads who uses whom", architecture::check)?;
    step("formatting", "cargo fmt --check", || {
        workspace::run(workspace::cargo().args(["fmt", "--all", "--check"]))
    })?;
    step("lints", "clippy compiles everything once; three minutes from cold", || {
        let mut clippy = workspace::cargo();
        clippy.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
        workspace::run(&mut clippy)
    })?;
    lint_page(WasmCompiler::ensure()?)
}

/// Lints what runs in the browser, as the browser's target sees it.
fn lint_page(compiler: WasmCompiler) -> Result<()> {
    if compiler == WasmCompiler::Debian {
        eprintln!(
            "==> lints for wasm32: not here; clippy needs the target in its own toolchain, only the build will see it"
        );
        return Ok(());
    }
    step("lints for wasm32", "the same for the page's target; two minutes from cold", || {
        let mut clippy = workspace::cargo();
        clippy.args(["clippy", "-p", "syscope-shared", "-p", "syscope-frontend", "--target", WASM_TARGET]);
        clippy.args(["--target-dir", PAGE_TARGET_FOLDER, "--", "-D", "warnings"]);
        workspace::run(&mut clippy)
    })
}
