//! Many clients for one answer.

use super::{asked, fetch, get_with, ok, origin, status};
use crate::support::{MS, Rig, SECOND, answered, at_ms, caching, get, statuses};
use lab::World;
use lab::peer::{Act, Record, Seen};

/// So many clients that ask for the same at once, and wait for these bytes.
fn crowd(rig: &Rig<'_>, clients: usize, request: &str, until: &str) -> Vec<Record> {
    (0..clients).map(|_| rig.ask(vec![Act::send(request), Act::await_bytes(until), Act::Close])).collect()
}

fn all_close(rig: &Rig<'_>, clients: &[Record]) {
    for client in clients {
        rig.run(client.until(|seen| *seen == Seen::Closed));
    }
}

#[test]
fn a_thousand_clients_make_one_request_and_read_the_answer_as_it_comes() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| {
            let head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nfirst";
            vec![Act::Wait(SECOND), Act::send(head), Act::Wait(SECOND), Act::send("-last")]
        });
        let clients = crowd(&rig, 1000, &get("/a"), "-last");
        all_close(&rig, &clients);
        assert_eq!(asked(&origin), 1);
        for client in &clients {
            assert_eq!(statuses(client), [200]);
            // The first half is there a second before the origin has sent the second.
            assert!(answered(client).is_some_and(|at| at < 1_100), "{:?}", answered(client));
        }
        assert_eq!(rig.log.steps("picked").len(), 1);
        assert_eq!(rig.log.steps("cache-miss").iter().filter(|step| step.ends_with("true")).count(), 999);
        rig.close();
    });
}

#[test]
fn clients_of_several_workers_share_one_request() {
    World::twice(2, |world| {
        let rig = Rig::with_workers(world, caching(1), 4);
        let origin = rig.serve(0, |_| vec![Act::Wait(SECOND), ok("Cache-Control: max-age=60\r\n", "shared")]);
        let clients = crowd(&rig, 100, &get("/a"), "shared");
        all_close(&rig, &clients);
        assert_eq!(asked(&origin), 1);
        rig.close();
    });
}

#[test]
fn an_answer_that_is_not_stored_frees_all_who_wait_at_once_and_is_remembered() {
    World::twice(3, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| vec![Act::Wait(SECOND), ok("Cache-Control: private\r\n", "for you alone")]);
        let first = crowd(&rig, 20, &get("/a"), "alone");
        all_close(&rig, &first);
        assert_eq!(asked(&origin), 20, "each has its own");
        for client in &first {
            // One second for the first, and one for all the others together.
            assert!(answered(client).is_some_and(|at| at < 2_100), "{:?}", answered(client));
        }
        let again = crowd(&rig, 20, &get("/a"), "alone");
        let began = world.now();
        all_close(&rig, &again);
        assert!(world.now().since(began) < SECOND + 100 * MS, "nobody waits for another");
        // After two minutes that is forgotten.
        rig.run_until(at_ms(200_000));
        let later = crowd(&rig, 2, &get("/a"), "alone");
        all_close(&rig, &later);
        // One waits for the other once more, and has its own in the end.
        assert!(
            later.iter().any(|client| answered(client).is_some_and(|at| at > 201_900)),
            "{:?}",
            later.iter().map(answered).collect::<Vec<_>>()
        );
        assert_eq!(rig.log.steps("cache-miss").iter().filter(|step| step.ends_with("true")).count(), 0, "nobody was served by another's");
        rig.close();
    });
}

#[test]
fn what_is_for_one_client_goes_to_the_one_whose_request_was_sent() {
    World::twice(4, |world| {
        let rig = Rig::new(world, caching(1));
        rig.serve(0, |request| {
            let who = request.head.split("Cookie: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or("nobody").to_string();
            vec![Act::Wait(SECOND), ok("Cache-Control: private\r\n", &format!("hello {who}"))]
        });
        let clients: Vec<_> = (0..10)
            .map(|number| {
                let request = get_with("/a", &format!("Cookie: user{number}\r\n"));
                rig.ask(vec![Act::send(request), Act::await_bytes(format!("hello user{number}")), Act::Close])
            })
            .collect();
        all_close(&rig, &clients);
        rig.close();
    });
}

#[test]
fn a_backend_that_fails_queues_nobody() {
    World::twice(5, |world| {
        let mut config = caching(1);
        config.pools[0].retry.attempts = 0;
        config.pools[0].ejection.failures = 0;
        let rig = Rig::new(world, config);
        rig.serve_all();
        rig.backends[0].blackhole();
        let clients = crowd(&rig, 50, &get("/a"), "connection");
        for client in &clients {
            rig.run(client.until(|seen| matches!(seen, Seen::Bytes(_))));
            assert_eq!(statuses(client), [504]);
            // The connect timeout once, and not fifty times.
            assert!(answered(client).is_some_and(|at| at < 3_100), "{:?}", answered(client));
            assert!(client.text().contains("Cache-Status: edge; fwd=uri-miss"), "{}", client.text());
        }
        assert_eq!(rig.log.steps("picked").len(), 1);
    });
}

#[test]
fn an_origin_that_answers_500_is_not_asked_by_one_after_the_other() {
    World::twice(6, |world| {
        let rig = Rig::new(world, caching(1));
        rig.serve(0, |_| vec![Act::Wait(SECOND), status(500, "")]);
        let clients: Vec<_> = (0..20).map(|_| rig.ask(vec![Act::send(get("/a")), Act::await_bytes("\r\n\r\n"), Act::Close])).collect();
        all_close(&rig, &clients);
        for client in &clients {
            assert!(answered(client).is_some_and(|at| at < 2_100), "{:?}", answered(client));
        }
        rig.close();
    });
}

#[test]
fn who_has_waited_long_enough_asks_for_itself() {
    World::twice(7, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| {
            vec![Act::Wait(if request.number == 0 { 20 * SECOND } else { 10 * MS }), ok("Cache-Control: max-age=60\r\n", "late")]
        });
        let clients = crowd(&rig, 2, &get("/a"), "late");
        all_close(&rig, &clients);
        assert_eq!(asked(&origin), 2);
        let mut times: Vec<_> = clients.iter().map(|client| answered(client).expect("an answer")).collect();
        times.sort_unstable();
        assert!(times[0] > 5_000 && times[0] < 5_100 && times[1] > 20_000, "{times:?}");
        rig.close();
    });
}

#[test]
fn what_is_stored_goes_on_coming_when_all_its_clients_have_gone() {
    World::twice(8, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| {
            let head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nfirst";
            vec![Act::send(head), Act::Wait(SECOND), Act::send("-last")]
        });
        let client = rig.ask(vec![Act::send(get("/a")), Act::await_bytes("first"), Act::Reset]);
        rig.run(client.until(|seen| *seen == Seen::Closed));
        rig.run(async {
            world.sleep(2 * SECOND).await;
            let got = fetch(&rig, &get("/a")).await;
            assert_eq!(got.body, "first-last");
            assert!(got.cache().starts_with("edge; hit"), "{}", got.cache());
        });
        assert_eq!(asked(&origin), 1);
        rig.close();
    });
}

#[test]
fn a_question_that_nobody_waits_for_any_more_is_given_up() {
    World::twice(9, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| vec![Act::AwaitEnd]);
        let client = rig.ask(vec![Act::send(get("/a")), Act::Wait(SECOND), Act::Reset]);
        rig.run(client.until(|seen| *seen == Seen::Closed));
        rig.run(origin.until(|seen| matches!(seen, Seen::End | Seen::Failed(_))));
        assert!(world.now() < at_ms(1_100));
        rig.close();
    });
}

#[test]
fn an_answer_that_breaks_off_is_stored_for_nobody_and_breaks_off_for_all() {
    World::twice(10, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match request.number {
            0 => vec![
                Act::send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nfirst"),
                Act::Wait(SECOND),
                Act::Reset,
            ],
            _ => vec![ok("Cache-Control: max-age=60\r\n", "whole")],
        });
        let clients: Vec<_> = (0..3).map(|_| rig.ask(vec![Act::send(get("/a"))])).collect();
        for client in &clients {
            rig.over(client);
            assert!(client.text().ends_with("first"), "{}", client.text());
        }
        assert_eq!(rig.run(fetch(&rig, &get("/a"))).body, "whole");
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}

#[test]
fn a_slow_reader_holds_the_others_back_only_where_the_answer_is_too_long_to_keep() {
    for (largest, stored) in [(8 << 20, true), (100_000, false)] {
        World::twice(11, |world| {
            let mut config = caching(1);
            config.sites[0].routes[0].cache.as_mut().expect("it caches").largest = largest;
            let rig = Rig::new(world, config);
            // Of a length that nobody tells: whether it can be kept shows on the way.
            let head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n";
            let body = format!("{:x}\r\n{}end\r\n0\r\n\r\n", 1_200_003, "x".repeat(1_200_000));
            let origin = origin(&rig, vec![Act::send(format!("{head}{body}"))]);
            let slow =
                rig.ask(vec![Act::Pause, Act::send(get("/a")), Act::Wait(30 * SECOND), Act::Resume, Act::await_bytes("end"), Act::Close]);
            let quick = rig.ask_at(at_ms(1), vec![Act::send(get("/a")), Act::await_bytes("end"), Act::Close]);
            rig.run(quick.until(|seen| *seen == Seen::Closed));
            assert_eq!(world.now() < at_ms(30_000), stored, "{:?}", world.now());
            rig.run(slow.until(|seen| *seen == Seen::Closed));
            let again = rig.run(fetch(&rig, &get("/a")));
            assert!(again.body.contains("xend"));
            assert_eq!(asked(&origin), if stored { 1 } else { 2 });
            rig.close();
        });
    }
}

#[test]
fn clients_of_many_variants_do_not_wait_for_each_other_in_a_row() {
    World::twice(12, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| {
            let of = request.head.split("X-Kind: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default().to_string();
            vec![Act::Wait(SECOND), ok("Cache-Control: max-age=60\r\nVary: X-Kind\r\n", &format!("kind {of}."))]
        });
        let ask = |number: usize| {
            let kind = number % 10;
            let request = get_with("/a", &format!("X-Kind: {kind}\r\n"));
            rig.ask(vec![Act::send(request), Act::await_bytes(format!("kind {kind}.")), Act::Close])
        };
        let clients: Vec<_> = (0..100).map(ask).collect();
        all_close(&rig, &clients);
        assert_eq!(asked(&origin), 10, "one for each variant");
        for client in &clients {
            // A second for the first answer, which tells that there are variants, and one for all the others together.
            assert!(answered(client).is_some_and(|at| at < 2_200), "{:?}", answered(client));
        }
        rig.close();
    });
}
