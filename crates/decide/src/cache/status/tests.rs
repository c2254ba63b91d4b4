use super::super::tests::text;
use super::*;
use proptest::prelude::*;
use wire::http::structured::Dictionary;

fn written(status: &Status) -> String {
    let mut out = Vec::new();
    write("edge", status, &mut out);
    text(&out)
}

#[test]
fn the_examples_of_rfc_9211() {
    let hit = Status { ttl: Some(376), ..Status::default() };
    assert_eq!(written(&hit), "edge; hit; ttl=376");
    let stale = Status { ttl: Some(-412), ..Status::default() };
    assert_eq!(written(&stale), "edge; hit; ttl=-412");
    let miss = Status { forwarded: Some(Forwarded::UriMiss), stored: true, collapsed: true, ..Status::default() };
    assert_eq!(written(&miss), "edge; fwd=uri-miss; stored; collapsed");
    let validated =
        Status { forwarded: Some(Forwarded::Stale), forwarded_status: Some(304), detail: Some(Rule::Stale), ..Status::default() };
    assert_eq!(written(&validated), "edge; fwd=stale; fwd-status=304; detail=stale");
}

#[test]
fn a_hit_was_not_forwarded() {
    let all =
        Status { stored: true, collapsed: true, forwarded_status: Some(200), key: Some("GET https://a/\"".into()), ..Status::default() };
    assert_eq!(written(&all), "edge; hit; key=\"GET https://a/\\\"\"");
}

#[test]
fn the_reason_follows_from_the_rule() {
    for (rule, reason) in [
        (Rule::Method, "method"),
        (Rule::Found, "uri-miss"),
        (Rule::Matches, "vary-miss"),
        (Rule::Stale, "stale"),
        (Rule::StaleForbidden, "stale"),
        (Rule::NoCache, "stale"),
        (Rule::Purged, "miss"),
        (Rule::Partial, "partial"),
        (Rule::RequestNoCache, "request"),
        (Rule::RequestMaxAge, "request"),
        (Rule::OriginsCondition, "request"),
    ] {
        assert_eq!(Forwarded::by(rule).word(), reason);
    }
}

proptest! {
    #[test]
    fn every_member_is_an_item_with_parameters(
        name in "[ -~]{0,12}",
        hit in any::<bool>(),
        code in prop::option::of(100..600_u16),
        ttl in prop::option::of(any::<i64>()),
        key in prop::option::of(".{0,16}"),
        rule in prop::sample::select(Rule::ALL),
    ) {
        let forwarded = (!hit).then_some(Forwarded::Miss);
        let status = Status { forwarded, forwarded_status: code, ttl, stored: true, collapsed: true, key, detail: Some(rule) };
        let mut out = b"x=".to_vec();
        write(&name, &status, &mut out);
        // As the value of a dictionary it is read by the parser we have.
        prop_assert!(Dictionary::parse([&out[..]].into_iter()).is_ok(), "{}", text(&out));
    }
}

#[test]
fn our_own_words_are_tokens() {
    let forwarded = [
        Forwarded::Bypass,
        Forwarded::Method,
        Forwarded::UriMiss,
        Forwarded::VaryMiss,
        Forwarded::Miss,
        Forwarded::Request,
        Forwarded::Stale,
        Forwarded::Partial,
    ];
    for word in Rule::ALL.iter().map(|rule| rule.word()).chain(forwarded.map(Forwarded::word)) {
        let mut out = Vec::new();
        write_token(word, &mut out);
        assert_eq!(text(&out), word);
    }
}
