//! Who gets how much, under a steady load.

use crate::support::{MS, Rig, SECOND, Tally, at_ms, backend, config, get, keep_asking};
use decide::config::{Algorithm, Config};
use decide::time::{Duration, Instant};
use lab::World;
use lab::peer::Act;

fn balanced(backends: usize, algorithm: Algorithm) -> Config {
    let mut config = config(backends);
    config.pools[0].algorithm = algorithm;
    config
}

/// So many clients that each ask every `every` until `until`, one after the other in step.
fn load(rig: &Rig<'_>, clients: u32, every: Duration, until: Instant) -> Tally {
    let tally = Tally::default();
    for number in 0..clients {
        let from = Instant::ZERO + every * number / clients;
        keep_asking(&rig.client, rig.edge.at(80), get("/"), every, from, until, &tally);
    }
    tally
}

#[test]
fn a_backend_that_joins_gets_its_share_along_the_ramp() {
    let shares = World::twice(1, |world| {
        let mut both = balanced(2, Algorithm::RoundRobin);
        both.pools[0].slow_start = Duration::from_secs(600);
        let mut before = both.clone();
        before.pools[0].backends.truncate(1);
        let rig = Rig::new(world, both.clone());
        rig.serve_all();
        // It begins with one; the other joins after a minute.
        rig.server.reload(&rig.edge.host(), before);
        let (server, host) = (rig.server.clone(), rig.edge.host());
        world.at(at_ms(60_000), move || _ = server.reload(&host, both));
        let tally = load(&rig, 5, SECOND, at_ms(13 * 60_000));
        rig.run_until(at_ms(13 * 60_000 + 100));
        assert_eq!((tally.failures(), tally.len()), (Vec::new(), 5 * 13 * 60));
        let minute = |n: u64| tally.count("b1", at_ms(n * 60_000), at_ms((n + 1) * 60_000));
        let shares: Vec<_> = (0..13).map(minute).collect();
        rig.close();
        shares
    });
    // A tenth of a turn at first, all of it after ten minutes: share / (1 + share) of the minute's 300 requests, in the middle of each.
    for (minute, count) in shares.iter().enumerate() {
        let share = match minute {
            0 => 0.0,
            1..=10 => 0.1 + 0.9 * (minute as f64 - 0.5) / 10.0,
            _ => 1.0,
        };
        let expected = 300.0 * share / (1.0 + share);
        assert!((*count as f64 - expected).abs() <= 6.0, "minute {minute}: {count}, not about {expected}; {shares:?}");
    }
}

#[test]
fn one_slow_backend_gets_less_where_the_algorithm_can_see_it() {
    let share_of_slow = |algorithm: Algorithm| {
        World::twice(2, |world| {
            let rig = Rig::new(world, balanced(4, algorithm.clone()));
            for number in 0..4 {
                let takes = if number == 0 { 400 * MS } else { 10 * MS };
                rig.serve(number, move |_| vec![Act::Wait(takes), Act::answer(format!("b{number}"))]);
            }
            let tally = load(&rig, 40, SECOND, at_ms(30_000));
            rig.run_until(at_ms(31_500));
            assert_eq!((tally.failures(), tally.len()), (Vec::new(), 1200));
            rig.close();
            tally.count("b0", at_ms(0), at_ms(30_000))
        })
    };
    assert_eq!(share_of_slow(Algorithm::RoundRobin), 300, "it sees nothing");
    let least = share_of_slow(Algorithm::LeastConnections { sample_above: 16 });
    assert!((40..=120).contains(&least), "one at a time, each for 400 ms: {least}");
    let fastest = share_of_slow(Algorithm::Fastest { decay: 10 * SECOND });
    assert!((1..=60).contains(&fastest), "{fastest}");
}

#[test]
fn a_backend_that_reports_load_gets_less_until_it_reports_none() {
    World::twice(3, |world| {
        let rig = Rig::new(world, balanced(2, Algorithm::LoadAware { expires: 10 * SECOND }));
        for number in 0..2 {
            rig.serve(number, move |request| {
                let busy = number == 0 && request.at < at_ms(30_000);
                let load = if busy { 0.9 } else { 0.3 };
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nEndpoint-Load-Metrics: TEXT cpu_utilization={load}\r\n\r\nb{number}");
                vec![Act::Wait(20 * MS), Act::send(head)]
            });
        }
        let tally = load(&rig, 20, SECOND, at_ms(60_000));
        rig.run_until(at_ms(61_000));
        assert_eq!(tally.failures(), []);
        let share = |from, to| tally.count("b0", at_ms(from), at_ms(to));
        // With nothing else to do a backend of three times the load is asked only when its report is too old to be believed.
        assert!(share(2_000, 30_000) <= 10, "{}", share(2_000, 30_000));
        // Then both report the same.
        assert!((120..=180).contains(&share(45_000, 60_000)), "{}", share(45_000, 60_000));
        rig.close();
    });
}

#[test]
fn a_drained_backend_gets_nothing_new_and_comes_back() {
    World::twice(4, |world| {
        let rig = Rig::new(world, balanced(2, Algorithm::RoundRobin));
        let name = backend("10.0.1.1:80").name;
        rig.serve(0, |_| vec![Act::Wait(300 * MS), Act::answer("b0")]);
        rig.serve(1, |_| vec![Act::answer("b1")]);
        let (server, host) = (rig.server.clone(), rig.edge.host());
        for (at, admin) in [(10_000, decide::pool::Admin::Drain), (20_000, decide::pool::Admin::Ready)] {
            let (server, host, name) = (server.clone(), host.clone(), name.clone());
            world.at(at_ms(at), move || assert!(server.snapshot().pools()[0].set_admin(&name, admin, host.now())));
        }
        let tally = load(&rig, 10, SECOND, at_ms(30_000));
        rig.run_until(at_ms(31_000));
        assert_eq!((tally.failures(), tally.len()), (Vec::new(), 300), "nothing in flight is cut");
        let counts = [(0, 10_000), (10_000, 20_000), (20_000, 30_000)].map(|(from, to)| tally.count("b0", at_ms(from), at_ms(to)));
        assert_eq!(counts, [50, 0, 50]);
        rig.close();
    });
}
