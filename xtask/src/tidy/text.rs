//! Rules on the text of any file: width, length, marks of unfinished work, names that belong to one machine.

use super::tree::Tree;
use super::{Finding, finding};

const WIDTH: usize = 140;
const LENGTH: usize = 800;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in &tree.texts {
        let is_ours = is_written_here(path);
        for (index, line) in text.split('\n').enumerate() {
            let at = index + 1;
            found.extend(foreign_names(line).map(|what| finding(path, at, what)));
            if is_ours {
                found.extend(blank_end(line).map(|what| finding(path, at, what)));
                found.extend(width(path, line).map(|what| finding(path, at, what)));
                found.extend(unfinished(line).map(|what| finding(path, at, what)));
            }
        }
        found.extend(length(path, text));
    }
    for (path, code) in &tree.code {
        for (index, line) in code.lines().enumerate() {
            found.extend(unfinished_macro(line).map(|what| finding(path, index + 1, what)));
        }
    }
    found
}

/// Not generated, not a sample of somebody else's bytes.
fn is_written_here(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let prose = [".rs", ".toml", ".md", ".conf", ".sh", ".lua", ".html", ".css", ".js", ".json", ".sql"];
    let kind = prose.iter().any(|end| name.ends_with(end)) || path == ".ci/run";
    kind && !path.split('/').any(|folder| folder == "corpus" || folder == "snapshots" || folder == "results")
}

/// A blank at the end of a line shows in every later diff.
fn blank_end(line: &str) -> Option<String> {
    line.ends_with([' ', '\t', '\r']).then(|| "a blank at the end of the line, which shows up in later changes: take it out".to_string())
}

/// Two files fit beside each other, and a table or an address that cannot be broken is let through.
fn width(path: &str, line: &str) -> Option<String> {
    let limited = [".rs", ".toml", ".md", ".conf", ".sh", "run"].iter().any(|end| path.ends_with(end));
    let unbreakable = path.ends_with(".md") && (line.starts_with('|') || !line.trim().contains(' '));
    let wide = line.chars().count();
    (limited && !unbreakable && wide > WIDTH)
        .then(|| format!("{wide} characters wide, and {WIDTH} is what fits on a screen beside another file: break the line"))
}

/// Work left for later is a line in the issues, not in the source.
fn unfinished(line: &str) -> Option<String> {
    // Written in two halves so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mark = marks.into_iter().find(|mark| has_word(line, mark))?;
    Some(format!("`{mark}`: unfinished work nobody will find here: finish it, or name it in the README's table and open an issue"))
}

fn unfinished_macro(line: &str) -> Option<String> {
    let macros = [concat!("to", "do!"), concat!("unimple", "mented!"), concat!("d", "bg!")];
    let name = macros.into_iter().find(|name| has_word(line, name))?;
    Some(format!("`{name}`: not for a tree that works: write the code, or take the line out"))
}

/// Whether `word` stands in `line` and is not part of a longer word.
fn has_word(line: &str, word: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        let open = word.ends_with('!') || !after.starts_with(is_letter);
        !before.ends_with(is_letter) && open
    })
}

/// Names of one machine, or of the hosts that packages come from, mean nothing to a reader elsewhere.
fn foreign_names(line: &str) -> Option<String> {
    let names = [
        concat!("/wo", "rk/"),
        concat!("/fa", "rm/"),
        concat!("/.lib", "rary"),
        concat!("registry.", "npmjs"),
        concat!("py", "pi.org"),
        concat!("deb.", "debian"),
        concat!("index.crates", ".io"),
        concat!("static.crates", ".io"),
    ];
    // `of/it/` is no path from the top.
    let is_part = |at: usize| line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let from_top = |name: &str| name.starts_with('/') && !name.starts_with("/.");
    let stands = |name: &&str| line.match_indices(*name).any(|(at, _)| !from_top(name) || !is_part(at));
    let name = names.into_iter().find(stands)?;
    Some(format!("`{name}` belongs to one machine or to a package host, and means nothing elsewhere: say it without the name"))
}

/// A file that nobody can hold in mind. Tests do not count: neither files of tests nor a `mod tests` at the end.
fn length(path: &str, text: &str) -> Option<Finding> {
    let of_tests = path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "benches"));
    if !path.ends_with(".rs") || of_tests {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| pair[0].trim() == "#[cfg(test)]" && pair[1].trim_end().ends_with("mod tests {"));
    let own = tests.unwrap_or(lines.len());
    (own > LENGTH).then(|| {
        finding(
            path,
            LENGTH + 1,
            format!("{own} lines without tests, and beyond {LENGTH} nobody holds a file in mind: split it by what it names"),
        )
    })
}
