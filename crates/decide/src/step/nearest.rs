//! The steps of clients that are led to places by HTTP, and of what they measure.

use super::{FieldInfo, FieldType, List, StepInfo, Text, Value};

steps! {
    /// One thing on the way to the nearest place.
    NearestStep:
    /// The client is sent to a place: a 302 or 307.
    RedirectedToPop "redirected-to-pop" {
        /// Which.
        pop: Text,
        /// What decided: `measured`, `topology`, `geography`, `default`; `next-best`: the place that was decided on has no `url`.
        layer: &'static str,
        /// The network that the decision is for; empty where no table has one.
        prefix: Text,
        /// The version of the tables.
        version: u64,
        /// The client's address that was asked about; empty where nobody knows it.
        client: Text,
        /// Every place with its scores: `place`, `chosen`, `why`, `healthy`, `shed`, `capacity`, `local_pref`, `path_length`, `origin`,
        /// `med`, `time`, `distance_m`. Empty where nobody reads the step.
        candidates: List,
    }
    /// A client has reported what it measured.
    ReportTaken "report-taken" {
        /// The network that it counts for.
        network: Text,
        /// Places and round trips in milliseconds: `fra 12.3, sin 180.0`.
        times: Text,
    }
    /// A report was refused.
    ReportRefused "report-refused" {
        /// The status answered.
        status: u16,
        /// Why, in one word: `method`, `cross-site`, `body`, `malformed`, `unknown-place`, `no-address`, `forged`, `over`, `used`,
        /// `full`, `again`,
        /// `too-many`, `impossible`, `off`.
        why: &'static str,
    }
}
