//! Networks as they stand in messages (RFC 4271 §4.3): a number of bits, and as many bytes of the address as they need.

use crate::cursor::Cursor;
use crate::network::Network;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix {
    /// The network.
    pub network: Network,
    /// Which of several paths to it (RFC 7911); 0 where there is only one.
    pub path: u32,
}

impl Prefix {
    /// A network that there is one path to.
    pub fn of(network: Network) -> Prefix {
        Prefix { network, path: 0 }
    }
}

/// Networks of one family that were found to be well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefixes<'a> {
    rest: Cursor<'a>,
    v6: bool,
    paths: bool,
}

impl<'a> Prefixes<'a> {
    /// `None` where one is malformed: then no other is certain either.
    pub(crate) fn read(bytes: &'a [u8], v6: bool, paths: bool) -> Option<Prefixes<'a>> {
        let all = Prefixes { rest: Cursor(bytes), v6, paths };
        let mut rest = all.rest;
        while !rest.is_empty() {
            rest.take(if paths { 4 } else { 0 })?;
            let bits = rest.u8().filter(|bits| *bits <= if v6 { 128 } else { 32 })?;
            rest.take(usize::from(bits.div_ceil(8)))?;
        }
        Some(all)
    }

    /// None at all.
    pub(crate) fn none(v6: bool) -> Prefixes<'a> {
        Prefixes { rest: Cursor(&[]), v6, paths: false }
    }

    /// Whether there is none (left).
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

impl Iterator for Prefixes<'_> {
    type Item = Prefix;

    fn next(&mut self) -> Option<Prefix> {
        if self.rest.is_empty() {
            return None;
        }
        let path = if self.paths { self.rest.u32()? } else { 0 };
        Some(Prefix { network: network(&mut self.rest, self.v6)?, path })
    }
}

/// A network, as it stands in messages. Bits behind its prefix mean nothing (RFC 4271 §4.3).
pub(crate) fn network(cursor: &mut Cursor<'_>, v6: bool) -> Option<Network> {
    let bits = cursor.u8().filter(|bits| *bits <= if v6 { 128 } else { 32 })?;
    let bytes = cursor.take(usize::from(bits.div_ceil(8)))?;
    let address = if v6 {
        let mut octets = [0; 16];
        octets[..bytes.len()].copy_from_slice(bytes);
        IpAddr::V6(Ipv6Addr::from(octets))
    } else {
        let mut octets = [0; 4];
        octets[..bytes.len()].copy_from_slice(bytes);
        IpAddr::V4(Ipv4Addr::from(octets))
    };
    Some(Network::of(address, bits))
}

/// Writes one so.
pub(crate) fn write_network(network: &Network, out: &mut Vec<u8>) {
    out.push(network.bits());
    let bytes = usize::from(network.bits().div_ceil(8));
    match network.address() {
        IpAddr::V4(address) => out.extend_from_slice(&address.octets()[..bytes]),
        IpAddr::V6(address) => out.extend_from_slice(&address.octets()[..bytes]),
    }
}

/// Writes one, with its path where that was agreed on.
pub(crate) fn write_prefix(prefix: &Prefix, paths: bool, out: &mut Vec<u8>) {
    if paths {
        out.extend(prefix.path.to_be_bytes());
    }
    write_network(&prefix.network, out);
}
