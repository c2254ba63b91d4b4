//! The `clippy.toml` of the crates that cannot tell the lab from the kernel: clippy enforces the lists, this keeps them in force.

use super::tree::Tree;
use super::{Finding, finding};

/// The crates that ask `host` instead of the machine.
pub(super) const SEALED: &[&str] = &["node", "lab", "view"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let root = tree.texts.get("clippy.toml").map_or("", String::as_str);
    let first = SEALED.iter().find_map(|name| tree.texts.get(&path_of(name))).map_or("", String::as_str);
    let wanted = disallowed(first);
    for name in SEALED {
        let path = path_of(name);
        let Some(own) = tree.texts.get(&path) else {
            found.push(finding(&path, 1, format!("is not there, and without it {name} may name clocks and sockets: put it back")));
            continue;
        };
        for limit in root.lines().filter(|line| line.contains('=')) {
            if !own.lines().any(|line| line == limit) {
                found.push(finding(&path, 1, format!("lacks `{limit}`, and a crate's file replaces the root's: repeat the line")));
            }
        }
        let has = disallowed(own);
        for (line, entry) in &has {
            if !wanted.iter().any(|(_, other)| other == entry) {
                found.push(finding(
                    &path,
                    *line,
                    format!("`{entry}` stands only here: the sealed crates share one list: add it to the others"),
                ));
            }
        }
        for (_, entry) in &wanted {
            if !has.iter().any(|(_, other)| other == entry) {
                found.push(finding(&path, 1, format!("lacks `{entry}`, which another sealed crate forbids: add it")));
            }
        }
    }
    found
}

fn path_of(name: &str) -> String {
    format!("crates/{name}/clippy.toml")
}

/// The paths a `clippy.toml` forbids, with their lines.
pub(super) fn disallowed(text: &str) -> Vec<(usize, &str)> {
    let entry = |(index, line): (usize, &'_ str)| {
        let start = line.find("path = \"")? + "path = \"".len();
        let len = line[start..].find('"')?;
        Some((index + 1, start, len))
    };
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().copied().enumerate().filter_map(|one| entry(one).map(|(at, start, len)| (at, &one.1[start..start + len]))).collect()
}
