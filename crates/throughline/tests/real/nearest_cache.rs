//! The embedded default's names: a walk from the root to a cache, and which client is led to which.

use crate::support::PATIENCE;
use crate::support::edge::{BINARY, Edge};
use crate::support::peers::{Curl, find};
use crate::support::place::Place;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Clients of three networks and the addresses of the places they are led to; the last is on this machine, and in no table.
const LED: [(&str, &str); 4] =
    [("192.0.2.7", "127.0.0.11"), ("198.51.100.7", "127.0.0.12"), ("203.0.113.7", "127.0.0.13"), ("127.0.0.1", "127.0.0.11")];

struct Demo {
    edge: Edge,
    names: SocketAddr,
    state: String,
}

impl Demo {
    fn start() -> Demo {
        let place = Place::new();
        let state = place.at("throughline");
        let mut command = Command::new(BINARY);
        command.args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dns", "127.0.0.1:0"]);
        command.env("XDG_STATE_HOME", place.path());
        let mut edge = Edge::start(place, &mut command, 9);
        let names = edge.printed.last().and_then(|line| line.split("dns://").nth(1)?.split_whitespace().next()?.parse().ok());
        let names = names.expect("where the name server listens");
        while !edge.line().starts_with("try:") {}
        Demo { edge, names, state }
    }

    fn dig(&self, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new(find("dig")?);
        command.args(["@127.0.0.1", "-p", &self.names.port().to_string()]).args(arguments).stdin(Stdio::null());
        Some(String::from_utf8_lossy(&command.output().expect("it runs").stdout).into_owned())
    }

    /// The address that a client is led to, and the scope that it is for.
    fn led(&self, client: &str) -> Option<(String, String)> {
        let text = self.dig(&["www.throughline.test", &format!("+subnet={client}/32")])?;
        let scope = text.split("CLIENT-SUBNET: ").nth(1)?.split_whitespace().next()?.rsplit('/').next()?.to_string();
        let answer = text.lines().find(|line| line.starts_with("www.throughline.test."))?;
        Some((answer.split_whitespace().last()?.to_string(), scope))
    }

    /// Waits until a client is led there.
    fn until_led(&self, client: &str, to: &str) {
        let began = Instant::now();
        while self.led(client).expect("an answer").0 != to {
            assert!(began.elapsed() < PATIENCE, "{client} is led to {:?}: {:?}", self.led(client), self.edge.errors());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Where the redirector sends whoever says so.
    fn redirected(&self, curl: &Curl, more: &[&str]) -> String {
        let own = ["-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "-H", "Host: go.throughline.test"];
        curl.text(&[&own[..], more, &[&self.edge.url("/path.svg?a=b")]].concat())
    }

    fn admin(&self, arguments: &[&str]) {
        let at = self.edge.at(7).to_string();
        let output = Command::new(BINARY).args(["ctl", "--admin", &at]).args(arguments).output().expect("the binary runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn trace(&self, host: &str) -> String {
        let (hints, port) = (format!("{}/root-{}.hints", self.state, self.names.port()), self.edge.at(0).port());
        let mut command = Command::new(BINARY);
        command.args(["trace", "--width", "200", "--dns", "iterative", "--dns-root", &hints]);
        command.args(["--token-file", &format!("{}/trace.token", self.state), &format!("http://{host}.throughline.test:{port}/path.svg")]);
        let output = command.output().expect("the binary runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }
}

/// The answer, the scope it holds for, the reasons, and the redirect agree.
#[test]
fn each_client_is_led_to_its_cache_by_name_and_by_redirect() {
    let Some(curl) = Curl::find() else { return };
    let demo = Demo::start();
    if demo.dig(&["throughline.test", "NS"]).is_none() {
        return;
    }
    demo.until_led("203.0.113.7", "127.0.0.13");
    let port = demo.edge.at(0).port();
    for (client, to) in LED {
        demo.until_led(client, to);
        let (_, scope) = demo.led(client).expect("an answer");
        // A network of the tables is answered for itself, unless those around it are led to the same place.
        let widest = if to == "127.0.0.11" { 1..=24 } else { 24..=24 };
        assert!(widest.contains(&scope.parse::<u8>().expect("a length")), "{client}: /{scope}");
        let led = demo.redirected(&curl, &["-H", &format!("X-Forwarded-For: {client}")]);
        assert_eq!(led, format!("302 http://{to}:{port}/path.svg?a=b"));
        let why = demo.dig(&["_why.www.throughline.test", "TXT", "+short", &format!("+subnet={client}/32")]).expect("an answer");
        let (place, layer) = match to {
            "127.0.0.12" => ("lyon", "topology"),
            "127.0.0.13" => ("rome", "topology"),
            _ => ("oslo", if client == "127.0.0.1" { "default" } else { "topology" }),
        };
        assert!(why.contains(&format!("steering www: {place} by {layer}")), "{why}");
    }
    assert_eq!(demo.redirected(&curl, &[]), format!("302 http://127.0.0.11:{port}/path.svg?a=b"), "from this machine: the default");
    let direct = demo.dig(&["www.throughline.test", "+short"]).expect("an answer");
    assert_eq!(direct.trim(), "127.0.0.11");
    // Who comes by the name of the site is served by the site, and each place says which it is.
    assert_eq!(curl.text(&["-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: www.throughline.test", &demo.edge.url("/")]), "200");
    let head = curl.text(&["-I", &format!("http://127.0.0.13:{port}/path.svg")]);
    assert!(head.contains("X-Pop: rome") && head.contains("Cache-Status: throughline; "), "{head}");
    let script = curl.text(&["-H", "Host: go.throughline.test", &demo.edge.url("/.throughline/probe.js")]);
    assert!(script.contains(&format!("http://127.0.0.12:{port}")), "{script}");
}

/// From the root to a cache that asks the application servers once.
#[test]
fn a_walk_from_the_root_ends_at_a_cache() {
    let demo = Demo::start();
    let first = demo.trace("www");
    let port = demo.names.port();
    for part in [
        format!("test A at a.root (127.0.0.53:{port}) of the root"),
        format!("throughline.test A at a.test (127.0.0.54:{port}) of test"),
        format!("www.throughline.test A at ns.throughline.test (127.0.0.1:{port}) of throughline.test"),
        format!("127.0.0.11:{}", demo.edge.at(0).port()),
        "route    oslo/path.svg".to_string(),
        "throughline asked on".to_string(),
    ] {
        assert!(first.contains(&part), "{part:?} is not in {first}");
    }
    let second = demo.trace("www");
    assert!(second.contains("throughline had it") && second.contains("hit: "), "{second}");
    assert!(demo.trace("rome").contains("127.0.0.13:"), "each place has a name of its own");
}

/// A place that takes nobody any more has nobody sent to it, by name or by redirect; and again when it is back.
#[test]
fn clients_leave_a_place_that_drains() {
    let Some(curl) = Curl::find() else { return };
    let demo = Demo::start();
    if demo.dig(&["throughline.test", "NS"]).is_none() {
        return;
    }
    demo.until_led("198.51.100.7", "127.0.0.12");
    demo.admin(&["backend", "lyon", "edge", "drain"]);
    demo.until_led("198.51.100.7", "127.0.0.11");
    let led = demo.redirected(&curl, &["-H", "X-Forwarded-For: 198.51.100.7"]);
    assert!(led.starts_with("302 http://127.0.0.11:"), "{led}");
    let why = demo.dig(&["_why.www.throughline.test", "TXT", "+short", "+subnet=198.51.100.7/32"]).expect("an answer");
    assert!(why.contains("lyon: not chosen: unhealthy"), "{why}");
    demo.admin(&["backend", "lyon", "edge", "ready"]);
    demo.until_led("198.51.100.7", "127.0.0.12");
}

/// Without a place to keep files in, the site is served all the same, and a sentence says what is not.
#[test]
fn without_a_home_there_are_no_places() {
    let mut command = Command::new(BINARY);
    command.args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dns", "127.0.0.1:0"]);
    command.env_remove("XDG_STATE_HOME").env_remove("HOME");
    let edge = Edge::start(Place::new(), &mut command, 5);
    let said = "there is no home directory to keep routing tables in: the demo serves without name server and places";
    edge.await_error(0, said);
    assert!(edge.connect().get("/").status == 200);
}

/// A name server's port that another has is told like any other.
#[test]
fn a_taken_port_for_names_is_one_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (at, place) = (taken.local_addr().expect("it is bound").to_string(), Place::new());
    let mut command = Command::new(BINARY);
    command.args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dns", &at]);
    let output = command.env("XDG_STATE_HOME", place.path()).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len(), said.lines().count()), (Some(1), 0, 1), "{said}");
    assert!(said.contains(&at) && said.contains("another program is listening there") && said.contains("--dns"), "{said}");
}
