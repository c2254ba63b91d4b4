use super::*;
use crate::config::Layer;
use crate::steer::Answer;
use alloc::string::{String, ToString};
use alloc::{format, vec};
use proptest::prelude::*;
use wire::http1::{self, Limits, Parsed};

const PLAIN: Forward = Forward { x_forwarded: true, forwarded: false, trust_client: false, keep_host: true };
const TRUSTING: Forward = Forward { trust_client: true, ..PLAIN };

fn pop(name: &str, url: Option<&str>) -> Pop {
    let url = url.map(ToString::to_string);
    Pop { name: name.to_string(), addresses: Vec::new(), pool: None, capacity: 0, location: None, url }
}

fn pops() -> Vec<Pop> {
    vec![pop("fra", Some("https://fra.cdn.example")), pop("dark", None), pop("sin", Some("http://sin.cdn.example:8080/"))]
}

fn head(text: &str) -> RequestHead {
    let limits = Limits { target_bytes: 8192, head_bytes: 65_536, fields: 100 };
    let mut head = RequestHead::default();
    match http1::parse_request(text.as_bytes(), &limits, &mut head) {
        Ok(Parsed::Complete { .. }) => head,
        other => panic!("{text:?}: {other:?}"),
    }
}

fn ask(host: &str, target: &str) -> RequestHead {
    head(&format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
}

fn led(head: &RequestHead, order: &[usize]) -> Result<(usize, String), NotLed> {
    let mut out = Vec::new();
    let pop = location(&pops(), order.iter().copied(), head, &PLAIN, &mut out)?;
    Ok((pop, String::from_utf8(out).expect("text")))
}

#[test]
fn path_and_query_go_along_as_they_came() {
    for target in ["/", "/a/b?c=d", "/a//b/../c?x=%2F&y=?&z={|}", "/?", "//evil.example/x", "/%5c%0d%0a"] {
        let expected = Ok((0, format!("https://fra.cdn.example{target}")));
        assert_eq!(led(&ask("cdn.example", target), &[0, 1, 2]), expected, "{target}");
    }
    assert_eq!(led(&ask("cdn.example", "http://cdn.example/x?y"), &[2, 0]), Ok((2, "http://sin.cdn.example:8080/x?y".to_string())));
    assert_eq!(led(&ask("cdn.example", "http://cdn.example"), &[2, 0]), Ok((2, "http://sin.cdn.example:8080/".to_string())));
}

#[test]
fn what_may_not_stand_in_a_url_is_encoded() {
    let mut head = ask("cdn.example", "/");
    head.target = b"/\\evil.example/\r\nSet-Cookie: a#b \xc3\xa9\"<>\x7f".to_vec();
    let expected = "https://fra.cdn.example/%5Cevil.example/%0D%0ASet-Cookie:%20a%23b%20%C3%A9%22%3C%3E%7F";
    assert_eq!(led(&head, &[0]), Ok((0, expected.to_string())));
}

#[test]
fn a_target_that_is_no_path_leads_nowhere() {
    assert_eq!(led(&head("OPTIONS * HTTP/1.1\r\nHost: cdn.example\r\n\r\n"), &[0]), Err(NotLed::NoPath));
    for target in ["", "@evil.example/", ".evil.example/", ":80@evil.example/", "?x"] {
        let mut head = ask("cdn.example", "/");
        head.target = target.as_bytes().to_vec();
        assert_eq!(led(&head, &[0]), Err(NotLed::NoPath), "{target}");
    }
}

#[test]
fn a_place_without_a_url_is_passed_over() {
    assert_eq!(led(&ask("cdn.example", "/x"), &[1, 2, 0]), Ok((2, "http://sin.cdn.example:8080/x".to_string())));
    assert_eq!(led(&ask("cdn.example", "/x"), &[1, 9]), Err(NotLed::Nowhere));
    assert_eq!(led(&ask("cdn.example", "/x"), &[]), Err(NotLed::Nowhere));
}

fn candidate(pop: u16, healthy: bool, shed: bool, chosen: bool) -> Candidate {
    Candidate { pop, healthy, share: 0, shed, route: None, time: None, metres: None, chosen, why: "" }
}

fn ordered(candidates: Vec<Candidate>) -> Vec<usize> {
    let pop = candidates.iter().find(|candidate| candidate.chosen).map_or(0, |candidate| candidate.pop);
    let answer = Answer { pop, scope: 0 };
    order(&Decision { answer, layer: Layer::Default, prefix: None, version: 1, unit: None, candidates, passed: vec![], notes: vec![] })
}

#[test]
fn behind_the_chosen_place_come_those_that_could_have_been() {
    let (serves, sheds) = (|pop| candidate(pop, true, false, false), |pop| candidate(pop, true, true, false));
    let down = |pop| candidate(pop, false, false, false);
    assert_eq!(ordered(vec![sheds(4), serves(2), down(9), candidate(7, true, false, true), serves(1)]), [7, 2, 1, 4]);
    // Where none serves, health counts for nothing.
    assert_eq!(ordered(vec![down(4), candidate(7, false, false, true), down(1)]), [7, 4, 1]);
    assert_eq!(ordered(vec![]), [0; 0]);
}

#[test]
fn who_asks_a_place_is_not_led_again() {
    let places = ["fra.cdn.example", "FRA.cdn.Example.", "fra.cdn.example:443", "fra.cdn.example:80", "sin.cdn.example:8080"];
    for host in places {
        // Also where that place is none of those that may be chosen.
        assert_eq!(led(&ask(host, "/x"), &[2]), Err(NotLed::Loop), "{host}");
    }
    for host in ["sin.cdn.example", "fra.cdn.example:8443", "xfra.cdn.example", "cdn.example", "[::1]:80"] {
        assert!(led(&ask(host, "/x"), &[0]).is_ok(), "{host}");
    }
    let told = head("GET / HTTP/1.1\r\nHost: inner\r\nX-Forwarded-Host: cdn.example, fra.cdn.example\r\n\r\n");
    let mut out = Vec::new();
    assert_eq!(location(&pops(), [0], &told, &TRUSTING, &mut out), Err(NotLed::Loop));
    assert_eq!(location(&pops(), [0], &told, &PLAIN, &mut out), Ok(0));
}

#[test]
fn the_client_is_who_connected_or_whom_a_trusted_proxy_names() {
    let peer: Option<IpAddr> = "10.0.0.1".parse().ok();
    let client = |fields: &str, forward| client(&head(&format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")), peer, forward);
    let of = |text: &str| Some(text.parse::<IpAddr>().expect("an address"));
    let last = "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2, 192.0.2.7\r\n";
    assert_eq!(client(last, &PLAIN), peer);
    assert_eq!(client(last, &TRUSTING), of("192.0.2.7"));
    assert_eq!(client("X-Forwarded-For: ::ffff:192.0.2.7\r\n", &TRUSTING), of("192.0.2.7"));
    assert_eq!(client("X-Forwarded-For: 192.0.2.7:4711\r\n", &TRUSTING), of("192.0.2.7"));
    assert_eq!(client("X-Forwarded-For: unknown\r\n", &TRUSTING), peer);
    let forwarded = "Forwarded: for=1.1.1.1, for=\"[2001:db8::7]:80\";proto=https\r\n";
    assert_eq!(client(forwarded, &TRUSTING), of("2001:db8::7"));
    assert_eq!(client("Forwarded: by=_x;FOR=192.0.2.7\r\n", &TRUSTING), of("192.0.2.7"));
    assert_eq!(client("Forwarded: for=_unix\r\n", &TRUSTING), peer);
    assert_eq!(client(&format!("{last}{forwarded}"), &TRUSTING), peer, "they disagree");
    assert_eq!(client(&format!("{last}Forwarded: for=192.0.2.7\r\n"), &TRUSTING), of("192.0.2.7"));
    assert_eq!(client("", &TRUSTING), peer);
}

proptest! {
    /// Whatever a client sends, a browser that reads the answer goes to a configured place, and the answer has no second line.
    #[test]
    fn no_request_leads_elsewhere(target: Vec<u8>, slash: bool, host in "[a-z.:@/\\\\]{0,20}", first in 0_usize..4) {
        let mut head = RequestHead { authority: host.into_bytes(), ..RequestHead::default() };
        head.target = if slash { [b"/", &target[..]].concat() } else { target };
        let mut out = Vec::new();
        if let Ok(pop) = location(&pops(), [first, 0], &head, &PLAIN, &mut out) {
            let text = str::from_utf8(&out).expect("ASCII");
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
            let url = url::Url::parse(text).expect("a URL");
            let place = url::Url::parse(pops()[pop].url.as_deref().expect("it has one")).expect("a URL");
            prop_assert_eq!((url.scheme(), url.host_str(), url.port()), (place.scheme(), place.host_str(), place.port()));
            prop_assert!(url.fragment().is_none() && url.username().is_empty());
        }
    }

    /// Nobody is led twice: what a `Location` asks for is not led anywhere.
    #[test]
    fn who_was_led_is_at_the_place(path in "/[a-z/.?=]{0,20}", first in 0_usize..3) {
        let (pop, there) = led(&ask("cdn.example", &path), &[first, 0]).expect("it is led");
        let (authority, rest) = there.split_once("://").expect("a URL").1.split_once('/').expect("a path");
        prop_assert_eq!(led(&ask(authority, &format!("/{rest}")), &[pop]), Err(NotLed::Loop));
    }
}
