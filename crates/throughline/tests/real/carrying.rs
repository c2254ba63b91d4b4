//! Bodies, connections and addresses, with curl as the client: what comes out is what went in.

use crate::process::to;
use crate::support::backend::Backend;
use crate::support::edge::Edge;
use crate::support::message;
use crate::support::peers::Curl;
use crate::support::place::Place;
use crate::support::{checksum, noise};
use std::io::{BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

const MIB: usize = 1024 * 1024;

/// What `/echo` answers to a body.
fn echoed(body: &[u8], trailers: &str) -> String {
    format!("{} {:016x} {trailers}\n", body.len(), checksum(body))
}

/// 20 MiB up, known length and chunked, with and without a wait for 100 Continue.
#[test]
fn long_bodies_go_up_whole() {
    let Some(curl) = Curl::find() else { return };
    let (backend, place) = (Backend::start(), Place::new());
    let edge = Edge::of(&to(&[&backend]));
    let body = noise(20 * MIB);
    let file = place.file("body", &body);
    let (url, data) = (edge.url("/echo"), format!("@{file}"));
    let want = echoed(&body, "");
    assert_eq!(curl.text(&["--data-binary", &data, "-H", "Expect:", &url]), want);
    let request = backend.last();
    assert_eq!((request.method.as_str(), request.field("content-length")), ("POST", Some("20971520")));
    assert_eq!(curl.text(&["--data-binary", &data, "-H", "Expect: 100-continue", &url]), want);
    assert_eq!(backend.last().field("expect"), Some("100-continue"), "the backend decides whether the body may come");
    assert_eq!(curl.text(&["-T", &file, "-H", "Transfer-Encoding: chunked", "-H", "Expect:", &url]), want);
    let request = backend.last();
    assert_eq!((request.method.as_str(), request.field("transfer-encoding")), ("PUT", Some("chunked")));
    assert_eq!(request.field("content-length"), None);
}

/// 20 MiB and a little down: known length, chunked, and until the backend closes.
#[test]
fn long_bodies_come_down_whole() {
    let Some(curl) = Curl::find() else { return };
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let body = noise(20 * MIB + 77);
    for kind in ["bytes", "chunked", "until-close"] {
        let got = curl.bytes(&[&edge.url(&format!("/{kind}/{}", body.len()))]);
        assert!(got == body, "{kind}: {} bytes of {}", got.len(), body.len());
    }
    let got = curl.bytes(&["--http1.0", &edge.url(&format!("/chunked/{MIB}"))]);
    assert!(got == noise(MIB), "to HTTP/1.0: {} bytes", got.len());
}

/// HEAD: the length that GET would have, and no body; the connection stays usable.
#[test]
fn head_has_the_length_and_no_body() {
    let Some(curl) = Curl::find() else { return };
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let url = edge.url("/bytes/12345");
    let text = curl.text(&["-I", &url, "-w", "|%{size_download} %{num_connects}\n", &url, "-o", "-"]);
    assert_eq!(text.matches("Content-Length: 12345\r\n").count(), 2, "{text}");
    let after: Vec<&str> = text.lines().filter(|line| line.contains('|')).collect();
    assert_eq!(after, ["|0 1", "|0 0"], "{text}");
}

/// Trailers pass in both directions.
#[test]
fn trailers_pass() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let mut client = edge.connect();
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a.example\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n\
         4;ext=1\r\nWiki\r\n6\r\npedia \r\n0\r\nX-Sum: 10\r\nX-Other: yes\r\n\r\n",
    );
    let response = client.response().expect("an answer");
    assert_eq!(response.text(), echoed(b"Wikipedia ", "X-Sum=10,X-Other=yes"));
    let response = client.get("/chunked/100000");
    assert!(response.body == noise(100_000));
    assert_eq!(response.trailers, [("X-Checksum".to_string(), format!("{:016x}", checksum(&response.body)))]);
    assert_eq!(client.get("/").status, 200, "and the connection goes on");
}

/// A range asked of the backend through the proxy.
#[test]
fn a_range_passes() {
    let Some(curl) = Curl::find() else { return };
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let got = curl.bytes(&["-r", "1000-1999", "-w", "%{http_code}", &edge.url("/bytes/5000")]);
    assert!(got == [&noise(5000)[1000..2000], b"206"].concat(), "{} bytes", got.len());
}

/// Several URLs in one run of curl: one connection to us, and one from us to the backend.
#[test]
fn connections_are_kept_on_both_sides() {
    let Some(curl) = Curl::find() else { return };
    let backend = Backend::start();
    let config = format!("[server]\nworkers = 1\n{}", to(&[&backend]));
    let edge = Edge::of(&format!("[admin]\nat = \"127.0.0.1:0\"\n{config}"));
    let urls = [edge.url("/bytes/10"), edge.url("/chunked/1000"), edge.url("/status/404"), edge.url("/bytes/0")];
    let mut arguments = vec!["-w", "%{num_connects}"];
    urls.iter().for_each(|url| arguments.extend(["-o", "/dev/null", url]));
    assert_eq!(curl.text(&arguments), "1000");
    assert_eq!(backend.connections(), 1);
    assert_eq!(backend.seen().len(), 4);
    let status = curl.text(&[&format!("http://{}/status", edge.at(1))]);
    let connections = status.split("\"connections\":").nth(1).and_then(|rest| rest.split('}').next()).expect("what is said of connections");
    assert!(connections.ends_with("\"total\":2"), "curl's, and the one that asked this: {status}");
}

/// Pipelined requests are answered in their order.
#[test]
fn a_pipeline_is_answered_in_order() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let mut client = edge.connect();
    let requests: String = (1..=20).map(|n| format!("GET /bytes/{n} HTTP/1.1\r\nHost: a.example\r\n\r\n")).collect();
    client.send(requests);
    for n in 1..=20 {
        assert_eq!(client.response().expect("an answer").body, noise(n));
    }
}

/// HTTP/1.0: closed after the answer, unless the client asks otherwise.
#[test]
fn http_1_0_is_answered_in_its_way() {
    let Some(curl) = Curl::find() else { return };
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    assert!(curl.text(&["--http1.0", "-i", &edge.url("/bytes/3")]).contains("\r\nConnection: close\r\n"));
    assert_eq!(backend.last().version, "HTTP/1.1", "to the backend we speak our own version");
    let mut client = edge.connect();
    for _ in 0..2 {
        client.send("GET /bytes/3 HTTP/1.0\r\nConnection: keep-alive\r\nHost: a.example\r\n\r\n");
        let response = client.response().expect("an answer");
        assert_eq!((response.field("connection"), response.body.as_slice()), (Some("keep-alive"), &noise(3)[..]));
    }
    client.send("GET /bytes/3 HTTP/1.0\r\n\r\n");
    assert_eq!(client.response().expect("an answer, without Host too").body, noise(3));
    assert_eq!(client.rest(), b"");
}

/// IPv6 in front and behind.
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn ipv6_on_both_sides() {
    let Some(curl) = Curl::find() else { return };
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return eprintln!("skipped: this machine has no IPv6");
    }
    let backend = Backend::tcp("[::1]:0");
    let edge = Edge::of(&to(&[&backend]).replace("127.0.0.1:0", "[::1]:0"));
    assert!(edge.at(0).is_ipv6());
    assert_eq!(curl.bytes(&["-g", &edge.url("/bytes/1000")]), noise(1000));
    curl.bytes(&["-g", &edge.url("/")]);
    assert_eq!(backend.last().field("x-forwarded-for"), Some("::1"));
}

/// Unix sockets in front and behind.
#[test]
fn unix_sockets_on_both_sides() {
    let Some(curl) = Curl::find() else { return };
    let place = Place::new();
    let front = place.at("front.sock");
    let backend = Backend::unix(&place.at("back.sock"));
    let edge = Edge::of(&to(&[&backend]).replace("127.0.0.1:0", &format!("unix:{front}")));
    let ask = |path: &str| curl.bytes(&["--unix-socket", &front, &format!("http://a.example{path}")]);
    assert_eq!(ask("/bytes/100000"), noise(100_000));
    ask("/");
    assert_eq!((backend.last().field("host"), backend.last().field("x-forwarded-for")), (Some("a.example"), Some("unknown")));
    drop(edge);
}

/// Interim answers are passed on as they come.
#[test]
fn interim_answers_pass() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let response = edge.connect().get("/interim");
    assert_eq!((response.interim.as_slice(), response.status, response.text().as_str()), (&[103][..], 200, "after the hint\n"));
}

/// A backend that answers before it has read the body: its answer arrives, and the connection is not used again.
#[test]
fn an_early_answer_arrives() {
    let backend = Backend::start();
    let edge = Edge::of(&to(&[&backend]));
    let mut client = edge.connect();
    client.send("POST /early HTTP/1.1\r\nHost: a.example\r\nContent-Length: 100000000\r\n\r\n");
    let response = client.response().expect("an answer before the body");
    assert_eq!((response.status, response.text().as_str(), response.closes()), (403, "not that\n", true));
    client.send(noise(MIB));
    assert_eq!(client.rest(), b"");
}

/// A client that closes its side after the request still gets the answer.
#[test]
fn half_a_close_is_no_close() {
    let (backend, place) = (Backend::start(), Place::new());
    let path = place.at("front.sock");
    let edge = Edge::of(&to(&[&backend]).replace("127.0.0.1:0", &format!("unix:{path}")));
    let mut stream = UnixStream::connect(&path).expect("it listens");
    stream.write_all(b"GET /bytes/100000 HTTP/1.1\r\nHost: a.example\r\n\r\n").expect("room for a request");
    stream.shutdown(Shutdown::Write).expect("it is open");
    let response = message::response(&mut BufReader::new(stream), "GET").expect("an answer");
    assert!(response.body == noise(100_000));
    drop(edge);
}
