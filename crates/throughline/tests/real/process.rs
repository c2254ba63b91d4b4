//! The process: how it starts, refuses to start, reloads and ends.

use crate::support::PATIENCE;
use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::{BINARY, Edge};
use crate::support::place::Place;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ANSWER: &str = "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\nanswer = { body = \"one\\n\" }\n";

/// A configuration that sends everything to these backends.
pub(crate) fn to(backends: &[&Backend]) -> String {
    let backends: Vec<String> = backends.iter().map(|backend| format!("\"{}\"", backend.at)).collect();
    format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\npool = \"app\"\n[pool.app]\nbackends = [{}]\n",
        backends.join(", ")
    )
}

/// A taken port: one sentence, and exit code 1.
#[test]
fn a_taken_port_is_one_clear_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = taken.local_addr().expect("it is bound").to_string();
    let place = Place::new();
    let mut command = Command::new(BINARY);
    command.args(["serve", "--http", &at, "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dns", "127.0.0.1:0"]);
    let output = command.env("XDG_STATE_HOME", place.path()).output().expect("the binary runs");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(output.stdout, b"", "nothing listens yet");
    assert!(said.contains(&at) && said.contains("another program is listening there") && said.contains("--http"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

/// The same of the admin side, and of a Unix socket that a living process holds.
#[test]
fn whatever_is_taken_is_named() {
    let held = Edge::of(ANSWER);
    let at = held.at(0).to_string();
    let place = Place::new();
    let mut command = Command::new(BINARY);
    command.args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", &at, "--dns", "127.0.0.1:0"]);
    let output = command.env("XDG_STATE_HOME", place.path()).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&at));
    let path = place.at("edge.sock");
    let config = format!("[[listener]]\nat = \"unix:{path}\"\n[[site]]\n[[site.route]]\nanswer = {{ }}\n");
    let first = Edge::of(&config);
    let again = place.file("again.toml", format!("[admin]\nat = \"off\"\n{config}"));
    let output = Command::new(BINARY).args(["serve", &again]).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&path));
    drop(first);
    // Killed, it left its socket file behind: that is no hindrance.
    assert!(std::path::Path::new(&path).exists());
    Edge::of(&config);
}

/// A file with mistakes: all of them, each with its line, and exit code 1.
#[test]
fn a_bad_file_is_refused_with_all_its_mistakes() {
    let place = Place::new();
    let path = place.file("bad.toml", "[[listener]]\nat = \"127.0.0.1:0\"\nbaklog = 5\n[[site]]\n[[site.route]]\npool = \"nowhere\"\n");
    let output = Command::new(BINARY).args(["serve", &path]).output().expect("the binary runs");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("3:1") && said.contains("backlog"), "{said}");
    assert!(said.contains("nowhere"), "{said}");
}

/// Ctrl-C: a request in flight is answered, an idle connection closed, and the exit code is 0.
#[test]
fn an_interrupt_drains_and_ends_well() {
    let backend = Backend::start();
    let mut edge = Edge::of(&to(&[&backend]));
    let mut idle = edge.connect();
    let mut busy = edge.connect();
    assert!(!idle.get("/").closes());
    busy.send("GET /hold HTTP/1.1\r\nHost: test.example\r\n\r\n");
    backend.await_seen(2);
    edge.signal("INT");
    assert!(edge.line().starts_with("draining 2 connections"));
    assert_eq!(idle.rest(), b"", "an idle connection ends without a word");
    // Whoever comes is refused as soon as every worker has closed its listener.
    let began = Instant::now();
    while Client::try_connect(edge.at(0)).is_ok() {
        assert!(began.elapsed() < PATIENCE, "a new connection is accepted");
    }
    backend.release();
    let response = busy.response().expect("the answer to the request in flight");
    assert_eq!((response.status, response.text().as_str()), (200, "held\n"));
    assert!(response.closes(), "{:?}", response.fields);
    let status = edge.ended(PATIENCE).expect("it ends when all is answered");
    assert_eq!(status.code(), Some(0));
}

/// A connection that was asked before may ask once more while the process drains, and is told that it was the last time.
#[test]
fn a_kept_connection_may_ask_once_more() {
    // The last call is a second. A client that was not able to ask within it, because the machine is slow, tries again with another.
    while !asks_once_more() {}
}

/// Whether the client asked in time.
fn asks_once_more() -> bool {
    let backend = Backend::start();
    let mut edge = Edge::of(&to(&[&backend]));
    let mut client = edge.connect();
    assert!(!client.get("/").closes());
    let began = Instant::now();
    edge.signal("TERM");
    assert!(edge.line().starts_with("draining 1 connections"));
    client.send("GET / HTTP/1.1\r\nHost: test.example\r\n\r\n");
    let answer = client.response();
    let in_time = answer.is_ok() || began.elapsed() < Duration::from_secs(1);
    if in_time {
        let response = answer.expect("an answer");
        assert_eq!(response.status, 200);
        assert!(response.closes(), "{:?}", response.fields);
    }
    assert_eq!(edge.ended(PATIENCE).expect("it ends").code(), Some(0));
    in_time
}

/// The second Ctrl-C does not wait.
#[test]
fn a_second_interrupt_ends_it_at_once() {
    let backend = Backend::start();
    // It would wait for longer than this test does.
    let mut edge = Edge::of(&format!("[server]\ndrain-timeout = \"1h\"\n{}", to(&[&backend])));
    let mut busy = edge.connect();
    busy.send("GET /hold HTTP/1.1\r\nHost: test.example\r\n\r\n");
    backend.await_seen(1);
    edge.signal("INT");
    assert!(edge.line().starts_with("draining 1 connections"));
    edge.signal("INT");
    let status = edge.ended(PATIENCE).expect("it ends at once");
    assert_eq!(status.code(), Some(2), "cut short is no success");
    assert_eq!(busy.rest(), b"");
}

/// What takes longer than the drain may take is cut, and the exit code says so.
#[test]
fn draining_has_an_end() {
    let backend = Backend::start();
    let mut edge = Edge::of(&format!("[server]\ndrain-timeout = \"1s\"\n{}", to(&[&backend])));
    let mut busy = edge.connect();
    busy.send("GET /hold HTTP/1.1\r\nHost: test.example\r\n\r\n");
    backend.await_seen(1);
    let began = Instant::now();
    edge.signal("TERM");
    let status = edge.ended(PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(2));
    assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
}

/// `--from` and `--to`: no file, a listener, a balancer.
#[test]
fn the_one_liner_balances() {
    let (first, second) = (Backend::start(), Backend::start());
    let mut command = Command::new(BINARY);
    command.args(["serve", "--from", "127.0.0.1:0", "--to", &first.at, "--to", &second.at]);
    let edge = Edge::start(Place::new(), &mut command, 1);
    let mut client = edge.connect();
    for _ in 0..10 {
        assert_eq!(client.get("/").status, 200);
    }
    assert_eq!((first.seen().len(), second.seen().len()), (5, 5));
}

/// SIGHUP puts the file's new content into force; a bad one changes nothing and says where it is wrong.
#[test]
fn a_hangup_reloads() {
    let edge = Edge::of(ANSWER);
    let mut client = edge.connect();
    assert_eq!(client.get("/").text(), "one\n");
    let config = ANSWER.replace("127.0.0.1:0", &edge.at(0).to_string());
    edge.rewrite(&config.replace("one", "two"));
    edge.signal("HUP");
    let seen = edge.await_error(0, "reloaded");
    assert_eq!(client.get("/").text(), "two\n", "on a connection that was there before");
    edge.rewrite(&config.replace("answer", "anser"));
    edge.signal("HUP");
    edge.await_error(seen, "reload-refused");
    edge.await_error(seen, "anser");
    assert_eq!(client.get("/").text(), "two\n");
}

/// A listener that a reload adds is open when it is told, one that it takes away is closed, and one that cannot be opened changes nothing.
#[test]
fn a_reload_opens_and_closes_listeners() {
    let place = Place::new();
    let (stays, comes) = (place.at("stays.sock"), place.at("comes.sock"));
    let config = |paths: &[&str]| {
        let listeners: String = paths.iter().map(|path| format!("[[listener]]\nat = \"unix:{path}\"\n")).collect();
        format!("{listeners}[[site]]\n[[site.route]]\nanswer = {{ body = \"here\\n\" }}\n")
    };
    let ask = |path: &str| {
        let mut stream = std::os::unix::net::UnixStream::connect(path)?;
        std::io::Write::write_all(&mut stream, b"GET / HTTP/1.0\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map(|_| text.ends_with("here\n"))
    };
    let edge = Edge::of(&config(&[&stays]));
    edge.rewrite(&config(&[&stays, &comes]));
    edge.signal("HUP");
    let mut seen = edge.await_error(0, "reloaded");
    assert!(ask(&comes).expect("the new listener") && ask(&stays).expect("the old listener"));
    edge.rewrite(&config(&[&stays]));
    edge.signal("HUP");
    seen = edge.await_error(seen, "reloaded");
    assert!(ask(&comes).is_err(), "the listener is gone");
    assert!(ask(&stays).expect("the one that stays"));
    let nowhere = place.at("no/such/folder.sock");
    edge.rewrite(&config(&[&stays, &nowhere]));
    edge.signal("HUP");
    edge.await_error(seen, "reload-refused");
    assert!(ask(&stays).expect("the one that stays"));
}

/// Nobody reads what it prints any more (`serve | head -1`): it serves on, and drains.
#[test]
fn a_closed_standard_output_is_no_end() {
    let (backend, place) = (Backend::start(), Place::new());
    let path = place.file("edge.toml", format!("[admin]\nat = \"off\"\n{}", to(&[&backend])));
    let mut command = Command::new(BINARY);
    let mut child = command.args(["serve", &path]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("a line");
    let at = line.split_whitespace().nth(2).and_then(|url| url.strip_prefix("http://")).expect("where it listens");
    let mut client = Client::connect(at.parse().expect("an address"));
    client.send("GET /hold HTTP/1.1\r\nHost: test.example\r\n\r\n");
    backend.await_seen(1);
    let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status().expect("sh runs");
    assert!(sent.success());
    // The listener is closed when the drain has begun.
    let began = Instant::now();
    while Client::try_connect(at.parse().expect("an address")).is_ok() {
        assert!(began.elapsed() < PATIENCE, "it does not drain");
    }
    backend.release();
    let response = client.response();
    let status = child.wait().expect("it is our child");
    assert_eq!(response.expect("an answer").text(), "held\n");
    assert_eq!(status.code(), Some(0));
}
