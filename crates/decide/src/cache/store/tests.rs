use super::super::tests::{at, get, names, policy, request, response, store, value};
use super::*;
use alloc::format;
use proptest::prelude::*;

const FRESH: &str = "Cache-Control: max-age=60";

fn stored(lines: &[&str]) -> (Storing, Rule) {
    store(&get(&[]), &response(200, lines), &policy())
}

const YES: (Storing, Rule) = (Storing::Whole, Rule::Storable);

fn no(rule: Rule) -> (Storing, Rule) {
    (Storing::Refused, rule)
}

#[test]
fn the_method_is_understood_3() {
    for method in [Method::Head, Method::Put, Method::Delete, Method::Options, Method::Trace, Method::Patch, Method::of("QUERY")] {
        assert_eq!(store(&request(method, "/page", &[]), &response(200, &[FRESH]), &policy()), no(Rule::MethodStored));
    }
    assert_eq!(stored(&[FRESH]), YES);
}

#[test]
fn post_is_stored_for_get_only_where_it_says_so_rfc_9110_9_3_3() {
    let post = |status: u16, lines: &[&str]| store(&request(Method::Post, "/page?a", &[]), &response(status, lines), &policy());
    let here = "Content-Location: https://www.example/page?a";
    assert_eq!(post(200, &[FRESH, here]), YES);
    assert_eq!(post(200, &[FRESH, "Content-Location: page?a"]), YES);
    for lines in [
        &[FRESH][..],
        &[FRESH, "Content-Location: /page"],
        &[FRESH, "Content-Location: https://other.example/page?a"],
        &[here],
        &[here, "Cache-Control: public"],
    ] {
        assert_eq!(post(200, lines), no(Rule::PostForGet), "{lines:?}");
    }
    assert_eq!(post(201, &[FRESH, here]), no(Rule::PostForGet));
    assert_eq!(post(200, &["Cache-Control: no-store, max-age=60", here]), no(Rule::NoStore));
}

#[test]
fn the_status_is_final_and_understood_where_it_must_be_3() {
    let with = |status: u16, lines: &[&str]| store(&get(&[]), &response(status, lines), &policy());
    assert_eq!(with(103, &[FRESH]), no(Rule::StatusFinal));
    assert_eq!(with(304, &[FRESH]), no(Rule::StatusUnderstood));
    // An unknown status with explicit freshness, without must-understand, and with it (§5.2.2.3).
    assert_eq!(with(599, &[FRESH]), YES);
    assert_eq!(with(599, &["Cache-Control: max-age=60, must-understand"]), no(Rule::StatusUnderstood));
    assert_eq!(with(200, &["Cache-Control: max-age=60, must-understand, no-store"]), YES);
    assert_eq!(with(200, &["Cache-Control: max-age=60, no-store"]), no(Rule::NoStore));
}

#[test]
fn a_status_about_one_request_answers_no_other() {
    for status in [407, 408, 412, 416, 417, 421, 425, 426, 431] {
        assert_eq!(store(&get(&["Range: bytes=99-"]), &response(status, &[FRESH]), &policy()), no(Rule::AboutRequest), "{status}");
    }
}

#[test]
fn no_store_and_private_5_2_2() {
    assert_eq!(stored(&["Cache-Control: max-age=60, no-store"]), no(Rule::NoStore));
    assert_eq!(stored(&["Cache-Control: max-age=60, private"]), no(Rule::Private));
    // §5.2.2.7: with fields, the rest may be stored.
    assert_eq!(stored(&["Cache-Control: max-age=60, private=\"X-User\""]), YES);
    assert_eq!(stored(&["Cache-Control: max-age=60, no-store, private"]), no(Rule::NoStore));
    let obeying = Policy { obey_requests: true, ..policy() };
    let asked = get(&["Cache-Control: no-store"]);
    assert_eq!(store(&asked, &response(200, &[FRESH]), &obeying), no(Rule::RequestNoStore));
    assert_eq!(store(&asked, &response(200, &[FRESH]), &policy()), YES);
}

#[test]
fn credentials_need_the_origins_word_3_5() {
    let asked = get(&["Authorization: Basic x"]);
    let with = |directives: &str| store(&asked, &response(200, &[&format!("Cache-Control: max-age=60{directives}")]), &policy());
    assert_eq!(with(""), no(Rule::Authorized));
    for allowing in [", public", ", must-revalidate", ", s-maxage=60"] {
        assert_eq!(with(allowing), YES, "{allowing}");
    }
    for other in [", proxy-revalidate", ", immutable", ", stale-if-error=9"] {
        assert_eq!(with(other), no(Rule::Authorized), "{other}");
    }
}

#[test]
fn something_says_that_it_can_be_stored_3() {
    let with = |status: u16, lines: &[&str]| store(&get(&[]), &response(status, lines), &policy());
    let tag = "ETag: \"a\"";
    for lines in
        [&["Expires: Mon, 23 Nov 2026 00:00:00 GMT"][..], &[FRESH], &["Cache-Control: s-maxage=60"], &["Cache-Control: public", tag]]
    {
        assert_eq!(with(302, lines), YES, "{lines:?}");
    }
    assert_eq!(with(302, &[tag]), no(Rule::SaysSo));
    assert_eq!(with(200, &[tag]), YES, "to be validated, as its status is heuristically cacheable");
}

#[test]
fn what_could_never_be_used_is_not_worth_its_place() {
    for lines in
        [&[][..], &["Cache-Control: no-cache"], &["Cache-Control: max-age=0"], &["Cache-Control: max-age=60", "Age: 60"], &["Expires: 0"]]
    {
        assert_eq!(stored(lines), no(Rule::OfNoUse), "{lines:?}");
    }
    for lines in [
        &["Cache-Control: no-cache", "ETag: W/\"a\""][..],
        &["Cache-Control: max-age=0", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"],
        &["Cache-Control: max-age=0, stale-while-revalidate=5"],
        &["Cache-Control: max-age=0, stale-if-error=5"],
    ] {
        assert_eq!(stored(lines), YES, "{lines:?}");
    }
}

#[test]
fn vary_any_is_never_selected_4_1() {
    assert_eq!(stored(&[FRESH, "Vary: Accept, *"]), no(Rule::VaryAny));
    assert_eq!(stored(&[FRESH, "Vary: Accept, Cookie"]), YES);
}

#[test]
fn cookies_as_the_owner_wants() {
    let modified = "Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT";
    let with = |set_cookie: SetCookie, line: &str| {
        store(&get(&[]), &response(200, &[line, modified, "Set-Cookie: a=b"]), &Policy { set_cookie, ..policy() })
    };
    assert_eq!(with(SetCookie::StoreExplicit, FRESH), YES);
    assert_eq!(with(SetCookie::StoreExplicit, "X: y"), no(Rule::SetsCookie), "only a guess");
    assert_eq!(with(SetCookie::Strip, "X: y"), YES);
    assert_eq!(with(SetCookie::Refuse, FRESH), no(Rule::SetsCookie));
}

#[test]
fn disguises_are_refused() {
    let with = |target: &str, kind: &str, line: &str| {
        store(&request(Method::Get, target, &[]), &response(200, &[line, &format!("Content-Type: {kind}")]), &policy())
    };
    for target in ["/account/x.css", "/account/x.JPG?y", "/a/x.js", "/x.woff2"] {
        assert_eq!(with(target, "text/html; charset=utf-8", FRESH), no(Rule::Disguised), "{target}");
        assert_eq!(with(target, "text/html", "Cache-Control: max-age=60, public"), YES, "{target}");
        assert_eq!(with(target, "image/png", FRESH), YES, "{target}");
    }
    for target in ["/account", "/x.html", "/x.css/account", "/x.unknown"] {
        assert_eq!(with(target, "text/html", FRESH), YES, "{target}");
    }
}

#[test]
fn what_is_too_large() {
    let policy = Policy { largest: 10, ..policy() };
    let with = |length: &str| store(&get(&[]), &response(200, &[FRESH, &format!("Content-Length: {length}")]), &policy);
    assert_eq!((with("10"), with("11")), (YES, no(Rule::TooLarge)));
}

#[test]
fn one_part_is_stored_as_one_3_3() {
    let asked = get(&["Range: bytes=0-4"]);
    let part = |lines: &[&str]| store(&asked, &response(206, &[&[FRESH][..], lines].concat()), &policy());
    let span = Span { start: 5, len: 5 };
    assert_eq!(part(&["Content-Range: bytes 5-9/20"]), (Storing::Part(Part { span, complete_length: Some(20) }), Rule::Storable));
    for lines in [
        &[][..],
        &["Content-Type: multipart/byteranges"],
        &["Content-Range: bytes 9-5/20"],
        &["Content-Range: x"],
        &["Content-Range: bytes 0-1/2", "Content-Range: bytes 0-1/2"],
    ] {
        assert_eq!(part(lines), no(Rule::PartStored), "{lines:?}");
    }
    let part = response(206, &[FRESH, "Content-Range: bytes 5-9/20"]);
    assert_eq!(store(&get(&[]), &part, &policy()), no(Rule::PartStored), "nobody asked for a part");
    assert_eq!(store(&asked, &part, &Policy { partial: false, ..policy() }), no(Rule::PartStored));
}

fn kept_fields(lines: &[&str], policy: &Policy) -> Fields {
    let (request, response) = (get(&[]), response(200, lines));
    let exchange = Exchange { request: &request, scheme: "https", response: &response, times: at(0) };
    stored_fields(&exchange, &Directives::of(&response.fields, policy), policy)
}

#[test]
fn what_of_the_fields_is_stored_3_1() {
    let lines = [
        "Date: Sat, 21 Nov 2026 00:00:00 GMT",
        "Connection: close, X-Hop, Set-Cookie",
        "X-Hop: 1",
        "X-End: 1",
        "Keep-Alive: x",
        "Proxy-Connection: x",
        "Proxy-Authenticate: x",
        "Proxy-Authentication-Info: x",
        "Proxy-Authorization: x",
        "TE: x",
        "Trailer: x",
        "Transfer-Encoding: chunked",
        "Upgrade: x",
        "Age: 5",
        "Content-Length: 3",
        "Set-Cookie: a=b",
        "X-end: 2",
        "Cache-Control: max-age=1, no-cache=\"x-listed\", private=\"x-private\"",
        "X-Listed: 1",
        "X-Private: 1",
    ];
    let stored = kept_fields(&lines, &policy());
    // A listing in Connection cannot take out what others rely on.
    assert_eq!(names(&stored), ["Date", "X-End", "Content-Length", "Set-Cookie", "X-end", "Cache-Control"]);
    assert_eq!(value(&stored, "date").as_deref(), Some("Sat, 21 Nov 2026 00:00:00 GMT"));
    let stripped = kept_fields(&lines, &Policy { set_cookie: SetCookie::Strip, ..policy() });
    assert!(!stripped.has(Known::SetCookie));
}

#[test]
fn a_date_is_there_afterwards_rfc_9110_6_6_1() {
    for lines in [&[][..], &["Date: 0"]] {
        let stored = kept_fields(lines, &policy());
        assert_eq!(stored.all(Known::Date).count(), 1);
        assert_eq!(value(&stored, "Date").as_deref(), Some("Sun, 22 Nov 2026 00:00:00 GMT"));
    }
}

#[test]
fn what_is_kept_at_the_end_3_3() {
    let fields = |lines: &[&str]| super::super::tests::fields(lines);
    let (strong, weak) = (fields(&["Content-Length: 10", "ETag: \"a\""]), fields(&["Content-Length: 10", "ETag: W/\"a\""]));
    let at_end = |storing: Storing, fields: &Fields, received: u64, clean: bool| kept(storing, fields, received, clean, true);
    assert_eq!(at_end(Storing::Whole, &strong, 10, true), Kept::Whole);
    assert_eq!(at_end(Storing::Whole, &fields(&[]), 7, true), Kept::Whole);
    assert_eq!(at_end(Storing::Whole, &fields(&["ETag: \"a\""]), 7, false), Kept::Nothing, "of unknown length");
    // Incomplete: only what the rest can be joined to.
    let beginning = Kept::Part(Part { span: Span { start: 0, len: 7 }, complete_length: Some(10) });
    assert_eq!(at_end(Storing::Whole, &strong, 7, false), beginning);
    assert_eq!(at_end(Storing::Whole, &weak, 7, false), Kept::Nothing);
    assert_eq!(at_end(Storing::Whole, &strong, 0, false), Kept::Nothing);
    assert_eq!(at_end(Storing::Whole, &strong, 11, true), Kept::Nothing, "more than was said");
    let part = Part { span: Span { start: 4, len: 6 }, complete_length: Some(10) };
    assert_eq!(at_end(Storing::Part(part), &strong, 6, true), Kept::Part(part));
    let shorter = Part { span: Span { start: 4, len: 5 }, ..part };
    assert_eq!(at_end(Storing::Part(part), &weak, 5, true), Kept::Part(shorter));
    assert_eq!(at_end(Storing::Part(part), &strong, 7, true), Kept::Nothing);
    assert_eq!(at_end(Storing::Part(part), &strong, 0, true), Kept::Nothing);
    assert_eq!(at_end(Storing::Refused, &strong, 10, true), Kept::Nothing);
}

proptest! {
    #[test]
    fn whatever_the_fields_no_hop_is_stored(lines in prop::collection::vec(("[A-Za-z-]{1,12}", "[ -~]{0,20}"), 0..8)) {
        let mut head = response(200, &["TE: x", "Connection: X-A", "X-A: 1"]);
        for (name, value) in &lines {
            head.fields.push(name.as_bytes(), value.trim().as_bytes());
        }
        let request = get(&[]);
        let exchange = Exchange { request: &request, scheme: "https", response: &head, times: at(0) };
        let stored = stored_fields(&exchange, &Directives::of(&head.fields, &policy()), &policy());
        prop_assert!(!stored.has(Known::Te) && !stored.has(Known::Connection));
        prop_assert!(stored.named(b"x-a").next().is_none());
        prop_assert_eq!(stored.has(Known::Date), true);
    }
}
