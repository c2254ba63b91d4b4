//! Counters, read from steps.

use decide::config::Config;
use decide::step::{Journey, Step};

/// The counters of a server.
pub struct Metrics {}

impl Metrics {
    pub(crate) fn new(workers: usize) -> Metrics {
        let _ = workers;
        Metrics {}
    }

    /// A configuration is about to hold: what it names is counted from now on.
    pub(crate) fn follow(&self, config: &Config) {
        let _ = config;
    }

    /// A request is over.
    pub(crate) fn journey(&self, worker: usize, journey: &Journey, config: &Config) {
        let _ = (worker, journey, config);
    }

    /// Something happened that belongs to no request.
    pub(crate) fn event(&self, step: &Step, config: &Config) {
        let _ = (step, config);
    }
}
