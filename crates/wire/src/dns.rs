//! DNS messages (RFC 1035), as a stub resolver needs them: a question for the addresses of a name, and what an answer to it says. The
//! messages themselves are written and read by the crate `domain`; here is what they mean.
//!
//! Order of calls: [`Question::new`], [`Question::query`] with an id that nobody can guess, then [`Question::read_answer`] for each message
//! that arrives, until one is not [`Unusable::Stray`].

mod answer;
mod fields;
mod message;
mod name;
mod record;
pub mod server;
mod text;
pub mod tsig;
pub mod zone_file;

use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;
use domain::base::iana::Rtype;
use domain::base::{self, MessageBuilder};

pub use message::{ClientSubnet, Edns, ExtendedError, Flags, Malformed, Message, Query, TooLong};
pub use name::Name;
pub use record::{Binding, Data, Record, RecordType, Soa};

/// The largest answer over UDP that we ask for, in bytes: it fits a packet on any path, so that none is cut into fragments, which get lost
/// and can be forged (RFC 9715 §3.2).
pub const LARGEST_DATAGRAM: u16 = 1232;

/// The longest row of aliases that is followed; what is longer is taken for a loop.
const LONGEST_CHAIN: usize = 16;

/// Which addresses of a name are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Records of type A.
    V4,
    /// Records of type AAAA (RFC 3596).
    V6,
}

/// A name and which of its addresses are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    name: base::Name<Vec<u8>>,
    family: Family,
}

impl Question {
    /// The question for `name`, which is absolute, with or without the dot at its end. `None` if DNS has no room for such a name: an empty
    /// label, one of more than 63 bytes, more than 255 in all (RFC 1035 §2.3.4), or letters beyond ASCII.
    pub fn new(name: &str, family: Family) -> Option<Question> {
        let name = base::Name::vec_from_str(name).ok().filter(|parsed| !name.is_empty() && !parsed.is_root())?;
        Some(Question { name, family })
    }

    /// The query: recursion is desired, and with `edns` an answer may have [`LARGEST_DATAGRAM`] bytes (RFC 6891 §6.2.3), else 512.
    pub fn query(&self, id: u16, edns: bool) -> Vec<u8> {
        const GROWS: &str = "a vector grows, and a query is far below the 64 KiB of a message";
        let mut builder = MessageBuilder::new_vec();
        builder.header_mut().set_id(id);
        builder.header_mut().set_rd(true);
        let mut questions = builder.question();
        questions.push((&self.name, self.record_type())).expect(GROWS);
        let mut additional = questions.additional();
        if edns {
            let size = |opt: &mut domain::base::message_builder::OptBuilder<'_, Vec<u8>>| {
                opt.set_udp_payload_size(LARGEST_DATAGRAM);
                Ok(())
            };
            additional.opt(size).expect(GROWS);
        }
        additional.finish()
    }

    /// What `message` says to the query that went out with `id`.
    pub fn read_answer(&self, id: u16, message: &[u8]) -> Result<Answer, Unusable> {
        answer::read(self, id, message)
    }

    fn record_type(&self) -> Rtype {
        match self.family {
            Family::V4 => Rtype::A,
            Family::V6 => Rtype::AAAA,
        }
    }
}

/// What a name server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The addresses of the name, or of the name that it is an alias for.
    Addresses {
        /// In the order of the message; never empty.
        addresses: Vec<IpAddr>,
        /// How long they may be used: the least over all records that led to them.
        ttl: Duration,
    },
    /// NXDOMAIN: there is no such name, whatever is asked of it.
    NoName {
        /// How long this may be believed (RFC 2308 §5), if the server says.
        ttl: Option<Duration>,
    },
    /// The name is there, and has no address of this family.
    NoData {
        /// How long this may be believed (RFC 2308 §5), if the server says.
        ttl: Option<Duration>,
    },
    /// The answer did not fit: ask again over TCP (RFC 7766 §5).
    Truncated,
    /// The server names others to ask: it does not resolve for us (RFC 2308 §2.2).
    Referral,
    /// The server could not or would not answer.
    Failed(ResponseCode),
}

/// How a server answered: the response code with its extension (RFC 6891 §6.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseCode(pub u16);

impl ResponseCode {
    /// The server did not understand the query: it may be one that knows nothing of EDNS, and then answers the plain query (RFC 6891 §7).
    pub fn may_be_without_edns(self) -> bool {
        matches!(self.0, 1 | 4)
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("NOERROR"),
            1 => f.write_str("FORMERR"),
            2 => f.write_str("SERVFAIL"),
            3 => f.write_str("NXDOMAIN"),
            4 => f.write_str("NOTIMP"),
            5 => f.write_str("REFUSED"),
            6 => f.write_str("YXDOMAIN"),
            16 => f.write_str("BADVERS"),
            code => write!(f, "response code {code}"),
        }
    }
}

/// Why a message is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It does not belong to this query: late, misdirected or forged (RFC 5452 §9.1). The answer may still come.
    Stray,
    /// It belongs to this query, and its records cannot be read, or its aliases do not end: the server's fault.
    Malformed,
}

#[cfg(test)]
mod tests;
