//! When to probe a backend, and what its answer means.

use crate::config::Probe;
use crate::random::Random;
use crate::time::Duration;

/// How much of an answer's body a probe looks at.
pub const BODY_BYTES: usize = 64 * 1024;

/// The time from one probe to the next: `interval` give or take up to `jitter` percent (at most 100), evenly, so that many balancers do
/// not probe in step.
pub fn next_probe(interval: Duration, jitter: u32, random: &mut dyn Random) -> Duration {
    let nanos = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX / 4).min(u64::MAX / 4);
    let swing = (u128::from(nanos) * u128::from(jitter.min(100)) / 100) as u64;
    Duration::from_nanos(nanos - swing + random.below(2 * swing + 1))
}

/// Whether a backend's answer to a probe is a success; the error is the reason why not. `body` is the beginning of the answer's body, of
/// which [`BODY_BYTES`] are enough. A `Connect` probe succeeds by its connection: `status` and `body` are not looked at.
pub fn judge(probe: &Probe, status: u16, body: &[u8]) -> Result<(), &'static str> {
    let Probe::Http { statuses, contains, .. } = probe else { return Ok(()) };
    if !statuses.iter().any(|(first, last)| (*first..=*last).contains(&status)) {
        return Err("the status is not one expected");
    }
    let body = &body[..body.len().min(BODY_BYTES)];
    if !contains.is_empty() && !body.windows(contains.len()).any(|window| window == contains.as_bytes()) {
        return Err("the body lacks the text expected");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
