mod packets;

use super::*;
use decide::step::{Bytes, PageStep, Step};
use decide::time::Instant;

fn at(micros: u64) -> Instant {
    Instant::ZERO + Duration::from_micros(micros)
}

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// A journey over TLS with a loser, a redirect and a cache, of made-up times.
pub(super) fn journey() -> Journey {
    let mut j = Journey::default();
    let (typed, shown, host) = (j.keep(b"https://example.com"), j.keep(b"https://example.com/"), j.keep(b"example.com"));
    j.add(at(50), Step::UrlRead { typed, url: shown, scheme: "https", host, port: 443, port_written: false, leg: 1 });
    let (before, after) = (j.keep(b""), j.keep(b"/"));
    j.add(at(60), Step::UrlNormalised { rule: "an empty path is /", before, after });
    let addresses = j.keep(b"192.0.2.1, 2001:db8::1");
    let took = micros(12_000);
    j.add(at(12_100), Step::NameResolved { name: host, addresses, source: "resolver", ttl: Duration::from_secs(300), took });
    let (six, four) = (j.keep(b"[2001:db8::1]:443"), j.keep(b"192.0.2.1:443"));
    j.add(at(12_200), Step::ConnectStarted { attempt: 1, address: six, why: "first" });
    j.add(at(12_900), Step::ConnectFailed { attempt: 1, address: six, why: "unreachable", took: micros(700) });
    j.add(at(12_950), Step::ConnectStarted { attempt: 2, address: four, why: "one-failed" });
    let local = j.keep(b"198.51.100.7:40312");
    j.add(at(23_000), Step::ConnectionOpened { attempt: 2, local, remote: four, took: micros(10_800) });
    let (rtt, rtt_deviation) = (micros(10_040), micros(5_000));
    let (window, segment, retransmitted) = (10, 1448, 0);
    let received = Bytes(0);
    j.add(at(23_050), Step::TcpMeasured { moment: "connected", rtt, rtt_deviation, window, segment, retransmitted, received });
    j.add(at(23_400), Step::TlsMessage { from: "client", message: "ClientHello", size: Bytes(1540) });
    j.add(at(34_000), Step::TlsMessage { from: "server", message: "ServerHello", size: Bytes(1210) });
    j.add(at(34_050), Step::TlsMessage { from: "server", message: "sealed", size: Bytes(3400) });
    j.add(at(36_000), Step::TlsMessage { from: "client", message: "sealed", size: Bytes(74) });
    let [subject, issuer, names, from, until] =
        ["CN=example.com", "CN=An Authority", "example.com, www.example.com", "2026-01-01", "2026-04-01"]
            .map(|text| j.keep(text.as_bytes()));
    let left = Duration::from_secs(40 * 86_400);
    j.add(at(36_100), Step::TlsCertificate { place: 0, subject, issuer, names, holds_from: from, holds_until: until, left });
    let why = j.keep(b"the chain ends at CN=An Authority, which is trusted here, and holds for the name");
    j.add(at(36_110), Step::TlsVerified { trusted: true, ignored: false, why });
    let (server_name, client) = (host, j.keep(b""));
    let (group, cipher) = ("X25519MLKEM768", "TLS13_AES_128_GCM_SHA256");
    let took = micros(13_100);
    j.add(at(36_150), Step::Secured { version: "TLSv1.3", group, cipher, alpn: "h2", server_name, resumed: false, client, took });
    let (method, target, head) = (j.keep(b"GET"), j.keep(b"/"), j.keep(b":method: GET\nuser-agent: x"));
    j.add(at(36_200), Step::RequestSent { method, target, version: "HTTP/2", head, body: Bytes(0) });
    let head = j.keep(b":status: 200\nage: 43\nx: \x1b[31m");
    j.add(at(66_200), Step::HeadReceived { status: 200, version: "HTTP/2", head, interim: false, took: micros(30_000) });
    let says = j.keep(b"a cache had it for 43 s");
    j.add(at(66_210), Step::Told { field: "Age", says });
    j.add(at(91_200), Step::BodyReceived { size: Bytes(1_234_567), framing: "length", whole: true, took: micros(25_000) });
    understood(&mut j);
    j.add(at(91_250), Step::ConnectionEnded { by: "us", how: "end-of-tls" });
    j.add(at(91_300), Step::Arrived { status: 200, size: Bytes(1_234_567), legs: 1, took: micros(91_200) });
    j
}

/// What the bytes were, and a page that asks for two things.
fn understood(j: &mut Journey) {
    let (before, after) = (Bytes(1_234_567), Bytes(4_938_268));
    j.add(at(91_201), PageStep::Decoded { coding: "br", before, after, fault: "", took: micros(9_000) }.into());
    let (kind, declared) = (j.keep(b"text/html"), j.keep(b"text/html"));
    j.add(at(91_202), PageStep::Sniffed { kind, rule: "content-type", declared, size: after }.into());
    let (looked_at, telling) = (Bytes(65_536), Bytes(1_204));
    let (charset, rule, confidence) = ("windows-1251", "guess", "good");
    let (unknown, malformed, first_malformed) = (true, 3, 70_011);
    let chosen = PageStep::CharsetChosen { charset, rule, unknown, confidence, looked_at, telling, malformed, first_malformed };
    j.add(at(91_203), chosen.into());
    let title = j.keep("A “shop” of things".as_bytes());
    let took = micros(20_000);
    let parsed = PageStep::Parsed { title, elements: 1_204, mistakes: 1, quirks: true, resources: 3, blocking: 1, inline: 2, took };
    j.add(at(91_204), parsed.into());
    let what = j.keep(b"Unexpected token");
    j.add(at(91_205), PageStep::ParseMistake { line: 17, what }.into());
    let urls = ["https://example.com/a.css", "https://cdn.example/x.png", "https://example.com/y.png"].map(|url| j.keep(url.as_bytes()));
    for (number, kind, url, blocks, lazy) in
        [(1, "style", urls[0], true, false), (2, "image", urls[1], false, false), (3, "image", urls[2], false, true)]
    {
        j.add(at(91_206), PageStep::ResourceFound { resource: number, kind, url, blocks, lazy }.into());
    }
    let (origin, remote, version) = (j.keep(b"https://example.com"), j.keep(b"192.0.2.1:443"), "HTTP/2");
    let took = Duration::ZERO;
    j.add(at(91_207), PageStep::PageConnection { connection: 1, origin, remote, version, kept: true, took }.into());
    let none = j.keep(b"");
    let (waited, took, redirects) = (micros(12), micros(18), 0);
    let (resource, kind, url, blocks, status, connection, size) = (1, "style", urls[0], true, 200, 1, Bytes(12_345));
    let fault = none;
    let fetched =
        PageStep::ResourceFetched { resource, kind, url, blocks, status, version, connection, redirects, size, waited, took, fault };
    j.add(at(91_228), fetched.into());
    let (resource, kind, url, blocks, status, connection, size) = (2, "image", urls[1], false, 0, 0, Bytes(0));
    let (version, fault) = ("", j.keep(b"192.0.2.77 refused: nothing listens on port 443 there"));
    let fetched =
        PageStep::ResourceFetched { resource, kind, url, blocks, status, version, connection, redirects, size, waited, took, fault };
    j.add(at(91_226), fetched.into());
    j.add(at(91_229), PageStep::ResourcesLeft { resources: 1, why: "lazy" }.into());
    let blocked = micros(21);
    j.add(at(91_230), PageStep::PageFetched { good: 1, bad: 1, size: Bytes(12_345), took: micros(23), blocked }.into());
}

fn drawn(width: usize) -> String {
    let options = Options { width, colour: false, verbose: false, so_far: None };
    tree(&journey(), &options).join("\n")
}

#[test]
fn a_tree_of_eighty_columns() {
    let expected = "\
https://example.com/                                           0         91.3 ms
";
    assert!(drawn(80).starts_with(expected), "{}", drawn(80));
    let tree = drawn(80);
    assert!(tree.lines().all(|line| line.chars().count() <= 80), "{tree}");
    same(&tree, include_str!("tests/eighty.txt"));
}

#[test]
fn a_tree_of_a_wide_screen() {
    same(&drawn(140), include_str!("tests/wide.txt"));
}

/// Compares with a file of this directory; `UPDATE=1` writes it.
#[expect(clippy::disallowed_methods, reason = "the file is one of this repository")]
fn same(tree: &str, expected: &str) {
    if std::env::var_os("UPDATE").is_some() {
        let name = if tree.lines().any(|line| line.chars().count() > 100) { "wide" } else { "eighty" };
        std::fs::write(format!("{}/src/trace/tests/{name}.txt", env!("CARGO_MANIFEST_DIR")), format!("{tree}\n"))
            .expect("it can be written");
        return;
    }
    assert_eq!(tree, expected.trim_end());
}

#[test]
fn without_room_there_is_no_waterfall() {
    let tree = drawn(50);
    assert!(!tree.contains('█') && tree.lines().all(|line| line.chars().count() <= 50), "{tree}");
}

#[test]
fn colour_wraps_whole_pieces_and_texts_cannot_colour() {
    let options = Options { width: 100, colour: true, verbose: true, so_far: None };
    let tree = tree(&journey(), &options).join("\n");
    assert_eq!(tree.matches("\x1b[").count() % 2, 0, "each colour ends");
    assert!(!tree.contains("\x1b[31m\n") && tree.contains(r"x: \u{1b}[31m"), "{tree}");
}

#[test]
fn a_journey_under_way_lasts_until_now() {
    let mut journey = Journey::default();
    let address = journey.keep(b"192.0.2.1:80");
    let (typed, url, host) = (journey.keep(b"http://a/"), journey.keep(b"http://a/"), journey.keep(b"a"));
    journey.add(at(0), Step::UrlRead { typed, url, scheme: "http", host, port: 80, port_written: false, leg: 1 });
    journey.add(at(10), Step::ConnectStarted { attempt: 1, address, why: "first" });
    let options = Options { width: 80, colour: false, verbose: false, so_far: Some((micros(2_000_010), 0)) };
    let tree = tree(&journey, &options).join("\n");
    assert!(tree.contains("Connect  to 192.0.2.1:80") && tree.contains("2.00 s"), "{tree}");
}

#[test]
fn quantities_have_three_digits_that_matter() {
    use quantity::{size, time};
    let times = [0, 999, 1_000, 9_994, 12_340, 99_960, 123_456, 999_600, 1_500_000, 123_000_000].map(|n| time(micros(n)));
    assert_eq!(times, ["0 µs", "999 µs", "1.00 ms", "9.99 ms", "12.3 ms", "100 ms", "123 ms", "1.00 s", "1.50 s", "123 s"]);
    let sizes = [1, 999, 99_999, 100_000, 1 << 20, 12_900_000, 1 << 30].map(size);
    assert_eq!(sizes, ["1 byte", "999 bytes", "99,999 bytes", "97.7 KiB", "1.00 MiB", "12.3 MiB", "1.00 GiB"]);
}

#[test]
fn the_json_is_json_and_names_each_step_once() {
    let text = json(&journey());
    let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(value["schema"], "throughline.trace/1");
    let steps = value["legs"][0]["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), journey().steps().len());
    assert_eq!(steps[2]["step"], "name-resolved");
    assert_eq!(steps[2]["took"], 0.012);
}

/// `UPDATE=1 cargo test -p tl-view` rewrites it.
#[test]
#[expect(clippy::disallowed_methods, reason = "the schema is a file of this repository")]
fn the_schema_of_the_guide_is_the_catalogue() {
    for (name, schema) in [("trace", schema()), ("trace-wire", wire_schema())] {
        let path = format!("{}/../../docs/guide/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str::<serde_json::Value>(&schema).expect("it is JSON");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &schema).expect("the guide can be written");
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == schema, "docs/guide/{name}.schema.json is not what the catalogue says: run `UPDATE=1 cargo test -p tl-view`");
    }
}
