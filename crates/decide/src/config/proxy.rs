//! The forward proxy as an owner wants it.

use super::HostPattern;
use alloc::vec::Vec;
use wire::network::Network;

/// A route that sends requests wherever their clients say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardProxy {
    /// The pool that stands for all destinations (index into [`super::Config::pools`]).
    pub pool: usize,
    /// Who may use it; whoever comes by a Unix socket may.
    pub clients: Vec<Network>,
    /// Ports that CONNECT may name.
    pub connect_ports: Vec<u16>,
    /// Hosts that nobody may ask.
    pub denied: Vec<HostPattern>,
}

/// A pool whose backends are whatever servers are asked for: its only backend stands for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destinations {
    /// To so many of them connections are kept.
    pub most: usize,
    /// Networks that may be connected to although they are private.
    pub private: Vec<Network>,
}
