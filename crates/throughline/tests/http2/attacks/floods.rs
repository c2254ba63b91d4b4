//! More frames than any client needs.

use super::{CALM, Scene};
use crate::connection::request;
use crate::frames::{
    self, CANCEL, COMPRESSION_ERROR, CONTINUATION, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, FRAME_SIZE_ERROR, Frame, HEADERS,
    PROTOCOL_ERROR, WHOLE, data, ping, priority, rst_stream, settings, window_update,
};
use crate::hpack::{literal, literals};

/// Rapid Reset (CVE-2023-44487): requests that are withdrawn at once, so that no limit of concurrent streams is ever met.
#[test]
fn rapid_reset() {
    let scene = Scene::set();
    let block = literals(&request("GET", "/"));
    // 20,000 requests.
    let outcome = scene.flood(scene.connect(), true, 200, |with| {
        for _ in 0..100 {
            let stream = with.stream();
            with.send(&Frame::new(HEADERS, WHOLE, stream, &block[..]));
            with.send(&rst_stream(stream, CANCEL));
        }
    });
    scene.ended("rapid reset", &outcome, CALM);
    if scene.target.ours {
        let begun = scene.backend.begun();
        assert!(begun < 2000, "{begun} withdrawn requests troubled the backend");
    }
    scene.survived("rapid reset");
}

/// CVE-2024-27316 and its kin: a block that never ends, in frames full of fields.
#[test]
fn continuation_flood() {
    let scene = Scene::set();
    let mut with = scene.connect();
    with.headers(1, END_STREAM, &request("GET", "/"));
    let fields = literal(0, "x-flood", &"f".repeat(1000)).repeat(15);
    // 150 MiB.
    let outcome = scene.flood(with, true, 10_000, |with| with.send(&Frame::new(CONTINUATION, 0, 1, &fields[..])));
    scene.ended("a block without end", &outcome, &[ENHANCE_YOUR_CALM, PROTOCOL_ERROR, COMPRESSION_ERROR]);
    if scene.target.ours {
        // The kernel's buffers at both ends hold several MiB that were sent before the end was heard of.
        assert!(outcome.rounds < 1000, "15 MiB of 150 are more than enough: {outcome:?}");
    }
    scene.survived("a block without end");
}

/// The same with frames that hold nothing, which no cap of bytes ends.
#[test]
fn empty_continuation_flood() {
    let scene = Scene::set();
    let mut with = scene.connect();
    with.headers(1, END_STREAM, &request("GET", "/"));
    let outcome = scene.flood(with, true, 1000, |with| {
        for _ in 0..1000 {
            with.send(&Frame::new(CONTINUATION, 0, 1, []));
        }
    });
    scene.ended("empty CONTINUATION", &outcome, &[ENHANCE_YOUR_CALM, PROTOCOL_ERROR]);
    scene.survived("empty CONTINUATION");
}

/// And with a fragment that is never completed: one field that grows.
#[test]
fn a_field_without_end() {
    let scene = Scene::set();
    let mut with = scene.connect();
    with.headers(1, END_STREAM, &request("GET", "/"));
    // The length of a value of 256 MiB.
    let begin = [&literal(0, "x-flood", "")[..9], b"\x7f\x81\xff\xff\x7f"].concat();
    with.send(&Frame::new(CONTINUATION, 0, 1, begin));
    let outcome = scene.flood(with, true, 10_000, |with| with.send(&Frame::new(CONTINUATION, 0, 1, vec![b'f'; 16_384])));
    scene.ended("a field without end", &outcome, &[ENHANCE_YOUR_CALM, PROTOCOL_ERROR, COMPRESSION_ERROR]);
    scene.survived("a field without end");
}

/// CVE-2019-9515: each asks for an acknowledgement, and nobody reads them.
#[test]
fn settings_flood() {
    let scene = Scene::set();
    let outcome = scene.flood(scene.connect(), false, 2000, |with| {
        for number in 0..1000 {
            with.send(&settings(&[(frames::INITIAL_WINDOW_SIZE, number)]));
        }
    });
    scene.ended("SETTINGS flood", &outcome, CALM);
    scene.survived("SETTINGS flood");
}

/// CVE-2019-9512: the same with PING.
#[test]
fn ping_flood() {
    let scene = Scene::set();
    let outcome = scene.flood(scene.connect(), false, 2000, |with| {
        for _ in 0..1000 {
            with.send(&ping(0, *b"flooding"));
        }
    });
    scene.ended("PING flood", &outcome, CALM);
    scene.survived("PING flood");
}

/// CVE-2019-9518: a body that never ends and never has a byte.
#[test]
fn empty_data_flood() {
    let scene = Scene::set();
    let mut with = scene.connect();
    with.headers(1, END_HEADERS, &request("POST", "/echo"));
    let outcome = scene.flood(with, true, 1000, |with| {
        for _ in 0..1000 {
            with.send(&data(1, 0, []));
        }
    });
    // The stream may be reset before; what comes on it after that is too much as well.
    scene.ended("empty DATA flood", &outcome, &[ENHANCE_YOUR_CALM, frames::STREAM_CLOSED]);
    scene.survived("empty DATA flood");
}

/// Frames that ask for nothing: passing over them is enough, if nothing is kept of them.
fn passed_over(what: &str, mut frame: impl FnMut(u32) -> Frame) {
    let scene = Scene::set();
    let mut number = 0;
    let outcome = scene.flood(scene.connect(), true, 500, |with| {
        for _ in 0..1000 {
            with.send(&frame(number));
            number += 1;
        }
    });
    if scene.target.ours && outcome.goaway.is_some() {
        assert_eq!(outcome.goaway, Some(ENHANCE_YOUR_CALM), "{what}: {outcome:?}");
    }
    super::note(what, &outcome);
    scene.survived(what);
}

/// CVE-2019-9513: changes of priority on streams that do not exist, in a chain.
#[test]
fn priority_flood() {
    passed_over("PRIORITY flood", |number| priority(2 * number + 3, 2 * number + 1, 16));
}

/// The same with the newer frame, of which a server may have to remember some (RFC 9218 §7.1).
#[test]
fn priority_update_flood() {
    passed_over("PRIORITY_UPDATE flood", |number| Frame::new(0x10, 0, 0, [&(2 * number + 1).to_be_bytes()[..], b"u=1, i"].concat()));
}

#[test]
fn window_update_flood() {
    passed_over("WINDOW_UPDATE flood", |_| window_update(0, 1));
}

#[test]
fn unknown_frame_flood() {
    passed_over("flood of unknown frames", |number| Frame::new(0xf0, 0, 0, number.to_be_bytes()));
}

/// Frames that say they are 16 MiB long, of every type: refused by their heads, before a byte of them is kept.
#[test]
fn huge_frames() {
    let scene = Scene::set();
    for kind in 0..=0x16 {
        let mut with = scene.connect();
        with.headers(1, END_HEADERS, &request("POST", "/echo"));
        let mut head = Vec::new();
        frames::head(0xff_ffff, kind, 0, u32::from(matches!(kind, 0..=3 | 5 | 9)), &mut head);
        with.raw(&head);
        let outcome = scene.flood(with, true, 1000, |with| with.raw(&[0; 16_384]));
        scene.ended(&format!("16 MiB in a frame of type {kind}"), &outcome, &[FRAME_SIZE_ERROR, PROTOCOL_ERROR]);
        if scene.target.ours {
            assert!(outcome.rounds < 1000, "type {kind}: all of it was taken: {outcome:?}");
        }
    }
    scene.survived("huge frames");
}
