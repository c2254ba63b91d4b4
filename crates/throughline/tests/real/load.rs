//! Under load, with no request failed: a backend killed, a reload every 100 ms, a drain of a backend and of the process.

use crate::process::to;
use crate::support::backend::Backend;
use crate::support::edge::Edge;
use crate::support::load::Load;
use crate::support::peers::find;
use crate::support::{PATIENCE, noise};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CLIENTS: usize = 6;
const BODY: &str = "as it was written";

/// A backend that is a process, so that it can be killed.
fn backend_process(at: &str) -> Edge {
    Edge::of(&format!("[[listener]]\nat = \"{at}\"\n[[site]]\n[[site.route]]\nanswer = {{ body = \"{BODY}\" }}\n"))
}

fn balancing(listen: &str, backends: &[SocketAddr], more: &str) -> String {
    let backends: Vec<String> = backends.iter().map(|at| format!("\"{at}\"")).collect();
    format!(
        "[[listener]]\nat = \"{listen}\"\n[[site]]\n[[site.route]]\npool = \"app\"\n[pool.app]\nbackends = [{}]\n{more}",
        backends.join(", ")
    )
}

/// kill -9 of one backend after the other, each back before the next goes: its requests in flight are answered by the other one.
#[test]
fn a_killed_backend_costs_no_request() {
    let mut backends = [backend_process("127.0.0.1:0"), backend_process("127.0.0.1:0")];
    let addresses = [backends[0].at(0), backends[1].at(0)];
    let settings = "retry = { attempts = 2 }\nhealth = { connect = true, interval = \"100ms\", rise = 1, fall = 1 }\nejection = { base = \"200ms\" }\n";
    let edge = Edge::of(&balancing("127.0.0.1:0", &addresses, settings));
    let load = Load::start(CLIENTS, edge.at(0), "/", BODY.into());
    for round in 0..4 {
        load.await_answers(300);
        let seen = edge.errors().len();
        backends[round % 2].kill();
        edge.await_error(seen, "backend-down");
        load.await_answers(300);
        let seen = edge.errors().len();
        backends[round % 2] = backend_process(&addresses[round % 2].to_string());
        edge.await_error(seen, "backend-up");
    }
    load.stop().check(2400);
}

/// A reload every 100 ms, between two configurations that differ in everything but the listener; wrk beside our own clients, if it is here.
#[test]
fn reloads_cost_no_request() {
    let backends = [backend_process("127.0.0.1:0"), backend_process("127.0.0.1:0")];
    let addresses = [backends[0].at(0), backends[1].at(0)];
    let edge = Edge::of(&balancing("127.0.0.1:0", &addresses, ""));
    let listen = edge.at(0).to_string();
    let other = "algorithm = \"least-connections\"\nkeep-alive = \"1s\"\nmax-in-flight = 50\n";
    let configs = [
        format!("[limits]\nhead-bytes = \"16 KiB\"\n{}", balancing(&listen, &addresses[1..], other).replace("app", "other")),
        balancing(&listen, &addresses, ""),
        balancing(&listen, &[addresses[1], addresses[0]], "retry = { attempts = 0 }\n"),
    ];
    let load = Load::start(CLIENTS, edge.at(0), "/", BODY.into());
    let mut wrk = find("wrk").map(|wrk| {
        let command = &mut Command::new(wrk);
        command.args(["-t1", "-c8", "-d4s", "--timeout", "10s", &edge.url("/")]).stdout(Stdio::piped());
        command.spawn().expect("wrk starts")
    });
    let (mut seen, began, mut reloads) = (0, Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(4) {
        let due = Instant::now() + Duration::from_millis(100);
        edge.rewrite(&configs[reloads % configs.len()]);
        edge.signal("HUP");
        seen = edge.await_error(seen, "reloaded");
        reloads += 1;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let said = wrk.take().map(|wrk| wrk.wait_with_output().expect("it is our child"));
    load.stop().check(500);
    assert!(reloads >= 20, "only {reloads} reloads");
    assert!(!edge.errors().iter().any(|line| line.contains("reload-refused")));
    if let Some(output) = said {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("Requests/sec") && !text.contains("Socket errors") && !text.contains("Non-2xx"), "{text}");
    }
}

/// A backend that is drained gets no further request once those it has are done, and gets its share again when it is ready.
#[test]
fn a_drained_backend_costs_no_request() {
    let backends = [Backend::start(), Backend::start()];
    let edge = Edge::of(&format!("[admin]\nat = \"127.0.0.1:0\"\n{}", to(&[&backends[0], &backends[1]])));
    let load = Load::start(CLIENTS, edge.at(0), "/bytes/5000", noise(5000));
    let ask = |what: &str| {
        let done = edge.post_admin(1, &format!("/backends/app/{}?admin={what}", backends[0].at));
        assert_eq!(done.status, 200, "{}", done.text());
        done.text()
    };
    for _ in 0..5 {
        load.await_answers(100);
        let began = Instant::now();
        while !ask("drain").contains("\"in_flight\":0") {
            assert!(began.elapsed() < PATIENCE, "what it has does not end");
        }
        let before = backends[0].begun();
        load.await_answers(200);
        assert_eq!(backends[0].begun(), before, "it was asked although it drains");
        ask("ready");
        load.await_answers(100);
        assert!(backends[0].begun() > before, "it is asked again");
    }
    load.stop().check(2000);
}

/// SIGTERM under load: each request that was begun is answered, the last one of a connection says so, and the process ends well.
#[test]
fn the_drain_of_the_process_costs_no_request() {
    for _ in 0..3 {
        let backend = Backend::start();
        let mut edge = Edge::of(&to(&[&backend]));
        let load = Load::start(CLIENTS, edge.at(0), "/bytes/5000", noise(5000));
        load.await_answers(300);
        load.expect_end();
        edge.signal("TERM");
        let status = edge.ended(PATIENCE).expect("it ends");
        assert_eq!(status.code(), Some(0), "{:?}", edge.errors());
        let tally = load.join();
        tally.check(300);
        assert_eq!(backend.begun() as u64, tally.answered, "what the backend was asked is what the clients were answered");
    }
}
