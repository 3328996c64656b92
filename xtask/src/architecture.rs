//! Who may use whom: a check that fails on a forbidden edge, between packages or between modules.
//!
//! The rules are two tables: what a part must never name, and the order in which the modules of `shared`
//! rest on each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::source_edges::{Edge, edges};
use crate::workspace;

/// The members whose modules are checked: folder, and the first name of their modules' full paths.
const MEMBERS: [&str; 3] = ["shared", "server", "frontend"];

/// What a part of the project must not name, and why.
struct Ban {
    who: &'static str,
    never: &'static [&'static str],
    why: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        who: "shared",
        never: &[
            "tokio",
            "nix",
            "axum",
            "libc",
            "server",
            "frontend",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
            "std::time::Instant",
            "std::time::SystemTime",
        ],
        why: "shared is pure: no I/O, no clock, no threads, the same natively and in the browser",
    },
    Ban {
        who: "shared::query",
        never: &["shared::api", "shared::file", "shared::strace_log"],
        why: "a query knows the store and not where its events came from",
    },
    Ban {
        who: "shared::wire",
        never: &["shared::file", "shared::index", "shared::store", "shared::strace_log"],
        why: "what crosses the websocket is made from query answers alone",
    },
    Ban {
        who: "frontend",
        never: &["tokio", "nix", "axum", "libc", "server"],
        why: "the page runs in a browser and knows the server by its wire format alone",
    },
    Ban {
        who: "server::sys",
        never: &[
            "axum",
            "tokio",
            "server::auth",
            "server::cli",
            "server::decode",
            "server::export",
            "server::http",
            "server::recorder",
            "server::report",
            "server::session",
            "server::ws",
        ],
        why: "sys is the floor: system calls, and the raw records that they fill",
    },
    Ban {
        who: "server::tracer",
        never: &[
            "axum",
            "tokio",
            "server::http",
            "server::ws",
            "server::auth",
            "server::session",
            "server::cli",
        ],
        why: "the tracer captures on its own thread: no async runtime, no web",
    },
    Ban {
        who: "server::decode",
        never: &["axum", "tokio", "nix", "server::http", "server::ws", "server::session", "server::cli"],
        why: "decoding is a function from captured bytes to values",
    },
    Ban {
        who: "frontend::view_model",
        never: &[
            "web_sys",
            "js_sys",
            "leptos",
            "gloo_net",
            "frontend::components",
            "frontend::source",
            "frontend::paint",
            "frontend::scene",
        ],
        why: "the view model turns answers into lanes, rows and boxes and is tested without a browser",
    },
    Ban {
        who: "frontend::scene",
        never: &[
            "web_sys",
            "js_sys",
            "leptos",
            "gloo_net",
            "frontend::components",
            "frontend::interaction",
            "frontend::source",
        ],
        why: "a scene is made of view models alone and is tested without a browser",
    },
    Ban {
        who: "frontend::paint",
        never: &[
            "leptos",
            "gloo_net",
            "frontend::components",
            "frontend::interaction",
            "frontend::scene",
            "frontend::source",
            "frontend::state",
            "shared::file",
            "shared::index",
            "shared::query",
            "shared::store",
            "shared::wire",
        ],
        why: "painting knows only display lists",
    },
    Ban {
        who: "frontend::components",
        never: &["web_sys::WebSocket", "gloo_net::websocket"],
        why: "only source knows where answers come from",
    },
    Ban {
        who: "frontend::state",
        never: &["web_sys::WebSocket", "gloo_net::websocket"],
        why: "only source knows where answers come from",
    },
];

/// The modules of `shared` on their shelves, lowest first: a module may use those on lower shelves.
const SHARED_SHELVES: &[&[&str]] = &[
    &["units"],
    &["errno", "ids", "syscall"],
    &["value"],
    &["event", "options"],
    &["api", "file", "strace_log"],
    &["store"],
    &["index"],
    &["query"],
    &["wire"],
];

/// Checks the whole workspace; the error lists every forbidden edge, a sentence each.
pub(crate) fn check() -> Result<()> {
    let modules = read_modules()?;
    let names: BTreeSet<String> = modules.iter().map(|module| module.name.clone()).collect();
    let mut offences = forbidden_dependencies(&read_packages()?);
    for module in &modules {
        offences.extend(homeless(&module.name));
        let source =
            fs::read_to_string(&module.file).with_context(|| format!("read {}", module.file.display()))?;
        let shown = module.file.strip_prefix(workspace::root()).unwrap_or(&module.file).display();
        for edge in edges(&source, &module.name, &names)? {
            if let Some(sentence) = offence(&module.name, &edge) {
                offences.push(format!("{shown}:{}: {sentence}", edge.line));
            }
        }
    }
    if !offences.is_empty() {
        bail!(
            "{} forbidden\n  {}",
            if offences.len() == 1 { "an edge is" } else { "edges are" },
            offences.join("\n  ")
        );
    }
    Ok(())
}

/// What is wrong with an edge out of `module`, as a sentence; `None` when it is allowed.
fn offence(module: &str, edge: &Edge) -> Option<String> {
    let ban = BANS.iter().find(|ban| {
        is_within(module, ban.who)
            && !is_within(&edge.to, ban.who)
            && ban.never.iter().any(|banned| is_within(&edge.to, banned))
    });
    if let Some(ban) = ban {
        return Some(format!("{module} must not use {}: {}", edge.to, ban.why));
    }
    let (from, to) = (shared_module(module)?, shared_module(&edge.to)?);
    (from != to && shelf(to)? >= shelf(from)?).then(|| {
        format!("shared::{from} must not use shared::{to}: it stands on no lower shelf than shared::{from}")
    })
}

/// A sentence about a module of `shared` that stands on no shelf.
fn homeless(module: &str) -> Option<String> {
    let name = shared_module(module)?;
    let is_top = module == format!("shared::{name}");
    (is_top && shelf(name).is_none()).then(|| {
        format!(
            "shared::{name} has no place in the architecture yet: give it one in xtask/src/architecture.rs"
        )
    })
}

/// The shelf that a module of `shared` stands on, lowest 0.
fn shelf(name: &str) -> Option<usize> {
    SHARED_SHELVES.iter().position(|shelf| shelf.contains(&name))
}

/// The name of the module of `shared` that a full path lies in.
fn shared_module(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("shared::")?;
    rest.split("::").next()
}

/// Whether a full path is `part` or lies below it.
fn is_within(path: &str, part: &str) -> bool {
    path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// A module of the project: its full path and where it stands.
struct Module {
    name: String,
    file: PathBuf,
}

/// The modules of all members, one a source file.
fn read_modules() -> Result<Vec<Module>> {
    let mut modules = Vec::new();
    for member in MEMBERS {
        let mut open = vec![(workspace::path(member).join("src"), member.to_owned())];
        while let Some((folder, name)) = open.pop() {
            for entry in
                fs::read_dir(&folder).with_context(|| format!("read the folder {}", folder.display()))?
            {
                let file = entry?.path();
                let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                if stem == "tests" {
                    continue;
                }
                let inner =
                    if is_crate_or_folder_root(&stem) { name.clone() } else { format!("{name}::{stem}") };
                if file.is_dir() {
                    open.push((file, inner));
                } else if file.extension().is_some_and(|extension| extension == "rs") {
                    modules.push(Module { name: inner, file });
                }
            }
        }
    }
    Ok(modules)
}

fn is_crate_or_folder_root(stem: &str) -> bool {
    matches!(stem, "lib" | "main" | "mod")
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
}

/// The workspace's packages, as cargo reads their manifests.
fn read_packages() -> Result<Vec<Package>> {
    let mut cargo = workspace::cargo();
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata = workspace::output_of(&mut cargo).context("cargo metadata failed")?;
    let metadata: Metadata = serde_json::from_str(&metadata).context("read what cargo metadata printed")?;
    Ok(metadata.packages)
}

/// Dependencies in a manifest that the package's whole must not name.
fn forbidden_dependencies(packages: &[Package]) -> Vec<String> {
    let mut offences = Vec::new();
    for package in packages {
        let Some(member) =
            package.manifest_path.parent().and_then(Path::file_name).and_then(|name| name.to_str())
        else {
            continue;
        };
        for dependency in &package.dependencies {
            let named = dependency.name.replace('-', "_");
            let to =
                named.strip_prefix("syscope_").unwrap_or(if named == "syscope" { "server" } else { &named });
            if let Some(ban) = BANS.iter().find(|ban| ban.who == member && ban.never.contains(&to)) {
                offences.push(format!(
                    "{member}/Cargo.toml: {member} must not depend on {}: {}",
                    dependency.name, ban.why
                ));
            }
        }
    }
    offences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(module: &str, source: &str) -> Vec<String> {
        let found = edges(source, module, &BTreeSet::new()).unwrap();
        found.iter().filter_map(|edge| offence(module, edge)).collect()
    }

    #[test]
    fn a_module_of_shared_rests_only_on_lower_shelves() {
        assert_eq!(sentences("shared::event", "use crate::value::Value;"), Vec::<String>::new());
        assert_eq!(sentences("shared::value::print", "use super::Value;"), Vec::<String>::new());
        assert_eq!(
            sentences("shared::value", "use crate::event::Event;"),
            ["shared::value must not use shared::event: it stands on no lower shelf than shared::value"]
        );
        assert_eq!(
            sentences("shared::file", "fn f() -> crate::strace_log::Line { g() }").len(),
            1,
            "same shelf"
        );
    }

    #[test]
    fn the_wire_carries_answers_and_does_not_see_the_store() {
        assert_eq!(sentences("shared::wire", "use crate::query::Answer;"), Vec::<String>::new());
        let found = sentences("shared::wire", "use crate::store::Store;");
        assert!(found[0].starts_with("shared::wire must not use shared::store::Store"), "{found:?}");
    }

    #[test]
    fn a_new_module_of_shared_must_be_given_a_place() {
        let found = homeless("shared::colours").unwrap();
        assert!(found.contains("has no place in the architecture yet"), "{found}");
        assert_eq!(homeless("shared::value::print"), None);
        assert_eq!(homeless("server::colours"), None);
    }

    #[test]
    fn the_tracer_sees_no_async_runtime() {
        let found = sentences("server::tracer::capture", "fn f() { tokio::spawn(g()); }");
        assert!(found[0].starts_with("server::tracer::capture must not use tokio::spawn"), "{found:?}");
        assert_eq!(sentences("server::session", "fn f() { tokio::spawn(g()); }"), Vec::<String>::new());
    }

    #[test]
    fn sys_fills_raw_records_and_knows_nothing_above_them() {
        assert_eq!(
            sentences("server::sys::memory", "use crate::tracer::raw::Snapshot;"),
            Vec::<String>::new()
        );
        assert_eq!(sentences("server::sys::memory", "use crate::recorder::Recorder;").len(), 1);
    }

    #[test]
    fn a_manifest_with_a_forbidden_dependency_is_found() {
        let shared = Package {
            manifest_path: PathBuf::from("/w/shared/Cargo.toml"),
            dependencies: vec![
                Dependency { name: "serde".to_owned() },
                Dependency { name: "tokio".to_owned() },
            ],
        };
        let found = forbidden_dependencies(&[shared]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("shared/Cargo.toml: shared must not depend on tokio"), "{found:?}");
    }
}
