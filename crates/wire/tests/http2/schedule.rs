//! Whose content goes out first (RFC 9218 §10).

use crate::frames::*;
use wire::http2::{Config, Event, Write};

static BODY: [u8; 100_000] = [b'x'; 100_000];

/// Streams with these priorities, each with a response begun and its first write refused for want of a window.
fn waiting(priorities: &[&str], output_bytes: usize) -> Machine {
    let mut machine = Machine::server(Config { max_streams: 100, output_bytes, ..CONFIG });
    machine.hear(&settings(&[(4, 1 << 20)])).expect("valid");
    // The window of the connection is used up by a first stream.
    machine.hear(&request(WHOLE, 1, &GET)).expect("valid");
    machine.connection.begin_response(1, 200).end(false);
    let mut sent = 0;
    while sent < 65_535 {
        let Write::Accepted(n) = machine.connection.write(1, &BODY[sent..65_535]) else { panic!("there is a window") };
        sent += n;
        machine.listen();
    }
    for (number, priority) in priorities.iter().enumerate() {
        let stream = 3 + 2 * number as u32;
        machine.hear(&request(WHOLE, stream, &[&GET[..], &[("priority", priority)]].concat())).expect("valid");
        machine.connection.begin_response(stream, 200).end(false);
        assert_eq!(machine.connection.write(stream, &BODY), Write::Pending);
    }
    machine.take_said();
    machine.events.clear();
    machine
}

/// Lets streams write whenever they are woken, as long as anything moves, and returns the streams of the DATA frames in order.
fn run(machine: &mut Machine, mut frames: usize) -> Vec<u32> {
    let mut order = Vec::new();
    while frames > 0 {
        let events: Vec<_> = machine.take_events().into_iter().chain(std::iter::from_fn(|| machine.connection.poll_event())).collect();
        if events.is_empty() {
            break;
        }
        for event in events {
            let Event::Writable { stream } = event else { panic!("{event:?}") };
            while let Write::Accepted(_) = machine.connection.write(stream, &BODY) {}
        }
        let said = machine.take_said();
        let data = said.iter().filter(|frame| frame.kind == DATA).map(|frame| frame.stream);
        order.extend(data);
        frames = frames.saturating_sub(order.len());
    }
    order.dedup();
    order
}

/// Opens the window of the connection by this much.
fn open(machine: &mut Machine, bytes: u32) {
    machine.hear(&window_update(0, bytes)).expect("valid");
}

#[test]
fn the_most_urgent_goes_first_and_alone() {
    let mut machine = waiting(&["u=5", "u=1", "", "u=1"], 65_536);
    assert!(machine.connection.is_blocked());
    for expected in [5, 5, 9, 7, 3] {
        open(&mut machine, 50_000);
        assert_eq!(run(&mut machine, 1), [expected], "one after another, by urgency and then by id");
        // What it had is sent: the second time for the first of them.
        if machine.connection.progress() > 65_535 + 50_000 {
            machine.connection.let_go(expected);
            machine.take_said();
        }
    }
}

#[test]
fn those_of_use_in_parts_take_turns() {
    let mut machine = waiting(&["i", "i", "u=5, i", "i"], 65_536);
    open(&mut machine, 16_384 * 6);
    let order = run(&mut machine, 6);
    assert_eq!(order, [3, 5, 9, 3, 5, 9]);
}

#[test]
fn the_first_of_the_others_takes_turns_with_them() {
    let mut machine = waiting(&["", "i", ""], 65_536);
    open(&mut machine, 16_384 * 4);
    assert_eq!(run(&mut machine, 4), [3, 5, 3, 5]);
}

#[test]
fn the_output_is_a_room_that_is_shared_as_well() {
    let mut machine = waiting(&["u=7", "u=0", "u=7"], 20_000);
    open(&mut machine, 1 << 20);
    assert_eq!(run(&mut machine, 3), [5], "nobody else as long as it has something");
}

#[test]
fn a_more_urgent_stream_that_has_nothing_holds_nobody_up() {
    let mut machine = waiting(&["u=7", "u=0"], 65_536);
    open(&mut machine, 1000);
    assert_eq!(machine.take_events(), [Event::Writable { stream: 5 }]);
    // It has changed its mind, and does not write.
    machine.connection.let_go(5);
    assert_eq!(machine.connection.poll_event(), Some(Event::Writable { stream: 3 }));
    assert_eq!(machine.connection.poll_event(), None);
}

#[test]
fn one_that_was_told_and_never_tries_is_passed_over_in_the_end() {
    let mut machine = waiting(&["u=7", "u=0"], 65_536);
    open(&mut machine, 1000);
    assert_eq!(machine.take_events(), [Event::Writable { stream: 5 }]);
    let told: Vec<_> = (0..40).filter_map(|_| machine.connection.poll_event()).collect();
    assert_eq!(told, [Event::Writable { stream: 3 }]);
}

#[test]
fn a_write_gives_way_to_those_that_wait_and_are_more_urgent() {
    let mut machine = waiting(&["u=0", "u=1"], 65_536);
    open(&mut machine, 10_000);
    assert_eq!(machine.take_events(), [Event::Writable { stream: 3 }]);
    // The other tries before the one that was woken: it was refused before, and is again while the room is promised.
    assert_eq!(machine.connection.write(3, &BODY[..10]), Write::Accepted(10));
    assert_eq!(machine.connection.write(5, &BODY[..10]), Write::Accepted(10), "nobody more urgent waits");
    machine.hear(&request(WHOLE, 7, &[&GET[..], &[("priority", "u=2")]].concat())).expect("valid");
    machine.connection.begin_response(7, 200).end(false);
    assert_eq!(machine.connection.write(3, &BODY), Write::Accepted(9980));
    assert_eq!(machine.connection.write(3, &BODY), Write::Pending);
    open(&mut machine, 10_000);
    machine.events.clear();
    assert_eq!(machine.connection.write(3, &BODY), Write::Accepted(10_000));
}

#[test]
fn priority_updates() {
    let update = |stream: u32, value: &str| frame(PRIORITY_UPDATE, 0, 0, &[&stream.to_be_bytes()[..], value.as_bytes()].concat());
    let mut machine = waiting(&["u=1", "u=2"], 65_536);
    machine.hear(&update(5, "u=0")).expect("valid");
    open(&mut machine, 1000);
    assert_eq!(run(&mut machine, 1), [5]);
    // It comes before its stream, and is newer than the field.
    machine.hear(&update(9, "u=0")).expect("valid");
    machine.hear(&update(7, "u=7")).expect("valid");
    for stream in [7, 9] {
        machine.hear(&request(WHOLE, stream, &[&GET[..], &[("priority", "u=4")]].concat())).expect("valid");
        machine.connection.begin_response(stream, 200).end(false);
        assert_eq!(machine.connection.write(stream, &BODY), Write::Pending);
    }
    machine.connection.let_go(5);
    machine.events.clear();
    open(&mut machine, 1000);
    assert_eq!(run(&mut machine, 1), [9]);
    for wrong in [update(0, "u=1"), update(2, "u=1"), frame(PRIORITY_UPDATE, 0, 1, &[0; 4]), frame(PRIORITY_UPDATE, 0, 0, b"abc")] {
        assert!(Machine::server(CONFIG).hear(&wrong).is_err(), "{wrong:?}");
    }
    assert!(Machine::client(CONFIG).hear(&update(1, "u=1")).is_err());
}
