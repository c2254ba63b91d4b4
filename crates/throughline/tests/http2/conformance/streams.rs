//! The beginning of a connection, frames in general, and the states of streams (RFC 9113 §3 to §5).

use super::expect::{Miss, Verdict};
use super::{Case, Talk};
use crate::connection::Event;
use crate::frames::{
    self, CANCEL, COMPRESSION_ERROR, CONTINUATION, END_HEADERS, END_STREAM, FRAME_SIZE_ERROR, Frame, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE,
    MAX_CONCURRENT_STREAMS, PING, PROTOCOL_ERROR, REFUSED_STREAM, STREAM_CLOSED, WHOLE, WITH_PRIORITY, data, ping, priority,
    priority_fields, rst_stream, settings, window_update,
};
use crate::hpack::{literal, literals};

pub(super) const CASES: &[Case] = &[
    Case { name: "http2/3.5/1", rule: "RFC 9113 §3.4", what: "SETTINGS comes first", run: super::generic::server_preface },
    Case { name: "http2/3.5/2", rule: "RFC 9113 §3.4", what: "another preface", run: another_preface },
    Case {
        name: "http2/4.1/1",
        rule: "RFC 9113 §4.1",
        what: "a frame of an unknown type",
        run: |talk| {
            talk.send(&Frame::new(0x16, 0, 0, [0; 8]));
            talk.send(&ping(0, [0; 8]));
            talk.pong([0; 8])
        },
    },
    Case { name: "http2/4.1/2", rule: "RFC 9113 §4.1", what: "flags that mean nothing", run: |talk| odd_ping(talk, 0x16, 0) },
    Case { name: "http2/4.1/3", rule: "RFC 9113 §4.1", what: "the reserved bit", run: |talk| odd_ping(talk, 0x16, 0x8000_0000) },
    Case {
        name: "http2/4.2/1",
        rule: "RFC 9113 §4.2",
        what: "DATA as long as may be",
        run: |talk| {
            talk.request(1, END_HEADERS, "POST", &[]);
            talk.send(&data(1, END_STREAM, vec![b'x'; most(talk)]));
            talk.answer(1)
        },
    },
    Case {
        name: "http2/4.2/2",
        rule: "RFC 9113 §4.2",
        what: "DATA longer than may be",
        run: |talk| {
            talk.request(1, END_HEADERS, "POST", &[]);
            talk.send(&data(1, END_STREAM, vec![b'x'; most(talk) + 1]));
            talk.stream_error(&[FRAME_SIZE_ERROR])
        },
    },
    Case {
        name: "http2/4.2/3",
        rule: "RFC 9113 §4.2",
        what: "HEADERS longer than may be",
        run: |talk| {
            let mut block = literals(&talk.fields("GET", &[]));
            for number in 0.. {
                block.extend(filler(number));
                if block.len() > most(talk) {
                    break;
                }
            }
            talk.send(&Frame::new(HEADERS, WHOLE, 1, block));
            talk.connection_error(&[FRAME_SIZE_ERROR])
        },
    },
    Case {
        name: "http2/4.3/1",
        rule: "RFC 9113 §4.3",
        what: "a block that ends within a field",
        run: |talk| {
            talk.send(&Frame::new(HEADERS, WHOLE, 1, [0x40]));
            talk.connection_error(&[COMPRESSION_ERROR])
        },
    },
    Case { name: "http2/4.3/2", rule: "RFC 9113 §4.3", what: "PRIORITY within a block", run: priority_within },
    Case { name: "http2/4.3/3", rule: "RFC 9113 §4.3", what: "HEADERS of another stream within a block", run: headers_within },
    Case { name: "http2/5.1/1", rule: "RFC 9113 §5.1", what: "idle: DATA", run: |talk| idle(talk, &data(1, END_STREAM, *b"test")) },
    Case { name: "http2/5.1/2", rule: "RFC 9113 §5.1", what: "idle: RST_STREAM", run: |talk| idle(talk, &rst_stream(1, CANCEL)) },
    Case { name: "http2/5.1/3", rule: "RFC 9113 §5.1", what: "idle: WINDOW_UPDATE", run: |talk| idle(talk, &window_update(1, 100)) },
    Case {
        name: "http2/5.1/4",
        rule: "RFC 9113 §5.1",
        what: "idle: CONTINUATION",
        run: |talk| {
            let block = literals(&talk.fields("GET", &[]));
            idle(talk, &Frame::new(CONTINUATION, END_HEADERS, 1, block))
        },
    },
    Case {
        name: "http2/5.1/5",
        rule: "RFC 9113 §5.1",
        what: "half-closed (remote): DATA",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.send(&data(1, END_STREAM, *b"test"));
            talk.stream_error(&[STREAM_CLOSED])
        },
    },
    Case {
        name: "http2/5.1/6",
        rule: "RFC 9113 §5.1",
        what: "half-closed (remote): HEADERS",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.get(1, WHOLE);
            talk.stream_error(&[STREAM_CLOSED])
        },
    },
    Case {
        name: "http2/5.1/7",
        rule: "RFC 9113 §5.1",
        what: "half-closed (remote): CONTINUATION",
        run: |talk| {
            talk.get(1, WHOLE);
            let block = literals(&talk.fields("GET", &[]));
            talk.send(&Frame::new(CONTINUATION, END_HEADERS, 1, block));
            talk.stream_error(&[STREAM_CLOSED, PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/5.1/8",
        rule: "RFC 9113 §5.1",
        what: "closed by RST_STREAM: DATA",
        run: |talk| {
            talk.get(1, END_HEADERS);
            talk.send(&rst_stream(1, CANCEL));
            talk.send(&data(1, END_STREAM, *b"test"));
            talk.stream_error(&[STREAM_CLOSED])
        },
    },
    Case {
        name: "http2/5.1/9",
        rule: "RFC 9113 §5.1",
        what: "closed by RST_STREAM: HEADERS",
        run: |talk| {
            talk.get(1, END_HEADERS);
            talk.send(&rst_stream(1, CANCEL));
            talk.get(1, WHOLE);
            talk.stream_error(&[STREAM_CLOSED])
        },
    },
    Case {
        name: "http2/5.1/10",
        rule: "RFC 9113 §5.1",
        what: "closed by RST_STREAM: CONTINUATION",
        run: |talk| {
            talk.get(1, END_HEADERS);
            talk.send(&rst_stream(1, CANCEL));
            talk.send(&Frame::new(CONTINUATION, END_HEADERS, 1, filler(0)));
            talk.stream_error(&[STREAM_CLOSED, PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/5.1/11",
        rule: "RFC 9113 §5.1",
        what: "closed by END_STREAM: DATA",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.ended()?;
            talk.send(&data(1, END_STREAM, *b"test"));
            talk.stream_error(&[STREAM_CLOSED])
        },
    },
    Case {
        name: "http2/5.1/12",
        rule: "RFC 9113 §5.1",
        what: "closed by END_STREAM: HEADERS",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.ended()?;
            talk.get(1, WHOLE);
            talk.connection_error(&[STREAM_CLOSED])
        },
    },
    Case {
        name: "http2/5.1/13",
        rule: "RFC 9113 §5.1",
        what: "closed by END_STREAM: CONTINUATION",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.ended()?;
            talk.send(&Frame::new(CONTINUATION, END_HEADERS, 1, filler(0)));
            talk.connection_error(&[STREAM_CLOSED, PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/5.1.1/1",
        rule: "RFC 9113 §5.1.1",
        what: "a stream with an even number",
        run: |talk| {
            talk.get(2, WHOLE);
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/5.1.1/2",
        rule: "RFC 9113 §5.1.1",
        what: "a new stream with a lower number",
        run: |talk| {
            talk.get(5, WHOLE);
            talk.get(3, WHOLE);
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case { name: "http2/5.1.2/1", rule: "RFC 9113 §5.1.2", what: "more streams than may be", run: too_many_streams },
    Case {
        name: "http2/5.3.1/1",
        rule: "RFC 7540 §5.3.1",
        what: "HEADERS of a stream that depends on itself",
        run: |talk| {
            let block = [priority_fields(1, 255), literals(&talk.fields("GET", &[]))].concat();
            talk.send(&Frame::new(HEADERS, WHOLE | WITH_PRIORITY, 1, block));
            talk.stream_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/5.3.1/2",
        rule: "RFC 7540 §5.3.1",
        what: "PRIORITY of a stream that depends on itself",
        run: |talk| {
            talk.send(&priority(1, 1, 255));
            talk.stream_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/5.4.1/1",
        rule: "RFC 9113 §5.4.1",
        what: "a connection error closes the connection",
        run: |talk| {
            talk.send(&Frame::new(PING, 0, 3, [0; 8]));
            talk.closed()
        },
    },
    Case {
        name: "http2/5.4.1/2",
        rule: "RFC 9113 §5.4.1",
        what: "a connection error is told by GOAWAY",
        run: |talk| {
            talk.send(&Frame::new(PING, 0, 3, [0; 8]));
            talk.first(GOAWAY, "GOAWAY", |_| true)
        },
    },
    Case {
        name: "http2/5.5/1",
        rule: "RFC 9113 §5.5",
        what: "a frame of an extension",
        run: |talk| {
            talk.send(&Frame::new(0x16, 0, 0, [0; 8]));
            talk.send(&ping(0, [0; 8]));
            talk.pong([0; 8])
        },
    },
    Case {
        name: "http2/5.5/2",
        rule: "RFC 9113 §5.5",
        what: "a frame of an extension within a block",
        run: |talk| {
            talk.get(1, END_STREAM);
            talk.send(&Frame::new(0x16, 0, 0, [0; 8]));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
];

/// The longest payload that the server takes.
fn most(talk: &Talk<'_>) -> usize {
    talk.with.announced.get(&frames::MAX_FRAME_SIZE).map_or(16_384, |most| *most as usize)
}

/// A field of 4000 octets, as a literal.
pub(super) fn filler(number: usize) -> Vec<u8> {
    literal(0, &format!("x-filler-{number}"), &"x".repeat(4000))
}

/// A listener that takes HTTP/1.1 too may answer in it before it closes: no GOAWAY is asked for here.
fn another_preface(talk: &mut Talk<'_>) -> Verdict {
    talk.with.raw(b"INVALID CONNECTION PREFACE\r\n\r\n");
    let passed = loop {
        match talk.with.event() {
            Event::Frame(frame) if frame.code() == Some(PROTOCOL_ERROR) => break true,
            Event::Frame(_) => {}
            Event::Http1 => break talk.with.is_closed(),
            Event::Closed => break true,
            Event::Silence | Event::Undecodable(_) => break false,
        }
    };
    let miss = || Miss::Failed { wanted: "GOAWAY with PROTOCOL_ERROR, or closed".to_string(), came: talk.with.came() };
    if passed { Ok(()) } else { Err(miss()) }
}

/// A PING that is a little odd, and is one nevertheless. (ACK is not among the flags.)
fn odd_ping(talk: &mut Talk<'_>, flags: u8, stream: u32) -> Verdict {
    talk.send(&Frame::new(PING, flags, stream, [0; 8]));
    talk.pong([0; 8])
}

pub(super) fn priority_within(talk: &mut Talk<'_>) -> Verdict {
    talk.get(1, 0);
    talk.send(&priority(1, 0, 255));
    talk.send(&Frame::new(CONTINUATION, END_HEADERS, 1, filler(0)));
    talk.connection_error(&[PROTOCOL_ERROR])
}

pub(super) fn headers_within(talk: &mut Talk<'_>) -> Verdict {
    talk.get(1, 0);
    talk.get(3, WHOLE);
    talk.send(&Frame::new(CONTINUATION, END_HEADERS, 1, filler(0)));
    talk.connection_error(&[PROTOCOL_ERROR])
}

fn idle(talk: &mut Talk<'_>, frame: &Frame) -> Verdict {
    talk.send(frame);
    talk.connection_error(&[PROTOCOL_ERROR])
}

fn too_many_streams(talk: &mut Talk<'_>) -> Verdict {
    let Some(most) = talk.with.announced.get(&MAX_CONCURRENT_STREAMS).copied() else {
        return Err(Miss::Skipped("it announces no SETTINGS_MAX_CONCURRENT_STREAMS"));
    };
    // Without a window no stream ends.
    talk.send(&settings(&[(INITIAL_WINDOW_SIZE, 0)]));
    for number in 0..=most {
        talk.get(2 * number + 1, WHOLE);
    }
    talk.stream_error(&[PROTOCOL_ERROR, REFUSED_STREAM])
}
