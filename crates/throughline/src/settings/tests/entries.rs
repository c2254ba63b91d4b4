//! Every entry of the catalogue, written into a file: its default changes nothing, its example changes something.

use super::super::catalogue::{Absent, Entry, Kind, Only, Section, sections};
use super::*;

/// A file as sections of keys and values, in order. Sections of a site or route belong to the last one.
#[derive(Clone)]
struct File(Vec<(String, Vec<(String, String)>)>);

impl File {
    fn base() -> Self {
        let mut file = File(Vec::new());
        file.open("[[listener]]").set("at", r#""127.0.0.1:8080""#);
        file.open("[[site]]").set("hosts", r#"["shop"]"#);
        file.open("[[site.route]]").set("answer", "{}");
        file.open("[pool.app]").set("backends", r#"["127.0.0.1:3000", "127.0.0.1:3001"]"#);
        file.open("[[site]]");
        file.open("[[site.route]]").set("pool", r#""app""#);
        file
    }

    fn open(&mut self, header: &str) -> &mut Self {
        self.0.push((header.to_string(), Vec::new()));
        self
    }

    /// The last section with this header, opened if there is none.
    fn keys(&mut self, header: &str) -> &mut Vec<(String, String)> {
        if !self.0.iter().any(|(other, _)| other == header) {
            self.open(header);
        }
        &mut self.0.iter_mut().rev().find(|(other, _)| other == header).expect("it is open").1
    }

    /// In the section last opened.
    fn set(&mut self, key: &str, value: &str) {
        let header = self.0.last().expect("a section is open").0.clone();
        self.put(&header, key, value);
    }

    fn put(&mut self, header: &str, key: &str, value: &str) {
        self.remove(header, key);
        self.keys(header).push((key.to_string(), value.to_string()));
    }

    fn remove(&mut self, header: &str, key: &str) {
        self.keys(header).retain(|(other, _)| other != key);
    }

    fn text(&self) -> String {
        let section = |(header, keys): &(String, Vec<(String, String)>)| {
            let lines: String = keys.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
            format!("{header}\n{lines}\n")
        };
        self.0.iter().map(section).collect()
    }

    /// What it loads as, without the warnings: they speak of lines.
    fn load(&self) -> Result<(Config, Option<Address>), String> {
        let text = self.text();
        let loaded = load_on(&text, "t.toml", &["demo"], &Paper(|_| true));
        loaded.map(|loaded| (loaded.config, loaded.admin)).map_err(|mistakes| format!("{text}\n{}", shown(&mistakes)))
    }
}

/// A zone file of the machine for tests.
const ZONE_FILE: &str = r#""/etc/whole.zone""#;

/// A file in which this entry of this section has a meaning, and is not written.
fn around(section: &'static Section, entry: &Entry) -> (File, String) {
    let mut file = File::base();
    let header = section.header.replace("NAME", "app");
    let actions = ["pool", "redirect", "answer", "files", "steer", "measure", "application"];
    let forwards = ["[site.route.cache]", "[site.route.compress]", "[site.route.early-hints]"];
    if forwards.contains(&header.as_str()) || (header.starts_with("[site.route.r") && !header.contains("redirect")) {
        file.keys(&header);
    } else if header.starts_with("[site.route.") || (header == "[[site.route]]" && actions.contains(&entry.key)) {
        file.remove("[[site.route]]", "pool");
    }
    match header.as_str() {
        "[[listener]]" => drop(file.open(&header)),
        "[[pool.app.backends]]" => file.remove("[pool.app]", "backends"),
        "[pool.app.health]" if !matches!(entry.key, "http" | "connect") => file.put(&header, "http", r#""/healthz""#),
        _ => {}
    }
    for other in section.entries.iter().filter(|other| matches!(other.absent, Absent::Required) && other.kind.section().is_none()) {
        file.put(&header, other.key, other.example);
    }
    let (chain, secret) = (r#""/etc/fullchain.pem""#, r#""/etc/privkey.pem""#);
    match (header.as_str(), entry.key) {
        ("[[certificate]]", "chain") | ("[pool.app.tls]", "certificate") => file.put(&header, "key", secret),
        ("[pool.app.tls]", "key") => file.put(&header, "certificate", chain),
        ("[[site]]", "certificate") => {
            file.put("[acme]", "terms-agreed", "true");
            file.put(&header, "hosts", r#"["example.com"]"#);
        }
        ("[[site.route]]", "shield") => {
            file.put(&header, "cache", "true");
            file.put("[pool.shield]", "backends", r#"["10.0.1.1:8080"]"#);
        }
        ("[[site.route]]", "peers") => {
            file.put(&header, "cache", "true");
            file.put("[cache]", "id", r#""edge-1""#);
            file.put("[pool.pop]", "algorithm", r#""consistent-hash""#);
            file.put("[pool.pop]", "backends", r#"[{ name = "edge-1", at = "127.0.0.1:8080" }, "10.0.0.2:8080"]"#);
        }
        ("[[site.route]]", "steer" | "measure" | "status") => {
            file.put("[pop.fra]", "addresses", r#"["192.0.2.1"]"#);
            file.put("[pop.fra]", "url", r#""https://fra.example.com""#);
            file.put("[steering.cdn]", "pops", r#"["fra"]"#);
            if entry.key == "status" {
                file.remove(&header, "pool");
                file.put(&header, "steer", r#""cdn""#);
            }
        }
        ("[[listener]]", "tls") => {
            file.put("[[certificate]]", "chain", chain);
            file.put("[[certificate]]", "key", secret);
        }
        _ => {}
    }
    around_names(&mut file, &header, section, entry);
    if let Only::With { key, one_of: [first, ..] } = entry.only {
        file.put(&header, key, &format!("{first:?}"));
    }
    file.keys(&header);
    if !(header == "[[site]]" && entry.key == "route") {
        file.remove(&header, entry.key);
    }
    (file, header)
}

/// What the sections of name servers and places need around them.
fn around_names(file: &mut File, header: &str, section: &'static Section, entry: &Entry) {
    match (header, entry.key) {
        ("[dns]", _) => file.put("[zone.\"example.com\"]", "file", ZONE_FILE),
        ("[zone.app]", key) => {
            file.put("[dns]", "at", r#"["127.0.0.1:5300", "10.0.0.53:53"]"#);
            file.put("[key.transfer]", "secret-file", r#""/etc/transfer.key""#);
            if key != "file" {
                file.put(header, "file", ZONE_FILE);
            } else {
                for (kind, value) in [("SOA", "a a 1 2 3 4 5"), ("NS", "a"), ("A", "192.0.2.1")] {
                    let name = if kind == "A" { "a" } else { "@" };
                    let record = file.open("[[zone.app.record]]");
                    for (key, value) in [("name", format!("{name:?}")), ("type", format!("{kind:?}")), ("values", format!("[{value:?}]"))] {
                        record.set(key, &value);
                    }
                }
            }
        }
        ("[key.app]", _) => {
            file.put("[dns]", "at", r#"["127.0.0.1:5300"]"#);
            file.put("[zone.\"example.com\"]", "file", ZONE_FILE);
        }
        ("[steering.app]" | "[steering.app.measure]" | "[[collector]]", key) => {
            file.put("[pop.fra]", "addresses", r#"["192.0.2.1"]"#);
            file.put("[pop.app]", "addresses", r#"["192.0.2.2"]"#);
            if header == "[[collector]]" && !matches!(key, "mrt" | "bmp" | "bgp") {
                let source = if let Only::With { key, .. } = entry.only { key } else { "mrt" };
                let example = section.entries.iter().find(|other| other.key == source).expect("it is a source").example;
                file.put(header, source, example);
            }
        }
        ("[[zone.app.record]]", key) => {
            file.put("[zone.app]", "file", ZONE_FILE);
            file.put("[dns]", "at", r#"["127.0.0.1:5300"]"#);
            if key == "steer" {
                file.put("[pop.fra]", "addresses", r#"["192.0.2.1"]"#);
                file.put("[steering.app]", "pops", r#"["fra"]"#);
            } else if key != "pool" {
                file.put(header, "type", r#""A""#);
                file.put(header, "values", r#"["192.0.2.1", "192.0.2.2"]"#);
            }
        }
        _ => {}
    }
}

fn entries() -> impl Iterator<Item = (&'static Section, &'static Entry)> {
    sections().flat_map(|section| section.entries.iter().map(move |entry| (section, entry)))
}

#[test]
fn every_example_is_right_and_does_something() {
    let mut seen = 0;
    for (section, entry) in entries().filter(|(_, entry)| !entry.example.is_empty()) {
        let (mut file, header) = around(section, entry);
        let before = file.load();
        if entry.key == "client-certificates" {
            file.put(&header, "client-ca", r#""/etc/ca.pem""#);
        }
        file.put(&header, entry.key, entry.example);
        let after = file.load().unwrap_or_else(|mistakes| panic!("the example of {} in {header}:\n{mistakes}", entry.key));
        assert_ne!(before, Ok(after), "{} of {header} has no effect:\n{}", entry.key, file.text());
        seen += 1;
    }
    assert!(seen > 90, "{seen} examples");
}

#[test]
fn every_default_is_what_holds_if_nothing_is_written() {
    let mut seen = 0;
    for (section, entry) in entries() {
        let Absent::Is(default) = entry.absent else { continue };
        let (mut file, header) = around(section, entry);
        let before = file.load().unwrap_or_else(|mistakes| panic!("{} of {header} unwritten:\n{mistakes}", entry.key));
        file.put(&header, entry.key, default);
        assert_eq!(Ok(before), file.load(), "{} = {default} in {header}", entry.key);
        seen += 1;
    }
    assert!(seen > 70, "{seen} defaults");
}

#[test]
fn keys_are_unique_and_in_one_style_and_docs_are_sentences() {
    for section in sections() {
        for (index, entry) in section.entries.iter().enumerate() {
            assert!(!section.entries[..index].iter().any(|other| other.key == entry.key), "{} twice in {}", entry.key, section.header);
            assert!(entry.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", entry.key);
            assert!(entry.doc.ends_with('.') && !entry.doc.contains('\n'), "the doc of {}: {}", entry.key, entry.doc);
            assert_eq!(
                entry.example.is_empty(),
                entry.kind.section().is_some() && !matches!(entry.kind, Kind::Backends(_)),
                "{}",
                entry.key
            );
        }
    }
}
