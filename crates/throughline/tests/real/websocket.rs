//! WebSocket through the proxy: a tunnel that carries frames both ways, and ends when it is silent or closed.

use crate::process::to;
use crate::support::authority::own_certificate;
use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::{BINARY as PROGRAM, Edge};
use crate::support::peers::{Server, find_python};
use crate::support::place::Place;
use crate::support::ports::free_address;
use crate::support::websocket::{BINARY, CLOSE, Frame, PING, PONG, TEXT, accept, read_frame, write_frame};
use crate::support::{PATIENCE, noise};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tungstenite::protocol::{CloseFrame, Role, frame::coding::CloseCode};
use tungstenite::{Message, WebSocket};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const MASK: Option<[u8; 4]> = Some([0x37, 0xfa, 0x21, 0x3d]);

fn opening(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n"
    )
}

fn open(edge: &Edge) -> Client {
    let mut client = edge.connect();
    client.send(opening("/ws"));
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
    // Whoever is late himself, because the machine is slow, may find it closed, and begins again.
    let (mut client, silent) = loop {
        let mut client = open(&edge);
        if let Some(silent) = beat(&mut client) {
            break (client, silent);
        }
    };
    assert_eq!(client.rest(), b"");
    let took = silent.elapsed();
    assert!(took >= Duration::from_millis(900), "{took:?}");
}

/// A heartbeat for longer than a tunnel may be silent. Gives when the last one began; `None` if one came too late.
fn beat(client: &mut Client) -> Option<Instant> {
    let (began, mut last) = (Instant::now(), Instant::now());
    while began.elapsed() < Duration::from_millis(1600) {
        // A heartbeat is a matter of time: this sleep is the thing tested, not a wait.
        std::thread::sleep(Duration::from_millis(200));
        let beats = Instant::now();
        let sent = write_frame(client.stream.get_mut(), PING, b"", MASK);
        let came = sent.and_then(|()| read_frame(&mut client.stream));
        if last.elapsed() >= Duration::from_millis(900) {
            return None;
        }
        assert_eq!(came.expect("the tunnel is open"), Frame { opcode: PONG, payload: Vec::new() });
        last = beats;
    }
    Some(last)
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

/// While the process drains, a tunnel gets half of the time that draining may take; then it is told so and closed, and the process ends
/// well.
#[test]
fn a_tunnel_ends_with_the_process() {
    let backend = Backend::start();
    let mut edge = Edge::of(&format!("[server]\ndrain-timeout = \"8s\"\n{}", to(&[&backend])));
    let mut client = open(&edge);
    edge.signal("TERM");
    assert!(edge.line().starts_with("draining 1 connections"));
    exchange(&mut client, TEXT, b"still here", TEXT);
    assert_eq!(client.rest(), [0x88, 2, 0x03, 0xe9], "1001: the server goes away");
    assert_eq!(edge.ended(PATIENCE).expect("it ends").code(), Some(0));
}

/// A backend that does not switch: its answer passes as any other, and the connection goes on.
#[test]
fn an_upgrade_may_be_declined() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let mut client = edge.connect();
    client.send(opening("/status/426"));
    assert_eq!(client.response().expect("an answer").status, 426);
    assert_eq!(backend.last().field("upgrade"), Some("websocket"));
    assert_eq!(client.get("/").status, 200);
}

/// A client of others on a connection that was opened here: messages, a ping, and the close with its code and reason.
#[test]
fn tungstenite_is_served() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let stream = open(&edge).stream.into_inner();
    let mut socket = WebSocket::from_raw_socket(stream, Role::Client, None);
    for message in [Message::text("grüße"), Message::binary(noise(1_000_000)), Message::text("")] {
        socket.send(message.clone()).expect("the tunnel is open");
        assert_eq!(socket.read().expect("the echo"), message);
    }
    socket.send(Message::Ping(vec![1, 2, 3].into())).expect("the tunnel is open");
    assert_eq!(socket.read().expect("a pong"), Message::Pong(vec![1, 2, 3].into()));
    let closing = CloseFrame { code: CloseCode::Library(4321), reason: "enough".into() };
    socket.close(Some(closing.clone())).expect("the tunnel is open");
    assert_eq!(socket.read().expect("the echo of the close"), Message::Close(Some(closing)));
    assert!(matches!(socket.read(), Err(tungstenite::Error::ConnectionClosed)), "the backend has closed");
}

/// What is open is told, by `ctl status` and among the metrics, and no longer once it is over.
#[test]
fn open_websockets_are_counted() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[admin]\nat = \"127.0.0.1:0\"\n{}", to(&[&backend])));
    let admin = edge.at(1).to_string();
    let status = || {
        let output = Command::new(PROGRAM).args(["ctl", "--admin", &admin, "status"]).output().expect("the binary runs");
        String::from_utf8(output.stdout).expect("text")
    };
    let metrics = || {
        let mut client = Client::connect(edge.at(1));
        client.send(format!("GET /metrics HTTP/1.1\r\nHost: {admin}\r\n\r\n"));
        client.response().expect("an answer").text()
    };
    let told = |open: usize| status().contains(&format!("{open} open, {open} of them WebSockets"));
    let mut clients = [open(&edge), open(&edge), open(&edge)];
    assert!(told(3), "{}", status());
    let text = metrics();
    assert!(text.contains("\nthroughline_tunnels_open 3\n") && text.contains("\nthroughline_websockets_open 3\n"), "{text}");
    for client in &mut clients {
        exchange(client, CLOSE, &1000u16.to_be_bytes(), CLOSE);
        assert_eq!(client.rest(), b"");
    }
    // The backend has closed; a tunnel is open until both sides have.
    drop(clients);
    let began = Instant::now();
    while !told(0) {
        assert!(began.elapsed() < PATIENCE, "{}", status());
    }
    let text = metrics();
    assert!(text.contains("\nthroughline_tunnels_open 0\n") && text.contains("\nthroughline_websockets_open 0\n"), "{text}");
}

const PEER: &str = include_str!("websocket_peer.py");

/// Client and server of a library of others, compression and subprotocol agreed on between them, in clear text and over TLS; and the close
/// that a drain sends.
#[test]
fn websockets_of_others_pass() {
    let Some(python) = find_python("websockets") else { return };
    let (place, at) = (Place::new(), free_address());
    own_certificate(&place);
    let script = place.file("websocket_peer.py", PEER);
    let _server = Server::start(&python, &[&script, "serve", &at.port().to_string()], at);
    let folder = place.path().display();
    let mut edge = Edge::of(&format!(
        "[server]\ndrain-timeout = \"8s\"\n[[listener]]\nat = \"127.0.0.1:0\"\n[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n\
         [[certificate]]\nchain = \"{folder}/own.pem\"\nkey = \"{folder}/own.key\"\n\
         [[site]]\n[[site.route]]\npool = \"app\"\n[pool.app]\nbackends = [\"{at}\"]\n"
    ));
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.arg(&script).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        command.spawn().expect("Python runs")
    };
    let (clear, secured) = (format!("ws://{}/", edge.at(0)), format!("wss://{}/", edge.at(1)));
    for arguments in [&["talk", &clear][..], &["talk", &secured, &place.at("ca.pem")]] {
        let output = run(arguments).wait_with_output().expect("it is our child");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n", "{arguments:?}");
    }
    let mut client = run(&["stay", &clear]);
    let mut lines = BufReader::new(client.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    assert_eq!(lines.next().as_deref(), Some("open"));
    edge.signal("TERM");
    assert_eq!(lines.next().as_deref(), Some("1001"));
    assert!(client.wait().expect("it is our child").success());
    assert_eq!(edge.ended(PATIENCE).expect("it ends").code(), Some(0));
}

/// What `trace` tells of a WebSocket: of a library of others, with its compression and subprotocol, and of the demo's own.
#[test]
fn websockets_are_traced() {
    let traced = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).args(["trace", "--width", "400", "-v"]).args(arguments).output().expect("the binary runs");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let place = Place::new();
    let mut command = Command::new(PROGRAM);
    command.args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dns", "127.0.0.1:0"]);
    command.env("XDG_STATE_HOME", place.path());
    let demo = Edge::start(place, &mut command, 5);
    for (scheme, at) in [("ws", demo.at(0)), ("wss", demo.at(1))] {
        let text = traced(&["-k", "--ws-frames", "1", &format!("{scheme}://{at}/api/live")]);
        assert!(text.contains("101 Switching Protocols") && text.contains("closed by us: 1000"), "{text}");
    }
    let Some(python) = find_python("websockets") else { return };
    let (place, at) = (Place::new(), free_address());
    let script = place.file("websocket_peer.py", PEER);
    let _server = Server::start(&python, &[&script, "serve", &at.port().to_string()], at);
    let long = "grüße ".repeat(2000);
    let arguments = ["--ws-protocol", "echo.1", "--ws-send", "hello", "--ws-send", &long, "--ws-frames", "2"];
    let text = traced(&[&arguments[..], &[&format!("ws://{at}/")]].concat());
    for part in ["echo.1, of echo.1", "messages may be compressed: permessage-deflate", "compressed", "hello", "ping answered after"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(text.contains("by us first: 1000 (the purpose is fulfilled)") && !text.contains("answered with"), "{text}");
}
