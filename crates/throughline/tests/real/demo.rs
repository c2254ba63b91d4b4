//! The first of the README's two commands: the embedded default.

use crate::support::client::Client;
use crate::support::edge::{BINARY, Edge};
use crate::support::peers::{Curl, find};
use crate::support::place::Place;
use crate::support::websocket::{CLOSE, Frame, TEXT, accept, read_frame, write_frame};
use std::process::Command;

const SERVERS: [&str; 2] = ["app-1", "app-2"];
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn embedded() -> Edge {
    let place = Place::new();
    let mut command = Command::new(BINARY);
    command.args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dns", "127.0.0.1:0"]);
    command.env("XDG_STATE_HOME", place.path());
    Edge::start(place, &mut command, 8)
}

/// What listens where comes first, then what to try; each of it works as printed.
#[test]
fn says_what_listens_and_commands_that_work() {
    let (Some(_), Some(_)) = (find("curl"), find("dig")) else { return };
    let mut edge = embedded();
    let names: Vec<String> = edge.printed.iter().map(|line| words(line)[3..].join(" ")).collect();
    assert_eq!(names, ["demo, go", "demo, go", "app-1", "app-2", "oslo", "lyon", "rome", "admin"]);
    let zones: Vec<String> = (0..3).map(|_| words(&edge.line())[3..].join(" ")).collect();
    assert_eq!(zones, ["throughline.test", ".", "test"]);
    assert_eq!(edge.line(), "try:");
    let (mut curls, mut digs, mut traces) = (0, 0, 0);
    while (curls, digs, traces) != (4, 3, 2) {
        let line = edge.line();
        let count = match words(&line)[0] {
            "curl" => &mut curls,
            "dig" => &mut digs,
            "throughline" => &mut traces,
            _ => panic!("{line}"),
        };
        *count += 1;
        // By a shell, as it is typed; curl without its user's own settings.
        let alone = line.replacen("curl ", "curl -q --noproxy '*' -f ", 1).replacen("throughline trace", &format!("{BINARY} trace"), 1);
        let ran = Command::new("sh").args(["-c", &alone]).output().expect("sh runs");
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success() && !said.is_empty(), "{line}: {said}{}", String::from_utf8_lossy(&ran.stderr));
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// The pages, the picture and the JSON come, and from both application servers in turn.
#[test]
fn the_site_is_served_by_both_application_servers() {
    let Some(curl) = Curl::find() else { return };
    let edge = embedded();
    // Until both are known to be well, the one that is has every turn.
    for server in SERVERS {
        edge.await_error(0, &format!("backend-up backend=app/{server} "));
    }
    let page = curl.text(&["-f", &edge.url("/")]);
    assert!(page.contains("<!doctype html>") || page.contains("<!DOCTYPE html>"), "{page}");
    let mut served: Vec<String> = (0..4).map(|_| served_by(&curl.text(&["-f", &edge.url("/api/visits")]))).collect();
    served.sort();
    assert_eq!(served, ["app-1", "app-1", "app-2", "app-2"]);
    let style = page.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|link| link.contains(".css")).expect("a style sheet");
    assert!(curl.text(&["-f", "-o", "-", "-w", "%{content_type}", &edge.url(style)]).ends_with("text/css; charset=utf-8"), "{style}");
    let visit = curl.text(&["-f", "-H", "Content-Type: application/json", "-d", r#"{"name":"curl"}"#, &edge.url("/api/visits")]);
    assert!(visit.contains("\"recorded\": 1"), "{visit}");
    assert!(curl.text(&["-f", &edge.url("/api/visits")]).contains("\"total\": 1"));
}

/// The files come from the cache as soon as one client has had them; a page never does.
#[test]
fn the_files_of_the_site_are_cached() {
    let Some(curl) = Curl::find() else { return };
    let edge = embedded();
    let ask = |path: &str| curl.text(&["-f", "-o", "/dev/null", "-D", "-", &edge.url(path)]);
    let [first, second, page] = ["/path.svg", "/path.svg", "/"].map(ask);
    assert!(first.contains("Cache-Status: throughline; fwd=uri-miss; ttl=") && first.contains("; stored; "), "{first}");
    assert!(second.contains("Cache-Status: throughline; hit; ttl="), "{second}");
    assert!(!page.contains("Cache-Status"), "{page}");
}

/// A push brings the new copy before anyone asks, by http and by https.
#[test]
fn a_push_is_there_before_anyone_asks() {
    let Some(curl) = Curl::find() else { return };
    let edge = embedded();
    let urls = [edge.url("/path.svg"), format!("https://{}/path.svg", edge.at(1))];
    let admin = edge.at(7).to_string();
    let push = [&["ctl", "--admin", &admin, "push"][..], &urls.each_ref().map(String::as_str)].concat();
    let output = Command::new(BINARY).args(push).output().expect("the binary runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && told.starts_with("accepted (2): the old answers are gone\n"), "{told}");
    assert!(told.ends_with("job 1: 2 of 2 URLs are in the cache, 0 failed\n"), "{told}");
    for url in &urls {
        let head = curl.text(&["-f", "-k", "-o", "/dev/null", "-D", "-", url]);
        assert!(head.to_ascii_lowercase().contains("cache-status: throughline; hit; ttl="), "{head}");
    }
}

/// Two pages are open, one with each application server; a visit that the balancer gives to either is told to both.
#[test]
fn a_visit_is_told_to_every_open_page() {
    let mut edge = embedded();
    let mut pages = [listen(&edge), listen(&edge)];
    let mut servers: Vec<String> = pages.iter_mut().map(|page| told(page, 0)).collect();
    servers.sort();
    assert_eq!(servers, ["app-1", "app-2"]);
    for total in 1..=2 {
        let mut visitor = edge.connect();
        visitor.send("POST /api/visits HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        assert_eq!(visitor.response().expect("an answer").status, 201);
        for page in &mut pages {
            told(page, total);
        }
    }
    // Another site's page hears nothing.
    let mut other = edge.connect();
    other.send(opening("Origin: http://evil.example\r\n"));
    assert_eq!(other.response().expect("an answer").status, 403);
    // One page goes in good order, and the other is told that the server does.
    let [mut leaving, mut staying] = pages;
    let normal = 1000u16.to_be_bytes();
    write_frame(leaving.stream.get_mut(), CLOSE, &normal, Some([1, 2, 3, 4])).expect("it is open");
    assert_eq!(read_frame(&mut leaving.stream).expect("an answer"), Frame { opcode: CLOSE, payload: normal.to_vec() });
    assert_eq!(leaving.rest(), b"");
    drop(leaving);
    edge.signal("TERM");
    let goodbye = read_frame(&mut staying.stream).expect("a close");
    assert_eq!((goodbye.opcode, &goodbye.payload[..2]), (CLOSE, &1001u16.to_be_bytes()[..]));
    drop(staying);
    assert_eq!(edge.ended(crate::support::PATIENCE).expect("it ends").code(), Some(0));
}

fn opening(more: &str) -> String {
    format!(
        "GET /api/live HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {KEY}\r\n{more}\r\n"
    )
}

fn listen(edge: &Edge) -> Client {
    let mut client = edge.connect();
    client.send(opening("Origin: http://a.example\r\n"));
    let answer = client.response().expect("an answer");
    assert_eq!((answer.status, answer.field("sec-websocket-accept")), (101, Some(&*accept(KEY))));
    client
}

/// The next message, which must tell of so many visits: who sent it.
fn told(page: &mut Client, total: u32) -> String {
    let frame = read_frame(&mut page.stream).expect("a message");
    let text = String::from_utf8(frame.payload).expect("a text");
    assert!(frame.opcode == TEXT && text.contains(&format!("\"total\":{total}")), "{text}");
    text.split("\"served_by\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("who serves it").to_string()
}

fn served_by(json: &str) -> String {
    json.split("\"served_by\": \"").nth(1).and_then(|rest| rest.split('"').next()).expect("who served it").to_string()
}
