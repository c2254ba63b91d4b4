//! The steps of the recursive role.

use super::{FieldInfo, FieldType, StepInfo, Text, Value};

steps! {
    /// One thing that happened where names are looked up for clients. Each is told at most once in ten seconds, with how many more there
    /// were.
    ResolverStep:
    /// A lookup for a client came to nothing.
    NameUnresolved "name-unresolved" {
        /// The name.
        name: Text,
        /// The type of the records.
        kind: Text,
        /// Why.
        why: Text,
        /// What the client is told: `stale` for an answer that is out of date, `failure`.
        told: &'static str,
        /// As many more were not told of since the last time.
        more: u64,
    }
    /// So many names are being looked up that there is no room for one more: its client is told that this server failed.
    LookupsFull "lookups-full" {
        /// How many there may be.
        most: u64,
        /// As many more were not told of since the last time.
        more: u64,
    }
}
