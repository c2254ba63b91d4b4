//! From the configuration to zones.

use super::check::{self, Level, Mistake};
use super::index::Index;
use super::node::{Held, Node, Place, What};
use super::{SetId, Zone, Zones, prepared};
use crate::config::{self, DynamicSet, Source};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use wire::dns::{Data, Name, RecordType};

impl Zones {
    /// The zones of a configuration; or all that is wrong with them, warnings not among it.
    pub fn build(config: &config::Dns) -> Result<Zones, Vec<Mistake>> {
        let checked = config.zones.iter().flat_map(check::check);
        let mut mistakes: Vec<_> = checked.filter(|mistake| mistake.level == Level::Error).collect();
        mistakes.extend(check::twice(&config.zones));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let mut zones = Zones {
            zones: Vec::new(),
            nodes: Vec::new(),
            index: Index::of([].into_iter()),
            dynamic: Vec::new(),
            tails: Default::default(),
        };
        config.zones.iter().for_each(|zone| zones.add(zone));
        zones.index = Index::of(zones.nodes.iter().map(|node| node.name.as_wire()));
        zones.hide();
        prepared::prepare(&mut zones);
        Ok(zones)
    }

    fn add(&mut self, config: &config::Zone) {
        let zone = self.zones.len();
        let mut sets: BTreeMap<&Name, Vec<Held>> = BTreeMap::new();
        for record in &config.records {
            put(sets.entry(&record.owner).or_default(), record);
        }
        for set in &config.sets {
            let id = SetId(self.dynamic.len());
            self.dynamic.push(set.clone());
            let held = sets.entry(&set.owner).or_default();
            held.extend(kinds(set).iter().map(|kind| Held { kind: *kind, ttl: set.ttl, what: What::Dynamic(id), signatures: Vec::new() }));
        }
        for held in sets.values_mut() {
            // A signature of what is not there signs nothing.
            held.retain(|held| !matches!(&held.what, What::Fixed(data) if data.is_empty()));
            held.sort_by_key(|held| held.kind);
        }
        let apex = self.nodes.len();
        self.add_nodes(zone, &config.name, sets);
        let Some(Data::Soa(soa)) = self.nodes[apex].fixed(RecordType::SOA).first().cloned() else {
            unreachable!("a zone without a SOA record is a mistake that check finds")
        };
        let soa_ttl = self.nodes[apex].held(RecordType::SOA).map_or(0, |held| held.ttl);
        let nodes = apex..self.nodes.len();
        let signed = self.nodes[nodes.clone()].iter().any(|node| node.sets.iter().any(|held| !held.signatures.is_empty()));
        self.zones.push(Zone { name: config.name.clone(), soa, soa_ttl, signed, negative: None, missing: None, apex, nodes });
    }

    /// One node for each name, and for each name between it and the zone's own (empty non-terminals), in canonical order, so that what is
    /// below a name follows it.
    fn add_nodes(&mut self, zone: usize, apex: &Name, sets: BTreeMap<&Name, Vec<Held>>) {
        // From the apex down to the name before: their nodes.
        let mut above: Vec<usize> = Vec::new();
        for (name, held) in sets {
            while above.last().is_some_and(|node| !name.is_within(&self.nodes[*node].name)) {
                above.pop();
            }
            let from = above.last().map_or(apex.depth(), |node| self.nodes[*node].name.depth() + 1);
            for depth in from..name.depth() {
                above.push(self.add_node(zone, name.last_labels(depth), Vec::new(), above.last().copied()));
            }
            above.push(self.add_node(zone, name.clone(), held, above.last().copied()));
        }
    }

    fn add_node(&mut self, zone: usize, name: Name, sets: Vec<Held>, above: Option<usize>) -> usize {
        let node = self.nodes.len();
        let has = |kind| sets.iter().any(|held| held.kind == kind);
        let place = match above.map(|above| (above, &self.nodes[above])) {
            None => Place::Apex,
            Some((above, Node { place: Place::Cut, .. })) => Place::BelowCut(above),
            Some((_, Node { place: place @ (Place::BelowCut(_) | Place::BelowDname(_)), .. })) => *place,
            Some((above, parent)) if parent.held(RecordType::DNAME).is_some() => Place::BelowDname(above),
            // A wildcard too: RFC 4592 §4.2 leaves open what its NS records mean. NSD and Knot delegate what is named with the asterisk;
            // for the names that it stands for they are records like others, as NSD has it.
            Some(_) if has(RecordType::NS) => Place::Cut,
            Some(_) => Place::Inside,
        };
        if let Some(above) = above.filter(|_| name.is_wildcard()) {
            self.nodes[above].wildcard = Some(node);
        }
        self.nodes.push(Node { name, zone, place, hidden: false, wildcard: None, sets, ready: Vec::new(), referral: None });
        node
    }

    /// Hides what a deeper zone of ours has or would have.
    fn hide(&mut self) {
        for node in 0..self.nodes.len() {
            let Node { name, zone, .. } = &self.nodes[node];
            let own = self.zones[*zone].name.as_wire().len();
            let is_apex = |end: &[u8]| {
                let same = |node: &Node| node.place == Place::Apex && node.name.as_wire().eq_ignore_ascii_case(end);
                self.index.find(end, |node| same(&self.nodes[node])).is_some()
            };
            let hidden = name.ends().take_while(|end| end.len() > own).any(is_apex);
            self.nodes[node].hidden = hidden;
        }
    }
}

/// Puts a record to the others of its type, a signature to what it signs.
fn put(sets: &mut Vec<Held>, record: &config::ZoneRecord) {
    let (kind, signature) = match &record.data {
        // RFC 4034 §3.1.1: the type that is signed is the first of the data.
        Data::Other(RecordType::RRSIG, bytes) if bytes.len() > 2 => (RecordType(u16::from_be_bytes([bytes[0], bytes[1]])), true),
        data => (data.kind(), false),
    };
    let place = sets.iter().position(|held| held.kind == kind).unwrap_or_else(|| {
        sets.push(Held { kind, ttl: record.ttl, what: What::Fixed(Vec::new()), signatures: Vec::new() });
        sets.len() - 1
    });
    let held = &mut sets[place];
    // RFC 2181 §5.2: all records of a set have one time to live; of several, the least is safe.
    held.ttl = held.ttl.min(record.ttl);
    let data = match &mut held.what {
        What::Fixed(data) if !signature => data,
        _ => &mut held.signatures,
    };
    // §5: a set has no record twice.
    if !data.contains(&record.data) {
        data.push(record.data.clone());
    }
}

/// The types that a dynamic set has records of.
pub(super) fn kinds(set: &DynamicSet) -> &[RecordType] {
    match &set.source {
        Source::Values { kind, .. } => core::slice::from_ref(kind),
        Source::Pool { .. } | Source::Steering(_) => &[RecordType::A, RecordType::AAAA],
    }
}
