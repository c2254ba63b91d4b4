//! MadeYouReset (CVE-2025-8671): the server is made to reset streams whose requests go on behind it. It has to count its own resets.

use super::Scene;
use crate::connection::{Connection, request};
use crate::frames::{
    END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, Frame, HEADERS, PRIORITY, PROTOCOL_ERROR,
    STREAM_CLOSED, WHOLE, data, priority, window_update,
};
use crate::hpack::{literal, literals};

/// Some ways end the whole connection at once, which is as well.
fn made_to_reset(what: &str, provoke: impl Fn(&mut Connection, u32, &[u8])) {
    let scene = Scene::set();
    let block = literals(&request("GET", "/"));
    // 10,000 requests.
    let outcome = scene.flood(scene.connect(), true, 200, |with| {
        for _ in 0..50 {
            let stream = with.stream();
            provoke(with, stream, &block);
        }
    });
    scene.ended(what, &outcome, &[ENHANCE_YOUR_CALM, PROTOCOL_ERROR, STREAM_CLOSED, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR]);
    if scene.target.ours {
        let begun = scene.backend.begun();
        assert!(begun < 2000, "{what}: {begun} requests that were reset troubled the backend");
    }
    scene.survived(what);
}

#[test]
fn by_a_window_update_of_zero() {
    made_to_reset("WINDOW_UPDATE of 0", |with, stream, block| {
        with.send(&Frame::new(HEADERS, WHOLE, stream, block));
        with.send(&window_update(stream, 0));
    });
}

#[test]
fn by_a_window_above_the_largest() {
    made_to_reset("a window above the largest", |with, stream, block| {
        with.send(&Frame::new(HEADERS, WHOLE, stream, block));
        with.send(&window_update(stream, 0x7fff_ffff));
        with.send(&window_update(stream, 0x7fff_ffff));
    });
}

#[test]
fn by_data_after_the_end() {
    made_to_reset("DATA after the end", |with, stream, block| {
        with.send(&Frame::new(HEADERS, WHOLE, stream, block));
        with.send(&data(stream, END_STREAM, *b"more"));
    });
}

#[test]
fn by_headers_after_the_end() {
    made_to_reset("HEADERS after the end", |with, stream, block| {
        with.send(&Frame::new(HEADERS, WHOLE, stream, block));
        with.send(&Frame::new(HEADERS, WHOLE, stream, block));
    });
}

#[test]
fn by_a_dependency_on_itself() {
    made_to_reset("PRIORITY on itself", |with, stream, block| {
        with.send(&Frame::new(HEADERS, WHOLE, stream, block));
        with.send(&priority(stream, stream, 16));
    });
}

#[test]
fn by_a_priority_of_four_octets() {
    made_to_reset("PRIORITY of 4 octets", |with, stream, block| {
        with.send(&Frame::new(HEADERS, WHOLE, stream, block));
        with.send(&Frame::new(PRIORITY, 0, stream, [0; 4]));
    });
}

#[test]
fn by_more_than_content_length() {
    made_to_reset("more than Content-Length", |with, stream, block| {
        let block = [block, &literal(0, "content-length", "1")].concat();
        with.send(&Frame::new(HEADERS, END_HEADERS, stream, block));
        with.send(&data(stream, 0, *b"more"));
    });
}

#[test]
fn by_malformed_requests() {
    made_to_reset("malformed requests", |with, stream, block| {
        let block = [block, &literal(0, "connection", "close")].concat();
        with.send(&Frame::new(HEADERS, WHOLE, stream, block));
    });
}
