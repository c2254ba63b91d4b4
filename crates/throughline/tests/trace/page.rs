//! What a page asks for, over which connections, and servers that do not give it.

use crate::support::{certificate, json, request, scratch, server, steps, trace, url};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A server of a small site, whose connections are kept. Each connection is a thread.
fn site(page: &'static str, answer: impl Fn(&str) -> Option<String> + Clone + Send + 'static) -> u16 {
    server(move |stream, _| {
        let answer = answer.clone();
        std::thread::spawn(move || talk(stream, page, &answer));
    })
}

fn talk(mut stream: TcpStream, page: &str, answer: &dyn Fn(&str) -> Option<String>) {
    loop {
        let head = request(&mut stream);
        let Some(path) = head.split(' ').nth(1) else { return };
        let whole = |kind: &str, body: &str| {
            Some(format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
        };
        let said = if path == "/" { whole("text/html; charset=utf-8", page) } else { answer(path).or_else(|| whole("text/plain", path)) };
        let Some(said) = said.filter(|said| !said.is_empty()) else { return };
        if stream.write_all(said.as_bytes()).is_err() {
            return;
        }
    }
}

const PAGE: &str = "<!doctype html><title>t</title><img src=/i1><img src=/i2><link rel=stylesheet href=/a.css><script src=/s.js></script>\
    <img loading=lazy src=/lazy><video src=/v.mp4></video><img src='data:,x'>";

fn fetched(journey: &Value) -> Vec<(String, u64)> {
    let url = |step: &Value| step["url"].as_str().unwrap_or_default().rsplit_once('/').map_or("", |(_, name)| name).to_string();
    let mut all: Vec<_> =
        steps(journey, "resource-fetched").iter().map(|step| (url(step), step["status"].as_u64().unwrap_or_default())).collect();
    all.sort();
    all
}

#[test]
fn resources_come_over_the_pages_own_connection_and_a_few_more() {
    let port = site(PAGE, |_| None);
    let (code, journey) = json(&["--page", &url("http", port, "/")]);
    assert_eq!(code, 0, "{journey}");
    assert_eq!(
        fetched(&journey),
        [("a.css", 200), ("i1", 200), ("i2", 200), ("s.js", 200)].map(|(name, status)| (name.to_string(), status))
    );
    let connections = steps(&journey, "page-connection");
    assert_eq!((&connections[0]["kept"], &connections[0]["connection"]), (&true.into(), &1.into()));
    assert!(connections.len() <= 6, "{journey}");
    assert!(steps(&journey, "resource-fetched").iter().any(|step| step["connection"] == 1));
    assert_eq!(steps(&journey, "resources-left")[0]["why"], "lazy");
    assert_eq!(steps(&journey, "page-fetched")[0]["good"], 4);
    let ended = steps(&journey, "connection-ended");
    assert_eq!((ended.len(), &ended[0]["by"]), (1, &"us".into()), "the page's own connection ends last, once");
    let ran = trace(&["--page", &url("http", port, "/")]);
    ran.arrived().says("3 images, 1 style, 1 script, 1 media; 2 of them before anything is painted");
    ran.says("200 /a.css, 6 bytes, HTTP/1.1 on ");
    ran.says(", blocks");
    ran.says("nothing is painted for");
}

#[test]
fn without_page_they_are_only_named() {
    let port = site(PAGE, |_| None);
    let (_, journey) = json(&[&url("http", port, "/")]);
    assert_eq!((steps(&journey, "resource-found").len(), fetched(&journey).len()), (6, 0));
    trace(&["-v", &url("http", port, "/")]).arrived().says(&format!("style http://localhost:{port}/a.css, blocks"));
}

#[test]
fn the_limit_holds_and_what_is_waited_for_comes_first() {
    let port = site(PAGE, |_| None);
    let (_, journey) = json(&["--page", "--page-limit", "2", &url("http", port, "/")]);
    assert_eq!(fetched(&journey), [("a.css".to_string(), 200), ("s.js".to_string(), 200)]);
    let left = steps(&journey, "resources-left");
    assert_eq!((&left[1]["why"], &left[1]["resources"]), (&"limit".into(), &2.into()));
}

#[test]
fn a_resource_that_fails_does_not_end_the_journey() {
    let port = site(PAGE, |path| match path {
        "/i1" => Some("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_string()),
        // Closes without an answer.
        "/i2" => Some(String::new()),
        "/a.css" => Some("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nall of it".to_string()),
        _ => None,
    });
    let (code, journey) = json(&["--page", &url("http", port, "/")]);
    assert_eq!(code, 0, "{journey}");
    assert_eq!(fetched(&journey), [("a.css", 200), ("i1", 404), ("i2", 0), ("s.js", 200)].map(|(name, status)| (name.to_string(), status)));
    let over = &steps(&journey, "page-fetched")[0];
    assert_eq!((&over["good"], &over["bad"]), (&2.into(), &2.into()));
    let ran = trace(&["--page", &url("http", port, "/")]);
    ran.arrived().says("✗ 404 /i1");
    ran.says("/i2: the server closed the connection without an answer");
}

#[test]
fn others_servers_are_found_by_themselves_and_redirects_are_followed() {
    let other = site("", |_| None);
    let page: &'static str = format!(
        "<!doctype html><img src=/moved><img src=/away><img src=//localhost:{other}/there>\
         <img src=http://127.0.0.1:1/nobody><img src=/round>"
    )
    .leak();
    let port = site(page, move |path| {
        let to = match path {
            "/moved" => "/here".to_string(),
            "/away" => format!("http://localhost:{other}/afar"),
            "/round" => "/round".to_string(),
            _ => return None,
        };
        Some(format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"))
    });
    let (code, journey) = json(&["--page", &url("http", port, "/")]);
    assert_eq!(code, 0, "{journey}");
    let expected = [("afar", 200), ("here", 200), ("nobody", 0), ("round", 302), ("there", 200)];
    assert_eq!(fetched(&journey), expected.map(|(name, status)| (name.to_string(), status)), "{journey}");
    let fault = |name: &str| {
        let all = steps(&journey, "resource-fetched");
        let found =
            all.iter().find(|step| step["url"].as_str().is_some_and(|url| url.ends_with(&format!("/{name}")))).expect("it is there");
        (found["redirects"].as_u64(), found["fault"].as_str().unwrap_or_default().to_string())
    };
    assert_eq!((fault("afar").0, fault("here").0), (Some(1), Some(1)));
    assert!(fault("nobody").1.contains("nothing listens on port 1"));
    assert!(fault("round").1.contains("leads nowhere"));
}

#[test]
fn a_server_that_says_nothing_of_a_resource_is_not_waited_for_beyond_the_limit() {
    let port = site("<!doctype html><img src=/stuck>", |path| {
        // A head that never ends.
        (path == "/stuck").then(|| "HTTP/1.1 200 OK\r\n".to_string())
    });
    let (code, journey) = json(&["--page", "-m", "3s", &url("http", port, "/")]);
    assert_eq!(code, 0, "{journey}");
    let late = steps(&journey, "resources-left").iter().any(|step| step["why"] == "time");
    let failed = steps(&journey, "resource-fetched").iter().any(|step| !step["fault"].as_str().unwrap_or_default().is_empty());
    assert!(late || failed, "{journey}");
}

/// A server of ours that speaks HTTP/2 inside TLS, before a server of this test.
struct Edge(Child);

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn edge(backend: u16) -> (Edge, u16) {
    let made = certificate(&["localhost"], -1, 30);
    let (chain, key, config) = (made.file("edge.pem"), scratch("edge.key"), scratch("edge.toml"));
    std::fs::write(&key, &made.key).expect("it can be written");
    let text = format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n[[certificate]]\nchain = {chain:?}\nkey = {key:?}\n[[site]]\n\
         [[site.route]]\npool = \"app\"\n[pool.app]\nbackends = [\"127.0.0.1:{backend}\"]\n"
    );
    std::fs::write(&config, text).expect("it can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
    let mut child = command.arg("serve").arg(&config).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let edge = Edge(child);
    let port = lines.find_map(|line| line.ok()?.split_once("https://127.0.0.1:")?.1.split_whitespace().next()?.parse().ok());
    // What it says from now on goes nowhere.
    std::thread::spawn(move || lines.for_each(drop));
    (edge, port.expect("it listens"))
}

#[test]
fn over_http2_all_resources_are_streams_of_the_pages_own_connection() {
    let page: String = (0..150).map(|number| format!("<img src=/{number}>")).collect();
    let page: &'static str = format!("<!doctype html><link rel=stylesheet href=/a.css>{page}").leak();
    let (_edge, port) = edge(site(page, |_| None));
    let (code, journey) = json(&["-k", "--page", "--page-limit", "140", &url("https", port, "/")]);
    assert_eq!(code, 0, "{journey}");
    let all = steps(&journey, "resource-fetched");
    assert_eq!(all.len(), 140, "{journey}");
    assert!(all.iter().all(|step| step["status"] == 200 && step["connection"] == 1 && step["version"] == "HTTP/2"), "{journey}");
    assert_eq!(steps(&journey, "page-connection").len(), 1);
    let left = steps(&journey, "resources-left");
    assert_eq!((&left[0]["resources"], &left[0]["why"]), (&11.into(), &"limit".into()));
}
