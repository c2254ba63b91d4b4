//! Legs of a journey.

use crate::support::{json, request, saying, server, steps, trace, url};
use std::io::Write;

/// A server on one connection that answers by path.
fn by_path(answer: impl Fn(&str, &str) -> String + Send + Sync + 'static) -> u16 {
    server(move |mut stream, _| {
        loop {
            let head = request(&mut stream);
            let mut words = head.split(' ');
            let (Some(method), Some(path)) = (words.next().filter(|word| !word.is_empty()), words.next()) else { return };
            if stream.write_all(answer(method, path).as_bytes()).is_err() {
                return;
            }
        }
    })
}

fn to(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} x\r\nLocation: {location}\r\nContent-Length: 5\r\n\r\naside")
}

fn ok() -> String {
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_string()
}

#[test]
fn each_leg_is_told_and_the_connection_kept() {
    let port = by_path(|_, path| match path {
        "/a" => to(302, "/b"),
        "/b" => to(307, "c?d"),
        _ => ok(),
    });
    let (code, journey) = json(&[&url("http", port, "/a#top")]);
    assert_eq!(code, 0, "{journey}");
    let urls: Vec<_> = steps(&journey, "url-read").iter().map(|step| step["url"].as_str().expect("a text").to_string()).collect();
    assert_eq!(urls, [url("http", port, "/a#top"), url("http", port, "/b#top"), url("http", port, "/c?d#top")]);
    assert_eq!(steps(&journey, "connection-opened").len(), 1);
    assert_eq!(steps(&journey, "connection-reused").len(), 2);
    assert_eq!(steps(&journey, "arrived")[0]["legs"], 3);
    assert_eq!(journey["legs"].as_array().expect("legs").len(), 3);
}

#[test]
fn going_round_in_circles_ends() {
    let port = by_path(|_, path| to(302, if path == "/a" { "/b" } else { "/a" }));
    trace(&[&url("http", port, "/a")])
        .failed(15, &["HTTP failed on the server's side", "where we have been before", "rules for redirects"]);
    let port = by_path(|_, path| to(302, &format!("{path}x")));
    trace(&[&url("http", port, "/")]).failed(15, &["on and on", "--max-redirects"]);
}

#[test]
fn a_redirect_that_leads_nowhere() {
    let nowhere = saying(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
    trace(&[&url("http", nowhere, "/")]).failed(15, &["answered 302", "no Location", "--no-follow"]);
    let mail = saying(b"HTTP/1.1 302 Found\r\nLocation: mailto:a@example\r\nContent-Length: 0\r\n\r\n");
    trace(&[&url("http", mail, "/")]).failed(15, &["a URL of the scheme mailto"]);
}

#[test]
fn who_does_not_follow_has_arrived() {
    let port = by_path(|_, _| to(301, "/b"));
    let ran = trace(&["--no-follow", &url("http", port, "/")]);
    ran.arrived();
    ran.says("does not go on to /b");
}

#[test]
fn the_method_changes_as_the_status_says() {
    let port = by_path(|method, path| match path {
        "/see" => to(303, "/end"),
        "/keep" => to(308, "/end"),
        _ => format!("HTTP/1.1 200 OK\r\nX: {method}\r\nContent-Length: 0\r\n\r\n"),
    });
    let methods = |path| {
        let (_, journey) = json(&["-X", "PUT", &url("http", port, path)]);
        steps(&journey, "request-sent").iter().map(|step| step["method"].as_str().expect("a text").to_string()).collect::<Vec<_>>()
    };
    assert_eq!(methods("/see"), ["PUT", "GET"]);
    assert_eq!(methods("/keep"), ["PUT", "PUT"]);
}

#[test]
fn credentials_stay_with_their_origin() {
    let other = server(|mut stream, _| {
        let head = request(&mut stream);
        let status = if head.to_ascii_lowercase().contains("cookie") { 500 } else { 200 };
        let _ = stream.write_all(format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n").as_bytes());
    });
    let port = by_path(move |_, _| to(302, &url("http", other, "/")));
    let (_, journey) = json(&["-H", "Cookie: a=b", &url("http", port, "/")]);
    assert_eq!(journey["status"], 200, "{journey}");
}
