//! Clients that mean no good: no byte of theirs gets through, and they hold nothing for long.

use crate::support::{GET, MS, Rig, SECOND, accepted, answered, at_ms, config, ended, get, post, statuses};
use lab::peer::Act;
use lab::{Pieces, World};

#[test]
fn a_malformed_request_is_refused_and_no_byte_of_it_or_behind_it_forwarded() {
    let requests = [
        (400, "GET / HTTP/1.1\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        (400, "GET / HTTP/1.1\nHost: a\n\n"),
        (400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody"),
        (400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nbody"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
        (505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        (501, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
    ];
    for (status, request) in requests {
        for pieces in [Pieces::Whole, Pieces::Torn(3)] {
            World::twice(1, |world| {
                let rig = Rig::new(world, config(1));
                let backend = rig.serve_all().remove(0);
                world.link(&rig.client, &rig.edge).pieces(pieces);
                // A good one before it is answered; one behind it is not even read.
                let client =
                    rig.ask(vec![Act::send(get("/good")), Act::await_bytes("b0"), Act::send(format!("{request}{}", get("/behind")))]);
                rig.over(&client);
                assert!(ended(&client).is_some());
                assert_eq!(statuses(&client), [200, status], "{request:?}: {}", client.text());
                let refused = rig.log.only("refused");
                assert!(refused.ends_with(" client"), "{refused}");
                assert_eq!((backend.requests().len(), rig.log.journeys()), (1, 2));
                rig.close();
                client.text()
            });
        }
    }
}

#[test]
fn a_flood_of_header_fields_is_cut_at_its_caps() {
    let fields = |count: usize, length: usize| {
        let field = format!("X-Flood: {}\r\n", "x".repeat(length));
        format!("GET / HTTP/1.1\r\nHost: a\r\n{}", field.repeat(count))
    };
    let whole = |head: String| format!("{head}\r\n");
    for (status, flood) in [(431, whole(fields(200, 10))), (431, fields(50, 1000)), (414, get(&format!("/{}", "x".repeat(9_000))))] {
        World::twice(2, |world| {
            let rig = Rig::new(world, config(1));
            let backend = rig.serve_all().remove(0);
            // The second one never ends.
            let client = rig.ask(vec![Act::send(&flood), Act::Wait(SECOND)]);
            rig.over(&client);
            assert_eq!((statuses(&client), answered(&client), accepted(&backend)), (vec![status], Some(4), 0));
            rig.run_until(at_ms(3_000));
            rig.close();
        });
    }
}

#[test]
fn a_body_that_never_ends_is_cut_at_its_cap() {
    World::twice(3, |world| {
        let mut config = config(1);
        config.sites[0].max_body = 100_000;
        let rig = Rig::new(world, config);
        let backend = rig.serve(0, |_| vec![Act::TakeBody, Act::answer("never")]);
        let chunk = format!("1000\r\n{}\r\n", "x".repeat(4096));
        let mut acts = vec![Act::send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")];
        acts.extend((0..100).flat_map(|_| [Act::send(&chunk), Act::Wait(10 * MS)]));
        let client = rig.ask(acts);
        rig.over(&client);
        assert_eq!(statuses(&client), [413]);
        assert!(backend.bytes().len() < 103_000, "{}", backend.bytes().len());
        rig.run_until(at_ms(5_000));
        assert_eq!(rig.server.connections(), 0);
        rig.close();
    });
}

#[test]
fn broken_chunks_end_the_request_after_its_head_was_forwarded() {
    for broken in ["5\r\nhello", "zz\r\n", "-1\r\n", "5;\nhello\r\n", "5\r\nhelloX\r\n"] {
        World::twice(4, |world| {
            let rig = Rig::new(world, config(1));
            let backend = rig.serve(0, |_| vec![Act::TakeBody, Act::answer("never")]);
            let client = rig.ask(vec![
                Act::send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
                Act::Wait(100 * MS),
                Act::send(broken),
                Act::Finish,
            ]);
            rig.over(&client);
            // Where the client only breaks off, there is nobody to tell.
            assert!(matches!(statuses(&client)[..], [] | [400]), "{broken:?}: {}", client.text());
            let forwarded = backend.text();
            assert!(
                forwarded.ends_with("5\r\nhello\r\n") || forwarded.ends_with("5\r\nhello\r\n5\r\nhello\r\n"),
                "{broken:?}: {forwarded}"
            );
            assert!(rig.log.only("delivered").ends_with(" client"));
            rig.run_until(at_ms(5_000));
            rig.close();
        });
    }
}

#[test]
fn a_client_that_never_closes_after_a_refusal_is_closed_after_two_seconds() {
    World::twice(5, |world| {
        let rig = Rig::new(world, config(1));
        rig.ask(vec![Act::send("nonsense\r\n\r\n"), Act::Hang]);
        rig.run_until(at_ms(2_002));
        assert_eq!(rig.server.connections(), 1);
        rig.run_until(at_ms(2_004));
        assert_eq!(rig.server.connections(), 0);
    });
}

#[test]
fn a_thousand_slow_clients_do_not_slow_one_that_is_quick() {
    World::twice(6, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve_all();
        let slow: Vec<_> = (0..1000).map(|_| rig.ask(vec![Act::send("GET / HTT"), Act::Hang])).collect();
        let quick: Vec<_> =
            (0..20).map(|n| rig.ask_at(at_ms(1_000 * n), vec![Act::send(GET), Act::await_bytes("b0"), Act::Close])).collect();
        rig.run_until(at_ms(9_999));
        assert_eq!(rig.server.connections(), 1_000 + 10, "and ten that are still to ask");
        rig.run_until(at_ms(20_000));
        assert_eq!(rig.server.connections(), 0);
        assert!(slow.iter().all(|client| statuses(client) == [408] && answered(client) == Some(10_004)));
        // Each waits for its own time from its connection on, and is answered five milliseconds after it asked, or seven over a new
        // connection.
        let late = |client: &&lab::peer::Record| statuses(client) != [200];
        assert_eq!(quick.iter().filter(late).count(), 0);
    });
}

#[test]
fn a_client_that_resets_in_every_stage_leaves_nothing() {
    let whole = format!("{}{}", post(20_000), "x".repeat(20_000));
    for sent in [0, 1, 10, 60, 100, 5_000, whole.len() - 1, whole.len()] {
        World::twice(7, |world| {
            let rig = Rig::new(world, config(1));
            rig.serve(0, |_| vec![Act::TakeBody, Act::Wait(100 * MS), Act::answer("x".repeat(100_000))]);
            for wait in [0u32, 1, 3, 5, 50, 105, 106, 107, 108, 109] {
                rig.ask(vec![Act::send(&whole[..sent]), Act::Wait(wait * MS), Act::Reset]);
            }
            rig.run_until(at_ms(5_000));
            assert_eq!((rig.server.connections(), rig.server.requests_in_flight()), (0, 0));
            rig.close();
        });
    }
}
