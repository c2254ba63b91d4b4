//! The built program, asked over its admin side and by its own `ctl`, `check` and `explain`.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

#[path = "real/support/ports.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod ports;

/// A running program on a configuration of its own; ended with the test, whatever comes of it.
struct Running {
    child: Child,
    /// What it prints; held so that it can go on printing.
    lines: Lines<BufReader<ChildStdout>>,
    directory: PathBuf,
    http: SocketAddr,
    admin: SocketAddr,
}

impl Running {
    /// Starts it, and waits until it has said that it listens.
    fn start(test: &str) -> Running {
        let directory = std::env::temp_dir().join(format!("throughline-admin-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory for the test");
        let [http, admin] = ports::free_addresses();
        std::fs::write(directory.join("edge.toml"), config(http, admin, &directory, "first")).expect("a config file");
        let events = std::fs::File::create(directory.join("events")).expect("a file");
        let mut serve = program(&["serve", "edge.toml"], &directory);
        let mut child = serve.stdout(Stdio::piped()).stderr(events).spawn().expect("the program");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        for at in [http, admin] {
            let line = lines.next().expect("a line for each listener").expect("text");
            assert!(line.contains(&at.to_string()), "{line}");
        }
        Running { child, lines, directory, http, admin }
    }

    fn configure(&self, text: &str) {
        std::fs::write(self.directory.join("edge.toml"), text).expect("a config file");
    }

    fn ctl(&self, arguments: &[&str]) -> Output {
        let admin = self.admin.to_string();
        program(&[&["ctl", "--admin", &admin], arguments].concat(), &self.directory).output().expect("the program")
    }

    fn get(&self, target: &str) -> String {
        exchange(self.admin, &format!("GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.admin))
    }

    /// What it has written to standard error. A step is there before the answer to whoever caused it.
    fn events(&self) -> String {
        std::fs::read_to_string(self.directory.join("events")).expect("text")
    }

    /// What the site answers.
    fn served(&self) -> String {
        exchange(self.http, "GET /fixed HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn program(arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
    command.args(arguments).current_dir(directory);
    command
}

fn config(http: SocketAddr, admin: SocketAddr, directory: &Path, word: &str) -> String {
    format!(
        r#"
[admin]
at = "{admin}"

[server]
workers = 2

[log]
to = "{}"

[[listener]]
at = "{http}"

[[site]]
name = "main"
hosts = ["*"]

[[site.route]]
path = "/fixed"
answer = {{ status = 200, body = "{word}" }}

[[site.route]]
pool = "app"

[pool.app]
algorithm = "least-connections"
backends = [{{ at = "127.0.0.1:1", name = "one" }}, {{ at = "127.0.0.1:2", name = "two" }}]
"#,
        directory.join("access.log").display()
    )
}

/// Sends a request on a connection of its own, and returns all that comes until the server closes.
fn exchange(to: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(to).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a timeout");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in text and closes");
    answer
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

/// The value of a sample in a metrics page.
fn sample(page: &str, series: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn metrics_and_status_show_what_was_served() {
    let running = Running::start("shown");
    for _ in 0..3 {
        assert!(running.served().ends_with("\r\n\r\nfirst"));
    }
    let refused = exchange(running.http, "GET / HTTP/1.1\r\n\r\n");
    assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
    let failed = exchange(running.http, "GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    assert!(failed.starts_with("HTTP/1.1 502 "), "{failed}");

    let page = running.get("/metrics");
    assert!(page.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{page}");
    for (series, expected) in [
        (r#"throughline_requests_total{site="main",status_class="2xx"}"#, 3.0),
        (r#"throughline_requests_total{site="main",status_class="5xx"}"#, 1.0),
        (r#"throughline_requests_total{site="",status_class="4xx"}"#, 1.0),
        (r#"throughline_requests_refused_total{site="",side="client"}"#, 1.0),
        (r#"throughline_request_duration_seconds_count{site="main"}"#, 4.0),
        (r#"throughline_backend_requests_total{pool="app",backend="one"}"#, 1.0),
        (r#"throughline_backend_failures_total{pool="app",backend="one",error="connection_refused"}"#, 1.0),
        (r#"throughline_pool_retries_total{pool="app"}"#, 1.0),
        ("throughline_configuration_generation", 1.0),
    ] {
        assert_eq!(sample(&page, series), Some(expected), "{series}\n{page}");
    }

    let table = running.ctl(&["status"]);
    assert!(table.status.success(), "{table:?}");
    let table = text(&table.stdout);
    assert!(table.contains(&format!("{} (main)", running.http)) && table.contains("pool app, least-connections"), "{table}");
    let json: serde_json::Value = serde_json::from_slice(&running.ctl(&["status", "--json"]).stdout).expect("JSON");
    assert_eq!((&json["generation"], &json["requests"]["server_errors"], &json["pools"][0]["retries"]), (&1.into(), &1.into(), &1.into()));
}

#[test]
fn a_reload_holds_at_once_and_a_bad_one_changes_nothing() {
    let running = Running::start("reload");
    let config = |word| config(running.http, running.admin, &running.directory, word);
    let bad = config("bad").replace("least-connections", "least-conections").replace("pool = \"app\"", "pool = \"ap\"");
    running.configure(&bad);
    let refused = running.ctl(&["reload"]);
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    for (number, line) in (1..).zip(bad.lines()) {
        if line.contains("conections") || line.contains("\"ap\"") {
            assert!(said.contains(&format!("edge.toml:{number}:")), "line {number} of all mistakes: {said}");
        }
    }
    assert!(said.contains("did you mean \"least-connections\"?"), "{said}");
    assert!(running.events().contains(" reload-refused mistakes="), "{}", running.events());
    assert!(running.served().ends_with("first"), "the old configuration serves on");

    running.configure(&config("second"));
    let accepted = running.ctl(&["reload"]);
    assert_eq!((accepted.status.code(), text(&accepted.stdout)), (Some(0), "configuration 2 holds\n"));
    assert!(running.served().ends_with("second"));
    assert!(running.events().ends_with("Z reloaded generation=2\n"), "{}", running.events());
    let page = running.get("/metrics");
    assert_eq!(sample(&page, r#"throughline_reloads_total{result="ok"}"#), Some(1.0));
    assert_eq!(sample(&page, r#"throughline_reloads_total{result="refused"}"#), Some(1.0));
    assert_eq!(sample(&page, r#"throughline_requests_total{site="main",status_class="2xx"}"#), Some(2.0), "counted over the reload");
}

#[test]
fn a_backend_is_drained_and_explain_says_so() {
    let running = Running::start("backend");
    let drained = running.ctl(&["backend", "app", "one", "drain"]);
    assert_eq!(text(&drained.stdout), "backend app/one: drain, weight 1, 0 in flight\n");
    let weighted = running.ctl(&["backend", "app", "two", "weight", "5"]);
    assert_eq!(text(&weighted.stdout), "backend app/two: ready, weight 5, 0 in flight\n");
    let events: Vec<String> = running.events().lines().map(|line| line.split_once(' ').expect("a time").1.to_string()).collect();
    assert_eq!(events, ["backend-set backend=app/one admin=drain weight=1", "backend-set backend=app/two admin=ready weight=5"]);
    let admin = running.admin.to_string();
    let explain = |arguments: &[&str]| program(arguments, &running.directory).output().expect("the program");
    let live = explain(&["explain", "balance", "--admin", &admin, "http://a.test/x"]);
    let live = text(&live.stdout);
    assert!(live.lines().any(|line| line.split_whitespace().eq(["one", "-", "drained"])), "{live}");
    assert!(live.contains("=>         two"), "{live}");
    let offline = explain(&["explain", "balance", "edge.toml", "http://a.test/x"]);
    assert!(!text(&offline.stdout).contains("drained"), "a file knows nothing of it");
    let route = explain(&["explain", "route", "edge.toml", "http://a.test/fixed"]);
    assert!(text(&route.stdout).ends_with("=>     route /fixed\n"), "{route:?}");
    let unknown = running.ctl(&["backend", "app", "three", "ready"]);
    assert_eq!((unknown.status.code(), text(&unknown.stderr)), (Some(1), "throughline: pool \"app\" has no backend \"three\"\n"));
}

#[test]
fn a_drain_ends_the_process_and_no_line_of_the_log_is_lost() {
    let mut running = Running::start("drain");
    for _ in 0..20 {
        running.served();
    }
    let forged = exchange(running.admin, &format!("POST /drain HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", running.admin));
    assert!(forged.starts_with("HTTP/1.1 403 "), "{forged}");
    let drained = running.ctl(&["drain"]);
    assert!(drained.status.success() && text(&drained.stdout).starts_with("draining"), "{drained:?}");
    // It prints until it ends.
    let said: Vec<String> = running.lines.by_ref().map(|line| line.expect("text")).collect();
    assert!(said.iter().any(|line| line.starts_with("draining")), "{said:?}");
    assert_eq!(running.child.wait().expect("it has ended").code(), Some(0));
    let log = std::fs::read_to_string(running.directory.join("access.log")).expect("the access log");
    let of_site = |line: &&str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["target"] == "/fixed";
    assert_eq!(log.lines().filter(of_site).count(), 20, "{log}");
    assert_eq!(log.lines().count(), 22, "and the two requests of the admin side: {log}");

    let nobody = running.ctl(&["status"]);
    let sentence = format!("throughline: no throughline answers on {}; is it running, and is [admin] on?\n", running.admin);
    assert_eq!((nobody.status.code(), text(&nobody.stderr)), (Some(1), &*sentence));
}

#[test]
fn check_tells_every_mistake_and_sums_up() {
    let directory = std::env::temp_dir().join(format!("throughline-check-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory for the test");
    let any = SocketAddr::from(([127, 0, 0, 1], 8080));
    let good = config(any, SocketAddr::from(([127, 0, 0, 1], 8090)), &directory, "x");
    let check = |text: &str| {
        std::fs::write(directory.join("edge.toml"), text).expect("a config file");
        program(&["check", "edge.toml"], &directory).output().expect("the program")
    };
    let fine = check(&good);
    let line = "edge.toml: ok: 1 listener, 1 site, 1 pool (2 backends), admin on 127.0.0.1:8090\n";
    assert_eq!((fine.status.code(), text(&fine.stdout)), (Some(0), line));
    let bad = check(&good.replace("workers = 2", "wokers = 2").replace("pool = \"app\"", "pool = \"ap\""));
    let said = text(&bad.stderr);
    assert_eq!(bad.status.code(), Some(1));
    assert!(said.contains("wokers = 2\n") && said.contains("pool = \"ap\"\n"), "the lines themselves are shown: {said}");
    assert!(said.contains("\nedge.toml: 2 mistakes"), "{said}");
    std::fs::remove_dir_all(&directory).expect("it is there");
}
