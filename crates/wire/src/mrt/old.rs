//! Tables in the old form (RFC 6396 §4.2): a network and a peer at a time, systems of two bytes.

use crate::cursor::Cursor;
use crate::network::Network;
use core::net::IpAddr;

/// Networks, each as one peer sees it; found to be well-formed, but for the attributes. As a rule there is one. Files of the years around
/// 2000 have many in a record, whose length then leaves out four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldEntries<'a> {
    /// Counts up, and around.
    pub sequence: u16,
    rest: Cursor<'a>,
    v6: bool,
}

/// One network as one peer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldEntry<'a> {
    /// The network.
    pub network: Network,
    /// When it came, in seconds since 1970.
    pub originated: u32,
    /// The peer's address.
    pub peer: IpAddr,
    /// The peer's system.
    pub system: u16,
    /// What it says; systems have two bytes.
    pub attributes: &'a [u8],
}

impl<'a> OldEntries<'a> {
    pub(super) fn read(mut cursor: Cursor<'a>, v6: bool) -> Option<OldEntries<'a>> {
        let (_view, sequence) = (cursor.u16()?, cursor.u16()?);
        let entries = OldEntries { sequence, rest: cursor, v6 };
        let mut check = entries;
        while !check.rest.is_empty() {
            check.next()?;
        }
        Some(entries)
    }

    /// Whether the last one would be whole with four more bytes: who wrote it did not count what stands before the first.
    pub(super) fn lack_four(body: &[u8], v6: bool) -> bool {
        let before_length = if v6 { 16 + 6 + 16 + 2 } else { 4 + 6 + 4 + 2 };
        let mut rest = Cursor(body.get(4..).unwrap_or_default());
        while rest.0.len() > before_length + 1 {
            let length = usize::from(u16::from_be_bytes([rest.0[before_length], rest.0[before_length + 1]]));
            let whole = before_length + 2 + length;
            if rest.take(whole).is_none() {
                return rest.0.len() + 4 == whole;
            }
        }
        false
    }
}

impl<'a> Iterator for OldEntries<'a> {
    type Item = OldEntry<'a>;

    fn next(&mut self) -> Option<OldEntry<'a>> {
        let (cursor, v6) = (&mut self.rest, self.v6);
        let address = cursor.address(v6)?;
        let bits = cursor.u8().filter(|bits| *bits <= if v6 { 128 } else { 32 })?;
        let _status = cursor.u8()?;
        let (originated, peer, system) = (cursor.u32()?, cursor.address(v6)?, cursor.u16()?);
        Some(OldEntry { network: Network::of(address, bits), originated, peer, system, attributes: cursor.counted()? })
    }
}
