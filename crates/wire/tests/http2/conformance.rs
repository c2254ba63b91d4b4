//! One case for each rule of the RFC that a server can be held to from outside: the frames that are sent, and what has to come back. The
//! list follows the sections of RFC 7540 that the field's conformance suite is ordered by, with what RFC 9113 changed.

use crate::frames::*;
use wire::http2::Event;

/// What the server does with requests.
#[derive(Clone, Copy, Debug)]
enum Server {
    /// Keeps them.
    Holds,
    /// Answers with so many bytes.
    Answers(usize),
}
use Server::{Answers, Holds};

/// What has to come back. More frames may come besides, but no other error.
#[derive(Clone, Debug)]
enum Reaction {
    /// GOAWAY with this code, and the end.
    GoAway(u32),
    /// RST_STREAM.
    Reset(u32, u32),
    /// A response on this stream.
    Response(u32),
    /// A frame like this one.
    Frame(Vec<u8>),
    /// DATA frames of these lengths on a stream.
    Data(u32, &'static [usize]),
    /// The connection can be closed, after GOAWAY.
    Over,
    /// Nothing but life: a PING sent last is answered.
    Nothing,
}
use Reaction::{Data, Frame, GoAway, Nothing, Over, Reset, Response};

const NO_ERROR: u32 = 0;
const PROTOCOL: u32 = 1;
const FLOW_CONTROL: u32 = 3;
const STREAM_CLOSED: u32 = 5;
const FRAME_SIZE: u32 = 6;
const REFUSED: u32 = 7;
const CANCEL: u32 = 8;
const COMPRESSION: u32 = 9;

type Case = (&'static str, Server, Vec<Vec<u8>>, Reaction);

/// What came back from frames sent one after another.
fn react(server: Server, sent: &[Vec<u8>]) -> (Machine, Vec<Seen>, Option<u32>) {
    let mut machine = Machine::server(CONFIG);
    let mut said = Vec::new();
    for bytes in sent {
        let error = machine.hear(bytes).err();
        for event in machine.take_events() {
            if let (Event::Request { stream, .. }, Answers(len)) = (event, server) {
                respond(&mut machine, stream, len);
            }
            if let (Event::Writable { stream }, Answers(_)) = (event, server) {
                go_on(&mut machine, stream);
            }
        }
        said.extend(machine.take_said());
        if let Some(error) = error {
            return (machine, said, Some(error.code().0));
        }
    }
    (machine, said, None)
}

/// Begins an answer whose body is as long as what is left of it: the machine keeps no such thing.
fn respond(machine: &mut Machine, stream: u32, len: usize) {
    if len < 1000 {
        machine.connection.begin_response(stream, 200).end(len == 0);
        let body = vec![b'x'; len];
        match len {
            0 => {}
            _ => match machine.connection.write(stream, &body) {
                wire::http2::Write::Accepted(n) if n == len => machine.connection.finish(stream, &Default::default()),
                _ => {
                    machine.connection.write(stream, &body);
                    return;
                }
            },
        }
        machine.connection.let_go(stream);
    }
}

/// Writes as much as there is room for.
fn go_on(machine: &mut Machine, stream: u32) {
    while let wire::http2::Write::Accepted(_) = machine.connection.write(stream, b"yyyyy") {}
}

fn check((name, server, sent, reaction): &Case) {
    let ping = frame(PING, 0, 0, b"the last");
    let mut sent = sent.clone();
    let fatal = matches!(reaction, GoAway(_) | Over);
    if !fatal {
        sent.push(ping);
    }
    let (machine, said, error) = react(*server, &sent);
    let resets: Vec<_> = said.iter().filter(|frame| frame.kind == RST_STREAM).map(|frame| (frame.stream, frame.number(0))).collect();
    let goodbyes: Vec<_> = said.iter().filter(|frame| frame.kind == GOAWAY).map(|frame| frame.number(4)).collect();
    let find = |kind: u8, stream: u32| said.iter().filter(move |frame| (frame.kind, frame.stream) == (kind, stream));
    match reaction {
        GoAway(code) => {
            assert_eq!((error, &goodbyes[..]), (Some(*code), &[*code][..]), "{name}");
            assert!(machine.connection.is_over(), "{name}");
            return;
        }
        Over => {
            assert_eq!((error, &goodbyes[..]), (None, &[NO_ERROR][..]), "{name}");
            return assert!(machine.connection.is_over(), "{name}");
        }
        Reset(stream, code) => assert_eq!(resets, [(*stream, *code)], "{name}"),
        _ => assert!(resets.iter().all(|(_, code)| *code == NO_ERROR), "{name}: {resets:?}"),
    }
    assert_eq!((error, &goodbyes[..]), (None, &[][..]), "{name}");
    let last = said.iter().rfind(|frame| frame.kind == PING).expect(name);
    assert_eq!((last.flags, &last.payload[..]), (ACK, &b"the last"[..]), "{name}");
    match reaction {
        Response(stream) => assert_eq!(find(HEADERS, *stream).count(), 1, "{name}"),
        Frame(bytes) => assert!(said.contains(&read_frames(bytes)[0]), "{name}: {said:?}"),
        Data(stream, lens) => {
            let came: Vec<_> = find(DATA, *stream).map(|frame| frame.payload.len()).collect();
            assert_eq!(came, *lens, "{name}");
        }
        _ => {}
    }
}

fn check_all(cases: &[Case]) {
    cases.iter().for_each(check);
}

fn get(stream: u32) -> Vec<u8> {
    request(WHOLE, stream, &GET)
}

/// A request that has content to come.
fn post(stream: u32) -> Vec<u8> {
    request(END_HEADERS, stream, &POST)
}

/// A GET with a block that is not this one.
fn raw(block: &[u8]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, block)
}

fn with(lines: &[(&str, &str)]) -> Vec<u8> {
    request(WHOLE, 1, &[&GET[..], lines].concat())
}

#[test]
fn section_3_the_preface() {
    let mut machine = Machine::silent(wire::http2::Role::Server, CONFIG);
    assert_eq!(machine.hear(b"INVALID CONNECTION PREFACE\r\n\r\n").expect_err("no preface").code().0, PROTOCOL);
    for len in 0..PREFACE.len() {
        let mut machine = Machine::silent(wire::http2::Role::Server, CONFIG);
        let sent = [&PREFACE[..len], b"\0"].concat();
        assert_eq!(machine.connection.receive(&PREFACE[..len], machine.now), Ok((0, None)));
        assert!(machine.connection.receive(&sent, machine.now).is_err(), "wrong from byte {len} on");
    }
    let mut machine = Machine::silent(wire::http2::Role::Server, CONFIG);
    machine.listen();
    assert_eq!((machine.said[0].kind, machine.said[0].flags), (SETTINGS, 0), "the first frame");
    for first in [get(1), frame(SETTINGS, ACK, 0, b""), frame(PING, 0, 0, &[0; 8]), frame(0xee, 0, 0, b"")] {
        let mut machine = Machine::silent(wire::http2::Role::Server, CONFIG);
        machine.hear(PREFACE).expect("the preface");
        assert_eq!(machine.hear(&first).expect_err("no settings").code().0, PROTOCOL);
    }
}

#[test]
fn section_4_frames() {
    let long = "x".repeat(16_384);
    check_all(&[
        ("4.1 an unknown type is ignored", Answers(0), vec![frame(0xff, 0, 0, &[0; 8]), get(1)], Response(1)),
        ("4.1 an unknown flag is ignored", Holds, vec![frame(PING, 0x16, 0, &[7; 8])], Frame(frame(PING, ACK, 0, &[7; 8]))),
        ("4.1 the reserved bit is ignored", Holds, vec![frame(PING, 0, 1 << 31, &[7; 8])], Frame(frame(PING, ACK, 0, &[7; 8]))),
        ("4.2 a frame of 2^14 bytes", Answers(0), vec![post(1), frame(DATA, END_STREAM, 1, &[0; 16_384])], Response(1)),
        ("4.2 a larger one", Holds, vec![post(1), frame(DATA, 0, 1, &[0; 16_385])], GoAway(FRAME_SIZE)),
        ("4.2 larger HEADERS", Holds, vec![with(&[("x", &long)])], GoAway(FRAME_SIZE)),
        ("4.3 a block that is none", Holds, vec![raw(b"\x50")], GoAway(COMPRESSION)),
        ("4.3 PRIORITY inside a block", Holds, vec![request(END_STREAM, 1, &GET), frame(PRIORITY, 0, 1, &[0; 5])], GoAway(PROTOCOL)),
        ("4.3 HEADERS of another stream inside a block", Holds, vec![request(END_STREAM, 1, &GET), get(3)], GoAway(PROTOCOL)),
    ]);
}

#[test]
fn section_5_1_stream_states() {
    let continuation = |stream| frame(CONTINUATION, END_HEADERS, stream, &block(&[("x", "y")]));
    let data = |stream| frame(DATA, END_STREAM, stream, b"test");
    check_all(&[
        ("idle: DATA", Holds, vec![data(1)], GoAway(PROTOCOL)),
        ("idle: DATA under an even number", Holds, vec![get(1), data(2)], GoAway(PROTOCOL)),
        ("idle: RST_STREAM", Holds, vec![rst_stream(1, CANCEL)], GoAway(PROTOCOL)),
        ("idle: WINDOW_UPDATE", Holds, vec![window_update(1, 100)], GoAway(PROTOCOL)),
        ("idle: CONTINUATION", Holds, vec![continuation(1)], GoAway(PROTOCOL)),
        ("idle: PRIORITY", Holds, vec![frame(PRIORITY, 0, 1, &[0; 5])], Nothing),
        ("half closed: DATA", Holds, vec![get(1), data(1)], Reset(1, STREAM_CLOSED)),
        ("half closed: HEADERS", Holds, vec![get(1), get(1)], Reset(1, STREAM_CLOSED)),
        ("half closed: CONTINUATION", Holds, vec![get(1), continuation(1)], GoAway(PROTOCOL)),
        ("half closed: WINDOW_UPDATE", Holds, vec![get(1), window_update(1, 1)], Nothing),
        ("half closed: PRIORITY", Holds, vec![get(1), frame(PRIORITY, 0, 1, &[0; 5])], Nothing),
        ("half closed: RST_STREAM", Holds, vec![get(1), rst_stream(1, CANCEL)], Nothing),
        ("reset by the client: DATA", Holds, vec![post(1), rst_stream(1, CANCEL), data(1)], GoAway(STREAM_CLOSED)),
        ("reset by the client: HEADERS", Holds, vec![post(1), rst_stream(1, CANCEL), get(1)], GoAway(STREAM_CLOSED)),
        ("reset by the client: CONTINUATION", Holds, vec![post(1), rst_stream(1, CANCEL), continuation(1)], GoAway(PROTOCOL)),
        ("closed: DATA", Answers(0), vec![get(1), data(1)], GoAway(STREAM_CLOSED)),
        ("closed: HEADERS", Answers(4), vec![get(1), get(1)], GoAway(STREAM_CLOSED)),
        ("closed: CONTINUATION", Answers(0), vec![get(1), continuation(1)], GoAway(PROTOCOL)),
        ("closed: WINDOW_UPDATE", Answers(0), vec![get(1), window_update(1, 1)], Nothing),
        ("closed: PRIORITY", Answers(0), vec![get(1), frame(PRIORITY, 0, 1, &[0; 5])], Nothing),
        ("closed: RST_STREAM", Answers(0), vec![get(1), rst_stream(1, CANCEL)], Nothing),
        ("closed long ago: HEADERS", Answers(0), vec![get(1), get(3), get(1)], GoAway(STREAM_CLOSED)),
        ("an even number", Holds, vec![get(2)], GoAway(PROTOCOL)),
        ("a number that was passed over", Holds, vec![get(5), get(3)], GoAway(PROTOCOL)),
        ("the same number again", Answers(0), vec![get(5), get(5)], GoAway(STREAM_CLOSED)),
        ("too many at once", Holds, vec![get(1), get(3), get(5), get(7), get(9)], Reset(9, REFUSED)),
        ("as many as allowed", Holds, vec![get(1), get(3), get(5), get(7)], Nothing),
        ("as many as ever, one after another", Answers(0), (0..50).map(|n| get(2 * n + 1)).collect(), Response(99)),
    ]);
}

#[test]
fn section_5_3_to_5_5() {
    let depends = |on: u32| [&on.to_be_bytes()[..], &[16], &block(&GET)].concat();
    check_all(&[
        ("5.3.1 HEADERS that depend on themselves", Holds, vec![frame(HEADERS, WHOLE | WITH_PRIORITY, 1, &depends(1))], Reset(1, PROTOCOL)),
        ("5.3.1 on another", Answers(0), vec![frame(HEADERS, WHOLE | WITH_PRIORITY, 1, &depends(0x8000_0003))], Response(1)),
        ("5.3.1 PRIORITY that depends on itself", Holds, vec![post(1), frame(PRIORITY, 0, 1, &[0, 0, 0, 1, 0])], Reset(1, PROTOCOL)),
        ("5.3.1 on a stream that is idle", Holds, vec![frame(PRIORITY, 0, 1, &[0, 0, 0, 1, 0])], GoAway(PROTOCOL)),
        ("5.4.1 a wrong PING", Holds, vec![frame(PING, 0, 0, b"short")], GoAway(FRAME_SIZE)),
        ("5.5 unknown frames", Holds, vec![frame(0x16, 0, 0, &[0; 8]), frame(0x17, 0xff, 9, b"")], Nothing),
        ("5.5 inside a block", Holds, vec![request(END_STREAM, 1, &GET), frame(0x16, 0, 0, &[0; 8])], GoAway(PROTOCOL)),
    ]);
}

#[test]
fn section_6_1_and_6_2() {
    let padded = |kind, flags, payload: &[u8]| frame(kind, flags | PADDED, 1, payload);
    let headers = |pad: u8, zeros: usize| [&[pad][..], &block(&GET), &vec![0; zeros]].concat();
    let with_priority = [&[2][..], &[0; 5], &block(&GET), &[0; 2]].concat();
    check_all(&[
        ("DATA", Answers(0), vec![post(1), frame(DATA, END_STREAM, 1, b"test")], Response(1)),
        ("several", Answers(0), vec![post(1), frame(DATA, 0, 1, b"test"), frame(DATA, END_STREAM, 1, b"test")], Response(1)),
        ("padded DATA", Answers(0), vec![post(1), padded(DATA, END_STREAM, b"\x06test\0\0\0\0\0\0")], Response(1)),
        ("nothing but padding", Answers(0), vec![post(1), padded(DATA, END_STREAM, b"\x01\0")], Response(1)),
        ("DATA on the connection", Holds, vec![post(1), frame(DATA, END_STREAM, 0, b"test")], GoAway(PROTOCOL)),
        ("DATA with too much padding", Holds, vec![post(1), padded(DATA, END_STREAM, b"\x05test")], GoAway(PROTOCOL)),
        ("as much padding as there is", Answers(0), vec![post(1), padded(DATA, END_STREAM, b"\x04test")], Response(1)),
        ("padded DATA of nothing", Holds, vec![post(1), padded(DATA, END_STREAM, b"")], GoAway(FRAME_SIZE)),
        ("HEADERS", Answers(0), vec![get(1)], Response(1)),
        ("padded HEADERS", Answers(0), vec![padded(HEADERS, WHOLE, &headers(3, 3))], Response(1)),
        ("HEADERS with a priority", Answers(0), vec![padded(HEADERS, WHOLE | WITH_PRIORITY, &with_priority)], Response(1)),
        ("HEADERS on the connection", Holds, vec![get(0)], GoAway(PROTOCOL)),
        ("HEADERS with too much padding", Holds, vec![padded(HEADERS, WHOLE, &headers(0xff, 9))], GoAway(PROTOCOL)),
        ("HEADERS too short for a priority", Holds, vec![frame(HEADERS, WHOLE | WITH_PRIORITY, 1, b"\0\0\0\0")], GoAway(FRAME_SIZE)),
    ]);
}

#[test]
fn section_6_3_to_6_8() {
    check_all(&[
        ("PRIORITY", Holds, vec![get(1), frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 255])], Nothing),
        ("an exclusive one", Holds, vec![get(1), frame(PRIORITY, 0, 1, &[0x80, 0, 0, 0, 255])], Nothing),
        ("for a stream to come, then one before it", Answers(0), vec![frame(PRIORITY, 0, 3, &[0; 5]), get(1)], Response(1)),
        ("PRIORITY on the connection", Holds, vec![frame(PRIORITY, 0, 0, &[0; 5])], GoAway(PROTOCOL)),
        ("PRIORITY of four bytes", Holds, vec![get(1), frame(PRIORITY, 0, 1, &[0x80, 0, 0, 1])], Reset(1, FRAME_SIZE)),
        ("the same on a closed stream", Answers(0), vec![get(1), frame(PRIORITY, 0, 1, &[0; 4])], GoAway(FRAME_SIZE)),
        ("RST_STREAM", Holds, vec![get(1), rst_stream(1, CANCEL)], Nothing),
        ("with an unknown code", Holds, vec![post(1), rst_stream(1, 0xff)], Nothing),
        ("RST_STREAM on the connection", Holds, vec![rst_stream(0, CANCEL)], GoAway(PROTOCOL)),
        ("RST_STREAM of three bytes", Holds, vec![post(1), frame(RST_STREAM, 0, 1, &[0; 3])], GoAway(FRAME_SIZE)),
        ("SETTINGS", Holds, vec![settings(&[(3, 100)])], Frame(frame(SETTINGS, ACK, 0, b""))),
        ("unknown settings", Holds, vec![settings(&[(0xff, 1)])], Frame(frame(SETTINGS, ACK, 0, b""))),
        ("an acknowledgement that holds some", Holds, vec![frame(SETTINGS, ACK, 0, b"\0")], GoAway(FRAME_SIZE)),
        ("SETTINGS on a stream", Holds, vec![frame(SETTINGS, 0, 1, &[0, 3, 0, 0, 0, 100])], GoAway(PROTOCOL)),
        ("SETTINGS of three bytes", Holds, vec![frame(SETTINGS, 0, 0, &[0, 3, 0])], GoAway(FRAME_SIZE)),
        ("ENABLE_PUSH of two", Holds, vec![settings(&[(2, 2)])], GoAway(PROTOCOL)),
        ("INITIAL_WINDOW_SIZE of 2^31", Holds, vec![settings(&[(4, 1 << 31)])], GoAway(FLOW_CONTROL)),
        ("MAX_FRAME_SIZE under 2^14", Holds, vec![settings(&[(5, (1 << 14) - 1)])], GoAway(PROTOCOL)),
        ("MAX_FRAME_SIZE of 2^24", Holds, vec![settings(&[(5, 1 << 24)])], GoAway(PROTOCOL)),
        ("the last value of one setting", Answers(5), vec![settings(&[(4, 100), (4, 1)]), get(1)], Data(1, &[1])),
        ("PUSH_PROMISE", Holds, vec![get(1), frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2])], GoAway(PROTOCOL)),
        ("PING", Holds, vec![frame(PING, 0, 0, b"h2 spec!")], Frame(frame(PING, ACK, 0, b"h2 spec!"))),
        ("an answer to no PING", Holds, vec![frame(PING, ACK, 0, b"invalid!")], Nothing),
        ("PING on a stream", Holds, vec![frame(PING, 0, 1, &[0; 8])], GoAway(PROTOCOL)),
        ("PING of six bytes", Holds, vec![frame(PING, 0, 0, &[0; 6])], GoAway(FRAME_SIZE)),
        ("GOAWAY", Answers(0), vec![get(1), frame(GOAWAY, 0, 0, &[0; 8])], Over),
        ("with an unknown code and a text", Holds, vec![frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\xffbye")], Over),
        ("GOAWAY on a stream", Holds, vec![frame(GOAWAY, 0, 1, &[0; 8])], GoAway(PROTOCOL)),
        ("GOAWAY of seven bytes", Holds, vec![frame(GOAWAY, 0, 0, &[0; 7])], GoAway(FRAME_SIZE)),
    ]);
}

#[test]
fn section_6_9_flow_control() {
    let max = (1 << 31) - 1;
    let narrow = |bytes| settings(&[(4, bytes)]);
    check_all(&[
        ("WINDOW_UPDATE of the connection", Answers(0), vec![window_update(0, 1), get(1)], Response(1)),
        ("of a stream", Answers(5), vec![narrow(0), get(1), window_update(1, 1)], Data(1, &[1])),
        ("an increment of zero", Holds, vec![window_update(0, 0)], GoAway(PROTOCOL)),
        ("of zero on a stream", Holds, vec![post(1), window_update(1, 0)], Reset(1, PROTOCOL)),
        ("of three bytes", Holds, vec![frame(WINDOW_UPDATE, 0, 0, &[0, 0, 1])], GoAway(FRAME_SIZE)),
        ("the window of the connection over 2^31 - 1", Holds, vec![window_update(0, max), window_update(0, max)], GoAway(FLOW_CONTROL)),
        ("of a stream", Holds, vec![post(1), window_update(1, max), window_update(1, max)], Reset(1, FLOW_CONTROL)),
        ("not more than the window", Answers(5), vec![narrow(1), get(1)], Data(1, &[1])),
        ("a window that grows by a setting", Answers(9), vec![narrow(0), get(1), narrow(3), narrow(4)], Data(1, &[3, 1])),
        (
            "a window under zero",
            Answers(9),
            vec![narrow(3), get(1), narrow(2), window_update(1, 2), window_update(1, 1)],
            Data(1, &[3, 1, 1]),
        ),
        (
            "a setting that makes a window too large",
            Holds,
            vec![get(1), window_update(1, max - 65_535), narrow(65_536)],
            GoAway(FLOW_CONTROL),
        ),
        (
            "more DATA than the window of the connection",
            Holds,
            vec![post(1), post(3), frame(DATA, 0, 1, &[0; 16_384]).repeat(3), frame(DATA, 0, 3, &[0; 16_384])],
            GoAway(FLOW_CONTROL),
        ),
    ]);
}

#[test]
fn section_6_10_continuation() {
    let first = || request(END_STREAM, 1, &GET);
    let more = |flags, stream| frame(CONTINUATION, flags, stream, &block(&[("x", "y")]));
    check_all(&[
        ("one", Answers(0), vec![first(), more(END_HEADERS, 1)], Response(1)),
        ("several", Answers(0), vec![first(), more(0, 1), more(0, 1), more(END_HEADERS, 1)], Response(1)),
        (
            "cut inside a field",
            Answers(0),
            {
                let block = block(&GET);
                let parts = block.chunks(3).map(|part| frame(CONTINUATION, 0, 1, part));
                [frame(HEADERS, END_STREAM, 1, b"")].into_iter().chain(parts).chain([frame(CONTINUATION, END_HEADERS, 1, b"")]).collect()
            },
            Response(1),
        ),
        ("DATA instead", Holds, vec![first(), more(0, 1), frame(DATA, END_STREAM, 1, b"test")], GoAway(PROTOCOL)),
        ("on the connection", Holds, vec![first(), more(END_HEADERS, 0)], GoAway(PROTOCOL)),
        ("after the end", Holds, vec![get(1), more(END_HEADERS, 1)], GoAway(PROTOCOL)),
        ("after the end of another", Holds, vec![first(), more(END_HEADERS, 1), more(END_HEADERS, 1)], GoAway(PROTOCOL)),
        ("after DATA", Holds, vec![post(1), frame(DATA, 0, 1, b"test"), more(0, 1)], GoAway(PROTOCOL)),
    ]);
}

#[test]
fn section_8_messages() {
    let told = |len| request(END_HEADERS, 1, &[&POST[..], &[("content-length", len)]].concat());
    let data = |flags| frame(DATA, flags, 1, b"test");
    let trailers = |flags, lines: &[(&str, &str)]| request(flags, 1, lines);
    let only = |lines: &[(&str, &str)]| request(WHOLE, 1, lines);
    check_all(&[
        ("GET", Answers(3), vec![get(1)], Response(1)),
        ("HEAD", Answers(0), vec![only(&[(":method", "HEAD"), GET[1], GET[2], GET[3]])], Response(1)),
        ("POST", Answers(0), vec![post(1), data(END_STREAM)], Response(1)),
        ("with trailers", Answers(0), vec![post(1), data(0), trailers(WHOLE, &[("x-test", "ok")])], Response(1)),
        ("trailers that end nothing", Holds, vec![post(1), data(0), trailers(END_HEADERS, &[("x-test", "ok")])], Reset(1, PROTOCOL)),
        ("trailers with a pseudo-field", Holds, vec![post(1), trailers(WHOLE, &[(":method", "POST")])], Reset(1, PROTOCOL)),
        ("a name in capitals", Holds, vec![with(&[("X-TEST", "ok")])], Reset(1, PROTOCOL)),
        ("an unknown pseudo-field", Holds, vec![with(&[(":test", "ok")])], Reset(1, PROTOCOL)),
        ("one of responses", Holds, vec![with(&[(":status", "200")])], Reset(1, PROTOCOL)),
        ("a pseudo-field after a field", Holds, vec![only(&[GET[0], GET[1], ("x", "y"), GET[2], GET[3]])], Reset(1, PROTOCOL)),
        ("Connection", Holds, vec![with(&[("connection", "keep-alive")])], Reset(1, PROTOCOL)),
        ("TE for more than trailers", Holds, vec![with(&[("trailers", "x"), ("te", "trailers, deflate")])], Reset(1, PROTOCOL)),
        ("an empty path", Holds, vec![only(&[GET[0], GET[1], (":path", ""), GET[3]])], Reset(1, PROTOCOL)),
        ("no method", Holds, vec![only(&GET[1..])], Reset(1, PROTOCOL)),
        ("no scheme", Holds, vec![only(&[GET[0], GET[2], GET[3]])], Reset(1, PROTOCOL)),
        ("no path", Holds, vec![only(&[GET[0], GET[1], GET[3]])], Reset(1, PROTOCOL)),
        ("two methods", Holds, vec![only(&[GET[0], GET[0], GET[1], GET[2], GET[3]])], Reset(1, PROTOCOL)),
        ("two schemes", Holds, vec![only(&[GET[0], GET[1], GET[1], GET[2], GET[3]])], Reset(1, PROTOCOL)),
        ("two paths", Holds, vec![only(&[GET[0], GET[1], GET[2], GET[2], GET[3]])], Reset(1, PROTOCOL)),
        ("two methods, behind the others", Holds, vec![with(&[GET[0]])], Reset(1, PROTOCOL)),
        ("more content than told", Holds, vec![told("1"), data(END_STREAM)], Reset(1, PROTOCOL)),
        ("more in several frames", Holds, vec![told("5"), data(0), data(END_STREAM)], Reset(1, PROTOCOL)),
        ("less than told", Holds, vec![told("5"), data(END_STREAM)], Reset(1, PROTOCOL)),
        ("less than told, before trailers", Holds, vec![told("5"), data(0), trailers(WHOLE, &[("x", "y")])], Reset(1, PROTOCOL)),
        ("as much as told", Answers(0), vec![told("8"), data(0), data(END_STREAM)], Response(1)),
        ("none, and some told", Holds, vec![with(&[("content-length", "5")])], Reset(1, PROTOCOL)),
        ("a head past a cap", Holds, vec![with(&[("x", "y"); 33])], Response(1)),
    ]);
}

#[test]
fn hpack_blocks_that_are_wrong() {
    let base = block(&GET);
    let and = |more: &[u8]| raw(&[&base, more].concat());
    check_all(&[
        ("2.3.3 an index past the tables", Holds, vec![and(b"\xc6")], GoAway(COMPRESSION)),
        ("2.3.3 a literal with such an index", Holds, vec![and(b"\x7f\x07\x01x")], GoAway(COMPRESSION)),
        ("4.2 a new size behind a field", Holds, vec![and(b"\x21")], GoAway(COMPRESSION)),
        ("5.2 padding of more than seven bits", Holds, vec![and(b"\x00\x01x\x83\x00\xff\xff")], GoAway(COMPRESSION)),
        ("5.2 padding of zeros", Holds, vec![and(b"\x00\x01x\x81\x00")], GoAway(COMPRESSION)),
        ("5.2 the end of the string inside it", Holds, vec![and(b"\x00\x01x\x84\xff\xff\xff\xff")], GoAway(COMPRESSION)),
        ("6.1 the index zero", Holds, vec![and(b"\x80")], GoAway(COMPRESSION)),
        ("6.3 a size over the limit", Holds, vec![raw(&[b"\x3f\xe2\x1f", &base[..]].concat())], GoAway(COMPRESSION)),
        ("a block that ends inside a field", Holds, vec![and(b"\x00\x05x")], GoAway(COMPRESSION)),
        ("on a stream that is refused", Holds, vec![get(1), raw(b"\x80")], GoAway(COMPRESSION)),
    ]);
}

#[test]
fn hpack_blocks_that_are_right() {
    // The representations of RFC 7541 §6, after the static table's GET, http, /, with the authority as each writes it.
    for (name, authority) in [
        ("a literal for the table", &b"\x41\x01a"[..]),
        ("one with a name", b"\x40\x0a:authority\x01a"),
        ("one that is not", b"\x01\x01a"),
        ("one with a name that is not", b"\x00\x0a:authority\x01a"),
        ("one that never is", b"\x11\x01a"),
        ("one with a name that never is", b"\x10\x0a:authority\x01a"),
        ("a coded value", b"\x41\x81\x1f"),
    ] {
        let whole = [b"\x82\x86\x84", authority].concat();
        check(&(name, Answers(0), vec![raw(&whole)], Response(1)));
        let resized = [b"\x20\x3f\xe1\x1f", &whole[..]].concat();
        check(&(name, Answers(0), vec![raw(&resized)], Response(1)));
    }
    let second = frame(HEADERS, WHOLE, 3, b"\x82\x86\x84\xbe");
    check(&("an entry of the table", Answers(0), vec![raw(b"\x82\x86\x84\x41\x01a"), second], Response(3)));
}

#[test]
fn the_compression_stays_in_step_over_blocks_that_are_refused() {
    let insert = |name: &str| [&b"\x40"[..], &[name.len() as u8], name.as_bytes(), b"\x01v"].concat();
    let valid = b"\x82\x86\x84\x01\x01a";
    for refused in [
        // Malformed from its first field on; of a stream past the limit; of one that is half closed; of one that was reset.
        vec![frame(HEADERS, WHOLE, 9, &[b"\x82\x82", &insert("x-a")[..]].concat())],
        vec![get(3), get(5), get(7), get(9), frame(HEADERS, WHOLE, 11, &[valid, &insert("x-a")[..]].concat())],
        vec![get(3), frame(HEADERS, WHOLE, 3, &[valid, &insert("x-a")[..]].concat())],
        vec![post(3), window_update(3, 0), frame(HEADERS, WHOLE, 3, &[valid, &insert("x-a")[..]].concat())],
    ] {
        let mut machine = Machine::server(CONFIG);
        refused.iter().for_each(|bytes| machine.hear(bytes).expect("no connection error"));
        let held: Vec<u32> = machine
            .take_events()
            .iter()
            .filter_map(|event| match event {
                Event::Request { stream, .. } => Some(*stream),
                _ => None,
            })
            .collect();
        held.iter().for_each(|stream| machine.connection.let_go(*stream));
        machine.hear(&frame(HEADERS, WHOLE, 21, &[&valid[..], b"\xbe"].concat())).expect("the entry is there");
        let mut head = wire::http::RequestHead::default();
        machine.connection.take_request(&mut head);
        assert_eq!(head.fields.named(b"x-a").next(), Some(&b"v"[..]), "{refused:?}");
    }
}
