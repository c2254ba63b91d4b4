//! The backends' side: what a backend may do wrong, what becomes of the request, and when.

use crate::support::{GET, MS, Rig, SECOND, accepted, answered, at_ms, config, ended, get, ms, post, released, statuses};
use decide::config::Config;
use decide::time::Instant;
use lab::peer::{Act, Record, Seen};
use lab::{VirtualHost, World};
use std::cell::Cell;
use std::rc::Rc;

/// A pool that tries nothing twice.
fn once(backends: usize) -> Config {
    let mut config = config(backends);
    config.pools[0].retry.attempts = 0;
    config
}

fn closed(rig: &Rig<'_>, client: &Record) -> u64 {
    ms(rig.run(client.until(|seen| *seen == Seen::Closed)))
}

#[test]
fn a_refused_connection_goes_on_to_the_next_backend_without_delay() {
    World::twice(1, |world| {
        let rig = Rig::new(world, config(2));
        let other = rig.serve(1, |_| vec![Act::answer("b1")]);
        let client = rig.ask(vec![Act::send(GET), Act::await_bytes("b1"), Act::Close]);
        // Two milliseconds for the refusal, and then as always.
        assert_eq!(closed(&rig, &client), 10);
        assert_eq!(rig.log.only("backend-failed"), "5 backend-failed b0 connection_refused retry");
        assert_eq!(rig.log.steps("picked"), ["3 picked b0 round-robin 2 chosen", "5 picked b1 round-robin 1 retry"]);
        assert_eq!(accepted(&other), 1);
        rig.close();
    });
}

#[test]
fn a_post_whose_connection_is_refused_goes_on_too_with_its_body() {
    World::twice(2, |world| {
        let rig = Rig::new(world, config(2));
        let other = rig.serve(1, |_| vec![Act::TakeBody, Act::answer("b1")]);
        let client = rig.ask(vec![Act::send(post(9)), Act::send("some body"), Act::await_bytes("b1"), Act::Close]);
        assert_eq!((closed(&rig, &client), statuses(&client)), (10, vec![200]));
        assert!(other.text().ends_with("\r\n\r\nsome body"));
        rig.close();
    });
}

#[test]
fn a_backend_that_does_not_answer_the_handshake_costs_the_connect_timeout() {
    World::twice(3, |world| {
        let rig = Rig::new(world, config(2));
        rig.serve_all();
        rig.backends[0].blackhole();
        let client = rig.ask(vec![Act::send(GET), Act::await_bytes("b1"), Act::Close]);
        assert_eq!(closed(&rig, &client), 3 + 3_000 + 5);
        assert_eq!(rig.log.only("backend-failed"), "3003 backend-failed b0 connection_timeout retry");
        rig.close();
    });
    World::twice(3, |world| {
        let rig = Rig::new(world, once(1));
        rig.serve_all();
        rig.backends[0].blackhole();
        let client = rig.ask(vec![Act::send(GET), Act::await_bytes("too long"), Act::Close]);
        closed(&rig, &client);
        assert_eq!((statuses(&client), answered(&client)), (vec![504], Some(3_004)));
        assert!(client.text().contains("\r\nProxy-Status: edge; error=connection_timeout"), "{}", client.text());
        rig.close();
    });
}

#[test]
fn a_backend_that_does_not_answer_gets_504_at_the_response_timeout() {
    World::twice(4, |world| {
        let rig = Rig::new(world, once(1));
        let backend = rig.serve(0, |_| vec![Act::AwaitEnd]);
        let client = rig.ask(vec![Act::send(GET), Act::await_bytes("in time"), Act::Close]);
        closed(&rig, &client);
        // The request is whole at 5 ms.
        assert_eq!((statuses(&client), answered(&client)), (vec![504], Some(60_006)));
        assert!(client.text().contains("error=http_response_timeout"));
        assert_eq!(released(&backend), Some(60_006));
        rig.close();
    });
}

#[test]
fn the_response_timeout_runs_from_the_end_of_the_request() {
    World::twice(5, |world| {
        let rig = Rig::new(world, once(1));
        rig.serve(0, |_| vec![Act::Hang]);
        let client = rig.ask(vec![Act::send(post(20_000)), Act::send([b'x'; 19_999]), Act::WaitUntil(at_ms(50_002)), Act::send("x")]);
        rig.run(client.until(|seen| matches!(seen, Seen::Bytes(_))));
        assert_eq!((statuses(&client), answered(&client)), (vec![504], Some(50_003 + 60_000 + 1)));
    });
}

#[test]
fn a_backend_that_stalls_in_the_middle_of_its_answer_breaks_it_off() {
    World::twice(6, |world| {
        let rig = Rig::new(world, config(2));
        let backend = rig.serve(0, |_| {
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
            vec![Act::send(head), Act::Wait(30 * SECOND), Act::send(" of it"), Act::AwaitEnd]
        });
        let client = rig.ask(vec![Act::send(GET)]);
        // The last bytes came at 30 007 ms.
        assert_eq!((rig.over(&client), ended(&client)), (90_008, Some(90_008)));
        assert!(client.text().ends_with("half of it"));
        assert_eq!(rig.log.only("backend-failed"), "90007 backend-failed b0 connection_read_timeout give-up");
        assert_eq!(rig.log.only("delivered"), "90007 delivered 200 0 10 90004ms the backend stopped sending backend");
        assert_eq!(released(&backend), Some(90_008));
        rig.close();
    });
}

#[test]
fn an_answer_that_breaks_off_is_never_made_whole() {
    World::twice(7, |world| {
        let rig = Rig::new(world, config(1));
        let heads = ["Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "Content-Length: 10\r\n\r\nhalf"];
        rig.serve(0, move |request| {
            vec![Act::send(format!("HTTP/1.1 200 OK\r\n{}", heads[request.number])), Act::Wait(SECOND), Act::Close]
        });
        for _ in heads {
            let client = rig.ask(vec![Act::send(GET)]);
            rig.over(&client);
            assert!(client.text().ends_with("half\r\n") || client.text().ends_with("half"), "{}", client.text());
            assert_eq!(statuses(&client), [200]);
        }
        let failures = rig.log.steps("backend-failed");
        assert!(failures.iter().all(|step| step.ends_with("http_response_incomplete give-up")) && failures.len() == 2, "{failures:?}");
        rig.close();
    });
}

/// A backend that closes a kept connection half a millisecond before a request arrives over it.
fn closes_as_it_is_reused(world: &World, second: &str) -> (Vec<u16>, usize, usize) {
    let rig = Rig::new(world, config(1));
    let backend = rig.serve(0, |request| match request.number {
        0 => vec![Act::answer("first"), Act::WaitUntil(at_ms(400)), Act::Close],
        _ => vec![Act::TakeBody, Act::answer("again")],
    });
    // The end of the stream is at the edge at 401 ms; the request leaves it at 400.5 ms.
    let half = MS / 2;
    let client = rig.ask(vec![Act::send(GET), Act::WaitUntil(at_ms(399) + half), Act::send(second), Act::Wait(SECOND), Act::Close]);
    rig.run(client.until(|seen| *seen == Seen::Closed));
    rig.close();
    (statuses(&client), accepted(&backend), rig.log.steps("backend-failed").len())
}

#[test]
fn a_kept_connection_that_closes_as_it_is_reused_fails_only_what_may_not_be_repeated() {
    // A new connection to the same backend, and nobody's failure.
    assert_eq!(World::twice(8, |world| closes_as_it_is_reused(world, GET)), (vec![200, 200], 2, 0));
    let put = "PUT / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\nbody";
    assert_eq!(World::twice(8, |world| closes_as_it_is_reused(world, put)), (vec![200, 200], 2, 0));
    // RFC 9110 §9.2.2: nobody knows whether the backend acted.
    let post = format!("{}body", post(4));
    assert_eq!(World::twice(8, |world| closes_as_it_is_reused(world, &post)), (vec![200, 502], 1, 1));
}

#[test]
fn a_post_does_not_take_a_connection_that_was_idle_for_long_and_leaves_it_to_others() {
    World::twice(9, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve(0, |request| vec![Act::Wait(if request.number < 5 { 100 * MS } else { MS }), Act::answer("ok")]);
        // Five at once leave five kept connections.
        for _ in 0..5 {
            rig.ask(vec![Act::send(GET), Act::await_bytes("ok"), Act::Close]);
        }
        rig.ask_at(at_ms(5_000), vec![Act::send(post(0)), Act::await_bytes("ok"), Act::Close]);
        rig.run_until(at_ms(6_000));
        assert_eq!(accepted(&backend), 6, "the post has a connection of its own");
        for _ in 0..6 {
            rig.ask_at(at_ms(10_000), vec![Act::send(GET), Act::await_bytes("ok"), Act::Close]);
        }
        rig.run_until(at_ms(11_000));
        assert_eq!((accepted(&backend), rig.log.journeys()), (6, 12), "six kept connections serve six requests");
        rig.close();
    });
}

#[test]
fn a_kept_connection_is_closed_when_it_is_a_minute_old() {
    World::twice(10, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve_all().remove(0);
        rig.ask(vec![Act::send(GET), Act::await_bytes("b0"), Act::Close]);
        rig.run_until(at_ms(70_000));
        // Put away at 7 ms; looked at every full second.
        assert_eq!(released(&backend), Some(61_001));
        rig.close();
    });
}

#[test]
fn nonsense_is_502_and_another_backend_is_asked_where_that_is_safe() {
    let answers =
        ["complete nonsense\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"];
    for answer in answers {
        let run = |request: String, backends| {
            World::twice(11, |world| {
                let rig = Rig::new(world, config(backends));
                rig.serve(0, move |_| vec![Act::TakeBody, Act::send(answer), Act::Close]);
                if backends > 1 {
                    rig.serve(1, |_| vec![Act::TakeBody, Act::answer("b1")]);
                }
                let client = rig.ask(vec![Act::send(&request), Act::Wait(SECOND), Act::Close]);
                closed(&rig, &client);
                rig.close();
                (statuses(&client), rig.log.steps("backend-failed").len())
            })
        };
        assert_eq!(run(GET.to_string(), 2), (vec![200], 1), "{answer}");
        assert_eq!(run(GET.to_string(), 1), (vec![502], 2), "{answer}");
        assert_eq!(run(post(0), 2), (vec![502], 1), "{answer}");
    }
}

#[test]
fn an_answer_that_comes_before_the_body_is_passed_on_and_the_connection_closed() {
    World::twice(12, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve(0, |_| vec![Act::send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"), Act::Close]);
        let client = rig.ask(vec![Act::send(post(300_000)), Act::send(vec![b'x'; 300_000]), Act::Finish]);
        rig.over(&client);
        assert_eq!((statuses(&client), answered(&client)), (vec![403], Some(8)));
        assert!(client.text().contains("Connection: close\r\n") && client.text().ends_with("no"));
        assert!(ended(&client).is_some(), "no reset destroys the answer");
        rig.run_until(at_ms(5_000));
        assert_eq!((rig.server.connections(), accepted(&backend)), (0, 1));
        rig.close();
    });
}

#[test]
fn interim_answers_pass_and_not_to_an_old_client() {
    World::twice(13, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |_| {
            let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
            vec![Act::send(hints), Act::Wait(SECOND), Act::send(hints), Act::Wait(SECOND), Act::answer("final")]
        });
        let client = rig.ask(vec![Act::send(GET), Act::await_bytes("final"), Act::Close]);
        closed(&rig, &client);
        assert_eq!((statuses(&client), answered(&client)), (vec![103, 103, 200], Some(8)));
        assert!(client.text().contains("Link: </a.css>; rel=preload\r\n"));
        let old = rig.ask(vec![Act::send("GET / HTTP/1.0\r\n\r\n")]);
        rig.over(&old);
        assert_eq!(statuses(&old), [200]);
        assert_eq!(rig.log.steps("interim").len(), 2);
        rig.close();
    });
}

#[test]
fn a_client_that_expects_100_sends_its_body_when_the_backend_says_so() {
    World::twice(14, |world| {
        let rig = Rig::new(world, config(1));
        let backend =
            rig.serve(0, |_| vec![Act::Wait(SECOND), Act::send("HTTP/1.1 100 Continue\r\n\r\n"), Act::TakeBody, Act::answer("thanks")]);
        let head = post(4).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        let client = rig.ask(vec![
            Act::send(head),
            Act::await_bytes("100 Continue\r\n\r\n"),
            Act::Wait(SECOND),
            Act::send("body"),
            Act::await_bytes("thanks"),
            Act::Close,
        ]);
        assert_eq!(closed(&rig, &client), 2_012);
        assert_eq!(statuses(&client), [100, 200]);
        assert!(backend.requests()[0].1.contains("Expect: 100-continue\r\n"));
        rig.close();
    });
}

/// A backend that writes an answer without end, by its own code: how many bytes of it the edge and the network took.
fn pour(machine: &VirtualHost, head: &'static str, chunk: Vec<u8>) -> Rc<Cell<usize>> {
    let taken = Rc::new(Cell::new(0));
    let (count, on) = (taken.clone(), machine.clone());
    let mut listener = machine.listen(&machine.at(80), 16).expect("an address of this host");
    machine.spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.read(&mut [0; 4096]).await.expect("a request");
        stream.write_all(head.as_bytes()).await.expect("a head");
        while stream.write_all(&chunk).await.is_ok() {
            count.set(count.get() + chunk.len());
        }
        drop(on);
    });
    taken
}

#[test]
fn a_slow_client_stops_the_backend_and_no_body_is_held() {
    let small = [format!("{:x}\r\n", 1000).into_bytes(), vec![b'x'; 1000], b"\r\n".to_vec()].concat();
    let large = [format!("{:x}\r\n", 1 << 20).into_bytes(), vec![b'x'; 1 << 20], b"\r\n".to_vec()].concat();
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let sized = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n";
    for (head, piece, most) in [(chunked, small, 200_000), (chunked, large, 400_000), (sized, vec![b'x'; 1000], 300_000)] {
        World::twice(15, |world| {
            let rig = Rig::new(world, config(1));
            let taken = pour(&rig.backends[0], head, piece.clone());
            let acts = vec![Act::Pause, Act::send(GET), Act::WaitUntil(at_ms(50_000)), Act::Resume, Act::Wait(20 * MS), Act::Close];
            let client = rig.ask(acts);
            rig.run_until(at_ms(1_000));
            // Two windows of 64 KiB, and at most 128 KiB of buffer between them.
            let stopped = taken.get();
            assert!(stopped <= most, "{stopped} bytes");
            rig.run_until(at_ms(49_999));
            assert_eq!(taken.get(), stopped, "nothing moves while the client does not read");
            rig.run_until(at_ms(60_000));
            assert!(client.bytes().len() > 300_000 && released(&client).is_some());
            assert_eq!(rig.server.requests_in_flight(), 0);
            rig.close();
            taken.get()
        });
    }
}

#[test]
fn a_slow_backend_stops_the_client_and_fails_after_the_transfer_timeout() {
    World::twice(16, |world| {
        let rig = Rig::new(world, once(1));
        rig.serve(0, |_| vec![Act::Pause, Act::Hang]);
        let client = rig.ask(vec![Act::send(post(1_000_000)), Act::send(vec![b'x'; 1_000_000])]);
        rig.run(client.until(|seen| matches!(seen, Seen::Bytes(_))));
        assert_eq!(statuses(&client), [504]);
        // The backend took what came with the head, and so the window was filled a second time, at 7 ms.
        assert_eq!(answered(&client), Some(60_008));
        assert_eq!(rig.log.only("backend-failed"), "60007 backend-failed b0 connection_write_timeout give-up");
    });
}

#[test]
fn framings_are_translated_between_old_and_new() {
    World::twice(17, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |request| match request.number {
            0 => vec![Act::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")],
            _ => vec![Act::send("HTTP/1.1 200 OK\r\n\r\nuntil "), Act::Wait(SECOND), Act::send("close"), Act::Close],
        });
        let old = rig.ask(vec![Act::send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")]);
        assert_eq!(rig.over(&old), 8);
        assert!(old.text().ends_with("\r\n\r\nabcde") && !old.text().contains("chunked"), "{}", old.text());
        let new = rig.ask(vec![
            Act::send(get("/1")),
            Act::await_bytes("0\r\n\r\n"),
            Act::send(get("/2")),
            Act::await_bytes("0\r\n\r\n"),
            Act::Close,
        ]);
        closed(&rig, &new);
        assert_eq!(statuses(&new), [200, 200]);
        assert_eq!(new.text().matches("6\r\nuntil \r\n5\r\nclose\r\n0\r\n\r\n").count(), 2, "{}", new.text());
        rig.close();
    });
}

#[test]
fn what_one_client_did_not_take_never_reaches_another() {
    World::twice(18, |world| {
        let rig = Rig::new(world, config(1));
        // The client's window has room for its first answer and a part of the hints that come before the second.
        world.link(&rig.client, &rig.edge).back().window(400);
        rig.serve(0, |request| match request.number {
            0 => vec![Act::answer("x".repeat(250))],
            1 => vec![Act::send(format!("HTTP/1.1 103 Early Hints\r\nLink: <{}>\r\n\r\n", "secret".repeat(100))), Act::AwaitEnd],
            _ => vec![Act::answer("mine")],
        });
        let acts = vec![Act::Pause, Act::send(GET.repeat(2)), Act::WaitUntil(at_ms(1_000)), Act::Reset];
        rig.ask(acts);
        rig.run_until(at_ms(2_000));
        assert_eq!((rig.server.connections(), rig.log.steps("interim").len()), (0, 1));
        let other = rig.ask(vec![Act::send(GET), Act::await_bytes("mine"), Act::Close]);
        closed(&rig, &other);
        assert!(other.text().starts_with("HTTP/1.1 200 OK\r\n"), "{}", other.text());
        assert!(!other.text().contains("secret"));
        rig.close();
    });
}

#[test]
fn an_answer_with_a_status_to_retry_is_asked_of_another() {
    World::twice(19, |world| {
        let mut config = config(2);
        config.pools[0].retry.statuses = vec![503];
        let rig = Rig::new(world, config);
        rig.serve(0, |_| vec![Act::send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy")]);
        rig.serve(1, |_| vec![Act::answer("b1")]);
        let client = rig.ask(vec![Act::send(GET), Act::await_bytes("b1"), Act::Close]);
        // A whole answer and its rejection first, then connecting to the next.
        assert_eq!((closed(&rig, &client), statuses(&client)), (12, vec![200]));
        let second = rig.ask(vec![Act::send(post(0)), Act::await_bytes("busy"), Act::Close]);
        closed(&rig, &second);
        assert_eq!(statuses(&second), [503], "a post may have had its effect");
        rig.close();
    });
}

#[test]
fn times_are_exact_at_any_latency() {
    let took = |latency: u32| {
        World::twice(20, |world| {
            let rig = Rig::new(world, once(1));
            rig.serve(0, |_| vec![Act::Hang]);
            world.link(&rig.client, &rig.edge).latency(latency * MS);
            world.link(&rig.edge, &rig.backends[0]).latency(latency * MS);
            let client = rig.ask(vec![Act::send(GET)]);
            rig.run(client.until(|seen| matches!(seen, Seen::Bytes(_)))).since(Instant::ZERO).as_millis()
        })
    };
    assert_eq!([took(0), took(1), took(150)], [60_000, 60_006, 60_000 + 6 * 150]);
}

#[test]
fn after_a_failure_in_the_middle_of_a_body_the_next_request_is_where_it_is() {
    // Short enough to be held, and longer than that.
    for length in [9_000, 40_000] {
        World::twice(21, |world| {
            let rig = Rig::new(world, config(1));
            rig.serve(0, |request| match request.number {
                0 => vec![Act::Wait(100 * MS), Act::Close],
                _ => vec![Act::TakeBody, Act::answer("next")],
            });
            // The backend goes when half of the body is there; the rest, and the next request, come later.
            let (first, rest) = (vec![b'x'; length / 2], vec![b'y'; length - length / 2]);
            let client = rig.ask(vec![
                Act::send(post(length)),
                Act::Send(first),
                Act::Wait(SECOND),
                Act::Send(rest),
                Act::send(get("/next")),
                Act::Wait(SECOND),
                Act::send(format!("{}{}", post(500), "z".repeat(500))),
                Act::Finish,
            ]);
            rig.over(&client);
            let seen = statuses(&client);
            let whole = length < 16_384;
            assert_eq!(seen, if whole { vec![502, 200, 200] } else { vec![502] }, "{}", client.text());
            assert!(client.text().contains("Connection: close\r\n"));
            let asked = rig.log.steps("asked");
            assert_eq!(asked.len(), seen.len(), "no byte of a body is taken for a request: {asked:?}");
            rig.run_until(at_ms(10_000));
            rig.close();
        });
    }
}

#[test]
fn a_body_that_was_refused_a_backend_is_over_when_the_next_request_is_retried() {
    World::twice(22, |world| {
        let mut config = config(2);
        let pool = &mut config.pools[0];
        (pool.max_in_flight, pool.queue_timeout, pool.retry.statuses) = (1, SECOND, vec![503]);
        let rig = Rig::new(world, config);
        let answer = |request: &lab::peer::Request, name: &str| match &request.head {
            head if head.contains("/long") => vec![Act::Wait(3 * SECOND), Act::answer("long")],
            _ if name == "b0" => vec![Act::send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy")],
            _ => vec![Act::TakeBody, Act::answer(name)],
        };
        rig.serve(0, move |request| answer(request, "b0"));
        rig.serve(1, move |request| answer(request, "b1"));
        for _ in 0..2 {
            rig.ask(vec![Act::send(get("/long")), Act::Finish]);
        }
        // No place for the first in a second; both backends are free when the second comes, and the first of them sends it on.
        let put = format!("PUT / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3000\r\n\r\n{}", "x".repeat(3000));
        let client =
            rig.ask(vec![Act::WaitUntil(at_ms(100)), Act::send(put), Act::WaitUntil(at_ms(5_000)), Act::send(GET.repeat(3)), Act::Finish]);
        rig.over(&client);
        assert_eq!(statuses(&client), [503, 200, 200, 200], "{}", client.text());
        assert_eq!(rig.log.steps("asked").len(), 2 + 4);
        rig.close();
    });
}
