//! Writing the tails of some zones.

use super::super::node::{Node, Place, What};
use super::super::{Asked, Reply, Set, Zones, lookup};
use super::{MOST_TURNS, Nothing, Ready, TailAt, Tails, is_plain};
use crate::config::{Order, Source};
use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;
use wire::dns::server::{AnswerWriter, HEADER, LONGEST_NAME, OptWriter, QueryView, Section};
use wire::dns::{Data, Name, RecordType, ResponseCode};

/// Types of which the answer is prepared where a name is an alias.
const THROUGH_ALIASES: [RecordType; 3] = [RecordType::A, RecordType::AAAA, RecordType::HTTPS];

/// Pointers have fourteen bits: the farthest that one can point, with the longest of shifts.
const FARTHEST: u16 = 0x3fff - LONGEST_NAME as u16;

/// Writes all tails.
pub(in super::super) fn prepare(zones: &mut Zones) {
    let mut tails = Tails::default();
    for zone in 0..zones.zones.len() {
        let soa = RecordType::SOA;
        // Asked of a type that nobody has, the apex says that there is nothing.
        let apex = &zones.zones[zone].name;
        let reply = lookup::absence(zones, zone);
        let negative = tails.write(apex, soa, &reply, true);
        let missing = negative.map(|tail| tails.again(tail, ResponseCode(3)));
        zones.zones[zone].negative = negative;
        zones.zones[zone].missing = missing;
    }
    let mut exact = Vec::new();
    for node in 0..zones.nodes.len() {
        let (ready, referral) = match &zones.nodes[node] {
            node if node.hidden => (Vec::new(), None),
            Node { place: Place::Cut, name, .. } => (Vec::new(), referral(zones, name, &mut tails)),
            node @ Node { place: Place::Apex | Place::Inside, .. } => (all(zones, node, &mut tails), None),
            _ => (Vec::new(), None),
        };
        let signed = zones.zones[zones.nodes[node].zone].signed;
        let name = &zones.nodes[node].name;
        exact.extend(ready.iter().filter_map(|(kind, ready)| match *ready {
            Ready::One(tail) => Some((tail, signed)),
            Ready::Nearest { set, steering, ttl } => Some((tails.nearest(name, *kind, (set, steering, ttl))?, signed)),
            Ready::Of { .. } => None,
        }));
        zones.nodes[node].ready = ready;
        zones.nodes[node].referral = referral;
    }
    tails.find_exactly(&exact);
    tails.bytes.shrink_to_fit();
    zones.tails = tails;
}

fn referral(zones: &Zones, name: &Name, tails: &mut Tails) -> Option<u32> {
    let asked = Asked { name, kind: RecordType::A, dnssec_ok: false };
    tails.write(name, RecordType::A, &lookup::answer(zones, &asked, &mut Nothing), true)
}

/// What is prepared of a node that the zone answers for.
fn all(zones: &Zones, node: &Node, tails: &mut Tails) -> Vec<(RecordType, Ready)> {
    let alias = node.held(RecordType::CNAME).is_some();
    let more = THROUGH_ALIASES.into_iter().filter(|kind| alias && node.held(*kind).is_none());
    let kinds = node.sets.iter().map(|held| held.kind).chain(more).filter(|kind| is_plain(*kind));
    let mut ready: Vec<_> = kinds.filter_map(|kind| Some((kind, one(zones, node, kind, tails)?))).collect();
    ready.sort_by_key(|(kind, _)| *kind);
    ready
}

fn one(zones: &Zones, node: &Node, kind: RecordType, tails: &mut Tails) -> Option<Ready> {
    if let Some((What::Dynamic(set), ttl)) = node.held(kind).map(|held| (&held.what, held.ttl)) {
        return match &zones.set(*set).source {
            Source::Values { values, order, .. } if kind != RecordType::CNAME => {
                let first = turns(node, kind, ttl, values, *order, tails)?;
                Some(Ready::Of { set: *set, first: first.0, count: first.1 })
            }
            Source::Steering(steering) => Some(Ready::Nearest { set: *set, steering: *steering, ttl }),
            Source::Values { .. } | Source::Pool { .. } => None,
        };
    }
    let asked = Asked { name: &node.name, kind, dnssec_ok: false };
    let reply = lookup::answer(zones, &asked, &mut Nothing);
    // What depends on more than the zone is not prepared. Of a wildcard, only what is the same for every name that it stands for: nothing
    // that may be one of these names itself.
    let made = reply.additional.iter().any(|set| matches!(set.owner, Cow::Owned(_)));
    if !reply.why.choices.is_empty() || node.name.is_wildcard() && (made || reply.answer.len() != 1) {
        return None;
    }
    tails.write(&node.name, kind, &reply, false).map(Ready::One)
}

/// The tails of a set of values: the first, and how many.
fn turns(node: &Node, kind: RecordType, ttl: u32, values: &[(Data, u32)], order: Order, tails: &mut Tails) -> Option<(u32, u32)> {
    let count = if order == Order::Fixed { 1 } else { values.len() };
    if values.is_empty() || count > MOST_TURNS {
        return None;
    }
    let mut places = Vec::new();
    for turn in 0..count {
        let mut data: Vec<_> = values.iter().map(|(data, _)| data.clone()).collect();
        data.rotate_left(turn);
        if matches!(order, Order::Weighted | Order::First) {
            data.truncate(1);
        }
        let set = Set { owner: Cow::Borrowed(&node.name), kind, ttl, data: Cow::Owned(data), needed: false };
        let mut reply = lookup::nothing();
        (reply.code, reply.authoritative, reply.answer) = (ResponseCode(0), true, vec![set]);
        places.push(tails.write(&node.name, kind, &reply, false)?);
    }
    Some((places[0], u32::try_from(count).ok()?))
}

impl Tails {
    /// Writes a tail for questions of `name`, and for those that end with it. With `moves`, what points to the whole name of the question
    /// means the base, and moves too. `None` where it does not fit.
    fn write(&mut self, name: &Name, kind: RecordType, reply: &Reply<'_>, moves: bool) -> Option<u32> {
        let mut query = vec![0; HEADER];
        query[5] = 1;
        query.extend_from_slice(name.as_wire());
        query.extend_from_slice(&kind.0.to_be_bytes());
        query.extend_from_slice(&[0, 1]);
        let body = query.len();
        let mut out = Vec::new();
        let counts = written(&query, reply, &mut out)?;
        let tail = &out[body..];
        let pointers = pointers(tail, counts);
        let question = HEADER as u16;
        let far = |at: &u16| target(tail, *at) > FARTHEST;
        let own = |at: &u16| target(tail, *at) == question;
        // A wildcard's records that point to the wildcard itself would point to the name that it stands for.
        let owners = pointers.iter().filter(|at| own(at)).count();
        if pointers.iter().any(far) || name.is_wildcard() && owners != usize::from(counts[0]) {
            return None;
        }
        let mut at = TailAt {
            start: 0,
            len: u16::try_from(tail.len()).ok()?,
            first_pointer: u32::try_from(self.pointers.len()).ok()?,
            pointers: u16::try_from(pointers.len()).ok()?,
            counts,
            code: reply.code,
            authoritative: reply.authoritative,
            base: u8::try_from(name.as_wire().len()).ok()?,
        };
        self.note(name, kind, &at);
        at.start = u32::try_from(self.bytes.len()).ok()?;
        // A tail that is for one name only never moves.
        let kept = |at: &u16| moves || (name.is_wildcard() && !own(at));
        let before = self.pointers.len();
        self.pointers.extend(pointers.into_iter().filter(kept));
        let kept = u16::try_from(self.pointers.len() - before).ok()?;
        self.bytes.extend_from_slice(tail);
        self.place(TailAt { pointers: kept, ..at })
    }

    pub(super) fn place(&mut self, at: TailAt) -> Option<u32> {
        self.places.push(at);
        u32::try_from(self.places.len() - 1).ok()
    }

    /// The same bytes with another code.
    fn again(&mut self, tail: u32, code: ResponseCode) -> u32 {
        let at = self.places[tail as usize];
        self.places.push(TailAt { code, ..at });
        tail + 1
    }
}

/// Writes the whole answer; how many records each section has.
fn written(query: &[u8], reply: &Reply<'_>, out: &mut Vec<u8>) -> Option<[u16; 3]> {
    let view = QueryView::read(query).ok()?;
    let mut writer = AnswerWriter::new(out, &view, usize::from(u16::MAX), OptWriter::default());
    let mut counts = [0; 3];
    let sections = [(Section::Answer, &reply.answer), (Section::Authority, &reply.authority), (Section::Additional, &reply.additional)];
    for (count, (section, sets)) in counts.iter_mut().zip(sections) {
        for set in sets {
            for data in &*set.data {
                *count += 1;
                let fits = writer.record(section, set.owner.as_wire(), set.kind, set.ttl, |writer| writer.data(data));
                fits.then_some(())?;
            }
        }
    }
    writer.finish();
    Some(counts)
}

/// Where the pointers of records are that have just been written: offsets into the tail, ascending.
fn pointers(tail: &[u8], counts: [u16; 3]) -> Vec<u16> {
    let mut found = Vec::new();
    let mut at = 0;
    for _ in 0..counts.iter().map(|count| usize::from(*count)).sum() {
        at = name(tail, at, &mut found);
        let kind = RecordType(u16::from_be_bytes([tail[at], tail[at + 1]]));
        let len = usize::from(u16::from_be_bytes([tail[at + 8], tail[at + 9]]));
        let data = at + 10;
        match kind {
            RecordType::NS | RecordType::CNAME => {
                name(tail, data, &mut found);
            }
            RecordType::SOA => {
                let mailbox = name(tail, data, &mut found);
                name(tail, mailbox, &mut found);
            }
            RecordType::MX => {
                name(tail, data + 2, &mut found);
            }
            // No other type's names are compressed (RFC 3597 §4).
            _ => {}
        }
        at = data + len;
    }
    found
}

/// Skips a name; where it ends with a pointer, that is found.
fn name(tail: &[u8], mut at: usize, found: &mut Vec<u16>) -> usize {
    loop {
        match tail[at] {
            0 => return at + 1,
            0xc0.. => {
                found.push(u16::try_from(at).expect("a message has 64 KiB at the most"));
                return at + 2;
            }
            len => at += 1 + usize::from(len),
        }
    }
}

fn target(tail: &[u8], at: u16) -> u16 {
    let at = usize::from(at);
    u16::from_be_bytes([tail[at] & 0x3f, tail[at + 1]])
}
