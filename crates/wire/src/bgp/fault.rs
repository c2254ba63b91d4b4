//! What is wrong with a message, what it costs (RFC 7606), and what the peer is told (RFC 4271 §6).

use super::Notification;
use alloc::vec::Vec;
use core::fmt;

/// Something that is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub flaw: Flaw,
    /// What it costs.
    pub treatment: Treatment,
}

/// What a fault costs (RFC 7606 §2), the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Treatment {
    /// The attribute counts as if it were not there.
    DiscardAttribute,
    /// The networks of the message count as withdrawn.
    TreatAsWithdraw,
    /// The session ends: where a message's networks cannot be told, nothing that the peer said before can be relied on.
    ResetSession,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The marker is not all ones: the stream is out of step, or is no BGP.
    Marker,
    /// The header's length is one that no such message has.
    Length(u16),
    /// There is no such kind of message.
    Kind(u8),
    /// An OPEN ends too early or too late.
    OpenLength,
    /// Not BGP-4.
    Version(u8),
    /// The system is 0 (RFC 7607).
    SystemZero,
    /// The identifier is 0 (RFC 6286 §2.1).
    Identifier,
    /// An optional parameter that is not known.
    Parameter(u8),
    /// A hold time of one or two seconds.
    HoldTime(u16),
    /// The lengths of withdrawn networks and attributes do not fit the message.
    Lengths,
    /// An attribute ends behind the attributes' end.
    Overrun,
    /// An attribute that everybody must know, and nobody knows.
    Unrecognized(u8),
    /// An attribute that a network cannot do without is not there.
    Missing(u8),
    /// An attribute's flags are not those of its kind.
    Flags(u8),
    /// An attribute's length is none that it can have.
    AttributeLength(u8),
    /// An attribute is there twice.
    Twice(u8),
    /// An origin that is none of the three.
    Origin(u8),
    /// A path whose segments do not fit it, or are of no known kind.
    Path,
    /// The same, of the path of four bytes beside one of two.
    NewerPath,
    /// What is in an attribute for another family than IPv4 cannot be read.
    Multiprotocol(u8),
    /// A network with more bits than its family has, or one that is cut off.
    Network,
}

impl Flaw {
    /// Code and subcode of what the peer is told (RFC 4271 §4.5, §6).
    pub fn code(self) -> (u8, u8) {
        match self {
            Flaw::Marker => (1, 1),
            Flaw::Length(_) => (1, 2),
            Flaw::Kind(_) => (1, 3),
            Flaw::OpenLength => (2, 0),
            Flaw::Version(_) => (2, 1),
            Flaw::SystemZero => (2, 2),
            Flaw::Identifier => (2, 3),
            Flaw::Parameter(_) => (2, 4),
            Flaw::HoldTime(_) => (2, 6),
            Flaw::Lengths | Flaw::Twice(_) => (3, 1),
            Flaw::Unrecognized(_) => (3, 2),
            Flaw::Missing(_) => (3, 3),
            Flaw::Flags(_) => (3, 4),
            Flaw::AttributeLength(_) | Flaw::Overrun => (3, 5),
            Flaw::Origin(_) => (3, 6),
            Flaw::Multiprotocol(_) => (3, 9),
            Flaw::Network => (3, 10),
            Flaw::Path | Flaw::NewerPath => (3, 11),
        }
    }

    pub(super) fn costs(self, treatment: Treatment) -> Fault {
        Fault { flaw: self, treatment }
    }

    pub(crate) fn resets(self) -> Fault {
        self.costs(Treatment::ResetSession)
    }
}

impl Fault {
    /// What the peer is told where the session ends by this.
    pub fn notification(&self) -> Notification {
        let (code, subcode) = self.flaw.code();
        let data = match self.flaw {
            Flaw::Length(length) => Vec::from(length.to_be_bytes()),
            Flaw::Kind(kind) => Vec::from([kind]),
            // The version that would do (§6.2).
            Flaw::Version(_) => Vec::from([0, 4]),
            Flaw::Missing(kind) => Vec::from([kind]),
            _ => Vec::new(),
        };
        Notification { code, subcode, data }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Marker => f.write_str("no marker where a message should begin"),
            Flaw::Length(length) => write!(f, "a length of {length} bytes, which no such message has"),
            Flaw::Kind(kind) => write!(f, "a message of the unknown type {kind}"),
            Flaw::OpenLength => f.write_str("an OPEN whose parts do not fit its length"),
            Flaw::Version(version) => write!(f, "version {version} of BGP, where only 4 is spoken"),
            Flaw::SystemZero => f.write_str("autonomous system 0, which nobody may be"),
            Flaw::Identifier => f.write_str("the identifier 0.0.0.0, which nobody may have"),
            Flaw::Parameter(kind) => write!(f, "the unknown parameter {kind} in an OPEN"),
            Flaw::HoldTime(seconds) => write!(f, "a hold time of {seconds} s, where 0 or at least 3 s are allowed"),
            Flaw::Lengths => f.write_str("an UPDATE whose parts do not fit its length"),
            Flaw::Overrun => f.write_str("an attribute that does not fit in its UPDATE"),
            Flaw::Unrecognized(kind) => write!(f, "the unknown attribute {kind}, marked as one that everybody knows"),
            Flaw::Missing(kind) => write!(f, "networks without the attribute {}", Named(*kind)),
            Flaw::Flags(kind) => write!(f, "the attribute {} with flags that it cannot have", Named(*kind)),
            Flaw::AttributeLength(kind) => write!(f, "the attribute {} with a length that it cannot have", Named(*kind)),
            Flaw::Twice(kind) => write!(f, "the attribute {} twice", Named(*kind)),
            Flaw::Origin(value) => write!(f, "the unknown origin {value}"),
            Flaw::Path => f.write_str("a malformed AS_PATH"),
            Flaw::NewerPath => f.write_str("a malformed AS4_PATH"),
            Flaw::Multiprotocol(kind) => write!(f, "a malformed {}", Named(*kind)),
            Flaw::Network => f.write_str("a malformed network"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let treatment = match self.treatment {
            Treatment::DiscardAttribute => "the attribute is passed over",
            Treatment::TreatAsWithdraw => "its networks count as withdrawn",
            Treatment::ResetSession => "the session ends",
        };
        write!(f, "{}: {treatment}", self.flaw)
    }
}

/// An attribute's name.
struct Named(u8);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use super::attributes as kinds;
        f.write_str(match self.0 {
            kinds::ORIGIN => "ORIGIN",
            kinds::AS_PATH => "AS_PATH",
            kinds::NEXT_HOP => "NEXT_HOP",
            kinds::MULTI_EXIT_DISC => "MULTI_EXIT_DISC",
            kinds::LOCAL_PREF => "LOCAL_PREF",
            kinds::ATOMIC_AGGREGATE => "ATOMIC_AGGREGATE",
            kinds::AGGREGATOR => "AGGREGATOR",
            kinds::MP_REACH => "MP_REACH_NLRI",
            kinds::MP_UNREACH => "MP_UNREACH_NLRI",
            kinds::AS4_PATH => "AS4_PATH",
            kinds::AS4_AGGREGATOR => "AS4_AGGREGATOR",
            other => return write!(f, "{other}"),
        })
    }
}
