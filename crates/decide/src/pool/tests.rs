use super::*;
use crate::config::{Algorithm, Ejection, HashKey, HealthCheck, Probe, Retry};
use crate::forward::ProxyError;
use crate::random::SplitMix;
use alloc::vec;
use proptest::prelude::*;

const OK: Outcome = Outcome::Success { status: 200 };
const REFUSED: Outcome = Outcome::Failure(ProxyError::ConnectionRefused);

fn at(seconds: u64) -> Instant {
    // Not the clock's beginning, so that "before" has room.
    Instant::from_nanos(1_000_000_000_000) + Duration::from_secs(seconds)
}

/// Backends `b0`, `b1`, … of these weights.
fn config(weights: &[u32]) -> config::Pool {
    let backend = |(at, weight): (usize, &u32)| config::Backend {
        name: alloc::format!("b{at}"),
        at: Address::Name("app".into(), at as u16),
        weight: *weight,
    };
    config::Pool {
        name: "app".into(),
        backends: weights.iter().enumerate().map(backend).collect(),
        algorithm: Algorithm::RoundRobin,
        slow_start: Duration::from_secs(600),
        health: Some(HealthCheck {
            probe: Probe::Connect,
            interval: Duration::from_secs(2),
            jitter: 10,
            timeout: Duration::from_secs(1),
            rise: 2,
            fall: 3,
        }),
        ejection: Ejection { failures: 5, count_5xx: true, base: Duration::from_secs(10), max: Duration::from_secs(60), max_percent: 50 },
        panic_percent: 0,
        retry: Retry { attempts: 1, budget_percent: 20, budget_min: 10, statuses: vec![] },
        max_in_flight: 0,
        queue: 0,
        queue_timeout: Duration::ZERO,
        connect_timeout: Duration::from_secs(1),
        response_timeout: Duration::from_secs(60),
        transfer_timeout: Duration::from_secs(60),
        keep_alive: Duration::from_secs(60),
        protocol: crate::config::Protocol::Http1,
        keep_alive_connections: 8,
        tls: None,
        destinations: None,
    }
}

fn select(pool: &mut Pool, tried: &[usize], now: Instant) -> Selection {
    pool.select(None, tried, now, &mut SplitMix::new(1), None)
}

/// Selects, and fails the test if that gives no backend.
fn chosen(pool: &mut Pool, now: Instant) -> (usize, &'static str) {
    match select(pool, &[], now) {
        Selection::Backend { index, why, .. } => (index, why),
        other => panic!("no backend: {other:?}"),
    }
}

/// How often each is chosen in `requests` selections.
fn counts(pool: &mut Pool, requests: usize, now: Instant) -> Vec<usize> {
    let mut counts = vec![0; pool.len()];
    (0..requests).for_each(|_| counts[chosen(pool, now).0] += 1);
    counts
}

/// One request to one backend, begun and ended at `now`.
fn request(pool: &mut Pool, index: usize, outcome: Outcome, now: Instant) -> Option<Step> {
    pool.started(index);
    pool.finished(index, outcome, Duration::ZERO, now)
}

/// Failures in a row until it is ejected, and for how long it is.
fn eject(pool: &mut Pool, index: usize, now: Instant) -> Duration {
    for failure in 1..=5 {
        let step = request(pool, index, REFUSED, now);
        if failure < 5 {
            assert_eq!(step, None, "failure {failure}");
        } else if let Some(Step::BackendEjected { backend, failures: 5, span }) = step {
            assert_eq!(backend, BackendRef { pool: 3, backend: index as u16 });
            return span;
        }
    }
    panic!("five failures in a row did not eject {index}");
}

fn probe(pool: &mut Pool, index: usize, results: &str, now: Instant) -> Vec<Option<Step>> {
    results.chars().map(|result| pool.probed(index, if result == '+' { Ok(()) } else { Err("refused") }, now)).collect()
}

fn down(pool: &mut Pool, index: usize, now: Instant) {
    probe(pool, index, "---", now);
    assert_eq!(pool.status(now)[index].health, Health::Down);
}

#[test]
fn the_first_start_is_at_full_share_and_health_begins_unknown_and_usable() {
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    assert_eq!(counts(&mut pool, 10, at(0)), [5, 5]);
    assert!(pool.status(at(0)).iter().all(|status| status.health == Health::Unknown && status.share == 1000));
}

#[test]
fn health_rises_and_falls_only_with_enough_probes_in_a_row() {
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    let backend = BackendRef { pool: 3, backend: 1 };
    let up = Some(Step::BackendUp { backend, probes: 2 });
    let down = Some(Step::BackendDown { backend, probes: 3, why: "refused" });
    assert_eq!(probe(&mut pool, 1, "++", at(0)), [None, up]);
    assert_eq!(probe(&mut pool, 1, "+--+---", at(0)), [None, None, None, None, None, None, down]);
    assert_eq!(counts(&mut pool, 4, at(0)), [4, 0]);
    assert_eq!(probe(&mut pool, 1, "-+-+-++", at(0)), [None, None, None, None, None, None, up]);
    assert!(counts(&mut pool, 22, at(0))[1] > 0);
}

#[test]
fn a_flapping_backend_keeps_the_state_it_had() {
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    probe(&mut pool, 0, "++", at(0));
    assert!(probe(&mut pool, 0, "--+--+--+--+", at(1)).iter().all(Option::is_none));
    assert_eq!(pool.status(at(1))[0].health, Health::Up);
    probe(&mut pool, 0, "---", at(2));
    assert!(probe(&mut pool, 0, "+-+-+-+-", at(3)).iter().all(Option::is_none));
    assert_eq!(pool.status(at(3))[0].health, Health::Down);
}

#[test]
fn ten_minutes_of_slow_start_rise_in_a_straight_line_after_each_return() {
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    down(&mut pool, 1, at(0));
    probe(&mut pool, 1, "++", at(1000));
    for (second, share) in [(1000, 100), (1060, 190), (1300, 550), (1599, 998), (1600, 1000), (9000, 1000)] {
        assert_eq!(pool.status(at(second))[1].share, share, "at {second}");
    }
    assert_eq!(counts(&mut pool.clone(), 110, at(1000)), [100, 10]);
    assert_eq!(counts(&mut pool.clone(), 310, at(1300)), [200, 110]);
    assert_eq!(counts(&mut pool.clone(), 100, at(1600)), [50, 50]);
    assert_eq!(pool.status(at(1000))[0].share, 1000, "the other stays as it was");
}

#[test]
fn an_ejected_backend_returns_by_itself_at_its_time_and_starts_slowly() {
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    assert_eq!(eject(&mut pool, 1, at(0)), Duration::from_secs(10));
    assert_eq!(pool.next_deadline(), Some(at(10)));
    assert_eq!(counts(&mut pool, 20, at(9)), [20, 0]);
    assert_eq!(pool.status(at(4))[1].ejected_for, Some(Duration::from_secs(6)));
    assert_eq!(pool.expire(at(9)), None);
    // No one has called `expire`: it is back nevertheless.
    assert_eq!(counts(&mut pool.clone(), 110, at(10)), [100, 10]);
    // Called late, it changes nothing but that it tells, once.
    assert_eq!(pool.expire(at(310)), Some(Step::BackendRestored { backend: BackendRef { pool: 3, backend: 1 } }));
    assert_eq!((pool.expire(at(310)), pool.next_deadline()), (None, None));
    assert_eq!(pool.status(at(310))[1].share, 550, "slow start counts from the end of the ejection");
}

#[test]
fn ejections_that_follow_soon_double_and_calm_forgives_them() {
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    let mut now = at(0);
    for seconds in [10, 20, 40, 60, 60, 60] {
        assert_eq!(eject(&mut pool, 1, now), Duration::from_secs(seconds));
        now = now + Duration::from_secs(seconds + 1);
        pool.expire(now);
    }
    // 60 s is the third doubling cut off. Two stretches of 60 s forgive two of four: the next is the second doubling.
    assert_eq!(eject(&mut pool.clone(), 1, now + Duration::from_secs(120)), Duration::from_secs(40));
    assert_eq!(eject(&mut pool, 1, now + Duration::from_secs(600)), Duration::from_secs(10));
}

#[test]
fn only_failures_in_a_row_of_the_backends_own_making_count() {
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    for _ in 0..20 {
        assert!((0..4).all(|_| request(&mut pool, 1, REFUSED, at(0)).is_none()));
        assert_eq!(request(&mut pool, 1, OK, at(0)), None);
    }
    // Clients that leave neither count nor break the row.
    assert!((0..4).all(|_| request(&mut pool, 1, REFUSED, at(0)).is_none()));
    assert!((0..20).all(|_| request(&mut pool, 1, Outcome::ClientGone, at(0)).is_none()));
    assert!(request(&mut pool, 1, Outcome::Success { status: 500 }, at(0)).is_some(), "a 5xx counts where configured");
    let mut config = config(&[1, 1]);
    config.ejection.count_5xx = false;
    let mut pool = Pool::new(&config, 3);
    assert!((0..20).all(|_| request(&mut pool, 1, Outcome::Success { status: 500 }, at(0)).is_none()));
    config.ejection.failures = 0;
    let mut pool = Pool::new(&config, 3);
    assert!((0..20).all(|_| request(&mut pool, 1, REFUSED, at(0)).is_none()), "0 for never");
}

#[test]
fn stragglers_from_before_an_ejection_do_not_cause_the_next() {
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    (0..20).for_each(|_| pool.started(1));
    eject(&mut pool, 1, at(0));
    // They time out while it is out, and after it is back.
    assert!((0..10).all(|_| pool.finished(1, REFUSED, Duration::from_secs(5), at(5)).is_none()));
    assert!((0..10).all(|_| pool.finished(1, REFUSED, Duration::from_secs(60), at(60)).is_none()));
    assert_eq!(pool.status(at(60))[1].failures, 0);
    assert_eq!((pool.in_flight(1), pool.status(at(60))[1].totals.failed), (0, 25));
}

#[test]
fn ejection_has_a_ceiling_and_leaves_the_last_healthy_one() {
    let ejected = |weights: &[u32], percent, down_ones: &[usize]| {
        let mut config = config(weights);
        config.ejection.max_percent = percent;
        let mut pool = Pool::new(&config, 3);
        down_ones.iter().for_each(|index| down(&mut pool, *index, at(0)));
        let steps =
            (0..weights.len()).flat_map(|index| (0..9).map(move |_| index)).filter_map(|index| request(&mut pool, index, REFUSED, at(0)));
        steps.count()
    };
    assert_eq!(ejected(&[1; 10], 25, &[]), 2, "rounded down");
    assert_eq!(ejected(&[1; 3], 10, &[]), 1, "but at least one");
    assert_eq!(ejected(&[1; 3], 0, &[]), 0, "unless it is 0");
    assert_eq!(ejected(&[1; 4], 100, &[]), 3, "never the last");
    assert_eq!(ejected(&[1], 100, &[]), 0);
    assert_eq!(ejected(&[1; 3], 100, &[1, 2]), 2, "those down by probes may be ejected as well, the only healthy one not");
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    pool.set_weight(0, 0);
    assert!((0..9).all(|_| request(&mut pool, 1, REFUSED, at(0)).is_none()), "one without weight is no one to fall back on");
}

#[test]
fn one_refused_by_the_ceiling_is_ejected_once_there_is_room() {
    let mut pool = Pool::new(&config(&[1, 1, 1]), 3);
    eject(&mut pool, 0, at(0));
    assert!((0..9).all(|_| request(&mut pool, 1, REFUSED, at(1)).is_none()));
    assert!(matches!(request(&mut pool, 1, REFUSED, at(10)), Some(Step::BackendEjected { failures: 10, .. })));
}

#[test]
fn below_the_panic_threshold_health_is_ignored_and_administration_is_not() {
    let mut config = config(&[1, 1, 1, 1, 0]);
    config.panic_percent = 50;
    let mut pool = Pool::new(&config, 3);
    down(&mut pool, 0, at(0));
    eject(&mut pool, 1, at(0));
    assert!(!pool.panics(at(0)), "two of four are not fewer than half");
    assert_eq!(chosen(&mut pool, at(0)).1, "chosen");
    down(&mut pool, 2, at(0));
    assert!(pool.panics(at(0)));
    let mut picks: Vec<_> = (0..8).map(|_| chosen(&mut pool, at(0))).collect();
    assert!(picks.iter().all(|(_, why)| *why == "panic"));
    picks.sort_unstable();
    assert_eq!(picks.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 0, 1, 1, 2, 2, 3, 3]);
    // Of the three that are ready now, one is healthy.
    pool.set_admin(2, Admin::Drain, at(0));
    pool.set_admin(1, Admin::Maintenance, at(0));
    assert_eq!(chosen(&mut pool.clone(), at(0)).1, "chosen", "b0 down, b3 healthy: exactly half");
    down(&mut pool, 3, at(0));
    let panicking = counts(&mut pool, 10, at(0));
    assert_eq!(panicking, [5, 0, 0, 5, 0]);
}

#[test]
fn without_a_panic_threshold_no_healthy_backend_means_none() {
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    down(&mut pool, 0, at(0));
    down(&mut pool, 1, at(0));
    assert_eq!(select(&mut pool, &[], at(0)), Selection::None("no backend is healthy"));
    pool.set_admin(0, Admin::Drain, at(0));
    pool.set_weight(1, 0);
    assert_eq!(select(&mut pool, &[], at(0)), Selection::None("every backend is drained, in maintenance or of weight 0"));
    assert_eq!(select(&mut Pool::new(&config(&[]), 0), &[], at(0)), Selection::None("the pool has no backend"));
}

#[test]
fn a_drained_backend_keeps_its_requests_and_gets_no_new_ones() {
    let mut pool = Pool::new(&config(&[1, 1]), 3);
    pool.started(0);
    pool.set_admin(0, Admin::Drain, at(0));
    assert_eq!(counts(&mut pool, 4, at(0)), [0, 4]);
    assert!(pool.is_probed(0));
    assert_eq!(pool.in_flight(0), 1);
    pool.finished(0, OK, Duration::ZERO, at(1));
    assert_eq!(pool.in_flight(0), 0);
    pool.set_admin(0, Admin::Ready, at(2));
    assert_eq!(pool.status(at(2))[0].share, 100, "it joins again, slowly");
}

#[test]
fn state_weight_and_health_do_not_touch_each_other() {
    let mut pool = Pool::new(&config(&[4, 4]), 3);
    down(&mut pool, 0, at(0));
    pool.set_admin(0, Admin::Drain, at(0));
    pool.set_weight(0, 9);
    let status = &pool.status(at(0))[0];
    assert_eq!((status.admin, status.weight, status.health), (Admin::Drain, 9, Health::Down));
    pool.set_admin(0, Admin::Ready, at(0));
    assert_eq!(pool.status(at(0))[0].health, Health::Down, "being ready does not make it healthy");
    probe(&mut pool, 0, "++", at(0));
    assert_eq!(pool.status(at(0))[0].weight, 9);
    // Only what maintenance did not see is forgotten.
    down(&mut pool, 0, at(1));
    pool.set_admin(0, Admin::Maintenance, at(1));
    assert!(!pool.is_probed(0));
    pool.set_admin(0, Admin::Ready, at(2));
    assert_eq!(pool.status(at(2))[0].health, Health::Unknown);
}

#[test]
fn a_full_pool_says_so_and_a_freed_place_is_used() {
    let mut config = config(&[1, 1]);
    config.max_in_flight = 2;
    let mut pool = Pool::new(&config, 3);
    for _ in 0..4 {
        let (index, _) = chosen(&mut pool, at(0));
        pool.started(index);
    }
    assert_eq!(select(&mut pool, &[], at(0)), Selection::Full);
    assert_eq!(select(&mut pool, &[0], at(0)), Selection::Full, "waiting for the other one helps");
    pool.finished(1, OK, Duration::ZERO, at(0));
    assert_eq!(select(&mut pool, &[], at(0)), Selection::Backend { index: 1, candidates: 1, why: "chosen" });
    assert_eq!(select(&mut pool, &[1], at(0)), Selection::Full, "the untried one is full: better to wait than to go back");
}

#[test]
fn a_second_try_goes_elsewhere_while_there_is_an_elsewhere() {
    let mut pool = Pool::new(&config(&[1, 1, 1]), 3);
    for _ in 0..6 {
        assert!(matches!(select(&mut pool, &[1], at(0)), Selection::Backend { index: 0 | 2, candidates: 2, why: "retry" }));
    }
    assert_eq!(select(&mut pool, &[1, 2], at(0)), Selection::Backend { index: 0, candidates: 1, why: "retry" });
    down(&mut pool, 0, at(0));
    assert!(matches!(select(&mut pool, &[1, 2], at(0)), Selection::Backend { index: 1 | 2, candidates: 2, why: "only-left" }));
}

#[test]
fn a_clone_explains_and_the_original_does_not_notice() {
    let mut config = config(&[5, 1, 1, 1, 1, 1]);
    config.algorithm = Algorithm::WeightedRoundRobin;
    config.max_in_flight = 1;
    config.ejection.max_percent = 20;
    let mut pool = Pool::new(&config, 3);
    down(&mut pool, 1, at(0));
    pool.set_admin(2, Admin::Drain, at(0));
    pool.started(3);
    eject(&mut pool, 4, at(0));
    let mut record = Record::default();
    let explained: Vec<_> = (0..3).map(|_| pool.clone().select(None, &[5], at(0), &mut SplitMix::new(1), Some(&mut record))).collect();
    assert_eq!(explained, [Selection::Backend { index: 0, candidates: 1, why: "retry" }; 3]);
    let left_out = [
        (1, "fails its probes"),
        (2, "drained"),
        (3, "at its limit of requests in flight"),
        (4, "ejected for its failures"),
        (5, "has failed this request"),
    ];
    assert_eq!(record.left_out, left_out.map(|(backend, why)| LeftOut { backend, why }));
    assert_eq!((record.scores.len(), record.scores[0].score), (1, 5.0));
    assert_eq!(select(&mut pool, &[5], at(0)), explained[0]);
    // A record that was used before holds nothing of the choice before where there is no choice.
    pool.set_admin(0, Admin::Drain, at(0));
    pool.set_admin(5, Admin::Drain, at(0));
    assert_eq!(pool.select(None, &[], at(0), &mut SplitMix::new(1), Some(&mut record)), Selection::Full);
    assert_eq!((record.scores.len(), record.left_out.len()), (0, 6));
}

#[test]
fn a_reload_carries_over_what_is_known_and_lets_new_ones_start_slowly() {
    let mut before = config(&[1, 1, 1, 1]);
    before.ejection.max_percent = 100;
    let mut pool = Pool::new(&before, 3);
    eject(&mut pool, 0, at(0));
    down(&mut pool, 1, at(0));
    pool.set_admin(2, Admin::Drain, at(0));
    pool.set_weight(3, 7);
    pool.started(3);
    let mut after = before.clone();
    after.backends.insert(0, config::Backend { name: "new".into(), at: Address::Name("app".into(), 99), weight: 1 });
    let reloaded = pool.reconfigured(&after, 4, at(5));
    let status = reloaded.status(at(5));
    assert_eq!((status[0].name.as_str(), status[0].share, status[0].health), ("new", 100, Health::Unknown));
    assert_eq!((status[1].ejected_for, status[1].totals.failed), (Some(Duration::from_secs(5)), 5));
    assert_eq!((status[2].health, status[2].share), (Health::Down, 1000));
    assert_eq!(status[3].admin, Admin::Drain);
    assert_eq!((status[4].weight, status[4].in_flight, status[4].totals.started), (7, 0, 1), "in flight is the old pool's");
    assert_eq!(pool.in_flight(3), 1);
    // The file's word counts again where it changed; another address is another backend; no probes, no health.
    after.backends[4].weight = 2;
    after.backends[1].at = Address::Name("elsewhere".into(), 1);
    after.health = None;
    let status = reloaded.reconfigured(&after, 4, at(6)).status(at(6));
    assert_eq!((status[4].weight, status[1].ejected_for, status[1].share, status[2].health), (2, None, 100, Health::Unknown));
}

#[test]
fn reloads_that_change_nothing_do_not_disturb_the_order() {
    let config = config(&[1, 1, 1]);
    let mut pool = Pool::new(&config, 3);
    let picks: Vec<_> = (0..9)
        .map(|second| {
            pool = pool.reconfigured(&config, 3, at(second));
            chosen(&mut pool, at(second)).0
        })
        .collect();
    assert_eq!(picks, [0, 1, 2, 0, 1, 2, 0, 1, 2]);
    let mut other = config.clone();
    other.algorithm = Algorithm::Hash(HashKey::Path);
    let pool = pool.reconfigured(&other, 3, at(9));
    assert_eq!(pool.algorithm(), "hash");
}

#[test]
fn keys_of_an_ejected_backend_come_home() {
    let mut config = config(&[1, 1, 1, 1]);
    config.algorithm = Algorithm::ConsistentHash { key: HashKey::Path, virtual_nodes: 100, bounded_load: 0 };
    config.slow_start = Duration::ZERO;
    let mut pool = Pool::new(&config, 3);
    let owners = |pool: &mut Pool, now| {
        let key = |number: u64| Some(balance::hash::mix(number));
        (0..400).map(|number| pool.select(key(number), &[], now, &mut SplitMix::new(1), None)).map(index).collect::<Vec<_>>()
    };
    let before = owners(&mut pool, at(0));
    eject(&mut pool, 2, at(0));
    let during = owners(&mut pool, at(1));
    assert!(before.iter().zip(&during).all(|(before, during)| (before == during) == (*before != Some(2))));
    assert_eq!(owners(&mut pool, at(10)), before);
}

fn index(selection: Selection) -> Option<usize> {
    match selection {
        Selection::Backend { index, .. } => Some(index),
        _ => None,
    }
}

#[derive(Clone, Debug)]
enum Event {
    Select { tried: Vec<usize>, key: u64 },
    Finish { which: usize, outcome: Outcome, millis: u64 },
    Probe { backend: usize, good: bool },
    Admin { backend: usize, admin: Admin },
    Weight { backend: usize, weight: u32 },
    Wait { seconds: u64 },
    Expire,
}

fn event() -> impl Strategy<Value = Event> {
    let backend = 0..4_usize;
    let outcome = prop_oneof![Just(OK), Just(REFUSED), Just(REFUSED), Just(Outcome::ClientGone)];
    let admin = prop_oneof![Just(Admin::Ready), Just(Admin::Ready), Just(Admin::Drain), Just(Admin::Maintenance)];
    prop_oneof![
        6 => (proptest::collection::vec(0..4_usize, 0..3), any::<u64>()).prop_map(|(tried, key)| Event::Select { tried, key }),
        6 => (any::<usize>(), outcome, 0..3000_u64).prop_map(|(which, outcome, millis)| Event::Finish { which, outcome, millis }),
        2 => (backend.clone(), any::<bool>()).prop_map(|(backend, good)| Event::Probe { backend, good }),
        1 => (backend.clone(), admin).prop_map(|(backend, admin)| Event::Admin { backend, admin }),
        1 => (backend, 0..4_u32).prop_map(|(backend, weight)| Event::Weight { backend, weight }),
        1 => (0..30_u64).prop_map(|seconds| Event::Wait { seconds }),
        1 => Just(Event::Expire),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever happens: a backend that is picked is ready, below its limit, and healthy unless in panic; none that may be picked is
    /// refused; counts of requests in flight are exact; someone healthy is never ejected away.
    #[test]
    fn the_invariants_hold_whatever_happens(
        events in proptest::collection::vec(event(), 1..120),
        algorithm in proptest::sample::select(crate::balance::tests::algorithms()),
        panic_percent in prop_oneof![Just(0), Just(50)],
        limit in 0..4_u32,
    ) {
        let mut config = config(&[3, 1, 1, 2]);
        (config.algorithm, config.panic_percent, config.max_in_flight, config.ejection.failures) = (algorithm, panic_percent, limit, 2);
        let mut pool = Pool::new(&config, 3);
        let (mut now, mut random, mut running) = (at(0), SplitMix::new(9), vec![]);
        for event in events {
            let status = pool.status(now);
            let ready = |index: usize| status[index].admin == Admin::Ready && status[index].weight > 0;
            let healthy = |index: usize| status[index].health != Health::Down && status[index].ejected_for.is_none();
            let room = |index: usize| limit == 0 || status[index].in_flight < limit;
            match event {
                Event::Select { tried, key } => {
                    let panic = pool.panics(now);
                    let open = |index: usize| ready(index) && (panic || healthy(index));
                    match pool.select(Some(key), &tried, now, &mut random, None) {
                        Selection::Backend { index, candidates, why } => {
                            prop_assert!(open(index) && room(index));
                            prop_assert_eq!(why == "panic", panic);
                            let again = (0..4).all(|other| !open(other) || tried.contains(&other));
                            prop_assert_eq!(tried.contains(&index), again && tried.contains(&index));
                            let count = (0..4).filter(|other| open(*other) && room(*other) && (again || !tried.contains(other))).count();
                            prop_assert_eq!(usize::from(candidates), count);
                            pool.started(index);
                            running.push(index);
                        }
                        Selection::Full => {
                            let has_no_place = |index| !open(index) || !room(index) || tried.contains(&index);
                            prop_assert!((0..4).any(open) && (0..4).all(has_no_place));
                        }
                        Selection::None(_) => prop_assert!(!(0..4).any(open)),
                    }
                }
                Event::Finish { which, outcome, millis } if !running.is_empty() => {
                    let index = running.swap_remove(which % running.len());
                    if let Some(step) = pool.finished(index, outcome, Duration::from_millis(millis), now) {
                        let Step::BackendEjected { span, .. } = step else { panic!("{step:?} is no ejection") };
                        prop_assert!(span >= config.ejection.base && span <= config.ejection.max);
                        prop_assert!((0..4).any(|other| other != index && ready(other) && healthy(other)));
                    }
                }
                Event::Finish { .. } => {}
                Event::Probe { backend, good } => drop(pool.probed(backend, if good { Ok(()) } else { Err("refused") }, now)),
                Event::Admin { backend, admin } => pool.set_admin(backend, admin, now),
                Event::Weight { backend, weight } => pool.set_weight(backend, weight),
                Event::Wait { seconds } => now = now + Duration::from_secs(seconds),
                Event::Expire => {
                    while pool.expire(now).is_some() {}
                    prop_assert!(pool.next_deadline().is_none_or(|at| at > now));
                    prop_assert_eq!(&pool.status(now), &status, "it tells what holds already and changes nothing");
                }
            }
            for index in 0..4 {
                prop_assert_eq!(pool.in_flight(index) as usize, running.iter().filter(|at| **at == index).count());
            }
        }
    }
}
