//! Requests that break a rule: the right status, a line that names the rule, the connection closed, and not a byte for the backend.

use crate::process::to;
use crate::support::backend::Backend;
use crate::support::edge::Edge;

const HOST: &str = "Host: a.example\r\n";

/// A request line and the field lines that follow `Host`.
fn with(fields: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\n{HOST}{fields}\r\n").into_bytes()
}

fn refused(edge: &Edge, name: &str, request: &[u8], status: u16) {
    let mut client = edge.connect();
    client.send(request);
    let response = client.response().unwrap_or_else(|error| panic!("{name}: {error}"));
    let text = response.text();
    assert_eq!(response.status, status, "{name}: {text}");
    assert!(response.closes(), "{name}: {:?}", response.fields);
    assert!(text.starts_with(&format!("{status} ")) && text.lines().count() == 1, "{name}: {text}");
    // Nothing more comes, whatever follows the request in the buffers.
    assert_eq!(client.rest(), b"", "{name}");
}

/// Each with a smuggled request behind it, which must not be answered.
#[test]
fn what_breaks_a_rule_is_refused_here() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[limits]\ntarget-bytes = \"1 KiB\"\nhead-bytes = \"8 KiB\"\n{}", to(&[&backend])));
    let long = |text: &str, times: usize| text.repeat(times);
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("length and coding", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400),
        ("coding and length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400),
        ("two lengths", with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400),
        ("two equal lengths", with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400),
        ("a list of lengths", with("Content-Length: 5, 5\r\n"), 400),
        ("a signed length", with("Content-Length: +5\r\n"), 400),
        ("a negative length", with("Content-Length: -5\r\n"), 400),
        ("a hexadecimal length", with("Content-Length: 0x5\r\n"), 400),
        ("an empty length", with("Content-Length:\r\n"), 400),
        ("a length of 30 digits", with("Content-Length: 999999999999999999999999999999\r\n"), 413),
        ("a coding nobody knows", with("Transfer-Encoding: gzip, chunked\r\n"), 501),
        ("a coding in disguise", with("Transfer-Encoding: xchunked\r\n"), 400),
        ("chunked, but not last", with("Transfer-Encoding: chunked, gzip\r\n"), 400),
        ("chunked twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400),
        ("chunked in HTTP/1.0", format!("POST / HTTP/1.0\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n").into_bytes(), 400),
        ("a space before the colon", with("Content-Length : 5\r\n"), 400),
        ("a folded line", with("X-A: 1\r\n folded\r\n"), 400),
        ("a space before the first field", b"GET / HTTP/1.1\r\n Host: a.example\r\n\r\n".to_vec(), 400),
        ("a bare LF", b"GET / HTTP/1.1\nHost: a.example\n\n".to_vec(), 400),
        ("a bare LF in the head", with("X-A: 1\nX-B: 2\r\n"), 400),
        ("a bare CR in a value", with("X-A: 1\rX-B: 2\r\n"), 400),
        ("NUL in a value", with("X-A: 1\x002\r\n"), 400),
        ("a field without a colon", with("X-A\r\n"), 400),
        ("a field without a name", with(": 1\r\n"), 400),
        ("a byte that is no token", with("X(A): 1\r\n"), 400),
        ("no Host", b"GET / HTTP/1.1\r\n\r\n".to_vec(), 400),
        ("two Hosts", format!("GET / HTTP/1.1\r\n{HOST}{HOST}\r\n").into_bytes(), 400),
        ("a Host that is none", b"GET / HTTP/1.1\r\nHost: a.example/x\r\n\r\n".to_vec(), 400),
        ("a user name in Host", b"GET / HTTP/1.1\r\nHost: user@a.example\r\n\r\n".to_vec(), 400),
        ("Host and target disagree", format!("GET http://b.example/ HTTP/1.1\r\n{HOST}\r\n").into_bytes(), 400),
        ("two spaces in the request line", format!("GET  / HTTP/1.1\r\n{HOST}\r\n").into_bytes(), 400),
        ("a tab in the request line", format!("GET\t/ HTTP/1.1\r\n{HOST}\r\n").into_bytes(), 400),
        ("a fragment", format!("GET /a#b HTTP/1.1\r\n{HOST}\r\n").into_bytes(), 400),
        ("a control byte in the target", format!("GET /a\x01 HTTP/1.1\r\n{HOST}\r\n").into_bytes(), 400),
        ("a path that climbs out", format!("GET /../../etc/passwd HTTP/1.1\r\n{HOST}\r\n").into_bytes(), 400),
        ("the version in small letters", format!("GET / http/1.1\r\n{HOST}\r\n").into_bytes(), 400),
        ("version 2 as text", format!("GET / HTTP/2.0\r\n{HOST}\r\n").into_bytes(), 505),
        ("no version", b"GET /\r\n\r\n".to_vec(), 400),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), 400),
        ("CONNECT", b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n".to_vec(), 501),
        ("a target too long", format!("GET /{} HTTP/1.1\r\n{HOST}\r\n", long("a", 1025)).into_bytes(), 414),
        ("a head too large", with(&format!("X-A: {}\r\n", long("a", 9000))), 431),
        ("too many fields", with(&long("A: 1\r\n", 101)), 431),
        ("another expectation", with("Expect: the-unexpected\r\n"), 417),
        ("bytes after an upgrade", with("Connection: upgrade\r\nUpgrade: websocket\r\n"), 400),
        ("a body beyond the site's cap", with("Content-Length: 104857601\r\n"), 413),
    ];
    for (name, mut request, status) in cases {
        request.extend_from_slice(format!("GET /smuggled HTTP/1.1\r\n{HOST}\r\n").as_bytes());
        refused(&edge, name, &request, status);
    }
    assert_eq!((backend.begun(), backend.connections()), (0, 0), "the backend saw nothing");
    assert_eq!(edge.connect().get("/").status, 200, "and the process is well");
}

/// A fault within a chunked body: the backend may have seen the head, but never a whole request.
#[test]
fn a_broken_body_is_never_whole() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let chunked = |body: &str| with(&format!("Transfer-Encoding: chunked\r\n\r\n{body}"));
    let cases = [
        ("no size", "\r\nhello\r\n0\r\n\r\n", 400),
        ("a size with a sign", "+5\r\nhello\r\n0\r\n\r\n", 400),
        ("a size with a prefix", "0x5\r\nhello\r\n0\r\n\r\n", 400),
        ("a size of 17 digits", "00000000000000005\r\nhello\r\n0\r\n\r\n", 400),
        ("a bare LF after the size", "5\nhello\r\n0\r\n\r\n", 400),
        ("no CRLF after the data", "5\r\nhello0\r\n\r\n", 400),
        ("a bare LF after the data", "5\r\nhello\n0\r\n\r\n", 400),
        ("a trailer that frames", "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n", 400),
    ];
    for (name, body, status) in cases {
        refused(&edge, name, &chunked(body), status);
    }
    let whole: Vec<String> = backend.seen().into_iter().map(|request| request.head).collect();
    assert!(whole.is_empty(), "{whole:?}");
}

/// A client that ends in the middle of a body: the backend never gets a whole request, and the next client is served.
#[test]
fn a_body_cut_short_is_never_whole() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    for fields in ["Content-Length: 100\r\n\r\nonly this", "Transfer-Encoding: chunked\r\n\r\n64\r\nonly this"] {
        let mut client = edge.connect();
        client.send(format!("POST / HTTP/1.1\r\n{HOST}{fields}"));
        client.stream.get_ref().shutdown(std::net::Shutdown::Write).expect("it is open");
        client.rest();
    }
    assert_eq!(edge.connect().get("/").status, 200);
    assert_eq!(backend.seen().len(), 1, "only the last one was whole");
}

/// The preface of HTTP/2, on a listener that does not speak it.
#[test]
fn a_preface_is_refused_where_only_http1_is_spoken() {
    let backend = Backend::start();
    let at = "at = \"127.0.0.1:0\"\n";
    let edge = Edge::of(&to(&[&backend]).replace(at, &format!("{at}protocols = [\"http/1.1\"]\n")));
    refused(&edge, "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    assert_eq!(backend.begun(), 0);
}
