//! The first of the README's two commands: the embedded default.

use crate::support::edge::{BINARY, Edge};
use crate::support::peers::Curl;
use crate::support::place::Place;
use std::process::Command;

fn embedded() -> Edge {
    let place = Place::new();
    let mut command = Command::new(BINARY);
    command.args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    command.env("XDG_STATE_HOME", place.path());
    Edge::start(place, &mut command, 5)
}

/// What listens where comes first, then four commands; each of them works as printed.
#[test]
fn says_what_listens_and_four_commands_that_work() {
    let Some(curl) = Curl::find() else { return };
    let mut edge = embedded();
    let names: Vec<String> = edge.printed.iter().map(|line| line.split_whitespace().last().expect("a name").to_string()).collect();
    assert_eq!(names, ["demo", "demo", "app-1", "app-2", "admin"]);
    assert_eq!(edge.line(), "try:");
    for _ in 0..4 {
        let line = edge.line();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], "curl", "{line}");
        let answer = curl.text(&[&["-f"], &words[1..]].concat());
        assert!(!answer.is_empty(), "{line}");
    }
}

/// The pages, the picture and the JSON come, and from both application servers in turn.
#[test]
fn the_site_is_served_by_both_application_servers() {
    let Some(curl) = Curl::find() else { return };
    let edge = embedded();
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

fn served_by(json: &str) -> String {
    json.split("\"served_by\": \"").nth(1).and_then(|rest| rest.split('"').next()).expect("who served it").to_string()
}
