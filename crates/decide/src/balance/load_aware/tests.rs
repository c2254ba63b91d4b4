use super::super::tests::weighing;
use super::*;
use crate::random::SplitMix;

fn aware(loads: &[Option<f64>]) -> LoadAware {
    let mut balancer = LoadAware::new(Duration::from_secs(30));
    balancer.rebuild(&alloc::vec![Member { name: "b", weight: 1, was: None }; loads.len()]);
    for (backend, load) in loads.iter().enumerate() {
        load.iter().for_each(|load| balancer.reported(backend, *load, Instant::ZERO));
    }
    balancer
}

fn pick(balancer: &mut LoadAware, candidates: &[Candidate], seconds: u64) -> usize {
    let now = Instant::ZERO + Duration::from_secs(seconds);
    balancer.pick(&Ask { candidates, key: None, now }, &mut SplitMix::new(0), None).unwrap()
}

#[test]
fn the_lowest_load_is_picked_and_a_new_report_counts_at_once() {
    let mut balancer = aware(&[Some(0.7), Some(0.2), Some(0.5)]);
    assert_eq!(pick(&mut balancer, &weighing(&[1; 3]), 1), 1);
    balancer.reported(1, 0.9, Instant::ZERO);
    assert_eq!(pick(&mut balancer, &weighing(&[1; 3]), 1), 2);
}

#[test]
fn between_reports_requests_in_flight_stand_for_the_load_to_come() {
    let mut balancer = aware(&[Some(0.79), Some(0.19), Some(0.39)]);
    let mut candidates = weighing(&[1; 3]);
    for _ in 0..70 {
        let picked = pick(&mut balancer, &candidates, 1);
        candidates[picked].in_flight += 1;
    }
    // In proportion to 1/0.8, 1/0.2 and 1/0.4.
    assert_eq!(candidates.iter().map(|candidate| candidate.in_flight).collect::<Vec<_>>(), [10, 40, 20]);
}

#[test]
fn an_old_report_is_ignored_and_none_is_neither_shunned_nor_flooded() {
    let mut balancer = aware(&[Some(0.9), Some(0.1), None]);
    balancer.reported(0, 0.9, Instant::ZERO + Duration::from_secs(20));
    let mut record = Record::default();
    let candidates = weighing(&[1; 3]);
    let now = Instant::ZERO + Duration::from_secs(30);
    let mut scores = |now| {
        balancer.pick(&Ask { candidates: &candidates, key: None, now }, &mut SplitMix::new(0), Some(&mut record));
        record.scores.iter().map(|score| score.score).collect::<Vec<_>>()
    };
    let close = |a: &[f64], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
    assert!(close(&scores(now), [0.91, 0.11, 0.51]), "the third counts with the mean");
    assert!(close(&scores(now + Duration::from_nanos(1)), [0.91, 0.91, 0.91]), "the second's report is 30 s old: only one is left");
}

#[test]
fn a_report_that_is_no_load_is_not_taken() {
    let mut balancer = aware(&[Some(0.5), Some(0.6)]);
    for nonsense in [f64::NAN, f64::INFINITY, -1.0] {
        balancer.reported(1, nonsense, Instant::ZERO);
    }
    assert_eq!(balancer.fresh(1, Instant::ZERO), Some(0.6));
}
