//! Clients that hold on to what they are given and take nothing more: each is reaped by a timer.

use super::{Outcome, Scene};
use crate::connection::{Connection, PREFACE, request};
use crate::frames::{self, END_HEADERS, END_STREAM, INITIAL_WINDOW_SIZE, WHOLE, data, ping, window_update};
use crate::support::PATIENCE;
use std::time::{Duration, Instant};

const STREAMS: usize = 50;

/// Asks for long answers on as many streams.
fn ask(with: &mut Connection, streams: usize, path: &str) {
    for _ in 0..streams {
        let stream = with.stream();
        with.headers(stream, WHOLE, &request("GET", path));
    }
    with.flush();
}

/// A client with these settings asks for a long answer on each of its streams. Every stream is reset or the connection closed, and not
/// before `send-timeout`.
fn reaped(what: &str, settings: &[(u16, u32)]) {
    let scene = Scene::set();
    let mut with = scene.connect_with(settings);
    // Before the first answer can begin: it may be a while until this thread has its turn again.
    let began = Instant::now();
    ask(&mut with, STREAMS, "/bytes/1048576");
    let mut outcome = Outcome::default();
    outcome.wait(&mut with, |outcome| outcome.resets + outcome.answers >= STREAMS);
    let took = began.elapsed();
    if scene.target.ours {
        assert!(outcome.closed || outcome.resets == STREAMS, "{what}: {outcome:?} after {took:?}");
        assert!(took >= Duration::from_millis(900), "{what}: {outcome:?} after {took:?}");
    }
    super::note(what, &(&outcome, took));
    scene.survived(what);
}

/// No window at all.
#[test]
fn zero_windows() {
    reaped("zero windows", &[(INITIAL_WINDOW_SIZE, 0)]);
}

/// Room for one byte of a megabyte, and never more.
#[test]
fn windows_of_one_byte() {
    reaped("windows of one byte", &[(INITIAL_WINDOW_SIZE, 1)]);
}

/// Streams with large windows on a connection whose own is used up.
#[test]
fn a_connection_without_a_window() {
    reaped("a connection without a window", &[(INITIAL_WINDOW_SIZE, 0x7fff_ffff)]);
}

/// CVE-2019-9511: the window is opened byte by byte, so that there is always some progress. It costs a frame for every byte and no more.
#[test]
fn windows_that_open_byte_by_byte() {
    let scene = Scene::set();
    let mut with = scene.connect_with(&[(INITIAL_WINDOW_SIZE, 0)]);
    ask(&mut with, STREAMS, "/bytes/1048576");
    let (began, mut outcome) = (Instant::now(), Outcome::default());
    while !outcome.closed && began.elapsed() < Duration::from_secs(3) {
        (1..2 * STREAMS).step_by(2).for_each(|stream| with.send(&window_update(u32::try_from(stream).expect("few"), 1)));
        with.flush();
        with.await_bytes(Duration::from_millis(5));
        let came = with.so_far();
        outcome.note(came);
    }
    outcome.wait(&mut with, |outcome| outcome.resets + outcome.answers >= STREAMS);
    if scene.target.ours {
        assert!(outcome.closed || outcome.resets == STREAMS, "{outcome:?}");
    }
    scene.survived("windows that open byte by byte");
}

/// CVE-2019-9517: windows without end, and nobody reads. The answers stay where they are.
#[test]
fn nobody_reads() {
    let scene = Scene::set();
    let mut with = scene.connect_with(&[(INITIAL_WINDOW_SIZE, 0x7fff_ffff)]);
    with.send(&window_update(0, 0x7fff_0000));
    ask(&mut with, STREAMS, "/bytes/25165824");
    let began = Instant::now();
    with.limit_writes(Duration::from_secs(1));
    // A write to a closed connection fails.
    let closed = loop {
        std::thread::sleep(Duration::from_millis(100));
        with.send(&ping(0, *b"are you?"));
        match with.try_flush() {
            Ok(()) if began.elapsed() < PATIENCE => {}
            Ok(()) => break false,
            Err(_) => break true,
        }
    };
    assert!(closed || !scene.target.ours, "still open after {:?}", began.elapsed());
    scene.survived_within("nobody reads", 64 * 1024);
}

/// Ours is closed in time, however it was left lying.
fn closed_in_time(what: &str, begin: impl Fn(&mut Connection)) {
    let scene = Scene::set();
    let began = Instant::now();
    let mut with = Connection::bare(scene.target.at, PATIENCE).expect("a connection");
    begin(&mut with);
    with.flush();
    let closed = with.is_closed();
    let took = began.elapsed();
    assert!(closed && took >= Duration::from_millis(900) || !scene.target.ours, "{what}: {closed} {took:?}");
    super::note(what, &(closed, took));
    scene.survived(what);
}

#[test]
fn half_a_preface() {
    closed_in_time("half a preface", |with| with.raw(&PREFACE[..20]));
}

#[test]
fn no_settings() {
    closed_in_time("no settings", |with| with.raw(PREFACE));
}

#[test]
fn no_request() {
    closed_in_time("no request", |with| {
        with.raw(PREFACE);
        with.send(&frames::settings(&[]));
    });
}

#[test]
fn half_a_frame() {
    closed_in_time("half a frame", |with| {
        with.raw(PREFACE);
        with.send(&frames::settings(&[]));
        with.raw(b"\0\0\x10\x01\x05\0\0\0\x01only a part");
    });
}

#[test]
fn half_a_block() {
    closed_in_time("half a block", |with| {
        with.raw(PREFACE);
        with.send(&frames::settings(&[]));
        with.headers(1, END_STREAM, &request("GET", "/"));
    });
}

/// A body that pauses: an answer that says so, or a reset, while the connection may go on.
#[test]
fn half_a_body() {
    let scene = Scene::set();
    let mut with = scene.connect();
    let began = Instant::now();
    with.headers(1, END_HEADERS, &request("POST", "/echo"));
    with.send(&data(1, 0, *b"and then nothing"));
    let fate = with.answer(1);
    let took = began.elapsed();
    if scene.target.ours {
        match &fate {
            Ok(answer) => assert_eq!(answer.status, 408, "{answer:?}"),
            Err(crate::connection::Event::Silence) => panic!("nothing happens"),
            Err(_) => {}
        }
        assert!(took >= Duration::from_millis(900), "{fate:?} after {took:?}");
        assert_eq!(scene.backend.seen().len(), 0, "it never was whole");
    }
    super::note("half a body", &(fate.map(|answer| answer.status), took));
    scene.survived("half a body");
}
