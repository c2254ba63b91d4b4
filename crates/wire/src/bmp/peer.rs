//! Which table a message is about (RFC 7854 §4.2).

use crate::bgp::Agreed;
use crate::cursor::Cursor;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

/// A table: of a peer, before or behind the router's policy, or the router's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// What kind of peer.
    pub kind: PeerKind,
    /// Behind the policy (L).
    pub post_policy: bool,
    /// Paths have systems of two bytes, whatever was agreed on (A).
    pub two_octets: bool,
    /// What the router sends to the peer, rather than what it was sent (O, RFC 8671 §4).
    pub outgoing: bool,
    /// The router's own table is not told whole (F, RFC 9069 §4.2).
    pub filtered: bool,
    /// What tells peers of the same address apart.
    pub distinguisher: u64,
    /// The peer's address; unspecified for a table that is the router's own.
    pub address: IpAddr,
    /// The peer's system.
    pub system: u32,
    /// The peer's identifier.
    pub identifier: Ipv4Addr,
    /// When, in seconds since 1970 and millionths; both 0: not known.
    pub at: (u32, u32),
}

/// What kind of peer a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeerKind {
    /// One of the router.
    Global,
    /// One of a part of the router that has a route distinguisher.
    Distinguished,
    /// One of a part of the router that has none.
    Local,
    /// None: the router's own table (RFC 9069).
    OwnTable,
    /// A kind that is not known.
    Other(u8),
}

const V6: u8 = 0x80;
const POST_POLICY: u8 = 0x40;
const TWO_OCTETS: u8 = 0x20;
const OUTGOING: u8 = 0x10;
/// For the router's own table the first bit means something else.
const FILTERED: u8 = 0x80;

impl PeerKind {
    fn code(self) -> u8 {
        match self {
            PeerKind::Global => 0,
            PeerKind::Distinguished => 1,
            PeerKind::Local => 2,
            PeerKind::OwnTable => 3,
            PeerKind::Other(code) => code,
        }
    }
}

impl Peer {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Peer> {
        let kind = match cursor.u8()? {
            0 => PeerKind::Global,
            1 => PeerKind::Distinguished,
            2 => PeerKind::Local,
            3 => PeerKind::OwnTable,
            code => PeerKind::Other(code),
        };
        let flags = cursor.u8()?;
        let own = kind == PeerKind::OwnTable;
        let distinguisher = cursor.u64()?;
        let v6 = !own && flags & V6 != 0;
        let address = address(cursor.take(16)?, v6)?;
        let (system, identifier, at) = (cursor.u32()?, cursor.v4()?, (cursor.u32()?, cursor.u32()?));
        Some(Peer {
            kind,
            post_policy: !own && flags & POST_POLICY != 0,
            two_octets: !own && flags & TWO_OCTETS != 0,
            outgoing: !own && flags & OUTGOING != 0,
            filtered: own && flags & FILTERED != 0,
            distinguisher,
            address,
            system,
            identifier,
            at,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let v6 = self.kind != PeerKind::OwnTable && self.address.is_ipv6();
        let flags = [
            (v6, V6),
            (self.post_policy, POST_POLICY),
            (self.two_octets, TWO_OCTETS),
            (self.outgoing, OUTGOING),
            (self.filtered, FILTERED),
        ];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set).fold(0, |flags, (_, flag)| flags | flag);
        out.extend([self.kind.code(), flags]);
        out.extend(self.distinguisher.to_be_bytes());
        write_address(self.address, out);
        out.extend(self.system.to_be_bytes());
        out.extend(self.identifier.octets());
        out.extend(self.at.0.to_be_bytes());
        out.extend(self.at.1.to_be_bytes());
    }

    /// How UPDATEs about this table are written, when `up` is what its [`super::PeerUp`] said: how systems are written is told by a flag,
    /// and a station has its own bound on lengths.
    pub fn agreed(&self, up: Agreed) -> Agreed {
        Agreed { four_octets: !self.two_octets, long: true, own: self.kind == PeerKind::OwnTable, ..up }
    }
}

/// An address in 16 bytes: IPv4 has the last four.
pub(super) fn address(bytes: &[u8], v6: bool) -> Option<IpAddr> {
    Cursor(if v6 { bytes } else { bytes.get(12..)? }).address(v6)
}

pub(super) fn write_address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => {
            out.extend([0; 12]);
            out.extend(address.octets());
        }
        IpAddr::V6(address) => out.extend(address.octets()),
    }
}
