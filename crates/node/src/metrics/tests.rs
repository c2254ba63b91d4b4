use super::*;
use decide::address::Address;
use decide::config::*;
use decide::forward::ProxyError;
use decide::step::{Bytes, CertificateStep, OwnerStep, TransferStep};
use decide::time::{Duration, Instant};

fn site(name: &str, pool: Option<usize>) -> Site {
    let action = match pool {
        Some(pool) => Action::Pool(pool),
        None => Action::Answer { status: 204, content_type: String::new(), body: String::new() },
    };
    let when = Match { path: PathMatch::Any, methods: vec![], headers: vec![], query: vec![] };
    let route = Route {
        name: "*".to_string(),
        when,
        action,
        request: Rewrite::default(),
        response: FieldEdits::default(),
        cache: None,
        compress: None,
        early_hints: None,
        tiers: decide::config::Tiers::default(),
    };
    let forward = Forward { x_forwarded: true, forwarded: false, trust_client: false, keep_host: true };
    Site {
        name: name.to_string(),
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
    }
}

fn pool(name: &str, backends: &[&str]) -> Pool {
    let zero = Duration::ZERO;
    let at = Address::parse("127.0.0.1:3000").unwrap();
    Pool {
        name: name.to_string(),
        backends: backends.iter().map(|name| Backend { name: (*name).to_string(), at: at.clone(), weight: 1 }).collect(),
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
        protocol: decide::config::Protocol::Http1,
        keep_alive_connections: 0,
        tls: None,
        destinations: None,
    }
}

fn config(sites: Vec<Site>, pools: Vec<Pool>) -> Config {
    let zero = Duration::ZERO;
    Config {
        listeners: vec![Listener {
            at: Address::parse("127.0.0.1:8080").unwrap(),
            sites: vec![0],
            backlog: 1,
            tls: false,
            protocols: vec![Protocol::Http1],
        }],
        sites,
        pools,
        certificates: vec![],
        acme: None,
        tls: Tls {
            min_version: TlsVersion::Tls12,
            client_certificates: None,
            tickets: None,
            look_interval: Duration::from_secs(60),
            key_log: false,
        },
        limits: Limits {
            head_bytes: 0,
            head_fields: 0,
            target_bytes: 0,
            head_timeout: zero,
            idle_timeout: zero,
            body_timeout: zero,
            body_min_rate: 0,
            send_timeout: zero,
            tunnel_timeout: zero,
            send_min_rate: 0,
            http2_streams: 100,
            http2_stream_window: 65_535,
            http2_connection_window: 65_535,
            requests_per_connection: 0,
            handshake_timeout: zero,
            handshakes_per_address: 0,
        },
        server: Server { workers: 2, drain_timeout: zero, name: "edge".to_string(), max_connections: 1 },
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

fn journey(steps: &[Step]) -> Journey {
    let mut journey = Journey::default();
    steps.iter().for_each(|step| journey.add(Instant::ZERO, *step));
    journey
}

fn routed(site: u16) -> Step {
    Step::Routed { route: RouteRef { site, route: 0 }, action: "pool" }
}

fn delivered(status: u16, took: Duration) -> Step {
    Step::Delivered { status, received: Bytes(7), sent: Bytes(100), took, end: "complete", side: Side::Client }
}

const A1: BackendRef = BackendRef { pool: 0, backend: 0 };
const A2: BackendRef = BackendRef { pool: 0, backend: 1 };
const MS: Duration = Duration::from_millis(1);

fn by_name<'c, T>(of: &'c [T], name: &str, named: impl Fn(&T) -> &str) -> &'c T {
    of.iter().find(|item| named(item) == name).expect("it is counted")
}

fn site_of<'c>(counts: &'c Counts, name: &str) -> &'c SiteCounts {
    by_name(&counts.sites, name, |site| &site.name)
}

fn backend_of<'c>(counts: &'c Counts, name: &str) -> &'c BackendCounts {
    by_name(&counts.backends, name, |backend| &backend.name)
}

/// A request whose first backend failed and whose second answered.
fn retried() -> Journey {
    let failed = Step::BackendFailed { backend: A1, error: ProxyError::ConnectionTerminated.name(), then: "retry" };
    journey(&[
        routed(0),
        Step::Queued { backend: A1, waited: 2 * MS },
        Step::Picked { backend: A1, algorithm: "round-robin", candidates: 2, why: "chosen" },
        Step::Connected { backend: A1, reused: true, took: Duration::ZERO },
        failed,
        Step::Picked { backend: A2, algorithm: "round-robin", candidates: 1, why: "retry" },
        Step::Connected { backend: A2, reused: false, took: MS },
        Step::Answered { backend: A2, status: 404, took: 3 * MS },
        delivered(404, 10 * MS),
    ])
}

#[test]
fn every_step_of_a_request_moves_its_counters() {
    let metrics = Metrics::new(2);
    let index = metrics.index(&config(vec![site("main", Some(0))], vec![pool("app", &["a1", "a2"])]));
    index.journey(0, &retried());
    index.journey(1, &retried());
    let counts = metrics.counts();
    let main = site_of(&counts, "main");
    assert_eq!((main.requests, main.received, main.sent), ([0, 0, 0, 0, 2, 0], 14, 200));
    assert_eq!((main.duration.count(), main.duration.sum), (2, 20 * MS));
    assert_eq!(main.duration.buckets[4], 2, "10 ms belong below the bound of 10 ms: {:?}", main.duration);
    let app = &counts.pools[0];
    assert_eq!((app.retries, app.no_backend, app.queue_wait.count(), app.queue_wait.sum), (2, 0, 2, 4 * MS));
    let (a1, a2) = (backend_of(&counts, "a1"), backend_of(&counts, "a2"));
    assert_eq!((a1.requests, a1.reused, a1.connect.count(), a1.answers), (2, 2, 0, [0; 6]));
    assert_eq!((a2.requests, a2.reused, a2.connect.count(), a2.answers), (2, 0, 2, [0, 0, 0, 0, 2, 0]));
    assert_eq!((a2.answer_time.count(), a2.answer_time.sum), (2, 6 * MS));
    let failures: Vec<_> = a1.failures.iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(failures, [&("connection_terminated", 2)]);
    assert!(a2.failures.iter().all(|(_, count)| *count == 0));
}

#[test]
fn what_no_site_served_is_counted_without_a_name() {
    let metrics = Metrics::new(1);
    let index = metrics.index(&config(vec![site("main", None)], vec![]));
    let refused = Step::Refused { status: 400, rule: "bare LF", side: Side::Client };
    let accepted = Step::Accepted { listener: ListenerRef(0), peer: decide::step::Text::default() };
    index.journey(0, &journey(&[accepted, refused, delivered(400, MS)]));
    index.journey(0, &journey(&[accepted, Step::Unrouted { status: 404, why: "no" }, delivered(404, MS)]));
    let counts = metrics.counts();
    assert_eq!(site_of(&counts, "").requests, [0, 0, 0, 0, 2, 0]);
    assert_eq!(site_of(&counts, "").refused, [1, 0, 0]);
    assert_eq!(site_of(&counts, "main").requests, [0; 6]);
    assert_eq!(counts.listeners[0].requests, 2);
}

#[test]
fn a_pool_without_a_backend_and_a_broken_answer_are_told_apart() {
    let metrics = Metrics::new(1);
    let index = metrics.index(&config(vec![site("main", Some(0)), site("fixed", None)], vec![pool("app", &[])]));
    let refused = |side| Step::Refused { status: 503, rule: "no backend is healthy", side };
    index.journey(0, &journey(&[routed(0), refused(Side::Backend), delivered(503, MS)]));
    index.journey(0, &journey(&[routed(1), refused(Side::Us), delivered(503, MS)]));
    let cut = Step::Delivered { status: 200, received: Bytes(0), sent: Bytes(1), took: MS, end: "the client left", side: Side::Client };
    index.journey(0, &journey(&[routed(1), cut]));
    let counts = metrics.counts();
    assert_eq!(counts.pools[0].no_backend, 1, "503 without a pool is none of its affair");
    assert_eq!(site_of(&counts, "main").refused, [0, 0, 1]);
    assert_eq!((site_of(&counts, "fixed").refused, site_of(&counts, "fixed").broken_off), ([0, 1, 0], [1, 0, 0]));
}

#[test]
fn a_tunnel_does_not_count_as_a_slow_answer() {
    let metrics = Metrics::new(1);
    let index = metrics.index(&config(vec![site("main", Some(0))], vec![pool("app", &["a1"])]));
    let hour = Duration::from_secs(3600);
    index.journey(0, &journey(&[routed(0), Step::Tunnelled { backend: A1 }, delivered(101, hour)]));
    let counts = metrics.counts();
    let main = site_of(&counts, "main");
    assert_eq!((main.tunnels, main.requests[1], main.duration.count(), main.sent), (1, 1, 0, 100));
}

#[test]
fn counters_follow_names_over_a_reload_and_old_ones_go_with_their_last_request() {
    let metrics = Metrics::new(1);
    let old = metrics.index(&config(vec![site("main", Some(0)), site("old", None)], vec![pool("app", &["a1", "a2"])]));
    old.journey(0, &retried());
    // The site moves to index 1, its pool too, and its backends change places.
    let moved = config(vec![site("new", None), site("main", Some(1))], vec![pool("other", &[]), pool("app", &["a2", "a1"])]);
    let new = metrics.index(&moved);
    old.journey(0, &retried());
    let a2 = BackendRef { pool: 1, backend: 0 };
    new.journey(0, &journey(&[routed(1), Step::Answered { backend: a2, status: 200, took: MS }, delivered(200, MS)]));
    let counts = metrics.counts();
    assert_eq!(site_of(&counts, "main").requests, [0, 0, 1, 0, 2, 0]);
    assert_eq!(backend_of(&counts, "a2").answers, [0, 0, 1, 0, 2, 0]);
    assert!(counts.sites.iter().any(|site| site.name == "old"), "a request under the old configuration may still end");
    drop(old);
    let _newer = metrics.index(&moved);
    assert!(metrics.counts().sites.iter().all(|site| site.name != "old"));
    assert_eq!(site_of(&metrics.counts(), "main").requests, [0, 0, 1, 0, 2, 0]);
}

#[test]
fn indices_that_a_configuration_does_not_have_count_nothing() {
    let metrics = Metrics::new(1);
    let index = metrics.index(&config(vec![site("main", None)], vec![]));
    let far = BackendRef { pool: 9, backend: 9 };
    let accepted = Step::Accepted { listener: ListenerRef(9), peer: decide::step::Text::default() };
    index.journey(0, &journey(&[accepted, routed(9), Step::Answered { backend: far, status: 200, took: MS }, delivered(200, MS)]));
    index.event(Calendar::default(), &Step::BackendEjected { backend: far, failures: 5, span: MS });
    assert_eq!(site_of(&metrics.counts(), "").requests, [0, 0, 1, 0, 0, 0]);
}

#[test]
fn events_count() {
    let metrics = Metrics::new(1);
    let index = metrics.index(&config(vec![site("main", None)], vec![pool("app", &["a1"])]));
    let at = Calendar(Duration::from_secs(100));
    let (of_site, text) = (SiteRef(0), decide::step::Text::default());
    index.event(at, &Step::AcceptPaused { listener: ListenerRef(0), pause: 100 * MS });
    index.event(at, &Step::BackendDown { backend: A1, probes: 3, why: "refused" });
    index.event(at, &Step::BackendUp { backend: A1, probes: 2 });
    index.event(at, &Step::BackendEjected { backend: A1, failures: 5, span: MS });
    index.event(at, &Step::ResolveFailed { backend: A1, why: "no answer" });
    index.event(at, &Step::Certificate(CertificateStep::CertificateIssued { site: of_site, names: text, left: MS }));
    for failures in 1..=2 {
        index.event(
            at,
            &Step::Certificate(CertificateStep::CertificateFailed { site: of_site, names: text, failures, wait: MS, why: text }),
        );
    }
    index.event(at, &Step::Certificate(CertificateStep::CertificateStoreFailed { why: text }));
    index.event(at, &Step::Reloaded { generation: 2 });
    index.event(at, &Step::ReloadRefused { mistakes: 3 });
    index.event(at, &Step::Owner(OwnerStep::PushAccepted { by: "content", urls: 1, soft: false, sequence: 1 }));
    index.event(at, &Step::Owner(OwnerStep::Fed { by: "link", url: text, outcome: "not-stored", status: 200, bytes: Bytes(0), took: MS }));
    index.dropped_log_line();
    let counts = metrics.counts();
    let a1 = backend_of(&counts, "a1");
    assert_eq!((a1.went_down, a1.went_up, a1.ejections, a1.resolve_failures), (1, 1, 1, 1));
    let listener = &counts.listeners[0];
    assert_eq!((&*listener.address, listener.pauses, listener.paused_until), ("127.0.0.1:8080", 1, Calendar(at.0 + 100 * MS)));
    assert_eq!(
        counts.process,
        ProcessCounts {
            reloads: 1,
            refused_reloads: 1,
            dropped_log_lines: 1,
            store_failures: 1,
            pushed: [0, 1],
            fed: [[0; 6], [0; 6], [0, 0, 0, 1, 0, 0]],
            ..ProcessCounts::default()
        }
    );
    let main = site_of(&counts, "main");
    assert_eq!((main.certificates_issued, main.certificates_failed), (1, 2));
}

#[test]
fn buckets_are_closed_above() {
    let metrics = Metrics::new(1);
    let index = metrics.index(&config(vec![site("main", None)], vec![]));
    let nano = Duration::from_nanos(1);
    for bound in LATENCY_BOUNDS {
        index.journey(0, &journey(&[routed(0), delivered(200, bound)]));
        index.journey(0, &journey(&[routed(0), delivered(200, bound + nano)]));
    }
    let mut expected = [2; LATENCY_BOUNDS.len() + 1];
    (expected[0], expected[LATENCY_BOUNDS.len()]) = (1, 1);
    assert_eq!(site_of(&metrics.counts(), "main").duration.buckets, expected);
}

#[test]
fn who_is_led_where_is_counted_by_name() {
    let pop = |name: &str| Pop { name: name.to_string(), addresses: Vec::new(), pool: None, capacity: 0, location: None, url: None };
    let leading = |pops: Vec<Pop>, of: Vec<usize>| {
        let steering = Steering {
            name: "cdn".to_string(),
            pops: of,
            layers: vec![Layer::Topology],
            hold: Duration::ZERO,
            moves_per_minute: 1,
            measured_gain: 0,
            measure: None,
        };
        Config { pops, steerings: vec![steering], ..config(vec![site("main", None)], vec![]) }
    };
    let metrics = Metrics::new(2);
    let old = metrics.index(&leading(vec![pop("fra"), pop("sin"), pop("other")], vec![0, 1]));
    let answer = |pop, scope| (Answer { pop, scope }, Layer::Topology);
    let client = |text: &str| text.parse().expect("an address");
    old.led_by_dns(0, 0, client("192.0.2.1"), answer(1, 24));
    old.led_by_dns(1, 0, client("2001:db8::1"), answer(1, 128));
    old.led_by_redirect(1, 0, 0, "next-best");
    old.moved(0, &Settled { moved: 3, lost: 2, deferred: 9 });
    // What is none of the steering's, and what is not there, harms nothing.
    old.led_by_redirect(1, 0, 2, "default");
    old.led_by_redirect(1, 7, 7, "no word");
    // The same names at other places of another configuration.
    let new = metrics.index(&leading(vec![pop("new"), pop("sin"), pop("fra")], vec![2, 1]));
    new.led_by_dns(0, 0, client("::ffff:192.0.2.1"), (Answer { pop: 2, scope: 0 }, Layer::Default));
    let counts = metrics.counts().led.swap_remove(0);
    assert_eq!(counts.places, [("fra".to_string(), [1, 1]), ("sin".to_string(), [2, 0])]);
    assert_eq!(counts.layers, [[0, 2, 0, 1, 0], [0, 0, 0, 1, 1]]);
    assert_eq!((counts.scopes[0][24], counts.scopes[0][0], counts.scopes[1][128]), (1, 1, 1));
    assert_eq!((counts.moved, counts.lost), (3, 2));
    drop((old, new));
    metrics.index(&config(vec![site("main", None)], vec![]));
    assert!(metrics.counts().led.is_empty());
}

#[test]
fn transfers_and_notices_count() {
    let metrics = Metrics::new(1);
    let index = metrics.index(&config(vec![site("main", None)], vec![]));
    let (at, text) = (Calendar::default(), decide::step::Text::default());
    let tell = |step: TransferStep| index.event(at, &Step::Transfer(step));
    tell(TransferStep::TransferRefused { zone: text, from: text, code: "REFUSED", why: text });
    tell(TransferStep::TransferBroke { zone: text, to: text, why: text });
    tell(TransferStep::Notified { zone: text, to: text, serial: 1, notices: 2 });
    tell(TransferStep::NotifyFailed { zone: text, to: text, serial: 1, notices: 5, why: text });
    tell(TransferStep::SerialStands { zone: text, serial: 1, why: "same" });
    let counts = metrics.counts().process;
    assert_eq!((counts.transfers, counts.notices, counts.notified), ([0, 1, 1], 7, [1, 1]));
}
