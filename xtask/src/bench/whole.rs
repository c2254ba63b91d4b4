//! Rounds of requests so large that a load which cuts them off at the end of the round would not be counting right: here every request
//! that was begun is finished.

use super::client::Connection;
use super::wrk::Round;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// Asks on this many connections at once until the time is over, then lets each finish.
pub(super) fn run(port: u16, path: &str, body: Option<usize>, connections: usize, length: Duration) -> Result<Round, String> {
    let begin = Instant::now();
    let client = || -> io::Result<Vec<f64>> {
        let mut connection = Connection::open_large(port, path, body)?;
        let mut latencies = Vec::new();
        while begin.elapsed() < length {
            let asked = Instant::now();
            match connection.ask()? {
                200 => latencies.push(asked.elapsed().as_secs_f64() * 1e6),
                status => return Err(io::Error::other(format!("status {status}"))),
            }
        }
        Ok(latencies)
    };
    let outcomes: Vec<io::Result<Vec<f64>>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..connections).map(|_| scope.spawn(client)).collect();
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
    Ok(Round { requests, seconds, p50_us: at(50), p99_us: at(99) })
}

#[cfg(test)]
mod tests {
    use super::super::backend;
    use super::*;

    #[test]
    fn a_request_begun_in_time_is_counted_though_it_ends_late() {
        let port = backend::start(Duration::from_millis(30)).expect("loopback is there");
        let round = run(port, "/", Some(100_000), 2, Duration::from_millis(10)).expect("every request is answered");
        assert!((round.requests - 2.0).abs() < f64::EPSILON, "{round:?}");
        assert!(round.seconds >= 0.03 && round.p50_us >= 30_000.0, "{round:?}");
    }
}
