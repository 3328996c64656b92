//! Which paths a Rust source file names: the edges of the architecture check.
//!
//! Source is read as tokens, not as text, so comments and strings name nothing, and not as syntax, so paths inside
//! macros count. A path's beginning is resolved to the module it means: `crate::`, `self::`, `super::`, a child module.
//! Modules called `tests` are left out: a test may reach for whatever it judges by.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use proc_macro2::{TokenStream, TokenTree};

/// One place where a module names a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    /// Counted from 1.
    pub(crate) line: usize,
    /// The path named, in full: `server::http::routes`, `tokio::spawn`.
    pub(crate) to: String,
}

/// The edges of a module's source.
///
/// `module` is the module's own full path (`server::tracer::capture`), `modules` the full paths of all modules of the project.
pub(crate) fn edges(source: &str, module: &str, modules: &BTreeSet<String>) -> Result<Vec<Edge>> {
    let tokens: TokenStream = source.parse().map_err(|error| anyhow!("{module} is not Rust: {error}"))?;
    let mut reader = Reader { modules, edges: Vec::new() };
    reader.read(&tokens.into_iter().collect::<Vec<_>>(), module);
    Ok(reader.edges)
}

struct Reader<'a> {
    modules: &'a BTreeSet<String>,
    edges: Vec<Edge>,
}

impl Reader<'_> {
    /// Reads the tokens of one module's body, or of a group within it.
    fn read(&mut self, tokens: &[TokenTree], module: &str) {
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(keyword) if keyword == "mod" => at = self.read_module(tokens, at, module),
                TokenTree::Ident(name) if is_path_start(tokens, at) => {
                    let line = name.span().start().line;
                    let (paths, end) = paths_at(tokens, at);
                    for path in paths {
                        let to = self.resolved(&path, module);
                        self.edges.push(Edge { line, to });
                    }
                    // Groups that belonged to the path are use-trees and are read; generic arguments are not part of it.
                    at = end;
                }
                TokenTree::Group(group) => {
                    self.read(&group.stream().into_iter().collect::<Vec<_>>(), module);
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// Reads `mod name { … }` at `at`; returns where to go on.
    fn read_module(&mut self, tokens: &[TokenTree], at: usize, module: &str) -> usize {
        let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
            (tokens.get(at + 1), tokens.get(at + 2))
        else {
            return at + 1;
        };
        if name != "tests" {
            let inner = format!("{module}::{name}");
            self.read(&body.stream().into_iter().collect::<Vec<_>>(), &inner);
        }
        at + 3
    }

    /// The full path that `path` means inside `module`.
    fn resolved(&self, path: &[String], module: &str) -> String {
        let own_crate = module.split("::").next().unwrap_or(module);
        let mut base = module;
        let mut rest = path;
        match path[0].as_str() {
            "crate" => (base, rest) = (own_crate, &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    base = base.rsplit_once("::").map_or(own_crate, |(parent, _)| parent);
                    rest = &rest[1..];
                }
            }
            name => {
                if !self.modules.contains(&format!("{module}::{name}")) {
                    return in_member_names(&path.join("::"));
                }
            }
        }
        std::iter::once(base).chain(rest.iter().map(String::as_str)).collect::<Vec<_>>().join("::")
    }
}

/// A path that begins with a package of the workspace, written as modules are: `syscope_shared::x` is `shared::x`, and the
/// server's own library, `syscope::x`, is `server::x`.
fn in_member_names(path: &str) -> String {
    if let Some(member) = path.strip_prefix("syscope_") {
        return member.to_owned();
    }
    match path.strip_prefix("syscope") {
        Some(rest) if rest.is_empty() || rest.starts_with("::") => format!("server{rest}"),
        _ => path.to_owned(),
    }
}

/// Whether a path of at least two names, or the single name of a `use`, begins at `at`.
fn is_path_start(tokens: &[TokenTree], at: usize) -> bool {
    let follows_use = at > 0 && matches!(&tokens[at - 1], TokenTree::Ident(keyword) if keyword == "use");
    follows_use || is_separator(tokens, at + 1)
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let is_colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    is_colon(at) && is_colon(at + 1)
}

/// The paths of the use-tree or expression path at `at`, and where it ends.
fn paths_at(tokens: &[TokenTree], at: usize) -> (Vec<Vec<String>>, usize) {
    let mut prefix = Vec::new();
    let mut at = at;
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        prefix.push(name.to_string());
        at += 1;
        if !is_separator(tokens, at) {
            return (vec![prefix], at);
        }
        at += 2;
    }
    match tokens.get(at) {
        Some(TokenTree::Group(tree)) => (branches(&prefix, tree.stream()), at + 1),
        // A glob, or generic arguments: the prefix is what is named.
        _ => (vec![prefix], at),
    }
}

/// The paths of `{a, b::c, self}` below a prefix.
fn branches(prefix: &[String], tree: TokenStream) -> Vec<Vec<String>> {
    let tokens: Vec<TokenTree> = tree.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',');
    tokens
        .split(is_comma)
        .filter(|branch| !branch.is_empty())
        .flat_map(|branch| paths_at(branch, 0).0)
        .map(|path| {
            let below = path.into_iter().filter(|name| name != "self");
            prefix.iter().cloned().chain(below).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str, module: &str) -> Vec<String> {
        let modules = BTreeSet::from(["server::decode".to_owned(), "server::decode::fs".to_owned()]);
        edges(source, module, &modules).unwrap().into_iter().map(|edge| edge.to).collect()
    }

    #[test]
    fn a_use_tree_names_each_of_its_paths() {
        assert_eq!(
            named("use crate::{http::{self, routes::Route as R}, ws, cli::*};", "server::decode"),
            ["server::http", "server::http::routes::Route", "server::ws", "server::cli"]
        );
    }

    #[test]
    fn relative_paths_are_resolved() {
        assert_eq!(
            named("use super::Value; fn f() { self::g() }", "server::decode::fs"),
            ["server::decode::Value", "server::decode::fs::g"]
        );
        assert_eq!(named("mod inner { use super::super::sys; }", "server::decode"), ["server::sys"]);
        assert_eq!(named("fn f() { fs::open() }", "server::decode"), ["server::decode::fs::open"]);
        assert_eq!(named("fn f() { fs::open() }", "server::cli"), ["fs::open"]);
    }

    #[test]
    fn paths_in_expressions_and_macros_count_and_text_does_not() {
        let source = "// tokio::spawn\nconst A: &str = \"axum::Router\";\nfn f() { println!(\"{}\", tokio::time::now()); }";
        assert_eq!(named(source, "server::tracer"), ["tokio::time::now"]);
    }

    #[test]
    fn members_of_the_workspace_are_named_as_modules_are() {
        assert_eq!(named("use syscope_shared::wire;", "frontend::paint"), ["shared::wire"]);
        assert_eq!(named("fn main() { syscope::cli::main() }", "server"), ["server::cli::main"]);
    }

    #[test]
    fn tests_may_name_anything() {
        assert_eq!(
            named("#[cfg(test)] mod tests { use tokio::task; }", "server::tracer"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn lines_are_counted_from_one() {
        let found = edges("\nuse tokio::task;", "server::tracer", &BTreeSet::new()).unwrap();
        assert_eq!(found, [Edge { line: 2, to: "tokio::task".to_owned() }]);
    }
}
