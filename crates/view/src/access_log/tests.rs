use super::*;
use decide::address::Address;
use decide::config::*;
use decide::step::{BackendRef, Bytes, Journey, JourneyId, ListenerRef, RouteRef, Side, Step, Text};
use decide::time::{Calendar, Duration, Instant};
use proptest::prelude::*;
use serde_json::{Value, json};

pub(crate) fn config() -> Config {
    let zero = Duration::ZERO;
    let route = Route {
        name: "api".to_owned(),
        when: Match { path: PathMatch::Any, methods: vec![], headers: vec![], query: vec![] },
        action: Action::Pool(0),
        request: Rewrite::default(),
        response: FieldEdits::default(),
        cache: None,
        compress: None,
        early_hints: None,
        tiers: decide::config::Tiers::default(),
    };
    let forward = Forward { x_forwarded: true, forwarded: false, trust_client: false, keep_host: true };
    Config {
        listeners: vec![Listener {
            at: Address::parse("127.0.0.1:8080").unwrap(),
            sites: vec![0],
            backlog: 1,
            tls: false,
            protocols: vec![Protocol::Http1],
        }],
        sites: vec![Site {
            name: "main".to_owned(),
            hosts: vec![HostPattern::Any],
            routes: vec![route],
            max_body: 0,
            show: Show::default(),
            forward,
            hsts: None,
            https_redirect: false,
            acme: false,
            tokens: Vec::new(),
            trace_tokens: Vec::new(),
        }],
        pools: vec![pool()],
        certificates: vec![],
        acme: None,
        tls: Tls {
            min_version: TlsVersion::Tls12,
            client_certificates: None,
            tickets: None,
            look_interval: Duration::from_secs(60),
            key_log: false,
        },
        limits: limits(),
        server: Server { workers: 1, drain_timeout: zero, name: "edge".to_owned(), max_connections: 1 },
        cache: decide::config::Cache {
            memory: 64 << 20,
            feed: decide::config::Feed { rate: 1, simultaneous: 1, jobs: 1, urls: 1, content: 1 },
            id: None,
            hot: decide::config::Hot { requests: 5, window: decide::time::Duration::from_secs(60) },
        },
        access_log: None,
        tokens: Vec::new(),
        journal: None,
        dns: None,
        resolver: None,
        pops: Vec::new(),
        steerings: Vec::new(),
        collectors: Vec::new(),
        geography: None,
    }
}

fn limits() -> Limits {
    Limits {
        head_bytes: 0,
        head_fields: 0,
        target_bytes: 0,
        head_timeout: Duration::ZERO,
        idle_timeout: Duration::ZERO,
        body_timeout: Duration::ZERO,
        body_min_rate: 0,
        send_timeout: Duration::ZERO,
        tunnel_timeout: Duration::ZERO,
        send_min_rate: 0,
        http2_streams: 100,
        http2_stream_window: 65_535,
        http2_connection_window: 65_535,
        requests_per_connection: 0,
        handshake_timeout: Duration::ZERO,
        handshakes_per_address: 0,
    }
}

fn pool() -> Pool {
    let zero = Duration::ZERO;
    let backend = Backend { name: "a1".to_owned(), at: Address::parse("127.0.0.1:3000").unwrap(), weight: 1 };
    Pool {
        name: "app".to_owned(),
        backends: vec![backend],
        algorithm: Algorithm::RoundRobin,
        slow_start: zero,
        health: None,
        ejection: Ejection { failures: 0, count_5xx: false, base: zero, max: zero, max_percent: 0 },
        panic_percent: 0,
        retry: Retry { attempts: 0, budget_percent: 0, budget_min: 0, statuses: vec![] },
        max_in_flight: 0,
        queue: 0,
        queue_timeout: zero,
        connect_timeout: zero,
        response_timeout: zero,
        transfer_timeout: zero,
        keep_alive: zero,
        protocol: Protocol::Http1,
        keep_alive_connections: 0,
        tls: None,
        destinations: None,
    }
}

/// Sunday, 06 Nov 1994 08:49:37.000250 UTC; the first byte at one second of the host's clock.
fn begin(id: u128) -> Journey {
    let mut journey = Journey::default();
    journey.id = JourneyId(id);
    journey.calendar = Calendar(Duration::new(784_111_777, 250_000));
    journey.began = Instant::from_nanos(1_000_000_000);
    journey
}

fn at(micros: u64) -> Instant {
    Instant::from_nanos(1_000_000_000 + micros * 1000)
}

fn asked(journey: &mut Journey, [method, host, target, agent, referer]: [&[u8]; 5]) -> Step {
    let [method, host, target, agent, referer] = [method, host, target, agent, referer].map(|text| journey.keep(text));
    Step::Asked { method, host, target, version: "HTTP/1.1", agent, referer }
}

fn delivered(status: u16, sent: u64) -> Step {
    let took = Duration::from_micros(2500);
    Step::Delivered { status, received: Bytes(7), sent: Bytes(sent), took, end: "complete", side: Side::Us }
}

fn whole() -> Journey {
    let mut journey = begin(0xff);
    let peer = journey.keep(b"[2001:db8::1]:4711");
    journey.add(Instant::from_nanos(5), Step::Accepted { listener: ListenerRef(0), peer });
    let asked = asked(&mut journey, [b"GET", b"a.test", b"/x?y", b"curl/8", b""]);
    journey.add(at(120), asked);
    let backend = BackendRef { pool: 0, backend: 0 };
    journey.add(at(130), Step::Routed { route: RouteRef { site: 0, route: 0 }, action: "pool" });
    journey.add(at(140), Step::Picked { backend, algorithm: "round-robin", candidates: 1, why: "chosen" });
    journey.add(at(150), Step::Connected { backend, reused: true, took: Duration::ZERO });
    journey.add(at(2500), delivered(200, 12));
    journey
}

fn json_of(journey: &Journey) -> String {
    let mut out = String::new();
    json(journey, &config(), &mut out);
    out
}

fn combined_of(journey: &Journey) -> String {
    let mut out = String::new();
    combined(journey, &mut out);
    out
}

#[test]
fn a_line_of_json_has_the_facts_and_every_step() {
    let line = json_of(&whole());
    assert!(line.ends_with("}\n") && line.matches('\n').count() == 1);
    let expected = json!({
        "time": "1994-11-06T08:49:37.000250Z",
        "id": "000000000000000000000000000000ff",
        "client": "[2001:db8::1]:4711",
        "method": "GET",
        "host": "a.test",
        "target": "/x?y",
        "version": "HTTP/1.1",
        "route": "main/api",
        "backend": "app/a1",
        "status": 200,
        "received": 7,
        "sent": 12,
        "took": 0.0025,
        "steps": [
            { "step": "accepted", "t_us": 0, "listener": "127.0.0.1:8080", "peer": "[2001:db8::1]:4711" },
            {
                "step": "asked", "t_us": 120, "method": "GET", "host": "a.test", "target": "/x?y", "version": "HTTP/1.1",
                "agent": "curl/8", "referer": ""
            },
            { "step": "routed", "t_us": 130, "route": "main/api", "action": "pool" },
            { "step": "picked", "t_us": 140, "backend": "app/a1", "algorithm": "round-robin", "candidates": 1, "why": "chosen" },
            { "step": "connected", "t_us": 150, "backend": "app/a1", "reused": true, "took": 0.0 },
            {
                "step": "delivered", "t_us": 2500, "status": 200, "received": 7, "sent": 12, "took": 0.0025, "end": "complete",
                "side": "us"
            },
        ],
    });
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
}

#[test]
fn a_route_named_by_its_path_has_one_slash() {
    let mut config = config();
    config.sites[0].routes[0].name = "/api".to_owned();
    assert_eq!(decide::config::names::route(&config, RouteRef { site: 0, route: 0 }), "main/api");
    assert_eq!(decide::config::names::route(&config, RouteRef { site: 0, route: 7 }), "main/7");
}

#[test]
fn a_combined_line_is_apaches() {
    assert_eq!(combined_of(&whole()), "2001:db8::1 - - [06/Nov/1994:08:49:37 +0000] \"GET /x?y HTTP/1.1\" 200 12 \"-\" \"curl/8\"\n");
}

#[test]
fn a_request_that_never_was_one_is_logged_too() {
    let mut journey = begin(1);
    let peer = journey.keep(b"unix");
    journey.add(at(0), Step::Accepted { listener: ListenerRef(9), peer });
    journey.add(at(1), Step::Refused { status: 400, rule: "bare LF", side: Side::Client });
    assert_eq!(combined_of(&journey), "unix - - [06/Nov/1994:08:49:37 +0000] \"-\" 400 - \"-\" \"-\"\n");
    let line: Value = serde_json::from_str(&json_of(&journey)).unwrap();
    assert_eq!((&line["status"], &line["method"], &line["route"]), (&json!(400), &Value::Null, &Value::Null));
    assert_eq!(line["steps"][0]["listener"], "9", "an index the configuration does not have");
    assert_eq!(line["steps"][1], json!({ "step": "refused", "t_us": 1, "status": 400, "rule": "bare LF", "side": "client" }));
}

#[test]
fn a_refusal_keeps_its_status_where_nothing_was_sent() {
    let mut journey = begin(1);
    journey.add(at(1), Step::Refused { status: 408, rule: "slow head", side: Side::Client });
    journey.add(at(2), delivered(0, 0));
    assert!(combined_of(&journey).contains("\"-\" 408 -"));
}

#[test]
fn hostile_bytes_are_escaped() {
    let mut journey = begin(1);
    let target = b"/\"\\\r\n\t\x1b\x7f\xff\xc3\xa9";
    let asked = asked(&mut journey, [b"GET", b"", target, b"\" 200 \"", b"\xe2\x80\xae"]);
    journey.add(at(1), asked);
    assert_eq!(
        combined_of(&journey),
        "- - - [06/Nov/1994:08:49:37 +0000] \"GET /\\\"\\\\\\x0d\\x0a\\x09\\x1b\\x7f\\xff\\xc3\\xa9 HTTP/1.1\" - - \
         \"\\xe2\\x80\\xae\" \"\\\" 200 \\\"\"\n"
    );
    let line = json_of(&journey);
    assert!(line.contains(r#""target":"/\"\\\u000d\u000a\u0009\u001b\u007f"#), "{line}");
    assert!(line.contains("\u{fffd}é") && line.contains(r#""referer":"\u202e""#), "{line}");
}

proptest! {
    #[test]
    fn a_request_is_one_line_whatever_it_sends(texts in prop::array::uniform5(prop::collection::vec(any::<u8>(), 0..24))) {
        let mut journey = begin(1);
        let peer: Text = journey.keep(&texts[0]);
        journey.add(at(0), Step::Accepted { listener: ListenerRef(0), peer });
        let asked = asked(&mut journey, texts.each_ref().map(Vec::as_slice));
        journey.add(at(1), asked);
        let line = json_of(&journey);
        prop_assert!(!line.trim_end_matches('\n').contains(char::is_control));
        let read: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(read["steps"][1]["target"].as_str().unwrap(), &String::from_utf8_lossy(&texts[2]));
        let line = combined_of(&journey);
        prop_assert!(line.strip_suffix('\n').unwrap().bytes().all(|byte| matches!(byte, b' '..=b'~')));
        // Quotes that are not escaped: two around each of the three quoted parts.
        let mut quotes = 0;
        let mut bytes = line.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'\\' => { bytes.next(); }
                b'"' => quotes += 1,
                _ => {}
            }
        }
        prop_assert_eq!(quotes, 6);
    }
}
