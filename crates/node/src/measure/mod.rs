//! Clients that measure which place is nearest: the script they are given, the object that it times, and the endpoint it reports to.
//!
//! - [`Measuring`]: what one steering is told, and who may tell it. [`report`]: a report as it comes.
//! - `proxy/nearest.rs` ties them to requests.

pub(crate) mod report;
mod script;

pub(crate) use script::{MOST_PLACES, script};

use crate::server::Snapshot;
use aws_lc_rs::hmac;
use decide::config::{Config, Measure};
use decide::random::Random;
use decide::steer::leave::{Leave, NotGood, SIGNATURE, Used};
use decide::steer::reports::{Believed, NotTaken, Reports};
use decide::time::{Calendar, Duration, Instant};
use host::Host;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use wire::network::Network;

/// Where the script is.
pub(crate) const SCRIPT: &[u8] = b"/.throughline/probe.js";
/// Where the object is that it times, at each place.
pub(crate) const OBJECT: &[u8] = b"/.throughline/probe";
/// Where it reports.
pub(crate) const REPORT: &[u8] = b"/.throughline/report";

/// What clients report to one steering. It is shared by all workers and outlives reloads; a report holds its lock for microseconds.
pub struct Measuring {
    steering: String,
    /// The names of all places that there are: reports go by their indices.
    places: Vec<String>,
    key: hmac::Key,
    /// The key is nobody's but this process's.
    drawn: bool,
    lifetime: Duration,
    state: Arc<Mutex<State>>,
}

struct State {
    reports: Reports,
    used: Used,
}

impl Measuring {
    /// Of a steering of this configuration, if clients measure for it. What was reported before a reload stays, unless places have changed.
    pub(crate) fn of(host: &Host, config: &Config, steering: usize, old: Option<&Snapshot>) -> Option<Arc<Measuring>> {
        let (name, rules) = (&config.steerings[steering].name, config.steerings[steering].measure.as_ref()?);
        let places: Vec<String> = config.pops.iter().map(|pop| pop.name.clone()).collect();
        let before = old.and_then(|old| {
            let index = old.config.steerings.iter().position(|steering| steering.name == *name)?;
            old.measuring(index)
        });
        let state = match before {
            Some(before) if before.places == places => before.state.clone(),
            _ => Arc::new(Mutex::new(State::new(rules, before.map(|before| before.lock().used.clone())))),
        };
        // One that was drawn outlives reloads as the reports do: clients have leaves in hand that are signed with it.
        let key = match (&rules.key, before) {
            (Some(key), _) => hmac::Key::new(hmac::HMAC_SHA256, &key.0),
            (None, Some(before)) if before.drawn => before.key.clone(),
            (None, _) => hmac::Key::new(hmac::HMAC_SHA256, &draw(host)),
        };
        let (steering, lifetime, drawn) = (name.clone(), rules.lifetime, rules.key.is_none());
        let measuring = Measuring { steering, places, key, drawn, lifetime, state };
        measuring.lock().reports.configure(rules);
        Some(Arc::new(measuring))
    }

    /// What is believed of clients' networks: what the steering's `MeasuredTable` is made of.
    pub fn table(&self, now: Instant) -> Vec<Believed> {
        self.lock().reports.table(now)
    }

    /// Changes with every report that is taken: whoever publishes tables need not ask for the same one again, but for what grows old.
    pub fn version(&self) -> u64 {
        self.lock().reports.version()
    }

    /// A new leave for a client.
    pub(crate) fn leave(&self, client: IpAddr, host: &Host) -> String {
        let until = (host.calendar().0 + self.lifetime).as_secs();
        let mut random = host.unguessable();
        let nonce = (u128::from(random.next()) << 64) | u128::from(random.next());
        let leave = Leave { until, nonce };
        let tag = hmac::sign(&self.key, &leave.signed(&self.steering, client));
        let signature: [u8; SIGNATURE] = tag.as_ref().try_into().expect("SHA-256 has 32 bytes");
        leave.text(&signature)
    }

    /// Takes a report from a client, if its leave is good. A leave is used up by a report that is taken, and by no other: whoever has
    /// none that is taken cannot fill the memory of those that were.
    pub(crate) fn take(
        &self,
        client: IpAddr,
        leave: &str,
        times: &[(u16, Duration)],
        calendar: Calendar,
        now: Instant,
    ) -> Result<Network, report::Refusal> {
        use report::Refusal;
        let (leave, signature) = Leave::read(leave).ok_or(Refusal::Forged)?;
        hmac::verify(&self.key, &leave.signed(&self.steering, client), &signature).map_err(|_| Refusal::Forged)?;
        let State { reports, used } = &mut *self.lock();
        used.check(&leave, self.lifetime, calendar).map_err(|why| match why {
            NotGood::Over => Refusal::Over,
            NotGood::Used => Refusal::Used,
            NotGood::Full => Refusal::Full,
        })?;
        let network = reports.take(client, times, now).map_err(|why| match why {
            NotTaken::Again => Refusal::Again,
            NotTaken::TooMany => Refusal::TooMany,
            NotTaken::Impossible => Refusal::Impossible,
        })?;
        used.note(&leave);
        Ok(network)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it is held")
    }
}

/// A key that nobody else knows.
fn draw(host: &Host) -> [u8; 32] {
    let mut random = host.unguessable();
    let words = [random.next(), random.next(), random.next(), random.next()].map(u64::to_ne_bytes);
    std::array::from_fn(|at| words[at / 8][at % 8])
}

impl State {
    fn new(rules: &Measure, used: Option<Used>) -> State {
        State { reports: Reports::new(rules), used: used.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests;
