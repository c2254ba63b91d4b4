//! What every server takes: the part of the suite that is about well-formed frames.

use super::{Case, Talk, expect::Verdict};
use crate::connection::{Event, PREFACE};
use crate::frames::{
    self, CANCEL, CONTINUATION, END_HEADERS, END_STREAM, Frame, HEADERS, INITIAL_WINDOW_SIZE, NO_ERROR, PADDED, SETTINGS, WHOLE,
    WITH_PRIORITY, data, goaway, ping, priority, priority_fields, rst_stream, settings, window_update,
};
use crate::hpack::{literal, literals};

/// Octets of a PING.
const OPAQUE: [u8; 8] = *b"opaque!!";

pub(super) const CASES: &[Case] = &[
    Case { name: "generic/1/1", rule: "RFC 9113 §3.4", what: "the first frame of a server is SETTINGS", run: server_preface },
    Case {
        name: "generic/2/1",
        rule: "RFC 9113 §5.1",
        what: "PRIORITY on an idle stream",
        run: |talk| {
            talk.send(&priority(1, 0, 255));
            talk.send(&ping(0, OPAQUE));
            talk.pong(OPAQUE)
        },
    },
    Case {
        name: "generic/2/2",
        rule: "RFC 9113 §5.1",
        what: "WINDOW_UPDATE on a half-closed (remote) stream",
        run: |talk| {
            talk.send(&settings(&[(INITIAL_WINDOW_SIZE, 0)]));
            talk.get(1, WHOLE);
            talk.send(&window_update(1, 1));
            talk.data()
        },
    },
    Case {
        name: "generic/2/3",
        rule: "RFC 9113 §5.1",
        what: "PRIORITY on a half-closed (remote) stream",
        run: |talk| {
            talk.send(&settings(&[(INITIAL_WINDOW_SIZE, 0)]));
            talk.get(1, WHOLE);
            talk.send(&priority(1, 0, 255));
            talk.send(&window_update(1, 1));
            talk.data()
        },
    },
    Case {
        name: "generic/2/4",
        rule: "RFC 9113 §5.1",
        what: "RST_STREAM on a half-closed (remote) stream",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.send(&rst_stream(1, CANCEL));
            talk.send(&ping(0, OPAQUE));
            talk.pong_or_closed(OPAQUE)
        },
    },
    Case {
        name: "generic/2/5",
        rule: "RFC 9113 §5.1",
        what: "PRIORITY on a closed stream",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.ended()?;
            talk.send(&priority(1, 0, 255));
            talk.send(&ping(0, OPAQUE));
            talk.pong(OPAQUE)
        },
    },
    Case {
        name: "generic/3.1/1", rule: "RFC 9113 §6.1", what: "one DATA frame", run: |talk| post(talk, &[data(1, END_STREAM, *b"test")])
    },
    Case {
        name: "generic/3.1/2",
        rule: "RFC 9113 §6.1",
        what: "several DATA frames",
        run: |talk| post(talk, &[data(1, 0, *b"test"), data(1, END_STREAM, *b"test")]),
    },
    Case {
        name: "generic/3.1/3",
        rule: "RFC 9113 §6.1",
        what: "DATA with padding",
        run: |talk| post(talk, &[data(1, END_STREAM | PADDED, *b"\x06test\0\0\0\0\0\0")]),
    },
    Case {
        name: "generic/3.2/1",
        rule: "RFC 9113 §6.2",
        what: "HEADERS",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.answer(1)
        },
    },
    Case {
        name: "generic/3.2/2",
        rule: "RFC 9113 §6.2",
        what: "HEADERS with padding",
        run: |talk| {
            let block = [&[8][..], &literals(&talk.fields("GET", &[])), &[0; 8]].concat();
            talk.send(&Frame::new(HEADERS, WHOLE | PADDED, 1, block));
            talk.answer(1)
        },
    },
    Case {
        name: "generic/3.2/3",
        rule: "RFC 9113 §6.2",
        what: "HEADERS with priority",
        run: |talk| {
            let block = [priority_fields(0, 255), literals(&talk.fields("GET", &[]))].concat();
            talk.send(&Frame::new(HEADERS, WHOLE | WITH_PRIORITY, 1, block));
            talk.answer(1)
        },
    },
    Case {
        name: "generic/3.3/1",
        rule: "RFC 9113 §6.3",
        what: "PRIORITY with the least weight",
        run: |talk| after(talk, &priority(1, 0, 0)),
    },
    Case {
        name: "generic/3.3/2",
        rule: "RFC 9113 §6.3",
        what: "PRIORITY with the greatest weight",
        run: |talk| after(talk, &priority(1, 0, 255)),
    },
    Case { name: "generic/3.3/3", rule: "RFC 9113 §6.3", what: "PRIORITY with a dependency", run: |talk| after(talk, &priority(3, 1, 0)) },
    Case {
        name: "generic/3.3/4",
        rule: "RFC 9113 §6.3",
        what: "PRIORITY with an exclusive dependency",
        run: |talk| after(talk, &priority(1, 0x8000_0000, 0)),
    },
    Case {
        name: "generic/3.3/5",
        rule: "RFC 9113 §6.3",
        what: "PRIORITY on an idle stream, then a request on a lower one",
        run: |talk| after(talk, &priority(3, 0, 255)),
    },
    Case {
        name: "generic/3.4/1",
        rule: "RFC 9113 §6.4",
        what: "RST_STREAM",
        run: |talk| {
            talk.get(1, END_HEADERS);
            talk.send(&rst_stream(1, CANCEL));
            talk.send(&ping(0, OPAQUE));
            talk.pong_or_closed(OPAQUE)
        },
    },
    Case {
        name: "generic/3.5/1",
        rule: "RFC 9113 §6.5",
        what: "SETTINGS with every value",
        run: |talk| {
            talk.send(&settings(&[
                (frames::HEADER_TABLE_SIZE, 4096),
                (frames::ENABLE_PUSH, 1),
                (frames::MAX_CONCURRENT_STREAMS, 100),
                (INITIAL_WINDOW_SIZE, 65_535),
                (frames::MAX_FRAME_SIZE, 16_384),
                (frames::MAX_HEADER_LIST_SIZE, 100),
            ]));
            talk.acknowledged()
        },
    },
    Case {
        name: "generic/3.7/1",
        rule: "RFC 9113 §6.7",
        what: "PING",
        run: |talk| {
            talk.send(&ping(0, OPAQUE));
            talk.pong(OPAQUE)
        },
    },
    Case {
        name: "generic/3.8/1",
        rule: "RFC 9113 §6.8",
        what: "GOAWAY",
        run: |talk| {
            talk.send(&goaway(0, NO_ERROR, b"debug"));
            talk.send(&ping(0, OPAQUE));
            talk.pong_or_closed(OPAQUE)
        },
    },
    Case {
        name: "generic/3.9/1",
        rule: "RFC 9113 §6.9",
        what: "WINDOW_UPDATE of the connection",
        run: |talk| {
            talk.send(&window_update(0, 1));
            talk.send(&ping(0, OPAQUE));
            talk.pong(OPAQUE)
        },
    },
    Case {
        name: "generic/3.9/2",
        rule: "RFC 9113 §6.9",
        what: "WINDOW_UPDATE of a stream",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.send(&window_update(1, 1));
            talk.answer(1)
        },
    },
    Case { name: "generic/3.10/1", rule: "RFC 9113 §6.10", what: "one CONTINUATION frame", run: |talk| in_pieces(talk, &[5]) },
    Case { name: "generic/3.10/2", rule: "RFC 9113 §6.10", what: "several CONTINUATION frames", run: |talk| in_pieces(talk, &[5, 10]) },
    Case {
        name: "generic/4/1",
        rule: "RFC 9113 §8.1",
        what: "GET",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.answer(1)
        },
    },
    Case {
        name: "generic/4/2",
        rule: "RFC 9113 §8.1",
        what: "HEAD",
        run: |talk| {
            talk.request(1, WHOLE, "HEAD", &[]);
            talk.answer(1)
        },
    },
    Case { name: "generic/4/3", rule: "RFC 9113 §8.1", what: "POST", run: |talk| post(talk, &[data(1, END_STREAM, *b"test")]) },
    Case {
        name: "generic/4/4",
        rule: "RFC 9113 §8.1",
        what: "POST with trailers",
        run: |talk| {
            talk.request(1, END_HEADERS, "POST", &[("trailer", "x-test")]);
            talk.send(&data(1, 0, *b"test"));
            talk.send(&Frame::new(HEADERS, WHOLE, 1, literal(0, "x-test", "ok")));
            talk.answer(1)
        },
    },
    Case {
        name: "generic/5/1",
        rule: "RFC 7541 §6.1",
        what: "an indexed field",
        // user-agent without a value.
        run: |talk| more(talk, &[0x80 | 58]),
    },
    Case {
        name: "generic/5/2",
        rule: "RFC 7541 §6.2.1",
        what: "a literal with indexing, its name by index",
        run: |talk| more(talk, b"\x7a\x04test"),
    },
    Case {
        name: "generic/5/3",
        rule: "RFC 7541 §6.2.1",
        what: "a literal with indexing, its name by index, in Huffman code",
        run: |talk| more(talk, &[&[0x7a], TEST].concat()),
    },
    Case {
        name: "generic/5/4",
        rule: "RFC 7541 §6.2.1",
        what: "a literal with indexing, its name new",
        run: |talk| more(talk, &literal(0x40, "x-test", "test")),
    },
    Case {
        name: "generic/5/5",
        rule: "RFC 7541 §6.2.1",
        what: "a literal with indexing, its name new, in Huffman code",
        run: |talk| more(talk, &[&[0x40], X_TEST, TEST].concat()),
    },
    Case {
        name: "generic/5/6",
        rule: "RFC 7541 §6.2.2",
        what: "a literal without indexing, its name by index",
        run: |talk| more(talk, b"\x0f\x2b\x04test"),
    },
    Case {
        name: "generic/5/7",
        rule: "RFC 7541 §6.2.2",
        what: "a literal without indexing, its name by index, in Huffman code",
        run: |talk| more(talk, &[b"\x0f\x2b", TEST].concat()),
    },
    Case {
        name: "generic/5/8",
        rule: "RFC 7541 §6.2.2",
        what: "a literal without indexing, its name new",
        run: |talk| more(talk, &literal(0x00, "x-test", "test")),
    },
    Case {
        name: "generic/5/9",
        rule: "RFC 7541 §6.2.2",
        what: "a literal without indexing, its name new, in Huffman code",
        run: |talk| more(talk, &[&[0x00], X_TEST, TEST].concat()),
    },
    Case {
        name: "generic/5/10",
        rule: "RFC 7541 §6.2.3",
        what: "a literal never indexed, its name by index",
        run: |talk| more(talk, b"\x1f\x2b\x04test"),
    },
    Case {
        name: "generic/5/11",
        rule: "RFC 7541 §6.2.3",
        what: "a literal never indexed, its name by index, in Huffman code",
        run: |talk| more(talk, &[b"\x1f\x2b", TEST].concat()),
    },
    Case {
        name: "generic/5/12",
        rule: "RFC 7541 §6.2.3",
        what: "a literal never indexed, its name new",
        run: |talk| more(talk, &literal(0x10, "x-test", "test")),
    },
    Case {
        name: "generic/5/13",
        rule: "RFC 7541 §6.2.3",
        what: "a literal never indexed, its name new, in Huffman code",
        run: |talk| more(talk, &[&[0x10], X_TEST, TEST].concat()),
    },
    Case {
        name: "generic/5/14",
        rule: "RFC 7541 §6.3",
        what: "a change of the size of the table",
        // To 128.
        run: |talk| behind(talk, b"\x3f\x61"),
    },
    Case {
        name: "generic/5/15",
        rule: "RFC 7541 §4.2",
        what: "two changes of the size of the table",
        // To 0, and back to 4096.
        run: |talk| behind(talk, b"\x20\x3f\xe1\x1f"),
    },
];

/// `x-test` and `test` as strings in Huffman code (RFC 7541 Appendix B).
const X_TEST: &[u8] = b"\x85\xf2\xb2\x4a\x84\xff";
const TEST: &[u8] = b"\x83\x49\x50\x9f";

pub(super) fn server_preface(talk: &mut Talk<'_>) -> Verdict {
    talk.with.raw(PREFACE);
    talk.send(&settings(&[(INITIAL_WINDOW_SIZE, 65_535)]));
    let first = talk.with.event();
    match &first {
        Event::Frame(frame) if frame.kind == SETTINGS && !frame.has(frames::ACK) => Ok(()),
        _ => Err(super::Miss::Failed { wanted: "SETTINGS without ACK, first of all".to_string(), came: talk.with.came() }),
    }
}

/// A `POST` with these frames behind is answered.
fn post(talk: &mut Talk<'_>, frames: &[Frame]) -> Verdict {
    talk.request(1, END_HEADERS, "POST", &[]);
    frames.iter().for_each(|frame| talk.send(frame));
    talk.answer(1)
}

/// A `GET` on stream 1 is answered after this frame.
fn after(talk: &mut Talk<'_>, frame: &Frame) -> Verdict {
    talk.send(frame);
    talk.get(1, WHOLE);
    talk.answer(1)
}

/// A `GET` whose block is cut at these places is answered.
fn in_pieces(talk: &mut Talk<'_>, cuts: &[usize]) -> Verdict {
    let block = literals(&talk.fields("GET", &[]));
    talk.send(&Frame::new(HEADERS, END_STREAM, 1, &block[..cuts[0]]));
    for (at, from) in cuts.iter().enumerate() {
        let (end, flags) = cuts.get(at + 1).map_or((block.len(), END_HEADERS), |next| (*next, 0));
        talk.send(&Frame::new(CONTINUATION, flags, 1, &block[*from..end]));
    }
    talk.answer(1)
}

/// A `GET` with this at the end of its block is answered.
fn more(talk: &mut Talk<'_>, representation: &[u8]) -> Verdict {
    let block = [&literals(&talk.fields("GET", &[])), representation].concat();
    talk.send(&Frame::new(HEADERS, WHOLE, 1, block));
    talk.answer(1)
}

/// A `GET` with this at the beginning of its block is answered.
fn behind(talk: &mut Talk<'_>, representation: &[u8]) -> Verdict {
    let block = [representation, &literals(&talk.fields("GET", &[]))].concat();
    talk.send(&Frame::new(HEADERS, WHOLE, 1, block));
    talk.answer(1)
}
