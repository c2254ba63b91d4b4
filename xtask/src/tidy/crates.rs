//! Rules on crates: which may name which, what the pure ones may use, what keeps them pure.

use super::tree::Tree;
use super::{Finding, finding};
use crate::cargo::{Dependency, Package};

/// A crate's place on the map.
struct Place {
    package: &'static str,
    folder: &'static str,
    /// Our own crates that it may name.
    ours: &'static [&'static str],
    /// The others that it may name; `None`: any.
    others: Option<&'static [&'static str]>,
}

/// The map of ARCHITECTURE.md. Imports point one way.
const PLACES: &[Place] = &[
    // DEFLATE and SHA-1 are what WebSocket is made of (RFC 7692, RFC 6455), and both crates are `no_std` functions of their input.
    Place { package: "tl-wire", folder: "wire", ours: &[], others: Some(&["domain", "memchr", "miniz_oxide", "sha1"]) },
    Place { package: "tl-decide", folder: "decide", ours: &["tl-wire"], others: Some(&["encoding_rs", "libm", "url"]) },
    Place { package: "tl-host", folder: "host", ours: &["tl-decide", "tl-wire"], others: None },
    Place { package: "tl-node", folder: "node", ours: &["tl-decide", "tl-host", "tl-wire"], others: None },
    Place { package: "tl-lab", folder: "lab", ours: &["tl-decide", "tl-host", "tl-node", "tl-wire"], others: None },
    Place { package: "tl-view", folder: "view", ours: &["tl-decide", "tl-wire"], others: Some(&["serde", "serde_json"]) },
    Place {
        package: "throughline",
        folder: "throughline",
        ours: &["tl-decide", "tl-host", "tl-lab", "tl-node", "tl-view", "tl-wire"],
        others: None,
    },
];

/// The crates that are `no_std`.
const PURE: &[&str] = &["wire", "decide"];

/// The crates in whose results the order of a hash map would show.
const ORDERED: &[&str] = &["wire", "decide", "node", "lab"];

/// The modules of `decide` that are arguments rather than decisions: all that `host` may name.
const ARGUMENTS: &[&str] = &["address", "random", "time"];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for package in &tree.packages {
        found.extend(dependencies(tree, package));
    }
    for place in PLACES {
        let path = format!("crates/{}/Cargo.toml", place.folder);
        if !tree.texts.contains_key(&path) {
            found.push(finding(&path, 1, format!("{} is on the map but not in the tree: change the map of tidy with it", place.package)));
        }
    }
    found.extend(PURE.iter().flat_map(|name| purity(tree, name)));
    found.extend(ORDERED.iter().flat_map(|name| hash_maps(tree, name)));
    found.extend(host_names_arguments_only(tree));
    found.extend(sources(tree));
    found
}

fn dependencies(tree: &Tree, package: &Package) -> Vec<Finding> {
    let path = tree.relative(&package.manifest);
    let Some(place) = PLACES.iter().find(|place| place.package == package.name) else {
        let unknown = path.starts_with("crates/").then(|| {
            finding(&path, 1, format!("{} has no place on the map: give it one in ARCHITECTURE.md and in tidy's `PLACES`", package.name))
        });
        return unknown.into_iter().collect();
    };
    let text = tree.texts.get(&path).map_or("", String::as_str);
    let breach = |dependency: &Dependency| {
        let name = dependency.name.as_str();
        let says = if PLACES.iter().any(|other| other.package == name) {
            (!place.ours.contains(&name)).then(|| {
                let may = if place.ours.is_empty() { "none of ours".to_string() } else { place.ours.join(", ") };
                format!(
                    "{} names {name}, against the arrows of the map (it may name {may}): move what it wants to where it may look",
                    package.name
                )
            })
        } else {
            let allowed = dependency.dev || place.others.is_none_or(|others| others.contains(&name));
            (!allowed).then(|| {
                format!("{} is pure and names {name}, which is not on its list: do without, or argue for it in tidy", package.name)
            })
        };
        says.map(|says| finding(&path, line_of(text, name), says))
    };
    package.dependencies.iter().filter_map(breach).collect()
}

/// The line of a manifest that names a package, by its own name or by the one our crates go by.
fn line_of(manifest: &str, package: &str) -> usize {
    let short = package.strip_prefix("tl-").unwrap_or(package);
    let names =
        |line: &str| [package, short].iter().any(|name| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '.', '='])));
    manifest.lines().position(names).map_or(1, |index| index + 1)
}

/// `no_std` is what makes `std::time::Instant::now` a compile error; it is no use if `std` comes in by another door.
fn purity(tree: &Tree, name: &str) -> Vec<Finding> {
    let root = format!("crates/{name}/src/lib.rs");
    let mut found = Vec::new();
    let code = tree.code.get(&root).map_or("", String::as_str);
    for attribute in ["#![no_std]", "#![forbid(unsafe_code)]"] {
        if !code.lines().any(|line| line.trim() == attribute) {
            found.push(finding(&root, 1, format!("no `{attribute}`: this crate is pure by it: put it back, as its own line")));
        }
    }
    for (path, code) in within(tree, name) {
        let lines: Vec<&str> = code.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let for_tests = path.ends_with("tests.rs") || index > 0 && lines[index - 1].trim() == "#[cfg(test)]";
            if line.contains("extern crate std") && !for_tests {
                found.push(finding(path, index + 1, "brings `std` into a pure crate: clocks and sockets are arguments here: take it out"));
            }
        }
    }
    found
}

/// The order of a hash map differs from run to run.
fn hash_maps(tree: &Tree, name: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, code) in within(tree, name) {
        let text = &tree.texts[path];
        for (index, (code, line)) in code.lines().zip(text.lines()).enumerate() {
            let named = ["HashMap", "HashSet"].into_iter().find(|word| code.contains(word));
            if let Some(named) = named
                && !line.contains("// never iterated")
            {
                let says = "its order differs from run to run: use a BTree, or say `// never iterated: why` on the line";
                found.push(finding(path, index + 1, format!("`{named}`: {says}")));
            }
        }
    }
    found
}

/// `host` is a seam: it hands out time, randomness and addresses, and knows of no decision.
fn host_names_arguments_only(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, code) in within(tree, "host") {
        for (at, _) in code.match_indices("decide").filter(|&(at, _)| is_whole_word(code, at, "decide".len())) {
            let rest = code[at + "decide".len()..].trim_start();
            let Some(rest) = rest.strip_prefix("::") else {
                let renamed = code[..at].trim_end().ends_with("use") || code[..at].trim_end().ends_with("crate");
                found
                    .extend(renamed.then(|| {
                        finding(path, line_at(code, at), "names all of `decide`: spell the module out, so that tidy can read it")
                    }));
                continue;
            };
            for module in first_segments(rest.trim_start()) {
                if !ARGUMENTS.contains(&module) {
                    let says = format!("`host` names decide::{module}, and it may know only {}: decide elsewhere", ARGUMENTS.join(", "));
                    found.push(finding(path, line_at(code, at), says));
                }
            }
        }
    }
    found
}

/// The first segment of a path, or of every path in a brace group.
fn first_segments(path: &str) -> Vec<&str> {
    let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '*').unwrap_or(text.len());
    let Some(group) = path.strip_prefix('{') else { return vec![&path[..word(path)]] };
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let one = group[start..at].trim_start();
                found.extend((!one.is_empty()).then(|| &one[..word(one)]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

/// Every dependency comes from where anybody can fetch it again.
fn sources(tree: &Tree) -> Vec<Finding> {
    let lock = tree.texts.get("Cargo.lock").map_or("", String::as_str);
    let line = |(index, line): (usize, &str)| {
        let source = line.strip_prefix("source = \"")?.trim_end_matches('"');
        (source != CRATES_IO).then(|| {
            finding("Cargo.lock", index + 1, format!("{source} is not crates.io, and may be gone tomorrow: use a published version"))
        })
    };
    lock.lines().enumerate().filter_map(line).collect()
}

/// The Rust files of one crate, code only.
fn within<'a>(tree: &'a Tree, name: &str) -> impl Iterator<Item = (&'a String, &'a String)> + use<'a> {
    let folder = format!("crates/{name}/src/");
    tree.code.iter().filter(move |(path, _)| path.starts_with(&folder))
}

fn is_whole_word(code: &str, at: usize, len: usize) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    !code[..at].ends_with(is_letter) && !code[at + len..].starts_with(is_letter)
}

fn line_at(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}
