//! Rules on modules: every file is reached from a target, and every name says something.

use super::source::is_word;
use super::tree::Tree;
use super::{Finding, finding};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Names that say nothing of what a file is about.
const EMPTY_NAMES: &[&str] = &["manager", "managers", "util", "utils", "utility", "common", "helper", "helpers"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = names(tree);
    let reached = reached(tree);
    for path in tree.code.keys().filter(|path| !reached.contains(*path)) {
        found.push(finding(path, 1, "no `mod` leads here, so nothing compiles or tests it: declare it, or delete it"));
    }
    found
}

fn names(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, code) in &tree.code {
        let parts = path.trim_end_matches(".rs").split('/');
        found.extend(parts.filter_map(empty_name).map(|word| finding(path, 1, says_nothing(word))));
        for module in modules(code).into_iter().filter(|module| module.inline) {
            found.extend(empty_name(module.name).map(|word| finding(path, module.line, says_nothing(word))));
        }
    }
    found
}

fn says_nothing(word: &str) -> String {
    format!("`{word}` in a name says nothing of what is inside: name it after what it does")
}

fn empty_name(name: &str) -> Option<&str> {
    name.split(['_', '-', '.']).find(|word| EMPTY_NAMES.contains(word))
}

/// The files that the targets of all packages compile.
fn reached(tree: &Tree) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    for root in tree.packages.iter().flat_map(|package| &package.roots) {
        follow(tree, root, true, &mut reached);
    }
    reached
}

/// Adds `file` and all that it declares. A root's children stand beside it; those of `a.rs` stand in `a/`.
fn follow(tree: &Tree, file: &Path, is_root: bool, reached: &mut BTreeSet<String>) {
    let path = tree.relative(file);
    let (Some(code), true) = (tree.code.get(&path), !reached.contains(&path)) else { return };
    reached.insert(path.clone());
    let folder = file.parent().expect("a file stands in a folder");
    let beside = is_root || file.file_name().is_some_and(|name| name == "mod.rs");
    let base = if beside { folder.to_path_buf() } else { file.with_extension("") };
    let text = &tree.texts[&path];
    for module in modules(code).into_iter().filter(|module| !module.inline) {
        if let Some(given) = given_path(text, code, module.at) {
            follow(tree, &plain(&folder.join(given)), true, reached);
            continue;
        }
        let folder = module.inside.iter().fold(base.clone(), |folder, name| folder.join(name));
        follow(tree, &folder.join(format!("{}.rs", module.name)), false, reached);
        follow(tree, &folder.join(module.name).join("mod.rs"), false, reached);
    }
    for (at, _) in code.match_indices("include!(") {
        if let Some(given) = quoted(&text[at..]) {
            follow(tree, &plain(&folder.join(given)), true, reached);
        }
    }
}

/// `mod name;` or `mod name {`.
struct Module<'a> {
    name: &'a str,
    /// The inline modules around it.
    inside: Vec<&'a str>,
    inline: bool,
    line: usize,
    at: usize,
}

fn modules(code: &str) -> Vec<Module<'_>> {
    let bytes = code.as_bytes();
    let mut found: Vec<Module<'_>> = Vec::new();
    let mut open: Vec<Option<&str>> = Vec::new();
    let mut words: [(&str, usize); 2] = [("", 0); 2];
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        if at > start {
            words = [words[1], (&code[start..at], start)];
            continue;
        }
        let is_module = words[0].0 == "mod" && matches!(bytes[at], b';' | b'{');
        if is_module {
            let inside = open.iter().flatten().copied().collect();
            let line = code[..words[0].1].matches('\n').count() + 1;
            found.push(Module { name: words[1].0, inside, inline: bytes[at] == b'{', line, at: words[0].1 });
        }
        match bytes[at] {
            b'{' => open.push(is_module.then_some(words[1].0)),
            b'}' => drop(open.pop()),
            _ => {}
        }
        if !bytes[at].is_ascii_whitespace() {
            words = [("", 0); 2];
        }
        at += 1;
    }
    found
}

/// The path in a `#[path = "…"]` before the `mod` at `at`.
fn given_path<'a>(text: &'a str, code: &str, at: usize) -> Option<&'a str> {
    let start = code[..at].rfind([';', '{', '}']).map_or(0, |end| end + 1);
    let attribute = start + code[start..at].find("#[path")?;
    quoted(&text[attribute..at])
}

/// The first text between quotes.
fn quoted(text: &str) -> Option<&str> {
    let start = text.find('"')? + 1;
    Some(&text[start..start + text[start..].find('"')?])
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}
