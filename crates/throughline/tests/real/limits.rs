//! Clients that are slow, greedy or many: each meets a timer or a cap that a setting names.

use crate::process::to;
use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::{BINARY, Edge};
use crate::support::place::Place;
use crate::support::{PATIENCE, noise, resident_kib};
use std::io::Read;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Sends pieces, one every `pause`, until the other side closes; gives what it said and how long that took.
fn trickle(mut client: Client, first: &str, piece: &'static [u8], pause: Duration) -> (Vec<u8>, Duration) {
    let began = Instant::now();
    client.send(first);
    let mut writer = Client { stream: std::io::BufReader::new(client.stream.get_ref().try_clone().expect("a second handle")) };
    let (stop, stopped) = channel::<()>();
    let writing =
        std::thread::spawn(
            move || {
                while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) && writer.try_send(piece).is_ok() {}
            },
        );
    let mut said = vec![0; 4096];
    let read = client.stream.read(&mut said).expect("an answer");
    said.truncate(read);
    let took = began.elapsed();
    drop(stop);
    writing.join().expect("no panic");
    said.extend(client.rest());
    (said, took)
}

fn begins(said: &[u8], status: &str) {
    let text = String::from_utf8_lossy(said);
    assert!(text.starts_with(&format!("HTTP/1.1 {status} ")) && text.contains("\r\nConnection: close\r\n"), "{text}");
}

/// A head that comes byte by byte: 408 at `head-timeout`, however busy the client looks.
#[test]
fn a_slow_head_is_timed_out() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[limits]\nhead-timeout = \"1s\"\n{}", to(&[&backend])));
    let (said, took) = trickle(edge.connect(), "GET / HTTP/1.1\r\nX-Slow: ", b"a", Duration::from_millis(200));
    begins(&said, "408");
    assert!(took >= Duration::from_millis(950), "{took:?}");
    assert_eq!(backend.begun(), 0);
}

/// Nothing at all: closed without a word at `idle-timeout`, before the first request and after one.
#[test]
fn an_idle_connection_is_closed() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[limits]\nidle-timeout = \"1s\"\n{}", to(&[&backend])));
    let began = Instant::now();
    let mut new = edge.connect();
    assert_eq!(new.rest(), b"");
    assert!(began.elapsed() >= Duration::from_millis(950), "{:?}", began.elapsed());
    let mut used = edge.connect();
    let began = Instant::now();
    used.get("/");
    assert_eq!(used.rest(), b"");
    assert!(began.elapsed() >= Duration::from_millis(950), "{:?}", began.elapsed());
}

/// Field after field without end: 431 at `head-bytes`.
#[test]
fn a_flood_of_fields_is_cut_off() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[limits]\nhead-bytes = \"16 KiB\"\nhead-fields = 60000\n{}", to(&[&backend])));
    let (said, _) = trickle(edge.connect(), "GET / HTTP/1.1\r\n", b"X-Flood: 0123456789\r\n", Duration::from_micros(50));
    begins(&said, "431");
    assert_eq!(backend.begun(), 0);
}

/// A body that drips: 408 once it is below `body-min-rate`, whether the backend reads it or code in this process does.
#[test]
fn a_body_below_the_least_rate_is_cut_off() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[limits]\nbody-timeout = \"1s\"\nbody-min-rate = \"1 KiB\"\n{}", to(&[&backend])));
    let head = "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (said, took) = trickle(edge.connect(), head, b"1\r\na\r\n", Duration::from_millis(100));
    begins(&said, "408");
    assert!(took >= Duration::from_millis(950), "{took:?}");
    assert_eq!(backend.seen().len(), 0, "it never was whole");
}

/// A body that pauses: 408 at `body-timeout`.
#[test]
fn a_body_that_pauses_is_timed_out() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[limits]\nbody-timeout = \"1s\"\n{}", to(&[&backend])));
    let mut client = edge.connect();
    let began = Instant::now();
    client.send("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 100\r\n\r\nand then nothing");
    begins(&client.rest(), "408");
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(950), "{took:?}");
}

/// A body without end: 413 at the site's `max-body`.
#[test]
fn an_endless_body_is_cut_off() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]).replace("[[site]]", "[[site]]\nmax-body = \"1 MiB\""));
    let mut client = edge.connect();
    client.send("POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunk = [b"10000\r\n".as_slice(), &noise(0x10000), b"\r\n"].concat();
    let mut sent = 0;
    while sent < 200 && client.try_send(&chunk).is_ok() {
        sent += 1;
    }
    begins(&client.rest(), "413");
    assert_eq!(backend.seen().len(), 0, "it never was whole");
}

/// A client that takes nothing of its answer: cut at `send-timeout`, and we never hold more than a little of the body.
#[test]
fn a_client_that_does_not_read_is_cut_off() {
    const LONG: usize = 24 * 1024 * 1024;
    let (backend, place) = (Backend::start(), Place::new());
    let log = place.at("access.log");
    let edge = Edge::of(&format!("[limits]\nsend-timeout = \"1s\"\n[log]\nto = \"{log}\"\n{}", to(&[&backend])));
    let mut client = edge.connect();
    let before = resident_kib(edge.pid());
    let (began, mut most) = (Instant::now(), 0);
    client.send(format!("GET /bytes/{LONG} HTTP/1.1\r\nHost: a.example\r\n\r\n"));
    client.stream.get_ref().peek(&mut [0]).expect("the answer begins");
    while !std::fs::read_to_string(&log).is_ok_and(|text| text.contains("the client stopped taking the answer")) {
        assert!(began.elapsed() < PATIENCE, "it is not cut");
        most = most.max(resident_kib(edge.pid()));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
    assert!(most < before + 10 * 1024, "{most} KiB held, {before} before");
    let got = client.rest().len();
    assert!(got < LONG, "only what the kernel held: {got} bytes");
}

/// At `max-connections` further ones wait in the backlog, and are served when there is room.
#[test]
fn connections_beyond_the_most_wait() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[server]\nmax-connections = 2\nworkers = 1\n{}", to(&[&backend])));
    let (mut first, mut second) = (edge.connect(), edge.connect());
    assert_eq!((first.get("/").status, second.get("/").status), (200, 200));
    let mut third = edge.connect();
    third.send("GET /third HTTP/1.1\r\nHost: a.example\r\n\r\n");
    third.stream.get_ref().set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout above zero");
    assert!(third.response().is_err(), "there is no room for it");
    assert_eq!(backend.seen().len(), 2);
    drop(first);
    third.stream.get_ref().set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
    assert_eq!(third.response().expect("an answer now").status, 200);
}

/// Requests on one connection are counted; the last one says so.
#[test]
fn a_connection_has_its_last_request() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[limits]\nrequests-per-connection = 3\n{}", to(&[&backend])));
    let mut client = edge.connect();
    let closes: Vec<bool> = (0..3).map(|_| client.get("/").closes()).collect();
    assert_eq!(closes, [false, false, true]);
    assert_eq!(client.rest(), b"");
}

/// With no descriptor left accepting pauses, and goes on when there are some again; nothing dies.
#[test]
fn exhausted_descriptors_are_survived() {
    let place = Place::new();
    let config = "[server]\nworkers = 2\n[admin]\nat = \"off\"\n[[listener]]\nat = \"127.0.0.1:0\"\n\
                  [[site]]\n[[site.route]]\nanswer = { body = \"well\\n\" }\n";
    let path = place.file("edge.toml", config);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 40 && exec \"$0\" serve \"$1\"", BINARY, &path]);
    let edge = Edge::start(place, &mut command, 1);
    let mut served = edge.connect();
    assert_eq!(served.get("/").text(), "well\n");
    let many: Vec<Client> = (0..80).map(|_| edge.connect()).collect();
    edge.await_error(0, "accept-paused");
    assert_eq!(served.get("/").text(), "well\n", "who is in is served meanwhile");
    drop(many);
    for _ in 0..20 {
        assert_eq!(edge.connect().get("/").text(), "well\n");
    }
}
