//! The site as a visitor sees it, and what the balancer is told to do with it.

use super::visits::{KEPT, Visits};
use super::{Around, Demo, SERVERS, config};
use decide::address::Address;
use decide::config::{Action, Algorithm, PathMatch, Probe};
use decide::time::{Calendar, Duration};
use host::Host;
use node::{Answer, Application};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use wire::http::{Method, RequestHead};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("Content-Type", "application/json; charset=utf-8");

/// An answer that a program made.
#[derive(Debug)]
struct Made {
    status: u16,
    fields: Vec<(&'static str, String)>,
    body: String,
}

impl Made {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        assert_eq!(self.field("Content-Type"), Some("application/json"));
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// Both servers, on a database of their own.
fn servers() -> [Demo; 2] {
    let visits = Arc::new(Visits::new().expect("an empty database"));
    SERVERS.map(|name| Demo::on(name, visits.clone()))
}

fn on_host<T>(program: impl FnOnce(Host) -> T) -> T {
    host::os::run(|host| async move { program(host) }).expect("an event loop")
}

fn head(method: &str, target: &str, fields: &[(&str, &str)]) -> RequestHead {
    let mut head =
        RequestHead { method: Method::of(method), target: target.into(), authority: b"127.0.0.1:8080".into(), ..RequestHead::default() };
    fields.iter().for_each(|(name, value)| head.fields.push(name.as_bytes(), value.as_bytes()));
    head
}

fn ask_on(host: &Host, server: &Demo, method: &str, target: &str, fields: &[(&str, &str)], body: &[u8]) -> Made {
    match server.respond(host, &head(method, target, fields), body) {
        Answer::Made { status, fields, body } => Made { status, fields, body: String::from_utf8(body).expect("UTF-8") },
        Answer::File { name, .. } => panic!("{target} is the file {name}"),
        Answer::Socket(_) => panic!("{target} is a WebSocket"),
        Answer::Later(_) => panic!("{target} waits for something"),
    }
}

fn ask(server: &Demo, method: &str, target: &str, fields: &[(&str, &str)], body: &[u8]) -> Made {
    on_host(|host| ask_on(&host, server, method, target, fields, body))
}

fn get(server: &Demo, target: &str) -> Made {
    ask(server, "GET", target, &[], b"")
}

fn visits_of(server: &Demo) -> Value {
    get(server, "/api/visits").json()
}

#[test]
fn every_file_is_there_and_its_name_tells_its_type() {
    let [server, _] = servers();
    let types = [
        ("/path", "text/html; charset=utf-8"),
        ("/path.svg", "image/svg+xml"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/visit.js", "text/javascript; charset=utf-8"),
        ("/icon.png", "image/png"),
    ];
    let mut times = std::collections::BTreeSet::new();
    for (path, media_type) in types {
        let answer = on_host(|host| server.respond(&host, &head("GET", path, &[]), b""));
        let Answer::File { found, name } = answer else { panic!("{path} is no file") };
        assert_eq!(decide::files::media_type(&name), media_type, "{path}");
        let mut content = vec![0; usize::try_from(found.size).expect("a small file") + 1];
        let read = found.file.read_at(0, &mut content).expect("memory");
        assert!(read > 0 && read as u64 == found.size, "{path} has {read} bytes of {}", found.size);
        assert_eq!(found.modified.0.as_secs(), 1_793_491_200, "{path}");
        assert!(times.insert(found.modified), "{path} shares its time, and so perhaps its tag, with another file");
    }
}

#[test]
fn what_pages_point_to_is_there() {
    let [server, _] = servers();
    let pages = [get(&server, "/").body, get(&server, "/nothing").body, include_str!("site/path.html").to_string()];
    for page in pages {
        let links = ["href=\"", "src=\"", "action=\""].into_iter().flat_map(|attribute| page.split(attribute).skip(1));
        let mut seen = 0;
        for link in links.map(|rest| rest.split('"').next().expect("a quote")).filter(|link| link.starts_with('/')) {
            let answer = on_host(|host| server.respond(&host, &head("GET", link, &[]), b""));
            assert!(matches!(answer, Answer::File { .. } | Answer::Made { status: 200, .. }), "{link}");
            seen += 1;
        }
        assert!(seen >= 4, "{page}");
        // A name space is no link.
        let elsewhere = page.replace("http://www.w3.org/2000/svg", "").replace("http://127.0.0.1", "");
        assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://") && !page.contains("{{"));
    }
}

#[test]
fn the_front_page_knows_where_the_admin_side_is() {
    let page = |admin: &str| get(&Demo::new(SERVERS[0], Some(Address::Ip(admin.parse().unwrap())), None), "/").body;
    let (usual, moved) = (page("127.0.0.1:8090"), page("127.0.0.1:9000"));
    assert!(usual.contains("http://127.0.0.1:8090/metrics\nthroughline ctl status<"));
    assert!(moved.contains("http://127.0.0.1:9000/metrics\nthroughline ctl --admin 127.0.0.1:9000 status<"));
}

#[test]
fn the_front_page_shows_the_place_that_it_came_through_and_why() {
    let around = || {
        let [names, redirector] = ["127.0.0.1:5300", "127.0.0.1:8080"].map(|at| at.parse().expect("an address"));
        Some(Around { names, port: 8080, redirector })
    };
    let server = Demo::new(SERVERS[0], None, around());
    let page = |place: Option<&str>, client: &str| {
        let mut fields = vec![("Via", "1.1 throughline"), ("X-Forwarded-For", client)];
        fields.extend(place.map(|place| ("X-Pop", place)));
        ask(&server, "GET", "/", &fields, b"").body
    };
    let own = page(Some("lyon"), "198.51.100.7");
    for told in [
        "asked the cache at <b>lyon</b>",
        "<text x=\"300\" y=\"146\">lyon</text>",
        "came through <b>lyon</b>, which is your nearest place: its router has the shortest way to 198.51.100.0/24",
        "<tr class=\"here\"><th scope=\"row\"><a href=\"http://127.0.0.12:8080/\">lyon</a>",
        "dig @127.0.0.1 -p 5300 www.throughline.test +short +subnet=198.51.100.0/24\n",
    ] {
        assert!(own.contains(told), "{told}\n{own}");
    }
    let unknown = page(Some("rome"), "127.0.0.1");
    assert!(unknown.contains("through <b>rome</b>, because you asked there") && unknown.contains("lead you to <b>oslo</b>: no router"));
    // Nobody else's word goes into the page, and past the places there is none.
    for page in [page(None, "127.0.0.1"), page(Some("<b>"), "127.0.0.1")] {
        assert!(page.contains("came past all of them") && !page.contains("class=\"here\"") && page.contains(">Balancer</text>"));
    }
    assert!(!get(&servers()[0], "/").body.contains("nearest cache"), "without places nothing is said of them");
}

#[test]
fn the_front_page_says_who_answered_and_what_the_balancer_did() {
    let [one, two] = servers();
    let through =
        [("Via", "1.1 throughline"), ("X-Forwarded-For", "192.0.2.7"), ("X-Request-Id", "cafe"), ("X-Forwarded-Host", "demo.test:81")];
    let page = ask(&two, "GET", "/", &through, b"");
    assert_eq!((page.status, page.field("Content-Type")), (200, Some("text/html; charset=utf-8")));
    for told in
        ["came from <em>app-2</em>", "should be <b>app-1</b>", "192.0.2.7", "1.1 throughline", "cafe", "curl -i http://demo.test:81/"]
    {
        assert!(page.body.contains(told), "{told}");
    }
    let secure = ask(&two, "GET", "/", &[("X-Forwarded-Host", "demo.test:81"), ("X-Forwarded-Proto", "https")], b"");
    assert!(secure.body.contains("curl -i -k https://demo.test:81/<") && !secure.body.contains("http://demo.test"));
    let direct = get(&one, "/").body;
    assert!(direct.contains("came from <em>app-1</em>") && direct.contains("the balancer had no part in it"));
}

#[test]
fn health_is_a_word() {
    let [server, _] = servers();
    let health = get(&server, "/healthz");
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
}

#[test]
fn visits_are_counted_across_both_servers() {
    let [one, two] = servers();
    let first = ask(&one, "POST", "/api/visits", &[JSON], br#"{"name": " Ada "}"#);
    assert_eq!(first.status, 201);
    assert_eq!((&first.json()["recorded"], &first.json()["served_by"]), (&1.into(), &"app-1".into()));
    assert_eq!(ask(&two, "POST", "/api/visits", &[], b"").status, 201);
    assert_eq!(ask(&two, "POST", "/api/visits", &[JSON], b"{}").status, 201);
    let told = visits_of(&one);
    assert_eq!(told["total"], 3);
    assert_eq!(told["by_server"], serde_json::json!({ "app-1": 1, "app-2": 2 }));
    assert_eq!(told["by_server"], visits_of(&two)["by_server"]);
    let last: Vec<(i64, &str, &str)> = told["last"].as_array().expect("a list").iter().map(visit).collect();
    assert_eq!(last, [(3, "app-2", ""), (2, "app-2", ""), (1, "app-1", "Ada")]);
    assert!(get(&two, "/").body.contains("<td>Ada</td><td>app-1</td>"));
}

fn visit(visit: &Value) -> (i64, &str, &str) {
    let text = |key: &str| visit[key].as_str().expect("text");
    assert!(text("at").len() == 20 && text("at").ends_with('Z'), "{visit}");
    (visit["number"].as_i64().expect("a number"), text("recorded_by"), text("name"))
}

#[test]
fn reading_records_nothing() {
    let [one, two] = servers();
    for target in ["/", "/?visit=1", "/api/visits", "/api/path", "/healthz"] {
        get(&one, target);
        ask(&two, "HEAD", target, &[], b"");
    }
    assert_eq!(visits_of(&one)["total"], 0);
}

#[test]
fn the_form_leads_back_to_the_page_which_says_who_took_it() {
    let [one, two] = servers();
    let taken = ask(&one, "POST", "/api/visits", &[FORM], b"name=Ad%C3%A4+L&x=y");
    assert_eq!((taken.status, taken.field("Location")), (303, Some("/?visit=1#visits")));
    let page = get(&two, "/?visit=1").body;
    assert!(page.contains("app-1 took visit 1 and wrote it down. This page was made by app-2"));
    assert!(page.contains("<tr class=\"fresh\"><td class=\"number\">1</td><td>Adä L</td>"));
    for query in ["visit=2", "visit=", "visit=-1", "visit=99999999999999999999", "visit=%31", "visit=<b>"] {
        let page = get(&two, &format!("/?{query}"));
        assert!(page.status == 200 && !page.body.contains("role=\"status\">"), "{query}");
    }
}

#[test]
fn old_visits_are_forgotten_but_counted() {
    let visits = Visits::new().expect("an empty database");
    let at = Calendar(Duration::from_secs(0));
    let numbers: Vec<i64> = (0..KEPT + 5).map(|_| visits.record("app-1", "", at).expect("recorded")).collect();
    assert_eq!(numbers, (1..=KEPT + 5).collect::<Vec<_>>());
    let kept = visits.last(10_000).expect("told");
    assert_eq!(
        (kept.len() as i64, kept.first().map(|visit| visit.number), kept.last().map(|visit| visit.number)),
        (KEPT, Some(KEPT + 5), Some(6))
    );
    assert_eq!(kept[0].at, "1970-01-01T00:00:00Z");
    assert_eq!(visits.by_server().expect("told"), [("app-1".to_string(), KEPT + 5), ("app-2".to_string(), 0)]);
    assert_eq!((visits.recorder(5).expect("told"), visits.recorder(6).expect("told").as_deref()), (None, Some("app-1")));
    visits.record("app-2", "", Calendar(Duration::MAX)).expect("a clock that is far off fails no visit");
    assert_eq!(visits.last(1).expect("told")[0].at, "9999-12-31T23:59:59Z");
}

#[test]
fn unknown_paths_are_not_found() {
    let [server, _] = servers();
    for path in
        ["/nothing", "/index.html", "/style.css/", "/path/", "//", "", "*", "/%2e%2e/etc/passwd", "/../style.css", "/PATH", "/healthz%00"]
    {
        let answer = get(&server, path);
        assert_eq!((answer.status, answer.field("Content-Type")), (404, Some("text/html; charset=utf-8")), "{path}");
    }
    let program = get(&server, "/api/nothing");
    assert_eq!((program.status, &program.json()["status"]), (404, &404.into()));
    let not_text = RequestHead { target: b"/\xff\xfe".to_vec(), ..RequestHead::default() };
    assert!(matches!(on_host(|host| server.respond(&host, &not_text, b"")), Answer::Made { status: 404, .. }));
}

#[test]
fn methods_have_their_places() {
    let [server, _] = servers();
    let targets = ["/", "/healthz", "/api/path", "/api/live", "/style.css", "/api/visits"];
    for target in targets {
        let allowed = if target == "/api/visits" { "GET, HEAD, POST, OPTIONS" } else { "GET, HEAD, OPTIONS" };
        let options = ask(&server, "OPTIONS", target, &[], b"");
        assert_eq!((options.status, options.field("Allow"), options.body.as_str()), (204, Some(allowed), ""), "{target}");
        for method in ["PUT", "DELETE", "PATCH", "POST", "get", "BREW"] {
            if (method, target) != ("POST", "/api/visits") {
                let answer = ask(&server, method, target, &[], b"");
                assert_eq!((answer.status, answer.field("Allow")), (405, Some(allowed)), "{method} {target}");
            }
        }
    }
}

#[test]
fn what_cannot_be_recorded_is_told_why() {
    let [server, _] = servers();
    let deep = "[".repeat(4000);
    let long = format!("{{\"name\": \"{}\"}}", "ä".repeat(41));
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [u8], u16);
    let cases: [Case<'_>; 18] = [
        (&[JSON], b"", 400),
        (&[JSON], b"{", 400),
        (&[JSON], b"{} {}", 400),
        (&[JSON], b"{\"name\": \"\xff\"}", 400),
        (&[JSON], deep.as_bytes(), 400),
        (&[JSON], b"[]", 422),
        (&[JSON], b"{\"name\": 7}", 422),
        (&[JSON], b"{\"name\": \"a\\nb\"}", 422),
        (&[JSON], b"{\"name\": \"\\u202egnp\"}", 422),
        (&[JSON], long.as_bytes(), 422),
        (&[FORM], b"name=%", 400),
        (&[FORM], b"name=%4", 400),
        (&[FORM], b"name=%zz", 400),
        (&[FORM], b"name=%FF", 400),
        (&[FORM], b"name=%00", 422),
        (&[], b"name=Ada", 415),
        (&[("Content-Type", "text/plain")], b"{}", 415),
        (&[("Content-Type", "")], b"", 415),
    ];
    for (fields, body, status) in cases {
        let answer = ask(&server, "POST", "/api/visits", fields, body);
        assert_eq!(answer.status, status, "{fields:?} {}", String::from_utf8_lossy(body));
        assert_eq!(answer.field("Accept-Post").is_some(), status == 415);
        match fields {
            [FORM] => assert!(answer.field("Content-Type") == Some("text/html; charset=utf-8") && answer.body.contains("not recorded")),
            _ => assert!(answer.json()["error"].as_str().is_some_and(|sentence| sentence.ends_with('.'))),
        }
    }
    assert_eq!(visits_of(&server)["total"], 0);
    let longest = format!("{{\"name\": \"{}\"}}", "ä".repeat(40));
    assert_eq!(ask(&server, "POST", "/api/visits", &[JSON], longest.as_bytes()).status, 201);
}

#[test]
fn what_visitors_send_is_no_markup_and_no_command() {
    let [one, two] = servers();
    let evil = "<script>alert('&\")</script>";
    let body = serde_json::json!({ "name": evil }).to_string();
    assert_eq!(ask(&one, "POST", "/api/visits", &[JSON], body.as_bytes()).status, 201);
    let through = [("Via", evil), ("X-Forwarded-For", evil), ("X-Request-Id", evil), ("X-Forwarded-Host", "a;rm$(x)`y`\n|<b>")];
    let page = ask(&two, "GET", "/?visit=1", &through, b"").body;
    assert!(!page.contains("<script>") && page.matches("&lt;script&gt;alert(&#39;&amp;&quot;)&lt;/script&gt;").count() >= 4);
    assert!(!page.contains("rm$") && page.contains("curl -i http://127.0.0.1:8080/"));
    assert_eq!(visits_of(&two)["last"][0]["name"], evil);
    let template = serde_json::json!({ "name": "{{last}}" }).to_string();
    ask(&one, "POST", "/api/visits", &[JSON], template.as_bytes());
    assert!(get(&one, "/").body.contains("<td>{{last}}</td>"), "a value is not looked at again");
}

#[test]
fn the_path_is_told_in_json() {
    let [one, _] = servers();
    let told = ask(&one, "GET", "/api/path?q=\"", &[("Via", "1.1 throughline")], b"").json();
    assert_eq!(
        (&told["served_by"], &told["request"]["target"], &told["request"]["via"]),
        (&"app-1".into(), &"/api/path?q=\"".into(), &"1.1 throughline".into())
    );
    assert_eq!(
        (&told["request"]["client"], &told["stations"][1]["station"], &told["stations"][2]["station"]),
        (&Value::Null, &"balancer".into(), &"app-1".into())
    );
}

#[test]
fn only_pages_of_this_site_are_told_of_visits() {
    let [server, _] = servers();
    let live = |fields: &[(&str, &str)]| {
        on_host(|host| matches!(server.respond(&host, &head("GET", "/api/live", fields), b""), Answer::Socket(_)))
    };
    for origin in ["http://127.0.0.1:8080", "https://127.0.0.1:8080"] {
        assert!(live(&[("Origin", origin)]), "{origin}");
    }
    assert!(live(&[]), "a program says no origin");
    assert!(live(&[("Origin", "https://Demo.test"), ("X-Forwarded-Host", "demo.test")]));
    for origin in ["http://evil.test", "http://127.0.0.1:8081", "http://127.0.0.1:8080.evil.test", "null", "", "127.0.0.1:8080"] {
        assert!(!live(&[("Origin", origin)]), "{origin}");
    }
    assert_eq!(ask(&server, "GET", "/api/live", &[("Origin", "null")], b"").json()["status"], 403);
    let connect = head("CONNECT", "/api/live", &[]);
    assert!(on_host(|host| matches!(server.respond(&host, &connect, b""), Answer::Socket(_))));
}

#[test]
fn what_is_told_of_visits_is_made_once_for_each() {
    let visits = Visits::new().expect("an empty database");
    let mut made = 0;
    let mut tell = |visits: &Visits| {
        let told = visits.told(|visits| {
            made += 1;
            Ok(visits.by_server()?[0].1.to_string())
        });
        (told.expect("told").to_string(), made)
    };
    assert_eq!([tell(&visits), tell(&visits)], [("0".to_string(), 1), ("0".to_string(), 1)]);
    visits.record("app-1", "", Calendar(Duration::ZERO)).expect("recorded");
    assert_eq!([tell(&visits), tell(&visits)], [("1".to_string(), 2), ("1".to_string(), 2)]);
}

#[test]
fn the_pool_leads_to_the_listeners_of_the_servers() {
    let http = Address::parse("127.0.0.1:8080").expect("an address");
    let https = Address::parse("127.0.0.1:8443").expect("an address");
    let mut held = Vec::new();
    let config = config(http.clone(), https.clone(), super::certificate(None).0, Vec::new(), &mut held);
    assert_eq!(held.len(), SERVERS.len(), "nobody else is given their ports");
    assert_eq!((config.listeners.len(), &config.listeners[0].at, &config.listeners[1].at), (4, &http, &https));
    assert_eq!((config.listeners[1].tls, config.certificates.len(), &config.listeners[1].sites), (true, 1, &vec![0]));
    let routes = &config.sites[config.listeners[0].sites[0]].routes;
    assert_eq!((&routes[0].action, &routes[1].action), (&Action::Pool(0), &Action::Pool(1)));
    assert_eq!(routes[1].when.path, PathMatch::Exact("/api/live".to_string()));
    for route in routes {
        let file = matches!(&route.when.path, PathMatch::Exact(path) if super::files::has(path));
        assert_eq!(route.cache.is_some(), file, "{}: files are the same for everyone", route.name);
    }
    let pool = &config.pools[0];
    // A WebSocket that took a turn would have every page come from the same server.
    assert_eq!(config.pools[1].backends, pool.backends);
    assert!(matches!(config.pools[1].algorithm, Algorithm::LeastConnections { .. }));
    assert_ne!(pool.backends[0].at, pool.backends[1].at);
    for ((backend, listener), name) in pool.backends.iter().zip(&config.listeners[2..]).zip(SERVERS) {
        let Address::Ip(at) = backend.at else { panic!("{} is no IP address", backend.at) };
        assert!(at.ip().is_loopback() && at.port() != 0);
        assert_eq!((&backend.at, backend.name.as_str(), listener.sites.len()), (&listener.at, name, 1));
        let site = &config.sites[listener.sites[0]];
        let signature = ("X-Served-By".to_string(), name.to_string());
        for route in &site.routes {
            assert_eq!(route.action, Action::Application(name.to_string()));
            assert!(route.response.set.contains(&signature));
            // Kept for good is only what has its version in its address.
            let kept = route.response.set.iter().any(|(name, value)| name == "Cache-Control" && value.contains("immutable"));
            let versioned = matches!(&route.when.path, PathMatch::Exact(path) if super::files::has(path)) && !route.when.query.is_empty();
            assert_eq!(kept, versioned, "{}", route.name);
        }
    }
    let health = pool.health.as_ref().expect("probes");
    assert!(matches!(&health.probe, Probe::Http { target, contains, .. } if target == "/healthz" && contains == "ok"));
    let site = &config.sites[config.listeners[0].sites[0]];
    assert!(site.show.server_timing && site.show.request_id && pool.retry.attempts > 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_sent_is_answered(
        method in "(GET|POST|HEAD|[A-Z]{1,6})",
        target in "(/api/visits|/|/api/path|/[ -~]{0,20})(\\?[ -~]{0,20})?",
        kind in "(application/json|application/x-www-form-urlencoded|[ -~]{0,20})",
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let answer = on_host(|host| {
            let [server, _] = servers();
            server.respond(&host, &head(&method, &target, &[("Content-Type", &kind)]), &body)
        });
        if let Answer::Made { status, body, .. } = answer {
            prop_assert!(matches!(status, 200 | 201 | 204 | 303 | 400 | 404 | 405 | 415 | 422), "{status}");
            prop_assert!(String::from_utf8(body).is_ok());
        }
    }

    #[test]
    fn a_name_in_a_form_comes_out_as_it_went_in(name in "[a-zA-Z0-9äöü☃<>&\"%+=]{0,12}") {
        let [server, _] = servers();
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        prop_assert_eq!(ask(&server, "POST", "/api/visits", &[FORM], format!("other=1&name={encoded}").as_bytes()).status, 303);
        let told = visits_of(&server);
        prop_assert_eq!(told["last"][0]["name"].as_str(), Some(name.as_str()));
    }
}
