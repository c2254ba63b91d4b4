//! What holds for every algorithm; and what the tests of each share.

use super::*;
use crate::config::HashKey;
use crate::forward::ProxyError;
use crate::random::SplitMix;
use alloc::string::{String, ToString};
use alloc::vec;
use proptest::prelude::*;

/// Candidates 0, 1, … of these weights, at full share and with nothing in flight.
pub(super) fn weighing(weights: &[u32]) -> Vec<Candidate> {
    weights.iter().enumerate().map(|(index, weight)| Candidate { index, weight: *weight, share: FULL_SHARE, in_flight: 0 }).collect()
}

/// Names `b0`, `b1`, …
pub(super) fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| alloc::format!("b{at}")).collect()
}

/// The balancer of a pool with these weights.
pub(super) fn balancer(algorithm: &Algorithm, weights: &[u32]) -> Box<dyn Balancer> {
    let names = names(weights.len());
    let members: Vec<_> = names.iter().zip(weights).map(|(name, weight)| Member { name, weight: *weight, was: None }).collect();
    new(algorithm, &members)
}

/// A pick without key and record at time zero.
pub(super) fn pick(balancer: &mut dyn Balancer, candidates: &[Candidate], random: &mut SplitMix) -> usize {
    pick_key(balancer, candidates, None, random)
}

/// A pick without record at time zero.
pub(super) fn pick_key(balancer: &mut dyn Balancer, candidates: &[Candidate], key: Option<u64>, random: &mut SplitMix) -> usize {
    balancer.pick(&Ask { candidates, key, now: Instant::ZERO }, random, None).expect("there are candidates")
}

/// How often each of the candidates comes up in `picks` picks.
pub(super) fn counts(balancer: &mut dyn Balancer, candidates: &[Candidate], picks: usize, random: &mut SplitMix) -> Vec<u64> {
    let mut counts = vec![0; candidates.iter().map(|candidate| candidate.index + 1).max().unwrap_or(0)];
    for _ in 0..picks {
        counts[pick(balancer, candidates, random)] += 1;
    }
    counts
}

/// Pearson's statistic of counts against parts of a whole.
pub(super) fn chi_square(counts: &[u64], parts: &[f64]) -> f64 {
    let (picks, whole) = (counts.iter().sum::<u64>() as f64, parts.iter().sum::<f64>());
    let expected = parts.iter().map(|part| picks * part / whole);
    counts.iter().zip(expected).map(|(count, expected)| (*count as f64 - expected) * (*count as f64 - expected) / expected).sum()
}

/// Every algorithm once.
pub(crate) fn algorithms() -> Vec<Algorithm> {
    vec![
        Algorithm::RoundRobin,
        Algorithm::Random,
        Algorithm::WeightedRoundRobin,
        Algorithm::WeightedRandom,
        Algorithm::SourceHash,
        Algorithm::Hash(HashKey::Path),
        Algorithm::ConsistentHash { key: HashKey::Path, virtual_nodes: 3, bounded_load: 0 },
        Algorithm::ConsistentHash { key: HashKey::Path, virtual_nodes: 3, bounded_load: 125 },
        Algorithm::LeastConnections { sample_above: 100 },
        Algorithm::LeastConnections { sample_above: 0 },
        Algorithm::Fastest { decay: Duration::from_secs(10) },
        Algorithm::LoadAware { expires: Duration::from_secs(30) },
    ]
}

#[test]
fn no_candidate_no_pick() {
    for algorithm in algorithms() {
        let mut balancer = balancer(&algorithm, &[1, 1]);
        for key in [None, Some(7)] {
            let ask = Ask { candidates: &[], key, now: Instant::ZERO };
            assert_eq!(balancer.pick(&ask, &mut SplitMix::new(1), Some(&mut Record::default())), None, "{algorithm:?}");
        }
    }
}

#[test]
fn names_are_those_of_the_configuration() {
    let mut names: Vec<_> = algorithms().iter().map(|algorithm| balancer(algorithm, &[1]).name().to_string()).collect();
    names.dedup();
    let wanted =
        "round-robin random weighted-round-robin weighted-random source-hash hash consistent-hash least-connections fastest load-aware";
    assert_eq!(names.join(" "), wanted);
}

#[test]
fn in_slow_start_a_backend_gets_its_share_in_every_algorithm_that_ignores_state() {
    let mut candidates = weighing(&[1, 1, 1, 1]);
    candidates[2].share = 250;
    for algorithm in &algorithms()[..7] {
        let mut balancer = balancer(algorithm, &[1, 1, 1, 1]);
        let mut random = SplitMix::new(11);
        let mut count = [0_u64; 4];
        for number in 0..26_000_u64 {
            count[pick_key(&mut *balancer, &candidates, Some(hash::mix(number)), &mut random)] += 1;
        }
        // A quarter of the share of any other: 1 of 13. The ring's own unevenness (3 points each) is not slow start's concern.
        let share = count[2] as f64 / 26_000.0;
        let span = if matches!(algorithm, Algorithm::ConsistentHash { .. }) { 0.01..0.14 } else { 0.055..0.085 };
        assert!(span.contains(&share), "{algorithm:?} gives it {share}");
    }
}

#[test]
fn a_rebuild_keeps_what_is_known_of_those_that_stay() {
    // b1 of three is slow and loaded; then b0 leaves and a new one stands first.
    let names = names(4);
    let members = [(3, None), (1, Some(1)), (2, Some(2))].map(|(name, was)| Member { name: &names[name], weight: 1, was });
    let candidates = weighing(&[1, 1, 1]);
    let now = Instant::from_nanos(1);
    let mut fastest = balancer(&Algorithm::Fastest { decay: Duration::from_secs(10) }, &[1, 1, 1]);
    let mut aware = balancer(&Algorithm::LoadAware { expires: Duration::from_secs(30) }, &[1, 1, 1]);
    for backend in 0..3 {
        let slow = if backend == 1 { 900 } else { 10 };
        fastest.finished(backend, Outcome::Success { status: 200 }, Duration::from_millis(slow), now);
        aware.reported(backend, slow as f64 / 1000.0, now);
    }
    fastest.rebuild(&members);
    aware.rebuild(&members);
    let mut record = Record::default();
    let ask = Ask { candidates: &candidates, key: None, now };
    assert_eq!(fastest.pick(&ask, &mut SplitMix::new(1), Some(&mut record)), Some(0), "the new one is explored");
    assert!((record.scores[1].score - 0.9).abs() < 1e-9 && (record.scores[2].score - 0.01).abs() < 1e-9, "{record:?}");
    assert_eq!(aware.pick(&ask, &mut SplitMix::new(1), Some(&mut record)), Some(2));
    assert!(record.scores[0].note.starts_with("no fresh report"), "{record:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is offered and whatever was learned, the pick is one of the candidates; the record has a line for each, and asking for it
    /// on a copy gives the same choice.
    #[test]
    fn a_pick_is_a_candidate_and_the_record_does_not_change_it(
        seed in any::<u64>(),
        backends in proptest::collection::vec((1..300_u32, 1..=FULL_SHARE, 0..40_u32, any::<bool>()), 1..12),
        lessons in proptest::collection::vec((0..12_usize, 0..5_000_u64, 0..4_u8), 0..20),
    ) {
        let weights: Vec<_> = backends.iter().map(|(weight, ..)| *weight).collect();
        for algorithm in algorithms() {
            let mut balancer = balancer(&algorithm, &weights);
            let mut random = SplitMix::new(seed);
            for (step, (backend, millis, kind)) in lessons.iter().enumerate() {
                let now = Instant::ZERO + Duration::from_millis(step as u64 * 100);
                let backend = backend % backends.len();
                let outcome = match kind {
                    0 => Outcome::Success { status: 200 },
                    1 => Outcome::Failure(ProxyError::ConnectionRefused),
                    _ => Outcome::ClientGone,
                };
                balancer.finished(backend, outcome, Duration::from_millis(*millis), now);
                balancer.reported(backend, *millis as f64 / 1000.0, now);
                let offered: Vec<_> = backends.iter().enumerate()
                    .filter(|(index, (.., there))| *there || *index == backend)
                    .map(|(index, &(weight, share, in_flight, _))| Candidate { index, weight, share, in_flight })
                    .collect();
                let key = (kind % 2 == 0).then(|| random.next());
                let ask = Ask { candidates: &offered, key, now };
                let mut record = Record::default();
                let told = balancer.clone().pick(&ask, &mut random.clone(), Some(&mut record));
                let picked = balancer.pick(&ask, &mut random, None);
                prop_assert_eq!(told, picked);
                prop_assert!(offered.iter().any(|candidate| Some(candidate.index) == picked));
                prop_assert!(record.scores.iter().map(|score| score.backend).eq(offered.iter().map(|candidate| candidate.index)));
                prop_assert!(!record.why.is_empty() && !record.meaning.is_empty());
                prop_assert!(record.scores.iter().all(|score| score.score.is_finite()));
            }
        }
    }
}
