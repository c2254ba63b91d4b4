//! What records hold (RFC 6396 §4, RFC 8050).

use super::old::OldEntries;
use super::peers::Peers;
use super::{BGP4MP, BGP4MP_ET, Record, TABLE_DUMP, TABLE_DUMP_V2, exchange, table};
use crate::bgp::Agreed;
use crate::cursor::Cursor;
use crate::network::Network;
use core::net::IpAddr;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// Networks, each as one peer sees it, in the old form (§4.2).
    OldEntries(OldEntries<'a>),
    /// Whose tables follow (§4.3.1).
    Peers(Peers<'a>),
    /// One network as several peers see it (§4.3.2).
    Rib(Rib<'a>),
    /// A message that came from a peer, or went to it (§4.4.2).
    Exchange(Exchange<'a>),
    /// A session with a peer is in another state (§4.4.1).
    State(State),
    /// Something else, that nothing is made of here.
    Other,
}

/// One network as several peers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rib<'a> {
    /// Counts up.
    pub sequence: u32,
    /// The network.
    pub network: Network,
    /// What they say.
    pub entries: Entries<'a>,
}

/// What peers say of a network; found to be well-formed, but for the attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entries<'a> {
    rest: Cursor<'a>,
    left: u16,
    paths: bool,
}

/// What one peer says of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Which of [`Peers`].
    pub peer: u16,
    /// When it came, in seconds since 1970.
    pub originated: u32,
    /// Which of several paths; 0 where there is only one.
    pub path: u32,
    /// What it says; systems have four bytes (§4.3.4).
    pub attributes: &'a [u8],
}

/// A message between a peer and who wrote the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange<'a> {
    /// The peer's address.
    pub peer: IpAddr,
    /// The peer's system.
    pub system: u32,
    /// The writer's address.
    pub local: IpAddr,
    /// The writer's system.
    pub local_system: u32,
    /// It went to the peer (RFC 6396 §4.4.3 ff., "local").
    pub sent: bool,
    /// How it is written.
    pub agreed: Agreed,
    /// The whole BGP message.
    pub message: &'a [u8],
}

/// A session with a peer is in another state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The peer's address.
    pub peer: IpAddr,
    /// The peer's system.
    pub system: u32,
    /// The writer's address.
    pub local: IpAddr,
    /// The writer's system.
    pub local_system: u32,
    /// The state it was in, 1 to 6 as in RFC 4271 §8.2.2.
    pub old: u16,
    /// The state it is in.
    pub new: u16,
}

impl State {
    /// In this state networks are exchanged.
    pub const ESTABLISHED: u16 = 6;
}

impl<'a> Record<'a> {
    /// What it holds; `None` where it does not fit: such a record can be passed over, since its length was told.
    pub fn read(&self) -> Option<Content<'a>> {
        let cursor = Cursor(self.body);
        match (self.kind, self.subtype) {
            (TABLE_DUMP, 1 | 2) => OldEntries::read(cursor, self.subtype == 2).map(Content::OldEntries),
            (TABLE_DUMP_V2, table::PEERS) => Peers::read(cursor).map(Content::Peers),
            (TABLE_DUMP_V2, table::IPV4) => Rib::read(cursor, false, false).map(Content::Rib),
            (TABLE_DUMP_V2, table::IPV6) => Rib::read(cursor, true, false).map(Content::Rib),
            (TABLE_DUMP_V2, table::IPV4_PATHS) => Rib::read(cursor, false, true).map(Content::Rib),
            (TABLE_DUMP_V2, table::IPV6_PATHS) => Rib::read(cursor, true, true).map(Content::Rib),
            (BGP4MP | BGP4MP_ET, subtype) => exchange(cursor, subtype),
            _ => Some(Content::Other),
        }
    }
}

impl<'a> Rib<'a> {
    fn read(mut cursor: Cursor<'a>, v6: bool, paths: bool) -> Option<Rib<'a>> {
        let sequence = cursor.u32()?;
        let network = crate::bgp::read_network(&mut cursor, v6)?;
        let left = cursor.u16()?;
        let entries = Entries { rest: cursor, left, paths };
        (entries.count() == usize::from(left)).then_some(Rib { sequence, network, entries })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (peer, originated) = (self.rest.u16()?, self.rest.u32()?);
        let path = if self.paths { self.rest.u32()? } else { 0 };
        Some(Entry { peer, originated, path, attributes: self.rest.counted()? })
    }
}

fn exchange(mut cursor: Cursor<'_>, subtype: u16) -> Option<Content<'_>> {
    use exchange as of;
    let four_octets = match subtype {
        of::STATE | of::MESSAGE | of::MESSAGE_LOCAL | of::MESSAGE_PATHS | of::MESSAGE_LOCAL_PATHS => false,
        of::STATE_AS4 | of::MESSAGE_AS4 | of::MESSAGE_AS4_LOCAL | of::MESSAGE_AS4_PATHS | of::MESSAGE_AS4_LOCAL_PATHS => true,
        _ => return Some(Content::Other),
    };
    let mut number = || if four_octets { cursor.u32() } else { cursor.u16().map(u32::from) };
    let (system, local_system) = (number()?, number()?);
    let _interface = cursor.u16()?;
    let v6 = match cursor.u16()? {
        1 => false,
        2 => true,
        _ => return None,
    };
    let (peer, local) = (cursor.address(v6)?, cursor.address(v6)?);
    if matches!(subtype, of::STATE | of::STATE_AS4) {
        let (old, new) = (cursor.u16()?, cursor.u16()?);
        return Some(Content::State(State { peer, system, local, local_system, old, new }));
    }
    let sent = matches!(subtype, of::MESSAGE_LOCAL | of::MESSAGE_AS4_LOCAL | of::MESSAGE_LOCAL_PATHS | of::MESSAGE_AS4_LOCAL_PATHS);
    // RFC 8050 §4.2
    let paths = subtype >= of::MESSAGE_PATHS;
    let agreed = Agreed { four_octets, long: true, paths_v4: paths, paths_v6: paths, own: false };
    Some(Content::Exchange(Exchange { peer, system, local, local_system, sent, agreed, message: cursor.0 }))
}
