//! Under load, with no request failed: a backend killed, a reload every 100 ms, a drain of a backend and of the process.

use crate::process::to;
use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::Edge;
use crate::support::load::Load;
use crate::support::peers::find;
use crate::support::ports::free_addresses;
use crate::support::{PATIENCE, checksum, noise};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CLIENTS: usize = 6;
const BODY: &str = "as it was written";

/// A backend that is a process, so that it can be killed. It has an admin side, as its second listener.
fn backend_process(at: SocketAddr) -> Edge {
    Edge::of(&format!(
        "[admin]\nat = \"127.0.0.1:0\"\n[[listener]]\nat = \"{at}\"\n[[site]]\nname = \"site\"\n\
         [[site.route]]\nanswer = {{ body = \"{BODY}\" }}\n"
    ))
}

/// Two of them, and where they are. They can be started again there: nobody else is given their ports meanwhile.
fn two_backends() -> ([Edge; 2], [SocketAddr; 2]) {
    let addresses = free_addresses();
    (addresses.map(backend_process), addresses)
}

/// Waits until a backend has answered so many requests.
fn await_served(backend: &Edge, least: u64) {
    let began = Instant::now();
    let served = || {
        let page = Client::connect(backend.at(1)).get("/metrics").text();
        let count = |line: &str| line.strip_prefix("throughline_requests_total{site=\"site\",status_class=\"2xx\"} ")?.parse::<u64>().ok();
        page.lines().find_map(count)
    };
    while served().is_none_or(|count| count < least) {
        assert!(began.elapsed() < PATIENCE, "it is not asked");
    }
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
    let (mut backends, addresses) = two_backends();
    // Probes alone say who is well: an ejection could outlast a backend's return, and the other one goes as soon as this one is back. Until
    // the next probe every second request is retried, which takes more than the usual budget.
    let settings = "retry = { attempts = 2, budget-percent = 100 }\nejection = { failures = 0 }\n\
                    health = { connect = true, interval = \"100ms\", rise = 1, fall = 1 }\n";
    let edge = Edge::of(&balancing("127.0.0.1:0", &addresses, settings));
    let load = Load::start(CLIENTS, edge.at(0), "/", BODY.into());
    for round in 0..4 {
        load.await_answers(300);
        let seen = edge.errors().len();
        backends[round % 2].kill();
        edge.await_error(seen, &format!("backend-down backend=app/{}", addresses[round % 2]));
        load.await_answers(300);
        let seen = edge.errors().len();
        backends[round % 2] = backend_process(addresses[round % 2]);
        edge.await_error(seen, &format!("backend-up backend=app/{}", addresses[round % 2]));
    }
    load.stop().check(2400);
}

/// The same without probes: the failures of real requests eject the dead backend, and it gets its share again once it is back.
#[test]
fn a_killed_backend_is_ejected_and_comes_back() {
    let (mut backends, addresses) = two_backends();
    let settings = "retry = { attempts = 2 }\nejection = { failures = 3, base = \"1s\" }\n";
    let edge = Edge::of(&balancing("127.0.0.1:0", &addresses, settings));
    let load = Load::start(CLIENTS, edge.at(0), "/", BODY.into());
    load.await_answers(300);
    backends[0].kill();
    let seen = edge.await_error(0, &format!("backend-ejected backend=app/{}", addresses[0]));
    load.await_answers(300);
    backends[0] = backend_process(addresses[0]);
    edge.await_error(seen, &format!("backend-restored backend=app/{}", addresses[0]));
    // An ejection that was over before it was back has been followed by another: it is not asked before that is over too.
    await_served(&backends[0], 100);
    // Now the other one: whatever is answered is answered by the one that is back.
    backends[1].kill();
    edge.await_error(seen, &format!("backend-ejected backend=app/{}", addresses[1]));
    load.await_answers(300);
    load.stop().check(900);
}

/// A reload every 100 ms, between two configurations that differ in everything but the listener; wrk beside our own clients, if it is here.
#[test]
fn reloads_cost_no_request() {
    let (_backends, addresses) = two_backends();
    let edge = Edge::of(&balancing("127.0.0.1:0", &addresses, ""));
    let listen = edge.at(0).to_string();
    let other = "algorithm = \"least-connections\"\nkeep-alive = \"1s\"\nmax-in-flight = 50\n";
    let configs = [
        format!("[limits]\nhead-bytes = \"16 KiB\"\n{}", balancing(&listen, &addresses[1..], other).replace("app", "other")),
        balancing(&listen, &addresses, ""),
        balancing(&listen, &[addresses[1], addresses[0]], "retry = { attempts = 0 }\n"),
    ];
    let load = Load::start(CLIENTS, edge.at(0), "/", BODY.into());
    let afresh = Load::start_afresh(2, edge.at(0), "/", BODY.into());
    let mut wrk = find("wrk").map(|wrk| {
        let command = &mut Command::new(wrk);
        command.args(["-t1", "-c8", "-d4s", "--timeout", "120s", &edge.url("/")]).stdout(Stdio::piped());
        command.spawn().expect("wrk starts")
    });
    let (mut seen, began, mut reloads) = (0, Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(4) || reloads < 20 || load.answered() < 500 || afresh.answered() < 100 {
        assert!(began.elapsed() < PATIENCE, "{reloads} reloads, {} and {} answers", load.answered(), afresh.answered());
        let due = Instant::now() + Duration::from_millis(100);
        edge.rewrite(&configs[reloads % configs.len()]);
        edge.signal("HUP");
        seen = edge.await_error(seen, "reloaded");
        reloads += 1;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let said = wrk.take().map(|wrk| wrk.wait_with_output().expect("it is our child"));
    load.stop().check(500);
    afresh.stop().check(100);
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

/// A long answer and a long request on their way when the process is told to end: both arrive whole.
#[test]
fn the_drain_of_the_process_cuts_no_transfer() {
    const LONG: usize = 16 * 1024 * 1024;
    let backend = Backend::start();
    let mut edge = Edge::of(&to(&[&backend]));
    let (mut down, mut up) = (edge.connect(), edge.connect());
    let body = noise(LONG);
    down.send(format!("GET /bytes/{LONG} HTTP/1.1\r\nHost: a.example\r\n\r\n"));
    down.stream.get_ref().peek(&mut [0]).expect("the answer begins");
    up.send(format!("POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: {LONG}\r\n\r\n"));
    up.send(&body[..LONG / 2]);
    edge.signal("TERM");
    assert!(edge.line().starts_with("draining 2 connections"));
    up.send(&body[LONG / 2..]);
    let answer = up.response().expect("an answer");
    assert_eq!(answer.text(), format!("{LONG} {:016x} \n", checksum(&body)));
    let answer = down.response().expect("an answer");
    assert!(answer.body == body, "{} bytes of {LONG}", answer.body.len());
    assert_eq!(edge.ended(PATIENCE).expect("it ends").code(), Some(0));
}
