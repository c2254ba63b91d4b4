//! The scenarios in `scenarios/zone`: what is answered out of zone files. Their README says how they are written.

use decide::config::{Dns, DnsLimits, Zone, ZoneRecord};
use decide::time::Duration;
use decide::zone::{Asked, Given, Member, Nearest, Reply, SetId, Zones};
use std::fmt::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use wire::dns::{Name, RecordType, zone_file};

/// Nothing in these zones depends on anything.
struct Nothing;

impl Given for Nothing {
    fn random(&mut self) -> u64 {
        unreachable!("there is no dynamic set")
    }
    fn turn(&mut self, _: SetId) -> u64 {
        unreachable!("there is no dynamic set")
    }
    fn pool(&mut self, _: usize) -> Vec<Member> {
        unreachable!("there is no dynamic set")
    }
    fn is_healthy(&mut self, _: IpAddr) -> bool {
        unreachable!("there is no dynamic set")
    }
    fn nearest(&mut self, _: usize) -> Nearest {
        unreachable!("there is no dynamic set")
    }
}

fn zone(path: &Path) -> Zone {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (entries, mistakes) = zone_file::read(&text, &Name::root(), 0);
    assert_eq!(mistakes, [], "{}", path.display());
    let name = entries[0].owner.clone();
    let records: Vec<_> = entries.into_iter().map(|entry| ZoneRecord { owner: entry.owner, ttl: entry.ttl, data: entry.data }).collect();
    // What is written is read as it was.
    let file = zone_file::write(records.iter().map(|record| (&record.owner, record.ttl, &record.data)));
    let (again, mistakes) = zone_file::read(file.as_bytes(), &Name::root(), 0);
    assert_eq!(mistakes, []);
    assert!(again.iter().map(|entry| &entry.data).eq(records.iter().map(|record| &record.data)));
    Zone { name, at: Vec::new(), records, sets: Vec::new(), transfer: Vec::new(), notify: Vec::new() }
}

fn zones(folder: &Path, names: &str) -> Zones {
    let second = Duration::from_secs(1);
    let limits = DnsLimits {
        datagram: 1232,
        cookies: false,
        cookie_secrets: Vec::new(),
        rate: 0,
        slip: 0,
        connections: 1,
        connections_per_address: 1,
        idle_timeout: second,
    };
    let zones = names.split_whitespace().map(|name| zone(&folder.join(name))).collect();
    Zones::build(&Dns { listeners: Vec::new(), limits, zones, keys: Vec::new(), why: Vec::new() }).expect("zones without mistakes")
}

fn told(reply: &Reply<'_>) -> String {
    let mut text = format!("{}{}\n", reply.code, if reply.authoritative { " aa" } else { "" });
    for (section, sets) in [("an", &reply.answer), ("au", &reply.authority), ("ad", &reply.additional)] {
        for set in sets {
            for data in &*set.data {
                let line = zone_file::in_file(&set.owner, set.ttl, data).to_string();
                writeln!(text, "{section} {}", line.replacen('\t', " ", 4)).expect("a string grows");
            }
        }
    }
    text
}

/// The scenario with the answers that are given now.
fn answered(folder: &Path, scenario: &str) -> String {
    let first = scenario.lines().next().and_then(|line| line.strip_prefix("zones: ")).expect("the first line says which zones");
    let zones = zones(folder, first);
    let mut text = format!("zones: {first}\n");
    for line in scenario.lines().skip(1).filter(|line| line.starts_with(['?', '#', '~'])) {
        if line.starts_with('~') {
            // It belongs to the question above, whose answer ends with it.
            text.truncate(text.trim_end().len());
            writeln!(text, "\n{line}").expect("a string grows");
            continue;
        }
        let after_comment = text.lines().last().is_some_and(|line| line.starts_with('#'));
        writeln!(text, "{}{line}", if after_comment { "" } else { "\n" }).expect("a string grows");
        let Some(question) = line.strip_prefix("? ") else { continue };
        let words: Vec<_> = question.split(' ').collect();
        let name = Name::parse(words[0]).expect("a name");
        let kind = RecordType::parse(words[1]).expect("a type");
        let asked = Asked { name: &name, kind, dnssec_ok: words.get(2) == Some(&"do") };
        text += &told(&zones.answer(&asked, &mut Nothing));
    }
    text
}

#[test]
fn scenarios() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/zone");
    let files = std::fs::read_dir(&folder).expect("the scenarios").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "queries")).collect();
    files.sort();
    assert!(!files.is_empty());
    for path in files {
        let written = std::fs::read_to_string(&path).expect("a scenario");
        let now = answered(&folder, &written);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &now).expect("the scenario is written");
        } else {
            for (line, (written, now)) in written.lines().zip(now.lines()).enumerate() {
                assert_eq!(now, written, "{}:{}", path.display(), line + 1);
            }
            assert_eq!(written.lines().count(), now.lines().count(), "{}", path.display());
        }
    }
}
