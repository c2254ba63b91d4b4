//! What a router says of the networks it announces (RFC 4271 §4.3, §5), and what a wrong word costs (RFC 7606 §3, §7).

use super::path::{Path, Pieces};
use super::prefix::Prefixes;
use super::{AS_TRANS, Agreed, Family, Fault, Flaw, Treatment};
use crate::cursor::Cursor;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

pub(super) const ORIGIN: u8 = 1;
pub(super) const AS_PATH: u8 = 2;
pub(super) const NEXT_HOP: u8 = 3;
pub(super) const MULTI_EXIT_DISC: u8 = 4;
pub(super) const LOCAL_PREF: u8 = 5;
pub(super) const ATOMIC_AGGREGATE: u8 = 6;
pub(super) const AGGREGATOR: u8 = 7;
const COMMUNITIES: u8 = 8;
const ORIGINATOR_ID: u8 = 9;
const CLUSTER_LIST: u8 = 10;
pub(super) const MP_REACH: u8 = 14;
pub(super) const MP_UNREACH: u8 = 15;
const EXTENDED_COMMUNITIES: u8 = 16;
pub(super) const AS4_PATH: u8 = 17;
pub(super) const AS4_AGGREGATOR: u8 = 18;
const LARGE_COMMUNITIES: u8 = 32;

pub(super) const OPTIONAL: u8 = 0x80;
pub(super) const TRANSITIVE: u8 = 0x40;
const LONG: u8 = 0x10;

/// The attributes of an UPDATE, checked and not copied. What was malformed is not there, and in [`Attributes::faults`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// How the networks got into BGP.
    pub origin: Option<Origin>,
    /// The way.
    pub path: Option<Path<'a>>,
    /// Where packets go next, for IPv4 networks outside of [`Attributes::reach`].
    pub next_hop: Option<Ipv4Addr>,
    /// The discriminator among the entries of one neighbour.
    pub med: Option<u32>,
    /// The degree of preference; from a router of another system it means nothing (§5.1.5).
    pub local_pref: Option<u32>,
    /// Networks that came.
    pub reach: Option<Reach<'a>>,
    /// Networks that went.
    pub unreach: Option<Unreach<'a>>,
    /// What is wrong, as far as it does not end the session.
    pub faults: Vec<Fault>,
    bytes: Cursor<'a>,
}

/// How networks got into BGP (§5.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// From inside its own system.
    Igp,
    /// By EGP.
    Egp,
    /// By other means.
    Incomplete,
}

/// Networks that came, of a family that is read here (RFC 4760 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach<'a> {
    /// Their family.
    pub family: Family,
    /// Where packets go next.
    pub next_hop: IpAddr,
    /// The networks.
    pub prefixes: Prefixes<'a>,
}

/// Networks that went, of a family that is read here (RFC 4760 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreach<'a> {
    /// Their family.
    pub family: Family,
    /// The networks.
    pub prefixes: Prefixes<'a>,
}

/// An attribute that is not looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other<'a> {
    /// Optional, transitive, partial (§4.3).
    pub flags: u8,
    /// Its type.
    pub kind: u8,
    /// What it says.
    pub value: &'a [u8],
}

/// What else is found while attributes are read.
#[derive(Default)]
struct Found<'a> {
    seen: [u64; 4],
    pieces: Option<Pieces<'a>>,
    newer: Option<Pieces<'a>>,
    /// There is an aggregator that speaks two bytes only.
    old_aggregator: bool,
    newer_aggregator: bool,
}

impl<'a> Attributes<'a> {
    /// Reads those of an UPDATE. An error ends the session.
    pub(super) fn read(bytes: &'a [u8], agreed: &Agreed) -> Result<Attributes<'a>, Fault> {
        Self::of(bytes, agreed.four_octets, Some(agreed))
    }

    /// Reads those that a file keeps beside a network, where a next hop is written for short (RFC 6396 §4.3.4): networks in them are not
    /// read.
    pub fn read_stored(bytes: &'a [u8], four_octets: bool) -> Result<Attributes<'a>, Fault> {
        Self::of(bytes, four_octets, None)
    }

    fn of(bytes: &'a [u8], wide: bool, networks: Option<&Agreed>) -> Result<Attributes<'a>, Fault> {
        let bytes = Cursor(bytes);
        let (origin, path, next_hop, med, local_pref, reach, unreach) = (None, None, None, None, None, None, None);
        let mut all = Attributes { origin, path, next_hop, med, local_pref, reach, unreach, faults: Vec::new(), bytes };
        let (mut rest, mut found) = (bytes, Found::default());
        while !rest.is_empty() {
            // RFC 7606 §4: how long all attributes are is relied upon, so that the networks behind them are found.
            let Some(attribute) = next(&mut rest) else {
                all.faults.push(Flaw::Overrun.costs(Treatment::TreatAsWithdraw));
                break;
            };
            if let Err(fault) = all.take(attribute, wide, networks, &mut found) {
                if fault.treatment == Treatment::ResetSession {
                    return Err(fault);
                }
                all.faults.push(fault);
            }
        }
        // RFC 6793 §4.2.3: an aggregator that was put there by someone who knows two bytes only did not care for the newer path.
        let newer = found.newer.filter(|_| !(found.old_aggregator && found.newer_aggregator));
        all.path = found.pieces.map(|pieces| Path::new(pieces, newer));
        Ok(all)
    }

    fn take(&mut self, attribute: Other<'a>, wide: bool, networks: Option<&Agreed>, found: &mut Found<'a>) -> Result<(), Fault> {
        let Other { flags, kind, value } = attribute;
        let (word, bit) = (usize::from(kind / 64), 1 << (kind % 64));
        if found.seen[word] & bit != 0 {
            // RFC 7606 §3 (g)
            let several = matches!(kind, MP_REACH | MP_UNREACH);
            return Err(Flaw::Twice(kind).costs(if several { Treatment::ResetSession } else { Treatment::DiscardAttribute }));
        }
        found.seen[word] |= bit;
        check_flags(flags, kind)?;
        check_length(kind, value.len(), wide)?;
        let mut numbers = Cursor(value);
        match kind {
            ORIGIN => self.origin = Some(Origin::read(value[0])?),
            AS_PATH => found.pieces = Some(Pieces::read(value, wide).ok_or(Flaw::Path.costs(Treatment::TreatAsWithdraw))?),
            NEXT_HOP => self.next_hop = numbers.v4(),
            MULTI_EXIT_DISC => self.med = numbers.u32(),
            LOCAL_PREF => self.local_pref = numbers.u32(),
            AGGREGATOR if !wide => found.old_aggregator = numbers.u16() != Some(AS_TRANS),
            // RFC 6793 §4.1, §6: between two that speak four bytes it has no place.
            AS4_PATH if !wide => {
                found.newer = Some(Pieces::read(value, true).ok_or(Flaw::NewerPath.costs(Treatment::DiscardAttribute))?);
            }
            AS4_AGGREGATOR => found.newer_aggregator = true,
            MP_REACH => self.reach = networks.map_or(Ok(None), |agreed| reach(value, agreed))?,
            MP_UNREACH => self.unreach = networks.map_or(Ok(None), |agreed| unreach(value, agreed))?,
            _ => {}
        }
        Ok(())
    }

    /// The attributes that are not looked into, in their order.
    pub fn others(&self) -> impl Iterator<Item = Other<'a>> {
        let mut rest = self.bytes;
        let understood = [ORIGIN, AS_PATH, NEXT_HOP, MULTI_EXIT_DISC, LOCAL_PREF, AS4_PATH];
        let (reach, unreach) = (self.reach.is_some(), self.unreach.is_some());
        core::iter::from_fn(move || next(&mut rest)).filter(move |attribute| match attribute.kind {
            MP_REACH => !reach,
            MP_UNREACH => !unreach,
            kind => !understood.contains(&kind),
        })
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn is_only_unreach(&self) -> bool {
        let mut rest = self.bytes;
        next(&mut rest).is_some_and(|attribute| attribute.kind == MP_UNREACH) && rest.is_empty()
    }

    /// The most that a fault of them costs.
    pub fn treatment(&self) -> Option<Treatment> {
        self.faults.iter().map(|fault| fault.treatment).max()
    }
}

impl Origin {
    fn read(code: u8) -> Result<Origin, Fault> {
        match code {
            0 => Ok(Origin::Igp),
            1 => Ok(Origin::Egp),
            2 => Ok(Origin::Incomplete),
            _ => Err(Flaw::Origin(code).costs(Treatment::TreatAsWithdraw)),
        }
    }
}

/// The next attribute (§4.3).
fn next<'a>(rest: &mut Cursor<'a>) -> Option<Other<'a>> {
    let mut cursor = *rest;
    let (flags, kind) = (cursor.u8()?, cursor.u8()?);
    let value = if flags & LONG != 0 {
        cursor.counted()?
    } else {
        let length = cursor.u8()?;
        cursor.take(usize::from(length))?
    };
    *rest = cursor;
    Some(Other { flags, kind, value })
}

fn check_flags(flags: u8, kind: u8) -> Result<(), Fault> {
    let expected = match kind {
        ORIGIN | AS_PATH | NEXT_HOP | LOCAL_PREF | ATOMIC_AGGREGATE => TRANSITIVE,
        MULTI_EXIT_DISC | ORIGINATOR_ID | CLUSTER_LIST | MP_REACH | MP_UNREACH => OPTIONAL,
        AGGREGATOR | COMMUNITIES | EXTENDED_COMMUNITIES | AS4_PATH | AS4_AGGREGATOR | LARGE_COMMUNITIES => OPTIONAL | TRANSITIVE,
        // RFC 4271 §6.3: what everybody has to know and is not known here ends the session; of the rest there is nothing to check.
        _ if flags & OPTIONAL == 0 => return Err(Flaw::Unrecognized(kind).resets()),
        _ => return Ok(()),
    };
    // RFC 7606 §3 (c)
    if flags & (OPTIONAL | TRANSITIVE) == expected { Ok(()) } else { Err(Flaw::Flags(kind).costs(Treatment::TreatAsWithdraw)) }
}

/// RFC 7606 §7, in its order.
fn check_length(kind: u8, length: usize, wide: bool) -> Result<(), Fault> {
    use Treatment::{DiscardAttribute, TreatAsWithdraw};
    let rows_of = |bytes| length > 0 && length.is_multiple_of(bytes);
    let (fits, treatment) = match kind {
        ORIGIN => (length == 1, TreatAsWithdraw),
        NEXT_HOP | MULTI_EXIT_DISC | LOCAL_PREF | ORIGINATOR_ID => (length == 4, TreatAsWithdraw),
        ATOMIC_AGGREGATE => (length == 0, DiscardAttribute),
        AGGREGATOR => (length == if wide { 8 } else { 6 }, DiscardAttribute),
        COMMUNITIES | CLUSTER_LIST => (rows_of(4), TreatAsWithdraw),
        EXTENDED_COMMUNITIES => (rows_of(8), TreatAsWithdraw),
        // RFC 8092 §6
        LARGE_COMMUNITIES => (rows_of(12), TreatAsWithdraw),
        // RFC 6793 §6
        AS4_AGGREGATOR => (length == 8, DiscardAttribute),
        _ => (true, DiscardAttribute),
    };
    if fits { Ok(()) } else { Err(Flaw::AttributeLength(kind).costs(treatment)) }
}

/// `None` for a family that is not read here.
fn reach<'a>(value: &'a [u8], agreed: &Agreed) -> Result<Option<Reach<'a>>, Fault> {
    let malformed = Flaw::Multiprotocol(MP_REACH).resets();
    let mut cursor = Cursor(value);
    let family = family(&mut cursor).ok_or(malformed)?;
    let length = cursor.u8().ok_or(malformed)?;
    let next_hop = cursor.take(usize::from(length)).ok_or(malformed)?;
    cursor.u8().ok_or(malformed)?;
    let Some(v6) = family.is_v6() else { return Ok(None) };
    // The second address of two is one of the link (RFC 2545 §3); IPv4 networks may lie behind an IPv6 address (RFC 8950 §3).
    let next_hop = match length {
        4 if !v6 => Cursor(next_hop).address(false),
        16 | 32 => Cursor(next_hop).address(true),
        _ => None,
    };
    let next_hop = next_hop.ok_or(malformed)?;
    // RFC 7606 §5.3
    let prefixes = Prefixes::read(cursor.0, v6, agreed.paths(v6)).ok_or(malformed)?;
    Ok(Some(Reach { family, next_hop, prefixes }))
}

fn unreach<'a>(value: &'a [u8], agreed: &Agreed) -> Result<Option<Unreach<'a>>, Fault> {
    let malformed = Flaw::Multiprotocol(MP_UNREACH).resets();
    let mut cursor = Cursor(value);
    let family = family(&mut cursor).ok_or(malformed)?;
    let Some(v6) = family.is_v6() else { return Ok(None) };
    let prefixes = Prefixes::read(cursor.0, v6, agreed.paths(v6)).ok_or(malformed)?;
    Ok(Some(Unreach { family, prefixes }))
}

fn family(cursor: &mut Cursor<'_>) -> Option<Family> {
    Some(Family { address: cursor.u16()?, subsequent: cursor.u8()? })
}
