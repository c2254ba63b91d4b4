//! Which request goes where.

use crate::support::backend::Backend;
use crate::support::edge::Edge;
use crate::support::peers::Curl;
use crate::support::place::Place;

fn answering(name: &str) -> String {
    format!("answer = {{ body = \"{name}\\n\" }}\n")
}

/// Exact hosts, wildcards, and any; a port and capitals in `Host` make no difference.
#[test]
fn sites_by_host() {
    let Some(curl) = Curl::find() else { return };
    let site = |hosts: &str, name: &str| format!("[[site]]\nhosts = [{hosts}]\n[[site.route]]\n{}", answering(name));
    let sites = [site("\"a.example\"", "exact"), site("\"*.a.example\"", "wild"), site("\"*.b.a.example\"", "wilder")].concat();
    let edge = Edge::of(&format!("[[listener]]\nat = \"127.0.0.1:0\"\n{sites}"));
    let ask = |host: &str| curl.text(&["-H", &format!("Host: {host}"), "-w", "%{http_code}", &edge.url("/")]);
    assert_eq!(ask("a.example"), "exact\n200");
    assert_eq!(ask("A.Example:8080"), "exact\n200");
    assert_eq!(ask("www.a.example"), "wild\n200");
    assert_eq!(ask("x.y.a.example"), "wild\n200");
    assert_eq!(ask("x.b.a.example"), "wilder\n200");
    assert!(ask("b.example").ends_with("404"));
    assert!(ask("nota.example").ends_with("404"));
}

/// A listener serves the sites that it names, and no others.
#[test]
fn sites_by_listener() {
    let config = "[[listener]]\nat = \"127.0.0.1:0\"\nsites = [\"one\"]\n[[listener]]\nat = \"127.0.0.1:0\"\nsites = [\"two\"]\n\
                  [[site]]\nname = \"one\"\n[[site.route]]\nanswer = { body = \"1\" }\n\
                  [[site]]\nname = \"two\"\n[[site.route]]\nanswer = { body = \"2\" }\n";
    let edge = Edge::of(config);
    for (listener, body) in [(0, "1"), (1, "2")] {
        assert_eq!(crate::support::client::Client::connect(edge.at(listener)).get("/").text(), body);
    }
}

/// Path, method, field and query; the most specific rule that holds wins, wherever it stands.
#[test]
fn routes_by_everything() {
    let Some(curl) = Curl::find() else { return };
    let route = |conditions: &str, name: &str| format!("[[site.route]]\n{conditions}\n{}", answering(name));
    let routes = [
        route("", "any"),
        route("path = \"/api/*\"", "api"),
        route("path = \"/api/users\"", "users"),
        route("path = \"/api/*\"\nmethods = [\"POST\"]", "post"),
        route("path = \"/api/*\"\nheaders = { \"x-beta\" = \"1\" }\nquery = { preview = true }", "beta"),
        route("path = \"/only\"\nmethods = [\"PUT\", \"DELETE\"]", "only"),
    ];
    let edge = Edge::of(&format!("[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n{}", routes.concat()));
    let ask = |more: &[&str], path: &str| curl.text(&[more, &["-w", "%{http_code}", &edge.url(path)]].concat());
    assert_eq!(ask(&[], "/"), "any\n200");
    assert_eq!(ask(&[], "/apis"), "any\n200");
    assert_eq!(ask(&[], "/api"), "api\n200");
    assert_eq!(ask(&[], "/api/x"), "api\n200");
    assert_eq!(ask(&["--path-as-is"], "/other/../api/%75sers"), "users\n200");
    assert_eq!(ask(&["-X", "POST"], "/api/x"), "post\n200");
    assert_eq!(ask(&["-X", "POST"], "/api/users"), "users\n200");
    assert_eq!(ask(&["-H", "X-Beta: 1"], "/api/x?preview=no"), "beta\n200");
    assert_eq!(ask(&["-H", "X-Beta: 1"], "/api/x"), "api\n200");
    assert_eq!(ask(&["-H", "X-Beta: 2"], "/api/x?preview"), "api\n200");
    assert_eq!(ask(&["-X", "PUT"], "/only"), "only\n200");
    assert_eq!(ask(&[], "/only"), "any\n200", "a wider rule holds");
}

/// A path that is there for other methods only: 405 and which ones.
#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let edge = Edge::of(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\npath = \"/only\"\nmethods = [\"PUT\", \"DELETE\"]\nanswer = { }\n",
    );
    let mut client = edge.connect();
    let response = client.get("/only");
    assert_eq!(response.status, 405);
    let allow = response.field("allow").expect("RFC 9110 §15.5.6 requires it").to_string();
    assert!(allow.contains("PUT") && allow.contains("DELETE"), "{allow}");
    assert_eq!(client.get("/").status, 404, "and the connection goes on");
}

/// Redirects that curl follows, to a fixed answer with its status and type.
#[test]
fn redirects_and_answers() {
    let Some(curl) = Curl::find() else { return };
    let edge = Edge::of(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n\
         [[site.route]]\npath = \"/old/*\"\nredirect = { to = \"/new{path}{query}\", status = 308 }\n\
         [[site.route]]\npath = \"/secure\"\nredirect = { to = \"https://{host}{path}{query}\" }\n\
         [[site.route]]\npath = \"/new/*\"\n\
         answer = { status = 418, content-type = \"application/json\", body = \"{\\\"tea\\\":true}\" }\n",
    );
    let out = "|%{http_code} %{num_redirects} %{content_type} %{url_effective}";
    let got = curl.text(&["-L", "-w", out, &edge.url("/old/x?y=z")]);
    assert_eq!(got, format!("{{\"tea\":true}}|418 1 application/json {}", edge.url("/new/old/x?y=z")));
    let got = curl.text(&["-H", "Host: shop.example", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", &edge.url("/secure?a=b")]);
    assert_eq!(got, "302 https://shop.example/secure?a=b");
}

/// What is sent to a route with a fixed answer is read and dropped: the connection goes on.
#[test]
fn a_body_sent_to_a_fixed_answer_is_dropped() {
    let edge = Edge::of("[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\nanswer = { body = \"a\" }\n");
    let mut client = edge.connect();
    client.send("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(client.response().expect("an answer").text(), "a");
    client.send("POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    assert_eq!(client.response().expect("an answer").text(), "a");
    assert_eq!(client.get("/").text(), "a");
    // It does not ask for a body that nobody reads (RFC 9110 §10.1.1).
    client.send("POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n");
    let response = client.response().expect("an answer without a wait");
    assert_eq!((response.interim.len(), response.status, response.closes()), (0, 200, true));
}

/// Files and backends side by side: a file's bytes, its validators, its ranges; nothing outside the root.
#[test]
fn files_beside_a_pool() {
    let Some(curl) = Curl::find() else { return };
    let (place, backend) = (Place::new(), Backend::start());
    let body = crate::support::noise(3 * 1024 * 1024);
    std::fs::create_dir_all(place.path().join("www/sub")).expect("a directory of our own");
    place.file("www/big.bin", &body);
    place.file("www/sub/index.html", "<p>sub</p>");
    place.file("secret", "secret");
    let root = place.at("www");
    let edge = Edge::of(&format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\nfiles = {{ root = \"{root}\" }}\n[[site.route]]\npath = \"/api/*\"\n\
         pool = \"app\"\n[pool.app]\nbackends = [\"{}\"]\n",
        backend.at
    ));
    assert!(curl.bytes(&[&edge.url("/big.bin")]) == body);
    assert!(curl.bytes(&["-r", "2000000-", &edge.url("/big.bin")]) == body[2_000_000..]);
    assert_eq!(curl.text(&["-L", "-w", "|%{http_code} %{content_type}", &edge.url("/sub")]), "<p>sub</p>|200 text/html; charset=utf-8");
    let head = curl.text(&["-I", &edge.url("/big.bin")]);
    let etag = head.lines().find_map(|line| line.strip_prefix("ETag: ")).expect("a validator");
    let again = curl.text(&["-H", &format!("If-None-Match: {etag}"), "-w", "%{http_code} %{size_download}", &edge.url("/big.bin")]);
    assert_eq!(again, "304 0");
    for path in ["/../secret", "/sub/../../secret", "/%2e%2e/secret", "/..%2fsecret", "/sub/%2e%2e%2f%2e%2e%2fsecret"] {
        let got = curl.text(&["--path-as-is", "-w", "|%{http_code}", &edge.url(path)]);
        assert!(!got.contains("secret\n") && !got.starts_with("secret"), "{path}: {got}");
        assert!(got.ends_with("|400") || got.ends_with("|404"), "{path}: {got}");
    }
    assert_eq!(curl.bytes(&[&edge.url("/api/bytes/9")]).len(), backend.last().head.len(), "the pool's part of the site is answered by it");
}
