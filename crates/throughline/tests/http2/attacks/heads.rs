//! Heads that are too large, or that become so: the stream is refused, and the table of the connection stays in step.

use super::Scene;
use crate::connection::{Connection, Event, request, request_with};
use crate::frames::{CONTINUATION, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, Frame, HEADERS, WHOLE};
use crate::hpack::{literal, literals};

/// Sends a block in as many frames as it needs.
fn send_block(with: &mut Connection, stream: u32, block: &[u8]) {
    let mut pieces = block.chunks(16_384).peekable();
    let mut kind = (HEADERS, END_STREAM);
    while let Some(piece) = pieces.next() {
        let last = if pieces.peek().is_none() { END_HEADERS } else { 0 };
        with.send(&Frame::new(kind.0, kind.1 | last, stream, piece));
        kind = (CONTINUATION, 0);
    }
}

/// What becomes of the connection.
#[derive(PartialEq, Eq)]
enum Then {
    /// The next request on it is answered.
    Lives,
    /// So it is, or it is closed since no well-meaning client sends this.
    MayEnd,
}

/// Refused by an answer of these statuses or by a reset.
fn refused(scene: &Scene, what: &str, statuses: &[u16], block: &[u8], then: &Then) {
    let mut with = scene.connect();
    let (stream, begun) = (with.stream(), scene.backend.begun());
    send_block(&mut with, stream, block);
    let fate = with.answer(stream);
    if scene.target.ours {
        match &fate {
            Ok(answer) => assert!(statuses.contains(&answer.status), "{what}: {answer:?}"),
            Err(Event::Frame(frame)) if frame.stream == stream => {}
            Err(Event::Frame(frame)) if *then == Then::MayEnd && frame.code() == Some(ENHANCE_YOUR_CALM) => return,
            Err(other) => panic!("{what}: {other}; {}", with.came()),
        }
        assert_eq!(scene.backend.begun(), begun, "{what}: it reached the backend");
        let next = with.get("/").unwrap_or_else(|event| panic!("{what}: {event} instead of an answer to the next request"));
        assert_eq!(next.status, 200, "{what}: {next:?}");
    }
    super::note(what, &fate.map(|answer| answer.status));
}

/// More than `head-fields`, more than `head-bytes`, in every shape.
#[test]
fn heads_that_are_too_large() {
    let scene = Scene::set();
    let fields: Vec<(String, String)> = (0..150).map(|number| (format!("x-field-{number}"), "v".to_string())).collect();
    refused(&scene, "150 fields", &[431], &literals(&[request("GET", "/"), fields].concat()), &Then::Lives);
    let crumbs = vec![("cookie".to_string(), "a=b".to_string()); 150];
    refused(&scene, "150 crumbs of a cookie", &[431], &literals(&[request("GET", "/"), crumbs].concat()), &Then::Lives);
    let long = "v".repeat(1000);
    let fields: Vec<(String, String)> = (0..40).map(|number| (format!("x-field-{number}"), long.clone())).collect();
    refused(&scene, "40 KiB of fields", &[431], &literals(&[request("GET", "/"), fields].concat()), &Then::Lives);
    refused(
        &scene,
        "a field of 40,000 bytes",
        &[431],
        &literals(&request_with("GET", "/", &[("x-long", &"v".repeat(40_000))])),
        &Then::Lives,
    );
    refused(&scene, "a name of 40,000 bytes", &[431], &literals(&request_with("GET", "/", &[(&"n".repeat(40_000), "v")])), &Then::Lives);
    refused(&scene, "a target of 9,000 bytes", &[414, 431], &literals(&request("GET", &format!("/{}", "t".repeat(9000)))), &Then::Lives);
    scene.survived("heads that are too large");
}

/// The HPACK bomb (CVE-2016-1544): an entry as large as the table, and a block that refers to it with a byte each.
#[test]
fn an_entry_referred_to_ten_thousand_times() {
    for name in ["x-bomb", "cookie"] {
        let scene = Scene::set();
        let entry = literal(0x40, name, &"b".repeat(4096 - 32 - name.len()));
        // 40 MB of fields.
        let block = [literals(&request("GET", "/")), entry, vec![0x80 | 62; 10_000]].concat();
        refused(&scene, name, &[431], &block, &Then::MayEnd);
        let mut with = scene.connect();
        for _ in 0..100 {
            let stream = with.stream();
            send_block(&mut with, stream, &block);
            match with.answer(stream) {
                Ok(answer) => assert!(answer.status == 431 || !scene.target.ours, "{answer:?}"),
                Err(Event::Frame(frame)) if frame.stream == stream => {}
                Err(Event::Silence) => panic!("nothing happens; {}", with.came()),
                // The whole connection is at its end: enough of them.
                Err(_) => break,
            }
        }
        scene.survived(name);
    }
}

/// The smallest field there is, referred to as often as a frame has bytes.
#[test]
fn an_empty_field_referred_to_ten_thousand_times() {
    let scene = Scene::set();
    let block = [literals(&request("GET", "/")), literal(0x40, "a", ""), vec![0x80 | 62; 10_000]].concat();
    refused(&scene, "10,000 empty fields", &[431], &block, &Then::MayEnd);
    scene.survived("10,000 empty fields");
}

/// What a refused block has put into the table is there for the next one, or the connection would be lost (RFC 7541 §2.2).
#[test]
fn the_table_stays_in_step() {
    let scene = Scene::set();
    let mut with = scene.connect();
    let fields: Vec<u8> = (0..150).flat_map(|number| literal(0, &format!("x-field-{number}"), "v")).collect();
    let refused = [
        // Too many fields, and the entry after all of them.
        [literals(&request("GET", "/")), fields, literal(0x40, "x-probe-1", "kept")].concat(),
        // Malformed, and the entry after the fault.
        [literals(&request_with("GET", "/", &[("connection", "close")])), literal(0x40, "x-probe-2", "kept")].concat(),
    ];
    for block in refused {
        let stream = with.stream();
        send_block(&mut with, stream, &block);
        match with.answer(stream) {
            Ok(answer) => assert!(answer.status >= 400 || !scene.target.ours, "{answer:?}"),
            Err(Event::Frame(frame)) if frame.stream == stream => {}
            Err(_) if !scene.target.ours => return,
            Err(other) => panic!("{other}; {}", with.came()),
        }
    }
    let stream = with.stream();
    let block = [&literals(&request("GET", "/"))[..], &[0x80 | 62, 0x80 | 63]].concat();
    with.send(&Frame::new(HEADERS, WHOLE, stream, block));
    let answer = with.answer(stream).unwrap_or_else(|event| panic!("{event}; {}", with.came()));
    let head = answer.text().to_ascii_lowercase();
    assert!(answer.status == 200 && head.contains("x-probe-2: kept\r\n") && head.contains("x-probe-1: kept\r\n"), "{head}");
    scene.survived("the table in step");
}
