//! Each type of frame, and the error codes (RFC 9113 §6, §7).

use super::Case;
use super::streams::{filler, headers_within, priority_within};
use crate::frames::{
    ACK, CANCEL, CONTINUATION, Code, ENABLE_PUSH, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, Frame, GOAWAY, HEADERS,
    INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, PADDED, PING, PRIORITY, PROTOCOL_ERROR, RST_STREAM, SETTINGS, STREAM_CLOSED, WHOLE, WINDOW_UPDATE,
    data, goaway, ping, priority, rst_stream, settings, window_update,
};
use crate::hpack::literals;

/// Octets of a PING.
const OPAQUE: [u8; 8] = *b"opaque!!";

/// The largest window (§6.9.1).
const LARGEST: u32 = 0x7fff_ffff;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "http2/6.1/1",
        rule: "RFC 9113 §6.1",
        what: "DATA on stream 0",
        run: |talk| {
            talk.send(&data(0, END_STREAM, *b"test"));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.1/2",
        rule: "RFC 9113 §6.1",
        what: "DATA on a half-closed (remote) stream",
        run: |talk| {
            talk.request(1, WHOLE, "POST", &[]);
            talk.send(&data(1, END_STREAM, *b"test"));
            talk.stream_error(&[STREAM_CLOSED])
        },
    },
    Case {
        name: "http2/6.1/3",
        rule: "RFC 9113 §6.1",
        what: "DATA with padding longer than the frame",
        run: |talk| {
            talk.request(1, END_HEADERS, "POST", &[("content-length", "4")]);
            talk.send(&data(1, END_STREAM | PADDED, *b"\x06test"));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case { name: "http2/6.2/1", rule: "RFC 9113 §6.2", what: "HEADERS, and PRIORITY before their end", run: priority_within },
    Case {
        name: "http2/6.2/2", rule: "RFC 9113 §6.2", what: "HEADERS, and those of another stream before their end", run: headers_within
    },
    Case {
        name: "http2/6.2/3",
        rule: "RFC 9113 §6.2",
        what: "HEADERS on stream 0",
        run: |talk| {
            talk.get(0, WHOLE);
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.2/4",
        rule: "RFC 9113 §6.2",
        what: "HEADERS with padding longer than the frame",
        run: |talk| {
            let block = literals(&talk.fields("GET", &[]));
            let padding = u8::try_from(block.len() + 2).expect("a short block");
            talk.send(&Frame::new(HEADERS, WHOLE | PADDED, 1, [&[padding], &block[..]].concat()));
            talk.stream_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.3/1",
        rule: "RFC 9113 §6.3",
        what: "PRIORITY on stream 0",
        run: |talk| {
            talk.send(&priority(0, 0, 255));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.3/2",
        rule: "RFC 9113 §6.3",
        what: "PRIORITY of 4 octets",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.send(&Frame::new(PRIORITY, 0, 1, *b"\x80\0\0\x01"));
            talk.stream_error(&[FRAME_SIZE_ERROR])
        },
    },
    Case {
        name: "http2/6.4/1",
        rule: "RFC 9113 §6.4",
        what: "RST_STREAM on stream 0",
        run: |talk| {
            talk.send(&rst_stream(0, CANCEL));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.4/2",
        rule: "RFC 9113 §6.4",
        what: "RST_STREAM on an idle stream",
        run: |talk| {
            talk.send(&rst_stream(1, CANCEL));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.4/3",
        rule: "RFC 9113 §6.4",
        what: "RST_STREAM of 3 octets",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.send(&Frame::new(RST_STREAM, 0, 1, [0; 3]));
            talk.stream_error(&[FRAME_SIZE_ERROR])
        },
    },
    Case {
        name: "http2/6.5/1",
        rule: "RFC 9113 §6.5",
        what: "SETTINGS with ACK and a payload",
        run: |talk| {
            talk.send(&Frame::new(SETTINGS, ACK, 0, [0]));
            talk.connection_error(&[FRAME_SIZE_ERROR])
        },
    },
    Case {
        name: "http2/6.5/2",
        rule: "RFC 9113 §6.5",
        what: "SETTINGS on a stream",
        run: |talk| {
            talk.send(&Frame::new(SETTINGS, 0, 1, *b"\0\x03\0\0\0\x64"));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.5/3",
        rule: "RFC 9113 §6.5",
        what: "SETTINGS of 3 octets",
        run: |talk| {
            talk.send(&Frame::new(SETTINGS, 0, 0, *b"\0\x03\0"));
            talk.stream_error(&[PROTOCOL_ERROR, FRAME_SIZE_ERROR])
        },
    },
    Case {
        name: "http2/6.5.2/1",
        rule: "RFC 9113 §6.5.2",
        what: "SETTINGS_ENABLE_PUSH of 2",
        run: |talk| {
            talk.send(&settings(&[(ENABLE_PUSH, 2)]));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.5.2/2",
        rule: "RFC 9113 §6.5.2",
        what: "SETTINGS_INITIAL_WINDOW_SIZE above the largest window",
        run: |talk| {
            talk.send(&settings(&[(INITIAL_WINDOW_SIZE, LARGEST + 1)]));
            talk.connection_error(&[FLOW_CONTROL_ERROR])
        },
    },
    Case {
        name: "http2/6.5.2/3",
        rule: "RFC 9113 §6.5.2",
        what: "SETTINGS_MAX_FRAME_SIZE below the least",
        run: |talk| {
            talk.send(&settings(&[(MAX_FRAME_SIZE, 16_383)]));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.5.2/4",
        rule: "RFC 9113 §6.5.2",
        what: "SETTINGS_MAX_FRAME_SIZE above the most",
        run: |talk| {
            talk.send(&settings(&[(MAX_FRAME_SIZE, 0x0100_0000)]));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.5.2/5",
        rule: "RFC 9113 §6.5.2",
        what: "a setting that nobody knows",
        run: |talk| {
            talk.send(&settings(&[(0xff, 1)]));
            talk.send(&ping(0, OPAQUE));
            talk.pong(OPAQUE)
        },
    },
    Case {
        name: "http2/6.5.3/1",
        rule: "RFC 9113 §6.5.3",
        what: "a setting twice in one frame: the last one counts",
        run: |talk| {
            talk.send(&settings(&[(INITIAL_WINDOW_SIZE, 100), (INITIAL_WINDOW_SIZE, 1)]));
            talk.acknowledged()?;
            talk.get(1, WHOLE);
            talk.one_octet()
        },
    },
    Case {
        name: "http2/6.5.3/2",
        rule: "RFC 9113 §6.5.3",
        what: "SETTINGS are acknowledged",
        run: |talk| {
            talk.send(&settings(&[(ENABLE_PUSH, 0)]));
            talk.acknowledged()
        },
    },
    Case {
        name: "http2/6.7/1",
        rule: "RFC 9113 §6.7",
        what: "PING comes back with its octets",
        run: |talk| {
            talk.send(&ping(0, OPAQUE));
            talk.pong(OPAQUE)
        },
    },
    Case {
        name: "http2/6.7/2",
        rule: "RFC 9113 §6.7",
        what: "PING with ACK does not come back",
        run: |talk| {
            talk.send(&ping(ACK, *b"mistaken"));
            talk.send(&ping(0, OPAQUE));
            talk.pong(OPAQUE)
        },
    },
    Case {
        name: "http2/6.7/3",
        rule: "RFC 9113 §6.7",
        what: "PING on a stream",
        run: |talk| {
            talk.send(&Frame::new(PING, 0, 1, [0; 8]));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.7/4",
        rule: "RFC 9113 §6.7",
        what: "PING of 6 octets",
        run: |talk| {
            talk.send(&Frame::new(PING, 0, 0, [0; 6]));
            talk.connection_error(&[FRAME_SIZE_ERROR])
        },
    },
    Case {
        name: "http2/6.8/1",
        rule: "RFC 9113 §6.8",
        what: "GOAWAY on a stream",
        run: |talk| {
            talk.send(&Frame::new(GOAWAY, 0, 1, [0; 8]));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.9/1",
        rule: "RFC 9113 §6.9",
        what: "WINDOW_UPDATE of 0 for the connection",
        run: |talk| {
            talk.send(&window_update(0, 0));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.9/2",
        rule: "RFC 9113 §6.9",
        what: "WINDOW_UPDATE of 0 for a stream",
        run: |talk| {
            talk.get(1, END_HEADERS);
            talk.send(&window_update(1, 0));
            talk.stream_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.9/3",
        rule: "RFC 9113 §6.9",
        what: "WINDOW_UPDATE of 3 octets",
        run: |talk| {
            talk.send(&Frame::new(WINDOW_UPDATE, 0, 0, *b"\0\0\x01"));
            talk.connection_error(&[FRAME_SIZE_ERROR])
        },
    },
    Case {
        name: "http2/6.9.1/1",
        rule: "RFC 9113 §6.9.1",
        what: "no more than the window is sent",
        run: |talk| {
            talk.send(&settings(&[(INITIAL_WINDOW_SIZE, 1)]));
            talk.acknowledged()?;
            talk.get(1, WHOLE);
            talk.one_octet()
        },
    },
    Case {
        name: "http2/6.9.1/2",
        rule: "RFC 9113 §6.9.1",
        what: "the window of the connection above the largest",
        run: |talk| {
            talk.send(&window_update(0, LARGEST));
            talk.send(&window_update(0, LARGEST));
            talk.first(GOAWAY, "GOAWAY with FLOW_CONTROL_ERROR", |frame| frame.code() == Some(FLOW_CONTROL_ERROR))
        },
    },
    Case {
        name: "http2/6.9.1/3",
        rule: "RFC 9113 §6.9.1",
        what: "the window of a stream above the largest",
        run: |talk| {
            talk.get(1, END_HEADERS);
            talk.send(&window_update(1, LARGEST));
            talk.send(&window_update(1, LARGEST));
            let like = |frame: &Frame| frame.stream == 1 && frame.code() == Some(FLOW_CONTROL_ERROR);
            talk.first(RST_STREAM, "RST_STREAM(stream 1) with FLOW_CONTROL_ERROR", like)
        },
    },
    Case {
        name: "http2/6.9.2/1",
        rule: "RFC 9113 §6.9.2",
        what: "a change of the initial window changes that of an open stream",
        run: |talk| {
            talk.send(&settings(&[(INITIAL_WINDOW_SIZE, 0)]));
            talk.acknowledged()?;
            talk.get(1, WHOLE);
            talk.send(&settings(&[(INITIAL_WINDOW_SIZE, 1)]));
            talk.one_octet()
        },
    },
    Case {
        name: "http2/6.9.2/2",
        rule: "RFC 9113 §6.9.2",
        what: "a window below zero",
        run: |talk| {
            talk.send(&settings(&[(INITIAL_WINDOW_SIZE, 3)]));
            talk.acknowledged()?;
            talk.get(1, WHOLE);
            talk.data()?;
            talk.send(&settings(&[(INITIAL_WINDOW_SIZE, 2)]));
            talk.acknowledged()?;
            // From -1 to 1.
            talk.send(&window_update(1, 2));
            talk.one_octet()
        },
    },
    Case {
        name: "http2/6.9.2/3",
        rule: "RFC 9113 §6.9.2",
        what: "an initial window above the largest",
        run: |talk| {
            talk.send(&settings(&[(INITIAL_WINDOW_SIZE, LARGEST + 1)]));
            talk.connection_error(&[FLOW_CONTROL_ERROR])
        },
    },
    Case {
        name: "http2/6.10/1",
        rule: "RFC 9113 §6.10",
        what: "several CONTINUATION frames",
        run: |talk| {
            talk.get(1, END_STREAM);
            talk.send(&Frame::new(CONTINUATION, 0, 1, filler(0)));
            talk.send(&Frame::new(CONTINUATION, END_HEADERS, 1, filler(0)));
            talk.answer(1)
        },
    },
    Case {
        name: "http2/6.10/2",
        rule: "RFC 9113 §6.10",
        what: "DATA within a block",
        run: |talk| {
            talk.request(1, 0, "POST", &[]);
            talk.send(&Frame::new(CONTINUATION, 0, 1, filler(0)));
            talk.send(&data(1, END_STREAM, *b"test"));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.10/3",
        rule: "RFC 9113 §6.10",
        what: "CONTINUATION on stream 0",
        run: |talk| {
            talk.get(1, END_STREAM);
            talk.send(&Frame::new(CONTINUATION, END_HEADERS, 0, filler(0)));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.10/4",
        rule: "RFC 9113 §6.10",
        what: "CONTINUATION after HEADERS that end their block",
        run: |talk| {
            talk.get(1, WHOLE);
            talk.send(&Frame::new(CONTINUATION, END_HEADERS, 1, filler(0)));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.10/5",
        rule: "RFC 9113 §6.10",
        what: "CONTINUATION after one that ends its block",
        run: |talk| {
            talk.get(1, END_STREAM);
            talk.send(&Frame::new(CONTINUATION, END_HEADERS, 1, filler(0)));
            talk.send(&Frame::new(CONTINUATION, END_HEADERS, 1, filler(0)));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/6.10/6",
        rule: "RFC 9113 §6.10",
        what: "CONTINUATION after DATA",
        run: |talk| {
            talk.request(1, 0, "POST", &[]);
            talk.send(&data(1, END_STREAM, *b"test"));
            talk.send(&Frame::new(CONTINUATION, 0, 1, filler(0)));
            talk.send(&Frame::new(CONTINUATION, END_HEADERS, 0, filler(0)));
            talk.connection_error(&[PROTOCOL_ERROR])
        },
    },
    Case {
        name: "http2/7/1",
        rule: "RFC 9113 §7",
        what: "GOAWAY with a code that nobody knows",
        run: |talk| {
            talk.send(&goaway(0, Code(0xff), b""));
            talk.send(&ping(0, OPAQUE));
            talk.pong_or_closed(OPAQUE)
        },
    },
    Case {
        name: "http2/7/2",
        rule: "RFC 9113 §7",
        what: "RST_STREAM with a code that nobody knows",
        run: |talk| {
            talk.request(1, END_HEADERS, "POST", &[]);
            talk.send(&rst_stream(1, Code(0xff)));
            talk.send(&ping(0, OPAQUE));
            talk.pong(OPAQUE)
        },
    },
];
