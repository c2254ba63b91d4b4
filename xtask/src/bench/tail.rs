//! One backend of four is slow: what the slowest requests wait, per algorithm.
//!
//! The load is open: requests start at fixed times whether or not earlier ones were answered, and a latency counts from the time a request
//! was due. A client that waits for an answer before it asks again would ask the slow backend less, and hide what this row is about.

use super::address::{Address, Door};
use super::client::Connection;
use super::peers::Peer;
use super::{Bench, backend, peers};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What a backend takes for an answer; the slow one takes `SLOWER` more.
const SERVICE: Duration = Duration::from_millis(5);
const SLOWER: Duration = Duration::from_millis(50);
const BACKENDS: usize = 4;

/// Requests due per second.
pub(super) const RATE: u32 = 1000;

/// Connections that take turns: more than are ever in flight unless a server stalls.
const CONNECTIONS: usize = 160;

/// Not counted at the beginning of a round.
const WARM_UP: Duration = Duration::from_millis(1000);

/// What one algorithm came to.
pub(super) struct Tail {
    pub(super) name: &'static str,
    pub(super) algorithm: &'static str,
    /// Sorted.
    pub(super) latencies: Vec<Duration>,
    pub(super) failed: usize,
}

/// Every algorithm of every peer, A…Z Z…A.
pub(super) fn measure(bench: &Bench) -> Result<Vec<Tail>, String> {
    let ports = start_backends()?;
    let variants: Vec<(&Peer, (&'static str, &'static str))> =
        bench.peers.iter().flat_map(|peer| peer.algorithms.iter().map(move |&algorithm| (peer, algorithm))).collect();
    let mut all: Vec<Tail> =
        variants.iter().map(|(peer, (algorithm, _))| Tail { name: peer.name, algorithm, latencies: Vec::new(), failed: 0 }).collect();
    for round in 0..bench.plan.tail_rounds {
        for step in 0..variants.len() {
            let index = if round % 2 == 0 { step } else { variants.len() - 1 - step };
            let (peer, (_, balance)) = variants[index];
            let running = peers::start(bench, peer, balance, &ports)?;
            let (latencies, failed) = load(running.address(Door::Clear), bench.plan.tail_round);
            all[index].latencies.extend(latencies);
            all[index].failed += failed;
        }
    }
    all.iter_mut().for_each(|tail| tail.latencies.sort_unstable());
    Ok(all)
}

/// Requests at their due times, by whichever connection is free; latencies of the answered ones, and how many failed.
fn load(to: Address, length: Duration) -> (Vec<Duration>, usize) {
    let period = Duration::from_secs(1) / RATE;
    let begin = Instant::now() + Duration::from_millis(50);
    let end = begin + WARM_UP + length;
    let next = AtomicUsize::new(0);
    let outcome = Mutex::new((Vec::new(), 0));
    let client = || {
        let mut connection = None;
        let (mut latencies, mut failed) = (Vec::new(), 0);
        loop {
            let turn = u32::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(u32::MAX);
            let due = begin + period.saturating_mul(turn);
            if due >= end {
                break;
            }
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let answered = ask(&mut connection, to);
            if due >= begin + WARM_UP {
                match answered {
                    Ok(200) => latencies.push(due.elapsed()),
                    _ => failed += 1,
                }
            }
        }
        let mut outcome = outcome.lock().expect("no client panics");
        outcome.0.append(&mut latencies);
        outcome.1 += failed;
    };
    thread::scope(|scope| (0..CONNECTIONS).for_each(|_| drop(scope.spawn(client))));
    outcome.into_inner().expect("no client panics")
}

/// Asks on the connection there is, or on a new one after a failure.
fn ask(connection: &mut Option<Connection>, to: Address) -> io::Result<u16> {
    let mut one = match connection.take() {
        Some(one) => one,
        None => Connection::open(to, "/1k")?,
    };
    let status = one.ask()?;
    *connection = Some(one);
    Ok(status)
}

/// The last one is the slow one.
fn start_backends() -> Result<Vec<u16>, String> {
    (1..=BACKENDS).map(|number| backend::start(if number == BACKENDS { SERVICE + SLOWER } else { SERVICE })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slow_backend_shows_in_a_latency_counted_from_when_it_was_due() {
        let ports = start_backends().expect("loopback is there");
        let slow = Address::clear(ports[BACKENDS - 1]);
        let begin = Instant::now();
        assert_eq!(ask(&mut None, slow).expect("the backend answers"), 200);
        assert!(begin.elapsed() >= SERVICE + SLOWER);
        let (latencies, failed) = load(slow, Duration::from_millis(100));
        assert_eq!(latencies.len() + failed, 100);
        assert!(latencies.iter().all(|latency| *latency >= SERVICE + SLOWER));
    }
}
