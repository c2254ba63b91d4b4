//! Messages written.

use super::attributes::{
    AS_PATH, AS4_PATH, LOCAL_PREF, MP_REACH, MP_UNREACH, MULTI_EXIT_DISC, NEXT_HOP, OPTIONAL, ORIGIN, Origin, Other, TRANSITIVE,
};
use super::path::{self, Segment, SegmentKind};
use super::prefix::{Prefix, write_prefix};
use super::{Agreed, Family, frame};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

/// Attributes to write; what is `None` or empty is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAttributes<'a> {
    /// How the networks got into BGP.
    pub origin: Option<Origin>,
    /// The way; may be one through no system.
    pub path: Option<Vec<Segment>>,
    /// Where packets go next, for IPv4 networks outside of `reach`.
    pub next_hop: Option<Ipv4Addr>,
    /// The discriminator.
    pub med: Option<u32>,
    /// The degree of preference.
    pub local_pref: Option<u32>,
    /// Networks that come: their family, the next hop, and which.
    pub reach: Option<(Family, IpAddr, Vec<Prefix>)>,
    /// Networks that go.
    pub unreach: Option<(Family, Vec<Prefix>)>,
    /// What is written as it is.
    pub others: Vec<Other<'a>>,
}

/// It does not fit in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Still there (RFC 4271 §4.4).
pub fn write_keepalive(out: &mut Vec<u8>) {
    frame::write(frame::KEEPALIVE, out, |_| {});
}

/// Writes an UPDATE, as a whole message; nothing where it does not fit in one.
pub fn write_update(
    withdrawn: &[Prefix],
    attributes: &NewAttributes<'_>,
    announced: &[Prefix],
    agreed: &Agreed,
    out: &mut Vec<u8>,
) -> Result<(), TooLong> {
    let mut body = Vec::new();
    counted(&mut body, |body| withdrawn.iter().for_each(|prefix| write_prefix(prefix, agreed.paths_v4, body)))?;
    counted(&mut body, |body| write_attributes(attributes, agreed, body))?;
    announced.iter().for_each(|prefix| write_prefix(prefix, agreed.paths_v4, &mut body));
    let most = if agreed.long { frame::LONG_MESSAGE_BYTES } else { frame::MESSAGE_BYTES };
    if body.len() > most - frame::HEADER_BYTES {
        return Err(TooLong);
    }
    frame::write(frame::UPDATE, out, |out| out.extend_from_slice(&body));
    Ok(())
}

fn counted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), TooLong> {
    let begin = out.len();
    out.extend([0, 0]);
    write(out);
    let length = u16::try_from(out.len() - begin - 2).map_err(|_| TooLong)?;
    out[begin..begin + 2].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// Writes attributes, networks among them first (RFC 7606 §5.1), the rest in the order of their types. Each has at most 65,535 bytes:
/// what is behind that is cut.
pub fn write_attributes(attributes: &NewAttributes<'_>, agreed: &Agreed, out: &mut Vec<u8>) {
    if let Some((family, next_hop, prefixes)) = &attributes.reach {
        let mut value = Vec::new();
        value.extend(family.address.to_be_bytes());
        value.push(family.subsequent);
        match next_hop {
            IpAddr::V4(address) => value.extend([&[4][..], &address.octets()].concat()),
            IpAddr::V6(address) => value.extend([&[16][..], &address.octets()].concat()),
        }
        value.push(0);
        let paths = agreed.paths(family.is_v6().unwrap_or(false));
        prefixes.iter().for_each(|prefix| write_prefix(prefix, paths, &mut value));
        write_attribute(OPTIONAL, MP_REACH, &value, out);
    }
    if let Some((family, prefixes)) = &attributes.unreach {
        let mut value = Vec::from(family.address.to_be_bytes());
        value.push(family.subsequent);
        let paths = agreed.paths(family.is_v6().unwrap_or(false));
        prefixes.iter().for_each(|prefix| write_prefix(prefix, paths, &mut value));
        write_attribute(OPTIONAL, MP_UNREACH, &value, out);
    }
    if let Some(origin) = attributes.origin {
        write_attribute(TRANSITIVE, ORIGIN, &[origin as u8], out);
    }
    if let Some(segments) = &attributes.path {
        write_path(segments, agreed.four_octets, out);
    }
    if let Some(next_hop) = attributes.next_hop {
        write_attribute(TRANSITIVE, NEXT_HOP, &next_hop.octets(), out);
    }
    if let Some(med) = attributes.med {
        write_attribute(OPTIONAL, MULTI_EXIT_DISC, &med.to_be_bytes(), out);
    }
    if let Some(local_pref) = attributes.local_pref {
        write_attribute(TRANSITIVE, LOCAL_PREF, &local_pref.to_be_bytes(), out);
    }
    for other in &attributes.others {
        write_attribute(other.flags, other.kind, other.value, out);
    }
}

/// Where systems have two bytes and one needs four, the way is written in both forms (RFC 6793 §4.2.2).
fn write_path(segments: &[Segment], wide: bool, out: &mut Vec<u8>) {
    let mut value = Vec::new();
    path::write(segments, wide, &mut value);
    write_attribute(TRANSITIVE, AS_PATH, &value, out);
    let fits = |segment: &Segment| segment.systems.iter().all(|system| u16::try_from(*system).is_ok());
    if !wide && !segments.iter().all(fits) {
        let outside = |segment: &&Segment| matches!(segment.kind, SegmentKind::Sequence | SegmentKind::Set);
        let segments: Vec<Segment> = segments.iter().filter(outside).cloned().collect();
        value.clear();
        path::write(&segments, true, &mut value);
        write_attribute(OPTIONAL | TRANSITIVE, AS4_PATH, &value, out);
    }
}

fn write_attribute(flags: u8, kind: u8, value: &[u8], out: &mut Vec<u8>) {
    const LONG: u8 = 0x10;
    match u8::try_from(value.len()) {
        Ok(length) => out.extend([flags & !LONG, kind, length]),
        Err(_) => {
            out.extend([flags | LONG, kind]);
            out.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    out.extend_from_slice(&value[..value.len().min(usize::from(u16::MAX))]);
}
