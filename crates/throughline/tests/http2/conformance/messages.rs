//! Messages (RFC 9113 §8): those that are malformed are stream errors of type PROTOCOL_ERROR (§8.1.1).

use super::{Case, Talk, expect::Verdict};
use crate::frames::{END_HEADERS, END_STREAM, Frame, HEADERS, PROTOCOL_ERROR, PUSH_PROMISE, WHOLE, data};
use crate::hpack::{Fields, literal, literals};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "http2/8.1/1",
        rule: "RFC 9113 §8.1",
        what: "trailers that do not end the stream",
        run: |talk| trailers(talk, END_HEADERS, "x-test", "ok"),
    },
    Case {
        name: "http2/8.1.2/1",
        rule: "RFC 9113 §8.2.1",
        what: "a name in capitals",
        run: |talk| malformed(talk, |fields| add(fields, "X-TEST", "ok")),
    },
    Case {
        name: "http2/8.1.2.1/1",
        rule: "RFC 9113 §8.3",
        what: "a pseudo-header field that nobody knows",
        run: |talk| malformed(talk, |fields| add(fields, ":test", "ok")),
    },
    Case {
        name: "http2/8.1.2.1/2",
        rule: "RFC 9113 §8.3",
        what: "a pseudo-header field of responses",
        run: |talk| malformed(talk, |fields| add(fields, ":status", "200")),
    },
    Case {
        name: "http2/8.1.2.1/3",
        rule: "RFC 9113 §8.1",
        what: "a pseudo-header field in trailers",
        run: |talk| trailers(talk, END_HEADERS, ":method", "POST"),
    },
    Case {
        name: "http2/8.1.2.1/4",
        rule: "RFC 9113 §8.3",
        what: "a pseudo-header field after another field",
        run: |talk| malformed(talk, |fields| fields.insert(0, ("x-test".to_string(), "ok".to_string()))),
    },
    Case {
        name: "http2/8.1.2.2/1",
        rule: "RFC 9113 §8.2.2",
        what: "a field about the connection",
        run: |talk| malformed(talk, |fields| add(fields, "connection", "keep-alive")),
    },
    Case {
        name: "http2/8.1.2.2/2",
        rule: "RFC 9113 §8.2.2",
        what: "TE with more than trailers",
        run: |talk| {
            malformed(talk, |fields| {
                add(fields, "trailers", "test");
                add(fields, "te", "trailers, deflate");
            })
        },
    },
    Case {
        name: "http2/8.1.2.3/1",
        rule: "RFC 9113 §8.3.1",
        what: "an empty :path",
        run: |talk| malformed(talk, |fields| fields[PATH].1.clear()),
    },
    Case {
        name: "http2/8.1.2.3/2",
        rule: "RFC 9113 §8.3.1",
        what: "no :method",
        // The suite leaves :scheme out as well.
        run: |talk| malformed(talk, |fields| drop(fields.drain(METHOD..=SCHEME))),
    },
    Case {
        name: "http2/8.1.2.3/3",
        rule: "RFC 9113 §8.3.1",
        what: "no :scheme",
        run: |talk| malformed(talk, |fields| drop(fields.remove(SCHEME))),
    },
    Case {
        name: "http2/8.1.2.3/4",
        rule: "RFC 9113 §8.3.1",
        what: "no :path",
        run: |talk| malformed(talk, |fields| drop(fields.remove(PATH))),
    },
    Case {
        name: "http2/8.1.2.3/5",
        rule: "RFC 9113 §8.3.1",
        what: ":method twice",
        run: |talk| malformed(talk, |fields| twice(fields, METHOD)),
    },
    Case {
        name: "http2/8.1.2.3/6",
        rule: "RFC 9113 §8.3.1",
        what: ":scheme twice",
        run: |talk| malformed(talk, |fields| twice(fields, SCHEME)),
    },
    Case {
        name: "http2/8.1.2.3/7",
        rule: "RFC 9113 §8.3.1",
        what: ":path twice",
        run: |talk| malformed(talk, |fields| twice(fields, PATH)),
    },
    Case {
        name: "http2/8.1.2.6/1",
        rule: "RFC 9113 §8.1.1",
        what: "Content-Length that is not that of the DATA frame",
        run: |talk| {
            talk.request(1, END_HEADERS, "POST", &[("content-length", "1")]);
            talk.send(&data(1, END_STREAM, *b"test"));
            talk.stream_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/8.1.2.6/2",
        rule: "RFC 9113 §8.1.1",
        what: "Content-Length that is not the sum of the DATA frames",
        run: |talk| {
            talk.request(1, END_HEADERS, "POST", &[("content-length", "1")]);
            talk.send(&data(1, 0, *b"test"));
            talk.send(&data(1, END_STREAM, *b"test"));
            talk.stream_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/8.2/1",
        rule: "RFC 9113 §8.4",
        what: "PUSH_PROMISE of a client",
        run: |talk| {
            let block = [&3u32.to_be_bytes()[..], &literals(&talk.fields("GET", &[]))].concat();
            talk.send(&Frame::new(PUSH_PROMISE, END_HEADERS, 1, block));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
];

/// Where they stand in a request.
const METHOD: usize = 0;
const SCHEME: usize = 1;
const PATH: usize = 2;

fn add(fields: &mut Fields, name: &str, value: &str) {
    fields.push((name.to_string(), value.to_string()));
}

fn twice(fields: &mut Fields, at: usize) {
    fields.push(fields[at].clone());
}

/// A `GET` with such a change.
fn malformed(talk: &mut Talk<'_>, change: impl FnOnce(&mut Fields)) -> Verdict {
    let mut fields = talk.fields("GET", &[]);
    change(&mut fields);
    talk.with.headers(1, WHOLE, &fields);
    talk.stream_error(&[PROTOCOL_ERROR])
}

/// A `POST` with a trailer section that has one field.
fn trailers(talk: &mut Talk<'_>, flags: u8, name: &str, value: &str) -> Verdict {
    talk.request(1, END_HEADERS, "POST", &[]);
    talk.send(&data(1, 0, *b"test"));
    talk.send(&Frame::new(HEADERS, flags, 1, literal(0, name, value)));
    talk.stream_error(&[PROTOCOL_ERROR])
}
