//! What is concluded of a backend, by probes and by traffic, and how fast.

use crate::support::{MS, Rig, SECOND, Tally, accepted, answered, at_ms, config, get, keep_asking, statuses};
use decide::config::{Config, Ejection, HealthCheck, Probe};
use decide::time::Instant;
use lab::peer::{Act, Record, Request};
use lab::{Answer, World};

fn probing(backends: usize, jitter: u32) -> Config {
    let mut config = config(backends);
    let probe = Probe::Http {
        target: "/healthz".to_string(),
        host: String::new(),
        statuses: vec![(200, 299)],
        contains: String::new(),
        load_from_body: false,
    };
    config.pools[0].health = Some(HealthCheck { probe, interval: 5 * SECOND, jitter, timeout: 2 * SECOND, rise: 2, fall: 3 });
    config
}

fn is_probe(request: &Request) -> bool {
    request.head.starts_with("GET /healthz ")
}

/// A backend that is well except in these spans (milliseconds): then its probes get 500.
fn flapping(rig: &Rig<'_>, backend: usize, ill: Vec<(u64, u64)>) -> Record {
    rig.serve(backend, move |request| {
        let ill = ill.iter().any(|(from, to)| request.at >= at_ms(*from) && request.at < at_ms(*to));
        match is_probe(request) && ill {
            true => vec![Act::send("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")],
            false => vec![Act::answer(format!("b{backend}"))],
        }
    })
}

fn load(rig: &Rig<'_>, every_ms: u64, until: Instant) -> Tally {
    let tally = Tally::default();
    keep_asking(&rig.client, rig.edge.at(80), get("/"), MS * u32::try_from(every_ms).expect("small"), at_ms(0), until, &tally);
    tally
}

#[test]
fn a_flapping_backend_goes_after_three_failures_and_comes_after_two_successes() {
    World::twice(1, |world| {
        let rig = Rig::new(world, probing(2, 0));
        // The second span is too short for three probes.
        flapping(&rig, 0, vec![(20_000, 50_000), (100_000, 109_000)]);
        flapping(&rig, 1, vec![]);
        let tally = load(&rig, 100, at_ms(150_000));
        rig.run_until(at_ms(150_100));
        // A probe takes 4 ms (connect, ask) and then comes 5 s after the last: at 0, 5004, 10008, 15012, 20016, 25020, 30024 ms, ...
        assert_eq!(rig.log.events("backend-up"), ["5008 backend-up b0 2", "5008 backend-up b1 2", "55048 backend-up b0 2"]);
        assert_eq!(rig.log.events("backend-down"), ["30028 backend-down b0 3 the status is not one expected"]);
        assert_eq!(tally.failures(), []);
        let share = |from, to| tally.count("b0", at_ms(from), at_ms(to));
        assert_eq!([share(0, 30_000), share(30_100, 55_000), share(60_000, 150_000)], [150, 0, 450]);
        rig.close();
    });
}

#[test]
fn probes_keep_to_their_interval_give_or_take_the_jitter() {
    World::twice(2, |world| {
        let rig = Rig::new(world, probing(2, 10));
        let backends = [flapping(&rig, 0, vec![]), flapping(&rig, 1, vec![])];
        rig.run_until(at_ms(600_000));
        let mut gaps = Vec::new();
        for backend in &backends {
            let times: Vec<_> = backend.requests().iter().map(|(at, _)| *at).collect();
            gaps.extend(times.windows(2).map(|pair| pair[1].since(pair[0])));
        }
        // The interval, and the four milliseconds that a probe takes itself.
        assert!(gaps.iter().all(|gap| *gap >= 4_504 * MS && *gap <= 5_504 * MS), "{gaps:?}");
        assert!(gaps.iter().any(|gap| *gap < 4_700 * MS) && gaps.iter().any(|gap| *gap > 5_300 * MS), "they vary");
        assert!(backends[0].requests() != backends[1].requests(), "and not in step");
    });
}

#[test]
fn a_probe_without_an_answer_fails_at_its_timeout() {
    World::twice(3, |world| {
        let rig = Rig::new(world, probing(2, 0));
        rig.serve(0, |_| vec![Act::AwaitEnd]);
        flapping(&rig, 1, vec![]);
        rig.run_until(at_ms(60_000));
        // 2 s each, and 5 s between them.
        assert_eq!(rig.log.events("backend-down"), ["16000 backend-down b0 3 no answer in time"]);
    });
}

fn ejecting(backends: usize, ejection: Ejection) -> Config {
    let mut config = config(backends);
    config.pools[0].ejection = ejection;
    config
}

const QUICK: Ejection =
    Ejection { failures: 3, count_5xx: false, base: SECOND, max: decide::time::Duration::from_secs(8), max_percent: 50 };

#[test]
fn a_backend_that_fails_is_ejected_for_twice_as_long_each_time_up_to_a_ceiling() {
    World::twice(4, |world| {
        let rig = Rig::new(world, ejecting(2, QUICK));
        // Only the second listens: whatever goes to the first is refused, and asked again of the second.
        rig.serve(1, |_| vec![Act::answer("b1")]);
        let tally = load(&rig, 10, at_ms(60_000));
        rig.run_until(at_ms(60_100));
        assert_eq!(tally.failures(), []);
        let spans: Vec<_> =
            rig.log.events("backend-ejected").iter().map(|event| event.split(' ').nth(4).expect("a span").to_string()).collect();
        assert_eq!(spans[..7], ["1000ms", "2000ms", "4000ms", "8000ms", "8000ms", "8000ms", "8000ms"]);
        // Each ends exactly when it is over.
        let (ejected, restored) = (rig.log.event_times("backend-ejected"), rig.log.event_times("backend-restored"));
        for ((from, to), seconds) in ejected.iter().zip(&restored).zip([1, 2, 4, 8, 8, 8]) {
            assert_eq!(to - from, seconds * 1000);
        }
        rig.close();
    });
}

#[test]
fn no_more_than_the_ceiling_of_a_pool_is_ejected() {
    World::twice(5, |world| {
        let rig = Rig::new(world, ejecting(5, QUICK));
        let tally = load(&rig, 20, at_ms(20_000));
        let mut most = 0;
        for tick in 0..200 {
            rig.run_until(at_ms(tick * 100));
            let now = world.now();
            let status = rig.server.snapshot().pools()[0].status(now);
            most = most.max(status.iter().filter(|backend| backend.ejected_for.is_some()).count());
        }
        // Half of five, rounded down; nobody listens anywhere.
        assert_eq!(most, 2);
        rig.run_until(at_ms(20_100));
        assert!(tally.failures().iter().all(|(_, outcome)| matches!(outcome, Ok((502, _)))), "{:?}", tally.failures().last());
        rig.close();
    });
}

#[test]
fn with_too_few_healthy_backends_health_is_ignored() {
    World::twice(6, |world| {
        let rig = Rig::new(world, probing(4, 0));
        // Three of four fail their probes, though not their requests: at first one, and then all three.
        let backends = [vec![(10_000, 200_000)], vec![(60_000, 200_000)], vec![(60_000, 200_000)], vec![]];
        for (number, ill) in backends.into_iter().enumerate() {
            flapping(&rig, number, ill);
        }
        let tally = load(&rig, 100, at_ms(120_000));
        rig.run_until(at_ms(120_100));
        assert_eq!(tally.failures(), []);
        let share = |from, to| [0, 1, 2, 3].map(|n| tally.count(&format!("b{n}"), at_ms(from), at_ms(to)));
        assert_eq!(share(30_000, 60_000), [0, 100, 100, 100]);
        // Down at the third failed probe; a quarter is less than half.
        assert_eq!(share(80_000, 120_000), [100; 4]);
        let why = |step: &String| step.rsplit(' ').next().map(str::to_string);
        let last = rig.log.steps("picked").last().and_then(why);
        assert_eq!(last.as_deref(), Some("panic"));
        rig.close();
    });
}

#[test]
fn an_outage_of_all_backends_is_not_multiplied_by_retries() {
    World::twice(7, |world| {
        let mut config = ejecting(2, Ejection { failures: 0, ..QUICK });
        let retry = &mut config.pools[0].retry;
        (retry.attempts, retry.budget_percent, retry.budget_min) = (3, 20, 2);
        let rig = Rig::new(world, config);
        // They accept, and close without a word.
        let backends = [0, 1].map(|backend| rig.serve(backend, |_| vec![Act::Close]));
        let tally = Tally::default();
        for client in 0..10 {
            keep_asking(&rig.client, rig.edge.at(80), get("/"), 100 * MS, at_ms(client * 10), at_ms(20_000), &tally);
        }
        rig.run_until(at_ms(20_500));
        assert_eq!(tally.len(), 2_000);
        assert!(tally.all().iter().all(|(_, outcome)| matches!(outcome, Ok((502, _)))));
        let attempts = backends.iter().map(|backend| backend.requests().len()).sum::<usize>();
        // 100 requests a second: 20 % of them, or two a second where that were more.
        assert!((2_300..=2_440).contains(&attempts), "{attempts} attempts for 2000 requests");
        assert_eq!(rig.log.steps("backend-failed").len(), attempts);
        rig.close();
    });
}

fn named(world: &World) -> (Rig<'_>, [lab::VirtualHost; 2]) {
    let mut config = config(1);
    config.pools[0].backends[0].at = decide::address::Address::Name("app.internal".to_string(), 80);
    world.names().set("app.internal", "10.0.2.1", 30 * SECOND);
    let rig = Rig::new(world, config);
    let machines = ["old", "new"].map(|name| world.host(name, if name == "old" { "10.0.2.1" } else { "10.0.2.2" }));
    for (machine, name) in machines.iter().zip(["old", "new"]) {
        lab::peer::serve(machine, &machine.at(80), move |_| vec![Act::answer(name), Act::Close]);
    }
    (rig, machines)
}

#[test]
fn a_name_is_asked_for_again_when_its_time_to_live_is_over() {
    World::twice(8, |world| {
        let (rig, _) = named(world);
        let names = world.names();
        world.at(at_ms(40_000), move || names.set("app.internal", "10.0.2.2", 30 * SECOND));
        let tally = load(&rig, 500, at_ms(100_000));
        rig.run_until(at_ms(100_100));
        assert_eq!(tally.failures(), []);
        // Asked at 0, 30 001 and 60 002 ms, for a millisecond each; the second answer was still the old one.
        assert_eq!(rig.log.events("resolved"), ["1 resolved b0 1 30000ms", "60003 resolved b0 1 30000ms"]);
        let counts =
            ["old", "new"].map(|name| (tally.count(name, at_ms(0), at_ms(60_003)), tally.count(name, at_ms(60_003), at_ms(100_000))));
        assert_eq!(counts, [(121, 0), (0, 79)]);
        rig.close();
    });
}

#[test]
fn a_name_service_that_fails_leaves_the_old_addresses_in_use() {
    World::twice(9, |world| {
        let (rig, _) = named(world);
        let names = world.names();
        world.at(at_ms(10_000), move || names.answer("app.internal", Answer::Failing));
        let tally = load(&rig, 500, at_ms(600_000));
        rig.run_until(at_ms(600_100));
        assert_eq!((tally.failures(), tally.count("old", at_ms(0), at_ms(600_000))), (Vec::new(), 1200));
        let failed = rig.log.event_times("resolve-failed");
        assert_eq!(failed[..3], [30_002, 31_003, 32_004], "and is asked again every second");
        rig.close();
    });
}

#[test]
fn a_request_for_a_name_that_is_not_resolved_yet_waits_for_it() {
    World::twice(10, |world| {
        let (rig, _) = named(world);
        world.names().delay(500 * MS);
        let client = rig.ask(vec![Act::send(get("/")), Act::Finish]);
        rig.over(&client);
        assert_eq!((statuses(&client), answered(&client)), (vec![200], Some(505)));
        rig.close();
    });
    World::twice(11, |world| {
        let (rig, _) = named(world);
        world.names().answer("app.internal", Answer::Silent);
        let client = rig.ask(vec![Act::send(get("/")), Act::Finish]);
        rig.over(&client);
        // Name resolution counts as connecting; one retry, of the only backend there is.
        assert_eq!((statuses(&client), answered(&client)), (vec![504], Some(6_004)));
        assert!(client.text().contains("error=dns_timeout"), "{}", client.text());
        rig.close();
    });
}

#[test]
fn a_probe_that_only_connects_sends_nothing() {
    World::twice(12, |world| {
        let mut config = probing(1, 0);
        config.pools[0].health = Some(HealthCheck { probe: Probe::Connect, ..config.pools[0].health.clone().expect("probes") });
        let rig = Rig::new(world, config);
        let backend = flapping(&rig, 0, vec![]);
        rig.run_until(at_ms(21_000));
        // Connecting alone takes 2 ms.
        assert_eq!((accepted(&backend), backend.requests().len()), (5, 0));
        assert_eq!(rig.log.events("backend-up"), ["5004 backend-up b0 2"]);
        assert_eq!(rig.edge.open_descriptors(), 1, "only its listener");
    });
}
