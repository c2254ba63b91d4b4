use super::super::range::Part;
use super::super::tests::{START, after, fields, get, names, policy, request, response, text, value};
use super::*;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use proptest::prelude::*;

const DATE: &str = "Date: Sun, 22 Nov 2026 00:00:00 GMT";
const MODIFIED: &str = "Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT";

fn sent(client: &[&str], stored: &[&[&str]]) -> (String, String, bool) {
    let stored: Vec<Fields> = stored.iter().map(|lines| fields(lines)).collect();
    let made = conditions(&get(client), stored.iter());
    (text(&made.if_none_match), text(&made.if_modified_since), made.of_client)
}

#[test]
fn conditions_are_made_of_all_validators_4_3_1() {
    let date = "Sat, 21 Nov 2026 00:00:00 GMT";
    assert_eq!(sent(&[], &[&["ETag: \"a\"", MODIFIED]]), ("\"a\"".into(), date.into(), false));
    assert_eq!(sent(&[], &[&["ETag: W/\"a\""]]), ("W/\"a\"".into(), String::new(), false));
    assert_eq!(sent(&[], &[&[MODIFIED]]), (String::new(), date.into(), false));
    assert_eq!(sent(&[], &[&["ETag: a", "Last-Modified: 0"]]), (String::new(), String::new(), false), "neither is well formed");
    // Of several stored responses the tags, and no date, which would be of one of them.
    assert_eq!(sent(&[], &[&["ETag: \"a\"", MODIFIED], &["ETag: \"b\"", MODIFIED]]), ("\"a\", \"b\"".into(), String::new(), false));
}

#[test]
fn tags_of_the_client_go_along_4_3_2() {
    assert_eq!(sent(&["If-None-Match: \"x\", \"y\""], &[&["ETag: \"a\""]]).0, "\"a\", \"x\", \"y\"");
    assert!(sent(&["If-None-Match: \"x\""], &[&["ETag: \"a\""]]).2);
    assert_eq!(sent(&["If-None-Match: *"], &[&["ETag: \"a\""]]), ("\"a\"".into(), String::new(), false));
    // Nothing of ours to put beside it: the date alone is ours.
    assert!(!sent(&["If-None-Match: \"x\""], &[&[MODIFIED]]).2);
}

#[test]
fn tags_that_are_offered_have_a_bound() {
    let tags: Vec<Fields> = (0..2 * MOST_TAGS).map(|at| fields(&[&alloc::format!("ETag: \"{at}\"")])).collect();
    let made = conditions(&get(&[]), tags.iter());
    assert_eq!(made.if_none_match.split(|byte| *byte == b',').count(), MOST_TAGS);
}

#[test]
fn the_clients_conditions_give_way() {
    let mut asked = fields(&["If-None-Match: \"x\"", "If-Modified-Since: y", "Range: bytes=0-1", "If-Range: \"x\"", "Accept: a"]);
    Conditions { if_none_match: b"\"a\"".to_vec(), ..Conditions::default() }.apply(&mut asked);
    assert_eq!(names(&asked), ["Accept", "If-None-Match"]);
    assert_eq!(value(&asked, "If-None-Match").as_deref(), Some("\"a\""));
    assert!(Conditions::default().is_empty());
}

fn stored(fields: &Fields) -> Stored<'_> {
    Stored { status: 200, fields, received: START, content: Content::Whole(10) }
}

/// What a 304 with these fields freshens.
fn freshened(stored_lines: &[&[&str]], not_modified: &[&str], of_client: bool) -> Outcome {
    let all: Vec<Fields> = stored_lines.iter().map(|lines| fields(lines)).collect();
    let all: Vec<Stored<'_>> = all.iter().map(stored).collect();
    let sent = Conditions { if_none_match: b"\"a\"".to_vec(), of_client, ..Conditions::default() };
    let response = response(304, not_modified);
    validated(&all, &sent, Reuse::MustValidate, Some(&response), START, &mut Record::off()).0
}

#[test]
fn what_a_304_is_about_4_3_4() {
    let (a, weak_a, b) = (&["ETag: \"a\""][..], &["ETag: W/\"a\""][..], &["ETag: \"b\""][..]);
    let older_weak = &["ETag: W/\"a\"", "Date: Sat, 21 Nov 2026 00:00:00 GMT"][..];
    // A strong validator: all stored responses with the same, and no other.
    assert_eq!(freshened(&[b, a, a], a, false), Outcome::Freshen(vec![1, 2]));
    assert_eq!(freshened(&[b, weak_a], a, false), Outcome::AskAgain);
    assert_eq!(freshened(&[b], a, true), Outcome::PassOn, "the client's tag was offered too");
    // A weak one: the most recent of those that match.
    assert_eq!(freshened(&[older_weak, weak_a], weak_a, false), Outcome::Freshen(vec![1]));
    assert_eq!(freshened(&[weak_a, older_weak, b], weak_a, false), Outcome::Freshen(vec![0]));
    assert_eq!(freshened(&[a], weak_a, false), Outcome::Freshen(vec![0]));
    // A date.
    assert_eq!(freshened(&[&[MODIFIED], b], &[MODIFIED], false), Outcome::Freshen(vec![0]));
    assert_eq!(freshened(&[b], &[MODIFIED], false), Outcome::AskAgain);
    // None: the only one there is.
    assert_eq!(freshened(&[a], &[], false), Outcome::Freshen(vec![0]));
    assert_eq!(freshened(&[a, b], &[], false), Outcome::AskAgain);
    assert_eq!(freshened(&[a], &[], true), Outcome::PassOn);
}

#[test]
fn what_else_the_origin_can_say_4_3_3() {
    let fields = fields(&["ETag: \"a\""]);
    let one = [stored(&fields)];
    let said = |status: Option<u16>, reuse: Reuse| {
        let response = status.map(|status| response(status, &[]));
        validated(&one, &Conditions::default(), reuse, response.as_ref(), START, &mut Record::off())
    };
    for status in [200, 206, 301, 404, 410, 412, 501] {
        assert_eq!(said(Some(status), Reuse::StaleIfError), (Outcome::Use, Rule::Replaced), "{status}");
    }
    for failure in [Some(500), Some(502), Some(503), Some(504), None] {
        assert_eq!(said(failure, Reuse::StaleIfError), (Outcome::ServeStale, Rule::OriginFailed));
        assert_eq!(said(failure, Reuse::MustValidate), (Outcome::Use, Rule::OriginFailed));
    }
}

#[test]
fn what_a_304_updates_3_2() {
    let mut old = fields(&[
        DATE,
        "ETag: \"a\"",
        "X-A: 1",
        "X-a: 2",
        "X-B: 1",
        "Content-Length: 5",
        "Content-Encoding: gzip",
        "Content-Type: a/b",
        "Cache-Control: max-age=1",
    ]);
    let fresh = fields(&[
        "Date: Sun, 22 Nov 2026 01:00:00 GMT",
        "x-A: 3",
        "x-A: 4",
        "X-New: 1",
        "Content-Length: 9",
        "Content-Encoding: br",
        "Content-Range: bytes 0-1/2",
        "Content-Type: c/d",
        "Cache-Control: max-age=2",
    ]);
    freshen(&mut old, &fresh);
    assert_eq!(old.named(b"X-A").collect::<Vec<_>>(), [b"3", b"4"], "all instances are replaced");
    for (name, expected) in [
        ("Date", "Sun, 22 Nov 2026 01:00:00 GMT"),
        ("ETag", "\"a\""),
        ("X-B", "1"),
        ("X-New", "1"),
        ("Content-Length", "5"),
        ("Content-Encoding", "gzip"),
        ("Content-Type", "c/d"),
        ("Cache-Control", "max-age=2"),
    ] {
        assert_eq!(value(&old, name).as_deref(), Some(expected), "{name}");
    }
    assert!(!old.has(Known::ContentRange));
}

#[test]
fn what_head_says_of_what_is_stored_4_3_5() {
    let fields = fields(&["ETag: \"a\"", MODIFIED, "Content-Length: 10"]);
    let effect = |status: u16, lines: &[&str]| head(&stored(&fields), &response(status, lines), &mut Record::off()).0;
    for lines in [&[][..], &["ETag: \"a\""], &["ETag: \"a\"", MODIFIED, "Content-Length: 10"], &["X: y"]] {
        assert_eq!(effect(200, lines), HeadEffect::Freshen, "{lines:?}");
    }
    for lines in [&["ETag: \"b\""][..], &["Content-Length: 11"], &["Last-Modified: Sun, 22 Nov 2026 00:00:00 GMT", "ETag: \"a\""]] {
        assert_eq!(effect(200, lines), HeadEffect::MakeStale, "{lines:?}");
    }
    for status in [304, 404, 410, 500] {
        assert_eq!(effect(status, &["ETag: \"b\""]), HeadEffect::Nothing, "{status}");
    }
    let parts = Parts::new(Part { span: Span { start: 0, len: 5 }, complete_length: Some(10) });
    let partly = Stored { content: Content::Parts(&parts), ..stored(&fields) };
    assert_eq!(head(&partly, &response(200, &["Content-Length: 10"]), &mut Record::off()).0, HeadEffect::Freshen);
}

fn answered(method: Method, client: &[&str], stored: &Stored<'_>) -> Answer {
    answer(&request(method, "/page", client), stored, after(100))
}

#[test]
fn the_clients_conditions_are_judged_here_4_3_2() {
    let both = fields(&[DATE, "ETag: \"a\"", MODIFIED]);
    let ask = |client: &[&str]| answered(Method::Get, client, &stored(&both));
    assert_eq!(ask(&[]), Answer::Whole);
    assert_eq!(ask(&["If-None-Match: W/\"a\""]), Answer::NotModified);
    assert_eq!(ask(&["If-None-Match: \"b\""]), Answer::Whole);
    assert_eq!(ask(&["If-None-Match: *"]), Answer::NotModified);
    assert_eq!(ask(&["If-Modified-Since: Sat, 21 Nov 2026 00:00:00 GMT"]), Answer::NotModified);
    assert_eq!(ask(&["If-Modified-Since: Fri, 20 Nov 2026 00:00:00 GMT"]), Answer::Whole);
    // RFC 9110 §13.1.3: If-None-Match takes precedence.
    assert_eq!(ask(&["If-None-Match: \"b\"", "If-Modified-Since: Sun, 22 Nov 2026 00:00:00 GMT"]), Answer::Whole);
    assert_eq!(answered(Method::Head, &["If-None-Match: \"a\""], &stored(&both)), Answer::NotModified);
    // §4.3.2: without Last-Modified, Date stands for it, or the time of arrival.
    for undated in [fields(&[DATE]), fields(&[])] {
        let ask = |client: &[&str]| answered(Method::Get, client, &stored(&undated));
        assert_eq!(ask(&["If-Modified-Since: Sun, 22 Nov 2026 00:00:00 GMT"]), Answer::NotModified);
        assert_eq!(ask(&["If-Modified-Since: Sat, 21 Nov 2026 23:59:59 GMT"]), Answer::Whole);
    }
    // RFC 9110 §13.2.1: conditions are for what would be a success.
    let missing = Stored { status: 404, ..stored(&both) };
    assert_eq!(answered(Method::Get, &["If-None-Match: \"a\"", "Range: bytes=0-1"], &missing), Answer::Whole);
}

#[test]
fn ranges_are_cut_out_of_the_whole_rfc_9110_14() {
    let both = fields(&[DATE, "ETag: \"a\"", MODIFIED]);
    let spans = |start, len| Answer::Spans(vec![Span { start, len }]);
    let ask = |client: &[&str]| answered(Method::Get, client, &stored(&both));
    assert_eq!(ask(&["Range: bytes=2-4"]), spans(2, 3));
    assert_eq!(ask(&["Range: bytes=-3"]), spans(7, 3));
    assert_eq!(ask(&["Range: bytes=10-"]), Answer::Unsatisfiable);
    assert_eq!(ask(&["Range: bytes=2-4", "Range: bytes=2-4"]), Answer::Whole);
    assert_eq!(ask(&["Range: x=2-4"]), Answer::Whole);
    assert_eq!(answered(Method::Head, &["Range: bytes=2-4"], &stored(&both)), Answer::Whole);
    // RFC 9110 §13.1.5
    assert_eq!(ask(&["Range: bytes=2-4", "If-Range: \"a\""]), spans(2, 3));
    assert_eq!(ask(&["Range: bytes=2-4", "If-Range: W/\"a\""]), Answer::Whole);
    assert_eq!(ask(&["Range: bytes=2-4", "If-Range: Sat, 21 Nov 2026 00:00:00 GMT"]), spans(2, 3));
    let just_now = fields(&[DATE, "Last-Modified: Sat, 21 Nov 2026 23:59:30 GMT"]);
    let dated = &["Range: bytes=2-4", "If-Range: Sat, 21 Nov 2026 23:59:30 GMT"];
    assert_eq!(answered(Method::Get, dated, &stored(&just_now)), Answer::Whole, "that date is weak");
    // RFC 9110 §13.2.2: 304 comes before a range.
    assert_eq!(ask(&["Range: bytes=2-4", "If-None-Match: \"a\""]), Answer::NotModified);
    let several = &["Range: bytes=0-1,5-6"][..];
    assert_eq!(ask(several), Answer::Spans(vec![Span { start: 0, len: 2 }, Span { start: 5, len: 2 }]));
    let coded = fields(&[DATE, "Content-Encoding: gzip"]);
    assert_eq!(answered(Method::Get, several, &stored(&coded)), Answer::Whole);
}

#[test]
fn parts_answer_what_they_hold_3_3() {
    let fields = fields(&[DATE, "ETag: \"a\""]);
    let parts = Parts::new(Part { span: Span { start: 4, len: 4 }, complete_length: Some(10) });
    let partly = Stored { status: 206, content: Content::Parts(&parts), ..stored(&fields) };
    let ask = |client: &[&str]| answered(Method::Get, client, &partly);
    assert_eq!(ask(&["Range: bytes=5-6"]), Answer::Spans(vec![Span { start: 5, len: 2 }]));
    for client in [&[][..], &["Range: bytes=5-8"], &["Range: bytes=5-6", "If-Range: \"b\""], &["Range: x"]] {
        assert_eq!(ask(client), Answer::Missing, "{client:?}");
    }
    assert_eq!(ask(&["If-None-Match: \"a\""]), Answer::NotModified);
    assert_eq!(answered(Method::Head, &[], &partly), Answer::Whole);
}

#[test]
fn a_304_has_few_fields_rfc_9110_15_4_5() {
    let all = fields(&[
        DATE,
        "ETag: \"a\"",
        MODIFIED,
        "Cache-Control: x",
        "Content-Location: x",
        "Expires: x",
        "Vary: x",
        "Content-Type: x",
        "Content-Length: 5",
        "Content-Encoding: x",
        "Set-Cookie: x",
        "X-Other: x",
        "cdn-cache-control: x",
    ]);
    let goes: Vec<String> =
        all.iter().filter(|field| goes_with_not_modified(field, &all, &policy().targeted)).map(|field| text(field.name)).collect();
    assert_eq!(goes, ["Date", "ETag", "Cache-Control", "Content-Location", "Expires", "Vary", "cdn-cache-control"]);
    let dated = fields(&[MODIFIED]);
    assert!(dated.iter().all(|field| goes_with_not_modified(&field, &dated, &[])));
}

proptest! {
    #[test]
    fn any_conditions_and_ranges_are_answered_within_what_is_stored(
        lines in prop::collection::vec((0..5_usize, "[ -~]{0,24}"), 0..4),
        tag in "[ -~]{0,8}",
        length in 0..20_u64,
    ) {
        let known = [Known::IfNoneMatch, Known::IfModifiedSince, Known::Range, Known::IfRange, Known::CacheControl];
        let mut head = get(&["Range: bytes=1-3"]);
        for (at, text) in &lines {
            head.fields.push_known(known[*at], text.as_bytes());
        }
        let mut fields = fields(&[DATE]);
        fields.push_known(Known::ETag, tag.as_bytes());
        let whole = Stored { content: Content::Whole(length), ..stored(&fields) };
        if let Answer::Spans(spans) = answer(&head, &whole, START) {
            prop_assert!(spans.iter().all(|span| span.len > 0 && span.end() <= length));
        }
        let made = conditions(&head, [&fields].into_iter());
        let not_modified = ResponseHead { status: 304, fields: fields.clone(), ..ResponseHead::default() };
        let _ = validated(&[whole], &made, Reuse::MustValidate, Some(&not_modified), START, &mut Record::on());
    }

    /// A client that shows the stored tag, whatever it is, is told so.
    #[test]
    fn the_stored_tag_is_recognised(tag in "[!#-~]{0,12}", weak in any::<bool>()) {
        let tag = alloc::format!("{}\"{tag}\"", if weak { "W/" } else { "" });
        let fields = fields(&[&alloc::format!("ETag: {tag}")]);
        let client = alloc::format!("If-None-Match: {tag}");
        prop_assert_eq!(answered(Method::Get, &[&client], &stored(&fields)), Answer::NotModified);
        let stored = alloc::format!("ETag: {tag}");
        prop_assert_eq!(freshened(&[&[&stored]], &[&stored], false), Outcome::Freshen(vec![0]));
    }
}

#[test]
fn the_rest_is_asked_for_where_it_can_be_joined_3_4() {
    use crate::cache::Part;
    let part = |start, end, complete_length| Part { span: Span { start, len: end - start }, complete_length };
    let asked = |request: &RequestHead, tag: &str, parts: &Parts| {
        let fields = fields(&[tag]);
        let stored = Stored { status: 200, fields: &fields, received: START, content: Content::Parts(parts) };
        rest(request, &stored, START, &mut Record::off()).map(|rest| text(&rest.missing.value()))
    };
    let strong = "ETag: \"a\"";
    let known = Parts::new(part(2, 6, Some(10)));
    for (range, expected) in [
        ("bytes=4-7", Some("bytes=6-7")),
        ("bytes=0-3", Some("bytes=0-1")),
        ("bytes=4-", Some("bytes=6-")),
        // What is there is in the middle, or not wanted: nothing is spared.
        ("bytes=0-9", None),
        ("bytes=7-8", None),
        ("bytes=0-0,4-7", None),
        ("bytes=10-", None),
    ] {
        assert_eq!(asked(&get(&[&format!("Range: {range}")]), strong, &known).as_deref(), expected, "{range}");
    }
    let range = get(&["Range: bytes=4-7"]);
    for (tag, parts) in [("ETag: W/\"a\"", &known), ("X: y", &known), (strong, &Parts::new(part(2, 6, None)))] {
        assert_eq!(asked(&range, tag, parts), None, "{tag}");
    }
    let beginning = Parts::new(part(0, 6, Some(10)));
    assert_eq!(asked(&get(&[]), strong, &beginning).as_deref(), Some("bytes=6-"));
    assert_eq!(
        asked(&get(&["Range: bytes=0-1", "If-Range: \"b\""]), strong, &beginning).as_deref(),
        Some("bytes=6-"),
        "it wants the whole"
    );
}

#[test]
fn what_comes_is_the_rest_or_not() {
    use crate::cache::{Missing, Part};
    let wanted = Part { span: Span { start: 0, len: 10 }, complete_length: Some(10) };
    let rest = Rest { wanted, missing: Missing { start: 6, end: None } };
    let stored = fields(&["ETag: \"a\""]);
    let is = |status, lines: &[&str], length| rested(&rest, &stored, &response(status, lines), length, &mut Record::off()).0;
    let tag = "ETag: \"a\"";
    assert_eq!(is(206, &[tag, "Content-Range: bytes 6-9/10"], Some(4)), Rested::Joins);
    assert_eq!(is(206, &[tag, "Content-Range: bytes 6-9/*"], Some(4)), Rested::Joins);
    for (lines, length) in [
        (&[tag, "Content-Range: bytes 6-9/11"], Some(4)),
        (&[tag, "Content-Range: bytes 5-9/10"], Some(5)),
        (&[tag, "Content-Range: bytes 6-8/10"], Some(3)),
        (&[tag, "Content-Range: bytes 6-9/10"], Some(3)),
        (&[tag, "Content-Range: bytes 6-9/10"], None),
        (&["ETag: \"b\"", "Content-Range: bytes 6-9/10"], Some(4)),
        (&["ETag: W/\"a\"", "Content-Range: bytes 6-9/10"], Some(4)),
        (&[tag, "Content-Type: multipart/byteranges"], Some(4)),
    ] {
        assert_eq!(is(206, lines, length), Rested::AskAgain, "{lines:?}");
    }
    for (status, expected) in [(200, Rested::Use), (404, Rested::Use), (503, Rested::Use), (416, Rested::AskAgain), (304, Rested::AskAgain)]
    {
        assert_eq!(is(status, &[tag], Some(4)), expected, "{status}");
    }
}
