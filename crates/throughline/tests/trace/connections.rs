//! Connections that do not come about, and races.

use crate::ports::{free_address, free_at};
use crate::support::{json, saying, steps, trace};
use socket2::{Domain, Socket, Type};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// An address whose queue is full: the kernel does not answer those who come. Its port is free at 127.0.0.2 too.
fn full() -> (u16, Socket, Vec<TcpStream>) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let address = free_at(&[Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)]);
    socket.bind(&address.into()).expect("a port");
    socket.listen(0).expect("it listens");
    // A backlog of zero holds one.
    let waiting = TcpStream::connect(address).expect("one fits");
    (address.port(), socket, vec![waiting])
}

#[test]
fn a_port_where_nobody_listens() {
    let ran = trace(&[&format!("http://{}/", free_address())]);
    ran.failed(13, &["Connect failed on the server's side", "127.0.0.1 refused", "nothing listens on port", "whether the server runs"]);
}

#[test]
fn a_server_that_does_not_answer() {
    let (port, _socket, _waiting) = full();
    let ran = trace(&["--max-time", "2s", &format!("http://127.0.0.1:{port}/")]);
    ran.failed(13, &["Connect failed", "the connection was not there yet", "--max-time"]);
    ran.says("no answer");
}

#[test]
fn a_loser_of_the_race_is_shown() {
    let port = saying(OK);
    let given = format!("a.example:{port}:[::1],127.0.0.1");
    let (code, journey) = json(&["--resolve", &given, &format!("http://a.example:{port}/")]);
    assert_eq!(code, 0, "{journey}");
    let started = steps(&journey, "connect-started");
    assert_eq!(started.len(), 2, "{journey}");
    assert_eq!((&started[0]["why"], &started[1]["why"]), (&"first".into(), &"one-failed".into()));
    assert!(started[0]["address"].as_str().expect("a text").starts_with("[::1]"), "IPv6 begins: {journey}");
    assert_eq!(steps(&journey, "connect-failed").len(), 1);
    assert_eq!(steps(&journey, "connection-opened")[0]["attempt"], 2);
}

#[test]
fn a_slow_one_is_overtaken() {
    let (port, _socket, _waiting) = full();
    let fast = TcpListener::bind(("127.0.0.2", port)).unwrap_or_else(|error| panic!("127.0.0.2 is of this machine: {error}"));
    std::thread::spawn(move || {
        use std::io::Write;
        let (mut stream, _) = fast.accept().expect("a connection");
        crate::support::request(&mut stream);
        stream.write_all(OK).expect("it is sent");
    });
    let given = format!("a.example:{port}:127.0.0.1,127.0.0.2");
    let (code, journey) = json(&["--resolve", &given, &format!("http://a.example:{port}/")]);
    assert_eq!(code, 0, "{journey}");
    assert_eq!(steps(&journey, "connect-started")[1]["why"], "no-answer-yet");
    assert_eq!(steps(&journey, "connect-failed")[0]["why"], "overtaken");
}

#[test]
fn the_four_tuple_and_what_the_kernel_measured() {
    let port = saying(OK);
    let (_, journey) = json(&[&format!("http://127.0.0.1:{port}/")]);
    let opened = &steps(&journey, "connection-opened")[0];
    assert_eq!(opened["remote"], format!("127.0.0.1:{port}"));
    assert!(opened["local"].as_str().expect("a text").starts_with("127.0.0.1:"));
    let measured = steps(&journey, "tcp-measured");
    let moments: Vec<_> = measured.iter().map(|step| step["moment"].as_str().expect("a word")).collect();
    assert_eq!(moments, ["connected", "first-byte", "end"], "{journey}");
}
