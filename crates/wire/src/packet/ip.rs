//! IPv4 (RFC 791) and IPv6 (RFC 8200).

use super::{Unread, fold, sum};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const V4: u16 = 0x0800;
const V6: u16 = 0x86DD;
/// Bytes of a header without options.
const V4_BYTES: usize = 20;
const V6_BYTES: usize = 40;
/// Extension headers of IPv6 that are looked through: hop-by-hop, routing, destination.
const EXTENSIONS: [u8; 3] = [0, 43, 60];
const FRAGMENT: u8 = 44;
/// So many of them at the most.
const MOST_EXTENSIONS: usize = 8;

/// The layer of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ip {
    /// From whom.
    pub from: IpAddr,
    /// To whom; of the same family.
    pub to: IpAddr,
    /// How many routers it may still pass: TTL, or hop limit.
    pub ttl: u8,
    /// What is inside: 6 is TCP, 17 is UDP.
    pub protocol: u8,
    /// Where in its datagram this fragment begins, in bytes; 0 for a whole one, and for the first.
    pub fragment: u16,
    /// Fragments follow this one.
    pub more: bool,
    /// The number that fragments of a datagram share. IPv6 has one only with fragments.
    pub id: u32,
    /// IPv4: no router may cut it.
    pub whole: bool,
    /// Differentiated services and congestion (RFC 2474, RFC 3168).
    pub class: u8,
    /// The header's own checksum is right. Always, where there is none.
    pub sound: bool,
}

impl Ip {
    /// The header, what is inside as far as it is there, and how long that is.
    pub(super) fn parse(kind: u16, bytes: &[u8]) -> Result<(Ip, &[u8], usize), Unread> {
        match kind {
            V4 => parse_v4(bytes),
            V6 => parse_v6(bytes),
            other => Err(Unread::OtherKind(other)),
        }
    }

    /// The type that a frame with this inside has.
    pub const fn kind(&self) -> u16 {
        match self.from {
            IpAddr::V4(_) => V4,
            IpAddr::V6(_) => V6,
        }
    }

    pub(super) fn write(&self, inside: &[u8], out: &mut Vec<u8>) {
        match (self.from, self.to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => self.write_v4(from, to, inside, out),
            (IpAddr::V6(from), IpAddr::V6(to)) => self.write_v6(from, to, inside, out),
            _ => panic!("both addresses of a packet are of one family"),
        }
    }

    fn write_v4(&self, from: Ipv4Addr, to: Ipv4Addr, inside: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        let flags = u16::from(self.whole) << 14 | u16::from(self.more) << 13 | (self.fragment / 8);
        out.extend([0x45, self.class]);
        out.extend(u16::try_from(V4_BYTES + inside.len()).expect("a packet is under 64 KiB").to_be_bytes());
        out.extend(u16::try_from(self.id & 0xFFFF).expect("16 bits").to_be_bytes());
        out.extend(flags.to_be_bytes());
        out.extend([self.ttl, self.protocol, 0, 0]);
        out.extend(from.octets());
        out.extend(to.octets());
        let check = !u16::try_from(fold(sum(&out[begin..]))).expect("folded to 16 bits");
        out[begin + 10..begin + 12].copy_from_slice(&check.to_be_bytes());
        out.extend_from_slice(inside);
    }

    fn write_v6(&self, from: Ipv6Addr, to: Ipv6Addr, inside: &[u8], out: &mut Vec<u8>) {
        let is_fragment = self.fragment > 0 || self.more;
        let extra = if is_fragment { 8 } else { 0 };
        out.extend((0x6000_0000 | u32::from(self.class) << 20).to_be_bytes());
        out.extend(u16::try_from(inside.len() + extra).expect("a packet is under 64 KiB").to_be_bytes());
        out.extend([if is_fragment { FRAGMENT } else { self.protocol }, self.ttl]);
        out.extend(from.octets());
        out.extend(to.octets());
        if is_fragment {
            out.extend([self.protocol, 0]);
            out.extend((self.fragment & !7 | u16::from(self.more)).to_be_bytes());
            out.extend(self.id.to_be_bytes());
        }
        out.extend_from_slice(inside);
    }
}

fn parse_v4(bytes: &[u8]) -> Result<(Ip, &[u8], usize), Unread> {
    let head: &[u8; V4_BYTES] = bytes.first_chunk().ok_or(Unread::Short("IPv4"))?;
    let header = usize::from(head[0] & 0x0F) * 4;
    let total = usize::from(u16::from_be_bytes([head[2], head[3]]));
    if head[0] >> 4 != 4 || header < V4_BYTES || (total != 0 && total < header) {
        return Err(Unread::Wrong("IPv4"));
    }
    let whole_header = bytes.get(..header).ok_or(Unread::Short("IPv4"))?;
    let flags = u16::from_be_bytes([head[6], head[7]]);
    let [.., a, b, c, d, e, f, g, h] = *head;
    let ip = Ip {
        from: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        to: IpAddr::V4(Ipv4Addr::new(e, f, g, h)),
        ttl: head[8],
        protocol: head[9],
        fragment: (flags & 0x1FFF) * 8,
        more: flags & 0x2000 != 0,
        id: u32::from(u16::from_be_bytes([head[4], head[5]])),
        whole: flags & 0x4000 != 0,
        class: head[1],
        sound: fold(sum(whole_header)) == 0xFFFF,
    };
    let rest = &bytes[header..];
    // A length of zero is that of a packet which the sender's network card is yet to cut: all of it is there.
    let len = if total == 0 { rest.len() } else { total - header };
    // A short frame is filled up to 60 bytes, and what fills it is none of the packet's.
    Ok((ip, &rest[..rest.len().min(len)], len))
}

fn parse_v6(bytes: &[u8]) -> Result<(Ip, &[u8], usize), Unread> {
    let (head, rest) = bytes.split_first_chunk::<V6_BYTES>().ok_or(Unread::Short("IPv6"))?;
    if head[0] >> 4 != 6 {
        return Err(Unread::Wrong("IPv6"));
    }
    let address = |at: usize| {
        let octets: [u8; 16] = head[at..at + 16].try_into().expect("sixteen bytes");
        IpAddr::V6(Ipv6Addr::from(octets))
    };
    let mut ip = Ip {
        from: address(8),
        to: address(24),
        ttl: head[7],
        protocol: head[6],
        fragment: 0,
        more: false,
        id: 0,
        whole: true,
        class: head[0] << 4 | head[1] >> 4,
        sound: true,
    };
    let told = usize::from(u16::from_be_bytes([head[4], head[5]]));
    let mut len = if told == 0 { rest.len() } else { told };
    let mut rest = &rest[..rest.len().min(len)];
    for _ in 0..MOST_EXTENSIONS {
        let is_fragment = ip.protocol == FRAGMENT;
        if !is_fragment && !EXTENSIONS.contains(&ip.protocol) {
            break;
        }
        let head: &[u8; 8] = rest.first_chunk().ok_or(Unread::Short("IPv6"))?;
        let size = if is_fragment { 8 } else { (usize::from(head[1]) + 1) * 8 };
        if is_fragment {
            let place = u16::from_be_bytes([head[2], head[3]]);
            (ip.fragment, ip.more, ip.whole) = (place & !7, place & 1 != 0, false);
            ip.id = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        }
        ip.protocol = head[0];
        rest = rest.get(size..).ok_or(Unread::Short("IPv6"))?;
        len = len.checked_sub(size).ok_or(Unread::Wrong("IPv6"))?;
        if ip.fragment > 0 {
            break;
        }
    }
    Ok((ip, rest, len))
}
