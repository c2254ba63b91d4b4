//! The reference page of all settings, made from the catalogue.

use super::catalogue::{Absent, Entry, Only, Section, sections};

/// The page as Markdown: a table for each section with key, type, default, meaning and example.
pub fn reference() -> String {
    let mut page = String::from(OPENING);
    for section in sections().skip(1) {
        table(section, &mut page);
    }
    page
}

const OPENING: &str = "# Settings

This page is made from the catalogue of settings (`UPDATE=1 cargo test -p throughline settings` writes it): do not edit it by hand. A whole
file to begin with is [edge.toml](edge.toml); editors that know JSON Schema can check one with
[settings.schema.json](settings.schema.json).

A config file is TOML. Durations and sizes carry a unit: `\"250ms\"`, `\"2s\"`, `\"5m\"`, `\"1h\"`, `\"30d\"`; `\"512 B\"`, `\"64 KiB\"`,
`\"10 MiB\"`, `\"1 GiB\"`. Percentages are whole numbers. A section below a site, a route or a pool may also be written as a table in
braces: `redirect = { to = \"/new\" }`. `throughline check FILE` reports all mistakes of a file at once.
";

fn table(section: &'static Section, page: &mut String) {
    page.push_str(&format!("\n## `{}`\n\n{}\n\n", section.header, section.doc));
    page.push_str("| key | type | default | meaning | example |\n|---|---|---|---|---|\n");
    for entry in section.entries.iter().filter(|entry| !matches!(entry.only, Only::Embedded)) {
        let cells = [format!("`{}`", entry.key), entry.kind.words(), default(entry), meaning(entry), example(entry)];
        page.push_str(&format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | ")));
    }
}

fn default(entry: &Entry) -> String {
    match entry.absent {
        Absent::Required => "required".to_string(),
        Absent::Is(value) => format!("`{value}`"),
        Absent::Means(words) => words.to_string(),
    }
}

fn meaning(entry: &Entry) -> String {
    match entry.only {
        Only::With { key, one_of: [] } => format!("{} Only beside `{key}`.", entry.doc),
        Only::With { key, one_of } => {
            let values: Vec<String> = one_of.iter().map(|value| format!("`{value}`")).collect();
            format!("{} Only with `{key}` {}.", entry.doc, values.join(" or "))
        }
        Only::Always | Only::Embedded => entry.doc.to_string(),
    }
}

fn example(entry: &Entry) -> String {
    match entry.kind.section() {
        Some(section) if entry.example.is_empty() => format!("see `{}`", section.header),
        _ => format!("`{} = {}`", entry.key, entry.example),
    }
}
