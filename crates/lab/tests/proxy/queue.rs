//! Limits of requests in flight, and the queue behind them.

use crate::support::{GET, MS, Rig, SECOND, accepted, answered, at_ms, config, get, ms, statuses};
use decide::config::Config;
use decide::time::Duration;
use lab::World;
use lab::peer::{Act, Record, Seen};

fn limited(backends: usize, in_flight: u32, queue: u32) -> Config {
    let mut config = config(backends);
    let pool = &mut config.pools[0];
    (pool.max_in_flight, pool.queue, pool.queue_timeout) = (in_flight, queue, 5 * SECOND);
    config
}

/// A backend that takes this long for each request.
fn slow(rig: &Rig<'_>, backend: usize, takes: Duration) -> Record {
    rig.serve(backend, move |_| vec![Act::Wait(takes), Act::answer("ok")])
}

/// The paths in the order in which requests for them came to a backend.
fn paths(backend: &Record) -> Vec<String> {
    let path = |(_, head): &(_, String)| head.split(' ').nth(1).expect("a target").to_string();
    backend.requests().iter().map(path).collect()
}

#[test]
fn a_full_pool_queues_up_to_its_bound_and_refuses_beyond() {
    World::twice(1, |world| {
        let rig = Rig::new(world, limited(1, 2, 3));
        let backend = slow(&rig, 0, SECOND);
        let clients: Vec<_> = (0..7).map(|n| rig.ask(vec![Act::send(get(&format!("/{n}"))), Act::Finish])).collect();
        rig.run_until(at_ms(500));
        assert_eq!(rig.server.snapshot().pools()[0].queued(), 3);
        rig.run_until(at_ms(10_000));
        let when: Vec<_> = clients.iter().map(|client| (statuses(client)[0], answered(client).expect("an answer"))).collect();
        // Two at once; two over their connections at 1007 ms; one over theirs; two refused when they came.
        assert_eq!(when, [(200, 1008), (200, 1008), (200, 2010), (200, 2010), (200, 3012), (503, 4), (503, 4)]);
        for refused in &clients[5..] {
            let text = refused.text();
            assert!(text.contains("Retry-After: 5\r\n") && text.contains("error=connection_limit_reached"), "{text}");
        }
        assert_eq!((paths(&backend), accepted(&backend)), (["/0", "/1", "/2", "/3", "/4"].map(String::from).to_vec(), 2));
        let queued = rig.log.steps("queued");
        assert_eq!(queued, ["1007 queued b0 1004ms", "1007 queued b0 1004ms", "2009 queued b0 2006ms"]);
        rig.close();
    });
}

#[test]
fn a_request_waits_in_the_queue_for_its_timeout_and_no_longer() {
    World::twice(2, |world| {
        let rig = Rig::new(world, limited(1, 1, 10));
        slow(&rig, 0, 20 * SECOND);
        let first = rig.ask(vec![Act::send(get("/first")), Act::Finish]);
        let second = rig.ask_at(at_ms(1_000), vec![Act::send(get("/second")), Act::Finish]);
        assert_eq!(rig.over(&second), 6_002);
        assert_eq!((statuses(&second), rig.server.snapshot().pools()[0].queued()), (vec![503], 0));
        assert!(second.text().contains("Retry-After: 5\r\n"));
        rig.over(&first);
        assert_eq!(statuses(&first), [200]);
        rig.close();
    });
}

#[test]
fn a_client_that_waits_is_not_overtaken_by_one_that_already_has_a_place() {
    World::twice(3, |world| {
        let rig = Rig::new(world, limited(1, 1, 10));
        let backend = slow(&rig, 0, SECOND);
        // The first has its next request at hand in the very moment in which the place becomes free.
        let first = rig.ask(vec![Act::send(["/a1", "/a2", "/a3"].map(get).concat()), Act::Finish]);
        let second = rig.ask_at(at_ms(100), vec![Act::send(get("/b")), Act::Finish]);
        let third = rig.ask_at(at_ms(200), vec![Act::send(get("/c")), Act::Finish]);
        for client in [&first, &second, &third] {
            rig.over(client);
        }
        assert_eq!(paths(&backend), ["/a1", "/b", "/c", "/a2", "/a3"]);
        rig.close();
    });
}

#[test]
fn a_retry_that_waits_for_one_backend_does_not_keep_others_from_another() {
    World::twice(4, |world| {
        let mut config = limited(2, 1, 10);
        config.pools[0].retry.statuses = vec![500];
        let rig = Rig::new(world, config);
        // The first backend refuses /x when the second one is busy for long: /x waits for that one, at the front of the queue.
        let first = rig.serve(0, |request| {
            let refuses = request.head.contains(" /x ");
            let answer = Act::send("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
            vec![Act::Wait(if refuses { 50 * MS } else { 500 * MS }), if refuses { answer } else { Act::answer("b0") }]
        });
        let second = slow(&rig, 1, 4 * SECOND);
        let retried = rig.ask(vec![Act::send(get("/x")), Act::Finish]);
        rig.ask_at(at_ms(10), vec![Act::send(get("/long")), Act::Finish]);
        let waits: Vec<_> = (0..3).map(|n| rig.ask_at(at_ms(200 + n * 10), vec![Act::send(get(&format!("/w{n}"))), Act::Finish])).collect();
        let ends: Vec<_> = waits.iter().map(|client| rig.over(client)).collect();
        // The first of them finds the first backend free, and the others follow one by one.
        assert_eq!((paths(&first), ends), (["/x", "/w0", "/w1", "/w2"].map(String::from).to_vec(), vec![706, 1208, 1710]));
        rig.over(&retried);
        assert_eq!((statuses(&retried), paths(&second)), (vec![200], ["/long", "/x"].map(String::from).to_vec()));
        rig.run_until(at_ms(10_000));
        rig.close();
    });
}

#[test]
fn a_client_that_leaves_the_queue_gives_its_place_up() {
    World::twice(5, |world| {
        let rig = Rig::new(world, limited(1, 1, 1));
        let backend = slow(&rig, 0, 2 * SECOND);
        rig.ask(vec![Act::send(get("/first")), Act::Finish]);
        rig.ask_at(at_ms(100), vec![Act::send(get("/gone")), Act::Wait(500 * MS), Act::Reset]);
        rig.run_until(at_ms(700));
        assert_eq!(rig.server.snapshot().pools()[0].queued(), 0, "nobody waits for a client that is gone");
        let third = rig.ask_at(at_ms(1_000), vec![Act::send(get("/third")), Act::Finish]);
        rig.over(&third);
        assert_eq!((statuses(&third), paths(&backend)), (vec![200], vec!["/first".to_string(), "/third".to_string()]));
        rig.close();
    });
}

#[test]
fn no_backend_ever_has_more_requests_than_it_may() {
    World::twice(6, |world| {
        let rig = Rig::new(world, limited(3, 4, 1000));
        let backends: Vec<_> = (0..3).map(|backend| slow(&rig, backend, 100 * MS)).collect();
        let clients: Vec<_> = (0..200u64)
            .map(|n| rig.ask_at(at_ms(n * 7 % 500), vec![Act::send(GET), Act::Wait(3_000 * MS), Act::send(GET), Act::Finish]))
            .collect();
        for client in &clients {
            rig.run(client.until(|seen| *seen == Seen::End));
            assert_eq!(statuses(client), [200, 200]);
        }
        for backend in &backends {
            let times: Vec<_> = backend.requests().iter().map(|(at, _)| ms(*at)).collect();
            assert!(times.len() > 100);
            // The fifth comes only when the first is answered.
            assert!(times.windows(5).all(|five| five[4] >= five[0] + 100), "{times:?}");
        }
        rig.close();
    });
}
