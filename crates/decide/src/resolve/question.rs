//! One question, put to the servers of one zone until one of them answers.

use super::judge::Judged;
use super::walk::WalkId;
use super::zone::{Tries, Zone};
use crate::time::Instant;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use wire::dns::{Name, Query};

/// A question, by the order in which they came up.
pub(super) type QuestionId = usize;

/// How a query travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// In a datagram.
    Udp,
    /// Over a connection, with its length before it (RFC 1035 §4.2.2).
    Tcp,
}

impl Over {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Over::Udp => "udp",
            Over::Tcp => "tcp",
        }
    }
}

/// A question and how far it has come.
pub(super) struct Question {
    /// The number of the lookup that asked first: its steps stand there.
    pub(super) lookup: u64,
    /// How many lookups stand around it.
    pub(super) depth: u32,
    pub(super) zone: Zone,
    pub(super) query: Query,
    /// It is about a part of the name only.
    pub(super) minimised: bool,
    /// Who wants the answer.
    pub(super) waiting: Vec<WalkId>,
    pub(super) tries: Tries,
    /// How often it was asked in all.
    pub(super) asked: u32,
    /// Why the last server did not answer.
    pub(super) failure: String,
    /// A server said something, and it was no use.
    pub(super) answered: bool,
    /// The servers whose addresses were looked up for it.
    pub(super) sought: BTreeSet<Name>,
    pub(super) state: State,
}

/// What it waits for.
pub(super) enum State {
    /// For its turn.
    Choosing,
    /// For an answer.
    Asked(Asked),
    /// For the address of a server.
    Seeking {
        /// The lookups that have not ended.
        walks: Vec<WalkId>,
    },
    /// For nothing.
    Settled,
}

/// A query that is out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) exchange: u64,
    pub(super) server: SocketAddr,
    pub(super) id: u16,
    pub(super) over: Over,
    pub(super) edns: bool,
    pub(super) since: Instant,
    pub(super) limit: Instant,
    /// How many messages came that were not the answer.
    pub(super) strays: u32,
}

/// What became of a question.
#[derive(Clone, Debug)]
pub(super) enum Settled {
    /// This was said.
    Judged(Judged),
    /// The limits are reached.
    TooMuch(&'static str),
    /// No server could tell.
    Failed {
        /// Why.
        why: String,
        /// Some did answer.
        answered: bool,
    },
}

impl Question {
    /// The query that is out with this number.
    pub(super) fn asked(&self, exchange: u64) -> Option<Asked> {
        match self.state {
            State::Asked(asked) if asked.exchange == exchange => Some(asked),
            _ => None,
        }
    }

    /// A server whose address is not known, and was not looked up for this question yet.
    pub(super) fn unknown_server(&self) -> Option<Name> {
        let unknown = self.zone.servers.iter().filter(|server| server.addresses.is_empty()).filter_map(|server| server.name.clone());
        unknown.into_iter().find(|name| !self.sought.contains(name))
    }
}
