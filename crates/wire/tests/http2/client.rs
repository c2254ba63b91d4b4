//! A client's side of exchanges, frame by frame.

use crate::frames::*;
use wire::http::{Fields, Method, RequestHead, ResponseHead, TargetForm};
use wire::http2::{ErrorCode, Event, Read, Reason, ResponseMeta, Role, Rule, Write};

/// A client with a request under way on stream 1.
fn asked(method: Method) -> Machine {
    let mut machine = Machine::client(CONFIG);
    ask(&mut machine, method);
    machine.take_said();
    machine
}

fn ask(machine: &mut Machine, method: Method) -> u32 {
    let id = machine.connection.open().expect("room");
    let head = RequestHead { method, ..RequestHead::default() };
    machine.connection.begin_request(id, &head, b"/", b"a", b"http").end(true);
    id
}

fn response(flags: u8, stream: u32, lines: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, flags, stream, &block(lines))
}

fn take(machine: &mut Machine, stream: u32) -> Option<(u16, ResponseMeta)> {
    let mut head = ResponseHead::default();
    machine.connection.take_response(stream, &mut head).map(|meta| (head.status, meta))
}

fn failure(machine: &Machine, stream: u32) -> Option<Reason> {
    machine.connection.failure(stream)
}

#[test]
fn the_preface_and_a_request() {
    let mut machine = Machine::silent(Role::Client, CONFIG);
    assert!(machine.connection.output().starts_with(PREFACE));
    machine.listen();
    let [settings] = &machine.said[..] else { panic!("{:?}", machine.said) };
    assert!((settings.kind, settings.flags) == (SETTINGS, 0) && settings.payload.chunks(6).any(|part| part == [0, 2, 0, 0, 0, 0]));
    // The server need not have spoken.
    let id = machine.connection.open().expect("room");
    let head = RequestHead { method: Method::Post, protocol: Vec::new(), ..RequestHead::default() };
    machine.connection.begin_request(id, &head, b"/x", b"a:1", b"https").end(false);
    assert_eq!(machine.connection.write(id, b"body"), Write::Accepted(4));
    machine.connection.finish(id, &Fields::new());
    let sent = machine.connection.output().to_vec();
    let mut server = Machine::server(CONFIG);
    server.hear(&sent).expect("valid");
    assert_eq!(server.events[0], Event::Request { stream: 1, end: false, length: None });
    let mut head = RequestHead::default();
    server.connection.take_request(&mut head);
    assert_eq!((&head.method, &head.target[..], &head.authority[..]), (&Method::Post, &b"/x"[..], &b"a:1"[..]));
    let mut into = [0; 9];
    assert_eq!((server.connection.read(1, &mut into), &into[..4]), (Read::Bytes(4), &b"body"[..]));
    assert_eq!(server.connection.read(1, &mut into), Read::End);
}

#[test]
fn connect_in_both_forms() {
    for (form, protocol, path) in [(TargetForm::Authority, "", ""), (TargetForm::Origin, "websocket", "/chat")] {
        let mut machine = Machine::client(CONFIG);
        assert!(!machine.connection.takes_protocols());
        machine.hear(&settings(&[(8, 1)])).expect("valid");
        assert!(machine.connection.takes_protocols());
        machine.take_said();
        let id = machine.connection.open().expect("room");
        let head = RequestHead { method: Method::Connect, form, protocol: protocol.into(), ..RequestHead::default() };
        machine.connection.begin_request(id, &head, path.as_bytes(), b"a:443", b"https").end(false);
        let mut server = Machine::server(CONFIG);
        server.hear(machine.connection.output()).expect("valid");
        let mut seen = RequestHead::default();
        server.connection.take_request(&mut seen);
        assert_eq!(
            (seen.form, &seen.protocol, &seen.target[..], &seen.authority[..]),
            (form, &head.protocol, path.as_bytes(), &b"a:443"[..])
        );
        // What follows success is no content: its length is not that of the fields.
        let success = [(":status", "200"), ("content-length", "1")];
        machine.hear(&response(END_HEADERS, id, &success)).expect("valid");
        machine.hear(&frame(DATA, 0, id, b"many bytes")).expect("valid");
        assert_eq!(take(&mut machine, id), Some((200, ResponseMeta { length: None, end: false })));
        assert_eq!(machine.connection.read(id, &mut [0; 99]), Read::Bytes(10));
        machine.hear(&response(WHOLE, id, &[("x", "y")])).expect("a stream error");
        assert_eq!(failure(&machine, id), Some(Reason::Malformed(Rule::TrailersInTunnel)));
    }
}

#[test]
fn a_response_with_everything() {
    let mut machine = asked(Method::Get);
    machine.hear(&response(END_HEADERS, 1, &[(":status", "103"), ("link", "x")])).expect("valid");
    assert_eq!(take(&mut machine, 1), Some((103, ResponseMeta { length: Some(0), end: false })));
    assert_eq!(take(&mut machine, 1), None);
    machine.hear(&response(END_HEADERS, 1, &[(":status", "200"), ("content-length", "4")])).expect("valid");
    machine.hear(&frame(DATA, 0, 1, b"body")).expect("valid");
    machine.hear(&response(WHOLE, 1, &[("x-sum", "1")])).expect("valid");
    assert_eq!(machine.take_events(), {
        [Event::Response { stream: 1 }, Event::Response { stream: 1 }, Event::Readable { stream: 1 }, Event::Readable { stream: 1 }]
    });
    assert_eq!(take(&mut machine, 1), Some((200, ResponseMeta { length: Some(4), end: false })));
    assert_eq!((machine.connection.read(1, &mut [0; 9]), machine.connection.read(1, &mut [0; 9])), (Read::Bytes(4), Read::End));
    assert_eq!(machine.connection.take_trailers(1).map(|fields| fields.len()), Some(1));
    assert_eq!((failure(&machine, 1), machine.connection.open_streams()), (None, 0));
    machine.connection.let_go(1);
    assert!(machine.take_said().is_empty());
}

#[test]
fn a_connect_that_fails_is_answered_like_any_request() {
    let mut machine = asked(Method::Connect);
    machine.hear(&response(END_HEADERS, 1, &[(":status", "502"), ("content-length", "2")])).expect("valid");
    assert_eq!(take(&mut machine, 1), Some((502, ResponseMeta { length: Some(2), end: false })));
    machine.hear(&frame(DATA, 0, 1, b"no")).expect("valid");
    machine.hear(&response(WHOLE, 1, &[("x", "y")])).expect("trailers");
    assert_eq!(failure(&machine, 1), None);
}

#[test]
fn heads_wait_for_whoever_takes_them() {
    let mut machine = Machine::client(CONFIG);
    let (first, second) = (ask(&mut machine, Method::Get), ask(&mut machine, Method::Get));
    for (stream, status) in [(first, "100"), (second, "103"), (first, "103"), (first, "200"), (second, "404")] {
        machine.hear(&response(END_HEADERS, stream, &[(":status", status)])).expect("valid");
    }
    let statuses =
        |machine: &mut Machine, stream| std::iter::from_fn(|| take(machine, stream)).map(|(status, _)| status).collect::<Vec<_>>();
    assert_eq!((statuses(&mut machine, second), statuses(&mut machine, first)), (vec![103, 404], vec![100, 103, 200]));
    machine.hear(&response(WHOLE, 1, &[("x", "y")])).expect("trailers");
    assert_eq!(take(&mut machine, first), None);
}

#[test]
fn responses_without_content() {
    for (method, status, told) in [(Method::Head, "200", "7"), (Method::Get, "304", "7"), (Method::Get, "204", "0")] {
        for end_later in [false, true] {
            let mut machine = asked(method.clone());
            let flags = if end_later { END_HEADERS } else { WHOLE };
            machine.hear(&response(flags, 1, &[(":status", status), ("content-length", told)])).expect("valid");
            let (_, meta) = take(&mut machine, 1).expect("a head");
            assert_eq!(meta, ResponseMeta { length: Some(0), end: !end_later }, "{method:?} {status}");
            if end_later {
                machine.hear(&frame(DATA, END_STREAM, 1, b"")).expect("valid");
            }
            assert_eq!((machine.connection.read(1, &mut [0; 9]), failure(&machine, 1)), (Read::End, None));
        }
        let mut machine = asked(method);
        machine.hear(&response(END_HEADERS, 1, &[(":status", status)])).expect("valid");
        machine.hear(&frame(DATA, END_STREAM, 1, b"x")).expect("a stream error");
        assert_eq!(failure(&machine, 1), Some(Reason::Malformed(Rule::LengthDisagrees)));
    }
}

#[test]
fn responses_that_are_malformed() {
    let ok = response(END_HEADERS, 1, &[(":status", "200"), ("content-length", "3")]);
    let data = |flags, data: &[u8]| frame(DATA, flags, 1, data);
    let interims: Vec<Vec<u8>> = (0..10).map(|_| response(END_HEADERS, 1, &[(":status", "102")])).collect();
    for (sent, rule) in [
        (vec![response(WHOLE, 1, &[("x", "y")])], Rule::PseudoMissing),
        (vec![response(WHOLE, 1, &[(":status", "101")])], Rule::SwitchingProtocols),
        (vec![response(WHOLE, 1, &[(":status", "103")])], Rule::InterimEnds),
        (vec![response(WHOLE, 1, &[(":status", "200"), ("content-length", "3")])], Rule::LengthDisagrees),
        (vec![response(WHOLE, 1, &[(":status", "200"), ("Server", "x")])], Rule::NameByte),
        (vec![data(0, b"x")], Rule::DataBeforeHead),
        (vec![response(END_HEADERS, 1, &[(":status", "100")]), data(0, b"x")], Rule::DataBeforeHead),
        (vec![ok.clone(), data(0, b"abcd")], Rule::LengthDisagrees),
        (vec![ok.clone(), data(END_STREAM, b"ab")], Rule::LengthDisagrees),
        (vec![ok.clone(), response(END_HEADERS, 1, &[(":status", "200")])], Rule::PseudoInTrailers),
        (vec![ok.clone(), data(0, b"abc"), response(END_HEADERS, 1, &[("x", "y")])], Rule::TrailersNotLast),
        (interims, Rule::TooManyInterims),
    ] {
        let mut machine = asked(Method::Get);
        sent.iter().for_each(|bytes| machine.hear(bytes).expect("a stream error"));
        assert_eq!(failure(&machine, 1), Some(Reason::Malformed(rule)));
        assert_eq!(machine.events.last(), Some(&Event::Failed { stream: 1 }));
        let said = machine.take_said();
        assert_eq!((said.len(), said[0].kind, said[0].number(0)), (1, RST_STREAM, 1), "{rule:?}");
        assert_eq!(machine.connection.read(1, &mut [0; 9]), Read::Failed(Reason::Malformed(rule)));
    }
    // Our half is at its end, and so was the other: only the frame is wrong.
    let mut machine = asked(Method::Get);
    machine.connection.let_go(1);
    let id = machine.connection.open().expect("room");
    machine.connection.begin_request(id, &RequestHead::default(), b"/", b"a", b"http").end(false);
    machine.hear(&response(WHOLE, id, &[(":status", "200")])).expect("valid");
    machine.hear(&frame(DATA, 0, id, b"x")).expect("a stream error");
    assert_eq!(failure(&machine, id), Some(Reason::Malformed(Rule::StreamEnded)));
}

#[test]
fn servers_that_break_the_connection() {
    for (sent, code) in [
        (frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2]), ErrorCode::PROTOCOL_ERROR),
        (response(WHOLE, 2, &[(":status", "200")]), ErrorCode::PROTOCOL_ERROR),
        (response(WHOLE, 3, &[(":status", "200")]), ErrorCode::PROTOCOL_ERROR),
        (frame(DATA, 0, 3, b"x"), ErrorCode::PROTOCOL_ERROR),
        (rst_stream(3, 8), ErrorCode::PROTOCOL_ERROR),
        (settings(&[(2, 1)]), ErrorCode::PROTOCOL_ERROR),
        (frame(HEADERS, WHOLE, 1, b"\x80"), ErrorCode::COMPRESSION_ERROR),
    ] {
        let mut machine = asked(Method::Get);
        assert_eq!(machine.hear(&sent).expect_err("broken").code(), code, "{sent:?}");
        assert_eq!(failure(&machine, 1), Some(Reason::ConnectionOver));
        assert!(!machine.connection.may_open());
    }
    let mut machine = Machine::silent(Role::Client, CONFIG);
    assert_eq!(machine.hear(&frame(PING, 0, 0, &[0; 8])).expect_err("no settings").code(), ErrorCode::PROTOCOL_ERROR);
}

#[test]
fn a_stream_that_was_opened_and_not_begun_is_unknown_to_the_server() {
    for sent in [frame(DATA, 0, 1, b"x"), response(WHOLE, 1, &[(":status", "200")]), rst_stream(1, 8), window_update(1, 1)] {
        let mut machine = Machine::client(CONFIG);
        assert_eq!(machine.connection.open(), Some(1));
        assert_eq!(machine.hear(&sent).expect_err("idle").code(), ErrorCode::PROTOCOL_ERROR);
    }
    let mut machine = Machine::client(CONFIG);
    let id = machine.connection.open().expect("room");
    machine.connection.let_go(id);
    assert!(machine.take_said().is_empty());
    assert_eq!((machine.connection.open_streams(), machine.connection.open()), (0, Some(3)));
    machine.connection.reset(3, ErrorCode::CANCEL);
    assert!(machine.take_said().is_empty());
    assert_eq!(failure(&machine, 3), Some(Reason::Reset(ErrorCode::CANCEL)));
}

#[test]
fn as_many_streams_as_the_server_allows() {
    let mut machine = Machine::client(CONFIG);
    machine.hear(&settings(&[(3, 2)])).expect("valid");
    assert_eq!((ask(&mut machine, Method::Get), ask(&mut machine, Method::Get)), (1, 3));
    assert!(!machine.connection.may_open() && machine.connection.open().is_none());
    machine.hear(&response(WHOLE, 1, &[(":status", "204")])).expect("valid");
    assert_eq!(machine.connection.open(), Some(5), "whether it was let go or not");
    machine.hear(&settings(&[(3, 0)])).expect("valid");
    machine.connection.let_go(3);
    assert!(!machine.connection.may_open());
}

#[test]
fn refusals_and_resets() {
    let mut machine = Machine::client(CONFIG);
    let ids = [(); 3].map(|()| ask(&mut machine, Method::Get));
    machine.hear(&rst_stream(ids[0], 7)).expect("valid");
    machine.hear(&rst_stream(ids[1], 2)).expect("valid");
    assert_eq!(machine.take_events(), [Event::Failed { stream: 1 }, Event::Failed { stream: 3 }]);
    assert_eq!((failure(&machine, 1), failure(&machine, 3)), (Some(Reason::Refused), Some(Reason::Reset(ErrorCode::INTERNAL_ERROR))));
    assert_eq!(failure(&machine, ids[2]), None);
}

#[test]
fn a_whole_response_outlives_the_reset_behind_it() {
    let mut machine = Machine::client(CONFIG);
    let id = machine.connection.open().expect("room");
    machine.connection.begin_request(id, &RequestHead::default(), b"/", b"a", b"http").end(false);
    machine.hear(&response(END_HEADERS, id, &[(":status", "413")])).expect("valid");
    machine.hear(&frame(DATA, END_STREAM, id, b"no")).expect("valid");
    machine.hear(&rst_stream(id, 0)).expect("valid");
    assert_eq!(machine.connection.write(id, b"x"), Write::Failed(Reason::Reset(ErrorCode::NO_ERROR)));
    machine.connection.finish(id, &Fields::new());
    assert_eq!(take(&mut machine, id).map(|(status, _)| status), Some(413));
    assert_eq!((machine.connection.read(id, &mut [0; 9]), machine.connection.read(id, &mut [0; 9])), (Read::Bytes(2), Read::End));
}

#[test]
fn the_server_goes_away() {
    let mut machine = Machine::client(CONFIG);
    let ids = [(); 3].map(|()| ask(&mut machine, Method::Get));
    let goaway = |last: u32| frame(GOAWAY, 0, 0, &[&last.to_be_bytes()[..], &[0; 4]].concat());
    machine.hear(&goaway((1 << 31) - 1)).expect("valid");
    assert_eq!(machine.take_events(), [Event::GoingAway]);
    assert!(!machine.connection.may_open() && machine.connection.open_streams() == 3);
    machine.hear(&goaway(3)).expect("valid");
    assert_eq!(machine.take_events(), [Event::Failed { stream: 5 }]);
    assert_eq!((failure(&machine, 3), failure(&machine, 5)), (None, Some(Reason::Refused)));
    for id in &ids[..2] {
        machine.hear(&response(WHOLE, *id, &[(":status", "200")])).expect("valid");
        machine.connection.let_go(*id);
    }
    assert!(!machine.connection.is_over());
    machine.connection.let_go(5);
    assert!(machine.connection.is_over());
}

#[test]
fn a_client_that_drains() {
    let mut machine = asked(Method::Get);
    machine.connection.drain();
    let said = machine.take_said();
    assert_eq!((said.len(), said[0].kind, said[0].number(0), said[0].number(4)), (1, GOAWAY, 0, 0));
    assert!(!machine.connection.may_open() && !machine.connection.is_over());
    machine.hear(&response(WHOLE, 1, &[(":status", "200")])).expect("still answered");
    machine.connection.let_go(1);
    assert!(machine.connection.is_over());
    assert_eq!(machine.hear(&frame(DATA, 0, 1, b"x")).expect_err("it had ended").code(), ErrorCode::STREAM_CLOSED);
}

#[test]
fn a_stream_that_was_let_go_is_cancelled() {
    let mut machine = asked(Method::Get);
    machine.hear(&response(END_HEADERS, 1, &[(":status", "200")])).expect("valid");
    machine.hear(&frame(DATA, 0, 1, &[0; 16_000])).expect("valid");
    machine.connection.let_go(1);
    let said = machine.take_said();
    assert_eq!((said.len(), said[0].kind, said[0].number(0)), (1, RST_STREAM, 8));
    (0..2).for_each(|_| machine.hear(&frame(DATA, 0, 1, &[0; 16_000])).expect("under way"));
    let said = machine.take_said();
    assert_eq!((said.len(), said[0].kind, said[0].stream), (1, WINDOW_UPDATE, 0));
    machine.hear(&response(WHOLE, 1, &[("x", "y")])).expect("under way");
    assert_eq!(take(&mut machine, 1), None);
    assert!(machine.hear(&frame(DATA, 0, 1, b"x")).is_err());
}
