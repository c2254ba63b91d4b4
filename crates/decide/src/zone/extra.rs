//! The additional section: addresses of the names that records point to, out of the same zone.

use super::lookup::signatures;
use super::node::{Node, Place, What};
use super::{Reply, Set, Zones};
use crate::config::{Order, Source};
use alloc::borrow::Cow;
use wire::dns::{Data, Name, RecordType};

/// Adds what is known of the names that a set points to. Of a set that is drawn there is nothing here: who wants it asks for it. Values
/// that are all given, if in turn, are all here, as written; and so are those of glue, whatever their order: nobody can ask for them.
pub(super) fn add<'a>(zones: &'a Zones, zone: usize, set: &Set<'a>, signed: bool, reply: &mut Reply<'a>) {
    // Only targets of this zone's static records: what is drawn is owned by the answer alone.
    let Cow::Borrowed(data) = set.data else { return };
    for data in data {
        let Some((target, kinds)) = target(data, &set.owner) else { continue };
        let Some(node) = node(zones, zone, &target, set.kind == RecordType::NS) else { continue };
        // RFC 9471 §2: without the addresses of servers below the delegation, nobody can follow it.
        let needed = set.kind == RecordType::NS && target.is_within(&set.owner);
        for kind in kinds {
            let Some(held) = node.held(*kind) else { continue };
            let Some(data) = written(zones, &held.what, set.kind == RecordType::NS) else { continue };
            let owner = if node.name.is_wildcard() { Cow::Owned(target.clone().into_owned()) } else { Cow::Borrowed(&node.name) };
            let known = |there: &Set<'_>| there.kind == held.kind && there.owner == owner;
            if reply.answer.iter().chain(&reply.additional).any(known) || known(set) {
                continue;
            }
            let set = Set { owner: owner.clone(), kind: held.kind, ttl: held.ttl, data, needed };
            let at = if needed { reply.additional.iter().take_while(|set| set.needed).count() } else { reply.additional.len() };
            reply.additional.insert(at, set);
            if signed && !held.signatures.is_empty() {
                reply.additional.push(signatures(held, &owner));
            }
        }
    }
}

/// The records of a set that do not depend on who asks.
fn written<'a>(zones: &'a Zones, what: &'a What, glue: bool) -> Option<Cow<'a, [Data]>> {
    match what {
        What::Fixed(data) => Some(Cow::Borrowed(data)),
        What::Dynamic(set) => match &zones.set(*set).source {
            Source::Values { values, order, .. } if glue || matches!(order, Order::Fixed | Order::Rotate) => {
                Some(values.iter().map(|(data, _)| data.clone()).collect())
            }
            _ => None,
        },
    }
}

const ADDRESSES: &[RecordType] = &[RecordType::A, RecordType::AAAA];

/// The name that is pointed to, and what is worth knowing of it.
fn target<'d>(data: &'d Data, owner: &'d Name) -> Option<(Cow<'d, Name>, &'static [RecordType])> {
    match data {
        Data::Ns(name) | Data::Mx { exchange: name, .. } => Some((Cow::Borrowed(name), ADDRESSES)),
        // RFC 2782: priority, weight and port are before the target.
        Data::Other(RecordType::SRV, bytes) => Some((Cow::Owned(Name::from_wire(bytes.get(6..)?)?), ADDRESSES)),
        // RFC 9460 §4.1: of the target of an alias, also what it says of its service.
        Data::Svcb(binding) | Data::Https(binding) => {
            let target = if binding.target.is_root() { owner } else { &binding.target };
            let service: &[RecordType] = match (binding.priority, data.kind()) {
                (0, RecordType::HTTPS) => &[RecordType::HTTPS, RecordType::A, RecordType::AAAA],
                (0, _) => &[RecordType::SVCB, RecordType::A, RecordType::AAAA],
                _ => ADDRESSES,
            };
            Some((Cow::Borrowed(target), service))
        }
        _ => None,
    }
}

/// Where a name's addresses are in the zone: its own, a wildcard's, or, for name servers, glue.
fn node<'a>(zones: &'a Zones, zone: usize, name: &Name, glue: bool) -> Option<&'a Node> {
    if !name.is_within(&zones.zones[zone].name) {
        return None;
    }
    let (found, exact) = zones.find_in(zone, name.as_wire())?;
    let node = &zones.nodes[found];
    let cut = matches!(node.place, Place::Cut | Place::BelowCut(_));
    if matches!(node.place, Place::BelowDname(_)) || (cut && !glue) {
        return None;
    }
    if exact {
        return Some(node);
    }
    // Glue may come from a wildcard below the delegation: NSD and Knot have it so.
    let wildcard = node.wildcard.filter(|_| node.held(RecordType::DNAME).is_none());
    wildcard.map(|wildcard| &zones.nodes[wildcard])
}
