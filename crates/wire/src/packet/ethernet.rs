//! The frame's header (IEEE 802.3), and tags of virtual networks (802.1Q).

use super::Unread;
use alloc::vec::Vec;
use core::fmt;

/// Bytes of the header, without tags.
pub const ETHERNET_BYTES: usize = 14;
/// A tag follows.
const TAGGED: [u16; 2] = [0x8100, 0x88A8];
/// Tags that are looked through.
const MOST_TAGS: usize = 2;

/// An address of a network interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// The header of a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ethernet {
    /// To whom.
    pub to: Mac,
    /// From whom.
    pub from: Mac,
    /// Virtual networks, the outer first: their numbers.
    pub tags: Vec<u16>,
    /// What is inside: 0x0800 is IPv4, 0x86dd IPv6, 0x0806 ARP.
    pub kind: u16,
}

impl Ethernet {
    pub(super) fn parse(frame: &[u8]) -> Result<(Ethernet, &[u8]), Unread> {
        const SHORT: Unread = Unread::Short("Ethernet");
        let (to, rest) = frame.split_first_chunk().ok_or(SHORT)?;
        let (from, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (mut kind, mut rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let mut tags = Vec::new();
        while TAGGED.contains(&u16::from_be_bytes(*kind)) && tags.len() < MOST_TAGS {
            let (tag, after) = rest.split_first_chunk().ok_or(SHORT)?;
            // The upper four bits are priority and whether it may be dropped.
            tags.push(u16::from_be_bytes(*tag) & 0x0FFF);
            (kind, rest) = after.split_first_chunk().ok_or(SHORT)?;
        }
        Ok((Ethernet { to: Mac(*to), from: Mac(*from), tags, kind: u16::from_be_bytes(*kind) }, rest))
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.to.0);
        out.extend(self.from.0);
        for tag in &self.tags {
            out.extend(TAGGED[0].to_be_bytes());
            out.extend((tag & 0x0FFF).to_be_bytes());
        }
        out.extend(self.kind.to_be_bytes());
    }
}
