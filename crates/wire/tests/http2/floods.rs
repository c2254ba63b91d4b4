//! Peers that make work for nothing: each is stopped, and one that means well is not.

use crate::frames::*;
use std::time::Duration;
use wire::http::RequestHead;
use wire::http2::{ErrorCode, Event};

/// Sends until the machine has enough of it; how often that was.
fn until_calm(machine: &mut Machine, mut send: impl FnMut(u32) -> Vec<u8>) -> u32 {
    for round in 0..100_000 {
        let bytes = send(round);
        if let Err(error) = machine.hear(&bytes) {
            assert_eq!(error.code(), ErrorCode::ENHANCE_YOUR_CALM);
            let said = machine.take_said();
            assert_eq!(said.last().map(|frame| (frame.kind, frame.number(4))), Some((GOAWAY, 0xb)));
            return round;
        }
        for event in machine.take_events() {
            if let Event::Failed { stream } = event {
                machine.connection.let_go(stream);
            }
        }
        machine.take_said();
    }
    panic!("it goes on for ever");
}

fn streams() -> impl FnMut() -> u32 {
    let mut next = 1;
    move || {
        next += 2;
        next - 2
    }
}

#[test]
fn rapid_reset() {
    let mut machine = Machine::server(CONFIG);
    let mut next = streams();
    let lasted = until_calm(&mut machine, |_| {
        let stream = next();
        [request(WHOLE, stream, &GET), rst_stream(stream, 8)].concat()
    });
    assert_eq!(lasted, 200);
}

#[test]
fn rapid_reset_while_nobody_lets_go() {
    let mut machine = Machine::server(CONFIG);
    let mut next = streams();
    let mut refused = 0;
    for _ in 0..50 {
        let stream = next();
        machine.hear(&[request(WHOLE, stream, &GET), rst_stream(stream, 8)].concat()).expect("not yet too much");
        refused += machine.take_said().iter().filter(|frame| frame.kind == RST_STREAM && frame.number(0) == 7).count();
    }
    assert_eq!(refused, 50 - 2 * CONFIG.max_streams as usize, "what is held has a bound, whether it is open or not");
}

#[test]
fn made_you_reset() {
    for provoke in [
        |stream| [request(END_HEADERS, stream, &POST), window_update(stream, 0)].concat(),
        |stream| [request(END_HEADERS, stream, &POST), window_update(stream, 0x7fff_ffff)].concat(),
        |stream| [request(END_HEADERS, stream, &POST), frame(PRIORITY, 0, stream, &[0; 4])].concat(),
        |stream| [request(WHOLE, stream, &GET), frame(DATA, 0, stream, b"x")].concat(),
        |stream| [request(WHOLE, stream, &GET), request(WHOLE, stream, &GET)].concat(),
        |stream| [request(END_HEADERS, stream, &POST), request(END_HEADERS, stream, &[("x", "y")])].concat(),
        |stream| request(WHOLE, stream, &GET[1..]),
        |stream| request(WHOLE, stream, &[&GET[..], &[("x", "y"); 40]].concat()),
    ] as [fn(u32) -> Vec<u8>; 8]
    {
        let mut machine = Machine::server(CONFIG);
        let mut next = streams();
        assert_eq!(until_calm(&mut machine, |_| provoke(next())), 200);
    }
}

#[test]
fn continuation() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(0, 1, &GET)).expect("valid");
    assert!(machine.connection.mid_head());
    let parts = until_calm(&mut machine, |_| frame(CONTINUATION, 0, 1, b""));
    assert!(parts < 50, "{parts}");
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(0, 1, &GET)).expect("valid");
    let parts = until_calm(&mut machine, |_| frame(CONTINUATION, 0, 1, &[0; 4000]));
    assert_eq!(parts, 2 * 16_384 / 4000);
}

#[test]
fn frames_that_carry_nothing() {
    let empty_data = |machine: &mut Machine| machine.hear(&request(END_HEADERS, 1, &POST)).expect("valid");
    let nothing = |_: &mut Machine| {};
    for (begin, sent, most) in [
        (&nothing as &dyn Fn(&mut Machine), frame(PING, 0, 0, &[0; 8]), 1000),
        (&nothing, frame(PING, ACK, 0, &[0; 8]), 4000),
        (&nothing, settings(&[]), 250),
        (&nothing, frame(SETTINGS, ACK, 0, b""), 4000),
        (&nothing, frame(PRIORITY, 0, 1, &[0; 5]), 4000),
        (&nothing, frame(PRIORITY_UPDATE, 0, 0, &[0, 0, 0, 1]), 4000),
        (&nothing, window_update(0, 1), 4000),
        (&nothing, frame(0xbb, 0, 0, b""), 4000),
        (&nothing, frame(GOAWAY, 0, 0, &[0; 8]), 1000),
        (&empty_data, frame(DATA, 0, 1, b""), 4000),
        (&empty_data, frame(DATA, PADDED, 1, &[9, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 4000),
        (&empty_data, window_update(1, 1), 4000),
    ] {
        let mut machine = Machine::server(CONFIG);
        begin(&mut machine);
        let lasted = until_calm(&mut machine, |_| sent.clone());
        assert!((most - 60..=most).contains(&lasted), "{lasted} of {sent:?}");
    }
}

#[test]
fn streams_past_the_limit() {
    let mut machine = Machine::server(CONFIG);
    let mut next = streams();
    (0..4).for_each(|_| machine.hear(&request(WHOLE, next(), &GET)).expect("valid"));
    let lasted = until_calm(&mut machine, |_| request(WHOLE, next(), &GET));
    assert!(lasted > 900, "a client need not know the limit at first");
}

#[test]
fn a_browser_that_leaves_many_pages() {
    let mut machine = Machine::server(wire::http2::Config { max_streams: 128, ..CONFIG });
    let mut next = streams();
    for page in 0..50 {
        machine.now = Duration::from_secs(5 * page);
        let opened: Vec<u32> = (0..100).map(|_| next()).collect();
        for stream in &opened {
            machine.hear(&request(WHOLE, *stream, &GET)).expect("valid");
        }
        for stream in &opened {
            machine.hear(&rst_stream(*stream, 8)).expect("it has left the page");
            machine.connection.let_go(*stream);
        }
    }
}

#[test]
fn cancelling_every_other_request() {
    let mut machine = Machine::server(CONFIG);
    let mut next = streams();
    for _ in 0..10_000 {
        let (whole, cancelled) = (next(), next());
        machine.hear(&request(WHOLE, whole, &GET)).expect("valid");
        machine.answer(whole, b"x");
        machine.hear(&request(WHOLE, cancelled, &GET)).expect("valid");
        machine.hear(&rst_stream(cancelled, 8)).expect("as many are brought to their end");
        machine.connection.let_go(cancelled);
        machine.take_said();
        machine.events.clear();
    }
}

#[test]
fn pings_for_every_message_both_ways() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(END_HEADERS, 1, &POST)).expect("valid");
    machine.connection.begin_response(1, 200).end(false);
    let ping = frame(PING, 0, 0, b"bdp-ping");
    for _ in 0..20_000 {
        machine.hear(&[frame(DATA, 0, 1, b"ask"), ping.clone()].concat()).expect("it measures its bandwidth");
        let _ = machine.connection.read(1, &mut [0; 9]);
        let _ = machine.connection.write(1, b"answer");
        machine.hear(&[window_update(0, 6), window_update(1, 6)].concat()).expect("it has read the answer");
        machine.take_said();
        machine.events.clear();
    }
}

#[test]
fn a_window_that_opens_byte_by_byte() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&settings(&[(4, 0)])).expect("valid");
    machine.hear(&request(WHOLE, 1, &GET)).expect("valid");
    machine.connection.begin_response(1, 200).end(false);
    let _ = machine.connection.write(1, &[0; 9000]);
    machine.events.clear();
    for round in 0..10_000 {
        if machine.hear(&window_update(1, 1)).is_err() {
            assert!((3000..5000).contains(&round), "{round}");
            return;
        }
        let _ = machine.connection.write(1, &[0; 9000]);
        let _ = machine.connection.write(1, &[0; 9000]);
        machine.take_said();
        machine.events.clear();
    }
    panic!("it goes on for ever");
}

#[test]
fn compression_that_expands() {
    // One entry of four kilobytes, named a thousand times.
    let value = "v".repeat(4000);
    let mut bomb = block(&GET);
    bomb.extend_from_slice(b"\x40\x01x\x7f\xa1\x1e");
    bomb.extend_from_slice(value.as_bytes());
    bomb.extend(std::iter::repeat_n(0xbe, 1000));
    let mut machine = Machine::server(CONFIG);
    machine.hear(&frame(HEADERS, WHOLE, 1, &bomb)).expect("the connection lives");
    assert_eq!(machine.take_events(), [Event::Malformed { stream: 1, rule: wire::http2::Rule::HeadTooLarge }]);
    machine.hear(&request(WHOLE, 3, &GET)).expect("as before");
    assert_eq!(machine.take_events().len(), 1);
}

#[test]
fn answers_to_requests_that_were_given_up_are_no_flood() {
    let mut machine = Machine::client(CONFIG);
    machine.hear(&settings(&[(3, 5000)])).expect("valid");
    let kept = machine.connection.open().expect("room");
    machine.connection.begin_request(kept, &RequestHead::default(), b"/", b"a", b"http").end(true);
    let given_up: Vec<u32> = (0..3000).map(|_| machine.connection.open().expect("room")).collect();
    for id in &given_up {
        machine.connection.begin_request(*id, &RequestHead::default(), b"/", b"a", b"http").end(true);
    }
    machine.take_said();
    given_up.iter().for_each(|id| machine.connection.let_go(*id));
    machine.take_said();
    // They were under way before the server knew.
    for id in given_up {
        let late = [frame(HEADERS, END_HEADERS, id, &block(&[(":status", "200")])), frame(DATA, END_STREAM, id, b"late")];
        machine.hear(&late.concat()).expect("the server has done nothing wrong");
    }
    assert_eq!(machine.connection.failure(kept), None);
}
