//! DNS messages as a server meets them: a query read in place ([`QueryView`]) and an answer written into a buffer that is used again
//! ([`AnswerWriter`]), neither with any allocation. What they do is held against [`super::Message`].

mod answer_writer;
mod compress;
mod data;
mod edns_view;
mod query_view;

pub use answer_writer::{AnswerWriter, DataWriter, Mark, OptWriter, Section};
pub use edns_view::{CookieView, EdnsView, SubnetView};
pub use query_view::{Mistake, QueryView, Reject};

/// A header (RFC 1035 §4.1.1).
pub const HEADER: usize = 12;
/// The longest name, on the wire (RFC 1035 §2.3.4).
pub const LONGEST_NAME: usize = 255;
/// The longest label.
const LONGEST_LABEL: u8 = 63;

/// Bits of a header's second row.
pub mod bit {
    /// QR: an answer.
    pub const RESPONSE: u16 = 0x8000;
    /// AA: the server has the zone.
    pub const AUTHORITATIVE: u16 = 0x0400;
    /// TC: it did not fit.
    pub const TRUNCATED: u16 = 0x0200;
    /// RD: recursion is desired.
    pub const RECURSION_DESIRED: u16 = 0x0100;
    /// RA: recursion is available.
    pub const RECURSION_AVAILABLE: u16 = 0x0080;
    /// AD: signatures have been checked.
    pub const AUTHENTIC: u16 = 0x0020;
    /// CD: signatures need no checking.
    pub const CHECKING_DISABLED: u16 = 0x0010;
    /// The opcode.
    pub const OPCODE: u16 = 0x7800;
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]]))
}

#[cfg(test)]
mod tests;
