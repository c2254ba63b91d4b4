//! A decision as it is told: to the log, the metrics, `explain`, and who asks for `_why`.

use super::route::{Route, SourceId};
use crate::config::Layer;
use crate::time::Duration;
use alloc::vec::Vec;
use wire::network::Network;

/// Where a client is led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The place (index into [`crate::config::Config::pops`]).
    pub pop: u16,
    /// The length of the widest network around the client in which everybody is led there.
    pub scope: u8,
}

/// Where a client is led, and why. Its words are stable: programs may go by them.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Where to.
    pub answer: Answer,
    /// The layer that decided.
    pub layer: Layer,
    /// The network of that layer's table that the client is in; the default has none.
    pub prefix: Option<Network>,
    /// The version of the tables.
    pub version: u64,
    /// The network that is shed or not as a whole; `None`: no place sheds.
    pub unit: Option<Network>,
    /// All places, in the order of the steering.
    pub candidates: Vec<Candidate>,
    /// Layers that were asked before and did not decide, and why: `no-data`, `no-candidate`, `not-measured` (the place that would be chosen
    /// otherwise), `little-gain`.
    pub passed: Vec<(Layer, &'static str)>,
    /// What else to know: `held`, `all-unhealthy`, `all-shed`.
    pub notes: Vec<&'static str>,
}

/// A place, as it was seen for a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Which (index into [`crate::config::Config::pops`]).
    pub pop: u16,
    /// Whether it serves.
    pub healthy: bool,
    /// The share of prefixes that it sheds, in 65,536ths.
    pub share: u16,
    /// Whether it sheds this client's.
    pub shed: bool,
    /// The best route of its routers to the client.
    pub route: Option<(SourceId, Route)>,
    /// The round-trip time that clients have measured.
    pub time: Option<Duration>,
    /// How far it is from where the client is said to be.
    pub metres: Option<u32>,
    /// It is the answer.
    pub chosen: bool,
    /// What decided for it or against it, in the layer that decided.
    ///
    /// - Against it: `unhealthy`, `sheds`; `no-route`, `not-measured`, `no-location`.
    /// - By routes, either way: `local-pref`, `path-length`, `origin`, `med`, `tie`; for it `only-route`; `held`.
    /// - By others: `shortest-time` or `slower`; `nearest` or `farther`; `first` or `later`.
    pub why: &'static str,
}

impl Decision {
    /// The place that was chosen.
    pub fn chosen(&self) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.chosen)
    }
}

impl Layer {
    /// All of them, in the order in which they are asked unless a steering says another.
    pub const ALL: [Layer; 4] = [Layer::Measured, Layer::Topology, Layer::Geography, Layer::Default];

    /// Its position in [`Layer::ALL`].
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Its word in settings, logs, metrics, `explain`.
    pub const fn word(self) -> &'static str {
        match self {
            Layer::Measured => "measured",
            Layer::Topology => "topology",
            Layer::Geography => "geography",
            Layer::Default => "default",
        }
    }
}
