//! The steps of clients that are led to places: each decision, and each change of what decides. Routers that come and go are the
//! collector's.

use super::{FieldInfo, FieldType, StepInfo, Text, Value};
use crate::time::Duration;

steps! {
    /// One thing about places, and how clients are led to them.
    SteeringStep:
    /// A name server has led a client to a place. It is told only where somebody reads it, and then of as many as he wants.
    Steered "steered" {
        /// By which steering.
        steering: Text,
        /// To which place.
        pop: Text,
        /// What decided: `measured`, `topology`, `geography`, `default`.
        layer: &'static str,
        /// The network of that layer that the client is in; empty where the default decided.
        prefix: Text,
        /// The length of the widest network around the client in which everybody is led there.
        scope: u16,
        /// The version of the tables.
        version: u64,
    }
    /// A new version of what clients are led by serves.
    SteeringPublished "steering-published" {
        /// Of which steering.
        steering: Text,
        /// Its number.
        version: u64,
        /// Networks of IPv4 in the routing tables.
        ipv4: u64,
        /// Networks of IPv6 in them.
        ipv6: u64,
        /// Tables that they came from.
        sources: u64,
        /// Networks that moved, because another place is preferred now.
        moved: u64,
        /// Networks that moved, because their place has no route to them any more.
        lost: u64,
        /// Networks that would move, and are held back for now.
        deferred: u64,
        /// What it took to work out.
        took: Duration,
    }
    /// A file that says where addresses are was read, and holds from now on.
    GeographyLoaded "geography-loaded" {
        /// The file.
        file: Text,
        /// Networks in it that have a location.
        networks: u64,
        /// What it took to read.
        took: Duration,
    }
    /// A file that says where addresses are could not be used; what was read before still holds.
    GeographyRefused "geography-refused" {
        /// The file.
        file: Text,
        /// Why.
        why: Text,
    }
    /// A place does not serve any more: its clients are led to others.
    PopLost "pop-lost" {
        /// Which.
        pop: Text,
        /// Why.
        why: &'static str,
    }
    /// A place serves again.
    PopBack "pop-back" {
        /// Which.
        pop: Text,
    }
    /// A place sheds another share of the networks than before, because of its load.
    PopSheds "pop-sheds" {
        /// Which.
        pop: Text,
        /// The share until now, in thousandths.
        before: u16,
        /// The share from now on.
        share: u16,
        /// Its load, in the unit of what its edges report.
        load: u64,
        /// What it can bear.
        capacity: u64,
    }
}
