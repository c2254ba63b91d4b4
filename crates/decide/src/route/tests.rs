use super::*;
use crate::address::Address;
use crate::config::{
    Action, FieldEdits, Forward, HostPattern, Limits, Listener, Match, PathMatch, Protocol, Rewrite, Route, Server, Show, Site, Tls,
    TlsVersion, ValueMatch,
};
use crate::time::Duration;
use alloc::string::ToString;
use alloc::vec;
use proptest::prelude::*;
use wire::http::Method;

fn exact(path: &str) -> PathMatch {
    PathMatch::Exact(path.to_string())
}

fn prefix(path: &str) -> PathMatch {
    PathMatch::Prefix(path.to_string())
}

fn value(name: &str, value: Option<&str>) -> ValueMatch {
    ValueMatch { name: name.to_string(), value: value.map(str::to_string) }
}

fn route(name: &str, path: PathMatch) -> Route {
    Route {
        name: name.to_string(),
        when: Match { path, methods: vec![], headers: vec![], query: vec![] },
        action: Action::Pool(0),
        request: Rewrite::default(),
        response: FieldEdits::default(),
        cache: None,
        compress: None,
        early_hints: None,
        tiers: crate::config::Tiers::default(),
    }
}

fn site(name: &str, hosts: Vec<HostPattern>, routes: Vec<Route>) -> Site {
    let forward = Forward { x_forwarded: true, forwarded: false, trust_client: false, keep_host: true };
    Site {
        name: name.to_string(),
        hosts,
        routes,
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

fn table(sites: Vec<Site>) -> Table {
    let zero = Duration::ZERO;
    Table::build(&Config {
        listeners: vec![Listener {
            at: Address::parse("127.0.0.1:80").unwrap(),
            sites: (0..sites.len()).collect(),
            backlog: 1,
            tls: false,
            protocols: vec![Protocol::Http1],
        }],
        sites,
        pools: vec![],
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
        server: Server { workers: 1, drain_timeout: zero, name: "throughline".to_string(), max_connections: 1 },
        cache: crate::config::Cache {
            memory: 64 << 20,
            feed: crate::config::Feed { rate: 1, simultaneous: 1, jobs: 1, urls: 1, content: 1 },
            id: None,
            hot: crate::config::Hot { requests: 5, window: crate::time::Duration::from_secs(60) },
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
    })
}

fn one_site(routes: Vec<Route>) -> Table {
    table(vec![site("main", vec![HostPattern::Any], routes)])
}

fn get(authority: &str, target: &str) -> RequestHead {
    RequestHead { authority: authority.into(), target: target.into(), ..RequestHead::default() }
}

/// The index of the route, or the status.
fn outcome(table: &Table, head: &RequestHead) -> Result<u16, u16> {
    match table.decide(0, head, None) {
        Verdict::Route { route, .. } => Ok(route.route),
        other => Err(other.status()),
    }
}

#[test]
fn the_site_is_the_exact_host_then_the_longest_wildcard_then_any() {
    let pattern = |text: &str| match text.strip_prefix('*') {
        Some("") => HostPattern::Any,
        Some(suffix) => HostPattern::Wildcard(suffix.to_string()),
        None => HostPattern::Exact(text.to_string()),
    };
    let patterns = ["*", "*.example.com", "example.com", "*.eu.example.com", "[2001:db8::1]", "example.com"];
    let table = table(patterns.iter().map(|text| site(text, vec![pattern(text)], vec![route("all", PathMatch::Any)])).collect());
    for (host, expected) in [
        ("example.com", 2),
        ("EXAMPLE.com:8080", 2),
        ("example.com.", 2),
        ("www.example.com", 1),
        ("a.b.Example.Com.", 1),
        ("a.eu.example.com", 3),
        ("eu.example.com", 1),
        (".example.com", 0),
        ("badexample.com", 0),
        ("[2001:DB8:0::1]:80", 4),
        ("[2001:db8::2]", 0),
        ("[not an address]", 0),
        ("", 0),
    ] {
        match table.decide(0, &get(host, "/"), None) {
            Verdict::Route { route, .. } => assert_eq!(route.site, expected, "{host}"),
            other => panic!("{host}: {other:?}"),
        }
    }
}

#[test]
fn an_unknown_host_is_not_found() {
    let table = table(vec![site("main", vec![HostPattern::Exact("a.test".to_string())], vec![route("all", PathMatch::Any)])]);
    let verdict = table.decide(0, &get("b.test", "/"), None);
    assert_eq!((&verdict, verdict.status(), verdict.sentence()), (&Verdict::NoSite, 404, "no site answers to this host"));
}

#[test]
fn the_most_specific_route_is_tried_first() {
    let mut header = route("header", prefix("/api"));
    header.when.headers = vec![value("X-Beta", None)];
    let mut both = route("both", prefix("/api"));
    both.when.headers = vec![value("X-Beta", Some("1"))];
    both.when.query = vec![value("q", None)];
    let routes = vec![
        route("any", PathMatch::Any),
        route("api", prefix("/api")),
        header,
        route("v1", prefix("/api/v1")),
        route("exact", exact("/api")),
        both,
    ];
    let table = one_site(routes);
    let mut beta = get("h", "/api/x?q=1");
    beta.fields.push(b"x-beta", b"0");
    beta.fields.push(b"X-BETA", b"1");
    for (head, expected) in [
        (get("h", "/api"), 4),
        (get("h", "/api/"), 1),
        (get("h", "/api/v1/x"), 3),
        (get("h", "/api/v10"), 1),
        (get("h", "/apis"), 0),
        (get("h", "/API"), 0),
        (beta.clone(), 5),
        (RequestHead { target: b"/api/x".to_vec(), ..beta }, 2),
    ] {
        assert_eq!(outcome(&table, &head), Ok(expected), "{head:?}");
    }
}

#[test]
fn among_equals_the_first_written_holds() {
    assert_eq!(outcome(&one_site(vec![route("one", prefix("/a")), route("two", prefix("/a"))]), &get("h", "/a")), Ok(0));
}

#[test]
fn no_spelling_walks_around_a_rule() {
    let table = one_site(vec![route("closed", prefix("/admin")), route("open", prefix("/"))]);
    for target in ["/admin", "/%61dmin/x", "/static/../admin", "/./admin", "//admin", "/static/%2e%2e/admin?x", "/admin/./y"] {
        assert_eq!(outcome(&table, &get("h", target)), Ok(0), "{target}");
    }
    // What a backend may read as /admin and we do not is refused; where the reading makes no difference it passes.
    for target in ["/admin%2fx", "/a%2f..%2fadmin", "/%2fadmin", "/a\\..\\admin", "/x/..%5cadmin", "/..%2fx"] {
        let verdict = table.decide(0, &get("h", target), None);
        assert_eq!(verdict, Verdict::BadPath(PathError::Ambiguous), "{target}");
        assert_eq!(verdict.status(), 400);
    }
    assert_eq!(outcome(&table, &get("h", "/files/a%2Fb")), Ok(1));
    assert_eq!(outcome(&table, &get("h", "/admin/a%2Fb")), Ok(0));
    assert_eq!(outcome(&table, &get("h", "/../admin")), Err(400));
}

#[test]
fn a_query_is_compared_decoded() {
    let mut with = route("with", PathMatch::Any);
    with.when.query = vec![value("na me", Some("a&b c")), value("flag", None)];
    let table = one_site(vec![with]);
    for (target, expected) in [
        ("/?na+me=a%26b+c&flag", Ok(0)),
        ("/?flag=&na%20me=x&na%20me=a%26b%20c", Ok(0)),
        ("/?na+me=a%26b+c", Err(404)),
        ("/?na+me=a%26b+&flag", Err(404)),
        ("/?na+me=%&flag", Err(404)),
        ("/", Err(404)),
    ] {
        assert_eq!(outcome(&table, &get("h", target)), expected, "{target}");
    }
}

#[test]
fn a_method_that_no_route_takes_is_405_with_those_it_takes() {
    let with = |path, methods: &[&str]| {
        let mut route = route("with", path);
        route.when.methods = methods.iter().map(ToString::to_string).collect();
        route
    };
    let table = one_site(vec![with(prefix("/a"), &["GET"]), with(exact("/a/b"), &["PUT", "PURGE"]), with(prefix("/a"), &["POST", "GET"])]);
    let asked = |method, target| RequestHead { method, ..get("h", target) };
    assert_eq!(outcome(&table, &asked(Method::Head, "/a")), Ok(0));
    assert_eq!(outcome(&table, &asked(Method::of("PURGE"), "/a/b")), Ok(1));
    assert_eq!(outcome(&table, &asked(Method::Post, "/a/b")), Ok(2));
    let verdict = table.decide(0, &asked(Method::Delete, "/a/b"), None);
    assert_eq!(verdict, Verdict::WrongMethod { site: 0, allow: "PUT, PURGE, GET, HEAD, POST".to_string() });
    assert_eq!(verdict.status(), 405);
    assert_eq!(outcome(&table, &asked(Method::Delete, "/c")), Err(404));
}

#[test]
fn a_target_that_is_no_path_has_only_rules_for_any_path() {
    let options = RequestHead { method: Method::Options, form: TargetForm::Asterisk, ..get("h", "*") };
    assert_eq!(outcome(&one_site(vec![route("root", prefix("/"))]), &options), Err(404));
    assert_eq!(outcome(&one_site(vec![route("root", prefix("/")), route("any", PathMatch::Any)]), &options), Ok(1));
}

#[test]
fn the_record_shows_every_rule_and_the_condition_that_failed() {
    let mut beta = route("beta", prefix("/api"));
    beta.when.headers = vec![value("X-Beta", Some("1"))];
    let mut post = route("post", prefix("/api/v1"));
    post.when.methods = vec!["POST".to_string()];
    let routes = vec![route("rest", PathMatch::Any), beta, post, route("home", exact("/")), route("api", prefix("/api"))];
    let hosts = vec![HostPattern::Exact("a.test".to_string()), HostPattern::Wildcard(".a.test".to_string())];
    let table = table(vec![site("main", hosts, routes)]);
    let mut record = Record::default();
    let head = get("A.test:80", "/x/../api/v1");
    let verdict = table.decide(0, &head, Some(&mut record));
    assert_eq!(verdict, table.decide(0, &head, None), "the record changes nothing");
    assert_eq!(verdict, Verdict::Route { route: RouteRef { site: 0, route: 4 }, matched: 4 });
    assert_eq!((record.host.as_str(), record.path.as_str(), record.verdict.as_str()), ("A.test", "/api/v1", "route api"));
    assert_eq!(
        record.sites.iter().map(|site| (site.pattern.as_str(), site.holds)).collect::<Vec<_>>(),
        [("a.test", true), ("*.a.test", false)]
    );
    let shown = |rule: &Considered| {
        let outcome = match &rule.outcome {
            Outcome::Holds => "holds".to_string(),
            Outcome::NotReached => "not reached".to_string(),
            Outcome::Fails(failure) => failure.to_string(),
        };
        alloc::format!("{} ({}): {outcome}", rule.name, rule.rank)
    };
    assert_eq!(
        record.rules.iter().map(shown).collect::<Vec<_>>(),
        [
            "home (exactly /): the path is not /",
            "post (prefix /api/v1, 1 condition): the method is none of POST",
            "beta (prefix /api, 1 condition): no field has the value X-Beta: 1",
            "api (prefix /api): holds",
            "rest (any path): not reached",
        ]
    );
}

/// Another spelling of a path: `how` picks, segment by segment, among detours, escapes and doubled slashes.
fn respelled(path: &str, how: &[u8]) -> String {
    let mut out = String::new();
    for (segment, how) in path[1..].split('/').zip(how.iter().cycle()) {
        match how % 4 {
            0 => out.push_str("/x/../"),
            1 => out.push_str("/./"),
            2 if !out.is_empty() && !out.ends_with('/') => out.push_str("//"),
            _ => out.push('/'),
        }
        for (at, byte) in segment.bytes().enumerate() {
            match how >> (2 + at % 6) & 1 {
                1 => out.push_str(&alloc::format!("%{byte:02x}")),
                _ => out.push(char::from(byte)),
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn every_spelling_of_a_path_has_one_route(
        segments in prop::collection::vec("admin|api|v1|a", 1..4),
        how in prop::collection::vec(any::<u8>(), 1..6),
    ) {
        let table = one_site(vec![
            route("any", PathMatch::Any),
            route("admin", prefix("/admin")),
            route("api", prefix("/api")),
            route("v1", prefix("/api/v1")),
            route("exact", exact("/api/a")),
        ]);
        let path = alloc::format!("/{}", segments.join("/"));
        let spelling = respelled(&path, &how);
        let mut record = Record::default();
        let verdict = table.decide(0, &get("h", &spelling), Some(&mut record));
        prop_assert_eq!(&record.path, &path, "{}", spelling);
        prop_assert_eq!(&verdict, &table.decide(0, &get("h", &path), None), "{}", spelling);
        prop_assert_eq!(verdict, table.decide(0, &get("h", &spelling), None));
    }
}
