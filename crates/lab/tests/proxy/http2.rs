//! HTTP/2 from clients, to backends, and through both.

use crate::support::http2::{Http2Client, WINDOW, head, settings};
use crate::support::{MS, Rig, SECOND, accepted, at_ms, config, ms};
use decide::config::{Action, Config, Protocol};
use decide::time::Duration;
use lab::World;
use lab::peer::{Act, Seen};
use wire::http::{Fields, Method};
use wire::http2::{ErrorCode, Reason};

/// A client of the edge.
async fn connect(rig: &Rig<'_>) -> Http2Client {
    Http2Client::connect(&rig.client, &rig.edge.at(80), settings()).await
}

/// One route that answers by itself.
fn fixed(body: &str) -> Config {
    let mut config = config(1);
    config.sites[0].routes[0].action = Action::Answer { status: 200, content_type: "text/plain".to_string(), body: body.to_string() };
    config
}

#[test]
fn a_client_that_knows_speaks_http2_at_once() {
    World::twice(1, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve_all().remove(0);
        let answer = rig.run(async { connect(&rig).await.get("/a?b=c").await.expect("an answer") });
        assert_eq!((answer.status, answer.text()), (200, "b0"));
        assert_eq!((answer.field("via"), answer.field("connection")), (Some("1.1 edge"), None));
        let request = &backend.requests()[0].1;
        assert!(
            request.starts_with("GET /a?b=c HTTP/1.1\r\nHost: a.example\r\n") && request.contains("\r\nVia: 2.0 edge\r\n"),
            "{request}"
        );
        assert!(rig.log.only("asked").contains("GET a.example /a?b=c HTTP/2"), "{}", rig.log.only("asked"));
    });
}

#[test]
fn a_preface_may_come_byte_by_byte() {
    World::twice(2, |world| {
        let rig = Rig::new(world, fixed("hello"));
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        let bytes = preface.iter().flat_map(|byte| [Act::send([*byte]), Act::Wait(10 * MS)]).collect();
        let client = rig.ask(bytes);
        rig.run_until(at_ms(1_000));
        // SETTINGS (type 4), not an answer of HTTP/1.
        let first = client.entries().iter().find_map(|entry| match &entry.seen {
            Seen::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        });
        assert_eq!(first.expect("something is said")[3], 4);
    });
}

#[test]
fn a_hundred_requests_at_once_share_one_connection_and_none_waits_for_another() {
    World::twice(3, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |request| {
            let wait = if request.head.contains("/slow") { 5 * SECOND } else { Duration::ZERO };
            vec![Act::Wait(wait), Act::answer("x".repeat(100))]
        });
        let done = rig.run(async {
            let client = connect(&rig).await;
            let slow = client.begin(&head(Method::Get, "/slow"), true);
            let ids: Vec<_> = (0..99).map(|number| client.begin(&head(Method::Get, &format!("/{number}")), true)).collect();
            for id in ids {
                assert_eq!(client.answer(id).await.expect("an answer").body.len(), 100);
            }
            let done = world.now();
            assert_eq!(client.answer(slow).await.expect("an answer").status, 200);
            done
        });
        assert!(ms(done) < 50, "{}", ms(done));
        assert_eq!(rig.server.accepted(), 1);
        rig.close();
    });
}

#[test]
fn bodies_go_both_ways_with_trailers_behind_them() {
    World::twice(4, |world| {
        let rig = Rig::new(world, config(1));
        let body = vec![b'x'; 300_000];
        let backend = rig.serve(0, |_| {
            vec![
                Act::await_bytes("0\r\nchecksum: 1234\r\n\r\n"),
                Act::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: grpc-status\r\n\r\n"),
                Act::send(format!("{:x}\r\n{}\r\n0\r\ngrpc-status: 0\r\n\r\n", 200_000, "y".repeat(200_000))),
            ]
        });
        let answer = rig.run(async {
            let client = connect(&rig).await;
            let id = client.begin(&head(Method::Post, "/"), false);
            client.send(id, &body).await.expect("it is taken");
            let mut trailers = Fields::new();
            trailers.push(b"checksum", b"1234");
            client.finish(id, &trailers);
            client.answer(id).await.expect("an answer")
        });
        assert_eq!((answer.body.len(), answer.trailers.as_slice()), (200_000, &[("grpc-status".to_string(), "0".to_string())][..]));
        let text = backend.text();
        assert!(text.contains("Transfer-Encoding: chunked\r\n") && text.ends_with("0\r\nchecksum: 1234\r\n\r\n"), "{}", &text[..400]);
        assert_eq!(text.matches('x').count() - text[..text.find("\r\n\r\n").expect("a head")].matches('x').count(), 300_000);
        rig.close();
    });
}

#[test]
fn a_backend_that_reads_nothing_holds_its_client_back() {
    World::twice(5, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |_| vec![Act::Pause, Act::Wait(20 * SECOND), Act::Resume, Act::TakeBody, Act::answer("taken")]);
        let (sent_early, answer) = rig.run(async {
            let client = connect(&rig).await;
            let id = client.begin(&head(Method::Post, "/"), false);
            let sender = client.clone();
            let sent = std::rc::Rc::new(std::cell::Cell::new(0));
            let count = sent.clone();
            rig.client.spawn(async move {
                for _ in 0..16 {
                    sender.send(id, &[b'x'; 64 * 1024]).await.expect("it is taken in the end");
                    count.set(count.get() + 64 * 1024);
                }
                sender.finish(id, &Fields::new());
            });
            world.sleep(10 * SECOND).await;
            let early = sent.get();
            (early, client.answer(id).await.expect("an answer"))
        });
        // What the windows, our buffers and those of the network hold; not the whole mebibyte.
        assert!(sent_early < 600 * 1024, "{sent_early}");
        assert_eq!(answer.text(), "taken");
        rig.close();
    });
}

#[test]
fn a_client_that_gives_a_stream_up_frees_the_backend() {
    World::twice(6, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve(0, |_| vec![Act::Hang]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = client.begin(&head(Method::Get, "/"), true);
            client.until(|_| (world.now() > at_ms(0)).then_some(())).await;
            world.sleep(SECOND).await;
            client.reset(id, ErrorCode::CANCEL);
            client.until(|machine| machine.output().is_empty().then_some(())).await;
            world.sleep(10 * MS).await;
        });
        assert_eq!(rig.server.requests_in_flight(), 0);
        assert_eq!(accepted(&backend), 1);
        assert!(backend.when(|seen| matches!(seen, Seen::End | Seen::Failed(_))).is_some(), "the backend was let go");
        assert!(rig.log.only("delivered").contains("client"), "{}", rig.log.only("delivered"));
    });
}

#[test]
fn an_answer_that_breaks_off_is_reset_and_the_connection_goes_on() {
    World::twice(7, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |request| match request.head.contains("/broken") {
            true => vec![Act::send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), Act::Close],
            false => vec![Act::answer("whole")],
        });
        rig.run(async {
            let client = connect(&rig).await;
            let id = client.begin(&head(Method::Get, "/broken"), true);
            assert_eq!(client.answer(id).await, Err(Reason::Reset(ErrorCode::INTERNAL_ERROR)));
            assert_eq!(client.get("/").await.expect("an answer").text(), "whole");
        });
        rig.close();
    });
}

#[test]
fn a_drain_lets_what_is_in_flight_end_and_then_closes() {
    World::twice(8, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |_| vec![Act::Wait(5 * SECOND), Act::answer("late")]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = client.begin(&head(Method::Get, "/"), true);
            let waiting = client.clone();
            rig.client.spawn(async move {
                assert_eq!(waiting.answer(id).await.expect("an answer").text(), "late");
            });
            world.sleep(SECOND).await;
            rig.server.drain(rig.edge.host().calendar());
            client.closed().await;
            rig.server.drained().await;
            // A new connection is at the edge after 3 ms, the answer with the client after 8 ms and five seconds, and its end at the edge
            // 1 ms later.
            assert_eq!(ms(world.now()), 5_009);
        });
        assert_eq!(rig.log.journeys(), 1);
        rig.close();
    });
}

#[test]
fn an_idle_connection_is_closed_after_its_time() {
    World::twice(9, |world| {
        let rig = Rig::new(world, fixed("hello"));
        rig.run(async {
            let client = connect(&rig).await;
            client.get("/").await.expect("an answer");
            client.closed().await;
            world.sleep(10 * MS).await;
        });
        assert_eq!(ms(world.now()) / 1000, 60);
        assert_eq!(rig.server.connections(), 0);
    });
}

#[test]
fn a_client_that_never_opens_its_window_loses_the_stream() {
    World::twice(10, |world| {
        let rig = Rig::new(world, fixed(&"x".repeat(2 * WINDOW as usize)));
        rig.run(async {
            let client = connect(&rig).await;
            let id = client.begin(&head(Method::Get, "/"), true);
            client.head(id).await.expect("a head");
            // It reads nothing of the body, so that the window stays shut.
            let failure = client.until(|machine| machine.failure(id)).await;
            assert_eq!(failure, Reason::Reset(ErrorCode::CANCEL));
        });
        assert_eq!(ms(world.now()) / 1000, 60);
        assert_eq!(rig.server.requests_in_flight(), 0);
    });
}

/// An edge that speaks HTTP/2 to its backend, which is the program itself.
fn between(config: &mut Config) {
    config.pools[0].protocol = Protocol::Http2;
}

#[test]
fn requests_to_a_backend_that_speaks_http2_share_a_connection() {
    World::twice(11, |world| {
        let mut front = config(1);
        between(&mut front);
        let rig = Rig::new(world, front);
        let mut behind = fixed("from behind");
        behind.listeners[0].at = decide::address::Address::parse("10.0.1.1:80").expect("an address");
        let server = rig.also_serve(0, behind);
        rig.run(async {
            let client = connect(&rig).await;
            let ids: Vec<_> = (0..50).map(|number| client.begin(&head(Method::Get, &format!("/{number}")), true)).collect();
            for id in ids {
                assert_eq!(client.answer(id).await.expect("an answer").text(), "from behind");
            }
        });
        assert_eq!(server.accepted(), 1);
        assert_eq!(rig.log.steps("connected").iter().filter(|step| step.contains("false")).count(), 1);
        rig.close();
    });
}

#[test]
fn a_burst_opens_no_more_streams_than_the_backend_takes() {
    World::twice(12, |world| {
        let mut front = config(1);
        between(&mut front);
        let rig = Rig::new(world, front);
        let mut behind = fixed("from behind");
        behind.listeners[0].at = decide::address::Address::parse("10.0.1.1:80").expect("an address");
        behind.limits.http2_streams = 3;
        let server = rig.also_serve(0, behind);
        rig.run(async {
            let client = connect(&rig).await;
            let ids: Vec<_> = (0..50).map(|number| client.begin(&head(Method::Get, &format!("/{number}")), true)).collect();
            for id in ids {
                assert_eq!(client.answer(id).await.expect("an answer").text(), "from behind");
            }
        });
        // Nothing was refused: that was known before more than the first was sent.
        assert_eq!(rig.log.steps("backend-failed"), [""; 0]);
        assert!((2..=50 / 3 + 1).contains(&server.accepted()), "{}", server.accepted());
        rig.close();
    });
}
