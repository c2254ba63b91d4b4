//! Places, and how each client is led to the nearest: see `decide/steer`.

use super::tls::Secret;
use crate::time::Duration;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use wire::network::Network;

/// A point of presence: a place with cache servers.
#[derive(Clone, Debug, PartialEq)]
pub struct Pop {
    /// Its name in logs, metrics, `explain`.
    pub name: String,
    /// The addresses that clients are given.
    pub addresses: Vec<IpAddr>,
    /// The pool of its edges (index into [`super::Config::pools`]): where none of them is healthy, neither is the place; and what they
    /// report is its load. `None`: it counts as healthy, and its load is not known.
    pub pool: Option<usize>,
    /// The load it can bear, in the unit of what its edges report, summed; 0: no bound.
    pub capacity: u64,
    /// Where it is, in degrees: latitude and longitude, each times 10,000.
    pub location: Option<(i32, i32)>,
    /// Where a redirect leads: scheme, host and port, without a path: `https://fra.cdn.example.com`.
    pub url: Option<String>,
}

/// How clients are led to places.
#[derive(Clone, Debug, PartialEq)]
pub struct Steering {
    /// Its name in logs, metrics, `explain`.
    pub name: String,
    /// The places (indices into [`super::Config::pops`]), at most [`Steering::MOST_POPS`]; the first is the default's.
    pub pops: Vec<usize>,
    /// What is asked for a decision, in this order; the default is always the last.
    pub layers: Vec<Layer>,
    /// A prefix that has moved stays this long before it moves again, unless its place is lost.
    pub hold: Duration,
    /// So many prefixes move in a minute at the most, for changes in routing tables; lost places do not count.
    pub moves_per_minute: u32,
    /// How much better a measured place must be for clients to move there, in percent.
    pub measured_gain: u32,
    /// Where clients themselves measure, if they do.
    pub measure: Option<Measure>,
}

impl Steering {
    /// The most places of one steering.
    pub const MOST_POPS: usize = 64;
}

/// A ground for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Round-trip times that clients of the prefix have measured.
    Measured,
    /// The routing tables of the places' routers.
    Topology,
    /// Where the address is said to be.
    Geography,
    /// The order in which the places are written.
    Default,
}

/// How clients measure, and what of it is believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What signs the leave to report.
    pub key: Option<Secret>,
    /// Leave to report is good for this long.
    pub lifetime: Duration,
    /// Reports a minute that are taken of one network (/24, /56).
    pub reports_per_minute: u32,
    /// A report weighs half after this long.
    pub half_life: Duration,
    /// Reports of a prefix, from different addresses, before they decide anything.
    pub least_reports: u32,
    /// Prefixes that are remembered.
    pub prefixes: usize,
}

/// Where the table of a place's router comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Collector {
    /// Whose (index into [`super::Config::pops`]).
    pub pop: usize,
    /// How.
    pub source: RouteSource,
    /// Where the router has gone, its last table still holds for this long.
    pub keep: Duration,
    /// Prefixes that are taken of it; what is beyond is counted, and not used.
    pub most_prefixes: usize,
}

/// A way for a routing table to come.
#[derive(Clone, Debug, PartialEq)]
pub enum RouteSource {
    /// A file (RFC 6396), read anew whenever it changes.
    Mrt {
        /// Its path.
        path: String,
        /// Of the peers in it, only this one; `None`: all, each prefix by its best route.
        peer: Option<IpAddr>,
    },
    /// The router connects and tells of its peers (RFC 7854).
    Bmp {
        /// Where this program listens; several collectors may share it.
        at: SocketAddr,
        /// Where the router connects from.
        router: Vec<Network>,
    },
    /// A session with the router (RFC 4271), which we tell nothing.
    Bgp(BgpSession),
}

/// A BGP session.
#[derive(Clone, Debug, PartialEq)]
pub struct BgpSession {
    /// The router.
    pub router: SocketAddr,
    /// Where this program waits for it instead of connecting; `None`: it connects.
    pub listen: Option<SocketAddr>,
    /// Our autonomous system.
    pub local_as: u32,
    /// The router's.
    pub router_as: u32,
    /// Our identifier.
    pub identifier: Ipv4Addr,
    /// Silence after which the router counts as gone (§4.2): 0, or 3 seconds and more.
    pub hold_time: Duration,
}

/// Where addresses are said to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Geography {
    /// A file of the MaxMind DB format, read anew whenever it changes.
    pub path: String,
}
