use super::super::tests::weighing;
use super::*;
use crate::forward::ProxyError;
use crate::random::SplitMix;
use crate::time::{Duration, Instant};

const OK: Outcome = Outcome::Success { status: 200 };

/// Four backends in virtual time: one request each millisecond, answered after the backend's latency.
struct Bench {
    balancer: Fastest,
    candidates: Vec<Candidate>,
    now: Instant,
    /// End, backend, latency.
    running: Vec<(Instant, usize, Duration)>,
}

impl Bench {
    fn new() -> Self {
        let mut balancer = Fastest::new(Duration::from_secs(2));
        balancer.rebuild(&[Member { name: "b", weight: 1, was: None }; 4]);
        Self { balancer, candidates: weighing(&[1; 4]), now: Instant::ZERO, running: Vec::new() }
    }

    fn pick(&mut self) -> usize {
        let ask = Ask { candidates: &self.candidates, key: None, now: self.now };
        self.balancer.pick(&ask, &mut SplitMix::new(0), None).unwrap()
    }

    /// How many requests each gets in `millis` milliseconds at these latencies.
    fn run(&mut self, millis: usize, latency_ms: [u64; 4]) -> [u64; 4] {
        let mut counts = [0; 4];
        for _ in 0..millis {
            let (done, running): (Vec<_>, Vec<_>) = core::mem::take(&mut self.running).into_iter().partition(|(end, ..)| *end <= self.now);
            self.running = running;
            for (end, backend, latency) in done {
                self.candidates[backend].in_flight -= 1;
                self.balancer.finished(backend, OK, latency, end);
            }
            let picked = self.pick();
            let latency = Duration::from_millis(latency_ms[picked]);
            self.candidates[picked].in_flight += 1;
            self.running.push((self.now + latency, picked, latency));
            counts[picked] += 1;
            self.now = self.now + Duration::from_millis(1);
        }
        counts
    }
}

#[test]
fn equal_backends_get_equal_parts() {
    let counts = Bench::new().run(4000, [10; 4]);
    assert!(counts.iter().all(|count| (900..=1100).contains(count)), "{counts:?}");
}

#[test]
fn a_backend_that_turns_slow_is_left_and_taken_again_when_it_recovers() {
    let mut bench = Bench::new();
    bench.run(2000, [10; 4]);
    let slow = bench.run(2000, [10, 10, 500, 10]);
    assert!(slow[2] < 30, "it gets under 1.5 % once it has been seen slow: {slow:?}");
    // The estimate of half a second comes down to ten milliseconds by 1/e in two seconds: after twelve, e^-6, about one is left on top.
    bench.run(12_000, [10; 4]);
    let recovered = bench.run(4000, [10; 4]);
    assert!((700..=1300).contains(&recovered[2]), "it has its part again: {recovered:?}");
}

#[test]
fn the_estimate_is_a_peak_then_an_exponential_mean() {
    let mut balancer = Fastest::new(Duration::from_secs(10));
    balancer.rebuild(&[Member { name: "b", weight: 1, was: None }]);
    let at = |seconds| Instant::ZERO + Duration::from_secs(seconds);
    let estimate = |balancer: &Fastest| balancer.seen[0].unwrap().seconds;
    balancer.finished(0, OK, Duration::from_millis(100), at(0));
    assert!((estimate(&balancer) - 0.1).abs() < 1e-12);
    balancer.finished(0, OK, Duration::from_millis(800), at(1));
    assert!((estimate(&balancer) - 0.8).abs() < 1e-12, "a peak counts at once");
    balancer.finished(0, OK, Duration::from_millis(100), at(11));
    let left = 1.0 / core::f64::consts::E;
    assert!((estimate(&balancer) - (0.8 * left + 0.1 * (1.0 - left))).abs() < 1e-9, "after one decay 1/e of the old is left");
    assert!((balancer.seen[0].unwrap().faded(10.0, at(21)) - estimate(&balancer) * left).abs() < 1e-9, "and it fades unobserved");
}

#[test]
fn failing_fast_is_not_fast_and_a_client_that_leaves_says_nothing() {
    let mut bench = Bench::new();
    for backend in 0..4 {
        bench.balancer.finished(backend, OK, Duration::from_millis(20), bench.now);
    }
    let before = bench.balancer.seen[1].unwrap().seconds;
    bench.balancer.finished(1, Outcome::ClientGone, Duration::from_secs(30), bench.now);
    assert_eq!(bench.balancer.seen[1].unwrap().seconds, before);
    bench.balancer.finished(1, Outcome::Success { status: 503 }, Duration::from_micros(1), bench.now + Duration::from_secs(1));
    assert_eq!(bench.balancer.seen[1].unwrap().seconds, before, "a fast error does not lower the estimate");
    bench.balancer.finished(0, Outcome::Failure(ProxyError::ConnectionRefused), Duration::from_micros(50), bench.now);
    assert_eq!(bench.balancer.seen[0].unwrap().seconds, FAILURE_SECONDS);
    let counts = bench.run(100, [10; 4]);
    assert!(counts[0] <= 1, "{counts:?}");
}

#[test]
fn one_not_seen_yet_is_explored_with_one_request() {
    let mut bench = Bench::new();
    for backend in 0..3 {
        bench.balancer.finished(backend, OK, Duration::from_millis(1), bench.now);
    }
    assert_eq!(bench.pick(), 3);
    bench.candidates[3].in_flight = 1;
    assert!((0..30).all(|_| bench.pick() != 3), "no second one before the first is answered");
}
