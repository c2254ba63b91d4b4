//! Zones of a few records, all of them.

use std::collections::BTreeSet;

/// One of them.
pub(super) struct Small {
    pub(super) apex: String,
    pub(super) text: String,
    owners: Vec<&'static str>,
}

const OWNERS: &[&str] = &["@", "a", "b", "b.a", "c.b.a", "*", "*.a", "b.*"];

/// What an owner may have; targets as they are written.
const DATA: &[(&str, &str)] = &[
    ("A", "192.0.2.1"),
    ("TXT", "x"),
    ("CNAME", "a"),
    ("CNAME", "b.a"),
    ("CNAME", "x.y"),
    ("CNAME", "out.example."),
    ("DNAME", "a"),
    ("DNAME", "b"),
    ("DNAME", "b.a"),
    ("DNAME", "out.example."),
    ("NS", "a"),
    ("NS", "b"),
    ("NS", "b.a"),
    ("NS", "out.example."),
];

type Record = (&'static str, &'static str, &'static str);

/// The zones with so many records; without a number a part of them.
pub(super) fn zones(records: Option<usize>) -> Vec<Small> {
    let all: Vec<Record> = OWNERS.iter().flat_map(|owner| DATA.iter().map(|(kind, data)| (*owner, *kind, *data))).collect();
    let mut sets: Vec<Vec<Record>> = all.iter().map(|record| vec![*record]).collect();
    let mut last = sets.clone();
    for _ in 1..records.unwrap_or(2) {
        last = last.iter().flat_map(|set| more(set, &all)).collect();
        sets.extend(last.iter().cloned());
    }
    let every =
        std::env::var("THROUGHLINE_EVERY").ok().and_then(|text| text.parse().ok()).unwrap_or(if records.is_none() { 17 } else { 1 });
    sets.iter().filter(|set| is_zone(set)).step_by(every).enumerate().map(|(number, set)| zone(number, set)).collect()
}

/// The same with one more, which comes later among all.
fn more(set: &[Record], all: &[Record]) -> Vec<Vec<Record>> {
    let last = set.last().expect("at least one");
    let place = all.iter().position(|record| record == last).expect("one of all");
    all[place + 1..].iter().map(|record| [set, &[*record]].concat()).collect()
}

/// Whether nobody refuses it.
fn is_zone(set: &[Record]) -> bool {
    let kinds = |name: &str| -> Vec<&str> { set.iter().filter(|(owner, ..)| *owner == name).map(|(_, kind, _)| *kind).collect() };
    OWNERS.iter().all(|owner| {
        let kinds = kinds(owner);
        let count = |kind: &str| kinds.iter().filter(|other| **other == kind).count();
        let alias = count("CNAME") == 0 || (kinds.len() == 1 && *owner != "@");
        let tree = count("DNAME") <= 1 && (count("DNAME") == 0 || count("NS") == 0 || *owner == "@");
        alias && tree
    }) && !grows(set)
}

/// Whether two trees lead below each other: names would grow for ever, and every server stops somewhere else.
fn grows(set: &[Record]) -> bool {
    let is_within = |target: &str, owner: &str| target.strip_suffix(owner).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let mut trees = set.iter().filter(|(_, kind, _)| *kind == "DNAME").map(|(owner, _, target)| (*owner, *target));
    let (Some(one), Some(other)) = (trees.next(), trees.next()) else { return false };
    is_within(one.1, other.0) && is_within(other.1, one.0)
}

fn zone(number: usize, set: &[Record]) -> Small {
    let apex = format!("z{number}.example.");
    let mut text = format!(
        "$ORIGIN {apex}\n@ 500 IN SOA ns.out.example. root.out.example. 3 604800 86400 2419200 604800\n@ 500 IN NS ns.out.example.\n"
    );
    for (owner, kind, data) in set {
        text += &format!("{owner} 500 IN {kind} {data}\n");
    }
    Small { apex, text, owners: set.iter().map(|(owner, ..)| *owner).collect() }
}

/// Names to ask for: those of the zone, those between them, and some in every place beside and below them.
pub(super) fn names(zone: &Small) -> Vec<String> {
    let mut names: BTreeSet<String> = ["@", "x", "a", "b", "x.a", "b.a", "x.b", "*", "*.a", "x.b.a"].map(str::to_owned).into();
    for owner in &zone.owners {
        if *owner == "@" {
            continue;
        }
        names.insert((*owner).to_owned());
        names.insert(format!("y.x.{owner}"));
        names.insert(format!("a.{owner}"));
    }
    names.into_iter().map(|name| if name == "@" { zone.apex.clone() } else { format!("{name}.{}", zone.apex) }).collect()
}
