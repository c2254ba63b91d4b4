//! Whose tables a file holds (RFC 6396 §4.3.1).

use crate::cursor::Cursor;
use core::net::{IpAddr, Ipv4Addr};

/// A peer whose table is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its identifier.
    pub identifier: Ipv4Addr,
    /// Its address.
    pub address: IpAddr,
    /// Its system.
    pub system: u32,
}

/// The peers that the networks behind name by their place in here; found to be well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peers<'a> {
    /// The identifier of who wrote the file.
    pub collector: Ipv4Addr,
    /// The name of the view, as a rule empty.
    pub view: &'a [u8],
    rest: Cursor<'a>,
    left: u16,
}

const V6: u8 = 1;
const FOUR_OCTETS: u8 = 2;

impl<'a> Peers<'a> {
    pub(super) fn read(mut cursor: Cursor<'a>) -> Option<Peers<'a>> {
        let (collector, view, left) = (cursor.v4()?, cursor.counted()?, cursor.u16()?);
        let peers = Peers { collector, view, rest: cursor, left };
        (peers.count() == usize::from(left)).then_some(peers)
    }
}

impl Iterator for Peers<'_> {
    type Item = Peer;

    fn next(&mut self) -> Option<Peer> {
        self.left = self.left.checked_sub(1)?;
        let kind = self.rest.u8()?;
        let (identifier, address) = (self.rest.v4()?, self.rest.address(kind & V6 != 0)?);
        let system = if kind & FOUR_OCTETS != 0 { self.rest.u32()? } else { u32::from(self.rest.u16()?) };
        Some(Peer { identifier, address, system })
    }
}

/// How a peer is marked, written always with a system of four bytes.
pub(super) fn kind(peer: &Peer) -> u8 {
    FOUR_OCTETS | if peer.address.is_ipv6() { V6 } else { 0 }
}
