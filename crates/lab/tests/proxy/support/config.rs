//! A configuration to begin with: the values that the documentation names as defaults, so that a scenario only says what it changes.

use decide::address::Address;
use decide::cache::{AcceptEncoding, Collapse, KeyRules, Normalise, Policy, SetCookie};
use decide::config::{
    Action, Algorithm, Backend, Config, Ejection, Feed, FieldEdits, Forward, HostPattern, Limits, Listener, Match, PathMatch, Pool,
    Protocol, Retry, Rewrite, Route, Server, Show, Site, Tls, TlsVersion,
};
use decide::encoding;
use decide::files::Coding;
use decide::time::Duration;

/// The times that most scenarios have.
pub(crate) const MODEL: Limits = Limits {
    head_bytes: 32 * 1024,
    head_fields: 100,
    target_bytes: 8 * 1024,
    head_timeout: Duration::from_secs(10),
    idle_timeout: Duration::from_secs(60),
    body_timeout: Duration::from_secs(60),
    body_min_rate: 240,
    send_timeout: Duration::from_secs(60),
    tunnel_timeout: Duration::from_secs(60),
    send_min_rate: 0,
    http2_streams: 100,
    http2_stream_window: 65_535,
    http2_connection_window: 65_535,
    requests_per_connection: 10_000,
    handshake_timeout: Duration::from_secs(10),
    handshakes_per_address: 100,
};

/// What may be fetched without a client's asking.
pub(crate) const FEED: Feed = Feed { rate: 100, simultaneous: 8, jobs: 4, urls: 1000, content: 1 << 20 };

/// One listener on port 80, and one site that sends everything to a pool of so many backends.
pub(crate) fn config(backends: usize) -> Config {
    Config {
        listeners: vec![Listener {
            at: address("10.0.0.2:80"),
            sites: vec![0],
            backlog: 1024,
            tls: false,
            protocols: vec![Protocol::Http2, Protocol::Http1],
        }],
        sites: vec![site()],
        pools: vec![pool((0..backends).map(|number| backend(&format!("10.0.1.{}:80", number + 1))).collect())],
        certificates: Vec::new(),
        acme: None,
        tls: Tls {
            min_version: TlsVersion::Tls12,
            client_certificates: None,
            tickets: Some(Duration::from_secs(43_200)),
            look_interval: Duration::from_secs(60),
            key_log: false,
        },
        limits: MODEL,
        server: Server { workers: 1, drain_timeout: Duration::from_secs(30), name: "edge".to_string(), max_connections: 20_000 },
        cache: decide::config::Cache {
            memory: 64 << 20,
            feed: FEED,
            id: None,
            hot: decide::config::Hot { requests: 5, window: Duration::from_secs(60) },
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

/// The same, and its answers are stored.
pub(crate) fn caching(backends: usize) -> Config {
    let mut config = config(backends);
    config.sites[0].routes[0].cache = Some(policy());
    config
}

/// The same, compressed for whoever takes it.
pub(crate) fn compressing(mut config: Config) -> Config {
    let codings = [(Coding::Zstd, 3), (Coding::Brotli, 5), (Coding::Gzip, 6)];
    let route = &mut config.sites[0].routes[0];
    route.compress = Some(encoding::Policy {
        codings: codings.map(|(coding, level)| encoding::Level { coding, level }).to_vec(),
        least: 1024,
        types: vec!["text/*".to_string(), "application/json".to_string()],
        personal: false,
    });
    if let Some(policy) = &mut route.cache {
        policy.vary.accept_encoding = AcceptEncoding::Unasked;
    }
    config
}

fn policy() -> Policy {
    Policy {
        key: KeyRules::default(),
        vary: Normalise { accept_encoding: AcceptEncoding::Reduced, accept_language: true, content_language: false },
        targeted: vec!["CDN-Cache-Control".to_string()],
        heuristic_percent: 10,
        heuristic_most: Duration::from_secs(86_400),
        assumed: Duration::ZERO,
        stale_while_revalidate: Duration::ZERO,
        stale_if_error: Duration::ZERO,
        stale_beside_s_maxage: false,
        obey_requests: false,
        set_cookie: SetCookie::Refuse,
        partial: true,
        refuse_disguised: true,
        largest: 8 * 1024 * 1024,
        tag_fields: vec!["Surrogate-Key".to_string(), "Cache-Tag".to_string()],
        follow_links: false,
        encodings: vec!["gzip, deflate, br, zstd".to_string(), "identity".to_string()],
        collapse: Collapse { enabled: true, longest: Duration::from_secs(5), most: 10_000, uncacheable: Duration::from_secs(120) },
    }
}

pub(crate) fn backend(at: &str) -> Backend {
    Backend { name: at.to_string(), at: address(at), weight: 1 }
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn site() -> Site {
    let every = Match { path: PathMatch::Any, methods: Vec::new(), headers: Vec::new(), query: Vec::new() };
    let route = Route {
        name: "all".to_string(),
        when: every,
        action: Action::Pool(0),
        request: Rewrite::default(),
        response: FieldEdits::default(),
        cache: None,
        compress: None,
        early_hints: None,
        tiers: decide::config::Tiers::default(),
    };
    Site {
        name: "site".to_string(),
        hosts: vec![HostPattern::Any],
        routes: vec![route],
        max_body: 100 * 1024 * 1024,
        show: Show { server_timing: false, proxy_status: true, request_id: false },
        forward: Forward { x_forwarded: true, forwarded: false, trust_client: false, keep_host: true },
        hsts: None,
        https_redirect: false,
        acme: false,
        tokens: Vec::new(),
        trace_tokens: Vec::new(),
    }
}

fn pool(backends: Vec<Backend>) -> Pool {
    Pool {
        name: "app".to_string(),
        backends,
        algorithm: Algorithm::RoundRobin,
        slow_start: Duration::ZERO,
        health: None,
        ejection: Ejection { failures: 5, count_5xx: false, base: Duration::from_secs(10), max: Duration::from_secs(300), max_percent: 50 },
        panic_percent: 50,
        retry: Retry { attempts: 1, budget_percent: 20, budget_min: 10, statuses: Vec::new() },
        max_in_flight: 0,
        queue: 1024,
        queue_timeout: Duration::from_secs(5),
        connect_timeout: Duration::from_secs(3),
        response_timeout: Duration::from_secs(60),
        transfer_timeout: Duration::from_secs(60),
        keep_alive: Duration::from_secs(60),
        protocol: decide::config::Protocol::Http1,
        keep_alive_connections: 64,
        tls: None,
        destinations: None,
    }
}
