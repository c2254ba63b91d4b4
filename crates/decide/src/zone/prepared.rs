//! Answers written beforehand: all that follows the question, as bytes, for each name and type whose answer is the same for everybody,
//! or is one of a few. What is not here is answered by [`Zones::answer`].
//!
//! A tail is written as the answer to a question of some name, its base. Where it serves longer names as well (a referral, an absence, a
//! wildcard), everything behind the first labels of the question moves by the difference, and so do the pointers to it (RFC 1035 §4.1.4).

mod exact;
mod write;

pub(super) use write::prepare;

use self::exact::Exact;
use super::node::{Node, Place};
use super::{Given, Member, Nearest, SetId, Zones};
use crate::config::{DynamicSet, Order, Source};
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::dns::server::AnswerWriter;
use wire::dns::{RecordType, ResponseCode};

/// Turns of a set that are written beforehand at the most; a set of more records is written each time.
pub const MOST_TURNS: usize = 8;

/// All tails of some zones.
#[derive(Debug, Default)]
pub(super) struct Tails {
    /// Each behind a note of what it is, with the name that it was written for.
    bytes: Vec<u8>,
    pointers: Vec<u16>,
    places: Vec<TailAt>,
    /// Notes by name and type.
    exact: Exact,
}

/// Where a tail is.
#[derive(Clone, Copy, Debug)]
struct TailAt {
    start: u32,
    len: u16,
    first_pointer: u32,
    pointers: u16,
    counts: [u16; 3],
    code: ResponseCode,
    authoritative: bool,
    /// Bytes of the name that it was written for.
    base: u8,
}

/// What is prepared for a name and a type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ready {
    /// This tail.
    One(u32),
    /// One of so many tails, chosen as the set says.
    Of { set: SetId, first: u32, count: u32 },
    /// The set is a steering's.
    Nearest { set: SetId, steering: usize, ttl: u32 },
}

/// What is prepared for a question.
#[derive(Clone, Copy, Debug)]
pub enum Prepared<'z> {
    /// The whole answer behind the question.
    Tail(Tail<'z>),
    /// The answer has the addresses of the place that is nearest to the client, of the family asked for: one record for each, owned by the
    /// name of the question. If there are none, [`Zones::answer`] has the answer.
    Nearest {
        /// The set.
        set: SetId,
        /// The steering (index into the configuration's).
        steering: usize,
        /// The time to live of the records.
        ttl: u32,
    },
}

/// The sections of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Tail<'z> {
    bytes: &'z [u8],
    pointers: &'z [u16],
    shift: u16,
    counts: [u16; 3],
    /// How it went.
    pub code: ResponseCode,
    /// AA.
    pub authoritative: bool,
}

impl Tail<'_> {
    /// Its length.
    #[expect(clippy::len_without_is_empty, reason = "an answer has at least one record")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds it to an answer in which there is only the question yet; code and bits are the caller's. False, and nothing is added, where it
    /// does not fit.
    #[must_use]
    pub fn write(&self, to: &mut AnswerWriter<'_>) -> bool {
        let fits = to.prepared(self.bytes, self.counts);
        if fits && self.shift > 0 {
            to.shift(self.bytes.len(), self.pointers, self.shift);
        }
        fits
    }
}

impl Zones {
    /// What is prepared for a question: `name` as messages have it, in any case of letters. `None`: [`Zones::answer`] has the answer.
    pub fn prepared(&self, name: &[u8], kind: RecordType, dnssec_ok: bool, given: &mut dyn Given) -> Option<Prepared<'_>> {
        if let Some(prepared) = self.tails.exact(name, kind, dnssec_ok) {
            return Some(prepared);
        }
        let (at, exact) = self.find(name)?;
        let node = &self.nodes[at];
        let zone = &self.zones[node.zone];
        if dnssec_ok && zone.signed || exact && kind == RecordType::DS || kind == RecordType::ANY || !is_plain(kind) {
            return None;
        }
        let one = |tail: u32| Some(Prepared::Tail(self.tails.tail(tail, name)));
        match node.place {
            Place::BelowDname(_) => None,
            Place::BelowCut(cut) => self.nodes[cut].referral.and_then(one),
            Place::Cut => node.referral.and_then(one),
            Place::Apex | Place::Inside if exact => self.of(node, zone.negative, name, kind, given),
            Place::Apex | Place::Inside if node.held(RecordType::DNAME).is_some() => None,
            Place::Apex | Place::Inside => match node.wildcard {
                Some(wildcard) => self.of(&self.nodes[wildcard], zone.negative, name, kind, given),
                None => zone.missing.and_then(one),
            },
        }
    }

    fn of(&self, node: &Node, negative: Option<u32>, name: &[u8], kind: RecordType, given: &mut dyn Given) -> Option<Prepared<'_>> {
        let tail = |place: u32| Prepared::Tail(self.tails.tail(place, name));
        match node.ready.binary_search_by_key(&kind, |(kind, _)| *kind).ok().map(|place| node.ready[place].1) {
            Some(Ready::One(place)) => Some(tail(place)),
            Some(Ready::Of { set, first, count }) => Some(tail(first + turn(self.set(set), set, count, given))),
            Some(Ready::Nearest { set, steering, ttl }) => Some(Prepared::Nearest { set, steering, ttl }),
            // An absence, if it is one: what an alias or such a set says has not been prepared.
            None => {
                let there = node.held(kind).is_some() || node.held(RecordType::CNAME).is_some();
                if there { None } else { negative.map(tail) }
            }
        }
    }
}

/// A type whose answer is made of one set, or of none.
fn is_plain(kind: RecordType) -> bool {
    // Reserved, signatures, and what is only asked for.
    !matches!(kind.0, 0 | 41 | 46 | 128 | 249..=255)
}

/// Which of the tails of a set it is this time: the same choice as [`super::dynamic`] makes.
fn turn(set: &DynamicSet, id: SetId, count: u32, given: &mut dyn Given) -> u32 {
    let Source::Values { values, order, .. } = &set.source else { return 0 };
    match order {
        Order::Fixed => 0,
        Order::Rotate => u32::try_from(given.turn(id) % u64::from(count)).unwrap_or(0),
        Order::Weighted => {
            let place = super::dynamic::by_weight(values.iter().map(|(_, weight)| *weight), given);
            u32::try_from(place).unwrap_or(0)
        }
        Order::First => {
            let healthy = values.iter().position(|(data, _)| data.address().is_none_or(|address| given.is_healthy(address)));
            u32::try_from(healthy.unwrap_or(0)).unwrap_or(0)
        }
    }
}

impl Tails {
    fn tail(&self, place: u32, name: &[u8]) -> Tail<'_> {
        let at = self.places[place as usize];
        let pointers = &self.pointers[at.first_pointer as usize..][..usize::from(at.pointers)];
        let bytes = &self.bytes[at.start as usize..][..usize::from(at.len)];
        let shift = u16::try_from(name.len()).unwrap_or(u16::from(at.base)).saturating_sub(u16::from(at.base));
        Tail { bytes, pointers, shift, counts: at.counts, code: at.code, authoritative: at.authoritative }
    }
}

/// Gives nothing: an answer that asks for something is not prepared.
struct Nothing;

impl Given for Nothing {
    /// Bits that a draw takes at once, whatever is drawn: it would ask for others than zeros for ever.
    fn random(&mut self) -> u64 {
        u64::MAX
    }

    fn turn(&mut self, _: SetId) -> u64 {
        0
    }

    fn pool(&mut self, _: usize) -> Vec<Member> {
        Vec::new()
    }

    fn is_healthy(&mut self, _: IpAddr) -> bool {
        true
    }

    fn nearest(&mut self, _: usize) -> Nearest {
        Nearest { pop: 0, addresses: Vec::new(), scope: 0 }
    }
}
