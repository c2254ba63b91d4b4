//! Backends that refuse, break, keep silent, speak nonsense, or are full: what the client is told.

use crate::process::to;
use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::Edge;
use crate::support::message::Response;
use crate::support::ports::free_address;
use std::time::{Duration, Instant};

const SHOW: &str = "show = { proxy-status = true }\n[[site.route]]";

fn edge(backend: &Backend, pool: &str) -> Edge {
    Edge::of(&format!("{}{pool}", to(&[backend]).replace("[[site.route]]", SHOW)))
}

/// The status, and the word of `Proxy-Status`.
fn told(response: &Response) -> (u16, String) {
    let status = response.field("proxy-status").unwrap_or_default();
    let word = status.split("error=").nth(1).unwrap_or_default().split(';').next().expect("a split has a first part");
    let text = response.text();
    assert!(
        text.starts_with(&response.status.to_string()) && text.ends_with('\n') && text.lines().count() == 1,
        "a line that says what: {text}"
    );
    (response.status, word.to_string())
}

/// Each kind of failure has its own word and status; the client's connection stays, and the process too.
#[test]
fn failures_of_a_backend_have_names() {
    let backend = Backend::start();
    let edge = edge(&backend, "response-timeout = \"300ms\"\nejection = { failures = 0 }\n");
    let mut client = edge.connect();
    assert_eq!(told(&client.get("/reset")), (502, "connection_terminated".to_string()));
    assert_eq!(told(&client.get("/nonsense")), (502, "http_protocol_error".to_string()));
    assert_eq!(told(&client.get("/both")), (502, "http_protocol_error".to_string()));
    assert_eq!(told(&client.get("/switch")), (502, "http_protocol_error".to_string()));
    assert_eq!(told(&client.get("/wide/40000")), (502, "http_response_header_section_size".to_string()));
    let began = Instant::now();
    assert_eq!(told(&client.get("/hang")), (504, "http_response_timeout".to_string()));
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
    assert_eq!(client.get("/").status, 200, "on the same connection");
    assert_eq!(client.get("/status/503").field("x-from"), Some("backend"), "its own errors are its own");
}

/// An answer that ends early: the client can tell, because the connection is closed before the length is reached.
#[test]
fn a_cut_answer_is_seen_to_be_cut() {
    let backend = Backend::start();
    let edge = edge(&backend, "");
    let mut client = edge.connect();
    client.send("GET /short HTTP/1.1\r\nHost: a.example\r\n\r\n");
    let problem = client.response().expect_err("it is not whole");
    assert_eq!(problem.kind(), std::io::ErrorKind::UnexpectedEof);
}

/// Nobody listens there: 502.
#[test]
fn a_refused_connection_is_a_bad_gateway() {
    let nobody = free_address();
    let config = format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n{SHOW}\npool = \"app\"\n\
         [pool.app]\nbackends = [\"{nobody}\", \"unix:/no/such/folder/app.sock\"]\n"
    );
    let edge = Edge::of(&config);
    let mut client = edge.connect();
    for _ in 0..2 {
        assert_eq!(told(&client.get("/")), (502, "connection_refused".to_string()));
    }
}

/// No backend is ready: 503, and when to come back.
#[test]
fn without_a_backend_there_is_a_time_to_come_back() {
    let backend = Backend::start();
    let config = to(&[&backend]).replace("[[site.route]]", SHOW);
    let edge = Edge::of(&format!("[admin]\nat = \"127.0.0.1:0\"\n{config}"));
    let done = edge.post_admin(1, &format!("/backends/app/{}?admin=maintenance", backend.at));
    assert_eq!(done.status, 200, "{}", done.text());
    let response = edge.connect().get("/");
    assert_eq!(told(&response), (503, "destination_unavailable".to_string()));
    let seconds: u32 = response.field("retry-after").and_then(|value| value.parse().ok()).expect("Retry-After in seconds");
    assert!(seconds > 0);
    assert_eq!(backend.begun(), 0);
}

/// One request at a time and a queue of one: the second waits, the third is turned away, and the one that waits too long as well.
#[test]
fn a_full_pool_queues_and_then_refuses() {
    let backend = Backend::start();
    let edge = edge(&backend, "max-in-flight = 1\nqueue = 1\nqueue-timeout = \"1h\"\n[admin]\nat = \"127.0.0.1:0\"\n");
    let (mut first, mut second) = (edge.connect(), edge.connect());
    first.send("GET /hold HTTP/1.1\r\nHost: a.example\r\n\r\n");
    backend.await_seen(1);
    second.send("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    let began = Instant::now();
    while !Client::connect(edge.at(1)).get("/metrics").text().contains("throughline_pool_queued{pool=\"app\"} 1\n") {
        assert!(began.elapsed() < crate::support::PATIENCE, "the second is never in the queue");
    }
    let turned_away = edge.connect().get("/");
    assert_eq!(told(&turned_away), (503, "connection_limit_reached".to_string()));
    assert!(turned_away.field("retry-after").is_some());
    assert_eq!(backend.begun(), 1);
    backend.release();
    assert_eq!(first.response().expect("an answer").text(), "held\n");
    assert_eq!(second.response().expect("an answer").status, 200);
}

/// A safe request that failed at one backend is answered by the other; one that may have had an effect is not sent twice.
#[test]
fn only_what_is_safe_is_tried_again() {
    let (first, second) = (Backend::start(), Backend::start());
    let edge = Edge::of(&format!("{}ejection = {{ failures = 0 }}\nretry = {{ attempts = 1 }}\n", to(&[&first, &second])));
    let mut client = edge.connect();
    assert_eq!(client.get("/reset").status, 502);
    assert_eq!((first.seen().len(), second.seen().len()), (1, 1), "it was tried at both");
    client.send("POST /reset HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(client.response().expect("an answer").status, 502);
    assert_eq!(first.seen().len() + second.seen().len(), 3, "it was tried at one");
}

/// A backend that says more than it was asked: the rest is nobody's answer.
#[test]
fn what_follows_an_answer_is_nobodys() {
    let backend = Backend::start();
    let edge = edge(&backend, "");
    let mut client = edge.connect();
    for _ in 0..10 {
        assert_eq!(client.get("/extra").text(), "good");
        assert_eq!(client.get("/bytes/3").body, crate::support::noise(3));
    }
}

/// A backend that closes after its answer without a word: a request that meets the end of a kept connection is asked on a new one.
#[test]
fn a_backend_may_close_without_a_word() {
    let backend = Backend::start();
    let edge = edge(&backend, "retry = { attempts = 0 }\n");
    let mut client = edge.connect();
    for path in ["/bye", "/old"].repeat(100) {
        assert_eq!(client.get(path).text(), format!("{}\n", &path[1..]));
    }
    assert_eq!(backend.seen().len(), 200, "none was answered twice");
}

/// Clients that leave in the middle of an answer leave nothing behind.
#[test]
fn who_leaves_leaves_nothing_behind() {
    let backend = Backend::start();
    let edge = Edge::of(&format!("[admin]\nat = \"127.0.0.1:0\"\n{}", to(&[&backend])));
    for path in ["/hinted", "/bytes/20000000"].repeat(5) {
        let mut client = edge.connect();
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a.example\r\n\r\n"));
        // Closed with bytes unread, a connection is reset.
        client.stream.get_ref().peek(&mut [0]).expect("the answer begins");
    }
    let began = Instant::now();
    loop {
        let status = crate::support::client::Client::connect(edge.at(1)).get("/status").text();
        if status.contains("\"connections\":{\"open\":1,") && status.matches("\"in_flight\":0").count() == 1 {
            break;
        }
        assert!(began.elapsed() < crate::support::PATIENCE, "{status}");
    }
}
