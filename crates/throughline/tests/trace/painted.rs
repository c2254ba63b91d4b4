//! The page, many journeys, and two URLs: of the command as it is.

use crate::support::{certificate, command, saying, scratch, trace, url};
use base64::Engine;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\nX: </script><b>\xe2\x80\xae\r\n\r\nhi";

/// The page of a journey, and where it lies.
fn page(name: &str, arguments: &[&str]) -> (PathBuf, String) {
    let path = scratch(name);
    let path_text = path.to_str().expect("a path");
    command(&[arguments, &["--html", path_text]].concat());
    let page = std::fs::read_to_string(&path).expect("the page is there");
    (path, page)
}

/// What a browser allows is what the page says of itself; what it says has to be right.
#[test]
fn the_policy_of_the_page_names_its_own_style_and_script() {
    let (_, page) = page("policy.html", &[&url("http", saying(OK), "/")]);
    for (name, start, end) in [("style", "<style>", "</style>"), ("script", "<script>", "</script>")] {
        let inner = page.split(start).nth(1).and_then(|rest| rest.split(end).next()).expect("an element");
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, inner.as_bytes());
        let hash = base64::engine::general_purpose::STANDARD.encode(hash);
        let said = format!("{name}-src 'sha256-{hash}'");
        assert!(page.contains(&said), "crates/view/src/trace/page/{name}.sha256 has to be {hash}");
    }
    assert!(!page.contains("src=") && !page.contains("href=\"http") && !page.contains(" style="), "nothing from elsewhere");
}

#[test]
fn a_page_that_cannot_be_written_is_said_before_anything_is_asked() {
    let ran = trace(&["--html", "/nowhere/at/all.html", "http://127.0.0.1:1/"]);
    assert_eq!(ran.code, 1);
    ran.says("cannot write /nowhere/at/all.html");
    let ran = trace(&["--html", "/dev/null", "--repeat", "2", "http://127.0.0.1:1/"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
}

/// Chromium, or nothing after one line that says what is skipped.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn chromium(page: &Path, arguments: &[&str]) -> Option<(String, String)> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let Some(program) = std::env::split_paths(&paths).map(|folder| folder.join("chromium")).find(|path| path.is_file()) else {
        assert!(std::env::var("THROUGHLINE_REAL_PEERS").as_deref() != Ok("required"), "chromium is not installed, and required here");
        eprintln!("skipped: chromium is not installed");
        return None;
    };
    let home = page.with_extension("profile");
    let mut command = Command::new(program);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-sync"]);
    command.args(["--enable-logging=stderr", "--hide-scrollbars", "--window-size=1200,1400"]).args(arguments);
    command.arg(format!("--user-data-dir={}", home.display())).arg(format!("file://{}", page.display()));
    std::fs::create_dir_all(&home).expect("a home");
    let output = command.env("HOME", &home).stdin(Stdio::null()).output().expect("Chromium runs");
    let _ = std::fs::remove_dir_all(&home);
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// A browser shows the stations, its console is silent, and the picture is not an empty one.
#[test]
fn a_browser_shows_the_page_of_a_real_journey() {
    let made = certificate(&["localhost"], -1, 30);
    let (port, pem) = (made.saying(OK), made.file("painted.pem"));
    let (path, _) = page("painted.html", &["--cacert", pem.to_str().expect("a path"), &url("https", port, "/a/../b")]);
    let Some((dom, console)) = chromium(&path, &["--dump-dom"]) else { return };
    for station in ["URL", "Name", "Connect", "TLS", "HTTP"] {
        assert!(dom.contains(&format!("<span class=\"name\">{station}</span>")), "{station} is missing: {dom}");
    }
    // The script ran: the button is its work.
    assert!(dom.contains("<button type=\"button\">Open all</button>"), "{dom}");
    assert!(!console.contains("CONSOLE"), "{console}");
    let picture = scratch("painted.png");
    chromium(&path, &[&format!("--screenshot={}", picture.display())]).expect("it was here a moment ago");
    let size = std::fs::metadata(&picture).expect("a picture").len();
    assert!(size > 30_000, "a page with text and bars takes more than {size} bytes");
}

#[test]
fn many_journeys_are_summed_up() {
    let target = url("http", saying(OK), "/");
    let output = command(&["--repeat", "5", "--json", &target]);
    let summary: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!((output.status.code(), &summary["arrived"]), (Some(0), &5.into()), "{summary}");
    let phases: Vec<&str> = summary["phases"].as_array().expect("phases").iter().filter_map(|phase| phase["phase"].as_str()).collect();
    for phase in ["Name", "Connect", "first byte", "body", "all"] {
        assert!(phases.contains(&phase), "{phases:?}");
    }
    let ran = trace(&["--repeat", "3", "--interval", "1ms", &target]);
    ran.arrived().says("3 journeys");
    ran.says("min median p95 max");
}

#[test]
fn failures_of_many_are_counted_and_decide_the_code() {
    let port = crate::support::server(|mut stream, number| {
        let _ = crate::support::request(&mut stream);
        let answer: &[u8] = if number % 2 == 0 { OK } else { b"no HTTP at all\r\n\r\n" };
        let _ = std::io::Write::write_all(&mut stream, answer);
    });
    let ran = trace(&["--repeat", "4", &url("http", port, "/")]);
    assert_eq!(ran.code, 15, "{}", ran.out);
    ran.says("4 journeys, 2 failed");
    ran.says("✗ 2 × HTTP failed");
}

#[test]
fn two_urls_are_compared() {
    let plain = url("http", saying(OK), "/");
    let other = url("http", saying(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nCache-Status: a; hit\r\n\r\nno."), "/");
    let ran = trace(&["--compare", &plain, &other, "--repeat", "2"]);
    ran.arrived().says("status 200 404 ≠");
    ran.says("cache – a; hit ≠");
    let refused = "http://127.0.0.1:1/";
    let ran = trace(&["--compare", &plain, refused]);
    assert_eq!(ran.code, 13, "{}", ran.out);
    ran.says("Only A arrives; B fails.");
    assert_eq!(trace(&["--compare", &plain]).code, 2);
}

/// Every object has what its schema asks for, and nothing that it does not name.
fn fits(value: &Value, schema: &Value, root: &Value) {
    let schema = if schema["$ref"].is_string() { &root["$defs"]["side"] } else { schema };
    match value {
        Value::Object(fields) => {
            for required in schema["required"].as_array().expect("names") {
                assert!(fields.contains_key(required.as_str().expect("a name")), "{required} is missing: {value}");
            }
            for (name, value) in fields {
                assert!(schema["properties"][name].is_object(), "{name} is not in the schema");
                fits(value, &schema["properties"][name], root);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fits(item, &schema["items"], root)),
        Value::Number(_) => assert!(schema["type"] == "number" || schema["type"] == "integer" && value.is_u64(), "{value}: {schema}"),
        Value::Bool(_) => assert_eq!(schema["type"], "boolean"),
        _ => assert!(schema["type"] == "string" || schema["const"] == *value, "{value}: {schema}"),
    }
}

#[test]
fn sums_and_comparisons_are_what_their_schemas_say() {
    let target = url("http", saying(OK), "/");
    let refused = "http://127.0.0.1:1/";
    let repeat: Value = serde_json::from_str(include_str!("../../../../docs/guide/trace.repeat.schema.json")).expect("JSON");
    let compare: Value = serde_json::from_str(include_str!("../../../../docs/guide/trace.compare.schema.json")).expect("JSON");
    for (arguments, schema) in [
        (vec!["--repeat", "2", &target], &repeat),
        (vec!["--repeat", "2", refused], &repeat),
        (vec!["--compare", &target, refused], &compare),
        (vec!["--compare", &target, &target], &compare),
    ] {
        let (_, value) = crate::support::json(&arguments);
        fits(&value, schema, schema);
    }
}
