//! Rounds of requests so large or so costly that a load which cuts them off at the end of the round would not be counting right: here
//! every request that was begun is finished.

use super::wrk::Round;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// Runs this many clients at once until the time is over, then lets each finish; one that comes late to its turn asks once all the same.
/// `client` makes one; that asks, and says the status.
pub(super) fn run<F: FnMut() -> io::Result<u16>>(
    clients: usize,
    length: Duration,
    client: impl Fn() -> io::Result<F> + Sync,
) -> Result<Round, String> {
    let begin = Instant::now();
    let ask_on = || -> io::Result<Vec<f64>> {
        let mut ask = client()?;
        let mut latencies = Vec::new();
        loop {
            let asked = Instant::now();
            match ask()? {
                200 => latencies.push(asked.elapsed().as_secs_f64() * 1e6),
                status => return Err(io::Error::other(format!("status {status}"))),
            }
            if begin.elapsed() >= length {
                return Ok(latencies);
            }
        }
    };
    let outcomes: Vec<io::Result<Vec<f64>>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(ask_on)).collect();
        clients.into_iter().map(|client| client.join().expect("no client panics")).collect()
    });
    let seconds = begin.elapsed().as_secs_f64();
    let latencies = outcomes.into_iter().collect::<io::Result<Vec<_>>>().map_err(|error| error.to_string())?;
    let mut latencies = latencies.concat();
    latencies.sort_by(f64::total_cmp);
    let at =
        |percent: usize| latencies.get((latencies.len() * percent / 100).min(latencies.len().saturating_sub(1))).copied().unwrap_or(0.0);
    #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
    let requests = latencies.len() as f64;
    Ok(Round { requests, seconds, latency: Some((at(50), at(99))) })
}

#[cfg(test)]
mod tests {
    use super::super::address::Address;
    use super::super::backend;
    use super::super::client::Connection;
    use super::*;

    #[test]
    fn a_request_begun_in_time_is_counted_though_it_ends_late() {
        let to = Address::clear(backend::start(Duration::from_millis(30)).expect("loopback is there"));
        let client = || {
            let mut connection = Connection::open_large(to, "/", Some(300_000))?;
            Ok(move || connection.ask())
        };
        let round = run(2, Duration::from_millis(10), client).expect("every request is answered");
        assert!((round.requests - 2.0).abs() < f64::EPSILON, "{round:?}");
        assert!(round.seconds >= 0.03 && round.latency.is_some_and(|(p50, _)| p50 >= 30_000.0), "{round:?}");
    }

    /// As where a machine is so busy that the time is over before a client has its first turn.
    #[test]
    fn whoever_comes_late_asks_once() {
        let round = run(3, Duration::ZERO, || Ok(|| Ok(200))).expect("every request is answered");
        assert!((round.requests - 3.0).abs() < f64::EPSILON, "{round:?}");
    }
}
