//! The steps of a name server.

use super::{Bytes, FieldInfo, FieldType, List, StepInfo, Text, Value};

steps! {
    /// One thing that happened at the name server.
    ZoneStep:
    /// The name server takes queries at an address, by UDP and TCP.
    NamesListening "names-listening" {
        /// Where.
        at: Text,
        /// What it is there: `authority` or `resolver`.
        role: &'static str,
    }
    /// An address could not be opened for queries; it is tried again.
    NamesPaused "names-paused" {
        /// What the system said.
        why: Text,
    }
    /// A zone is not served as the configuration has it: as it was before, or not at all.
    ZoneMistaken "zone-mistaken" {
        /// Which.
        zone: Text,
        /// What is wrong with it.
        why: Text,
    }
    /// A query was answered. It is told only where somebody reads it, and then of as many as he wants.
    QueryAnswered "query-answered" {
        /// Who asked.
        client: Text,
        /// `udp` or `tcp`.
        over: &'static str,
        /// The name.
        name: Text,
        /// The type of the records.
        kind: Text,
        /// The response code.
        code: Text,
        /// The rule that decided, in one word.
        rule: &'static str,
        /// Bytes of the answer.
        size: Bytes,
        /// The answer did not fit, and was cut.
        truncated: bool,
        /// The subnet that the query is for; empty where it has none.
        subnet: Text,
        /// For how many bits of it the answer holds.
        scope: u16,
        /// Why these records: each set that is not the same for everybody, by its `name`. Of a steering `steering`, `place`, `layer`,
        /// `prefix`, `version`, `scope`, `unit`, `passed`, `notes` and `candidates`, the places; of other sets `pool`, `order`, `how`,
        /// `notes` and `candidates`, the records, those left out too.
        choices: List,
    }
}
