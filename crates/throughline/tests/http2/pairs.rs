//! Either version on either side: a client of HTTP/1 or HTTP/2, and behind us a backend of HTTP/1, or one that speaks HTTP/2 (another of
//! us, and HAProxy, each with the same backend behind it). What passes in one pair passes in all.

use crate::connection::{Connection, request_with};
use crate::frames::{self, END_HEADERS, END_STREAM, WHOLE, data};
use crate::hpack::literals;
use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::Edge;
use crate::support::message::response;
use crate::support::{PATIENCE, checksum, noise};
use crate::target::Target;
use std::io::BufRead;
use std::net::SocketAddr;

/// A request; its body is sent without a length.
struct Ask<'a> {
    method: &'a str,
    path: &'a str,
    fields: &'a [(&'a str, &'a str)],
    body: Option<&'a [u8]>,
    trailers: &'a [(&'a str, &'a str)],
    /// The body is sent once it was asked for.
    waits: bool,
}

const GET: Ask<'_> = Ask { method: "GET", path: "/", fields: &[], body: None, trailers: &[], waits: false };

/// An answer, in either version.
#[derive(Debug)]
struct Got {
    status: u16,
    interim: Vec<u16>,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
    trailers: Vec<(String, String)>,
}

impl Got {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    fn trailer(&self, name: &str) -> Option<&str> {
        self.trailers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

/// A connection of either version.
enum Caller {
    Http1(Client),
    Http2(Connection),
}

impl Caller {
    fn ask(&mut self, ask: &Ask<'_>) -> Got {
        match self {
            Caller::Http1(client) => ask_http1(client, ask),
            Caller::Http2(client) => ask_http2(client, ask),
        }
    }
}

fn ask_http1(client: &mut Client, ask: &Ask<'_>) -> Got {
    let fields: String = ask.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let coding = if ask.body.is_some() { "Transfer-Encoding: chunked\r\n" } else { "" };
    client.send(format!("{} {} HTTP/1.1\r\nHost: a.example\r\n{fields}{coding}\r\n", ask.method, ask.path));
    let mut interim = Vec::new();
    if ask.waits {
        let mut line = String::new();
        client.stream.read_line(&mut line).expect("it is asked for");
        assert!(line.starts_with("HTTP/1.1 100"), "{line}");
        client.stream.read_line(&mut line).expect("the end of the head");
        interim.push(100);
    }
    if let Some(body) = ask.body {
        let trailers: String = ask.trailers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        client.send([format!("{:x}\r\n", body.len()).as_bytes(), body, format!("\r\n0\r\n{trailers}\r\n").as_bytes()].concat());
    }
    let answer = response(&mut client.stream, ask.method).expect("an answer");
    interim.extend(answer.interim);
    Got { status: answer.status, interim, fields: answer.fields, body: answer.body, trailers: answer.trailers }
}

fn ask_http2(client: &mut Connection, ask: &Ask<'_>) -> Got {
    let stream = client.stream();
    let lower: Vec<_> = ask.fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), *value)).collect();
    let fields: Vec<_> = lower.iter().map(|(name, value)| (&**name, *value)).collect();
    let head = request_with(ask.method, ask.path, &fields);
    client.headers(stream, if ask.body.is_some() { END_HEADERS } else { WHOLE }, &head);
    let mut interim = Vec::new();
    if ask.waits {
        let frame = std::iter::from_fn(|| Some(client.frame().expect("it is asked for"))).find(|frame| frame.kind == frames::HEADERS);
        let head = client.block(&frame.expect("a frame")).expect("a head");
        assert_eq!(head[0].1, "100");
        interim.push(100);
    }
    if let Some(body) = ask.body {
        // All of them are shorter than the windows at their beginning.
        let pieces: Vec<_> = body.chunks(16_384).collect();
        for (number, piece) in pieces.iter().enumerate() {
            let last = number + 1 == pieces.len() && ask.trailers.is_empty();
            client.send(&data(stream, if last { END_STREAM } else { 0 }, *piece));
        }
        if !ask.trailers.is_empty() {
            let trailers = ask.trailers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            client.send(&frames::Frame::new(frames::HEADERS, WHOLE, stream, literals(&trailers)));
        }
    }
    let answer = client.answer(stream).unwrap_or_else(|event| panic!("{} {}: {event}: {}", ask.method, ask.path, client.came()));
    interim.extend(answer.interim);
    Got { status: answer.status, interim, fields: answer.fields, body: answer.body, trailers: answer.trailers }
}

/// What stands behind us.
struct Behind {
    name: &'static str,
    at: String,
    protocol: &'static str,
    _running: (Option<Edge>, Option<Target>),
}

fn behind(backend: &Backend) -> Vec<Behind> {
    let second = before(&backend.at, "http/1.1");
    let at = second.at(0).to_string();
    let mut all = vec![
        Behind { name: "HTTP/1", at: backend.at.clone(), protocol: "http/1.1", _running: (None, None) },
        Behind { name: "HTTP/2", at, protocol: "h2", _running: (Some(second), None) },
    ];
    if let Some(target) = Target::haproxy(&backend.at) {
        all.push(Behind { name: "HAProxy with HTTP/2", at: target.at.to_string(), protocol: "h2", _running: (None, Some(target)) });
    }
    all
}

fn before(backend: &str, protocol: &str) -> Edge {
    Edge::of(&format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\npool = \"app\"\n\
         [pool.app]\nprotocol = \"{protocol}\"\nbackends = [\"{backend}\"]\n"
    ))
}

/// Runs something in every pair.
fn in_every_pair(check: impl Fn(&str, &mut Caller)) {
    let backend = Backend::start();
    for behind in behind(&backend) {
        let edge = before(&behind.at, behind.protocol);
        let at: SocketAddr = edge.at(0);
        let callers = [Caller::Http1(Client::connect(at)), Caller::Http2(Connection::open(at, PATIENCE).expect("a connection"))];
        for mut caller in callers {
            let version = if matches!(caller, Caller::Http1(_)) { "HTTP/1" } else { "HTTP/2" };
            check(&format!("{version} to {}", behind.name), &mut caller);
        }
    }
}

#[test]
fn answers_without_content() {
    in_every_pair(|pair, caller| {
        for _ in 0..2 {
            let head = caller.ask(&Ask { method: "HEAD", path: "/bytes/1000", ..GET });
            assert_eq!((head.status, head.field("content-length"), head.body.len()), (200, Some("1000"), 0), "{pair}");
            let none = caller.ask(&Ask { path: "/empty/204", ..GET });
            assert_eq!((none.status, none.field("content-length"), none.body.len()), (204, None, 0), "{pair}: {none:?}");
            let unchanged = caller.ask(&Ask { path: "/empty/304", ..GET });
            assert_eq!((unchanged.status, unchanged.field("etag"), unchanged.body.len()), (304, Some("\"x\""), 0), "{pair}");
            let empty = caller.ask(&Ask { path: "/bytes/0", ..GET });
            assert_eq!((empty.status, empty.field("content-length"), empty.body.len()), (200, Some("0"), 0), "{pair}");
            let some = caller.ask(&Ask { path: "/bytes/10", ..GET });
            assert_eq!((some.status, some.body), (200, noise(10)), "{pair}: after them, on the same connection");
        }
    });
}

#[test]
fn early_hints_come_before_the_answer() {
    in_every_pair(|pair, caller| {
        let hinted = caller.ask(&Ask { path: "/interim", ..GET });
        assert_eq!((hinted.status, &*hinted.interim), (200, &[103][..]), "{pair}");
        assert_eq!(hinted.body, b"after the hint\n", "{pair}");
    });
}

#[test]
fn trailers_pass_both_ways() {
    in_every_pair(|pair, caller| {
        let body = noise(50_000);
        let trailers = [("x-sum", "12345"), ("x-other", "of the request")];
        let up = caller.ask(&Ask {
            method: "POST",
            path: "/echo",
            fields: &[("Trailer", "x-sum")],
            body: Some(&body),
            trailers: &trailers,
            ..GET
        });
        let text = String::from_utf8_lossy(&up.body).to_ascii_lowercase();
        assert_eq!(text, format!("50000 {:016x} x-sum=12345,x-other=of the request\n", checksum(&body)), "{pair}");
        let down = caller.ask(&Ask { path: "/chunked/50000", ..GET });
        assert!(down.body == body, "{pair}");
        assert_eq!(down.trailer("x-checksum"), Some(&*format!("{:016x}", checksum(&body))), "{pair}");
        // Of a body that is empty, they are all there is.
        let bare = caller.ask(&Ask { path: "/chunked/0", ..GET });
        assert_eq!((bare.body.len(), bare.trailer("x-checksum")), (0, Some(&*format!("{:016x}", checksum(b"")))), "{pair}");
    });
}

#[test]
fn a_body_waits_until_it_is_asked_for() {
    in_every_pair(|pair, caller| {
        let body = noise(20_000);
        let fields = [("Expect", "100-continue")];
        let answer = caller.ask(&Ask { method: "PUT", path: "/echo", fields: &fields, body: Some(&body), waits: true, ..GET });
        assert_eq!((answer.status, &*answer.interim), (200, &[100][..]), "{pair}");
        assert_eq!(String::from_utf8_lossy(&answer.body), format!("20000 {:016x} \n", checksum(&body)), "{pair}");
    });
}

/// A backend that has seen enough answers before it has read the body: the answer arrives, in either version.
#[test]
fn an_early_answer_is_not_lost() {
    in_every_pair(|pair, caller| {
        let body = noise(60_000);
        let early = caller.ask(&Ask { method: "POST", path: "/early", body: Some(&body), ..GET });
        assert_eq!((early.status, &*early.body), (403, &b"not that\n"[..]), "{pair}");
    });
}
