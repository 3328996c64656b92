//! The Rust toolchain: the components that checks need, and a compiler for the page's target.
//!
//! `rust-toolchain.toml` asks for all of it, but where rustup may not install by itself (`RUSTUP_AUTO_INSTALL=0`) a missing
//! component or target is silently ignored until something fails to compile. So this looks, then asks rustup, and where
//! rustup cannot help uses Debian's compiler of the `rustc-web` package, which builds the target's standard library
//! from source.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::progress::step;
use crate::test_programs::{apt_install, is_root_on_debian};
use crate::workspace;

/// The page's target.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "lld-22"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LIBRARY_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/Cargo.toml";
const DEBIAN_WASM_LINKER: &str = "/usr/bin/wasm-ld-22";

/// A compiler that can produce the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WasmCompiler {
    /// The project's own toolchain has the target.
    Toolchain,
    /// Debian's `rustc-web`; the standard library is compiled with the page.
    Debian,
}

impl WasmCompiler {
    /// Finds a compiler for the page, installing what is missing where this machine allows it.
    pub(crate) fn ensure() -> Result<Self> {
        if toolchain_has_wasm() {
            return Ok(Self::Toolchain);
        }
        let asked = step("wasm32 target", "missing from the toolchain; rustup downloads it", || {
            workspace::run(workspace::command("rustup").args(["target", "add", WASM_TARGET]))
        });
        match asked {
            Ok(()) if toolchain_has_wasm() => return Ok(Self::Toolchain),
            Ok(()) => eprintln!("    rustup added {WASM_TARGET}, but not to the toolchain in use"),
            Err(error) => eprintln!("    {error:#}"),
        }
        eprintln!("    The page will be compiled by Debian's rustc-web instead.");
        if !debian_compiler_is_there() {
            install_debian_compiler()?;
        }
        Ok(Self::Debian)
    }

    /// A `cargo build` for the page's target with this compiler.
    ///
    /// The variables that choose Debian's compiler are set on this one child: exported, they would make clippy and
    /// every later build disagree about the compiler's version (E0514).
    pub(crate) fn cargo_build(self) -> Command {
        let mut cargo = workspace::cargo();
        cargo.args(["build", "--target", WASM_TARGET]);
        if self == Self::Debian {
            cargo
                .env("RUSTC", DEBIAN_RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_WASM_LINKER)
                .arg("-Zbuild-std=std,panic_abort");
        }
        cargo
    }
}

/// Sees to it that `cargo fmt` and `cargo clippy` work.
pub(crate) fn ensure_components() -> Result<()> {
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(subcommand, _)| {
            workspace::output_of(workspace::cargo().args([subcommand, "--version"])).is_none()
        })
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" and ");
    step(&format!("toolchain: {names}"), "missing; rustup downloads them", || {
        workspace::run(workspace::command("rustup").args(["component", "add"]).args(&missing))
    })
    .with_context(|| {
        format!("install {names} for the toolchain that rust-toolchain.toml names, then try again")
    })
}

fn toolchain_has_wasm() -> bool {
    let mut rustc = workspace::command("rustc");
    rustc.args(["--print", "target-libdir", "--target", WASM_TARGET]);
    workspace::output_of(&mut rustc).is_some_and(|folder| Path::new(&folder).is_dir())
}

fn debian_compiler_is_there() -> bool {
    [DEBIAN_RUSTC, DEBIAN_LIBRARY_SOURCE, DEBIAN_WASM_LINKER].iter().all(|path| Path::new(path).exists())
}

fn install_debian_compiler() -> Result<()> {
    let packages = DEBIAN_PACKAGES.join(" ");
    if !is_root_on_debian() {
        bail!(
            "no compiler for {WASM_TARGET}: run `rustup target add {WASM_TARGET}`, or on Debian `apt-get install {packages}`"
        );
    }
    step("Debian's compiler for the page", "apt downloads about 200 MB", || apt_install(&DEBIAN_PACKAGES))?;
    if !debian_compiler_is_there() {
        bail!(
            "{packages} are installed, but {DEBIAN_RUSTC}, its library source or {DEBIAN_WASM_LINKER} is not there"
        );
    }
    Ok(())
}
