//! HTTP/2 over TLS, agreed on by ALPN: with clients of others before us, and servers of others behind.

use crate::support::authority::own_certificate;
use crate::support::backend::Backend;
use crate::support::edge::Edge;
use crate::support::peers::{Curl, Server, find};
use crate::support::place::Place;
use crate::support::ports::free_address;
use crate::support::{checksum, noise};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

const LONG: usize = 10 * 1024 * 1024;

/// A place with a certificate for 127.0.0.1, `own.pem` and `own.key`, that `ca.pem` has signed.
fn certified() -> Place {
    let place = Place::new();
    own_certificate(&place);
    place
}

/// An edge with TLS before a pool; `pool` is the rest of its section, and what follows that.
fn edge(place: &Place, backend: &str, pool: &str) -> Edge {
    let folder = place.path().display();
    Edge::of(&format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n[[certificate]]\nchain = \"{folder}/own.pem\"\nkey = \"{folder}/own.key\"\n\
         [[site]]\nshow = {{ proxy-status = true }}\n[[site.route]]\npool = \"app\"\n[pool.app]\nbackends = [\"{backend}\"]\n{pool}"
    ))
}

fn url(edge: &Edge, path: &str) -> String {
    format!("https://{}{path}", edge.at(0))
}

/// What a program prints, on both outputs; it must succeed.
fn said(program: &std::path::Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().expect("it runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

/// curl, with the certificate verified: the version that it asks for, and long bodies both ways.
#[test]
fn curl_agrees_on_a_version() {
    let Some(curl) = Curl::find() else { return };
    let (place, backend) = (certified(), Backend::start());
    let edge = edge(&place, &backend.at, "");
    let long = noise(LONG);
    let (ca, file) = (place.at("ca.pem"), place.file("long", &long));
    let sum = format!("{LONG} {:016x} \n", checksum(&long));
    for (flag, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        let with = |more: &[&str]| curl.bytes(&[&["--cacert", &ca, flag][..], more].concat());
        let spoken = with(&["-o", "/dev/null", "-w", "%{http_version} %{response_code}", &url(&edge, "/")]);
        assert_eq!(String::from_utf8_lossy(&spoken), format!("{version} 200"));
        // More than one request on a connection.
        let many: Vec<String> = (0..20).map(|number| url(&edge, &format!("/bytes/{number}"))).collect();
        let many: Vec<&str> = many.iter().map(|url| &**url).collect();
        assert_eq!(with(&many), (0..20).flat_map(noise).collect::<Vec<u8>>());
        assert!(with(&[&url(&edge, &format!("/bytes/{LONG}"))]) == long, "down");
        assert_eq!(String::from_utf8_lossy(&with(&["-T", &file, &url(&edge, "/echo")])), sum, "up");
        assert!(with(&["-T", &file, &url(&edge, "/body")]) == long, "up and down");
    }
    assert!(backend.last().field("x-forwarded-proto").is_some_and(|scheme| scheme == "https"));
    let unknown = curl.run(&[&url(&edge, "/")]);
    assert_eq!(unknown.status.code(), Some(60), "whoever does not know the authority does not come in");
}

/// nghttp and h2load.
#[test]
fn nghttp_and_h2load_are_served() {
    let (Some(nghttp), Some(h2load)) = (find("nghttp"), find("h2load")) else { return };
    let (place, backend) = (certified(), Backend::start());
    let edge = edge(&place, &backend.at, "");
    let many = said(&nghttp, &["-ns", "-m", "50", &url(&edge, "/bytes/20000")]);
    assert_eq!(many.matches(" 200 ").count(), 50, "{many}");
    let file = place.file("body", noise(100_000));
    let trailers = ["--no-content-length", "--trailer=x-sum: 12345", "-d", &file];
    let echoed = said(&nghttp, &[&trailers[..], &[&url(&edge, "/echo")]].concat()).to_ascii_lowercase();
    assert!(echoed.contains(&format!("100000 {:016x} x-sum=12345", checksum(&noise(100_000)))), "{echoed}");
    for flags in [&["-m", "20"][..], &["--h1"]] {
        let load = said(&h2load, &[&["-n", "1000", "-c", "10"][..], flags, &[&url(&edge, "/bytes/5000")]].concat());
        assert!(load.contains("1000 succeeded, 0 failed, 0 errored"), "{load}");
    }
}

/// A server of others with TLS and HTTP/2 that has `small` and `long`.
fn nginx(place: &Place) -> Option<(Server, SocketAddr)> {
    let (program, at) = (find("nginx")?, free_address());
    let folder = place.path().display();
    let temporary: String =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {folder}/{kind};\n")).concat();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr crit;\nevents {{ worker_connections 256; }}\n\
         http {{\naccess_log off;\n{temporary}server {{ listen {at} ssl http2; ssl_certificate {folder}/own.pem;\n\
         ssl_certificate_key {folder}/own.key; root {folder};\n\
         location /version {{ return 200 \"$server_protocol $ssl_server_name\"; }} }}\n}}\n"
    );
    let path = place.file("nginx.conf", config);
    let server = Server::start(&program, &["-c", &path, "-p", &format!("{folder}"), "-e", "stderr"], at);
    Some((server, at))
}

fn nghttpd(place: &Place) -> Option<(Server, SocketAddr)> {
    let (program, at) = (find("nghttpd")?, free_address());
    let folder = place.path().display().to_string();
    let port = at.port().to_string();
    let (key, chain) = (place.at("own.key"), place.at("own.pem"));
    // Three requests at once, and no more, on each connection.
    let server = Server::start(&program, &["-a", "127.0.0.1", "-m", "3", "-d", &folder, &port, &key, &chain], at);
    Some((server, at))
}

/// HAProxy, which asks `to` in HTTP/1.
fn haproxy(place: &Place, to: &str) -> Option<(Server, SocketAddr)> {
    let (program, at) = (find("haproxy")?, free_address());
    let read = |name: &str| std::fs::read_to_string(place.at(name)).expect("it was written");
    let both = place.file("both.pem", read("own.pem") + &read("own.key"));
    let config = format!(
        "global\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n\
         frontend front\n  bind {at} ssl crt {both} alpn h2\n  default_backend back\nbackend back\n  server next {to}\n"
    );
    let path = place.file("haproxy.cfg", config);
    Some((Server::start(&program, &["-db", "-f", &path], at), at))
}

const H2: &str = "protocol = \"h2\"\n";

/// Files of servers of others come through both versions before us, with their certificates verified.
#[test]
fn servers_of_others_are_asked_in_http2() {
    let (Some(curl), place) = (Curl::find(), certified()) else { return };
    let (Some(nginx), Some(nghttpd)) = (nginx(&place), nghttpd(&place)) else { return };
    let long = noise(LONG);
    place.file("small", noise(100));
    place.file("long", &long);
    let ca = place.at("ca.pem");
    let pool = format!("{H2}[pool.app.tls]\nca = \"{ca}\"\n");
    for (_server, at) in [&nginx, &nghttpd] {
        let edge = edge(&place, &at.to_string(), &pool);
        for flag in ["--http2", "--http1.1"] {
            let get = |path: &str| curl.bytes(&["--cacert", &ca, flag, "-f", &url(&edge, path)]);
            assert_eq!(get("/small"), noise(100));
            assert!(get("/long") == long);
            let head = curl.text(&["--cacert", &ca, flag, "-I", &url(&edge, "/long")]).to_ascii_lowercase();
            assert!(head.contains(&format!("content-length: {LONG}\r\n")), "{head}");
            let missing = curl.text(&["--cacert", &ca, flag, "-o", "/dev/null", "-w", "%{response_code}", &url(&edge, "/missing")]);
            assert_eq!(missing, "404");
        }
        if let Some(h2load) = find("h2load") {
            let load = said(&h2load, &["-n", "500", "-c", "5", "-m", "20", &url(&edge, "/small")]);
            assert!(load.contains("500 succeeded, 0 failed, 0 errored") && load.contains("status codes: 500 2xx"), "{load}");
        }
    }
    let edge = edge(&place, &nginx.1.to_string(), &pool);
    assert_eq!(curl.text(&["--cacert", &ca, &url(&edge, "/version")]), "HTTP/2.0 ", "there is no name to ask for");
}

/// Uploads, trailers and interim answers through HAProxy.
#[test]
fn haproxy_is_asked_in_http2() {
    let (Some(curl), Some(nghttp)) = (Curl::find(), find("nghttp")) else { return };
    let (place, backend) = (certified(), Backend::start());
    let Some((_haproxy, at)) = haproxy(&place, &backend.at) else { return };
    let long = noise(LONG);
    let (ca, file) = (place.at("ca.pem"), place.file("long", &long));
    let sum = format!("{LONG} {:016x} \n", checksum(&long));
    let edge = edge(&place, &at.to_string(), &format!("{H2}[pool.app.tls]\nca = \"{ca}\"\n"));
    for flag in ["--http2", "--http1.1"] {
        let up = curl.text(&["--cacert", &ca, flag, "-T", &file, &url(&edge, "/echo")]);
        assert_eq!(up, sum);
        let down = curl.bytes(&["--cacert", &ca, flag, &url(&edge, &format!("/chunked/{LONG}"))]);
        assert!(down == long);
        let hinted = curl.text(&["--cacert", &ca, flag, "-i", &url(&edge, "/interim")]);
        assert!(hinted.contains(" 103") && hinted.ends_with("after the hint\n"), "{hinted}");
    }
    let down = said(&nghttp, &["-nv", &url(&edge, "/chunked/100000")]);
    assert!(down.contains(&format!("x-checksum: {:016x}", checksum(&noise(100_000)))), "{down}");
}

/// A backend whose certificate nobody has signed, or is for another name, is not asked; nor one that does not agree to HTTP/2.
#[test]
fn a_backend_must_be_who_it_says() {
    let (Some(curl), place) = (Curl::find(), certified()) else { return };
    let (Some((_nghttpd, at)), ca) = (nghttpd(&place), place.at("ca.pem")) else { return };
    place.file("small", noise(100));
    let strangers = certified();
    let cases = [
        (H2.to_string() + "[pool.app.tls]\nca = \"" + &strangers.at("ca.pem") + "\"\n", 502, "tls_certificate_error"),
        (format!("{H2}[pool.app.tls]\nca = \"{ca}\"\nserver-name = \"other.example\"\n"), 502, "tls_certificate_error"),
        (format!("{H2}[pool.app.tls]\nverify = false\n"), 200, ""),
        (format!("{H2}[pool.app.tls]\nca = \"{ca}\"\n"), 200, ""),
        // nghttpd speaks nothing else.
        (format!("[pool.app.tls]\nca = \"{ca}\"\n"), 502, ""),
    ];
    for (pool, status, error) in cases {
        let edge = edge(&place, &at.to_string(), &pool);
        let said = curl.text(&["--cacert", &ca, "-i", &url(&edge, "/small")]);
        assert!(said.starts_with(&format!("HTTP/2 {status}")), "{pool}: {said}");
        assert!(said.contains(error), "{pool}: {said}");
    }
}
