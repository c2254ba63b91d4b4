//! What a router tells a monitoring station of its peers and tables: the BGP Monitoring Protocol (RFC 7854), with the router's own table
//! (RFC 9069) and what it sends on (RFC 8671).
//!
//! Order of calls: [`Framer::push`] with bytes as they come, [`Framer::message`] until it has none. An UPDATE in a
//! [`Message::Monitoring`] is read by [`crate::bgp::Message::read`], with [`Peer::agreed`] of what the [`PeerUp`] before it said.
//! Writing: the functions [`write_initiation`] and so on, one for each kind.

mod information;
mod peer;
mod write;

use crate::bgp::{self, Agreed, Notification, Open};
use crate::cursor::Cursor;
use crate::gathered::Gathered;
use core::fmt;
use core::net::IpAddr;

pub use information::{Information, Statistic, Statistics};
pub use peer::{Peer, PeerKind};
pub use write::{write_initiation, write_monitoring, write_peer_down, write_peer_up, write_statistics, write_termination};

/// A bound on a message's length with room to spare: what it carries has 64 KiB at the most, or are names and counts.
pub const MESSAGE_BYTES: usize = 1024 * 1024;

const VERSION: u8 = 3;
const HEADER_BYTES: usize = 6;

const MONITORING: u8 = 0;
const STATISTICS: u8 = 1;
const PEER_DOWN: u8 = 2;
const PEER_UP: u8 = 3;
const INITIATION: u8 = 4;
const TERMINATION: u8 = 5;
const MIRRORING: u8 = 6;

/// A message (§4.1).
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    /// An UPDATE that a peer sent, or that stands for what is in its table (§4.6).
    Monitoring {
        /// Which table.
        peer: Peer,
        /// The whole BGP message.
        update: &'a [u8],
    },
    /// Counts (§4.8).
    Statistics {
        /// Which table.
        peer: Peer,
        /// The counts.
        statistics: Statistics<'a>,
    },
    /// The session with a peer is over; all that it said is void (§4.9).
    PeerDown {
        /// Which table.
        peer: Peer,
        /// Why.
        reason: Down,
    },
    /// The session with a peer has begun (§4.10).
    PeerUp(PeerUp<'a>),
    /// The router presents itself (§4.3).
    Initiation(Information<'a>),
    /// The router closes (§4.5).
    Termination(Information<'a>),
    /// A copy of what a peer sent, which is not looked into (§4.7).
    Mirroring(Peer),
    /// A kind that is not known, and is passed over (§4.1).
    Unknown(u8),
}

/// How a session with a peer began.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerUp<'a> {
    /// Which table.
    pub peer: Peer,
    /// The router's address and port, and the peer's port; unspecified for a table that is the router's own.
    pub local: IpAddr,
    /// The router's port.
    pub local_port: u16,
    /// The peer's port.
    pub remote_port: u16,
    /// What the router said. One that cannot be read costs only what it would have told.
    pub sent: Result<Open, bgp::Fault>,
    /// What the peer said.
    pub received: Result<Open, bgp::Fault>,
    /// What else there is to say: the name of a table (RFC 9069 §4.4).
    pub information: Information<'a>,
}

impl PeerUp<'_> {
    /// How UPDATEs of the peer are written.
    pub fn agreed(&self) -> Agreed {
        let of = |sent, received| Agreed::of(sent, received);
        self.sent.as_ref().ok().zip(self.received.as_ref().ok()).map_or(Agreed::default(), |(sent, received)| of(sent, received))
    }
}

/// Why a session is over (§4.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    /// The router closed it, and told the peer why.
    Local(Notification),
    /// The router closed it without a word, by this event of its state machine (RFC 4271 §8.1).
    LocalSilent(u16),
    /// The peer closed it, and said why.
    Remote(Notification),
    /// The connection broke off.
    RemoteSilent,
    /// The peer is no longer monitored.
    Unmonitored,
    /// A table of the router's own is gone (RFC 9069 §5.3).
    TableGone,
    /// A reason that is not known.
    Unknown(u8),
}

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Down::Local(notification) => write!(f, "closed by the router: {notification}"),
            Down::LocalSilent(event) => write!(f, "closed by the router, event {event} of its state machine"),
            Down::Remote(notification) => write!(f, "closed by the peer: {notification}"),
            Down::RemoteSilent => f.write_str("the connection broke off"),
            Down::Unmonitored => f.write_str("no longer monitored"),
            Down::TableGone => f.write_str("the table is gone"),
            Down::Unknown(reason) => write!(f, "for the unknown reason {reason}"),
        }
    }
}

/// Why a stream cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no BMP, or of another version.
    Version(u8),
    /// A message of that length: under the least, or over the bound.
    Length(u32),
    /// What is in a message of this kind does not fit in it.
    Malformed(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Version(version) => write!(f, "version {version} of BMP, where only 3 is read"),
            Fault::Length(length) => write!(f, "a message of {length} bytes, which none has"),
            Fault::Malformed(name) => write!(f, "a {name} message whose parts do not fit its length"),
        }
    }
}

/// A stream's bytes in, its messages out. It holds less than one message, and what was pushed last.
#[derive(Clone, Debug)]
pub struct Framer {
    gathered: Gathered,
    most: usize,
}

impl Framer {
    /// One that takes messages of so many bytes at the most, see [`MESSAGE_BYTES`].
    pub fn new(most: usize) -> Framer {
        Framer { gathered: Gathered::default(), most }
    }

    /// Takes in the next bytes; then [`Framer::message`] until there is no more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.gathered.push(bytes);
    }

    /// The next message, if it is there whole. After a fault the stream cannot be read on: there is nobody to tell but the log, for the
    /// station never speaks (§3.2).
    pub fn message(&mut self) -> Result<Option<Message<'_>>, Fault> {
        let mut header = Cursor(self.gathered.pending());
        let Some(version) = header.u8() else { return Ok(None) };
        if version != VERSION {
            return Err(Fault::Version(version));
        }
        let Some(length) = header.u32() else { return Ok(None) };
        let bytes = usize::try_from(length).ok().filter(|bytes| (HEADER_BYTES..=self.most).contains(bytes)).ok_or(Fault::Length(length))?;
        if self.gathered.pending().len() < bytes {
            return Ok(None);
        }
        Message::read(self.gathered.take(bytes)).map(Some)
    }

    /// Whether part of a message is there: where the stream ends with it, it was cut off.
    pub fn is_inside(&self) -> bool {
        !self.gathered.pending().is_empty()
    }
}

impl<'a> Message<'a> {
    /// Reads one, whole, header and all.
    pub fn read(bytes: &'a [u8]) -> Result<Message<'a>, Fault> {
        let mut cursor = Cursor(bytes);
        let version = cursor.u8().ok_or(Fault::Length(0))?;
        if version != VERSION {
            return Err(Fault::Version(version));
        }
        let length = cursor.u32().ok_or(Fault::Length(0))?;
        let kind = cursor.u8().filter(|_| usize::try_from(length) == Ok(bytes.len())).ok_or(Fault::Length(length))?;
        let (name, message): (_, Option<Message<'a>>) = match kind {
            MONITORING => ("Route Monitoring", monitoring(cursor)),
            STATISTICS => ("Statistics Report", statistics(cursor)),
            PEER_DOWN => ("Peer Down", peer_down(cursor)),
            PEER_UP => ("Peer Up", peer_up(cursor).map(Message::PeerUp)),
            INITIATION => ("Initiation", Information::read(cursor.0).map(Message::Initiation)),
            TERMINATION => ("Termination", Information::read(cursor.0).map(Message::Termination)),
            MIRRORING => ("Route Mirroring", Peer::read(&mut cursor).map(Message::Mirroring)),
            kind => ("", Some(Message::Unknown(kind))),
        };
        message.ok_or(Fault::Malformed(name))
    }
}

fn monitoring(mut cursor: Cursor<'_>) -> Option<Message<'_>> {
    Some(Message::Monitoring { peer: Peer::read(&mut cursor)?, update: cursor.0 })
}

fn statistics(mut cursor: Cursor<'_>) -> Option<Message<'_>> {
    let peer = Peer::read(&mut cursor)?;
    let count = cursor.u32()?;
    Some(Message::Statistics { peer, statistics: Statistics::read(cursor.0, count)? })
}

fn peer_down(mut cursor: Cursor<'_>) -> Option<Message<'_>> {
    let peer = Peer::read(&mut cursor)?;
    let reason = match cursor.u8()? {
        1 => Down::Local(notification(cursor)?),
        2 => Down::LocalSilent(cursor.u16()?),
        3 => Down::Remote(notification(cursor)?),
        4 => Down::RemoteSilent,
        5 => Down::Unmonitored,
        6 => Down::TableGone,
        reason => Down::Unknown(reason),
    };
    Some(Message::PeerDown { peer, reason })
}

fn notification(cursor: Cursor<'_>) -> Option<Notification> {
    match bgp::Message::read(cursor.0, &Agreed { long: true, ..Agreed::default() }) {
        Ok(bgp::Message::Notification(notification)) => Some(notification),
        _ => None,
    }
}

fn peer_up(mut cursor: Cursor<'_>) -> Option<PeerUp<'_>> {
    let peer = Peer::read(&mut cursor)?;
    let address = cursor.take(16)?;
    let (local_port, remote_port) = (cursor.u16()?, cursor.u16()?);
    let (sent, received) = (open(&mut cursor)?, open(&mut cursor)?);
    let information = Information::read(cursor.0)?;
    // The flag that says so stands for both ends (§4.10).
    let local = peer::address(address, peer.address.is_ipv6())?;
    Some(PeerUp { peer, local, local_port, remote_port, sent, received, information })
}

/// An OPEN; `None` where it does not fit, or is another message.
fn open(cursor: &mut Cursor<'_>) -> Option<Result<Open, bgp::Fault>> {
    let length = Cursor(cursor.0.get(16..)?).u16()?;
    match bgp::Message::read(cursor.take(usize::from(length))?, &Agreed::default()) {
        Ok(bgp::Message::Open(open)) => Some(Ok(open)),
        Ok(_) => None,
        Err(fault) => Some(Err(fault)),
    }
}

#[cfg(test)]
mod tests;
