//! Links between documents, and from code to documents, lead somewhere.

use super::tree::Tree;
use super::{Finding, finding};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in &tree.texts {
        let mut in_code = false;
        for (index, line) in text.lines().enumerate() {
            if path.ends_with(".md") {
                in_code ^= line.trim_start().starts_with("```");
                let targets = if in_code { Vec::new() } else { link_targets(line) };
                found.extend(targets.into_iter().filter(|target| !leads_somewhere(tree, path, target)).map(|target| {
                    finding(path, index + 1, format!("the link to {target} leads nowhere, and a reader follows it: mend or remove it"))
                }));
            } else if line.trim_start().starts_with(['/', '#']) {
                found.extend(mentions(line).filter(|target| !exists(tree, target)).map(|target| {
                    finding(path, index + 1, format!("{target} is not there, and a reader looks for it: mend or remove the mention"))
                }));
            }
        }
    }
    found
}

/// The targets of `[text](target)` outside of `code`.
fn link_targets(line: &str) -> Vec<&str> {
    let prose = |at: usize| line[..at].matches('`').count().is_multiple_of(2);
    let starts = line.match_indices("](").filter(|&(at, _)| prose(at)).map(|(at, mark)| at + mark.len());
    starts.filter_map(|start| line[start..].find(')').map(|len| &line[start..start + len])).collect()
}

fn leads_somewhere(tree: &Tree, from: &str, target: &str) -> bool {
    let path = target.split(['#', ' ']).next().unwrap_or("");
    if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
        return true;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." if parts.pop().is_none() => return false,
            ".." => {}
            part => parts.push(part),
        }
    }
    exists(tree, &parts.join("/"))
}

/// A file, or a folder that holds one.
fn exists(tree: &Tree, path: &str) -> bool {
    let below = format!("{path}/");
    tree.paths.contains(path) || tree.paths.range(below.clone()..).next().is_some_and(|first| first.starts_with(&below))
}

/// Names of documents of ours in code: `docs/…/….md`.
fn mentions(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    line.match_indices("docs/").filter(move |&(at, _)| !line[..at].ends_with(is_part)).filter_map(move |(at, _)| {
        let len = line[at..].find(|c| !is_part(c)).unwrap_or(line.len() - at);
        line[at..at + len].trim_end_matches('.').split_once(".md").map(|(stem, _)| &line[at..at + stem.len() + ".md".len()])
    })
}
