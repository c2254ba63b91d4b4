//! Binary against binary: what `throughline serve` tells of a request to `throughline trace` that shows a token.

use crate::support::{json, saying, scratch, trace, url};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The token, which no number of a request can hold by chance: none of its letters is a hexadecimal digit.
const TOKEN: &str = "xyzzy";
const HASH: &str = "sha256:184858a00fd7971f810848266ebcecee5e8b69972c5ffaed622f5ee078671aed";

/// A server whose site knows the token.
struct Serving {
    child: Child,
    port: u16,
    log: PathBuf,
}

impl Serving {
    fn start(name: &str, backend: u16, more: &str) -> Serving {
        let port = crate::ports::free_address().port();
        let (file, log) = (scratch(&format!("{name}.toml")), scratch(&format!("{name}.log")));
        let text = format!(
            r#"
{more}

[admin]
at = "off"

[server]
workers = 2
name = "edge-1"

[log]
to = "{}"

[[listener]]
at = "127.0.0.1:{port}"

[[site]]
name = "main"
trace-tokens = ["{HASH}"]

[[site.route]]
pool = "app"
cache = {{}}

[pool.app]
backends = [{{ at = "127.0.0.1:{backend}", name = "one" }}]
"#,
            log.display()
        );
        std::fs::write(&file, text).expect("a config file");
        let mut serve = Command::new(env!("CARGO_BIN_EXE_throughline"));
        let mut child = serve.arg("serve").arg(&file).stdout(Stdio::piped()).spawn().expect("the program");
        let line = BufReader::new(child.stdout.take().expect("it is piped")).lines().next().expect("it says where it listens");
        assert!(line.expect("text").contains(&port.to_string()));
        Serving { child, port, log }
    }

    fn url(&self, path: &str) -> String {
        url("http", self.port, path)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn token(name: &str, token: &str) -> String {
    let path = scratch(name);
    std::fs::write(&path, format!("{token}\n")).expect("it can be written");
    path.to_str().expect("a path").to_string()
}

fn server_steps(journey: &Value) -> Vec<String> {
    let steps = journey["legs"][0]["server"].as_array().cloned().unwrap_or_default();
    steps.iter().map(|step| step["step"].as_str().unwrap_or_default().to_string()).collect()
}

#[test]
fn the_tree_has_both_ends() {
    let backend = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: max-age=60\r\n\r\nok");
    let serving = Serving::start("both", backend, "");
    let file = token("both.token", TOKEN);
    let (code, miss) = json(&["--token-file", &file, &serving.url("/a")]);
    assert_eq!(code, 0);
    let steps = server_steps(&miss);
    for step in ["routed", "cache-miss", "picked", "connected", "answered", "cache-store", "delivered"] {
        assert!(steps.iter().any(|told| told == step), "{step} is not in {steps:?}");
    }
    let hit = trace(&["--token-file", &file, &serving.url("/a")]);
    hit.arrived().says("Server edge-1: ");
    hit.says("hit: ");
    let log = std::fs::read_to_string(&serving.log).unwrap_or_default();
    assert!(!log.contains(TOKEN) && !log.to_ascii_lowercase().contains("throughline-trace"), "{log}");
}

#[test]
fn a_connection_for_one_request_is_followed_by_another() {
    let backend = saying(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok");
    let serving = Serving::start("close", backend, "[limits]\nrequests-per-connection = 1");
    let file = token("close.token", TOKEN);
    let ran = trace(&["--token-file", &file, &serving.url("/a")]);
    ran.arrived().says("Server edge-1: ");
    ran.says("by round-robin");
}

#[test]
fn a_wrong_token_and_a_server_without_say_what_to_do() {
    let backend = saying(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let serving = Serving::start("wrong", backend, "");
    let file = token("wrong.token", "xyzzyx");
    let (_, journey) = json(&["--token-file", &file, &serving.url("/a")]);
    assert!(server_steps(&journey).is_empty());
    trace(&["--token-file", &file, &serving.url("/a")]).says("it does not tell (404): the token may not be one of trace-tokens");
    let (_, without) = json(&[&serving.url("/a")]);
    assert!(server_steps(&without).is_empty() && !without.to_string().contains("server-unjoined"));
    let empty = token("empty.token", "");
    assert_ne!(trace(&["--token-file", &empty, &serving.url("/a")]).code, 0);
}
