//! BGP-4 on the wire (RFC 4271), as far as routers are listened to: IPv4 and IPv6 unicast (RFC 4760), systems of four bytes (RFC 6793),
//! several paths of a network (RFC 7911), long messages (RFC 8654), and errors that cost no more than they must (RFC 7606).
//!
//! Order of calls: [`Framer::push`] with bytes as they come, [`Framer::message`] until it has none; or [`Message::read`] for one whole
//! message, as BMP and MRT carry them. What both sides said in their OPENs decides how the rest is read: [`Agreed`]. Writing:
//! [`Open::write`], [`Notification::write`], [`write_keepalive`], [`write_update`].
//!
//! What is read is lent from the message: nothing is copied, nothing is allocated but for a list of faults where there are some.

mod attributes;
mod fault;
mod frame;
mod notification;
mod open;
mod path;
mod prefix;
mod update;
mod write;

use core::fmt;

pub use attributes::{Attributes, Origin, Other, Reach, Unreach};
pub use fault::{Fault, Flaw, Treatment};
pub use frame::{Framer, HEADER_BYTES, LONG_MESSAGE_BYTES, MESSAGE_BYTES};
pub use notification::Notification;
pub use open::{Agreed, Capability, Open, SEVERAL_PATHS_BOTH, SEVERAL_PATHS_RECEIVE, SEVERAL_PATHS_SEND};
pub use path::{Path, Segment, SegmentKind};
pub use prefix::{Prefix, Prefixes};
pub(crate) use prefix::{network as read_network, write_network};
pub use update::Update;
pub use write::{NewAttributes, TooLong, write_attributes, write_keepalive, write_update};

/// The number that stands for a system of four bytes where there is room for two (RFC 6793 §9).
pub const AS_TRANS: u16 = 23456;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Who one is and what one can.
    Open(Open),
    /// Networks that came, changed or went.
    Update(Update<'a>),
    /// Why the session ends here.
    Notification(Notification),
    /// Still there.
    Keepalive,
    /// A wish for all networks once more (RFC 2918), or the beginning or end of that (RFC 7313).
    RouteRefresh {
        /// Of which family.
        family: Family,
        /// 0: the wish, 1: the beginning, 2: the end.
        subtype: u8,
    },
}

/// A kind of networks (RFC 4760 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Family {
    /// The address family (AFI).
    pub address: u16,
    /// What they are used for (SAFI).
    pub subsequent: u8,
}

impl Family {
    /// IPv4, for sending to one receiver.
    pub const IPV4: Family = Family { address: 1, subsequent: 1 };
    /// IPv6, likewise.
    pub const IPV6: Family = Family { address: 2, subsequent: 1 };

    /// Whether these are the networks of IPv6; `None` for a family that is neither of the two that are read here.
    pub(crate) fn is_v6(self) -> Option<bool> {
        match self {
            Family::IPV4 => Some(false),
            Family::IPV6 => Some(true),
            _ => None,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Family::IPV4 => f.write_str("IPv4 unicast"),
            Family::IPV6 => f.write_str("IPv6 unicast"),
            Family { address, subsequent } => write!(f, "family {address}/{subsequent}"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
