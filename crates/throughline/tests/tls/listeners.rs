//! Listeners with TLS: versions, names, tickets, what is said in the clear.

use crate::certificates::Authority;
use crate::support::client::Client;
use crate::support::edge::{BINARY, Edge};
use crate::support::peers::{Curl, find};
use crate::support::place::Place;
use crate::support::{checksum, noise};
use std::io::Write;
use std::process::{Command, Stdio};

const LISTENER: &str = "[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n";
const SITE: &str = "[[site]]\n[[site.route]]\nanswer = { body = \"secured\\n\" }\n";

/// An edge that answers by TLS for these names.
fn edge(names: &[&str], more: &str) -> (Edge, String) {
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let certificate = authority.sign(&place, "edge", names, 90);
    let trust = authority.path(&place);
    (Edge::with_place(place, &format!("{LISTENER}{certificate}{more}{SITE}")), trust)
}

/// A URL of a name that stands for loopback, as curl is told.
fn named(edge: &Edge, name: &str) -> [String; 3] {
    let port = edge.at(0).port();
    ["--resolve".to_string(), format!("{name}:{port}:127.0.0.1"), format!("https://{name}:{port}/")]
}

fn with<'a>(first: &[&'a str], more: &'a [String]) -> Vec<&'a str> {
    first.iter().copied().chain(more.iter().map(String::as_str)).collect()
}

#[test]
fn both_versions_are_spoken_and_older_ones_are_not() {
    let Some(curl) = Curl::find() else { return };
    let (edge, trust) = edge(&["edge.example"], "");
    let url = named(&edge, "edge.example");
    for version in [&["--tls-max", "1.2"][..], &["--tlsv1.3"]] {
        assert_eq!(curl.text(&with(&[&["-f", "--cacert", &trust], version].concat(), &url)), "secured\n");
    }
    let old = curl.run(&with(&["--cacert", &trust, "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"], &url));
    assert!(!old.status.success());
    edge.await_error(0, "handshake-failed");
    // Nobody who does not know the authority is fooled.
    assert_eq!(curl.run(&with(&["-f"], &url)).status.code(), Some(60));
}

#[test]
fn the_oldest_version_is_a_setting() {
    let Some(curl) = Curl::find() else { return };
    let (edge, trust) = edge(&["edge.example"], "[tls]\nmin-version = \"1.3\"\n");
    let url = named(&edge, "edge.example");
    assert_eq!(curl.text(&with(&["-f", "--cacert", &trust], &url)), "secured\n");
    assert_eq!(curl.run(&with(&["--cacert", &trust, "--tls-max", "1.2"], &url)).status.code(), Some(35));
}

#[test]
fn each_name_gets_its_certificate_and_a_wildcard_stands_for_one_label() {
    let Some(curl) = Curl::find() else { return };
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let sections: String = [("one", &["one.example"][..]), ("wild", &["*.wild.example"]), ("two", &["two.wild.example", "127.0.0.1"])]
        .map(|(file, names)| authority.sign(&place, file, names, 90))
        .concat();
    let trust = authority.path(&place);
    let edge = Edge::with_place(place, &format!("{LISTENER}{sections}{SITE}"));
    for name in ["one.example", "any.wild.example", "two.wild.example"] {
        assert_eq!(curl.text(&with(&["-f", "--cacert", &trust], &named(&edge, name))), "secured\n", "{name}");
    }
    for name in ["a.b.wild.example", "wild.example", "other.example"] {
        assert_eq!(curl.run(&with(&["-f", "--cacert", &trust], &named(&edge, name))).status.code(), Some(60), "{name}");
    }
    // Without a name the first is presented: its name is another.
    assert_eq!(curl.run(&["-f", "--cacert", &trust, &format!("https://{}/", edge.at(0))]).status.code(), Some(60));
}

#[test]
fn long_bodies_go_both_ways() {
    let Some(curl) = Curl::find() else { return };
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let certificate = authority.sign(&place, "edge", &["edge.example"], 90);
    let trust = authority.path(&place);
    let long = noise(5_000_000);
    let (root, file) = (place.path().display().to_string(), place.file("long", &long));
    let backend = crate::support::backend::Backend::start();
    let config = format!(
        "{LISTENER}{certificate}[[site]]\n[[site.route]]\npath = \"/long\"\nfiles = {{ root = \"{root}\" }}\n[[site.route]]\n\
         pool = \"app\"\n[pool.app]\nbackends = [\"{}\"]\n",
        backend.at
    );
    let edge = Edge::with_place(place, &config);
    let [resolve, name, url] = named(&edge, "edge.example");
    let got = curl.bytes(&["-f", "--cacert", &trust, &resolve, &name, &format!("{url}long")]);
    assert!(got == long);
    for chunked in [&[][..], &["-H", "Transfer-Encoding: chunked"]] {
        let post = ["-f", "--cacert", &trust, &resolve, &name, "--data-binary", &format!("@{file}"), &format!("{url}echo")];
        let said = curl.text(&[&post[..], chunked].concat());
        assert_eq!(said, format!("{} {:016x} \n", long.len(), checksum(&long)));
    }
}

/// One session of `openssl s_client`: what it said.
fn openssl(edge: &Edge, arguments: &[&str]) -> Option<String> {
    let program = find("openssl")?;
    let mut command = Command::new(program);
    command.args(["s_client", "-connect", &edge.at(0).to_string(), "-servername", "edge.example", "-ign_eof"]).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("openssl starts");
    let request = b"GET / HTTP/1.1\r\nHost: edge.example\r\nConnection: close\r\n\r\n";
    child.stdin.take().expect("piped").write_all(request).expect("it reads");
    Some(String::from_utf8_lossy(&child.wait_with_output().expect("it ends").stdout).into_owned())
}

#[test]
fn a_ticket_is_good_with_every_worker() {
    let (edge, _) = edge(&["edge.example"], "[server]\nworkers = 3\n[log]\n");
    for version in ["-tls1_2", "-tls1_3"] {
        let session = edge.place.at("session");
        let Some(first) = openssl(&edge, &[version, "-sess_out", &session]) else { return };
        assert!(first.contains("New, TLSv1") && first.contains("secured"), "{first}");
        for _ in 0..12 {
            let again = openssl(&edge, &[version, "-sess_in", &session]).expect("it was found before");
            assert!(again.contains("Reused, TLSv1") && again.contains("secured"), "{again}");
        }
    }
}

#[test]
fn without_tickets_every_client_is_new() {
    let (edge, _) = edge(&["edge.example"], "[tls]\ntickets = false\n");
    let Some(said) = openssl(&edge, &["-tls1_2", "-reconnect"]) else { return };
    assert!(said.matches("New, TLSv1").count() == 6 && !said.contains("Reused"), "{said}");
    let said = openssl(&edge, &["-tls1_3"]).expect("it was found before");
    assert!(said.contains("secured") && !said.contains("New Session Ticket"), "{said}");
}

#[test]
fn http_without_tls_is_answered_in_the_clear() {
    let (edge, _) = edge(&["edge.example"], "");
    let mut client = Client::connect(edge.at(0));
    let answer = client.get("/");
    assert_eq!((answer.status, answer.text()), (400, "400 Bad Request: this port speaks TLS; ask with https://\n".to_string()));
    assert_eq!(client.rest(), b"");
    edge.await_error(0, "the client spoke HTTP without TLS");
}

#[test]
fn sites_keep_their_clients_to_tls() {
    let Some(curl) = Curl::find() else { return };
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let certificate = authority.sign(&place, "edge", &["edge.example"], 90);
    let trust = authority.path(&place);
    let config = format!(
        "{LISTENER}[[listener]]\nat = \"127.0.0.1:0\"\n{certificate}[[site]]\nhsts = \"365d\"\nhttps-redirect = true\n[[site.route]]\n\
         answer = {{ body = \"secured\\n\" }}\n[[site.route]]\npath = \"/go\"\nredirect = {{ to = \"{{scheme}}://{{host}}/\" }}\n"
    );
    let edge = Edge::with_place(place, &config);
    let mut plain = Client::connect(edge.at(1));
    let moved = plain.get("/a?b=c");
    let port = edge.at(0).port();
    assert_eq!((moved.status, moved.field("location")), (308, Some(&*format!("https://test.example:{port}/a?b=c"))));
    // RFC 6797 §7.2: not in the clear.
    assert_eq!(moved.field("strict-transport-security"), None);
    let [resolve, name, url] = named(&edge, "edge.example");
    let secured = curl.text(&["-i", "--cacert", &trust, &resolve, &name, &url]);
    assert!(secured.contains("\r\nstrict-transport-security: max-age=31536000\r\n"), "{secured}");
    let redirected = curl.text(&["-i", "--cacert", &trust, &resolve, &name, &format!("{url}go")]);
    assert!(redirected.contains("\r\nlocation: https://edge.example/\r\n"), "{redirected}");
}

#[test]
fn secrets_are_logged_only_where_a_setting_allows_it() {
    let Some(curl) = Curl::find() else { return };
    for (more, logged) in [("", false), ("[tls]\nkey-log = true\n", true)] {
        let place = Place::new();
        let authority = Authority::new("test", &place);
        let certificate = authority.sign(&place, "edge", &["edge.example"], 90);
        let (trust, keys) = (authority.path(&place), place.at("keys"));
        let path = place.file("edge.toml", format!("[admin]\nat = \"off\"\n{LISTENER}{certificate}{more}{SITE}"));
        let edge = Edge::start(place, Command::new(BINARY).args(["serve", &path]).env("SSLKEYLOGFILE", &keys), 1);
        assert_eq!(curl.text(&with(&["-f", "--cacert", &trust], &named(&edge, "edge.example"))), "secured\n");
        let found = std::fs::read_to_string(&keys).unwrap_or_default();
        assert_eq!(found.contains("SERVER_TRAFFIC_SECRET_0"), logged, "{found}");
    }
}

#[test]
fn handshakes_are_counted_and_told() {
    let Some(curl) = Curl::find() else { return };
    let (edge, trust) = edge(&["edge.example"], "[log]\n[admin]\nat = \"127.0.0.1:0\"\n");
    let url = named(&edge, "edge.example");
    curl.text(&with(&["-f", "--cacert", &trust], &url));
    curl.text(&with(&["-f", "--cacert", &trust, "--tls-max", "1.2"], &url));
    curl.run(&with(&["-f"], &url));
    edge.await_error(0, "why=\"the client does not know who signed the certificate\" side=client");
    let at = edge.at(0);
    let page = Client::connect(edge.at(1)).get("/metrics").text();
    for line in [
        format!("throughline_tls_handshakes_total{{listener=\"{at}\",version=\"TLSv1.2\",resumed=\"false\"}} 1"),
        format!("throughline_tls_handshakes_total{{listener=\"{at}\",version=\"TLSv1.3\",resumed=\"false\"}} 1"),
        format!("throughline_tls_handshakes_failed_total{{listener=\"{at}\",side=\"client\"}} 1"),
        "throughline_certificate_expiry_seconds{certificate=".to_string(),
    ] {
        assert!(page.contains(&line), "{line} is not in\n{page}");
    }
}
