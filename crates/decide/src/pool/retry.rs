//! Whether a failed request may be tried again, and the budget that keeps retries from multiplying an outage.

use crate::config;
use crate::forward::ProxyError;
use crate::time::{Duration, Instant};
use wire::http::Method;

/// How much of the request may have reached the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sent {
    /// Not a byte: it cannot have had any effect.
    Nothing,
    /// Something, not all.
    Part,
    /// All of it.
    Whole,
}

/// Why a second try is thought of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The backend failed.
    Failed(ProxyError),
    /// The backend answered with this status.
    Status(u16),
}

/// A try that went wrong.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// Tries made so far, this one included.
    pub tries: u32,
    /// How much of the request was sent.
    pub sent: Sent,
    /// Whether the request can be sent from its beginning again: it has no body, or all of the body so far is still held.
    pub replayable: bool,
    /// Whether a byte of the final answer has gone to the client.
    pub answered: bool,
    /// What went wrong.
    pub cause: Cause,
}

/// Whether a request may be tried again, the budget aside; the error is the reason why not.
pub fn may_retry(settings: &config::Retry, attempt: &Attempt<'_>) -> Result<(), &'static str> {
    if attempt.tries > settings.attempts {
        return Err("no tries left");
    }
    if attempt.answered {
        return Err("the answer has begun");
    }
    if !attempt.replayable {
        return Err("part of the request's body is gone");
    }
    if let Cause::Status(status) = attempt.cause
        && !settings.statuses.contains(&status)
    {
        return Err("the status is not one to retry");
    }
    // RFC 9110 §9.2.2: a request whose method is not idempotent is repeated only if it is known that it was never applied.
    let untouched = attempt.sent == Sent::Nothing && matches!(attempt.cause, Cause::Failed(_));
    if !untouched && !attempt.method.is_idempotent() {
        return Err("the method is not idempotent and the backend may have acted");
    }
    Ok(())
}

/// The second a bucket counts.
const BUCKET: Duration = Duration::from_secs(1);
const BUCKETS: usize = 10;

/// Requests and retries of the last ten seconds (nine whole ones and the one that runs). A retry is allowed while either holds: fewer
/// than `budget_min` were made in this second, or fewer than `budget_percent` of the requests of the ten seconds.
#[derive(Clone, Debug)]
pub struct Budget {
    percent: u64,
    min: u32,
    /// The number, since the clock began, of the second that `buckets[second % 10]` counts; the others count the nine before.
    second: u64,
    buckets: [Bucket; BUCKETS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    requests: u32,
    retries: u32,
}

impl Budget {
    /// An empty budget.
    pub fn new(settings: &config::Retry) -> Self {
        let percent = u64::from(settings.budget_percent);
        Self { percent, min: settings.budget_min, second: 0, buckets: [Bucket::default(); BUCKETS] }
    }

    /// The same counts under new settings.
    pub fn reconfigured(&self, settings: &config::Retry) -> Self {
        Self { percent: u64::from(settings.budget_percent), min: settings.budget_min, ..self.clone() }
    }

    /// A request has come (retries do not count as requests).
    pub fn deposit(&mut self, now: Instant) {
        let bucket = self.turn(now);
        bucket.requests = bucket.requests.saturating_add(1);
    }

    /// Takes one retry, if the budget allows it.
    pub fn withdraw(&mut self, now: Instant) -> bool {
        let this_second = self.turn(now).retries;
        let sum = |count: fn(&Bucket) -> u32| self.buckets.iter().map(|bucket| u64::from(count(bucket))).sum::<u64>();
        let (requests, retries) = (sum(|bucket| bucket.requests), sum(|bucket| bucket.retries));
        // The retry asked for is counted in: 20 % of five requests are one retry, of four none.
        let allowed = this_second < self.min || (retries + 1) * 100 <= requests * self.percent;
        if allowed {
            let bucket = self.turn(now);
            bucket.retries = bucket.retries.saturating_add(1);
        }
        allowed
    }

    /// Empties the buckets whose second is long over and returns the one of now.
    fn turn(&mut self, now: Instant) -> &mut Bucket {
        let second = now.as_nanos() / BUCKET.as_nanos() as u64;
        // A `now` from before the last call counts as the last call's: several requests may ask out of order by a hair.
        let passed = second.saturating_sub(self.second);
        for ahead in 1..=passed.min(BUCKETS as u64) {
            self.buckets[((self.second + ahead) % BUCKETS as u64) as usize] = Bucket::default();
        }
        self.second += passed;
        &mut self.buckets[(self.second % BUCKETS as u64) as usize]
    }
}

#[cfg(test)]
mod tests;
