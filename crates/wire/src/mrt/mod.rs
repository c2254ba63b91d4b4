//! Files of routing tables and of what changed in them: MRT (RFC 6396), with several paths of a network (RFC 8050).
//!
//! Order of calls: [`Reader::push`] with a file's bytes as they are read, [`Reader::record`] until it has none, and [`Reader::finish`]
//! when the file is read; [`Record::read`] says what a record holds. Attributes of a network are read by
//! [`crate::bgp::Attributes::read_stored`], messages by [`crate::bgp::Message::read`]. A file that is compressed is told by
//! [`Compression::of`] its first bytes.

mod content;
mod old;
mod peers;
mod reader;
mod write;

pub use content::{Content, Entries, Entry, Exchange, Rib, State};
pub use old::{OldEntries, OldEntry};
pub use peers::{Peer, Peers};
pub use reader::{Compression, Fault, Flaw, Reader, Record};
pub use write::{NewEntry, write_message, write_old_entries, write_peers, write_rib, write_state};

/// A bound on a record's length with room to spare: a network as 65,535 peers see it, each with attributes of 100 bytes, has less.
pub const RECORD_BYTES: usize = 8 * 1024 * 1024;

const HEADER_BYTES: usize = 12;

const TABLE_DUMP: u16 = 12;
const TABLE_DUMP_V2: u16 = 13;
const BGP4MP: u16 = 16;
const BGP4MP_ET: u16 = 17;

/// Subtypes of [`TABLE_DUMP_V2`] (RFC 6396 §4.3, RFC 8050 §4.1).
mod table {
    pub(super) const PEERS: u16 = 1;
    pub(super) const IPV4: u16 = 2;
    pub(super) const IPV6: u16 = 4;
    pub(super) const IPV4_PATHS: u16 = 8;
    pub(super) const IPV6_PATHS: u16 = 10;
}

/// Subtypes of [`BGP4MP`] (RFC 6396 §4.4, RFC 8050 §4.2).
mod exchange {
    pub(super) const STATE: u16 = 0;
    pub(super) const MESSAGE: u16 = 1;
    pub(super) const MESSAGE_AS4: u16 = 4;
    pub(super) const STATE_AS4: u16 = 5;
    pub(super) const MESSAGE_LOCAL: u16 = 6;
    pub(super) const MESSAGE_AS4_LOCAL: u16 = 7;
    pub(super) const MESSAGE_PATHS: u16 = 8;
    pub(super) const MESSAGE_AS4_PATHS: u16 = 9;
    pub(super) const MESSAGE_LOCAL_PATHS: u16 = 10;
    pub(super) const MESSAGE_AS4_LOCAL_PATHS: u16 = 11;
}

#[cfg(test)]
mod tests;
