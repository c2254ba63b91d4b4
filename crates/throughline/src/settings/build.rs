//! From what was written to the model: each part of a configuration made from its section, defaults filled in.
//!
//! Every function here also makes the defaults: given a section in which nothing is written, it gives what an empty one means.

use super::disk::Disk;
use super::mistake::Mistakes;
use super::read::{At, Span, Table, Value};
use super::tls;
use super::value::{self, duration_text};
use super::{acme, cache, dns, encoding, proxy, steering, tiers};
use decide::address::Address;
use decide::cache::AcceptEncoding;
use decide::config::{
    AccessLog, Action, Algorithm, Backend, Cache, Config, Ejection, FieldEdits, Files, Forward, HashKey, HealthCheck, HostPattern, Journal,
    Limits, Listener, LogFormat, Match, PathMatch, Pool, Probe, Protocol, Retry, Rewrite, Route, Server, Show, Site, TokenHash, ValueMatch,
};
use std::net::{Ipv4Addr, SocketAddr};

/// The whole configuration. Its sites and listeners stand where their sections stand; its pools too.
pub(super) fn config(root: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Config {
    let named_pools = Pools::of(root);
    let cache = cache::cache(&root.table("cache"));
    let mut sites: Vec<Site> = root.tables("site").iter().map(|table| site(table, &named_pools, &cache, mistakes)).collect();
    steering::actions(root, &mut sites, mistakes);
    let mut pools: Vec<Pool> = root.named("pool").iter().map(|(name, table)| pool(&name.it, table, disk, mistakes)).collect();
    proxy::pools(root, &mut sites, &mut pools);
    Config {
        listeners: root.tables("listener").iter().map(|table| listener(table, &sites, mistakes)).collect(),
        sites,
        pools,
        certificates: tls::certificates(root, disk, mistakes),
        acme: root.table_if("acme").map(|table| acme::acme(table, disk)),
        tls: tls::tls(&root.table("tls"), disk, mistakes),
        cache,
        limits: limits(&root.table("limits")),
        server: server(&root.table("server")),
        access_log: root.table_if("log").map(access_log),
        tokens: tokens(&root.table("admin"), "tokens"),
        journal: root.table_if("journal").map(|table| Journal { state: table.text("state"), size: table.number("size") }),
        dns: dns::dns(root, &named_pools, disk, mistakes),
        resolver: dns::resolver(root, disk, mistakes),
        pops: steering::pops(root, &named_pools, mistakes),
        steerings: steering::steerings(root, disk, mistakes),
        collectors: steering::collectors(root, mistakes),
        geography: steering::geography(root),
    }
}

fn tokens(table: &Table, setting: &str) -> Vec<TokenHash> {
    table.texts(setting).iter().filter_map(|text| value::token_hash(&text.it).ok()).collect()
}

/// Where the admin side listens, if anywhere.
pub(super) fn admin(table: &Table) -> Option<Address> {
    table.text_if("at").and_then(|text| value::listen_address(&text, "").ok())
}

/// The process.
pub(super) fn server(table: &Table) -> Server {
    Server {
        workers: table.number("workers"),
        drain_timeout: table.duration("drain-timeout"),
        name: table.text("name"),
        max_connections: table.number("max-connections"),
    }
}

/// Caps and timers.
pub(super) fn limits(table: &Table) -> Limits {
    Limits {
        head_bytes: table.number("head-bytes"),
        head_fields: table.number("head-fields"),
        target_bytes: table.number("target-bytes"),
        head_timeout: table.duration("head-timeout"),
        idle_timeout: table.duration("idle-timeout"),
        body_timeout: table.duration("body-timeout"),
        body_min_rate: table.number("body-min-rate"),
        send_timeout: table.duration("send-timeout"),
        send_min_rate: table.number("send-min-rate"),
        http2_streams: table.number("http2-streams"),
        http2_stream_window: table.number("http2-stream-window"),
        http2_connection_window: table.number("http2-connection-window"),
        tunnel_timeout: table.duration("tunnel-timeout"),
        requests_per_connection: table.number("requests-per-connection"),
        handshake_timeout: table.duration("handshake-timeout"),
        handshakes_per_address: table.number("handshakes-per-address"),
    }
}

/// The access log.
pub(super) fn access_log(table: &Table) -> AccessLog {
    let format = match table.text("format").as_str() {
        "combined" => LogFormat::Combined,
        _ => LogFormat::Json,
    };
    AccessLog { to: table.text("to"), format, queue: table.number("queue"), queries: table.number("queries") }
}

/// An address that stands for one that was wrong, in a configuration that is refused for it.
const NOWHERE: Address = Address::Ip(SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));

fn listener(table: &Table, sites: &[Site], mistakes: &mut Mistakes<'_>) -> Listener {
    let at = table.text_if("at").and_then(|text| value::listen_address(&text, "").ok()).unwrap_or(NOWHERE);
    let mut served = Vec::new();
    for name in table.texts("sites") {
        match sites.iter().position(|site| site.name == name.it) {
            Some(site) if served.contains(&site) => drop(mistakes.warning(&name.span, format!("site {:?} is named twice", name.it))),
            Some(site) => served.push(site),
            None => drop(
                mistakes
                    .error(&name.span, format!("unknown site {:?}", name.it))
                    .nearest(&name.it, sites.iter().map(|site| site.name.as_str())),
            ),
        }
    }
    // A list that was wrong says nothing of which sites were meant: as if it were not there.
    if table.given("sites").is_none_or(|given| matches!(given.value, Value::Wrong)) {
        served = (0..sites.len()).collect();
    }
    empty_listener(at, served, table)
}

/// A listener at this address that serves these sites.
pub(super) fn empty_listener(at: Address, sites: Vec<usize>, table: &Table) -> Listener {
    let protocols = table.texts("protocols").iter().filter_map(|text| value::protocol(&text.it).ok()).collect();
    Listener { at, sites, backlog: table.number("backlog"), tls: table.bool("tls"), protocols }
}

/// All pools as they are written, in order.
pub(super) struct Pools<'t> {
    pub(super) names: Vec<&'t str>,
    tables: Vec<&'t Table>,
}

impl<'t> Pools<'t> {
    fn of(root: &'t Table) -> Self {
        let named = root.named("pool");
        Pools { names: named.iter().map(|(name, _)| name.it.as_str()).collect(), tables: named.iter().map(|(_, table)| table).collect() }
    }

    /// What is written of a pool.
    pub(super) fn table(&self, index: usize) -> &'t Table {
        self.tables[index]
    }

    /// The names of a pool's backends.
    pub(super) fn backends(&self, index: usize) -> Vec<String> {
        self.table(index).tables("backends").iter().map(|table| backend(table).name).collect()
    }
}

fn site(table: &Table, pools: &Pools<'_>, cache: &Cache, mistakes: &mut Mistakes<'_>) -> Site {
    let hosts = table.texts("hosts");
    let first = hosts.first().map(|host| host.it.to_ascii_lowercase()).unwrap_or_default();
    Site {
        name: table.text_if("name").unwrap_or(first),
        hosts: hosts.iter().filter_map(|host| value::host_pattern(&host.it).ok()).collect(),
        routes: table.tables("route").iter().map(|route| self::route(route, pools, cache, mistakes)).collect(),
        max_body: table.number("max-body"),
        show: show(&table.table("show")),
        forward: forward(&table.table("forward")),
        hsts: table.duration_if("hsts"),
        https_redirect: table.bool("https-redirect"),
        acme: table.text("certificate") == "acme",
        tokens: tokens(table, "tokens"),
        trace_tokens: tokens(table, "trace-tokens"),
    }
}

/// A site in whose section nothing is written.
pub(super) fn empty_site(table: &Table) -> Site {
    let mut unused = Mistakes::new("", "");
    Site {
        name: HostPattern::Any.to_text(),
        ..site(
            table,
            &Pools { names: Vec::new(), tables: Vec::new() },
            &Cache { memory: 0, ..super::defaults::cache_defaults() },
            &mut unused,
        )
    }
}

/// What answers show.
pub(super) fn show(table: &Table) -> Show {
    Show { server_timing: table.bool("server-timing"), proxy_status: table.bool("proxy-status"), request_id: table.bool("request-id") }
}

/// What backends are told.
pub(super) fn forward(table: &Table) -> Forward {
    Forward {
        x_forwarded: table.bool("x-forwarded"),
        forwarded: table.bool("forwarded"),
        trust_client: table.bool("trust-client"),
        keep_host: table.bool("keep-host"),
    }
}

fn route(table: &Table, pools: &Pools<'_>, cache: &Cache, mistakes: &mut Mistakes<'_>) -> Route {
    let written = table.text_if("path");
    let path = written.as_deref().and_then(|path| value::path_pattern(path).ok()).unwrap_or(PathMatch::Any);
    let conditions = |key| table.pairs(key).into_iter().map(|(name, value)| ValueMatch { name: name.it, value }).collect();
    let rewrite = table.table("rewrite");
    if let Some(given) = table.given("rewrite")
        && let Some(other) = ["redirect", "answer", "files", "steer", "measure"].into_iter().find(|key| table.given(key).is_some())
    {
        let message = format!("\"rewrite\" has no meaning beside {other:?}: nothing is forwarded");
        mistakes.error(&given.key, message);
    }
    if let Some(given) = table.given("cache")
        && ["pool", "proxy"].iter().all(|key| table.given(key).is_none() && !table.meant.contains(key))
    {
        mistakes.error(&given.key, "\"cache\" has a meaning only beside \"pool\" or \"proxy\"");
    }
    encoding::check_cache(table, mistakes);
    let compress = table.table_if("compress").map(encoding::compress);
    let mut stored = table.table_if("cache").map(|table| cache::policy(table, cache, mistakes));
    if let (Some(policy), Some(_)) = (&mut stored, &compress) {
        policy.vary.accept_encoding = AcceptEncoding::Unasked;
    }
    Route {
        name: table.text_if("name").or(written).unwrap_or_else(|| "*".to_string()),
        when: Match {
            path,
            methods: table.texts("methods").into_iter().map(|method| method.it).collect(),
            headers: conditions("headers"),
            query: conditions("query"),
        },
        action: action(table, pools, mistakes),
        request: Rewrite { path: rewrite.text_if("path"), fields: edits(&rewrite) },
        response: edits(&table.table("response")),
        cache: stored,
        compress,
        early_hints: table.table_if("early-hints").map(encoding::early_hints),
        tiers: tiers::tiers(table, pools, cache, mistakes),
    }
}

fn edits(table: &Table) -> FieldEdits {
    let pairs = |key| table.pairs(key).into_iter().filter_map(|(name, value)| Some((name.it, value?))).collect();
    FieldEdits { remove: table.texts("remove").into_iter().map(|name| name.it).collect(), set: pairs("set"), add: pairs("add") }
}

/// The first of these keys that is written; notes it if there is none, or more than one.
pub(super) fn one_of(
    table: &Table,
    what: &str,
    keys: &[&'static str],
    shown: &[&str],
    mistakes: &mut Mistakes<'_>,
) -> Option<&'static str> {
    let mut written: Vec<(&'static str, Span)> = keys.iter().filter_map(|key| Some((*key, table.given(key)?.key.clone()))).collect();
    written.sort_by_key(|(_, span)| span.start);
    match &written[..] {
        [] if table.meant.iter().any(|meant| keys.contains(meant)) => {}
        [] => {
            mistakes.error(&table.span, format!("{} does not say {what}", table.header)).expected(format!("one of {}", shown.join(", ")));
        }
        [(first, _), more @ ..] => {
            for (other, span) in more {
                mistakes.error(span, format!("{other:?} beside {first:?}")).expected(format!("only one of {}", shown.join(", ")));
            }
        }
    }
    written.first().map(|(key, _)| *key)
}

fn action(table: &Table, pools: &Pools<'_>, mistakes: &mut Mistakes<'_>) -> Action {
    let actions = ["pool", "redirect", "answer", "files", "proxy", "steer", "measure", "application"];
    match one_of(table, "what to do", &actions, &actions[..7], mistakes) {
        Some("pool") => Action::Pool(pool_index(table, pools, mistakes)),
        Some("redirect") => redirect(&table.table("redirect")),
        Some("proxy") => Action::Proxy(proxy::proxy(&table.table("proxy"))),
        Some("files") => Action::Files(files(&table.table("files"))),
        Some("application") => Action::Application(table.text("application")),
        // Which steering is said by [`steer::actions`], once all are known.
        Some("steer") => Action::Steer { steering: 0, status: table.number("status") },
        Some("measure") => Action::Measure(0),
        // Also where no action is written: the mistake is noted, and this answer is never given.
        _ => answer(&table.table("answer"), mistakes),
    }
}

fn pool_index(table: &Table, pools: &Pools<'_>, mistakes: &mut Mistakes<'_>) -> usize {
    let (Some(name), Some(given)) = (table.text_if("pool"), table.given("pool")) else { return 0 };
    pools.index(&name, given, mistakes).unwrap_or(0)
}

fn redirect(table: &Table) -> Action {
    Action::Redirect { status: table.number("status"), location: table.text("to") }
}

fn answer(table: &Table, mistakes: &mut Mistakes<'_>) -> Action {
    let (status, body): (u16, String) = (table.number("status"), table.text("body"));
    // RFC 9110 §15.3.5, §15.3.6, §15.4.5
    if matches!(status, 204 | 205 | 304)
        && !body.is_empty()
        && let Some(given) = table.given("body")
    {
        mistakes.error(&given.key, format!("an answer with status {status} has no body"));
    }
    Action::Answer { status, content_type: table.text("content-type"), body }
}

/// Files below a directory.
pub(super) fn files(table: &Table) -> Files {
    Files {
        root: table.text("root"),
        index: table.texts("index").into_iter().map(|name| name.it).collect(),
        precompressed: table.bool("precompressed"),
        strip_prefix: table.text("strip-prefix"),
        cache_control: table.text("cache-control"),
    }
}

/// A pool.
pub(super) fn pool(name: &str, table: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Pool {
    Pool {
        name: name.to_string(),
        backends: table.tables("backends").iter().map(backend).collect(),
        protocol: if table.text("protocol") == "h2" { Protocol::Http2 } else { Protocol::Http1 },
        algorithm: algorithm(table, mistakes),
        slow_start: table.duration("slow-start"),
        health: table.table_if("health").map(|table| health(table, mistakes)),
        ejection: ejection(&table.table("ejection"), mistakes),
        panic_percent: table.number("panic-percent"),
        retry: retry(&table.table("retry")),
        max_in_flight: table.number("max-in-flight"),
        queue: table.number("queue"),
        queue_timeout: table.duration("queue-timeout"),
        connect_timeout: table.duration("connect-timeout"),
        response_timeout: table.duration("response-timeout"),
        transfer_timeout: table.duration("transfer-timeout"),
        keep_alive: table.duration("keep-alive"),
        keep_alive_connections: table.number("keep-alive-connections"),
        tls: table.table_if("tls").map(|table| tls::pool(name, table, disk, mistakes)),
        destinations: None,
    }
}

fn backend(table: &Table) -> Backend {
    let at = table.text_if("at").and_then(|text| value::backend_address(&text).ok()).unwrap_or(NOWHERE);
    Backend { name: table.text_if("name").unwrap_or_else(|| at.to_string()), at, weight: table.number("weight") }
}

fn algorithm(table: &Table, mistakes: &mut Mistakes<'_>) -> Algorithm {
    let key = value::hash_key(&table.text("hash-key")).unwrap_or(HashKey::Source);
    match table.text("algorithm").as_str() {
        "random" => Algorithm::Random,
        "weighted-round-robin" => Algorithm::WeightedRoundRobin,
        "weighted-random" => Algorithm::WeightedRandom,
        "source-hash" => Algorithm::SourceHash,
        "hash" => Algorithm::Hash(key),
        "consistent-hash" => {
            let bounded_load = table.number("bounded-load");
            if (1..=100).contains(&bounded_load)
                && let Some(given) = table.given("bounded-load")
            {
                let message = format!("\"bounded-load\" is {bounded_load}: no backend could have its fair share");
                mistakes.error(&given.span, message).expected("a percentage above 100, or 0 for no bound").help("write 125");
            }
            Algorithm::ConsistentHash { key, virtual_nodes: table.number("virtual-nodes"), bounded_load }
        }
        "least-connections" => Algorithm::LeastConnections { sample_above: table.number("sample-above") },
        "fastest" => Algorithm::Fastest { decay: table.duration("decay") },
        "load-aware" => Algorithm::LoadAware { expires: table.duration("expires") },
        _ => Algorithm::RoundRobin,
    }
}

fn health(table: &Table, mistakes: &mut Mistakes<'_>) -> HealthCheck {
    let without = table.given("connect").filter(|given| matches!(given.value, Value::Bool(false)));
    match (without, table.given("http")) {
        (Some(_), Some(_)) => {}
        (Some(given), None) => {
            let message = "neither a connection nor a request is asked for";
            mistakes.error(&given.span, message).expected("connect = true, or http = \"/healthz\"");
        }
        (None, _) => drop(one_of(table, "what to ask", &["http", "connect"], &["http", "connect = true"], mistakes)),
    }
    HealthCheck {
        probe: match table.text_if("http") {
            None => Probe::Connect,
            Some(target) => Probe::Http {
                target,
                host: table.text("host"),
                statuses: table.statuses("statuses"),
                contains: table.text("contains"),
                load_from_body: table.bool("load-from-body"),
            },
        },
        interval: table.duration("interval"),
        jitter: table.number("jitter"),
        timeout: table.duration("timeout"),
        rise: table.number("rise"),
        fall: table.number("fall"),
    }
}

/// Probes that ask this, with every default.
pub(super) fn empty_health(probe: Probe, table: &Table) -> HealthCheck {
    let mut unused = Mistakes::new("", "");
    HealthCheck { probe, ..health(table, &mut unused) }
}

/// Ejection.
pub(super) fn ejection(table: &Table, mistakes: &mut Mistakes<'_>) -> Ejection {
    let (base, max) = (table.duration("base"), table.duration("max"));
    if base > max
        && let Some(given) = table.given("base").or(table.given("max"))
    {
        mistakes.error(
            &given.span,
            format!("the first ejection ({}) is longer than the longest ({})", duration_text(base), duration_text(max)),
        );
    }
    Ejection { failures: table.number("failures"), count_5xx: table.bool("count-5xx"), base, max, max_percent: table.number("max-percent") }
}

/// Second tries.
pub(super) fn retry(table: &Table) -> Retry {
    Retry {
        attempts: table.number("attempts"),
        budget_percent: table.number("budget-percent"),
        budget_min: table.number("budget-min"),
        statuses: table.statuses("statuses").into_iter().flat_map(|(from, to)| from..=to).collect(),
    }
}

/// A host pattern as an owner writes it.
pub(super) trait ToText {
    /// The text.
    fn to_text(&self) -> String;
}

impl ToText for HostPattern {
    fn to_text(&self) -> String {
        match self {
            HostPattern::Exact(host) => host.clone(),
            HostPattern::Wildcard(suffix) => format!("*{suffix}"),
            HostPattern::Any => "*".to_string(),
        }
    }
}

/// The hosts of a site with their places; none if what was written is wrong.
pub(super) fn hosts(table: &Table) -> Vec<At<HostPattern>> {
    if table.given("hosts").is_some_and(|given| matches!(given.value, Value::Wrong)) {
        return Vec::new();
    }
    let read = |host: At<String>| Some(At { span: host.span, it: value::host_pattern(&host.it).ok()? });
    table.texts("hosts").into_iter().filter_map(read).collect()
}
