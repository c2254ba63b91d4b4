//! Requests of HTTP/2 that would be two requests, or another one, if they were written out in HTTP/1.1 as they are (RFC 9113 §10.3):
//! refused, and not a byte of them for the backend.

use crate::connection::{Answer, Connection, Event, request, request_with};
use crate::frames::{END_HEADERS, END_STREAM, WHOLE, data};
use crate::hpack::Fields;
use crate::support::PATIENCE;
use crate::support::message::{request_body, request_head};
use crate::target::Target;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A backend that keeps every byte, whether it makes sense or not.
struct Recorder {
    at: SocketAddr,
    bytes: Arc<Mutex<Vec<u8>>>,
}

/// Reads, and remembers.
struct Tap {
    from: TcpStream,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Read for Tap {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.bytes.lock().expect("no panic").extend_from_slice(&into[..read]);
        Ok(read)
    }
}

impl Recorder {
    fn start() -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let at = listener.local_addr().expect("it is bound");
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let shared = bytes.clone();
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let bytes = shared.clone();
                std::thread::spawn(move || converse(stream, bytes));
            }
        });
        Recorder { at, bytes }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().expect("no panic")).into_owned()
    }
}

/// Answers whatever is a whole request; the rest is only kept.
fn converse(stream: TcpStream, bytes: Arc<Mutex<Vec<u8>>>) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(Tap { from: stream, bytes });
    while let Ok(Some(mut request)) = request_head(&mut reader) {
        if request_body(&mut reader, &mut request).is_err() || writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_err()
        {
            break;
        }
    }
    let _ = io::copy(&mut reader, &mut io::sink());
}

/// What may become of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    /// It has to be refused before the backend hears of it.
    Refuse,
    /// The backend may hear of it, but of nothing that is in `never`, in any case.
    Clean(&'static [&'static str]),
}

struct Case {
    name: &'static str,
    fields: Fields,
    /// The body, in its frames.
    body: Vec<&'static [u8]>,
    trailers: Fields,
    may: May,
}

fn case(name: &'static str, fields: Fields) -> Case {
    Case { name, fields, body: Vec::new(), trailers: Vec::new(), may: May::Refuse }
}

/// A `POST` with these fields.
fn with(name: &'static str, more: &[(&str, &str)]) -> Case {
    case(name, request_with("POST", "/", more))
}

/// A `GET` with another pseudo-header field.
fn but(name: &'static str, field: &str, value: &str) -> Case {
    let mut fields = request("GET", "/");
    fields.iter_mut().filter(|(known, _)| known == field).for_each(|(_, old)| *old = value.to_string());
    case(name, fields)
}

impl Case {
    fn body(mut self, body: &[&'static [u8]]) -> Case {
        self.body = body.to_vec();
        self
    }

    fn trailers(mut self, trailers: &[(&str, &str)]) -> Case {
        self.trailers = trailers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        self
    }

    fn never(mut self, never: &'static [&'static str]) -> Case {
        self.may = May::Clean(never);
        self
    }

    fn send(&self, client: &mut Connection) -> u32 {
        let stream = client.stream();
        let last = self.body.is_empty() && self.trailers.is_empty();
        client.headers(stream, if last { WHOLE } else { END_HEADERS }, &self.fields);
        for (at, piece) in self.body.iter().enumerate() {
            let last = at + 1 == self.body.len() && self.trailers.is_empty();
            client.send(&data(stream, if last { END_STREAM } else { 0 }, *piece));
        }
        if !self.trailers.is_empty() {
            client.headers(stream, WHOLE, &self.trailers);
        }
        stream
    }
}

/// Fields about the connection and the framing.
fn framing() -> Vec<Case> {
    vec![
        with("Transfer-Encoding", &[("transfer-encoding", "chunked")]).body(&[b"0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"]),
        with("Transfer-Encoding in disguise", &[("transfer-encoding", "xchunked")]).body(&[b"0\r\n\r\n"]),
        with("Connection", &[("connection", "x-evil"), ("x-evil", "1")]),
        with("Connection: close", &[("connection", "close")]),
        with("Keep-Alive", &[("keep-alive", "timeout=5")]),
        with("Proxy-Connection", &[("proxy-connection", "keep-alive")]),
        with("Upgrade", &[("upgrade", "h2c")]),
        with("TE", &[("te", "gzip")]),
        with("two lengths", &[("content-length", "4"), ("content-length", "5")]).body(&[b"evil"]),
        with("two equal lengths", &[("content-length", "4"), ("content-length", "4")])
            .body(&[b"fine"])
            .never(&["content-length: 4\r\ncontent-length"]),
        with("a list of lengths", &[("content-length", "4, 4")]).body(&[b"evil"]),
        with("a signed length", &[("content-length", "+4")]).body(&[b"evil"]),
        with("a negative length", &[("content-length", "-4")]).body(&[b"evil"]),
        with("a hexadecimal length", &[("content-length", "0x4")]).body(&[b"evil"]),
        with("an empty length", &[("content-length", "")]).body(&[b"evil"]),
        with("a length of 30 digits", &[("content-length", "999999999999999999999999999999")]).body(&[b"evil"]),
        with("a length and no body", &[("content-length", "4")]),
        with("less than Content-Length", &[("content-length", "40")]).body(&[b"evil"]).never(&[]),
        with("more than Content-Length", &[("content-length", "4")]).body(&[b"fineGET /smuggled HTTP/1.1\r\n\r\n"]).never(&["smuggled"]),
        with("more than Content-Length, later", &[("content-length", "4")])
            .body(&[b"fine", b"GET /smuggled HTTP/1.1\r\n\r\n"])
            .never(&["smuggled"]),
        with("Content-Length in trailers", &[]).body(&[b"fine"]).trailers(&[("content-length", "40")]).never(&["content-length: 40"]),
        with("Transfer-Encoding in trailers", &[]).body(&[b"fine"]).trailers(&[("transfer-encoding", "evil")]).never(&["evil"]),
        with("Host in trailers", &[]).body(&[b"fine"]).trailers(&[("host", "evil")]).never(&["evil"]),
        with("CRLF in trailers", &[]).body(&[b"fine"]).trailers(&[("x-a", "b\r\nevil: 1")]).never(&["evil"]),
        with("capitals in trailers", &[]).body(&[b"fine"]).trailers(&[("X-Evil", "1")]).never(&["evil"]),
        with(":path in trailers", &[]).body(&[b"fine"]).trailers(&[(":path", "/evil")]).never(&["evil"]),
    ]
}

/// Names and values that hold what they must not (§8.2.1).
fn octets() -> Vec<Case> {
    vec![
        with("CRLF in a value", &[("x-a", "b\r\nevil: 1")]),
        with("CR in a value", &[("x-a", "b\revil: 1")]),
        with("LF in a value", &[("x-a", "b\nevil: 1")]),
        with("NUL in a value", &[("x-a", "b\0evil")]),
        with("a request in a value", &[("x-a", "b\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n")]),
        with("CRLF in a cookie", &[("cookie", "a=b\r\nevil: 1")]),
        with("CRLF in a crumb", &[("cookie", "a=b"), ("cookie", "c=d\r\nevil: 1")]),
        with("a space before a value", &[("x-a", " b")]),
        with("a tab after a value", &[("x-a", "b\t")]),
        with("capitals in a name", &[("X-Evil", "1")]),
        with("capitals in Content-Length", &[("Content-Length", "4")]).body(&[b"evil"]),
        with("capitals in Transfer-Encoding", &[("Transfer-Encoding", "chunked")]).body(&[b"evil"]),
        with("a colon in a name", &[("x-a: b\r\nevil", "1")]),
        with("a colon after a name", &[("transfer-encoding:", "chunked")]).body(&[b"evil"]),
        with("only a colon", &[(":", "evil")]),
        with("a space in a name", &[("x evil", "1")]),
        with("a space before a name", &[(" evil", "1")]),
        with("a space after a name", &[("transfer-encoding ", "chunked")]).body(&[b"evil"]),
        with("CRLF in a name", &[("x-a\r\nevil", "1")]),
        with("LF in a name", &[("x-a\nevil", "1")]),
        with("NUL in a name", &[("x-a\0", "1")]),
        with("a control byte in a name", &[("x-a\x01", "1")]),
        with("a byte above ASCII in a name", &[("x-ä", "1")]),
        with("a name that is no token", &[("x(evil)", "1")]),
        with("no name", &[("", "evil")]),
    ]
}

/// Methods, targets and authorities (§8.3.1).
fn targets() -> Vec<Case> {
    let evil = "/ HTTP/1.1\r\nHost: evil\r\n\r\nGET /smuggled";
    let mut hostless = request("GET", "/");
    hostless.pop();
    let mut two = request("GET", "/");
    two.push((":authority".to_string(), "evil".to_string()));
    vec![
        but("CRLF in :path", ":path", evil),
        but("LF in :path", ":path", "/\nevil: 1"),
        but("a space in :path", ":path", "/ evil"),
        but("a version in :path", ":path", "/evil HTTP/1.1"),
        but("a tab in :path", ":path", "/\tevil"),
        but("NUL in :path", ":path", "/\0evil"),
        but("DEL in :path", ":path", "/\x7fevil"),
        but("an empty :path", ":path", ""),
        but("a :path without a slash", ":path", "evil"),
        but("* for GET", ":path", "*"),
        but("an absolute URI in :path", ":path", "http://evil/"),
        but("an authority in :path", ":path", "@evil/"),
        but("a fragment in :path", ":path", "/a#evil").never(&["#"]),
        but("a path that climbs out", ":path", "/../../evil").never(&["/.."]),
        but("CRLF in :method", ":method", "GET / HTTP/1.1\r\nHost: evil\r\n\r\nGET"),
        but("a space in :method", ":method", "GET /evil"),
        but("an empty :method", ":method", ""),
        but("a :method that is no token", ":method", "GE(T"),
        but("CRLF in :scheme", ":scheme", "http\r\nevil: 1"),
        but("a URI in :scheme", ":scheme", "http://evil/?"),
        but("an empty :scheme", ":scheme", "").never(&["://"]),
        but("CRLF in :authority", ":authority", "a.example\r\nevil: 1"),
        but("a space in :authority", ":authority", "a.example evil"),
        but("a path in :authority", ":authority", "a.example/evil"),
        but("a user name in :authority", ":authority", "evil@a.example"),
        but("a query in :authority", ":authority", "a.example?evil"),
        but("a port that is none", ":authority", "a.example:evil"),
        but("an empty :authority", ":authority", "").never(&["host: \r\n", "host:\r\n"]),
        case("two :authority", two),
        case("neither :authority nor Host", hostless).never(&["host: \r\n", "host:\r\n"]),
        with("Host and :authority disagree", &[("host", "evil")]),
        with("two hosts", &[("host", "a.example"), ("host", "evil")]),
        with("CRLF in Host", &[("host", "a.example\r\nevil: 1")]),
        with(":protocol without CONNECT", &[]).protocol("websocket"),
        but("CONNECT with a path", ":method", "CONNECT"),
        case("CONNECT", vec![(":method".to_string(), "CONNECT".to_string()), (":authority".to_string(), "evil:443".to_string())]),
    ]
}

impl Case {
    /// With `:protocol` before the other fields.
    fn protocol(mut self, protocol: &str) -> Case {
        self.fields.insert(0, (":protocol".to_string(), protocol.to_string()));
        self
    }
}

/// What is wrong with the reaction to it, if anything.
fn problem(case: &Case, target: &Target, recorder: &Recorder) -> Option<String> {
    let mut client = Connection::open(target.at, PATIENCE).expect("a connection");
    recorder.bytes.lock().expect("no panic").clear();
    let stream = case.send(&mut client);
    let fate = client.answer(stream);
    // One more request, well-formed: whatever was on its way to the backend has arrived before its answer, on that connection at least.
    let follows = Connection::open(target.at, PATIENCE).expect("a connection").get("/last");
    let heard = recorder.text();
    let before = heard.split("GET /last").next().expect("a split has a first part").to_ascii_lowercase();
    let told = || format!("{}: {}; the backend heard {before:?}", case.name, fate_in_words(&fate));
    if !follows.is_ok_and(|answer| answer.status == 200) {
        return Some(format!("{}: the next request is not served", case.name));
    }
    let accepted = matches!(&fate, Ok(answer) if answer.status < 400);
    let heard_of = match case.may {
        May::Refuse => accepted || !before.is_empty(),
        May::Clean(never) => never.iter().any(|never| before.contains(never)),
    };
    (heard_of || matches!(fate, Err(Event::Silence | Event::Undecodable(_)))).then(told)
}

fn fate_in_words(fate: &Result<Answer, Event>) -> String {
    match fate {
        Ok(answer) => format!("answered by {}", answer.status),
        Err(event) => event.to_string(),
    }
}

fn check(cases: Vec<Case>, target: &Target, recorder: &Recorder, known: &[&str]) {
    let problems: Vec<String> =
        cases.iter().filter(|case| !known.contains(&case.name)).filter_map(|case| problem(case, target, recorder)).collect();
    assert!(problems.is_empty(), "{} of {} cases:\n{}", problems.len(), cases.len(), problems.join("\n"));
}

fn all() -> Vec<Case> {
    [framing(), octets(), targets()].into_iter().flatten().collect()
}

#[test]
fn nothing_is_smuggled() {
    let recorder = Recorder::start();
    let target = Target::under_test("", &recorder.at.to_string());
    check(all(), &target, &recorder, &[]);
}

/// The cases themselves are right. What HAProxy 2.6 repairs, or holds to be harmless, is named.
#[test]
fn nothing_is_smuggled_through_haproxy() {
    let recorder = Recorder::start();
    let Some(target) = Target::haproxy(&recorder.at.to_string()) else { return };
    let known = [
        // Sent on as one length, as none, as the path "/", and with one Host, that of `:authority`.
        "a list of lengths",
        "a length and no body",
        "* for GET",
        "Host and :authority disagree",
        "two hosts",
        // Passed on or left out without a look at it.
        "a space before a value",
        "a tab after a value",
        "a path that climbs out",
        "a path in :authority",
        "a user name in :authority",
        "a query in :authority",
        "a port that is none",
        "an empty :authority",
        ":protocol without CONNECT",
        // A tunnel, which HAProxy offers to whoever is behind it.
        "CONNECT",
    ];
    check(all(), &target, &recorder, &known);
}

/// What is well-formed arrives: crumbs as one cookie (§8.2.3), `:authority` as the only Host, TE and a length that is right.
#[test]
fn what_is_well_formed_arrives() {
    let recorder = Recorder::start();
    let target = Target::under_test("", &recorder.at.to_string());
    let mut client = Connection::open(target.at, PATIENCE).expect("a connection");
    let crumbs =
        [("cookie", "a=1"), ("te", "trailers"), ("cookie", "b=2"), ("content-length", "4"), ("host", "a.example"), ("x-empty", "")];
    let stream = with("", &crumbs).body(&[b"fi", b"ne"]).send(&mut client);
    assert_eq!(client.answer(stream).expect("an answer").text(), "ok");
    let heard = recorder.text().to_ascii_lowercase();
    let count = |line: &str| heard.matches(line).count();
    assert!(heard.starts_with("post / http/1.1\r\n") && heard.ends_with("\r\n\r\nfine"), "{heard}");
    assert_eq!((count("\r\nhost: a.example\r\n"), count("\r\nhost:")), (1, 1), "{heard}");
    assert_eq!((count("\r\ncookie: a=1; b=2\r\n"), count("\r\ncookie:")), (1, 1), "{heard}");
    assert_eq!((count("\r\ncontent-length: 4\r\n"), count("transfer-encoding")), (1, 0), "{heard}");
    assert_eq!(count("\r\nx-empty:"), 1, "{heard}");
}
