//! The steps of what leads clients to places: each change of it. Routers that come and go are the collector's, single decisions those of
//! the redirect and of the name server.

use super::{FieldInfo, FieldType, StepInfo, Text, Value};
use crate::time::Duration;

steps! {
    /// One change of places, and of how clients are led to them.
    SteeringStep:
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
