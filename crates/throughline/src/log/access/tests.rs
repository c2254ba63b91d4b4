use super::*;
use crate::settings;
use decide::address::Address;
use decide::step::{Bytes, JourneyId, Side, Texts, Value};
use decide::time::Instant;
use node::Server;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc;

fn server() -> Arc<Server> {
    let at = |text| vec![Address::parse(text).expect("an address")];
    let config = settings::from_to(&at("127.0.0.1:8080"), &at("127.0.0.1:3000"));
    host::os::run(|host| async move { Server::new(&host, config, 1, BTreeMap::new(), Vec::new()) }).expect("an event loop")
}

/// A path of this test alone.
fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("throughline-{}-{name}.log", std::process::id()))
}

fn log(to: &str, format: LogFormat, queue: usize) -> AccessLog {
    AccessLog { to: to.to_string(), format, queue, queries: 0 }
}

fn over(number: u128) -> Journey {
    let mut journey = Journey::default();
    journey.id = JourneyId(number);
    let took = Duration::from_millis(1);
    journey.add(Instant::ZERO, Step::Delivered { status: 200, received: Bytes(0), sent: Bytes(5), took, end: "complete", side: Side::Us });
    journey
}

#[test]
fn every_request_is_one_line_in_order_and_close_loses_none() {
    let path = path("order");
    let _ = std::fs::remove_file(&path);
    let server = server();
    let access = Access::open(&log(path.to_str().expect("text"), LogFormat::Json, 1000)).expect("a writable directory");
    for number in 0..500 {
        let mut journey = over(number);
        access.journey(&mut journey, &server.snapshot());
        assert!(journey.steps().is_empty(), "the worker gets an empty one back");
    }
    access.close();
    let text = std::fs::read_to_string(&path).expect("the log");
    let ids: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].as_str().expect("an id").to_string())
        .collect();
    assert_eq!(ids, (0..500).map(|number| format!("{number:032x}")).collect::<Vec<_>>());
    assert_eq!(server.metrics().counts().process.dropped_log_lines, 0);
    let mut late = over(1);
    access.journey(&mut late, &server.snapshot());
    assert_eq!(server.metrics().counts().process.dropped_log_lines, 1, "after the end a line is counted as lost");
    std::fs::remove_file(&path).expect("it is there");
}

#[test]
fn a_full_queue_drops_and_counts_and_leaves_the_journey() {
    let server = server();
    // Nobody takes from this queue.
    let (lines, queue) = sync_channel(2);
    let access = Access { lines, queries: 0, steps: true, shared: Arc::default(), writer: Mutex::new(None) };
    for number in 0..5 {
        let mut journey = over(number);
        access.journey(&mut journey, &server.snapshot());
        assert_eq!(journey.steps().len(), usize::from(number >= 2), "what was not taken stays");
    }
    assert_eq!(server.metrics().counts().process.dropped_log_lines, 3);
    let held = queue.try_iter().filter_map(|message| match message {
        Message::Over(journey, _) => Some(journey.id.0),
        _ => None,
    });
    assert_eq!(held.collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn journeys_come_back_with_their_memory() {
    let path = path("spare");
    let server = server();
    let access = Access::open(&log(path.to_str().expect("text"), LogFormat::Combined, 10)).expect("a writable directory");
    access.journey(&mut over(1), &server.snapshot());
    access.close();
    let spare = access.shared.spare.lock().expect("no panic");
    assert_eq!((spare.len(), spare[0].steps().len(), spare[0].id), (1, 0, JourneyId(0)));
    std::fs::remove_file(&path).expect("it is there");
}

#[test]
fn a_reload_opens_the_file_under_its_name_again() {
    let (path, moved) = (path("rotate"), path("rotated"));
    let _ = std::fs::remove_file(&path);
    let server = server();
    let access = Access::open(&log(path.to_str().expect("text"), LogFormat::Combined, 10)).expect("a writable directory");
    access.journey(&mut over(1), &server.snapshot());
    std::fs::rename(&path, &moved).expect("it is there");
    access.event(Calendar::default(), Step::Reloaded { generation: 2 }, &Texts::default(), &server.snapshot());
    // The writer has seen the event when the flag is down; then the file is there again.
    while access.shared.reopen.load(Ordering::Acquire) || !path.exists() {
        thread::yield_now();
    }
    access.journey(&mut over(2), &server.snapshot());
    access.close();
    let lines = |path: &PathBuf| std::fs::read_to_string(path).expect("a log").lines().count();
    assert_eq!((lines(&moved), lines(&path)), (1, 1));
    std::fs::remove_file(&path).expect("it is there");
    std::fs::remove_file(&moved).expect("it is there");
}

#[test]
fn a_log_that_cannot_be_opened_says_which_and_why() {
    let problem = Access::open(&log("/nonexistent/directory/access.log", LogFormat::Json, 1)).err().expect("no such directory");
    assert!(problem.starts_with("cannot open the access log /nonexistent/directory/access.log: "), "{problem}");
}

#[test]
fn workers_do_not_wait_for_the_writer() {
    let server = server();
    let (lines, _queue) = sync_channel(1);
    let access = Arc::new(Access { lines, queries: 0, steps: true, shared: Arc::default(), writer: Mutex::new(None) });
    // The spare journeys are held by somebody else, and the queue is full: still every call returns.
    let held = access.shared.spare.lock().expect("no panic");
    let (done, wait) = mpsc::channel();
    let (worker, snapshot) = (access.clone(), server.snapshot());
    thread::spawn(move || {
        (0..3).for_each(|number| worker.journey(&mut over(number), &snapshot));
        done.send(()).expect("the test waits");
    });
    wait.recv_timeout(Duration::from_secs(60)).expect("no call waits");
    drop(held);
}

#[test]
fn a_query_to_the_name_server_is_a_line_where_it_is_wanted() {
    let server = server();
    let mut texts = Texts::default();
    let place = texts.keep(b"fra");
    let choices = texts.list([vec![("place", Value::Text(place)), ("layer", Value::Word("topology")), ("version", Value::Number(3))]]);
    let step = Step::Zone(ZoneStep::QueryAnswered {
        client: texts.keep(b"192.0.2.1:4000"),
        over: "udp",
        name: texts.keep(b"www.example.com"),
        kind: texts.keep(b"A"),
        code: texts.keep(b"NOERROR"),
        rule: "exact",
        size: Bytes(70),
        truncated: false,
        subnet: texts.keep(b"198.51.100.0/24"),
        scope: 22,
        choices,
    });
    let json = "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"step\":\"query-answered\",\"client\":\"192.0.2.1:4000\",\"over\":\"udp\",\
                \"name\":\"www.example.com\",\"kind\":\"A\",\"code\":\"NOERROR\",\"rule\":\"exact\",\"size\":70,\"truncated\":false,\
                \"subnet\":\"198.51.100.0/24\",\"scope\":22,\
                \"choices\":[{\"place\":\"fra\",\"layer\":\"topology\",\"version\":3}]}\n";
    let combined = "1970-01-01T00:00:00.000Z query-answered client=192.0.2.1:4000 over=udp name=www.example.com kind=A code=NOERROR \
                    rule=exact size=70 truncated=false subnet=198.51.100.0/24 scope=22 choices=\"place fra, layer topology, version 3\"\n";
    for (format, queries, expected) in [(LogFormat::Json, 1, json), (LogFormat::Combined, 5, combined), (LogFormat::Json, 0, "")] {
        let path = path("queries");
        let _ = std::fs::remove_file(&path);
        let log = AccessLog { queries, ..log(path.to_str().expect("text"), format, 10) };
        let access = Access::open(&log).expect("a writable directory");
        assert_eq!(access.queries(), queries);
        access.event(Calendar::default(), step, &texts, &server.snapshot());
        access.close();
        assert_eq!(std::fs::read_to_string(&path).expect("the log"), expected);
        std::fs::remove_file(&path).expect("it is there");
    }
}
