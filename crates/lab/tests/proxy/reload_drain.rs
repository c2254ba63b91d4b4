//! Nothing in flight is cut: by a reload, by a drain, by the death of one backend. And descriptors that run out.

use crate::support::{GET, MS, Rig, SECOND, Tally, accepted, answered, at_ms, config, ended, get, keep_asking, ms, post, statuses};
use decide::config::{Action, Algorithm, Config};
use decide::time::Instant;
use host::Host;
use lab::World;
use lab::peer::{Act, Seen};
use node::{Answer, Application, Server};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use wire::http::RequestHead;

/// Six clients that ask 20 times a second each, half of them with POST.
fn load(rig: &Rig<'_>, until: Instant, posts: bool) -> Tally {
    let tally = Tally::default();
    for client in 0..6u64 {
        let request = if posts && client % 2 == 1 { format!("{}body", post(4)) } else { get("/") };
        keep_asking(&rig.client, rig.edge.at(80), request, 50 * MS, at_ms(client * 8), until, &tally);
    }
    tally
}

/// Backends that take 20 ms.
fn serve_slowly(rig: &Rig<'_>, backend: usize) {
    rig.serve(backend, move |_| vec![Act::TakeBody, Act::Wait(20 * MS), Act::answer(format!("b{backend}"))]);
}

#[test]
fn a_reload_every_100_ms_under_load_fails_no_request() {
    World::twice(1, |world| {
        let first = config(3);
        // What reloads change in turn: nothing, weights, backends that come and go, the algorithm.
        let mut weights = first.clone();
        weights.pools[0].backends[0].weight = 3;
        let mut fewer = first.clone();
        fewer.pools[0].backends.remove(1);
        let mut other = fewer.clone();
        other.pools[0].algorithm = Algorithm::LeastConnections { sample_above: 16 };
        let configs = [first.clone(), weights, fewer, other, first.clone()];
        let rig = Rig::new(world, first);
        (0..3).for_each(|backend| serve_slowly(&rig, backend));
        let tally = load(&rig, at_ms(10_000), true);
        let (server, host) = (rig.server.clone(), rig.edge.host());
        rig.edge.spawn(async move {
            for turn in 1..=100 {
                host.sleep(100 * MS).await;
                assert_eq!(server.reload(&host, configs[turn % configs.len()].clone()), turn as u64 + 1);
            }
        });
        rig.run_until(at_ms(10_500));
        assert_eq!((tally.failures(), tally.len()), (Vec::new(), 6 * 200));
        assert_eq!((rig.log.journeys(), rig.log.events("reloaded").len()), (1200, 100));
        assert_eq!(rig.server.accepted(), 6, "nobody lost a connection");
        rig.close();
    });
}

#[test]
fn a_request_in_flight_ends_under_the_configuration_it_began_with() {
    World::twice(2, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |_| vec![Act::Wait(5 * SECOND), Act::answer("old way")]);
        let client = rig.ask(vec![Act::send(GET), Act::await_bytes("old way"), Act::send(GET), Act::await_bytes("new way"), Act::Close]);
        let mut answering = config(1);
        answering.pools.clear();
        let answer = Action::Answer { status: 200, content_type: String::new(), body: "new way".to_string() };
        answering.sites[0].routes[0].action = answer;
        let (server, host) = (rig.server.clone(), rig.edge.host());
        world.at(at_ms(1_000), move || _ = server.reload(&host, answering));
        rig.run(client.until(|seen| *seen == Seen::Closed));
        assert_eq!((statuses(&client), answered(&client)), (vec![200, 200], Some(5_008)));
        rig.close();
    });
}

/// Puts another configuration in place when it is asked the first time, as the admin side does.
struct Reloads(Mutex<Option<(Arc<Server>, Config)>>);

impl Application for Reloads {
    fn respond(&self, host: &Host, _: &RequestHead, _: &[u8]) -> Answer {
        if let Some((server, config)) = self.0.lock().expect("no panic while it is held").take() {
            server.reload(host, config);
        }
        Answer::text(200, "text/plain", "old way")
    }
}

/// Whoever is told that the new configuration holds may ask before the worker has had its turn to follow it.
#[test]
fn a_request_that_begins_at_the_moment_of_a_reload_has_the_new_configuration() {
    World::twice(31, |world| {
        let mut first = config(1);
        first.sites[0].routes[0].action = Action::Application("reloads".to_string());
        let mut answering = first.clone();
        // Another listener before the one that there was: it has another place now.
        let at = decide::address::Address::parse("10.0.0.2:81").expect("an address");
        answering.listeners.insert(0, decide::config::Listener { at, sites: Vec::new(), ..first.listeners[0].clone() });
        let answer = Action::Answer { status: 200, content_type: String::new(), body: "new way".to_string() };
        answering.sites[0].routes[0].action = answer;
        let reloads = Arc::new(Reloads(Mutex::default()));
        let rig =
            Rig::with_applications(world, first, 1, BTreeMap::from([("reloads".to_string(), reloads.clone() as Arc<dyn Application>)]));
        *reloads.0.lock().expect("no panic while it is held") = Some((rig.server.clone(), answering));
        // The second request is there already when the first one is answered.
        let client = rig.ask(vec![Act::send(GET.repeat(2)), Act::Hang]);
        rig.run_until(at_ms(2_000));
        let text = String::from_utf8_lossy(&client.bytes()).into_owned();
        assert!(text.contains("old way") && text.ends_with("new way"), "{text}");
    });
}

#[test]
fn a_listener_that_a_reload_moves_is_open_at_its_new_place_at_once() {
    World::twice(3, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve_all();
        let mut moved = config(1);
        moved.listeners[0].at = decide::address::Address::parse("10.0.0.2:81").expect("an address");
        let (server, host) = (rig.server.clone(), rig.edge.host());
        world.at(at_ms(1_000), move || _ = server.reload(&host, moved));
        let idle = rig.ask(vec![Act::send(GET), Act::Hang]);
        rig.run_until(at_ms(999));
        assert_eq!(rig.edge.listening(), [rig.edge.at(80)]);
        rig.run_until(at_ms(1_001));
        assert_eq!(rig.edge.listening(), [rig.edge.at(81)]);
        let refused = rig.ask(vec![Act::send(GET)]);
        rig.run_until(at_ms(10_000));
        assert_eq!(refused.of(0).last().map(|(_, seen)| seen.clone()), Some(Seen::Failed(std::io::ErrorKind::ConnectionRefused)));
        // A second to ask once more, as with a drain.
        assert_eq!((statuses(&idle), rig.server.connections()), (vec![200], 0));
    });
}

#[test]
fn a_drain_lets_everything_end_and_tells_when_it_is_over() {
    World::twice(4, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |request| vec![Act::Wait(if request.head.contains("/slow") { 5 * SECOND } else { MS }), Act::answer("ok")]);
        let slow = rig.ask(vec![Act::WaitUntil(at_ms(1_002)), Act::send(get("/slow"))]);
        let asks_again = rig.ask(vec![Act::send(GET), Act::WaitUntil(at_ms(3_500)), Act::send(GET)]);
        let idle = rig.ask(vec![Act::send(GET)]);
        let (server, host) = (rig.server.clone(), rig.edge.host());
        world.at(at_ms(3_000), move || server.drain(host.calendar()));
        let late = rig.client.clone();
        let refused = Rc::new(Cell::new(None));
        let (seen, to) = (refused.clone(), rig.edge.at(80));
        world.at(at_ms(3_001), move || {
            let (machine, host) = (late.clone(), late.host());
            late.spawn(async move {
                let error = machine.connect(&to).await.err().map(|error| error.kind());
                seen.set(Some((host.now(), error)));
            });
        });
        rig.run_until(at_ms(3_000));
        assert_eq!(rig.server.connections(), 3);
        rig.run(rig.server.drained());
        // The slow answer is at the edge at 6 005 ms; its client has closed at 6 007 ms.
        assert_eq!(ms(world.now()), 6_007);
        assert_eq!(refused.get(), Some((at_ms(3_003), Some(std::io::ErrorKind::ConnectionRefused))));
        assert_eq!((statuses(&slow), statuses(&asks_again), statuses(&idle)), (vec![200], vec![200, 200], vec![200]));
        // One closed after its second answer, one a second after the drain began.
        rig.run_until(at_ms(6_100));
        assert_eq!((ended(&asks_again), ended(&idle), ended(&slow)), (Some(3_505), Some(4_001), Some(6_006)));
        let closes = |client: &lab::peer::Record| client.text().matches("Connection: close\r\n").count();
        assert_eq!((closes(&slow), closes(&asks_again), closes(&idle)), (1, 1, 0));
        assert!(asks_again.text().rfind("HTTP/1.1") < asks_again.text().find("Connection: close"));
        assert_eq!(rig.log.events("draining"), ["3000 draining 3"]);
        rig.close();
    });
}

#[test]
fn a_drain_under_load_fails_no_request_that_was_let_in() {
    World::twice(5, |world| {
        let rig = Rig::new(world, config(2));
        (0..2).for_each(|backend| serve_slowly(&rig, backend));
        let tally = load(&rig, at_ms(10_000), true);
        let (server, host) = (rig.server.clone(), rig.edge.host());
        world.at(at_ms(5_001), move || server.drain(host.calendar()));
        rig.run_until(at_ms(5_001));
        rig.run(rig.server.drained());
        assert!(ms(world.now()) < 6_100);
        rig.run_until(at_ms(10_100));
        let failures = tally.failures();
        // Everyone is told to close in an answer; whoever connects anew is refused, and nobody sees anything else.
        assert!(failures.iter().all(|(_, outcome)| *outcome == Err("connecting: connection refused".to_string())), "{:?}", failures[0]);
        assert!(failures.iter().all(|(at, _)| *at > at_ms(5_001)) && !failures.is_empty());
        assert_eq!(tally.len() - failures.len(), rig.log.journeys());
        rig.close();
    });
}

#[test]
fn a_tunnel_gets_half_of_the_drains_time() {
    World::twice(6, |world| {
        let rig = Rig::new(world, config(1));
        let switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
        rig.serve(0, move |_| vec![Act::send(switched), Act::AwaitEnd]);
        let client = rig.ask(vec![Act::send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")]);
        let (server, host) = (rig.server.clone(), rig.edge.host());
        world.at(at_ms(10_000), move || server.drain(host.calendar()));
        assert_eq!(rig.over(&client), 25_001);
        assert!(rig.log.only("tunnel-closed").ends_with("drain"));
        rig.close();
    });
}

fn killed(config: Config, exits: bool) {
    World::twice(7, |world| {
        let rig = Rig::new(world, config.clone());
        (0..3).for_each(|backend| serve_slowly(&rig, backend));
        let tally = load(&rig, at_ms(20_000), false);
        for round in 0..4 {
            let at = 3_000 + round * 4_000;
            rig.run_until(at_ms(at));
            if exits {
                rig.backends[1].exit()
            } else {
                rig.backends[1].kill()
            }
            rig.run_until(at_ms(at + 2_000));
            serve_slowly(&rig, 1);
        }
        rig.run_until(at_ms(20_100));
        assert_eq!((tally.failures(), tally.len()), (Vec::new(), 6 * 400));
        assert!(!rig.log.steps("backend-failed").is_empty(), "it was felt");
        assert!(tally.count("b1", at_ms(0), at_ms(3_000)) > 100);
        rig.close();
    });
}

#[test]
fn a_backend_killed_under_load_fails_no_get() {
    killed(config(3), false);
}

#[test]
fn a_backend_that_exits_under_load_fails_no_get() {
    let mut config = config(3);
    config.pools[0].algorithm = Algorithm::LeastConnections { sample_above: 16 };
    killed(config, true);
}

/// A site that answers by itself.
fn answering() -> Config {
    let mut config = config(1);
    config.sites[0].routes[0].action = Action::Answer { status: 200, content_type: String::new(), body: "here".to_string() };
    config
}

#[test]
fn accepting_pauses_while_no_descriptor_is_left_and_goes_on_then() {
    World::twice(8, |world| {
        let rig = Rig::new(world, answering());
        // One for the listener, four for clients.
        rig.edge.limit_descriptors(5);
        let first: Vec<_> = (0..4).map(|_| rig.ask(vec![Act::send(GET), Act::WaitUntil(at_ms(1_000)), Act::Close])).collect();
        let next: Vec<_> = (0..4).map(|_| rig.ask(vec![Act::send(GET), Act::await_bytes("here"), Act::Close])).collect();
        rig.run_until(at_ms(950));
        assert_eq!((rig.server.connections(), rig.edge.open_descriptors()), (4, 5));
        // From 3 ms on it looks every 100 ms.
        assert_eq!(rig.log.event_times("accept-paused"), (0..10).map(|n| 3 + n * 100).collect::<Vec<_>>());
        rig.run_until(at_ms(1_200));
        assert!(first.iter().all(|client| statuses(client) == [200] && answered(client) == Some(4)));
        assert!(next.iter().all(|client| statuses(client) == [200] && answered(client) == Some(1_004)), "{:?}", next[0].entries());
        rig.close();
    });
}

#[test]
fn our_own_lack_of_descriptors_is_no_failure_of_a_backend() {
    World::twice(9, |world| {
        let mut config = config(2);
        config.pools[0].ejection.failures = 2;
        let rig = Rig::new(world, config);
        rig.serve_all();
        rig.edge.limit_descriptors(7);
        let clients: Vec<_> = (0..6).map(|_| rig.ask(vec![Act::send(GET), Act::Finish])).collect();
        rig.run_until(at_ms(2_000));
        assert!(clients.iter().all(|client| matches!(statuses(client)[..], [200 | 500])));
        assert!(clients.iter().any(|client| statuses(client) == [500]), "the scenario means nothing otherwise");
        assert_eq!(rig.log.events("backend-ejected"), Vec::<String>::new());
        rig.close();
    });
}

#[test]
fn connections_beyond_the_most_wait_in_the_backlog() {
    World::twice(10, |world| {
        let mut config = answering();
        config.server.max_connections = 3;
        let rig = Rig::new(world, config);
        let first: Vec<_> = (0..3).map(|_| rig.ask(vec![Act::send(GET), Act::WaitUntil(at_ms(5_000)), Act::Close])).collect();
        let next: Vec<_> = (0..3).map(|n| rig.ask_at(at_ms(100 + n), vec![Act::send(GET), Act::await_bytes("here"), Act::Close])).collect();
        rig.run_until(at_ms(4_999));
        assert_eq!((rig.server.connections(), next.iter().filter(|client| !client.bytes().is_empty()).count()), (3, 0));
        rig.run_until(at_ms(6_000));
        assert!(first.iter().chain(&next).all(|client| statuses(client) == [200]));
        assert_eq!(answered(&next[0]), Some(5_002));
        rig.close();
    });
}

#[test]
fn a_backend_that_dies_with_idle_connections_is_not_asked_over_them() {
    World::twice(11, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve_all().remove(0);
        rig.ask(vec![Act::send(GET), Act::await_bytes("b0"), Act::Close]);
        rig.run_until(at_ms(500));
        rig.backends[0].kill();
        rig.run_until(at_ms(600));
        let again = rig.serve_all().remove(0);
        let client = rig.ask(vec![Act::send(post(0)), Act::Finish]);
        rig.over(&client);
        assert_eq!((statuses(&client), accepted(&backend), accepted(&again)), (vec![200], 1, 1));
        rig.close();
    });
}
