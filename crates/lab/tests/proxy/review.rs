//! What a review found, attacking the server: one scenario for each defect, which fails where the defect is still there.

use crate::support::certificates::Authority;
use crate::support::{GET, MS, Rig, SECOND, accepted, answered, at_ms, backend, config, ended, get, ms, post, released, statuses};
use decide::address::Address;
use decide::config::{Action, Config, Files, Listener, Protocol, Site};
use host::Endpoint;
use lab::World;
use lab::peer::{Act, Record, Request, Seen, connect, serve};
use std::io::ErrorKind;

const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";

/// The targets of the requests that came to a backend.
fn targets(backend: &Record) -> Vec<String> {
    backend.requests().iter().map(|(_, head)| head.split(' ').nth(1).expect("a target").to_string()).collect()
}

/// A configuration whose only site answers by itself.
fn answering(body: &str) -> Config {
    let mut config = config(1);
    config.sites = vec![says(&config, body)];
    config
}

/// A site that says the same to every request.
fn says(like: &Config, body: &str) -> Site {
    let mut site = like.sites[0].clone();
    site.routes[0].action = Action::Answer { status: 200, content_type: String::new(), body: body.to_string() };
    site
}

fn listener(at: &str, site: usize) -> Listener {
    let at = Address::parse(at).expect("an address");
    Listener { at, sites: vec![site], backlog: 1024, tls: false, protocols: vec![Protocol::Http2, Protocol::Http1] }
}

/// A configuration that takes the place of the server's at a time.
fn reload_at(rig: &Rig<'_>, at: u64, config: Config) {
    let (server, host) = (rig.server.clone(), rig.edge.host());
    rig.world.at(at_ms(at), move || _ = server.reload(&host, config));
}

#[test]
fn the_body_of_a_refused_request_is_never_a_request() {
    let smuggled = get("/smuggled");
    let sized = format!("{}{smuggled}", post(smuggled.len()));
    let chunked =
        format!("POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{smuggled}\r\n0\r\n\r\n", smuggled.len());
    for refused in [sized, chunked] {
        World::twice(1, |world| {
            let mut config = config(1);
            (config.pools[0].max_in_flight, config.pools[0].queue) = (1, 0);
            let rig = Rig::new(world, config);
            // The first answer leaves a connection that the backend closes just when it is used again.
            let backend = rig.serve(0, |request| match request.number {
                0 => vec![Act::Wait(SECOND), Act::answer("long"), Act::Wait(2 * MS), Act::Close],
                _ => vec![Act::TakeBody, Act::answer("next")],
            });
            rig.ask(vec![Act::send(get("/long")), Act::await_bytes("long"), Act::Close]);
            let client = rig.ask(vec![
                Act::WaitUntil(at_ms(500)),
                Act::send(&refused),
                Act::await_bytes("503"),
                Act::WaitUntil(at_ms(1_007)),
                Act::send(get("/next")),
                Act::await_bytes("next"),
                Act::Wait(SECOND),
                Act::Close,
            ]);
            rig.run_until(at_ms(5_000));
            let uses: Vec<_> = rig.log.steps("connected").iter().map(|step| step.split(' ').nth(3) == Some("true")).collect();
            assert_eq!(uses, [false, true, false], "the second request met a connection that was closed");
            assert_eq!((statuses(&client), targets(&backend)), (vec![503, 200], vec!["/long".to_string(), "/next".to_string()]));
            assert_eq!(rig.log.steps("asked").len(), 3, "{:?}", rig.log.steps("asked"));
            rig.close();
        });
    }
}

#[test]
fn a_higher_limit_of_connections_lets_in_at_once_who_waits() {
    for workers in [1, 2] {
        // With two, the limit is met while another worker's listener already waits for a connection.
        World::twice(2, |world| {
            let mut few = answering("here");
            few.server.max_connections = 2;
            let mut many = few.clone();
            many.server.max_connections = 4;
            let rig = Rig::with_workers(world, few.clone(), workers);
            let first: Vec<_> = (0..2).map(|_| rig.ask(vec![Act::send(GET), Act::WaitUntil(at_ms(9_000)), Act::Close])).collect();
            let next: Vec<_> =
                (0..2).map(|_| rig.ask_at(at_ms(100), vec![Act::send(GET), Act::WaitUntil(at_ms(9_000)), Act::Close])).collect();
            reload_at(&rig, 1_000, many);
            rig.run_until(at_ms(999));
            assert_eq!((rig.server.connections(), next.iter().all(|client| client.bytes().is_empty())), (2, true));
            rig.run_until(at_ms(1_002));
            assert_eq!(rig.server.connections(), 4);
            assert!(first.iter().chain(&next).all(|client| statuses(client) == [200]));
            assert_eq!([answered(&next[0]), answered(&next[1])], [Some(1_001); 2]);
            rig.run_until(at_ms(10_000));
            rig.close();
        });
    }
}

#[test]
fn a_listener_that_is_removed_while_the_server_is_full_closes() {
    World::twice(3, |world| {
        let mut two = config(1);
        two.listeners.push(listener("10.0.0.2:81", 0));
        two.server.max_connections = 2;
        let mut one = two.clone();
        one.listeners.pop();
        let rig = Rig::new(world, two);
        rig.serve(0, |_| vec![Act::Wait(10 * SECOND), Act::answer("slow")]);
        // The second one fills the server, so that the second listener is the one that waits.
        let first = rig.ask(vec![Act::send(GET), Act::Finish]);
        let second = connect(&rig.client, &rig.edge.at(81), vec![Act::Wait(MS), Act::send(GET), Act::Finish]);
        reload_at(&rig, 1_000, one);
        rig.run_until(at_ms(999));
        assert_eq!((rig.server.connections(), rig.edge.listening().len()), (2, 2));
        rig.run_until(at_ms(1_001));
        assert_eq!(rig.edge.listening(), [rig.edge.at(80)]);
        let late = connect(&rig.client, &rig.edge.at(81), vec![Act::send(GET)]);
        rig.run_until(at_ms(1_100));
        assert_eq!(late.of(0).last().map(|(_, seen)| seen.clone()), Some(Seen::Failed(ErrorKind::ConnectionRefused)));
        rig.run_until(at_ms(11_000));
        assert_eq!((statuses(&first), statuses(&second)), (vec![200], vec![200]));
        rig.close();
    });
}

#[test]
fn a_head_that_straddles_a_reload_is_routed_as_it_began() {
    let (inside, outside) = (listener("10.0.0.2:81", 1), listener("10.0.0.2:80", 0));
    let before = |listeners: &[&Listener]| {
        let mut config = answering("public");
        config.sites.push(says(&config, "admin"));
        config.listeners = listeners.iter().map(|listener| (*listener).clone()).collect();
        config
    };
    // The public listener has another number from now on: one that was the other's, or one that was nobody's. Or it is gone.
    let reloads = [
        (before(&[&outside, &inside]), before(&[&inside, &outside]), vec!["public", "later"]),
        (before(&[&outside]), before(&[&inside, &outside]), vec!["public", "later"]),
        (before(&[&outside, &inside]), before(&[&inside]), vec!["public"]),
    ];
    for (first, mut second, answers) in reloads {
        second.sites[0] = says(&second, "later");
        World::twice(4, |world| {
            let rig = Rig::new(world, first.clone());
            reload_at(&rig, 1_000, second.clone());
            let (begin, rest) = GET.split_at(8);
            let client = rig.ask(vec![
                Act::send(begin),
                Act::WaitUntil(at_ms(2_000)),
                Act::send(rest),
                Act::await_bytes("\r\n\r\npublic"),
                Act::send(GET),
                Act::Finish,
            ]);
            rig.run_until(at_ms(10_000));
            let text = client.text();
            let bodies: Vec<_> = text.split("HTTP/1.1 ").skip(1).filter_map(|answer| Some(answer.split_once("\r\n\r\n")?.1)).collect();
            assert_eq!((statuses(&client), bodies), (vec![200; answers.len()], answers.clone()), "{text}");
            rig.close();
        });
    }
}

/// Trailers as a sender might write them to slip something past whoever looks at heads only.
const TRAILERS: &str = "X-Forwarded-For: 10.9.9.9\r\nX-Checksum: abc\r\nauthorization: Basic eDp5\r\nCookie: role=admin\r\n\
    Set-Cookie: role=admin\r\nConnection: close\r\nX_Real_IP: 10.9.9.9\r\nForwarded: for=10.9.9.9\r\ngrpc-status: 0\r\n\r\n";

#[test]
fn trailers_that_could_pass_for_fields_of_the_head_are_dropped() {
    World::twice(5, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve(0, |_| {
            let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n{TRAILERS}");
            vec![Act::await_bytes("\r\n0\r\n"), Act::await_bytes("\r\n\r\n"), Act::send(answer), Act::AwaitEnd, Act::Close]
        });
        let request = "POST / HTTP/1.1\r\nHost: a.example\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n";
        let client = rig.ask(vec![Act::send(format!("{request}4\r\nbody\r\n0\r\n{TRAILERS}")), Act::Wait(SECOND), Act::Close]);
        rig.run_until(at_ms(5_000));
        assert_eq!(statuses(&client), [200], "{}", client.text());
        for text in [backend.text(), client.text()] {
            assert!(text.ends_with("\r\n\r\n4\r\nbody\r\n0\r\nX-Checksum: abc\r\ngrpc-status: 0\r\n\r\n"), "{text}");
        }
        rig.close();
    });
}

#[test]
fn an_interim_answer_has_only_what_is_for_the_client() {
    World::twice(6, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |request| {
            let hints = match request.number {
                0 => {
                    "Content-Length: 5\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n\
                      endpoint-load-metrics: TEXT cpu_utilization=0.5\r\nLink: </a.css>; rel=preload\r\n"
                }
                _ => "Transfer-Encoding: chunked\r\nLink: </a.css>; rel=preload\r\nProxy-Connection: close\r\n",
            };
            vec![Act::send(format!("HTTP/1.1 103 Early Hints\r\n{hints}\r\n")), Act::Wait(SECOND), Act::answer("final")]
        });
        for turn in 0..2 {
            let client = rig.ask_at(at_ms(turn * 5_000), vec![Act::send(GET), Act::Finish]);
            rig.over(&client);
            let passed = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nVia: 1.1 edge\r\n\r\nHTTP/1.1 200 OK\r\n";
            assert!(client.text().starts_with(passed) && client.text().ends_with("final"), "{}", client.text());
        }
        rig.close();
    });
}

#[test]
fn a_listener_that_a_reload_cannot_open_is_opened_when_it_can_be() {
    World::twice(7, |world| {
        let one = answering("here");
        let mut two = one.clone();
        two.listeners.push(listener("10.0.0.2:81", 0));
        let rig = Rig::new(world, one);
        let before = rig.ask(vec![Act::send(GET), Act::WaitUntil(at_ms(3_000)), Act::send(GET), Act::await_bytes("herehere"), Act::Close]);
        rig.run_until(at_ms(500));
        rig.edge.limit_descriptors(2);
        reload_at(&rig, 1_000, two);
        rig.run_until(at_ms(1_999));
        assert_eq!((rig.edge.listening(), rig.server.connections()), (vec![rig.edge.at(80)], 1), "the server goes on");
        // Tried every 100 ms.
        assert_eq!(rig.log.event_times("accept-paused"), (10..20).map(|n| n * 100).collect::<Vec<_>>());
        rig.edge.limit_descriptors(100);
        rig.run_until(at_ms(2_001));
        assert_eq!(rig.edge.listening(), [rig.edge.at(80), rig.edge.at(81)]);
        let at_new = connect(&rig.client, &rig.edge.at(81), vec![Act::send(GET), Act::Finish]);
        rig.over(&at_new);
        rig.run_until(at_ms(4_000));
        assert_eq!((statuses(&at_new), statuses(&before)), (vec![200], vec![200, 200]));
        assert_eq!(rig.log.event_times("accept-paused").len(), 10);
        rig.close();
    });
}

#[test]
fn two_workers_share_a_queue_and_everyone_has_a_turn() {
    World::twice(8, |world| {
        let mut config = config(1);
        (config.pools[0].max_in_flight, config.pools[0].queue_timeout) = (1, 5 * SECOND);
        let rig = Rig::with_workers(world, config, 2);
        let backend = rig.serve(0, |_| vec![Act::Wait(10 * MS), Act::answer("ok")]);
        let clients: Vec<_> =
            (0..50).map(|n| rig.ask(vec![Act::send([get(&format!("/{n}")), GET.to_string()].concat()), Act::Finish])).collect();
        let ends: Vec<_> = clients.iter().map(|client| rig.over(client)).collect();
        assert!(clients.iter().all(|client| statuses(client) == [200, 200]));
        // 12 ms for each, one after the other, and nobody waits longer than all that are before.
        assert_eq!((ends.iter().max(), backend.requests().len()), (Some(&(8 + 100 * 12 - 2)), 100));
        rig.close();
    });
}

#[test]
fn a_connection_that_one_worker_kept_serves_the_other() {
    World::twice(9, |world| {
        let rig = Rig::with_workers(world, config(1), 2);
        let backend = rig.serve_all().remove(0);
        // The network gives connections to the workers in turn.
        for turn in 0..6 {
            let client = rig.ask_at(at_ms(turn * 100), vec![Act::send(GET), Act::Finish]);
            rig.over(&client);
            assert_eq!(statuses(&client), [200]);
        }
        assert_eq!((accepted(&backend), backend.requests().len()), (1, 6));
        assert_eq!(rig.server.snapshot().pools()[0].kept_connections(0), 1);
        rig.close();
    });
}

#[test]
fn a_client_that_resets_while_the_backend_is_silent_frees_the_backend_at_once() {
    let silent = [
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ];
    // And although it has asked more by then: at once, or later.
    let more = [String::new(), GET.to_string(), get(&"/x".repeat(2_000))];
    for (answer, more) in silent.into_iter().flat_map(|answer| more.iter().map(move |more| (answer, more))) {
        World::twice(10, |world| {
            let rig = Rig::new(world, config(1));
            let backend = rig.serve(0, move |_| vec![Act::send(answer), Act::AwaitEnd]);
            rig.ask(vec![Act::send(format!("{GET}{more}")), Act::Wait(500 * MS), Act::send(more), Act::Wait(500 * MS), Act::Reset]);
            rig.run_until(at_ms(2_000));
            // The reset leaves the client at 1002 ms.
            assert_eq!((released(&backend), rig.server.requests_in_flight()), (Some(1_004), 0));
            assert!(rig.log.only("delivered").ends_with("the client reset the connection client"));
            rig.close();
        });
    }
}

#[test]
fn who_waits_in_the_backlog_when_a_drain_begins_is_still_answered() {
    World::twice(11, |world| {
        let rig = Rig::new(world, answering("here"));
        // No descriptor for the client until after the drain has begun.
        rig.edge.limit_descriptors(1);
        let client = rig.ask(vec![Act::send(GET), Act::AwaitEnd]);
        let (server, edge) = (rig.server.clone(), rig.edge.clone());
        world.at(at_ms(50), move || {
            server.drain(edge.host().calendar());
            edge.limit_descriptors(100);
        });
        rig.run_until(at_ms(50));
        assert_eq!((rig.server.connections(), rig.log.event_times("accept-paused")), (0, vec![3]));
        rig.run(rig.server.drained());
        assert!(ms(world.now()) >= 103, "drained at {} ms", ms(world.now()));
        rig.over(&client);
        assert_eq!((statuses(&client), answered(&client)), (vec![200], Some(104)));
        assert!(client.text().contains("Connection: close\r\n"), "{}", client.text());
        rig.close();
    });
}

#[test]
fn a_body_that_waited_in_the_queue_has_its_time_from_the_try_on() {
    World::twice(12, |world| {
        let mut config = config(1);
        let pool = &mut config.pools[0];
        (pool.max_in_flight, pool.queue_timeout, pool.response_timeout) = (1, 200 * SECOND, 200 * SECOND);
        let rig = Rig::new(world, config);
        rig.serve(0, |request| match request.number {
            0 => vec![Act::Wait(100 * SECOND), Act::answer("long")],
            _ => vec![Act::send("HTTP/1.1 100 Continue\r\n\r\n"), Act::TakeBody, Act::answer("thanks")],
        });
        rig.ask(vec![Act::send(get("/long")), Act::await_bytes("long"), Act::Close]);
        let head = post(4).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        let client = rig.ask_at(
            at_ms(100),
            vec![Act::send(head), Act::await_bytes("100 Continue\r\n\r\n"), Act::send("body"), Act::await_bytes("thanks"), Act::Close],
        );
        rig.run_until(at_ms(110_000));
        assert_eq!((statuses(&client), answered(&client)), (vec![100, 200], Some(100_010)));
        rig.close();
    });
}

#[test]
fn the_protocol_is_not_changed_before_the_request_is_whole() {
    World::twice(13, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve(0, |_| vec![Act::send(SWITCHED), Act::AwaitEnd, Act::Close]);
        let head = "POST / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: chat\r\nContent-Length: 10\r\n\r\n";
        let client = rig.ask(vec![Act::send(head), Act::Wait(SECOND), Act::send("1234567890"), Act::Wait(SECOND), Act::Close]);
        rig.run_until(at_ms(5_000));
        assert_eq!((statuses(&client), rig.log.steps("tunnelled").len()), (vec![502], 0), "{}", client.text());
        assert!(client.text().contains("Connection: close\r\n") && client.text().contains("error=http_protocol_error"));
        assert_eq!((accepted(&backend), released(&backend)), (1, Some(8)));
        rig.close();
    });
}

#[test]
fn there_is_no_tunnel_to_a_protocol_that_the_backend_was_not_asked_for() {
    let asks = |upgrade: &str| format!("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: {upgrade}\r\n\r\n");
    let mut removes = config(1);
    removes.sites[0].routes[0].request.fields.remove = vec!["upgrade".to_string()];
    let mut sets = config(1);
    sets.sites[0].routes[0].request.fields.set = vec![("Upgrade".to_string(), "x".to_string())];
    for (config, upgrade) in
        [(config(1), "h2c"), (config(1), "websocket, H2C"), (config(1), "TLS/1.0"), (removes, "websocket"), (sets, "y")]
    {
        World::twice(14, |world| {
            let rig = Rig::new(world, config.clone());
            let backend = rig.serve(0, |_| vec![Act::send(SWITCHED), Act::AwaitEnd, Act::Close]);
            let client =
                rig.ask(vec![Act::send(asks(upgrade)), Act::Wait(SECOND), Act::send(get("/admin")), Act::Wait(SECOND), Act::Close]);
            rig.run_until(at_ms(5_000));
            // What came behind it is a request like any other, and meets the same rule.
            assert!(statuses(&client).iter().all(|status| *status == 502), "{}", client.text());
            assert_eq!(rig.log.steps("tunnelled").len(), 0);
            assert!(!backend.text().contains(&format!("Upgrade: {upgrade}")), "{}", backend.text());
            rig.close();
        });
    }
}

#[test]
fn a_cut_answer_that_ends_with_the_connection_ends_with_a_reset() {
    let old = "GET / HTTP/1.0\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    let run = |answer: &'static str, then: Act| {
        World::twice(15, |world| {
            let (rig, then) = (Rig::new(world, config(1)), then.clone());
            rig.serve(0, move |_| vec![Act::send(answer), Act::Wait(SECOND), then.clone()]);
            let client = rig.ask(vec![Act::send(old)]);
            assert_eq!(rig.over(&client), 1_008);
            assert!(client.text().ends_with("\r\n\r\nhalf"), "{}", client.text());
            rig.close();
            client.of(0).into_iter().map(|(_, seen)| seen).find(|seen| matches!(seen, Seen::End | Seen::Failed(_)))
        })
    };
    let reset = Some(Seen::Failed(ErrorKind::ConnectionReset));
    assert_eq!(run(chunked, Act::Close), reset);
    assert_eq!(run(chunked, Act::send("no chunk")), reset);
    assert_eq!(run("HTTP/1.1 200 OK\r\n\r\nhalf", Act::Reset), reset);
    // Here the client can count for itself, or the answer is whole.
    assert_eq!(run("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Act::Close), Some(Seen::End));
    assert_eq!(run("HTTP/1.1 200 OK\r\n\r\nhalf", Act::Close), Some(Seen::End));
    assert_eq!(run(chunked, Act::send("0\r\n\r\n")), Some(Seen::End));
}

/// Bytes of body that were received, as the journeys tell it.
fn received(rig: &Rig<'_>) -> Vec<u64> {
    let number = |step: &String| step.split(' ').nth(3).and_then(|number| number.parse().ok()).expect("a number");
    rig.log.steps("delivered").iter().map(number).collect()
}

#[test]
fn a_body_is_counted_once_however_often_it_was_sent() {
    let put = |path: &str| format!("PUT {path} HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9000\r\n\r\n{}", "x".repeat(9_000));
    // Given up, answered by another backend, and refused by a pool that had another backend before.
    for (method, busy, status) in [("POST", false, 502), ("PUT", false, 200), ("PUT", true, 503)] {
        World::twice(16, |world| {
            let mut config = config(2);
            (config.pools[0].max_in_flight, config.pools[0].queue) = (1, 0);
            let rig = Rig::new(world, config);
            rig.serve(0, |_| vec![Act::TakeBody, Act::Close]);
            rig.serve(1, |request| match &request.head {
                head if head.contains("/long") => vec![Act::Wait(SECOND), Act::answer("long")],
                _ => vec![Act::TakeBody, Act::answer("ok")],
            });
            let client = rig.ask_at(at_ms(100), vec![Act::send(put("/").replace("PUT", method)), Act::Wait(100 * MS), Act::Close]);
            if busy {
                // Two at once: the first backend closes on one of them, which the second cannot take.
                rig.ask_at(at_ms(101), vec![Act::send(get("/long")), Act::Wait(2 * SECOND), Act::Close]);
            }
            rig.run_until(at_ms(5_000));
            assert_eq!(statuses(&client), [status], "{}", client.text());
            assert_eq!(received(&rig)[0], 9_000, "{:?}", rig.log.steps("delivered"));
            rig.close();
        });
    }
}

#[test]
fn bytes_behind_an_upgrade_request_are_refused_cleanly_while_an_interim_answer_is_on_its_way() {
    World::twice(17, |world| {
        let rig = Rig::new(world, config(1));
        world.link(&rig.client, &rig.edge).back().window(100);
        let link = format!("Link: <{}>; rel=preload\r\n", "x".repeat(400));
        let hints = format!("HTTP/1.1 103 Early Hints\r\n{link}\r\n");
        let backend = rig.serve(0, move |_| vec![Act::send(&hints), Act::Wait(SECOND), Act::send(SWITCHED), Act::AwaitEnd, Act::Close]);
        let client = rig.ask(vec![
            Act::Pause,
            Act::send("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"),
            Act::WaitUntil(at_ms(500)),
            Act::send(get("/admin")),
            Act::WaitUntil(at_ms(2_000)),
            Act::Resume,
            Act::AwaitEnd,
        ]);
        rig.run_until(at_ms(10_000));
        let text = client.text();
        let clean = format!("HTTP/1.1 103 Early Hints\r\n{link}Via: 1.1 edge\r\n\r\nHTTP/1.1 400 Bad Request\r\n");
        assert!(text.starts_with(&clean), "{text}");
        assert_eq!((statuses(&client), targets(&backend)), (vec![103, 400], vec!["/".to_string()]));
        assert_eq!(rig.log.steps("tunnelled").len(), 0);
        assert!(ended(&client).is_some());
        rig.close();
    });
}

#[test]
fn a_pool_that_a_reload_changes_serves_its_requests_to_the_end() {
    World::twice(18, |world| {
        let mut old = config(1);
        (old.pools[0].max_in_flight, old.pools[0].queue_timeout) = (1, 60 * SECOND);
        let mut new = old.clone();
        new.pools[0].backends.push(backend("10.0.1.2:80"));
        new.pools[0].max_in_flight = 2;
        let rig = Rig::new(world, old);
        let answer = |request: &Request| vec![Act::Wait(if request.head.contains("/slow") { 5 * SECOND } else { MS }), Act::answer("ok")];
        let first = rig.serve(0, answer);
        let second = serve(&world.host("b1", "10.0.1.2"), &Endpoint::of(&backend("10.0.1.2:80").at).expect("no name"), answer);
        let in_flight = rig.ask(vec![Act::send(get("/slow/1")), Act::Finish]);
        let queued = rig.ask_at(at_ms(100), vec![Act::send(get("/slow/2")), Act::Finish]);
        reload_at(&rig, 1_000, new);
        let later: Vec<_> = (0..4).map(|n| rig.ask_at(at_ms(2_000 + n), vec![Act::send(get("/new")), Act::Finish])).collect();
        rig.run_until(at_ms(3_000));
        // The new pool has a place at once: what the old one has in flight is not its own.
        assert!(later.iter().all(|client| statuses(client) == [200]));
        assert!(
            later.iter().zip(0..).all(|(client, n)| answered(client) == Some(2_007 + n)),
            "{:?}",
            later.iter().map(answered).collect::<Vec<_>>()
        );
        rig.run_until(at_ms(12_000));
        // The old pool's queue goes on, at its own only backend and over its own connection, which is closed with it.
        assert_eq!((answered(&in_flight), answered(&queued)), (Some(5_008), Some(10_010)));
        assert_eq!(targets(&first).iter().filter(|target| target.starts_with("/slow")).count(), 2);
        assert_eq!(targets(&second), ["/new", "/new"]);
        assert_eq!(first.of(0).last().map(|(at, seen)| (ms(*at), seen.clone())), Some((10_010, Seen::Closed)));
        assert_eq!(rig.log.events("backend-ejected"), Vec::<String>::new());
        rig.close();
    });
}

#[test]
fn a_connection_that_is_over_rests_until_its_client_takes_what_is_left() {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let request = b"\0\0\x0e\x01\x05\0\0\0\x01\x82\x86\x84\x41\x09a.example";
    let broken = b"\0\0\0\0\0\0\0\0\0";
    let goodbye = b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";
    for last in [&broken[..], goodbye] {
        World::twice(19, |world| {
            let rig = Rig::new(world, answering(&"x".repeat(60_000)));
            world.link(&rig.client, &rig.edge).back().window(100);
            let begin = [&preface[..], request].concat();
            let client =
                rig.ask(vec![Act::Pause, Act::send(begin), Act::WaitUntil(at_ms(1_000)), Act::send(last), Act::WaitUntil(at_ms(90_000))]);
            // A task that asks for its turn again and again lets no time pass.
            world.bound(100_000, at_ms(100_000));
            rig.run_until(at_ms(50_000));
            assert_eq!((rig.server.connections(), released(&client)), (1, None));
            rig.run_until(at_ms(95_000));
            assert_eq!(rig.server.connections(), 0);
        });
    }
}
#[test]
fn a_connection_to_a_backend_that_has_vanished_is_found_out() {
    World::twice(20, |world| {
        let mut front = config(1);
        front.pools[0].protocol = Protocol::Http2;
        let rig = Rig::new(world, front);
        let mut behind = answering("here");
        behind.listeners[0].at = Address::parse("10.0.1.1:80").expect("an address");
        let server = rig.also_serve(0, behind);
        let first = rig.ask(vec![Act::send(GET), Act::await_bytes("here"), Act::Close]);
        rig.run_until(at_ms(1_000));
        assert_eq!((statuses(&first), server.accepted()), (vec![200], 1));
        // Nothing arrives any more, and nobody is told; requests go on coming.
        world.link(&rig.edge, &rig.backends[0]).blackhole();
        let during: Vec<_> = (0..6).map(|n| rig.ask_at(at_ms(2_000 + 10_000 * n), vec![Act::send(GET), Act::Finish])).collect();
        rig.run_until(at_ms(61_000));
        assert!(during.iter().all(|client| statuses(client).is_empty()));
        // All of them are tried again, on a new connection; that there is nobody shows at once there.
        rig.run_until(at_ms(70_000));
        assert!(
            during.iter().all(|client| matches!(statuses(client)[..], [502 | 504])),
            "{:?}",
            during.iter().map(statuses).collect::<Vec<_>>()
        );
        assert_eq!(rig.server.requests_in_flight(), 0);
    });
}

fn files() -> Action {
    let (root, strip_prefix, cache_control) = ("/srv".to_string(), String::new(), String::new());
    Action::Files(Files { root, index: Vec::new(), precompressed: false, strip_prefix, cache_control })
}

#[test]
fn a_long_download_with_tls_is_whole_however_long_it_takes() {
    let authority = Authority::new();
    let world = World::new(21);
    let mut front = config(1);
    front.pools[0].tls = Some(authority.pool());
    let rig = Rig::new(&world, front);
    let mut behind = answering("");
    behind.listeners[0].at = Address::parse("10.0.1.1:80").expect("an address");
    behind.listeners[0].tls = true;
    behind.certificates = vec![authority.sign("backend.example", (3000, 1, 1))];
    behind.sites[0].routes[0].action = files();
    rig.backends[0].put_file("/srv/long", &[b'x'; 2_000_000]);
    rig.also_serve(0, behind);
    // Twice the time that the server may take to send anything at all.
    world.link(&rig.edge, &rig.backends[0]).back().bandwidth(Some(16_000));
    let client = rig.ask(vec![Act::send(get("/long")), Act::AwaitEnd]);
    rig.run_until(at_ms(200_000));
    let body = client.bytes().iter().filter(|byte| **byte == b'x').count();
    assert!(statuses(&client) == [200] && body >= 2_000_000, "{body}");
}

#[test]
fn the_last_answer_of_a_connection_with_tls_is_whole_however_slow_the_way() {
    let authority = Authority::new();
    let world = World::new(22);
    let mut front = config(1);
    (front.pools[0].tls, front.pools[0].protocol) = (Some(authority.pool()), Protocol::Http2);
    (front.limits.http2_stream_window, front.limits.http2_connection_window) = (1 << 20, 1 << 20);
    let rig = Rig::new(&world, front);
    let mut behind = answering(&"x".repeat(190_000));
    behind.listeners[0].at = Address::parse("10.0.1.1:80").expect("an address");
    behind.listeners[0].tls = true;
    behind.certificates = vec![authority.sign("backend.example", (3000, 1, 1))];
    behind.limits.requests_per_connection = 1;
    let server = rig.also_serve(0, behind);
    world.link(&rig.edge, &rig.backends[0]).back().bandwidth(Some(5_000)).window(4_000);
    let client = rig.ask(vec![Act::send(get("/")), Act::WaitUntil(at_ms(99_000)), Act::Close]);
    rig.run_until(at_ms(100_000));
    let body = client.bytes().iter().filter(|byte| **byte == b'x').count();
    assert!(statuses(&client) == [200] && body >= 190_000, "{body}");
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_backend_that_thinks_for_long_has_not_vanished() {
    World::twice(23, |world| {
        let mut front = config(1);
        front.pools[0].protocol = Protocol::Http2;
        let rig = Rig::new(world, front);
        let mut behind = config(1);
        behind.listeners[0].at = Address::parse("10.0.1.1:80").expect("an address");
        behind.pools[0].backends = vec![backend("10.0.1.2:80")];
        let server = rig.also_serve(0, behind);
        let thinks = |_: &Request| vec![Act::Wait(55 * SECOND), Act::answer("thought")];
        serve(&world.host("b1", "10.0.1.2"), &Endpoint::of(&backend("10.0.1.2:80").at).expect("no name"), thinks);
        let clients: Vec<_> = (0..3).map(|n| rig.ask_at(at_ms(20_000 * n), vec![Act::send(GET), Act::Finish])).collect();
        rig.run_until(at_ms(100_000));
        assert!(clients.iter().all(|client| statuses(client) == [200]), "{:?}", clients.iter().map(statuses).collect::<Vec<_>>());
        assert_eq!(server.accepted(), 1);
    });
}

#[test]
fn a_client_that_takes_a_little_at_a_time_has_its_answer_with_tls_too() {
    let authority = Authority::new();
    for from_file in [false, true] {
        let world = World::new(24);
        let mut front = config(1);
        front.pools[0].tls = Some(authority.pool());
        let rig = Rig::new(&world, front);
        let mut behind = answering(&"x".repeat(150_000));
        if from_file {
            behind.sites[0].routes[0].action = files();
            rig.backends[0].put_file("/srv/long", &[b'x'; 150_000]);
        }
        behind.listeners[0].at = Address::parse("10.0.1.1:80").expect("an address");
        behind.listeners[0].tls = true;
        behind.certificates = vec![authority.sign("backend.example", (3000, 1, 1))];
        rig.also_serve(0, behind);
        // A record takes twenty seconds, and a batch of them longer than the server waits for any sign of life.
        world.link(&rig.edge, &rig.backends[0]).back().bandwidth(Some(800)).window(4_000);
        let client = rig.ask(vec![Act::send(get("/long")), Act::WaitUntil(at_ms(249_000)), Act::Close]);
        rig.run_until(at_ms(250_000));
        let body = client.bytes().iter().filter(|byte| **byte == b'x').count();
        assert!(statuses(&client) == [200] && body >= 150_000, "{body}");
    }
}
