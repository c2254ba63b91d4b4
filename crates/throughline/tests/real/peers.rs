//! Among servers of others: nginx and HAProxy behind and in front, with connections kept, and every byte as it was.

use crate::process::to;
use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::Edge;
use crate::support::message::Response;
use crate::support::peers::{Server, find};
use crate::support::place::Place;
use crate::support::ports::free_address;
use crate::support::{checksum, noise};
use std::net::SocketAddr;
use std::path::Path;

const LONG: usize = 3 * 1024 * 1024 + 7;

/// nginx with files of ours, or in front of `to`.
fn nginx(program: &Path, place: &Place, name: &str, to: Option<SocketAddr>) -> (Server, SocketAddr) {
    let at = free_address();
    let folder = place.path().join(name);
    std::fs::create_dir_all(folder.join("www")).expect("a directory of our own");
    std::fs::write(folder.join("www/small"), noise(100)).expect("a file of our own");
    std::fs::write(folder.join("www/long"), noise(LONG)).expect("a file of our own");
    let folder = folder.display();
    let temporary: String =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {folder}/{kind};\n")).concat();
    let upstream = to.map(|to| format!("upstream next {{ server {to}; keepalive 4; }}\n")).unwrap_or_default();
    let location = match to {
        None => format!("root {folder}/www;"),
        Some(_) => {
            "proxy_pass http://next; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Host $host;".to_string()
        }
    };
    let config = format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr crit;\nevents {{ worker_connections 256; }}\n\
         http {{\naccess_log off;\nclient_max_body_size 100m;\n{temporary}{upstream}\
         server {{ listen {at}; location / {{ {location} }} }}\n}}\n"
    );
    let path = place.file(&format!("{name}/nginx.conf"), config);
    let server = Server::start(program, &["-c", &path, "-p", &format!("{folder}"), "-e", "stderr"], at);
    (server, at)
}

/// HAProxy in front of `to`.
fn haproxy(program: &Path, place: &Place, to: SocketAddr) -> (Server, SocketAddr) {
    let at = free_address();
    let config = format!(
        "global\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n\
         \x20 option http-keep-alive\n\
         \x20 http-reuse always\nfrontend front\n  bind {at}\n  default_backend back\nbackend back\n  server next {to}\n"
    );
    let path = place.file(&format!("haproxy-{}.cfg", at.port()), config);
    (Server::start(program, &["-db", "-f", &path], at), at)
}

/// The same files again and again on one connection; a range, a validator and a HEAD among them.
fn files_are_identical(at: SocketAddr) {
    let mut client = Client::connect(at);
    let mut etag = String::new();
    for _ in 0..20 {
        let small = client.get("/small");
        assert!(small.status == 200 && small.body == noise(100), "{} {:?}", small.status, small.fields);
        etag = small.field("etag").expect("nginx sends one").to_string();
    }
    for _ in 0..3 {
        assert!(client.get("/long").body == noise(LONG));
    }
    let mut ask = |method: &str, target: &str, fields: &str| -> Response {
        client.send(format!("{method} {target} HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n"));
        crate::support::message::response(&mut client.stream, method).expect("an answer")
    };
    let part = ask("GET", "/long", "Range: bytes=1000000-1999999\r\n");
    assert!(part.status == 206 && part.body == noise(LONG)[1_000_000..2_000_000]);
    assert_eq!(ask("GET", "/small", &format!("If-None-Match: {etag}\r\n")).status, 304);
    let head = ask("HEAD", "/long", "");
    assert_eq!((head.status, head.field("content-length")), (200, Some(&*LONG.to_string())));
    assert_eq!(ask("GET", "/missing", "").status, 404);
    assert_eq!(ask("GET", "/small", "").body, noise(100), "after all that, on the same connection");
}

fn through(to: SocketAddr) -> Edge {
    Edge::of(&format!("[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\npool = \"app\"\n[pool.app]\nbackends = [\"{to}\"]\n"))
}

/// Throughline → nginx, and HAProxy → Throughline → nginx.
#[test]
fn between_haproxy_and_nginx() {
    let (Some(nginx_program), Some(haproxy_program)) = (find("nginx"), find("haproxy")) else { return };
    let place = Place::new();
    let (_behind, files) = nginx(&nginx_program, &place, "files", None);
    let edge = through(files);
    files_are_identical(edge.at(0));
    let (_front, at) = haproxy(&haproxy_program, &place, edge.at(0));
    files_are_identical(at);
}

/// nginx → Throughline → HAProxy → nginx.
#[test]
fn between_nginx_and_haproxy() {
    let (Some(nginx_program), Some(haproxy_program)) = (find("nginx"), find("haproxy")) else { return };
    let place = Place::new();
    let (_files, files) = nginx(&nginx_program, &place, "files", None);
    let (_behind, behind) = haproxy(&haproxy_program, &place, files);
    let edge = through(behind);
    let (_front, at) = nginx(&nginx_program, &place, "front", Some(edge.at(0)));
    files_are_identical(at);
}

/// A cache in front of nginx: ranges bring parts, a download that was left is taken up again, and the whole is put together, byte by byte.
#[test]
fn parts_of_nginx_are_stored_and_joined() {
    let Some(nginx_program) = find("nginx") else { return };
    let place = Place::new();
    let (_behind, files) = nginx(&nginx_program, &place, "files", None);
    let edge = Edge::of(&format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\npool = \"app\"\n\
         cache = {{ heuristic-percent = 0, default-ttl = \"1m\" }}\n[pool.app]\nbackends = [\"{files}\"]\n"
    ));
    let mut client = edge.connect();
    let mut ask = |range: &str| {
        let range = if range.is_empty() { String::new() } else { format!("Range: bytes={range}\r\n") };
        client.send(format!("GET /long HTTP/1.1\r\nHost: a.example\r\n{range}\r\n"));
        let answer = crate::support::message::response(&mut client.stream, "GET").expect("an answer");
        let verdict = answer.field("cache-status").unwrap_or_default().split("; ").nth(1).unwrap_or_default().to_string();
        (answer.status, answer.body, verdict)
    };
    let whole = noise(LONG);
    for (range, span, verdict) in [
        ("0-999999", 0..1_000_000, "fwd=uri-miss"),
        ("500-1499", 500..1_500, "hit"),
        ("999000-1001999", 999_000..1_002_000, "fwd=partial"),
        ("2000000-2000009", 2_000_000..2_000_010, "fwd=partial"),
        ("-7", LONG - 7..LONG, "fwd=partial"),
        ("0-1001999", 0..1_002_000, "hit"),
    ] {
        let (status, body, said) = ask(range);
        assert!(status == 206 && body == whole[span] && said == verdict, "{range}: {status} {said} {} bytes", body.len());
    }
    for verdict in ["fwd=partial", "hit"] {
        let (status, body, said) = ask("");
        assert!(status == 200 && body == whole && said == verdict, "{status} {said} {} bytes", body.len());
    }
    let (status, body, said) = ask("1234567-2345678");
    assert!(status == 206 && body == whole[1_234_567..2_345_679] && said == "hit", "{status} {said} {} bytes", body.len());
}

/// Bodies up through both, chunked and with a length, to a backend that says what came; what the fronts add stays.
#[test]
fn uploads_through_others() {
    let (Some(nginx_program), Some(haproxy_program)) = (find("nginx"), find("haproxy")) else { return };
    let (place, backend) = (Place::new(), Backend::start());
    let edge = Edge::of(&to(&[&backend]));
    let (_nginx, first) = nginx(&nginx_program, &place, "front", Some(edge.at(0)));
    let (_haproxy, second) = haproxy(&haproxy_program, &place, edge.at(0));
    let body = noise(LONG);
    let want = format!("{LONG} {:016x} \n", checksum(&body));
    for at in [first, second] {
        let mut client = Client::connect(at);
        for _ in 0..2 {
            client.send(format!("POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: {LONG}\r\n\r\n"));
            client.send(&body);
            assert_eq!(client.response().expect("an answer").text(), want);
            client.send("PUT /echo HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n");
            for piece in body.chunks(100_003) {
                client.send(format!("{:x}\r\n", piece.len()));
                client.send(piece);
                client.send("\r\n");
            }
            client.send("0\r\n\r\n");
            assert_eq!(client.response().expect("an answer").text(), want);
        }
    }
    assert_eq!(backend.seen().len(), 8);
}
