use super::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use proptest::prelude::*;

fn policy() -> Policy {
    let codings = [(Coding::Zstd, 3), (Coding::Brotli, 5), (Coding::Gzip, 6)];
    Policy {
        codings: codings.map(|(coding, level)| Level { coding, level }).to_vec(),
        least: 1024,
        types: ["text/*", "application/json", "*+xml"].map(String::from).to_vec(),
        personal: false,
    }
}

fn fields(of: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::new();
    of.iter().for_each(|(name, value)| fields.push(name.as_bytes(), value.as_bytes()));
    fields
}

fn chosen(request: &[(&str, &str)], response: &[(&str, &str)]) -> (Coding, &'static str) {
    chosen_of(request, response, 200, Some(5000), false)
}

fn chosen_of(
    request: &[(&str, &str)],
    response: &[(&str, &str)],
    status: u16,
    length: Option<u64>,
    shared: bool,
) -> (Coding, &'static str) {
    let request = RequestHead { fields: fields(request), ..RequestHead::default() };
    let head = ResponseHead { status, fields: fields(response), ..ResponseHead::default() };
    let choice = choose(&policy(), &request, &Answer { head: &head, length, shared });
    (choice.coding, choice.why.word())
}

const HTML: (&str, &str) = ("Content-Type", "Text/HTML ; charset=utf-8");
const ALL: (&str, &str) = ("Accept-Encoding", "gzip, br, zstd");

#[test]
fn the_client_s_weight_comes_first_and_then_the_owner_s_order() {
    for (asked, coding) in [
        ("gzip, deflate, br, zstd", Coding::Zstd),
        ("gzip, br", Coding::Brotli),
        ("gzip;q=1.0, br;q=0.9", Coding::Gzip),
        ("x-gzip", Coding::Gzip),
        ("GZIP", Coding::Gzip),
        ("*", Coding::Zstd),
        ("*;q=0.5, gzip", Coding::Gzip),
        ("zstd;q=0, *", Coding::Brotli),
        ("identity;q=0.5, gzip;q=0.4", Coding::Identity),
        ("identity;q=0.5, gzip;q=0.5", Coding::Gzip),
        ("identity;q=0, gzip;q=0.001", Coding::Gzip),
        ("gzip ; q=0.5", Coding::Gzip),
        ("", Coding::Identity),
        ("deflate", Coding::Identity),
        ("gzip;q=0", Coding::Identity),
        ("gzip;q=0.0000", Coding::Identity),
        ("gzip;q=2", Coding::Identity),
        ("gzip;level=1", Coding::Identity),
        ("*;q=0", Coding::Identity),
    ] {
        assert_eq!(chosen(&[("Accept-Encoding", asked)], &[HTML]).0, coding, "{asked}");
    }
    assert_eq!(chosen(&[], &[HTML]), (Coding::Identity, "nothing-asked"));
    assert_eq!(chosen(&[("Accept-Encoding", "br;q=0"), ("Accept-Encoding", "gzip")], &[HTML]).0, Coding::Gzip);
}

#[test]
fn what_may_not_be_coded_is_not() {
    let with = |more: (&'static str, &'static str)| chosen(&[ALL], &[HTML, more]).1;
    assert_eq!(with(("Cache-Control", "max-age=60, No-Transform")), "no-transform");
    assert_eq!(with(("Content-Encoding", "gzip")), "already-coded");
    assert_eq!(with(("Content-Range", "bytes 0-1/5000")), "partial");
    assert_eq!(chosen(&[ALL, ("Cache-Control", "no-transform")], &[HTML]).1, "no-transform");
    assert_eq!(chosen(&[ALL], &[("Content-Type", "image/png")]).1, "type");
    assert_eq!(chosen(&[ALL], &[]).1, "type");
    assert_eq!(chosen(&[ALL], &[("Content-Type", "image/svg+xml;x=y")]).1, "accepted");
    assert_eq!(chosen(&[ALL], &[("Content-Type", "application/jsonx")]).1, "type");
    for status in [100, 101, 204, 205, 304] {
        assert_eq!(chosen_of(&[ALL], &[HTML], status, None, true).1, "status", "{status}");
    }
    assert_eq!(chosen_of(&[ALL], &[HTML], 206, Some(5000), true).1, "partial");
    assert_eq!(chosen_of(&[ALL], &[HTML], 404, Some(5000), true).1, "accepted");
    assert_eq!(chosen_of(&[ALL], &[HTML], 200, Some(1023), true).1, "short");
    assert_eq!(chosen_of(&[ALL], &[HTML], 200, Some(1024), true).1, "accepted");
    assert_eq!(chosen_of(&[ALL], &[HTML], 200, None, true).1, "accepted");
}

#[test]
fn what_may_be_for_one_person_is_not_coded_unless_it_is_stored_or_the_owner_wants_it() {
    let cookie = [ALL, ("Cookie", "session=1")];
    let name = [ALL, ("Authorization", "Basic eDp5")];
    assert_eq!(chosen(&cookie, &[HTML]).1, "personal");
    assert_eq!(chosen(&cookie, &[HTML, ("Cache-Control", "max-age=60")]).1, "accepted");
    assert_eq!(chosen(&cookie, &[HTML, ("Cache-Control", "max-age=0")]).1, "personal");
    assert_eq!(chosen(&name, &[HTML, ("Cache-Control", "max-age=60")]).1, "personal");
    assert_eq!(chosen(&name, &[HTML, ("Cache-Control", "public")]).1, "accepted");
    assert_eq!(chosen(&[ALL], &[HTML, ("Set-Cookie", "session=1")]).1, "personal");
    assert_eq!(chosen(&[ALL], &[HTML, ("Cache-Control", "private")]).1, "personal");
    assert_eq!(chosen(&[ALL], &[HTML, ("Cache-Control", "no-store")]).1, "personal");
    assert_eq!(chosen_of(&cookie, &[HTML], 200, None, true).1, "accepted");
    let request = RequestHead { fields: fields(&cookie), ..RequestHead::default() };
    let head = ResponseHead { status: 200, fields: fields(&[HTML]), ..ResponseHead::default() };
    let answer = Answer { head: &head, length: None, shared: false };
    assert_eq!(choose(&Policy { personal: true, ..policy() }, &request, &answer).why, Reason::Accepted);
}

#[test]
fn parts_are_of_what_is_not_coded() {
    let range = ("Range", "bytes=0-9");
    assert_eq!(chosen(&[ALL, range], &[HTML]), (Coding::Identity, "range-asked"));
    assert_eq!(chosen(&[("Accept-Encoding", "br, identity;q=0"), range], &[HTML]), (Coding::Brotli, "accepted"));
}

#[test]
fn fields_are_those_of_the_coded_answer() {
    let mut of = fields(&[
        HTML,
        ("ETag", "\"a\""),
        ("Content-Length", "5000"),
        ("Accept-Ranges", "bytes"),
        ("content-md5", "x"),
        ("Content-Digest", "sha-256=:x:"),
        ("Repr-Digest", "sha-256=:x:"),
        ("Digest", "sha-256=x"),
        ("Vary", "Accept"),
    ]);
    coded(&mut of, Coding::Brotli);
    let lines: Vec<String> =
        of.iter().map(|field| format!("{}: {}", String::from_utf8_lossy(field.name), String::from_utf8_lossy(field.value))).collect();
    assert_eq!(
        lines,
        ["Content-Type: Text/HTML ; charset=utf-8", "Vary: Accept", "ETag: W/\"a\"", "Content-Encoding: br", "Vary: Accept-Encoding"]
    );
}

#[test]
fn a_tag_that_is_weak_or_no_tag_stays_and_vary_is_said_once() {
    for (tag, after) in [("W/\"a\"", "W/\"a\""), ("a", "a"), ("\"a\" ", "W/\"a\""), ("\"a\"x", "\"a\"x")] {
        let mut of = fields(&[("ETag", tag.trim())]);
        coded(&mut of, Coding::Gzip);
        assert_eq!(of.get(Known::ETag), Some(after.as_bytes()), "{tag}");
    }
    for said in ["accept-encoding", "Accept, Accept-Encoding", "*"] {
        let mut of = fields(&[("Vary", said)]);
        varies(&mut of);
        assert_eq!(of.all(Known::Vary).count(), 1, "{said}");
    }
}

/// The grammar and the weights of RFC 9110 §12.5.3 once more, written down as the text has them.
fn oracle(value: &str) -> Coding {
    let mut weights: Vec<(String, f32)> = Vec::new();
    for element in value.split(',').map(str::trim).filter(|element| !element.is_empty()) {
        let (name, weight) = match element.split_once(';') {
            None => (element, 1.0),
            Some((name, parameter)) => match parameter.trim().strip_prefix("q=").map(str::parse::<f32>) {
                Some(Ok(weight)) if weight <= 1.0 => (name.trim(), weight),
                _ => continue,
            },
        };
        if !weights.iter().any(|(known, _)| *known == name) {
            weights.push((name.to_string(), weight));
        }
    }
    let weight = |name: &str| {
        let named = weights.iter().find(|(known, _)| known == name).or(weights.iter().find(|(known, _)| known == "*"));
        named.map_or(if name == "identity" { 0.0005 } else { 0.0 }, |(_, weight)| *weight)
    };
    let mut best = (Coding::Identity, weight("identity"));
    for (coding, name) in [(Coding::Gzip, "gzip"), (Coding::Brotli, "br"), (Coding::Zstd, "zstd")] {
        if weight(name) > 0.0 && weight(name) >= best.1 {
            best = (coding, weight(name));
        }
    }
    best.0
}

const NAMES: &[&str] = &["gzip", "br", "zstd", "identity", "*", "deflate"];
const WEIGHTS: &[&str] = &["", ";q=0", ";q=0.5", "; q=1", ";q=0.001", ";q=1.000", ";x=1"];

proptest! {
    #[test]
    fn the_choice_is_the_oracle_s(elements in prop::collection::vec((prop::sample::select(NAMES), prop::sample::select(WEIGHTS)), 0..6)) {
        let value = elements.iter().map(|(name, weight)| format!("{name}{weight}")).collect::<Vec<_>>().join(", ");
        prop_assert_eq!(chosen(&[("Accept-Encoding", &value)], &[HTML]).0, oracle(&value), "{}", value);
    }

    #[test]
    fn no_field_makes_it_panic(asked in "[ -~]{0,40}", kind in "[ -~]{0,20}", tag in "[ -~]{0,20}") {
        let _ = chosen(&[("Accept-Encoding", &asked)], &[("Content-Type", &kind), ("Cache-Control", &asked)]);
        coded(&mut fields(&[("ETag", &tag), ("Vary", &kind)]), Coding::Gzip);
    }
}
