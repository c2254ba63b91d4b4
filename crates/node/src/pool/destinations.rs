//! The servers that a forward proxy is sent to: a pool of one backend for each, so that connections are kept, requests counted and failures
//! told as for any other. To the outside, in steps and metrics, they are all the one backend that their pool has in the configuration.

use crate::pool::Pool;
use decide::address::Address;
use decide::config;
use decide::time::{Duration, Instant};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The most recently asked of them.
#[derive(Default)]
pub(crate) struct Destinations {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    pools: BTreeMap<Address, (Arc<Pool>, u64)>,
    /// Goes up with every request: whoever has the lowest number was asked least recently.
    asked: u64,
}

impl Destinations {
    /// The pool of one server, made if it is not there; the one asked least recently makes room. Requests in flight keep theirs.
    pub(super) fn pool(&self, template: &Pool, rules: &config::Destinations, at: Address) -> Arc<Pool> {
        let mut known = self.known.lock().expect("no panic while it is held");
        known.asked += 1;
        let now = known.asked;
        if let Some((pool, asked)) = known.pools.get_mut(&at) {
            *asked = now;
            return pool.clone();
        }
        if known.pools.len() >= rules.most
            && let Some(oldest) = known.pools.iter().min_by_key(|(_, (_, asked))| *asked).map(|(at, _)| at.clone())
        {
            known.pools.remove(&oldest);
        }
        let mut config = template.config.clone();
        config.backends[0].at = at.clone();
        let pool = Arc::new(Pool::new(template.index, &config, template.swept.len()));
        known.pools.insert(at, (pool.clone(), now));
        pool
    }

    /// Closes kept connections that grew old.
    pub(super) fn sweep(&self, worker: usize, keep: Duration, now: Instant) {
        let pools: Vec<_> = self.known.lock().expect("no panic while it is held").pools.values().map(|(pool, _)| pool.clone()).collect();
        pools.iter().for_each(|pool| pool.idle.sweep(worker, keep, now));
    }
}
