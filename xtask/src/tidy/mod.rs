//! The house's rules that neither the compiler nor clippy knows. Also a test of this crate, so that `cargo test` enforces them.
//!
//! Each rule reads the [`tree::Tree`] and returns what it found; a finding says where, what, why, and what to do.

mod crates;
mod links;
mod lints;
mod modules;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use std::fmt;
use std::path::Path;
use tree::Tree;

/// One breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    /// What, why, what to do.
    says: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.says)
    }
}

fn finding(path: &str, line: usize, says: impl Into<String>) -> Finding {
    Finding { path: path.to_string(), line, says: says.into() }
}

/// Prints what is wrong below `root`.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let found = check(root)?;
    for one in &found {
        println!("{one}");
    }
    if found.is_empty() { Ok(()) } else { Err(format!("tidy: {} to put right", found.len())) }
}

/// Every breach below `root`, sorted.
pub(crate) fn check(root: &Path) -> Result<Vec<Finding>, String> {
    let tree = Tree::read(root)?;
    let mut found = Vec::new();
    found.extend(text::check(&tree));
    found.extend(crates::check(&tree));
    found.extend(lints::check(&tree));
    found.extend(modules::check(&tree));
    found.extend(links::check(&tree));
    found.sort();
    Ok(found)
}
