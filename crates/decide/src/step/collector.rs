//! The steps of routing tables that are collected from routers and files.

use super::{FieldInfo, FieldType, StepInfo, Text, Value};
use crate::time::Duration;

steps! {
    /// One thing that happened to a routing table, or on the way to it.
    CollectorStep:
    /// A BGP session with a router is established.
    SessionUp "routing-session-up" {
        /// Whose router.
        pop: Text,
        /// Its address and port.
        router: Text,
        /// Its identifier.
        identifier: Text,
        /// What it will tell: `ipv4`, `ipv6`, or both.
        families: Text,
        /// After so much silence it counts as gone; zero: never.
        hold: Duration,
        /// Since the connection.
        took: Duration,
    }
    /// A BGP session ended, or did not come about.
    SessionDown "routing-session-down" {
        /// Whose router.
        pop: Text,
        /// Its address and port.
        router: Text,
        /// Why, and who ended it.
        why: Text,
        /// It had been established.
        established: bool,
        /// When it is tried again; zero where the router is waited for.
        wait: Duration,
    }
    /// A connection of a router was turned away.
    RouterTurnedAway "routing-router-turned-away" {
        /// Where it came from.
        router: Text,
        /// Why.
        why: Text,
    }
    /// A router has connected and tells of its peers by BMP.
    StationUp "routing-station-up" {
        /// Whose router.
        pop: Text,
        /// Where it connected from.
        router: Text,
        /// What it calls itself.
        name: Text,
        /// What it says it is.
        description: Text,
    }
    /// A router tells nothing more by BMP.
    StationDown "routing-station-down" {
        /// Whose router.
        pop: Text,
        /// Where it connected from.
        router: Text,
        /// Why.
        why: Text,
    }
    /// A router's session with one of its peers is up.
    PeerUp "routing-peer-up" {
        /// Whose router.
        pop: Text,
        /// The source: router and peer.
        source: Text,
        /// Which of its tables is taken: `pre-policy`, `post-policy`, `loc-rib`.
        rib: &'static str,
    }
    /// A router's session with one of its peers is down.
    PeerDown "routing-peer-down" {
        /// Whose router.
        pop: Text,
        /// The source: router and peer.
        source: Text,
        /// Why.
        why: Text,
    }
    /// A whole table has come, and holds from now on in place of an earlier one of its source.
    TableLoaded "routing-table-loaded" {
        /// Whose router.
        pop: Text,
        /// The source: a file, a router, or a router and its peer.
        source: Text,
        /// Networks in it.
        networks: u64,
        /// Networks beyond the bound, which are not used.
        beyond: u64,
        /// How its end was known: `end-of-rib`, `quiet`, `time`, `file`.
        end: &'static str,
        /// Since it began to come.
        took: Duration,
    }
    /// A table does not hold any more.
    TableCleared "routing-table-cleared" {
        /// Whose router.
        pop: Text,
        /// The source.
        source: Text,
        /// Why.
        why: Text,
    }
    /// A file of routes could not be used; what was read of it before still holds.
    RouteFileRefused "routing-file-refused" {
        /// Whose routes.
        pop: Text,
        /// The file.
        file: Text,
        /// Why.
        why: Text,
    }
    /// A router sent more networks than are taken of it.
    NetworksBeyond "routing-networks-beyond" {
        /// Whose router.
        pop: Text,
        /// The source.
        source: Text,
        /// The bound.
        most: u64,
    }
    /// Messages of a router had mistakes that the session outlives (RFC 7606). Told once a minute at most.
    UpdatesDamaged "routing-updates-damaged" {
        /// Whose router.
        pop: Text,
        /// The source.
        source: Text,
        /// How many since it was told last.
        messages: u64,
        /// What was wrong with the last, and what was done.
        why: Text,
    }
}
