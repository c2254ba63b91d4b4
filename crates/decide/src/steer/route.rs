//! What a router says of a network, as far as it decides between places.

use wire::network::Network;

/// One way to a network: what RFC 4271 §9.1.2.2 compares, as far as two routers have it in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// The degree of preference: the higher, the better. 100 where the router told none.
    pub local_pref: u32,
    /// Autonomous systems on the way; a set counts as one.
    pub path_len: u16,
    /// How the network got into BGP.
    pub origin: Origin,
    /// The discriminator among the entries of one neighbour: the lower, the better. 0 where the router told none.
    pub med: u32,
    /// The last autonomous system of the way, whose network it is; 0 where the way is empty or ends with a set.
    pub origin_as: u32,
}

/// How a network got into BGP (RFC 4271 §5.1.1); the first is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// From inside its own system.
    Igp,
    /// By EGP.
    Egp,
    /// By other means.
    Incomplete,
}

impl Origin {
    /// Its word, as routers write it.
    pub const fn word(self) -> &'static str {
        match self {
            Origin::Igp => "igp",
            Origin::Egp => "egp",
            Origin::Incomplete => "incomplete",
        }
    }
}

/// One table within all that are collected: of one peer of one collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u16);

/// What became of a network in one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which table.
    pub source: SourceId,
    /// The network.
    pub network: Network,
    /// The way there; `None`: there is none any more.
    pub route: Option<Route>,
}
