//! Small zones over a few names, one after the other rather than at random, in several name servers, and the same questions about each.
//! What most of the others say, this one says; where NSD and Knot differ, it is like one of them.
//!
//! A part of those with one or two records is enough for every day. `THROUGHLINE_EXHAUSTIVE=2` takes them all, 3 those with three, which
//! lasts hours, and asks BIND as well, where it is installed; `THROUGHLINE_EVERY=N` takes each Nth.

mod small;

use crate::ask::{Ask, Asker, Said};
use crate::primary::Primary;
use crate::servers::{NameServer, Served, bind, knot, nsd, somewhere};
use crate::support::place::Place;
use domain::base::iana::Rtype;
use small::Small;
use std::collections::BTreeMap;

/// Zones that one run of the servers has.
const ZONES: usize = 2000;

const KINDS: &[Rtype] = &[Rtype::A, Rtype::NS, Rtype::CNAME, Rtype::DNAME, Rtype::SOA, Rtype::TXT, Rtype::DS, Rtype::ANY];

/// The other servers.
struct Others {
    names: Vec<&'static str>,
    askers: Vec<Asker>,
    _servers: Vec<NameServer>,
}

impl Others {
    /// Those that are installed.
    fn serving(zones: &[Small], files: &[String]) -> Option<Others> {
        let parts = |before: &str, after: &str| -> Vec<Served> {
            zones.iter().zip(files).map(|(zone, file)| (zone.apex.clone(), format!("{before}{file}{after}"))).collect()
        };
        let (nsd, knot) = (nsd(somewhere(), "", &parts(" zonefile: \"", "\"\n"))?, knot(somewhere(), "", &parts("    file: ", "\n"))?);
        let mut servers = vec![nsd, knot];
        let mut names = vec!["NSD", "Knot"];
        if std::env::var_os("THROUGHLINE_EXHAUSTIVE").is_some() {
            servers.extend(bind(somewhere(), &parts("file \"", "\";")));
            names.extend((servers.len() > 2).then_some("BIND"));
        }
        Some(Others { names, askers: servers.iter().map(|server| Asker::of(server.at)).collect(), _servers: servers })
    }
}

/// What was asked, and the differences: of each sort, how many, and the first.
#[derive(Default)]
struct Found {
    asked: usize,
    sorts: BTreeMap<String, (usize, String)>,
}

impl Found {
    fn note(&mut self, sort: String, example: impl FnOnce() -> String) {
        self.sorts.entry(sort).or_insert_with(|| (0, example())).0 += 1;
    }
}

/// What is compared: in an answer, others may say in the authority section who serves the zone.
fn parts(said: &Said, ask: &Ask) -> Vec<(&'static str, String)> {
    // RFC 8482 §4.1: of all types at a name one set is enough, and what is beside it differs with it.
    if ask.kind == Rtype::ANY && !said.answer.is_empty() {
        return vec![("authoritative", said.authoritative.to_string())];
    }
    let mut parts = vec![("authoritative", said.authoritative.to_string()), ("code", said.code.clone())];
    parts.push(("answer", format!("{:?}", said.answer)));
    parts.push(("additional", format!("{:?}", said.additional)));
    if said.answer.is_empty() {
        parts.push(("authority", format!("{:?}", said.authority)));
    }
    parts
}

/// Notes where most of those that have the zone say something else.
fn compare(zone: &Small, ask: &Ask, ours: &Said, theirs: &[(&'static str, Said)], found: &mut Found) {
    found.asked += 1;
    let have: Vec<_> = theirs.iter().filter(|(_, said)| said.code != "SERVFAIL").map(|(name, said)| (*name, parts(said, ask))).collect();
    for (number, (what, own)) in parts(ours, ask).into_iter().enumerate() {
        let mut by_value: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, parts) in &have {
            // An answer and an absence have different parts.
            let said = parts.get(number).filter(|part| part.0 == what).map_or("another part", |part| part.1.as_str());
            by_value.entry(said).or_default().push(name);
        }
        let alike = by_value.get(own.as_str()).map_or(0, Vec::len);
        if let Some((_, names)) = by_value.iter().find(|(_, names)| names.len() > alike) {
            found.note(format!("{what}: unlike {names:?}"), || {
                let theirs: String = theirs.iter().map(|(name, said)| format!("\n  {name} {said:?}")).collect();
                format!("{}{} {}\n  ours {ours:?}{theirs}", zone.text, ask.name, ask.kind)
            });
        }
    }
}

#[test]
fn every_small_zone_is_served_as_others_serve_it() {
    let zones = small::zones(std::env::var("THROUGHLINE_EXHAUSTIVE").ok().and_then(|text| text.parse().ok()));
    let mut found = Found::default();
    for zones in zones.chunks(ZONES) {
        let place = Place::new();
        let files: Vec<String> = zones.iter().map(|zone| place.file(&format!("{}zone", zone.apex), &zone.text)).collect();
        let Some(mut others) = Others::serving(zones, &files) else { return };
        let served: Vec<_> = zones.iter().zip(&files).map(|(zone, file)| (zone.apex.clone(), file.clone(), String::new())).collect();
        let primary = Primary::with(place, &served);
        let mut own = Asker::of(primary.at);
        for zone in zones {
            for name in small::names(zone) {
                for kind in KINDS {
                    let ask = Ask { name: name.clone(), kind: *kind, edns: None };
                    let ours = own.ask(&ask);
                    let theirs: Vec<_> =
                        others.names.iter().zip(&mut others.askers).map(|(name, asker)| (*name, asker.ask(&ask))).collect();
                    compare(zone, &ask, &ours, &theirs, &mut found);
                }
            }
        }
    }
    assert!(found.asked > 10_000, "{}", found.asked);
    let text: String = found.sorts.iter().map(|(sort, (number, first))| format!("\n{number} × {sort}\n{first}\n")).collect();
    assert!(found.sorts.is_empty(), "of {} questions:{text}", found.asked);
}
