//! TLS to backends, of our own and of nginx, and nginx as a client.

use crate::certificates::Authority;
use crate::support::client::Client;
use crate::support::edge::Edge;
use crate::support::noise;
use crate::support::peers::{Curl, Server, find};
use crate::support::place::Place;
use crate::support::ports::free_address;

/// A server with TLS for the names of `certificate`, which is a section of the configuration.
fn behind(place: Place, certificate: &str, more: &str) -> Edge {
    let site = "[[site]]\n[[site.route]]\nanswer = { body = \"from behind\\n\" }\n";
    Edge::with_place(place, &format!("[log]\n[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n{certificate}{more}{site}"))
}

/// A server without TLS before one with it.
fn before(backend: std::net::SocketAddr, tls: &str) -> Edge {
    Edge::of(&format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\nshow = {{ proxy-status = true }}\n[[site.route]]\npool = \"app\"\n\
         [pool.app]\nbackends = [\"{backend}\"]\n[pool.app.tls]\n{tls}"
    ))
}

#[test]
fn a_backend_is_taken_for_what_its_certificate_says() {
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let certificate = authority.sign(&place, "behind", &["behind.example", "127.0.0.1"], 90);
    let other = Place::new();
    Authority::new("other", &other);
    let trust = authority.path(&place);
    let behind = behind(place, &certificate, "");
    let refused = |tls: &str, why: &str| {
        let edge = before(behind.at(0), tls);
        let answer = edge.connect().get("/");
        assert_eq!(answer.status, 502, "{tls}");
        let status = answer.field("proxy-status").expect("it is shown");
        assert!(status.contains(why), "{tls}: {status}");
    };
    for tls in
        [format!("ca = \"{trust}\"\n"), format!("ca = \"{trust}\"\nserver-name = \"behind.example\"\n"), "verify = false\n".to_string()]
    {
        let edge = before(behind.at(0), &tls);
        let mut client = edge.connect();
        for _ in 0..3 {
            let answer = client.get("/");
            assert_eq!((answer.status, answer.text()), (200, "from behind\n".to_string()), "{tls}");
        }
    }
    refused(&format!("ca = \"{trust}\"\nserver-name = \"other.example\"\n"), "error=tls_certificate_error");
    refused(&format!("ca = \"{}\"\n", other.at("other-ca.pem")), "error=tls_certificate_error");
}

#[test]
fn an_expired_certificate_is_refused() {
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let certificate = authority.sign(&place, "behind", &["behind.example"], -1);
    let trust = authority.path(&place);
    let behind = behind(place, &certificate, "");
    let edge = before(behind.at(0), &format!("ca = \"{trust}\"\nserver-name = \"behind.example\"\n"));
    let answer = edge.connect().get("/");
    assert_eq!(answer.status, 502);
    assert!(answer.field("proxy-status").is_some_and(|status| status.contains("error=tls_certificate_error")), "{:?}", answer.fields);
    // It has said so itself when it began.
    behind.await_error(0, "certificate-expires");
}

#[test]
fn we_present_our_own_certificate_where_it_is_wanted() {
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let certificate = authority.sign(&place, "behind", &["behind.example"], 90);
    authority.sign(&place, "own", &["edge.example"], 90);
    let (trust, own, key) = (authority.path(&place), place.at("own.pem"), place.at("own.key"));
    let demands = format!("[tls]\nclient-certificates = \"required\"\nclient-ca = \"{trust}\"\n");
    let mut behind = behind(place, &certificate, &demands);
    let tls = format!("ca = \"{trust}\"\nserver-name = \"behind.example\"\n");
    let edge = before(behind.at(0), &format!("{tls}certificate = \"{own}\"\nkey = \"{key}\"\n"));
    assert_eq!(edge.connect().get("/").status, 200);
    let line = behind.line();
    assert!(line.contains("\"client\":\"CN=edge.example\""), "{line}");
    let without = before(behind.at(0), &tls);
    assert_eq!(without.connect().get("/").status, 502);
}

#[test]
fn a_backend_without_tls_is_no_backend_with_it() {
    let plain = Edge::of("[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\nanswer = { }\n");
    let edge = before(plain.at(0), "verify = false\n");
    let answer = edge.connect().get("/");
    assert_eq!(answer.status, 502);
    assert!(answer.field("proxy-status").is_some_and(|status| status.contains("error=tls_protocol_error")), "{:?}", answer.fields);
}

/// nginx with these lines in its `http` section, at a free port that replaces `PORT`.
fn nginx(program: &std::path::Path, place: &Place, http: &str) -> (Server, std::net::SocketAddr) {
    let at = free_address();
    let root = place.path().display();
    let config = format!(
        "worker_processes 1;\ndaemon off;\npid {root}/nginx.pid;\nerror_log {root}/nginx.log;\nevents {{}}\nhttp {{\naccess_log off;\n\
         client_body_temp_path {root}/body;\nproxy_temp_path {root}/proxy;\nfastcgi_temp_path {root}/f;\nuwsgi_temp_path {root}/u;\n\
         scgi_temp_path {root}/s;\n{}\n}}\n",
        http.replace("PORT", &at.to_string())
    );
    let path = place.file("nginx.conf", config);
    (Server::start(program, &["-c", &path, "-p", &root.to_string()], at), at)
}

#[test]
fn nginx_as_a_backend_with_tls() {
    let Some(program) = find("nginx") else { return };
    let place = Place::new();
    let authority = Authority::new("test", &place);
    authority.sign(&place, "behind", &["behind.example"], 90);
    let long = noise(3_000_000);
    place.file("long", &long);
    let root = place.path().display().to_string();
    let http = format!(
        "server {{ listen PORT ssl; ssl_certificate {root}/behind.pem; ssl_certificate_key {root}/behind.key;\n\
         ssl_protocols TLSv1.2 TLSv1.3; root {root}; }}"
    );
    let (_nginx, at) = nginx(&program, &place, &http);
    let trust = authority.path(&place);
    for version in ["1.2", "1.3"] {
        let edge = before(at, &format!("ca = \"{trust}\"\nserver-name = \"behind.example\"\nmin-version = \"{version}\"\n"));
        let mut client = edge.connect();
        for _ in 0..5 {
            assert!(client.get("/long").body == long);
            assert_eq!(client.get("/none").status, 404);
        }
    }
}

#[test]
fn nginx_as_a_client_with_tls() {
    let Some(program) = find("nginx") else { return };
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let certificate = authority.sign(&place, "edge", &["edge.example"], 90);
    let long = noise(3_000_000);
    let root = place.path().display().to_string();
    let (trust, _) = (authority.path(&place), place.file("long", &long));
    let config =
        format!("[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n{certificate}[[site]]\n[[site.route]]\nfiles = {{ root = \"{root}\" }}\n");
    let edge = Edge::with_place(place, &config);
    let front = Place::new();
    let http = format!(
        "server {{ listen PORT; location / {{ proxy_pass https://{}; proxy_ssl_verify on; proxy_ssl_trusted_certificate {trust};\n\
         proxy_ssl_name edge.example; proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.2 TLSv1.3; }} }}",
        edge.at(0)
    );
    let (_nginx, at) = nginx(&program, &front, &http);
    let mut client = Client::connect(at);
    for _ in 0..5 {
        assert!(client.get("/long").body == long);
    }
}

/// X-Forwarded-Proto says how the client came.
#[test]
fn backends_hear_that_the_client_came_by_tls() {
    let Some(curl) = Curl::find() else { return };
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let certificate = authority.sign(&place, "edge", &["edge.example"], 90);
    let trust = authority.path(&place);
    let backend = crate::support::backend::Backend::start();
    let edge = Edge::with_place(
        place,
        &format!(
            "[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n{certificate}[[site]]\n[[site.route]]\npool = \"app\"\n\
             [pool.app]\nbackends = [\"{}\"]\n",
            backend.at
        ),
    );
    let port = edge.at(0).port();
    let resolve = format!("edge.example:{port}:127.0.0.1");
    curl.text(&["--cacert", &trust, "--resolve", &resolve, &format!("https://edge.example:{port}/")]);
    let seen = backend.seen();
    assert!(format!("{seen:?}").contains("https"), "{seen:?}");
}
