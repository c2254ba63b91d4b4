//! What a backend is told, and what it is not.

use crate::process::to;
use crate::support::backend::Backend;
use crate::support::edge::Edge;
use crate::support::message::all;

fn forwarding(backend: &Backend, settings: &str) -> Edge {
    Edge::of(&to(&[backend]).replace("[[site.route]]", &format!("{settings}\n[[site.route]]")))
}

/// By default: X-Forwarded-*, Via and a request id, and nothing of what the client claims.
#[test]
fn the_backend_is_told_of_the_client() {
    let backend = Backend::start();
    let edge = forwarding(&backend, "");
    let mut client = edge.connect();
    client.send(
        "GET /a?b=c HTTP/1.1\r\nHost: shop.example:81\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\n\
         X-Request-Id: mine\r\nX-Real-IP: 6.6.6.6\r\nVia: 1.0 before\r\nAccept: */*\r\n\r\n",
    );
    assert_eq!(client.response().expect("an answer").status, 200);
    let seen = backend.last();
    assert_eq!((seen.method.as_str(), seen.target.as_str(), seen.version.as_str()), ("GET", "/a?b=c", "HTTP/1.1"));
    assert_eq!(seen.fields[0], ("Host".to_string(), "shop.example:81".to_string()), "first, and as the client wrote it");
    assert_eq!(seen.field("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(seen.field("x-forwarded-host"), Some("shop.example:81"));
    assert_eq!(seen.field("x-forwarded-proto"), Some("http"));
    assert_eq!(all(&seen.fields, "via"), ["1.0 before", "1.1 throughline"]);
    assert_eq!(seen.field("accept"), Some("*/*"));
    assert_eq!(seen.field("forwarded"), None);
    let id = seen.field("x-request-id").expect("an id").to_string();
    assert!(id.len() >= 16 && id != "mine", "{id}");
    assert_eq!(client.get("/").status, 200);
    assert_ne!(backend.last().field("x-request-id"), Some(&*id), "each request has its own");
}

/// `Forwarded` where it is wanted; a trusted client's words stay, and ours follow.
#[test]
fn a_trusted_client_is_believed() {
    let backend = Backend::start();
    let edge = forwarding(&backend, "forward = { forwarded = true, trust-client = true }\nshow = { request-id = true }");
    let mut client = edge.connect();
    client.send(
        "GET / HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nForwarded: for=192.0.2.1\r\n\
         X-Request-Id: mine\r\n\r\n",
    );
    let response = client.response().expect("an answer");
    let seen = backend.last();
    assert_eq!(seen.field("x-forwarded-for"), Some("192.0.2.1, 127.0.0.1"));
    assert_eq!(seen.field("x-forwarded-proto"), Some("https"));
    assert_eq!(seen.field("forwarded"), Some("for=192.0.2.1, for=127.0.0.1;host=shop.example;proto=http"));
    assert_eq!(seen.field("x-request-id"), Some("mine"));
    assert!(response.field("x-request-id").is_some_and(|id| !id.is_empty()), "{:?}", response.fields);
}

/// What is for this hop only ends here, in both directions; so does what `Connection` lists.
#[test]
fn hop_by_hop_fields_end_here() {
    let backend = Backend::start();
    let edge = forwarding(&backend, "");
    let mut client = edge.connect();
    client.send(
        "GET /hop HTTP/1.1\r\nHost: a.example\r\nConnection: X-Secret, x-other, keep-alive\r\nX-Secret: 1\r\nX-Other: 2\r\nX-Kept: 3\r\n\
         Keep-Alive: timeout=9\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\n\
         TE: gzip, trailers\r\nUpgrade: h2c\r\n\r\n",
    );
    let response = client.response().expect("an answer");
    let seen = backend.last();
    for name in ["x-secret", "x-other", "keep-alive", "proxy-connection", "upgrade"] {
        assert_eq!(all(&seen.fields, name), [""; 0], "{name} in {}", seen.head);
    }
    assert_eq!(seen.field("x-kept"), Some("3"));
    assert_eq!((seen.field("te"), seen.field("connection")), (Some("trailers"), Some("TE")), "of TE only what we can keep");
    for name in ["x-private", "keep-alive", "proxy-connection", "connection"] {
        assert_eq!(all(&response.fields, name), [""; 0], "{name} in {:?}", response.fields);
    }
    assert_eq!(response.field("x-public"), Some("kept"));
    assert_eq!(response.field("via"), Some("1.1 throughline"));
    assert!(response.field("date").is_some(), "a Date is added where the backend sends none");
}

/// The owner's edits of a request and of an answer; a path rewritten; the backend's own address as `Host`.
#[test]
fn the_owner_edits_both_ways() {
    let backend = Backend::start();
    let edits = "path = \"/api/*\"\nrewrite = { path = \"/v2\", remove = [\"x-internal\"], \
                 set = { \"x-edge\" = \"1\" }, add = { \"x-tag\" = [\"a\", \"b\"] } }\n\
                 response = { remove = [\"x-public\"], set = { \"x-frame-options\" = \"DENY\" } }\n";
    let config = forwarding_text(&backend, edits);
    let edge = Edge::of(&config);
    let mut client = edge.connect();
    client.send("GET /api/users/7?q=%2F HTTP/1.1\r\nHost: a.example\r\nX-Internal: 1\r\nX-Edge: 0\r\n\r\n");
    let response = client.response().expect("an answer");
    let seen = backend.last();
    assert_eq!(seen.target, "/v2/users/7?q=%2F");
    assert_eq!((seen.field("x-internal"), seen.field("x-edge")), (None, Some("1")));
    assert_eq!(all(&seen.fields, "x-tag"), ["a", "b"]);
    assert_eq!(seen.field("host"), Some(&*backend.at), "keep-host is off");
    assert_eq!(response.field("x-frame-options"), Some("DENY"));
    assert_eq!(response.field("x-public"), None);
}

fn forwarding_text(backend: &Backend, route: &str) -> String {
    to(&[backend]).replace("[[site]]\n[[site.route]]\n", &format!("[[site]]\nforward = {{ keep-host = false }}\n[[site.route]]\n{route}"))
}

/// `Server-Timing` and `Proxy-Status` where the site shows them.
#[test]
fn the_path_is_shown_where_it_is_wanted() {
    let backend = Backend::start();
    let shows = forwarding(&backend, "show = { server-timing = true, proxy-status = true, request-id = true }");
    let response = shows.connect().get("/");
    assert!(response.field("server-timing").is_some_and(|value| value.contains("dur=")), "{:?}", response.fields);
    assert_eq!(response.field("x-request-id"), backend.last().field("x-request-id"));
    let response = shows.connect().get("/reset");
    assert_eq!(response.status, 502);
    let status = response.field("proxy-status").expect("it is shown");
    assert!(status.starts_with("throughline;") && status.contains("error=connection_terminated"), "{status}");
    let hides = forwarding(&backend, "");
    let response = hides.connect().get("/reset");
    assert_eq!((response.field("proxy-status"), response.field("server-timing"), response.field("x-request-id")), (None, None, None));
}
