//! What is wrong with a zone as a whole. Single records have been read by then.

use super::build::kinds;
use crate::config::Zone;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use wire::dns::{Data, Name, RecordType};

/// Something that is wrong with a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Whether the zone can be served all the same.
    pub level: Level,
    /// Which zone.
    pub zone: Name,
    /// The record that it is about, as an index into [`Zone::records`]; `None` if it is about the whole, or a dynamic set.
    pub record: Option<usize>,
    /// What is wrong, and what to do.
    pub what: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The zone is served; some who ask will be served badly.
    Warning,
    /// The zone cannot be served.
    Error,
}

/// Everything that is wrong with a zone, in the order of its records.
pub fn check(zone: &Zone) -> Vec<Mistake> {
    let mut names: Names<'_> = BTreeMap::new();
    for (place, record) in zone.records.iter().enumerate() {
        names.entry(&record.owner).or_default().entry(record.data.kind()).or_default().push(place);
    }
    let mut checker = Checker { zone, names, mistakes: Vec::new() };
    checker.apex();
    checker.owners();
    checker.sets();
    checker.dynamic();
    checker.servers();
    checker.hidden();
    checker.mistakes.sort_by_key(|mistake| mistake.record);
    checker.mistakes
}

/// Zones that lie twice.
pub(super) fn twice(zones: &[Zone]) -> Vec<Mistake> {
    let mut seen = BTreeSet::new();
    let again = zones.iter().filter(|zone| !seen.insert(&zone.name));
    let mistake = |zone: &Zone| Mistake {
        level: Level::Error,
        zone: zone.name.clone(),
        record: None,
        what: format!("zone {} is there twice: remove one, or put the records of both into one", zone.name),
    };
    again.map(mistake).collect()
}

/// The records of each name and type, as indices.
type Names<'z> = BTreeMap<&'z Name, BTreeMap<RecordType, Vec<usize>>>;

struct Checker<'z> {
    zone: &'z Zone,
    names: Names<'z>,
    mistakes: Vec<Mistake>,
}

impl Checker<'_> {
    fn note(&mut self, level: Level, record: Option<usize>, what: String) {
        self.mistakes.push(Mistake { level, zone: self.zone.name.clone(), record, what });
    }

    fn places(&self, name: &Name, kind: RecordType) -> &[usize] {
        self.names.get(name).and_then(|kinds| kinds.get(&kind)).map_or(&[], Vec::as_slice)
    }

    /// Those of these records that say what none before says: a record that is there twice is one (RFC 2181 §5).
    fn distinct(&self, places: &[usize]) -> Vec<usize> {
        let mut kept: Vec<usize> = Vec::new();
        for place in places {
            let data = &self.zone.records[*place].data;
            if kept.iter().all(|before| self.zone.records[*before].data != *data) {
                kept.push(*place);
            }
        }
        kept
    }

    fn apex(&mut self) {
        let name = &self.zone.name;
        match *self.distinct(self.places(name, RecordType::SOA)) {
            [_] => {}
            [] => self.note(Level::Error, None, format!("zone {name} has no SOA record at its own name: every zone needs one")),
            [_, second, ..] => {
                self.note(Level::Error, Some(second), format!("a second SOA record of {name}: a zone has exactly one; remove one of them"));
            }
        }
        if self.places(name, RecordType::NS).is_empty() {
            let what = format!("zone {name} has no NS record at its own name: name the servers that serve it, as the zone above does");
            self.note(Level::Warning, None, what);
        }
    }

    fn owners(&mut self) {
        for (place, record) in self.zone.records.iter().enumerate() {
            let (owner, zone) = (&record.owner, &self.zone.name);
            if !owner.is_within(zone) {
                let what = format!("{owner} is not within zone {zone}: is a dot missing or too many, or does it belong to another zone?");
                self.note(Level::Error, Some(place), what);
            } else if record.data.kind() == RecordType::SOA && owner != zone {
                self.note(Level::Error, Some(place), format!("a SOA record at {owner}, which is not the name of the zone, {zone}"));
            } else if !is_of_records(record.data.kind()) {
                let what = format!("type {} stands in messages only, and in no zone: remove it", record.data.kind());
                self.note(Level::Error, Some(place), what);
            }
        }
    }

    fn sets(&mut self) {
        let mut found = Vec::new();
        for (name, kinds) in &self.names {
            // RFC 2181 §10.1, RFC 4034 §2.5 and §4: beside an alias there is only what signs it.
            let beside = |kind: &&RecordType| !matches!(**kind, RecordType::CNAME | RecordType::RRSIG | RecordType::NSEC);
            if let Some(aliases) = kinds.get(&RecordType::CNAME)
                && let Some(other) = kinds.keys().find(beside)
            {
                let what = format!("{name} is an alias (CNAME) and has {other} records too: an alias has nothing else; move one of them");
                found.push((Level::Error, aliases[0], what));
            }
            for (kind, one) in
                [(RecordType::CNAME, "an alias has one target"), (RecordType::DNAME, "a tree has one target (RFC 6672 §2.4)")]
            {
                if let Some([_, second, ..]) = kinds.get(&kind).map(|places| self.distinct(places)).as_deref() {
                    found.push((Level::Error, *second, format!("a second {kind} record of {name}: {one}; remove one")));
                }
            }
            if kinds.contains_key(&RecordType::DNAME) && kinds.contains_key(&RecordType::NS) && **name != self.zone.name {
                let what = format!("{name} has DNAME and NS records: what is below it is either an alias or delegated (RFC 6672 §5.2)");
                found.push((Level::Error, kinds[&RecordType::DNAME][0], what));
            }
            for (kind, places) in kinds.iter().filter(|(kind, _)| **kind != RecordType::RRSIG) {
                let ttl = |place: &usize| self.zone.records[*place].ttl;
                if let Some(other) = places.iter().find(|place| ttl(place) != ttl(&places[0])) {
                    let least = places.iter().map(ttl).min().unwrap_or(0);
                    let what = format!(
                        "the {kind} records of {name} have different times to live, {} and {}: all are given {least} (RFC 2181 §5.2)",
                        ttl(&places[0]),
                        ttl(other)
                    );
                    found.push((Level::Warning, *other, what));
                }
            }
        }
        found.into_iter().for_each(|(level, place, what)| self.note(level, Some(place), what));
    }

    fn dynamic(&mut self) {
        let mut seen = BTreeSet::new();
        for set in &self.zone.sets {
            let owner = &set.owner;
            if !owner.is_within(&self.zone.name) {
                self.note(Level::Error, None, format!("the set of {owner} is not within zone {}", self.zone.name));
            }
            for kind in kinds(set) {
                if !seen.insert((owner, *kind)) {
                    self.note(Level::Error, None, format!("{owner} has two sets of type {kind}: which is meant? Remove one"));
                }
                if !self.places(owner, *kind).is_empty() {
                    let what = format!("{owner} has both a set and plain records of type {kind}: put them all into the set, or remove it");
                    self.note(Level::Error, None, what);
                }
                let alias = !self.places(owner, RecordType::CNAME).is_empty();
                if alias || (*kind == RecordType::CNAME && self.names.contains_key(owner)) {
                    self.note(
                        Level::Error,
                        None,
                        format!("{owner} is an alias (CNAME) and has other records too: an alias has nothing else"),
                    );
                }
                if matches!(*kind, RecordType::SOA | RecordType::NS | RecordType::DNAME | RecordType::RRSIG) {
                    let what =
                        format!("{kind} records of {owner} cannot be a set: they say how the zone itself is made; write them plainly");
                    self.note(Level::Error, None, what);
                }
            }
        }
    }

    /// What no question ever reaches: RFC 6672 §2.4, RFC 2136 §7.18.
    fn hidden(&mut self) {
        let mut found = Vec::new();
        // The DNAME or delegation that is above the name at hand, if one is: names come in canonical order.
        let mut above: Option<(&Name, RecordType)> = None;
        for (name, kinds) in &self.names {
            above = above.filter(|(above, _)| name.is_within(above));
            match above {
                Some((tree, RecordType::DNAME)) => {
                    let place = kinds.values().flatten().min().copied();
                    let what = format!(
                        "{name} is below {tree}, which has a DNAME: nobody ever sees it, and other servers refuse such a zone; remove it"
                    );
                    found.push((place, what));
                }
                Some(_) => {}
                None if kinds.contains_key(&RecordType::DNAME) => above = Some((name, RecordType::DNAME)),
                None if kinds.contains_key(&RecordType::NS) && **name != self.zone.name => above = Some((name, RecordType::NS)),
                None => {}
            }
            let glue = |kind: &RecordType| matches!(*kind, RecordType::A | RecordType::AAAA);
            if let Some((cut, RecordType::NS)) = above
                && *name != cut
                && let Some((kind, places)) = kinds.iter().find(|(kind, _)| !glue(kind))
            {
                let what =
                    format!("{name} is below {cut}, which is delegated: its {kind} records are never given; they belong into that zone");
                found.push((places.first().copied(), what));
            }
        }
        found.into_iter().for_each(|(place, what)| self.note(Level::Warning, place, what));
    }

    /// What is wrong with the names of servers: RFC 2181 §10.3, RFC 1912 §2.3.
    fn servers(&mut self) {
        let mut found = Vec::new();
        for (place, record) in self.zone.records.iter().enumerate() {
            let (target, kind) = match &record.data {
                Data::Ns(target) => (target, "NS"),
                Data::Mx { exchange, .. } => (exchange, "MX"),
                _ => continue,
            };
            if !self.places(target, RecordType::CNAME).is_empty() {
                found.push((
                    place,
                    format!("the {kind} record of {} points to {target}, which is an alias: point to its target", record.owner),
                ));
            }
            let addressed = [RecordType::A, RecordType::AAAA].iter().any(|kind| !self.places(target, *kind).is_empty());
            let set = self.zone.sets.iter().any(|set| set.owner == *target);
            let needed = kind == "NS" && target.is_within(&record.owner) && target.is_within(&self.zone.name);
            if needed && !addressed && !set {
                let what = format!(
                    "{target} serves {}, which it is within, and has no address here: nobody can find it; add its A or AAAA records (glue)",
                    record.owner
                );
                found.push((place, what));
            }
        }
        found.into_iter().for_each(|(place, what)| self.note(Level::Warning, Some(place), what));
    }
}

/// Whether there can be records of a type: RFC 6895 §3.1.
fn is_of_records(kind: RecordType) -> bool {
    !matches!(kind.0, 0 | 41 | 128..=255)
}

impl core::fmt::Display for Mistake {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self.level {
            Level::Warning => "warning: ",
            Level::Error => "",
        })?;
        f.write_str(&self.what)
    }
}
