use super::*;
use crate::config::{FieldEdits, Forward};
use crate::step::{BackendRef, Journey, Side, Step};
use crate::time::{Duration, Instant};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use proptest::prelude::*;
use wire::http::{Fields, Known, Method, RequestHead, ResponseHead, Version};
use wire::http1::FieldLines;

const ID: JourneyId = JourneyId(0x0123_4567_89ab_cdef_0000_0000_0000_00ff);
const PLAIN: Forward = Forward { x_forwarded: false, forwarded: false, trust_client: false, keep_host: true };

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in pairs {
        fields.push(name.as_bytes(), value.as_bytes());
    }
    fields
}

fn request(pairs: &[(&str, &str)]) -> RequestHead {
    RequestHead { authority: b"a.test:8080".to_vec(), target: b"/".to_vec(), fields: fields(pairs), ..RequestHead::default() }
}

fn peer(ip: &str) -> Peer {
    Peer::new(ip.parse::<IpAddr>().ok(), "http")
}

fn lines(out: Vec<u8>) -> Vec<String> {
    let text = String::from_utf8(out).unwrap();
    text.strip_suffix("\r\n").expect("ends its last line").split("\r\n").map(str::to_string).collect()
}

struct Sent {
    forward: Forward,
    edits: FieldEdits,
    upgrade: bool,
    peer: Peer,
    cdn_loop: Option<&'static str>,
}

fn plain() -> Sent {
    Sent { forward: PLAIN, edits: FieldEdits::default(), upgrade: false, peer: peer("192.0.2.7"), cdn_loop: None }
}

impl Sent {
    fn of(&self, head: &RequestHead) -> Vec<String> {
        let Sent { forward, edits, upgrade, peer, cdn_loop } = self;
        let to = ToBackend {
            version: Version::Http11,
            peer,
            forward: *forward,
            edits,
            via: "edge",
            cdn_loop: *cdn_loop,
            id: ID,
            host: b"a.test",
            upgrade: *upgrade,
        };
        let mut out = Vec::new();
        request_fields(head, &to, &mut FieldLines(&mut out));
        lines(out)
    }

    /// Without the lines that are always there.
    fn rest(&self, head: &RequestHead) -> Vec<String> {
        let always = ["Host: a.test", "Via: 1.1 edge", "X-Request-Id: 0123456789abcdef00000000000000ff"];
        self.of(head).into_iter().filter(|line| !always.contains(&line.as_str())).collect()
    }
}

fn answered(head: &ResponseHead, edits: &FieldEdits, id: Option<JourneyId>) -> Vec<String> {
    let mut out = Vec::new();
    let id = id.map(request_id);
    let id = id.as_ref().map(|id| &id[..]);
    let to = ToClient { version: Version::Http11, edits, via: "edge", date: b"Sun, 06 Nov 1994 08:49:37 GMT", id };
    response_fields(head, &to, &mut FieldLines(&mut out));
    lines(out)
}

fn edits(remove: &[&str], set: &[(&str, &str)], add: &[(&str, &str)]) -> FieldEdits {
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    FieldEdits { remove: remove.iter().map(ToString::to_string).collect(), set: pairs(set), add: pairs(add) }
}

// RFC 9110 §7.6.1
#[test]
fn what_ends_at_the_hop_does_not_go_on() {
    let head = request(&[
        ("host", "x.test"),
        ("Connection", "keep-alive, X-Hop ,x-other"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("Proxy-Authorization", "Basic eA=="),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "3"),
        ("TE", "gzip"),
        ("Upgrade", "h2c"),
        ("x-hop", "1"),
        ("X-OTHER", "2"),
        ("X-Stays", "3"),
        ("Trailer", "ETag"),
        ("Accept", "*/*"),
    ]);
    assert_eq!(plain().rest(&head), ["X-Stays: 3", "Trailer: ETag", "Accept: */*"]);
    assert_eq!(plain().rest(&request(&[("Trailer", "ETag"), ("Content-Length", "3")])), Vec::<String>::new(), "no trailers without chunks");
}

#[test]
fn a_client_cannot_strip_what_others_rely_on() {
    let names = "Host, Content-Length, Cookie, Authorization, X-Forwarded-For, X-Forwarded-Ssl, Via, X-Request-Id, Range, X-Secret";
    let head = request(&[
        ("Connection", names),
        ("Cookie", "a=b"),
        ("Authorization", "Bearer x"),
        ("Range", "bytes=0-"),
        ("X-Secret", "the client's"),
    ]);
    let sent = Sent { forward: Forward { x_forwarded: true, ..PLAIN }, edits: edits(&[], &[("X-Secret", "ours")], &[]), ..plain() };
    let expected = [
        "Host: a.test",
        "Cookie: a=b",
        "Authorization: Bearer x",
        "Range: bytes=0-",
        "Via: 1.1 edge",
        "X-Forwarded-For: 192.0.2.7",
        "X-Forwarded-Host: a.test:8080",
        "X-Forwarded-Proto: http",
        "X-Request-Id: 0123456789abcdef00000000000000ff",
        "X-Secret: ours",
    ];
    assert_eq!(sent.of(&head), expected);
}

// RFC 9110 §10.1.4, §7.8
#[test]
fn te_trailers_and_upgrade_go_on_with_their_connection() {
    assert_eq!(plain().rest(&request(&[("TE", "gzip;q=0.5, Trailers"), ("Connection", "TE")])), ["TE: trailers", "Connection: TE"]);
    let socket = request(&[("Connection", "Upgrade"), ("Upgrade", "websocket"), ("TE", "trailers")]);
    let upgrading = Sent { upgrade: true, ..plain() };
    assert_eq!(upgrading.rest(&socket), ["Upgrade: websocket", "TE: trailers", "Connection: upgrade, TE"]);
    assert_eq!(upgrading.rest(&request(&[("Upgrade", "websocket")])), ["Upgrade: websocket", "Connection: upgrade"]);
}

#[test]
fn one_request_has_one_identity_here_behind_and_before_us() {
    let trusting = Forward { trust_client: true, ..PLAIN };
    let uuid = request(&[("X-Request-Id", "0190b1c2-0000-7000-8000-0000000000ff")]);
    assert_eq!(adopted_id(&uuid, &trusting), Some(JourneyId(0x0190_b1c2_0000_7000_8000_0000_0000_00ff)));
    assert_eq!(shown_id(&uuid, &trusting, &[b'0'; 32]), b"0190b1c2-0000-7000-8000-0000000000ff");
    assert_eq!(adopted_id(&uuid, &PLAIN), None, "a stranger names nothing");
    assert_eq!(shown_id(&uuid, &PLAIN, &[b'0'; 32]), [b'0'; 32]);
    for other in
        ["", "my-request", "0190b1c2000070008000000000000ff", "0190b1c2000070008000000000000ffff0", "0190b1c200007000800000000000g0ff"]
    {
        assert_eq!(adopted_id(&request(&[("X-Request-Id", other)]), &trusting), None, "{other}");
    }
}

#[test]
fn no_tunnel_leads_around_the_rules() {
    let upgrading = Sent { upgrade: true, ..plain() };
    for protocol in ["h2c", "websocket, H2C", "HTTP/2.0", "TLS/1.2, websocket", "h2"] {
        let head = request(&[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", protocol), ("HTTP2-Settings", "AAM"), ("A", "1")]);
        assert_eq!(upgrading.rest(&head), ["A: 1"], "{protocol}");
    }
}

#[test]
fn claims_of_a_client_are_replaced_unless_it_is_trusted() {
    let head = request(&[
        ("X-Forwarded-For", "198.51.100.1"),
        ("x-forwarded-for", "198.51.100.2"),
        ("X-Forwarded-Host", "b.test"),
        ("X-Forwarded-Proto", "https"),
        ("X_Forwarded_Proto", "https"),
        ("X-Forwarded-Port", "443"),
        ("X-Real-Ip", "198.51.100.3"),
        ("Forwarded", "for=198.51.100.1"),
        ("X-Request-Id", "mine"),
    ]);
    assert_eq!(plain().rest(&head), Vec::<String>::new(), "even where we say nothing ourselves");
    let both = Forward { x_forwarded: true, forwarded: true, ..PLAIN };
    assert_eq!(
        Sent { forward: both, ..plain() }.rest(&head),
        [
            "X-Forwarded-For: 192.0.2.7",
            "X-Forwarded-Host: a.test:8080",
            "X-Forwarded-Proto: http",
            "Forwarded: for=192.0.2.7;host=\"a.test:8080\";proto=http",
        ]
    );
    assert_eq!(
        Sent { forward: Forward { trust_client: true, ..both }, ..plain() }.rest(&head),
        [
            "X_Forwarded_Proto: https",
            "X-Forwarded-Port: 443",
            "X-Real-Ip: 198.51.100.3",
            "X-Forwarded-For: 198.51.100.1, 198.51.100.2, 192.0.2.7",
            "X-Forwarded-Host: b.test",
            "X-Forwarded-Proto: https",
            "Forwarded: for=198.51.100.1, for=192.0.2.7;host=\"a.test:8080\";proto=http",
            "X-Request-Id: mine",
        ]
    );
    let passing = Sent { forward: Forward { trust_client: true, ..PLAIN }, ..plain() };
    assert_eq!(passing.rest(&head).len(), 9, "a trusted client's go through where we add none");
}

// RFC 7239 §6
#[test]
fn every_kind_of_peer_is_named() {
    let forward = Forward { x_forwarded: true, forwarded: true, ..PLAIN };
    for (name, plain_form, node) in [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1", "\"[2001:db8::1]\""),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("a Unix socket", "unknown", "_unix"),
    ] {
        let sent = Sent { forward, peer: peer(name), ..plain() }.rest(&RequestHead { authority: b"a.test".to_vec(), ..request(&[]) });
        assert_eq!(sent[0], alloc::format!("X-Forwarded-For: {plain_form}"));
        assert_eq!(sent[3], alloc::format!("Forwarded: for={node};host=a.test;proto=http"));
    }
    let nameless = RequestHead { authority: vec![], version: Version::Http10, ..request(&[]) };
    let sent = Sent { forward, ..plain() }.rest(&nameless);
    assert_eq!(sent, ["Via: 1.0 edge", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: http", "Forwarded: for=192.0.2.7;proto=http"]);
}

#[test]
fn an_owner_has_the_last_word() {
    let changes = edits(
        &["accept", "X-Request-Id"],
        &[("X-Forwarded-Proto", "https"), ("host", "b.test"), ("Content-Length", "0")],
        &[("X", "1"), ("Host", "c.test")],
    );
    let sent = Sent { forward: Forward { x_forwarded: true, ..PLAIN }, edits: changes, ..plain() };
    let expected = [
        "Host: b.test",
        "Via: 1.1 edge",
        "X-Forwarded-For: 192.0.2.7",
        "X-Forwarded-Host: a.test:8080",
        "X-Forwarded-Proto: https",
        "X: 1",
    ];
    assert_eq!(sent.of(&request(&[("Accept", "*/*"), ("X-Request-Id", "mine")])), expected);
}

#[test]
fn an_expectation_of_an_old_client_is_ignored() {
    let expecting = request(&[("Expect", "100-continue")]);
    assert_eq!(plain().rest(&expecting), ["Expect: 100-continue"]);
    assert_eq!(plain().rest(&RequestHead { version: Version::Http10, ..expecting }), ["Via: 1.0 edge"]);
}

#[test]
fn via_names_the_version_that_came() {
    let newer = RequestHead { version: Version::Http2, ..request(&[("Expect", "100-continue")]) };
    assert_eq!(plain().rest(&newer), ["Expect: 100-continue", "Via: 2.0 edge"]);
}

// RFC 9110 §7.6.2
#[test]
fn max_forwards_counts_down_for_trace_and_options() {
    for (method, value, forwarded) in [
        (Method::Options, "1", Some("0")),
        (Method::Trace, "10", Some("9")),
        (Method::Trace, "99999999999999999999999", Some("18446744073709551614")),
        (Method::Options, "many", Some("many")),
        (Method::Options, "0", None),
        (Method::Trace, "00", None),
        (Method::Get, "0", Some("0")),
    ] {
        let head = RequestHead { method, ..request(&[("Max-Forwards", value)]) };
        match forwarded {
            None => assert_eq!(max_forwards(&head), MaxForwards::AnswerHere, "{value}"),
            Some(expected) => {
                assert_eq!(max_forwards(&head), MaxForwards::Forward, "{value}");
                assert_eq!(plain().rest(&head), [alloc::format!("Max-Forwards: {expected}")]);
            }
        }
    }
}

// RFC 9110 §7.6.3
#[test]
fn via_is_added_and_a_circle_noticed() {
    let head = request(&[("Via", "1.0 fred, 1.1 p.example.net")]);
    assert_eq!(plain().rest(&head), ["Via: 1.0 fred, 1.1 p.example.net"]);
    let passed = |times: usize| request(&[("Via", "1.1 fred (not edge)"), ("Via", &vec!["1.1 Edge"; times].join(", "))]);
    assert!(!is_loop(&passed(MOST_PASSES), "edge"));
    assert!(is_loop(&passed(MOST_PASSES + 1), "edge"));
    assert!(!is_loop(&passed(MOST_PASSES + 1), "ledge"));
    assert_eq!((ProxyError::LoopDetected.status(), ProxyError::LoopDetected.side()), (502, Side::Us));
}

#[test]
fn an_answer_loses_its_hop_and_gains_ours() {
    let head = ResponseHead {
        status: 200,
        version: Version::Http10,
        fields: fields(&[
            ("Connection", "close, X-Hop, Set-Cookie"),
            ("X-Hop", "1"),
            ("Set-Cookie", "a=b"),
            ("Upgrade", "h2c"),
            ("Content-Length", "3"),
            ("Content-Type", "text/plain"),
            ("endpoint-load-metrics", "TEXT cpu_utilization=0.3"),
            ("Via", "1.1 inner"),
            ("Server", "them"),
        ]),
        ..ResponseHead::default()
    };
    let changes = edits(&["server"], &[], &[("X-Frame-Options", "DENY")]);
    let expected = [
        "Set-Cookie: a=b",
        "Content-Type: text/plain",
        "Via: 1.1 inner",
        "Via: 1.0 edge",
        "Date: Sun, 06 Nov 1994 08:49:37 GMT",
        "X-Request-Id: 0123456789abcdef00000000000000ff",
        "X-Frame-Options: DENY",
    ];
    assert_eq!(answered(&head, &changes, Some(ID)), expected);
    let dated = ResponseHead { status: 200, fields: fields(&[("Date", "theirs"), ("X-Request-Id", "theirs")]), ..ResponseHead::default() };
    assert_eq!(answered(&dated, &FieldEdits::default(), None), ["Date: theirs", "X-Request-Id: theirs", "Via: 1.1 edge"]);
}

#[test]
fn interim_answers_and_changes_of_protocol_pass() {
    let head = |status, pairs: &[(&str, &str)]| ResponseHead { status, fields: fields(pairs), ..ResponseHead::default() };
    let changes = edits(&[], &[], &[("X", "1")]);
    let hints = head(103, &[("Link", "</a.css>; rel=preload"), ("Upgrade", "h2c")]);
    assert_eq!(answered(&hints, &changes, Some(ID)), ["Link: </a.css>; rel=preload", "Via: 1.1 edge"]);
    for status in [101, 426] {
        let upgrade = head(status, &[("Connection", "upgrade"), ("Upgrade", "websocket"), ("Date", "now")]);
        let expected = ["Upgrade: websocket", "Date: now", "Connection: upgrade", "Via: 1.1 edge"];
        assert_eq!(answered(&upgrade, &FieldEdits::default(), None), expected);
    }
}

// RFC 9110 §6.5.1
#[test]
fn trailers_carry_no_framing_routing_or_claims() {
    let mut trailers = fields(&[
        ("X-Checksum", "1"),
        ("Content-Length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("Host", "x"),
        ("Authorization", "x"),
        ("Set-Cookie", "x"),
        ("X-Forwarded-For", "x"),
        ("X-Forwarded-User", "x"),
        ("Cache-Control", "x"),
        ("Server-Timing", "db;dur=1"),
        ("ETag", "\"x\""),
    ]);
    trailers.retain(trailer_passes);
    assert_eq!(trailers, fields(&[("X-Checksum", "1"), ("Server-Timing", "db;dur=1"), ("ETag", "\"x\"")]));
}

fn journey() -> Journey {
    let at = Instant::from_nanos;
    let (first, second) = (BackendRef { pool: 0, backend: 0 }, BackendRef { pool: 0, backend: 1 });
    let picked = |backend| Step::Picked { backend, algorithm: "random", candidates: 2, why: "chosen" };
    let mut journey = Journey::default();
    journey.began = at(1_000_000);
    journey.add(at(2_000_000), Step::Queued { backend: first, waited: Duration::from_micros(1500) });
    journey.add(at(2_000_000), picked(first));
    journey.add(at(2_000_000), Step::BackendFailed { backend: first, error: "connection_refused", then: "retry" });
    journey.add(at(3_000_000), picked(second));
    journey.add(at(3_000_000), Step::Connected { backend: second, reused: true, took: Duration::ZERO });
    journey.add(at(9_000_000), Step::Answered { backend: second, status: 200, took: Duration::from_micros(6004) });
    journey
}

fn status_line(journey: &Journey, name: &str, error: Option<ProxyError>) -> String {
    let mut out = Vec::new();
    proxy_status(journey, name, error, |backend| ["a \"1\"", "b\r\nX: é"][usize::from(backend.backend)], &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn proxy_status_names_the_error_and_the_backend() {
    let mut journey = journey();
    assert_eq!(status_line(&journey, "edge", None), "edge; error=connection_refused; next-hop=\"a \\\"1\\\"\"; received-status=200");
    let error = ProxyError::HttpResponseIncomplete;
    let backend = BackendRef { pool: 0, backend: 1 };
    journey.add(Instant::ZERO, Step::BackendFailed { backend, error: error.name(), then: "give-up" });
    let expected = "\"our edge\"; error=http_response_incomplete; next-hop=\"b??X: ?\"; received-status=200";
    assert_eq!(status_line(&journey, "our edge", Some(error)), expected);
    assert_eq!(status_line(&Journey::default(), "edge", Some(ProxyError::DestinationUnavailable)), "edge; error=destination_unavailable");
}

#[test]
fn server_timing_shows_what_took_how_long() {
    let mut out = Vec::new();
    server_timing(&journey(), Instant::from_nanos(10_250_000), &mut out);
    let expected = "queue;dur=1.500, connect;desc=reused;dur=0.000, backend;dur=6.004, total;dur=9.250";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn every_error_has_its_own_name_and_a_fitting_status() {
    for error in ProxyError::ALL {
        assert_eq!(ProxyError::of(error.name()), Some(*error));
        assert_eq!(error.status() / 100 == 4, error.side() == Side::Client, "{error:?}");
    }
    assert_eq!(ProxyError::of("nonsense"), None);
}

proptest! {
    /// Where nothing need be asked of each field, they go on as if it had been asked: an edit of a name that nobody has makes it so.
    #[test]
    fn what_goes_on_at_once_is_what_goes_on_one_by_one(
        pairs in prop::collection::vec(
            ("[A-Za-z]{1,6}|Connection|Content-Length|Via|Date|Trailer|Upgrade|X-Request-Id|Keep-Alive", "[a-z ,]{0,12}"),
            0..8,
        ),
        status in prop::sample::select(vec![100u16, 101, 103, 200, 204, 304, 426]),
        removed in prop::option::of(0usize..8),
        shown: bool,
    ) {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.trim())).collect();
        let mut head = ResponseHead { status, fields: fields(&pairs), ..ResponseHead::default() };
        if let Some((name, _)) = removed.and_then(|at| pairs.get(at)) {
            head.fields.retain(|field| field.name != name.as_bytes());
        }
        let (id, added) = (shown.then_some(ID), [("X-Added", "a")]);
        let asked = answered(&head, &edits(&["X-That-Nobody-Has"], &[], &added), id);
        prop_assert_eq!(answered(&head, &edits(&[], &[], &added), id), asked);
    }

    /// Fields as a parser lets them through: no control bytes in them, whatever else.
    #[test]
    fn every_line_is_one_field(
        pairs in prop::collection::vec(
            ("[A-Za-z_-]{1,12}|Connection|TE|Via|X-Forwarded-For|Forwarded|Max-Forwards", "[ -~\u{80}-\u{ff}]{0,20}"),
            0..12,
        ),
        authority in "[!-~]{0,12}",
        set in "\\PC{0,4}[\r\n\0]?\\PC{0,4}",
        trust: bool,
    ) {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let head = RequestHead { method: Method::Options, authority: authority.into_bytes(), ..request(&pairs) };
        let forward = Forward { x_forwarded: true, forwarded: true, trust_client: trust, keep_host: true };
        let sent = Sent { forward, edits: edits(&[], &[("X-Set", &set)], &[(&set, "x")]), ..plain() };
        let trusted: &[&str] = if trust { &[] } else { &["X-Forwarded-For: 192.0.2.7"] };
        let lines = sent.of(&head);
        for line in &lines {
            let (name, value) = line.split_once(": ").expect("a name and a value");
            prop_assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()), "{:?}", line);
            prop_assert!(!value.contains(['\r', '\n', '\0']), "{:?}", line);
            prop_assert!(!matches!(Known::of(name.as_bytes()), Known::ContentLength | Known::TransferEncoding | Known::KeepAlive));
        }
        for line in trusted {
            let of_client = lines.iter().filter(|line| line.starts_with("X-Forwarded-For: ")).collect::<Vec<_>>();
            prop_assert_eq!(of_client, vec![line]);
        }
    }
}

// RFC 8586 §2
#[test]
fn nobody_takes_the_caches_out_that_a_request_has_passed() {
    let head = request(&[("CDN-Loop", "a; x=1"), ("Connection", "cdn-loop"), ("cdn-loop", "b")]);
    let sent = Sent { cdn_loop: Some("edge-1"), edits: edits(&["CDN-Loop"], &[], &[]), ..plain() };
    assert_eq!(sent.rest(&head), ["CDN-Loop: a; x=1", "cdn-loop: b", "CDN-Loop: edge-1"]);
    assert_eq!(plain().rest(&head), ["CDN-Loop: a; x=1", "cdn-loop: b"]);
}
