//! The client's side: how long it may take for what, and how its connection ends.

use crate::support::{GET, MODEL, MS, Rig, SECOND, accepted, answered, at_ms, config, ended, get, post, released, statuses};
use lab::World;
use lab::peer::{Act, Seen};

fn drip(bytes: &str, every: std::time::Duration) -> Vec<Act> {
    bytes.bytes().flat_map(|byte| [Act::Send(vec![byte]), Act::Wait(every)]).collect()
}

#[test]
fn a_head_that_drips_in_gets_408_ten_seconds_after_its_first_byte() {
    World::twice(1, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve_all();
        // Idle for five seconds first: only from the first byte on does the head's time run.
        let mut acts = vec![Act::Wait(5 * SECOND)];
        acts.extend(drip("GET /slowly-one-by-one HTTP/1.1\r\n", SECOND));
        let client = rig.ask(acts);
        assert_eq!(rig.over(&client), 15_004);
        assert_eq!((answered(&client), statuses(&client)), (Some(15_004), vec![408]));
        assert!(client.text().contains("Connection: close\r\n"));
        assert_eq!(rig.log.only("delivered"), "15003 delivered 408 0 54 10000ms complete client");
        assert_eq!(rig.log.steps("asked").len(), 0);
        // What still drips in is read for two seconds, so that the answer is not lost to a reset; then it is over.
        rig.run_until(at_ms(17_002));
        assert_eq!(rig.server.connections(), 1);
        rig.run_until(at_ms(17_004));
        assert_eq!(rig.server.connections(), 0);
        assert_eq!(accepted(&backend[0]), 0);
        rig.run_until(at_ms(60_000));
        rig.close();
        client.entries()
    });
}

#[test]
fn a_head_in_its_last_millisecond_is_in_time() {
    World::twice(2, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve_all();
        let client = rig.ask(vec![Act::send("G"), Act::Wait(9_999 * MS), Act::send(&GET[1..]), Act::await_bytes("b0"), Act::Close]);
        rig.run(client.until(|seen| *seen == Seen::Closed));
        assert_eq!((answered(&client), statuses(&client)), (Some(10_007), vec![200]));
        rig.close();
        client.entries()
    });
}

#[test]
fn a_connection_that_never_asks_is_closed_without_a_word_after_the_idle_timeout() {
    World::twice(3, |world| {
        let rig = Rig::new(world, config(1));
        let client = rig.ask(vec![Act::Hang]);
        rig.run_until(at_ms(60_002));
        assert_eq!(rig.server.connections(), 1);
        rig.run_until(at_ms(60_100));
        assert_eq!((ended(&client), client.bytes().len(), rig.log.journeys()), (Some(60_004), 0, 0));
        assert_eq!(rig.server.connections(), 0);
    });
}

#[test]
fn a_kept_connection_is_closed_a_minute_after_its_last_answer() {
    World::twice(4, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve_all();
        let client = rig.ask(vec![Act::send(GET), Act::WaitUntil(at_ms(59_000)), Act::send(GET)]);
        // The second answer is at the edge at 59 003 ms, over the kept connection.
        assert_eq!(rig.over(&client), 59_003 + 60_000 + 1);
        assert_eq!((statuses(&client), rig.log.journeys(), accepted(&backend[0])), (vec![200, 200], 2, 1));
        rig.close();
    });
}

#[test]
fn a_body_that_pauses_gets_408_after_the_body_timeout() {
    World::twice(5, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve(0, |_| vec![Act::TakeBody, Act::answer("never")]);
        let client = rig.ask(vec![Act::send(post(10_000)), Act::send([b'x'; 9_000]), Act::WaitUntil(at_ms(30_002)), Act::send("x")]);
        // The last byte came at 30 003 ms.
        assert_eq!(rig.over(&client), 30_003 + 60_000 + 1);
        assert_eq!(statuses(&client), [408]);
        assert_eq!(rig.log.only("delivered"), "90003 delivered 408 9001 54 90000ms complete client");
        assert_eq!(released(&backend), Some(90_004), "the backend is let go at once");
        rig.close();
        backend.entries()
    });
}

#[test]
fn a_body_below_the_least_rate_gets_408_when_the_rate_is_missed() {
    World::twice(6, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |_| vec![Act::TakeBody, Act::answer("never")]);
        let mut acts = vec![Act::send(post(10_000)), Act::Wait(SECOND)];
        acts.extend(drip(&"x".repeat(200), SECOND));
        let client = rig.ask(acts);
        // The request began at 3 ms; within the first minute 60 bytes came, which at 240 a second are worth another quarter of a second.
        assert_eq!((rig.over(&client), answered(&client)), (60_256, Some(60_256)));
        assert_eq!(statuses(&client), [408]);
        rig.close();
    });
}

#[test]
fn a_body_that_trickles_on_after_the_answer_began_is_held_to_the_same_rate() {
    World::twice(7, |world| {
        let rig = Rig::new(world, config(1));
        // The answer's head comes at once, and a byte of body for each second: only the client is slow.
        let backend = rig.serve(0, |_| {
            let mut acts = vec![Act::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")];
            acts.extend((0..400).flat_map(|_| [Act::send("1\r\ny\r\n"), Act::Wait(SECOND)]));
            acts
        });
        let mut acts = vec![Act::send(post(10_000)), Act::Wait(SECOND)];
        acts.extend(drip(&"x".repeat(400), SECOND));
        let client = rig.ask(acts);
        assert_eq!(rig.over(&client), 60_256);
        assert!(!client.text().ends_with("0\r\n\r\n"), "the answer must not look whole");
        assert!(rig.log.only("delivered").starts_with("60255 delivered 200 60 "));
        assert!(rig.log.only("delivered").ends_with("the request's body took too long client"));
        rig.run_until(at_ms(70_000));
        assert_eq!(released(&backend), Some(60_256));
    });
}

#[test]
fn a_client_that_stops_reading_is_given_up_and_the_backend_released() {
    World::twice(8, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve(0, |_| vec![Act::answer(vec![b'x'; 1_000_000])]);
        let client = rig.ask(vec![Act::Pause, Act::send(GET), Act::Hang]);
        // The window is full at 7 ms.
        rig.run_until(at_ms(60_006));
        assert_eq!((rig.server.connections(), released(&backend)), (1, None));
        rig.run_until(at_ms(60_010));
        assert_eq!((rig.server.connections(), released(&backend)), (0, Some(60_008)));
        assert!(rig.log.only("delivered").starts_with("60007 delivered 200 0 "));
        assert!(rig.log.only("delivered").ends_with("60004ms the client stopped taking the answer client"));
        assert_eq!(rig.server.requests_in_flight(), 0);
        client.entries()
    });
}

#[test]
fn a_client_that_reads_a_little_every_minute_is_served_to_the_end() {
    World::twice(9, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |_| vec![Act::answer(vec![b'x'; 300_000])]);
        let mut acts = vec![Act::send(GET)];
        acts.extend((0..12).flat_map(|_| [Act::Pause, Act::Wait(59 * SECOND), Act::Resume, Act::Wait(SECOND)]));
        acts.push(Act::Close);
        let client = rig.ask(acts);
        rig.run(client.until(|seen| *seen == Seen::Closed));
        let body = client.bytes().iter().filter(|byte| **byte == b'x').count();
        assert_eq!((body >= 300_000, rig.log.steps("delivered").len()), (true, 1));
        assert!(rig.log.only("delivered").ends_with("complete client"));
        rig.close();
    });
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    World::twice(10, |world| {
        let rig = Rig::new(world, config(2));
        rig.serve(0, |_| vec![Act::Wait(500 * MS), Act::answer("slow")]);
        rig.serve(1, |_| vec![Act::answer("fast")]);
        let all: String = ["/1", "/2", "/3", "/4"].map(get).concat();
        let client = rig.ask(vec![Act::send(&all), Act::Finish]);
        rig.over(&client);
        let text = client.text();
        let bodies: Vec<_> = text.split("\r\n\r\n").skip(1).map(|part| &part[..4]).collect();
        assert_eq!((bodies, statuses(&client)), (vec!["slow", "fast", "slow", "fast"], vec![200; 4]));
        let asked: Vec<_> = rig.log.steps("asked").iter().map(|step| step.split(' ').nth(4).map(str::to_string)).collect();
        assert_eq!(asked, ["/1", "/2", "/3", "/4"].map(|path| Some(path.to_string())));
        rig.close();
        client.entries()
    });
}

#[test]
fn a_client_that_half_closes_still_gets_its_answer() {
    World::twice(11, |world| {
        let rig = Rig::new(world, config(1));
        rig.serve(0, |_| vec![Act::Wait(10 * SECOND), Act::answer("late")]);
        let client = rig.ask(vec![Act::send(GET), Act::Finish]);
        assert_eq!(rig.over(&client), 10_008);
        assert!(client.text().ends_with("late"));
        assert_eq!(rig.log.only("delivered"), "10007 delivered 200 0 4 10004ms complete client");
        rig.close();
    });
}

#[test]
fn a_client_that_resets_frees_the_backend_at_once() {
    World::twice(12, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve(0, |_| vec![Act::Hang]);
        rig.ask(vec![Act::send(GET), Act::Wait(SECOND), Act::Reset]);
        rig.run_until(at_ms(2_000));
        assert_eq!(released(&backend), Some(1_004));
        assert_eq!(rig.log.only("delivered"), "1003 delivered 0 0 0 1000ms the client reset the connection client");
        assert_eq!(rig.server.connections(), 0);
    });
}

#[test]
fn an_early_refusal_is_not_lost_while_the_client_still_sends() {
    World::twice(13, |world| {
        let mut config = config(1);
        config.sites[0].max_body = 1000;
        let rig = Rig::new(world, config);
        let backend = rig.serve_all();
        // 400 kB are in the pipes and windows when the answer comes; a close without reading them would reset it away.
        let client = rig.ask(vec![Act::send(post(400_000)), Act::send(vec![b'x'; 400_000]), Act::Finish]);
        rig.over(&client);
        assert_eq!((statuses(&client), answered(&client), ended(&client)), (vec![413], Some(4), Some(4)));
        rig.run_until(at_ms(10_000));
        assert_eq!((rig.server.connections(), accepted(&backend[0])), (0, 0));
        rig.close();
        client.entries()
    });
}

#[test]
fn the_last_request_that_a_connection_may_carry_is_told_so() {
    World::twice(14, |world| {
        let mut config = config(1);
        config.limits = decide::config::Limits { requests_per_connection: 3, ..MODEL };
        let rig = Rig::new(world, config);
        rig.serve_all();
        let client = rig.ask(vec![Act::send(GET.repeat(5))]);
        rig.over(&client);
        assert_eq!(statuses(&client), [200, 200, 200]);
        assert_eq!(client.text().matches("Connection: close").count(), 1);
        assert!(client.text().rfind("Connection: close") > client.text().rfind("HTTP/1.1 200"));
        rig.run_until(at_ms(5_000));
        rig.close();
    });
}
