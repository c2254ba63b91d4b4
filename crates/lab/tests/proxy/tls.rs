//! TLS in virtual time: whole ways through two servers, and the limits of a handshake to the millisecond. Keys and signatures are drawn
//! from the operating system, so the bytes differ from run to run; the times do not.

use crate::support::certificates::{Authority, serve_once};
use crate::support::{GET, Log, MS, Rig, SECOND, answered, at_ms, config, get, released, statuses};
use decide::config::{Action, Config, HealthCheck, Probe};
use decide::time::Duration;
use lab::peer::{Act, Seen};
use lab::{Pieces, World};
use node::Server;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A server with TLS that answers everything itself.
fn secured(authority: &Authority, at: &str, body: &str) -> Config {
    let mut config = config(1);
    config.listeners[0].at = decide::address::Address::parse(at).expect("an address");
    config.listeners[0].tls = true;
    config.certificates = vec![authority.sign("backend.example", (3000, 1, 1))];
    config.sites[0].routes[0].action = Action::Answer { status: 200, content_type: "text/plain".to_string(), body: body.to_string() };
    config
}

/// A server without TLS before one with it, on the first backend's machine.
fn two<'w>(world: &'w World, authority: &Authority, body: &str, change: impl FnOnce(&mut Config)) -> (Rig<'w>, Arc<Server>, Arc<Log>) {
    let mut front = config(1);
    front.pools[0].tls = Some(authority.pool());
    change(&mut front);
    let rig = Rig::new(world, front);
    let (back, log) = (rig.backends[0].clone(), Arc::new(Log::default()));
    let server = Server::new(&back.host(), secured(authority, "10.0.1.1:80", body), 1, BTreeMap::new(), vec![log.clone()]);
    let (working, host) = (server.clone(), back.host());
    back.spawn(async move { working.work(host, 0).await.expect("its listener opens") });
    (rig, server, log)
}

#[test]
fn a_request_goes_through_two_servers_however_its_records_are_torn() {
    let authority = Authority::new();
    let body = "x".repeat(100_000);
    for pieces in [Pieces::Whole, Pieces::Torn(3)] {
        let world = World::new(1);
        let (rig, _back, log) = two(&world, &authority, &body, |_| {});
        world.link(&rig.edge, &rig.backends[0]).pieces(pieces);
        for number in 1..=3 {
            let client = rig.ask(vec![Act::send(get("/")), Act::await_bytes(&body), Act::Close]);
            rig.run(client.until(|seen| *seen == Seen::Closed));
            assert_eq!((statuses(&client), log.journeys()), (vec![200], number));
        }
        let secured = log.steps("secured");
        assert!(
            secured[0].contains(" secured TLSv1.3 X25519MLKEM768 TLS13_AES_256_GCM_SHA384 http/1.1 backend.example false "),
            "{secured:?}"
        );
        assert_eq!(rig.log.steps("connected").iter().filter(|step| step.contains(" true ")).count(), 2, "the connection was kept");
    }
}

#[test]
fn who_comes_again_signs_nothing_for_a_while() {
    let authority = Authority::new();
    let world = World::new(2);
    let (rig, _back, log) = two(&world, &authority, "body", |config| config.pools[0].keep_alive_connections = 0);
    for at in [0, 1_000, 599_000, 610_000, 611_000] {
        rig.run_until(at_ms(at));
        let client = rig.ask(vec![Act::send(GET), Act::await_bytes("body"), Act::Close]);
        rig.run(client.until(|seen| *seen == Seen::Closed));
    }
    rig.run_until(at_ms(612_000));
    let resumed: Vec<bool> = log.steps("secured").iter().map(|step| step.contains(" backend.example true ")).collect();
    assert_eq!(resumed, [false, true, true, false, true]);
}

#[test]
fn a_handshake_has_ten_seconds_its_first_byte_included() {
    let authority = Authority::new();
    // A ClientHello that announces 500 bytes.
    let begun = [&[22, 3, 1, 1, 244, 1, 0, 1, 240, 3, 3][..], &[7; 40]].concat();
    for (acts, passed) in [
        (vec![Act::Hang], 10_004),
        (vec![Act::send(&begun), Act::Hang], 10_004),
        (begun.iter().flat_map(|byte| [Act::Send(vec![*byte]), Act::Wait(SECOND)]).collect(), 10_004),
    ] {
        let world = World::new(3);
        let rig = Rig::new(&world, secured(&authority, "10.0.0.2:80", "never"));
        let client = rig.ask(acts);
        rig.run_until(at_ms(10_002));
        assert_eq!((rig.server.connections(), released(&client)), (1, None));
        rig.run_until(at_ms(20_000));
        assert_eq!((rig.server.connections(), released(&client)), (0, Some(passed)));
        assert_eq!(rig.log.events("handshake-failed"), ["10003 handshake-failed listener0 10.0.0.1 the handshake took too long client 0"]);
        assert_eq!(client.bytes(), [0; 0]);
        rig.close();
    }
}

#[test]
fn one_address_has_so_many_handshakes_at_once_and_others_have_theirs() {
    let authority = Authority::new();
    let world = World::new(4);
    let mut config = secured(&authority, "10.0.0.2:80", "never");
    config.limits.handshakes_per_address = 3;
    let rig = Rig::new(&world, config);
    let clients: Vec<_> = (0..10).map(|_| rig.ask(vec![Act::AwaitEnd])).collect();
    let other = lab::peer::connect(&rig.backends[0], &rig.edge.at(80), vec![Act::AwaitEnd]);
    rig.run_until(at_ms(100));
    assert_eq!(rig.server.connections(), 4);
    let turned_away = clients.iter().filter(|client| released(client) == Some(4)).count();
    assert_eq!((turned_away, released(&other)), (7, None));
    // Five of the seven are told, and the rest with the next.
    rig.run_until(at_ms(15_000));
    let told = rig.log.events("handshake-failed");
    let too_many = |told: &&String| told.contains("this address has too many handshakes under way");
    assert_eq!(told.iter().filter(too_many).count(), 5, "{told:?}");
    assert!(told[5].ends_with("the handshake took too long client 2"), "{told:?}");
    let counted = rig.server.metrics().counts().listeners.iter().map(|listener| listener.failed_handshakes[0]).sum::<u64>();
    assert_eq!((counted, rig.server.connections()), (11, 0));
    let again = rig.ask(vec![Act::AwaitEnd]);
    rig.run_until(at_ms(16_000));
    assert_eq!((rig.server.connections(), released(&again)), (1, None));
    rig.run_until(at_ms(30_000));
    rig.close();
}

#[test]
fn who_speaks_http_without_tls_is_told_so_in_the_clear() {
    let authority = Authority::new();
    let world = World::new(5);
    let rig = Rig::new(&world, secured(&authority, "10.0.0.2:80", "never"));
    let client = rig.ask(vec![Act::send(GET), Act::AwaitEnd, Act::Close]);
    rig.run(client.over());
    assert_eq!((statuses(&client), answered(&client)), (vec![400], Some(4)));
    assert!(client.text().ends_with("400 Bad Request: this port speaks TLS; ask with https://\n"), "{}", client.text());
    assert_eq!(rig.log.events("handshake-failed"), ["3 handshake-failed listener0 10.0.0.1 the client spoke HTTP without TLS client 0"]);
    rig.run_until(at_ms(5_000));
    rig.close();
}

#[test]
fn a_certificate_that_expires_while_we_run_is_refused_from_then_on() {
    let authority = Authority::new();
    let world = World::new(6);
    let mut front = config(1);
    front.pools[0].tls = Some(authority.pool());
    front.pools[0].ejection.failures = 0;
    let rig = Rig::new(&world, front);
    // The lab's time begins with 2026: the certificate holds for one day.
    let certificate = authority.sign("backend.example", (2026, 1, 2));
    serve_once(&rig.backends[0], &rig.backends[0].at(80), &certificate, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true);
    let ask = || rig.ask(vec![Act::send(GET), Act::Wait(SECOND), Act::Close]);
    let (day, mut seen) = (24 * 3_600_000, Vec::new());
    world.bound(5_000_000, at_ms(2 * day));
    // Sessions are resumed for ten minutes at most, and then it is looked at again.
    for at in [0, day - 2_000, day + 600_000] {
        rig.run_until(at_ms(at));
        let client = ask();
        rig.run(client.until(|seen| *seen == Seen::Closed));
        seen.push((statuses(&client), client.text().contains("error=tls_certificate_error")));
    }
    assert_eq!(seen, [(vec![200], false), (vec![200], false), (vec![502], true)]);
}

#[test]
fn an_answer_that_ends_without_the_end_of_tls_is_cut_and_not_over() {
    let authority = Authority::new();
    for says_end in [true, false] {
        let world = World::new(7);
        let mut front = config(1);
        front.pools[0].tls = Some(authority.pool());
        let rig = Rig::new(&world, front);
        let certificate = authority.sign("backend.example", (3000, 1, 1));
        serve_once(&rig.backends[0], &rig.backends[0].at(80), &certificate, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nso far", says_end);
        let client = rig.ask(vec![Act::send(GET), Act::Wait(SECOND), Act::Close]);
        rig.run(client.until(|seen| matches!(seen, Seen::Closed | Seen::Failed(_))));
        assert!(client.text().contains("so far"), "{}", client.text());
        assert_eq!(client.text().ends_with("\r\n0\r\n\r\n"), says_end, "{}", client.text());
        assert_eq!(rig.log.only("delivered").contains(" complete "), says_end, "{}", rig.log.only("delivered"));
    }
}

#[test]
fn a_backend_that_does_not_finish_the_handshake_is_given_the_time_to_connect() {
    let authority = Authority::new();
    let world = World::new(8);
    let mut front = config(1);
    front.pools[0].tls = Some(authority.pool());
    front.pools[0].retry.attempts = 0;
    let rig = Rig::new(&world, front);
    // It accepts, and never says a word.
    let _backend = rig.serve(0, |_| vec![Act::Hang]);
    let client = rig.ask(vec![Act::send(GET), Act::Wait(5 * SECOND), Act::Close]);
    rig.run(client.until(|seen| *seen == Seen::Closed));
    // The connection is begun when the request is here, at 3 ms, and three seconds later the client is told.
    assert_eq!((statuses(&client), answered(&client)), (vec![504], Some(3_004)));
    assert!(client.text().contains("error=connection_timeout"), "{}", client.text());
}

#[test]
fn probes_go_by_tls_too() {
    let authority = Authority::new();
    for (probe, up) in [(Probe::Connect, true), (http("body"), true), (http("something else"), false)] {
        let world = World::new(9);
        let (rig, _back, _log) = two(&world, &authority, "body", |config| {
            config.pools[0].health =
                Some(HealthCheck { probe: probe.clone(), interval: SECOND, jitter: 0, timeout: 500 * MS, rise: 1, fall: 2 });
        });
        rig.run_until(at_ms(5_000));
        let down = rig.log.events("backend-down");
        assert_eq!(down.is_empty(), up, "{probe:?}: {down:?}");
    }
    // A certificate for another name.
    let world = World::new(10);
    let (rig, _back, _log) = two(&world, &authority, "body", |config| {
        config.pools[0].tls.as_mut().expect("it has TLS").server_name = Some("other.example".to_string());
        config.pools[0].health =
            Some(HealthCheck { probe: Probe::Connect, interval: SECOND, jitter: 0, timeout: 500 * MS, rise: 1, fall: 2 });
    });
    rig.run_until(at_ms(5_000));
    let down = rig.log.events("backend-down");
    assert!(down.len() == 1 && down[0].contains("the backend's certificate is not one to be trusted"), "{down:?}");
}

fn http(contains: &str) -> Probe {
    Probe::Http {
        target: "/".to_string(),
        host: String::new(),
        statuses: vec![(200, 200)],
        contains: contains.to_string(),
        load_from_body: false,
    }
}

#[test]
fn who_only_looks_whether_the_port_is_open_has_not_failed() {
    let authority = Authority::new();
    let world = World::new(12);
    let rig = Rig::new(&world, secured(&authority, "10.0.0.2:80", "never"));
    for acts in [vec![Act::Close], vec![Act::Reset], vec![Act::Finish], vec![Act::send([22, 3, 1]), Act::Wait(MS), Act::Close]] {
        rig.ask(acts);
    }
    rig.run_until(at_ms(100));
    let failed = "handshake-failed listener0 10.0.0.1 the client closed the connection before the handshake was over client 0";
    assert_eq!(rig.log.events("handshake-failed"), [format!("4 {failed}")], "the one that had begun");
    rig.close();
}

/// Nothing of a handshake that was torn in any place is left.
#[test]
fn a_backend_that_dies_in_the_middle_of_a_handshake_leaves_nothing() {
    let authority = Authority::new();
    for micros in (3_000..12_000).step_by(250) {
        let world = World::new(11);
        let (rig, _back, _log) = two(&world, &authority, "body", |config| config.pools[0].retry.attempts = 0);
        let dying = rig.backends[0].clone();
        world.at(decide::time::Instant::from_nanos(micros * 1000), move || dying.kill());
        let client = rig.ask(vec![Act::send(GET), Act::Wait(Duration::from_secs(10)), Act::Close]);
        rig.run(client.until(|seen| *seen == Seen::Closed));
        assert!(matches!(statuses(&client)[..], [200] | [502] | [504]), "{micros}: {}", client.text());
        rig.run_until(at_ms(11_000));
        assert_eq!(rig.server.requests_in_flight(), 0);
    }
}
