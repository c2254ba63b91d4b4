//! WebSockets: a server that does as it should, and servers that do not.

use crate::support::{certificate, command, json, request, reset, saying, server, steps, trace, url};
use std::io::{Read, Write};
use std::net::TcpStream;
use tungstenite::WebSocket;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role};
use wire::websocket::accept_key;

/// Shakes hands by hand, with these fields besides those that are needed.
fn open(stream: &mut impl ReadWrite, more: &str) {
    let head = request(stream);
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).expect("a key");
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n{more}\r\n",
        String::from_utf8_lossy(&accept_key(key.as_bytes()))
    );
    stream.write_all(answer.as_bytes()).expect("it takes the answer");
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

/// A server that opens a WebSocket, sends these bytes and reads until the end.
fn sending(bytes: &'static [u8]) -> u16 {
    server(move |mut stream, _| {
        open(&mut stream, "");
        let _ = stream.write_all(bytes);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    })
}

/// An open WebSocket of a library of others.
fn accept(mut stream: TcpStream) -> WebSocket<TcpStream> {
    open(&mut stream, "");
    WebSocket::from_raw_socket(stream, Role::Server, None)
}

/// Every message comes back.
fn echo(stream: TcpStream) {
    let mut socket = accept(stream);
    while let Ok(message) = socket.read() {
        if message.is_text() || message.is_binary() {
            socket.send(message).expect("it is open");
        }
    }
}

#[test]
fn an_echo() {
    let port = server(|stream, _| echo(stream));
    let ran = trace(&["-v", "--ws-send", "hello\x1b[31m", "--ws-send", "again", "--ws-frames", "2", &url("ws", port, "/chat?x")]);
    ran.arrived();
    ran.says(&format!("WebSocket, port {port}"));
    ran.says("GET /chat?x → 101 Switching Protocols");
    ran.says("the server has read our key");
    ran.says("no subprotocol was offered");
    ran.says("compression was offered (permessage-deflate), and the server does without");
    ran.says("ping answered after");
    ran.says("by us first: 1000 (the purpose is fulfilled)");
    ran.says("closed by us: 1000");
    ran.says("hello");
    assert!(!ran.out.contains('\x1b'), "{}", ran.out);
    let (code, journey) = json(&["--ws-send", "hello", "--ws-frames", "1", &url("ws", port, "/")]);
    assert_eq!((code, &journey["status"]), (0, &101.into()));
    let told: Vec<String> = steps(&journey, "websocket-frame")
        .iter()
        .map(|step| format!("{} {} {} {}", step["from"], step["kind"], step["size"], step["text"]).replace('"', ""))
        .collect();
    for frame in ["client ping 8 ", "client text 5 hello", "server pong 8 ", "server text 5 hello", "client close 2 ", "server close 2 "] {
        assert!(told.iter().any(|told| told == frame), "{frame:?} is not in {told:?}");
    }
    assert_eq!(steps(&journey, "arrived")[0]["size"], 5);
    let output = command(&["-o", "-", "--ws-send", "to standard output", "--ws-frames", "1", &url("ws", port, "/")]);
    assert_eq!(output.stdout, b"to standard output");
}

#[test]
fn a_server_that_closes_first() {
    let port = server(|stream, _| {
        let mut socket = accept(stream);
        let frame = CloseFrame { code: CloseCode::Restart, reason: "be back soon".into() };
        socket.close(Some(frame)).expect("it is open");
        while socket.read().is_ok() {}
    });
    let (code, journey) = json(&[&url("ws", port, "/")]);
    assert_eq!(code, 0);
    let closed = &steps(&journey, "websocket-closed")[0];
    assert_eq!((&closed["by"], &closed["code"], &closed["answer"]), (&"server".into(), &1012.into(), &1012.into()));
    assert_eq!(closed["reason"], "be back soon");
    trace(&[&url("ws", port, "/")]).says("by the server first: 1012 (the service restarts), \"be back soon\"");
}

#[test]
fn subprotocols_and_compression() {
    let port = server(|mut stream, _| {
        open(&mut stream, "Sec-WebSocket-Protocol: b.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n");
        // RFC 7692 §7.2.3.1: "Hello", compressed.
        let _ = stream.write_all(&[0xc1, 7, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
        let _ = stream.write_all(&[0x88, 0]);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let ran = trace(&["-v", "--ws-protocol", "a.1", "--ws-protocol", "b.1", &url("ws", port, "/")]);
    ran.arrived();
    ran.says("b.1, of a.1, b.1");
    ran.says("messages may be compressed: permessage-deflate");
    ran.says("text, 7 bytes, compressed");
    ran.says("Hello");
    ran.says("by the server first: without a code");
}

#[test]
fn an_answer_that_is_no_websocket() {
    let fails = |answer: &'static [u8], parts: &[&str]| trace(&[&url("ws", saying(answer), "/")]).failed(15, parts);
    fails(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", &["on the server's side", "404 Not Found in place of 101", "path"]);
    fails(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", &["200 OK in place of 101", "takes Upgrade away"]);
    fails(b"HTTP/1.1 403 Forbidden\r\n\r\n", &["403 Forbidden", "Origin"]);
    fails(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", &["302 Found", "/there", "ask there"]);
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n";
    fails(answer, &["breaks a rule", "Sec-WebSocket-Accept does not belong to the key", "RFC 6455 §4.1"]);
    fails(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n", &["Upgrade is not websocket alone"]);
    let port = server(|mut stream, _| open(&mut stream, "Sec-WebSocket-Protocol: surprise\r\n"));
    trace(&[&url("ws", port, "/")]).failed(15, &["a subprotocol that was not offered"]);
    let port = server(|mut stream, _| open(&mut stream, "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    trace(&["--ws-no-compression", &url("ws", port, "/")]).failed(15, &["an extension that was not offered"]);
    // And a switch that nobody asked for.
    trace(&[&url("http", saying(answer), "/")]).failed(15, &["nobody asked for"]);
}

#[test]
fn frames_that_break_rules() {
    let fails = |bytes: &'static [u8], parts: &[&str]| trace(&[&url("ws", sending(bytes), "/")]).failed(18, parts);
    fails(&[0x81, 0x85, 1, 2, 3, 4, 0, 0, 0, 0, 0], &["Socket failed on the server's side", "masked", "1002", "RFC 6455 §5.1"]);
    fails(&[0x81, 2, 0xc3, 0x28], &["text message is not UTF-8", "1007"]);
    fails(&[0xc1, 1, 0], &["reserved bit", "RFC 6455 §5.2"]);
    fails(&[0x80, 1, b'x'], &["A continuation came where no message was begun", "RFC 6455 §5.4"]);
    fails(&[0x89, 126, 0, 200], &["more than 125 bytes"]);
    fails(&[0x88, 2, 0x03, 0xed], &["a code that is not for the wire"]);
    fails(b"HTTP/1.1 200 OK\r\n\r\n", &["closed with 1002"]);
    fails(&[0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0], &["larger than this endpoint takes", "1009"]);
}

#[test]
fn connections_that_end_without_a_close_frame() {
    let port = server(|mut stream, _| {
        open(&mut stream, "");
        let _ = stream.write_all(&[0x81, 2, b'h', b'i']);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let ran = trace(&[&url("ws", port, "/")]);
    ran.failed(18, &["ended the connection without a close frame (1006), after one frame", "log"]);
    ran.says("by the server first, with the end of the stream");
    let port = server(|mut stream, _| {
        open(&mut stream, "");
        // What we say has come; what is not read of it makes the end a reset.
        let _ = stream.read(&mut [0; 1]);
        reset(stream);
    });
    trace(&[&url("ws", port, "/")]).failed(18, &["reset the connection without a close frame (1006)", "no frame at all"]);
    let ran = trace(&["--ws-time", "50ms", &url("ws", sending(&[]), "/")]);
    ran.failed(18, &["did not answer our close frame within 5 s"]);
    ran.says("not answered");
    trace(&["-m", "3s", &url("ws", sending(&[]), "/")]).failed(18, &["the WebSocket was still open", "3 s of --max-time"]);
}

#[test]
fn a_flood_is_counted_and_not_told_one_by_one() {
    let port = server(|mut stream, _| {
        open(&mut stream, "");
        let flood: Vec<u8> = [0x81, 1, b'x'].repeat(30_000);
        let _ = stream.write_all(&flood);
        let _ = stream.write_all(&[0x88, 2, 0x03, 0xe8]);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let (code, journey) = json(&[&url("ws", port, "/")]);
    assert_eq!(code, 0);
    let told = steps(&journey, "websocket-frame").len() as u64;
    assert!(told <= 1002, "{told}");
    let untold = steps(&journey, "websocket-frames-untold")[0]["frames"].as_u64().expect("a number");
    // Two of ours: the ping, and the answer to the close; perhaps no pong at all.
    assert_eq!(told + untold, 30_000 + 3);
    trace(&[&url("ws", port, "/")]).says("(-v shows them)");
}

#[test]
fn inside_tls() {
    let made = certificate(&["localhost"], -1, 30);
    let port = made.server(|stream| {
        open(stream, "");
        let _ = stream.write_all(&[0x81, 2, b'h', b'i', 0x88, 2, 0x03, 0xe8]);
        let _ = stream.flush();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    });
    let file = made.file("wss.pem");
    let ran = trace(&["-v", "--cacert", &file.display().to_string(), &url("wss", port, "/")]);
    ran.arrived();
    ran.says("WebSocket inside TLS");
    ran.says("text, 2 bytes");
    trace(&["wss://localhost:1/"]).says("WebSocket inside TLS, port 1");
}

#[test]
fn what_the_command_line_refuses() {
    let says = |arguments: &[&str], part: &str| {
        let ran = trace(arguments);
        assert_ne!(ran.code, 0);
        ran.says(part);
    };
    says(&["-d", "x", "ws://localhost/"], "-X and -d are not for it");
    says(&["--ws-protocol", "a b", "ws://localhost/"], "a subprotocol is a word");
    says(&["--ws-protocol", "a", "--ws-protocol", "a", "ws://localhost/"], "offered twice");
    says(&["-H", "Sec-WebSocket-Key: x", "ws://localhost/"], "written by the command itself");
    let away = saying(b"HTTP/1.1 302 Found\r\nLocation: ws://localhost/\r\nContent-Length: 0\r\n\r\n");
    trace(&[&url("http", away, "/")]).failed(15, &["scheme ws"]);
}
