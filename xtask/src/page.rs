//! The page: Rust to WebAssembly, its JavaScript glue, one stylesheet, and each file compressed beside itself.
//!
//! The result is `frontend/dist`, the folder that the server embeds. A file there is written only when its content changes,
//! so that the server is not rebuilt for nothing and a compressed twin that is newer than its file is up to date.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use brotli::enc::BrotliEncoderParams;
use wasm_bindgen_cli_support::Bindgen;

use crate::build::BuildKind;
use crate::progress::step;
use crate::toolchain::{WASM_TARGET, WasmCompiler};
use crate::workspace;

/// Where the page is compiled: a folder of its own, because another compiler may build it.
pub(crate) const PAGE_TARGET_FOLDER: &str = "target/page";

const DIST: &str = "frontend/dist";
/// What the module is called in the page: `syscope_bg.wasm` and its `syscope.js`.
const MODULE_NAME: &str = "syscope";
/// Stylesheets that the others rely on come first, the rest follow by name.
const FIRST_STYLESHEETS: [&str; 2] = ["tokens.css", "base.css"];
/// What is copied as it is from `frontend/`, by extension.
const STATIC_EXTENSIONS: [&str; 6] = ["html", "ico", "js", "png", "svg", "webmanifest"];

/// Brotli's levels: the smallest result, and one that takes no time worth mentioning.
const BEST_QUALITY: i32 = 11;
const QUICK_QUALITY: i32 = 4;

/// The page's files: path below `frontend/dist` → content.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Builds the page into `frontend/dist`.
pub(crate) fn build(kind: BuildKind) -> Result<()> {
    let compiler = WasmCompiler::ensure()?;
    let (profile, why) = match kind {
        BuildKind::Release => ("page", "whole-program optimisation; four minutes from cold"),
        BuildKind::Quick => ("page-dev", "little optimised"),
    };
    step("compile the page to WebAssembly", why, || {
        let mut cargo = compiler.cargo_build();
        cargo.args(["-p", "syscope-frontend", "--profile", profile, "--target-dir", PAGE_TARGET_FOLDER]);
        workspace::run(&mut cargo)
    })?;
    let wasm =
        workspace::path(PAGE_TARGET_FOLDER).join(WASM_TARGET).join(profile).join("syscope-frontend.wasm");
    let mut files = step("bind the page to JavaScript", "wasm-bindgen rewrites the module", || bind(&wasm))?;
    let (quality, why) = match kind {
        BuildKind::Release => (BEST_QUALITY, "brotli at its best level, where a file changed"),
        BuildKind::Quick => (QUICK_QUALITY, "brotli at a quick level, where a file changed"),
    };
    step("lay out the page and compress it", why, || {
        files.insert(PathBuf::from("style.css"), stylesheet(&workspace::path("style"))?);
        add_static_files(&workspace::path("frontend"), &mut files)?;
        publish(&files, &workspace::path(DIST), quality)
    })
}

/// The module and its JavaScript glue, made anew only when the compiled module differs from the last one bound.
fn bind(wasm: &Path) -> Result<Files> {
    let folder = workspace::path(PAGE_TARGET_FOLDER).join("bound");
    let stamp = workspace::path(PAGE_TARGET_FOLDER).join("bound.stamp");
    let module = fs::read(wasm).with_context(|| format!("read {}", wasm.display()))?;
    let mut hasher = DefaultHasher::new();
    module.hash(&mut hasher);
    let fingerprint = format!("{:016x}", hasher.finish());
    // Another xtask may bind differently.
    let is_bound_by_this = is_at_least_as_new(&stamp, &std::env::current_exe()?);
    if !is_bound_by_this || fs::read_to_string(&stamp).ok().as_deref() != Some(&fingerprint) {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        Bindgen::new()
            .input_bytes(MODULE_NAME, module)
            .web(true)?
            .typescript(false)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(&folder)?;
        fs::write(&stamp, fingerprint)?;
    }
    read_folder(&folder)
}

/// Every file below a folder, by its path relative to the folder.
fn read_folder(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    for path in paths_below(folder)? {
        let content =
            fs::read(folder.join(&path)).with_context(|| format!("read {}", folder.join(&path).display()))?;
        files.insert(path, content);
    }
    Ok(files)
}

/// The paths of all files below a folder, relative to it.
fn paths_below(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut paths = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(current) = open.pop() {
        let entries =
            fs::read_dir(&current).with_context(|| format!("read the folder {}", current.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(relative) = path.strip_prefix(folder) {
                paths.insert(relative.to_owned());
            }
        }
    }
    Ok(paths)
}

/// All stylesheets as one, each under its name.
fn stylesheet(folder: &Path) -> Result<Vec<u8>> {
    let rank = |path: &Path| {
        FIRST_STYLESHEETS.iter().position(|first| path == Path::new(first)).unwrap_or(FIRST_STYLESHEETS.len())
    };
    let mut sheets: Vec<(PathBuf, Vec<u8>)> = read_folder(folder)?
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "css"))
        .collect();
    if sheets.is_empty() {
        bail!("{} holds no stylesheet", folder.display());
    }
    sheets.sort_by_key(|(path, _)| rank(path));
    let mut all = Vec::new();
    for (path, sheet) in sheets {
        all.extend_from_slice(format!("/* {} */\n", path.display()).as_bytes());
        all.extend_from_slice(&sheet);
        all.push(b'\n');
    }
    Ok(all)
}

/// `index.html` and what lies beside it.
fn add_static_files(frontend: &Path, files: &mut Files) -> Result<()> {
    if !frontend.join("index.html").exists() {
        bail!("{} is missing", frontend.join("index.html").display());
    }
    for entry in fs::read_dir(frontend)? {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default();
        if let Some(name) = path.file_name()
            && STATIC_EXTENSIONS.iter().any(|known| extension == *known)
        {
            files.insert(PathBuf::from(name), fs::read(&path)?);
        }
    }
    Ok(())
}

/// Makes `dist` hold exactly these files, each with a compressed twin (`.br`) that is up to date.
fn publish(files: &Files, dist: &Path, quality: i32) -> Result<()> {
    fs::create_dir_all(dist)?;
    for (name, content) in files {
        let path = dist.join(name);
        let twin = dist.join(compressed_name(name));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let is_new = fs::read(&path).ok().as_ref() != Some(content);
        if is_new {
            fs::write(&path, content).with_context(|| format!("write {}", path.display()))?;
        }
        if is_new || !is_at_least_as_new(&twin, &path) {
            fs::write(&twin, compressed(content, quality)?)
                .with_context(|| format!("write {}", twin.display()))?;
        }
    }
    let wanted: BTreeSet<PathBuf> =
        files.keys().flat_map(|name| [name.clone(), compressed_name(name)]).collect();
    for stale in paths_below(dist)?.difference(&wanted) {
        fs::remove_file(dist.join(stale))?;
    }
    Ok(())
}

fn compressed_name(name: &Path) -> PathBuf {
    let mut name = name.as_os_str().to_owned();
    name.push(".br");
    PathBuf::from(name)
}

fn is_at_least_as_new(path: &Path, than: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    matches!((modified(path), modified(than)), (Some(one), Some(other)) if one >= other)
}

fn compressed(content: &[u8], quality: i32) -> Result<Vec<u8>> {
    let settings = BrotliEncoderParams { quality, size_hint: content.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut packed, &settings)?;
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn publishing_writes_only_what_changed_and_removes_what_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path().join("dist");
        let text = b"body { margin: 0 }".repeat(100);
        let first = Files::from([("a.css".into(), text.clone()), ("snippets/b.js".into(), b"1".to_vec())]);
        publish(&first, &dist, QUICK_QUALITY).unwrap();
        let written = fs::metadata(dist.join("a.css.br")).unwrap().modified().unwrap();

        publish(&Files::from([("a.css".into(), text.clone())]), &dist, QUICK_QUALITY).unwrap();

        let left = paths_below(&dist).unwrap();
        assert_eq!(left, BTreeSet::from(["a.css".into(), "a.css.br".into()]));
        assert_eq!(fs::metadata(dist.join("a.css.br")).unwrap().modified().unwrap(), written);
        let mut unpacked = Vec::new();
        let packed = fs::File::open(dist.join("a.css.br")).unwrap();
        brotli::Decompressor::new(packed, 4096).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
    }

    #[test]
    fn tokens_come_before_the_sheets_that_use_them() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["button.css", "tokens.css", "base.css"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let all = String::from_utf8(stylesheet(folder.path()).unwrap()).unwrap();
        assert_eq!(
            all,
            "/* tokens.css */\ntokens.css\n/* base.css */\nbase.css\n/* button.css */\nbutton.css\n"
        );
    }
}
