//! WebSocket through the proxy: a tunnel that carries frames both ways, and ends when it is silent or closed.

use crate::process::to;
use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::Edge;
use crate::support::noise;
use crate::support::websocket::{BINARY, CLOSE, Frame, PING, PONG, TEXT, accept, read_frame, write_frame};
use std::time::{Duration, Instant};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const MASK: Option<[u8; 4]> = Some([0x37, 0xfa, 0x21, 0x3d]);

fn open(edge: &Edge) -> Client {
    let mut client = edge.connect();
    client.send(format!(
        "GET /ws HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n"
    ));
    let response = client.response().expect("an answer");
    assert_eq!(response.status, 101);
    assert_eq!(response.field("upgrade"), Some("websocket"));
    assert!(response.field("connection").is_some_and(|value| value.eq_ignore_ascii_case("upgrade")), "{:?}", response.fields);
    assert_eq!(response.field("sec-websocket-accept"), Some(&*accept(KEY)));
    assert_eq!((response.field("content-length"), response.field("transfer-encoding")), (None, None));
    client
}

fn send(client: &mut Client, opcode: u8, payload: &[u8]) {
    write_frame(client.stream.get_mut(), opcode, payload, MASK).expect("the tunnel is open");
}

fn exchange(client: &mut Client, opcode: u8, payload: &[u8], answer: u8) {
    // A thread writes: the echo of a long message begins to come back before it is all out.
    let mut writer = client.stream.get_ref().try_clone().expect("a second handle");
    let sent = payload.to_vec();
    let writing = std::thread::spawn(move || write_frame(&mut writer, opcode, &sent, MASK));
    let frame = read_frame(&mut client.stream).expect("a frame");
    writing.join().expect("no panic").expect("the tunnel is open");
    assert!(frame == Frame { opcode: answer, payload: payload.to_vec() }, "opcode {}, {} bytes", frame.opcode, frame.payload.len());
}

/// Messages of every length form, ping and pong, then the close from the client.
#[test]
fn frames_pass_both_ways() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let mut client = open(&edge);
    exchange(&mut client, TEXT, "grüße".as_bytes(), TEXT);
    exchange(&mut client, PING, b"are you there", PONG);
    exchange(&mut client, BINARY, &noise(300), BINARY);
    exchange(&mut client, BINARY, &noise(1024 * 1024), BINARY);
    for n in 0..200u8 {
        exchange(&mut client, TEXT, &[b'a'; 10][..usize::from(n % 10)], TEXT);
    }
    exchange(&mut client, CLOSE, &1000u16.to_be_bytes(), CLOSE);
    assert_eq!(client.rest(), b"", "the backend closed, and so do we");
    assert_eq!(backend.seen().len(), 1);
}

/// Silent in both directions for the tunnel's timeout: closed, not before. A heartbeat in one direction holds it.
#[test]
fn a_silent_tunnel_is_closed() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[limits]\ntunnel-timeout = \"1s\"\n{}", to(&[&backend])));
    let mut client = open(&edge);
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(1600) {
        // A heartbeat is a matter of time: this sleep is the thing tested, not a wait.
        std::thread::sleep(Duration::from_millis(400));
        exchange(&mut client, PING, b"", PONG);
    }
    let silent = Instant::now();
    assert_eq!(client.rest(), b"");
    let took = silent.elapsed();
    assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(5), "{took:?}");
}

/// Half of a tunnel may close before the other: what the backend still says arrives.
#[test]
fn a_tunnel_closes_by_halves() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let mut client = open(&edge);
    let payload = noise(100_000);
    send(&mut client, BINARY, &payload);
    client.stream.get_ref().shutdown(std::net::Shutdown::Write).expect("it is open");
    assert!(read_frame(&mut client.stream).expect("the echo") == Frame { opcode: BINARY, payload });
    assert_eq!(client.rest(), b"");
}

/// While the process drains, a tunnel gets half of the time that draining may take; then it is closed, and the process ends well.
#[test]
fn a_tunnel_ends_with_the_process() {
    let backend = Backend::start();
    let mut edge = Edge::of(&format!("[server]\ndrain-timeout = \"2s\"\n{}", to(&[&backend])));
    let mut client = open(&edge);
    edge.signal("TERM");
    assert!(edge.line().starts_with("draining 1 connections"));
    exchange(&mut client, TEXT, b"still here", TEXT);
    assert_eq!(client.rest(), b"");
    assert_eq!(edge.ended(crate::support::PATIENCE).expect("it ends").code(), Some(0));
}

/// A backend that does not switch: its answer passes as any other, and the connection goes on.
#[test]
fn an_upgrade_may_be_declined() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let mut client = edge.connect();
    client.send(format!(
        "GET /status/426 HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {KEY}\r\n\r\n"
    ));
    assert_eq!(client.response().expect("an answer").status, 426);
    assert_eq!(backend.last().field("upgrade"), Some("websocket"));
    assert_eq!(client.get("/").status, 200);
}
