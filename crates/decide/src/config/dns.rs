//! Names: the zones that are served, to whom, and how; and the recursive role.

use super::tls::Secret;
use crate::resolve::RootServer;
use crate::time::Duration;
use alloc::vec::Vec;
use core::net::SocketAddr;
use wire::dns::{Data, Name, RecordType};
use wire::network::Network;

pub use wire::dns::tsig::Algorithm as TsigAlgorithm;

/// The authoritative server.
#[derive(Clone, Debug, PartialEq)]
pub struct Dns {
    /// Where it listens, by UDP and by TCP.
    pub listeners: Vec<SocketAddr>,
    /// What holds for both roles.
    pub limits: DnsLimits,
    /// The zones, in the order written; none lies twice.
    pub zones: Vec<Zone>,
    /// Keys that transfers and notices are signed with (RFC 8945); [`Zone`] points here.
    pub keys: Vec<TsigKey>,
    /// Who may ask `_why.NAME` for the reasons of an answer.
    pub why: Vec<Network>,
}

/// What guards a name server.
#[derive(Clone, Debug, PartialEq)]
pub struct DnsLimits {
    /// The largest UDP answer, whatever the client takes (RFC 9715 §3.1 R5: 1232 unless there is reason).
    pub datagram: u16,
    /// Cookies are given and heeded (RFC 7873, RFC 9018).
    pub cookies: bool,
    /// Secrets of cookies that several servers share (RFC 9018 §5), of 16 bytes each: new cookies are made with the first, and those of the
    /// others are good too. None: secrets of this process's own, a new one each day.
    pub cookie_secrets: Vec<Secret>,
    /// Answers a second to one network (/24, /56) over UDP that has shown no cookie; 0 for no limit.
    pub rate: u32,
    /// Of the answers over that limit, every so-manyth is sent truncated, so that a real client comes back by TCP; 0: none.
    pub slip: u32,
    /// TCP connections at once.
    pub connections: usize,
    /// The same from one address.
    pub connections_per_address: usize,
    /// A TCP connection may be silent this long (RFC 7766 §6.2.3).
    pub idle_timeout: Duration,
}

/// A zone that is served.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Its name.
    pub name: Name,
    /// Where it is served, of [`Dns::listeners`]; empty: at each of them.
    pub at: Vec<SocketAddr>,
    /// Its records: those of its file, then those of the configuration. One of them is the SOA, at the name.
    pub records: Vec<ZoneRecord>,
    /// Sets whose records are not all given alike.
    pub sets: Vec<DynamicSet>,
    /// Who may have the whole zone.
    pub transfer: Vec<TransferTo>,
    /// Who is told that it has changed, and the key that signs it (index into [`Dns::keys`]).
    pub notify: Vec<(SocketAddr, Option<usize>)>,
}

/// A record of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneRecord {
    /// Whose.
    pub owner: Name,
    /// How long it may be kept.
    pub ttl: u32,
    /// What it says.
    pub data: Data,
}

/// Who may transfer a zone: the address fits, and the key has signed, if there is one (index into [`Dns::keys`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferTo {
    /// From here.
    pub network: Network,
    /// Signed with this.
    pub key: Option<usize>,
}

/// A shared secret of two name servers.
#[derive(Clone, Debug, PartialEq)]
pub struct TsigKey {
    /// Its name, which is sent.
    pub name: Name,
    /// The algorithm.
    pub algorithm: TsigAlgorithm,
    /// The secret.
    pub secret: Secret,
}

/// Records of one name whose answer depends on more than the zone.
#[derive(Clone, Debug, PartialEq)]
pub struct DynamicSet {
    /// The name.
    pub owner: Name,
    /// How long an answer may be kept.
    pub ttl: u32,
    /// What it depends on.
    pub source: Source,
}

impl DynamicSet {
    /// How its records are given; a steering's as the place has them.
    pub fn order(&self) -> Order {
        match &self.source {
            Source::Values { order, .. } | Source::Pool { order, .. } => *order,
            Source::Steering(_) => Order::Fixed,
        }
    }
}

/// What an answer depends on.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// These values, each with a weight: the order, or the choice, changes from answer to answer.
    Values {
        /// A, AAAA, CNAME or any other; all of one type.
        kind: RecordType,
        /// What the records say, and each one's weight; one of weight 0 is never chosen.
        values: Vec<(Data, u32)>,
        /// How they are given.
        order: Order,
    },
    /// The addresses (A and AAAA) of the backends of a pool (index into [`super::Config::pools`]) that are healthy; all, if none is.
    Pool {
        /// Which.
        pool: usize,
        /// How they are given.
        order: Order,
    },
    /// The addresses of the place that is nearest to the client (index into [`super::Config::steerings`]).
    Steering(usize),
}

/// How several records are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they are written.
    Fixed,
    /// All of them, each answer beginning with the next one.
    Rotate,
    /// One, drawn by weight.
    Weighted,
    /// The first that is healthy.
    First,
}

impl Order {
    /// Its word in settings, logs and `explain`.
    pub const fn word(self) -> &'static str {
        match self {
            Order::Fixed => "fixed",
            Order::Rotate => "rotate",
            Order::Weighted => "weighted",
            Order::First => "first",
        }
    }
}

/// The recursive role: names looked up for others.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolver {
    /// Where it listens, by UDP and by TCP.
    pub listeners: Vec<SocketAddr>,
    /// What holds for both roles.
    pub limits: DnsLimits,
    /// Who may ask; others are refused.
    pub clients: Vec<Network>,
    /// The servers that are asked to walk for us; empty: this one walks itself.
    pub forward: Vec<SocketAddr>,
    /// The servers of a root of one's own; none for the public one. All other servers listen at the port of the first.
    pub roots: Vec<RootServer>,
    /// Names and answers kept, at the most.
    pub cache_entries: usize,
    /// No answer is kept longer.
    pub max_ttl: Duration,
    /// An answer that is out of date is given for so long where no newer one is to be had (RFC 8767); zero for never.
    pub serve_stale: Duration,
    /// Lookups under way at once; further clients are told that the server failed.
    pub lookups: usize,
}
