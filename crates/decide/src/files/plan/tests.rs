use super::*;
use crate::time::Duration;
use alloc::vec::Vec;
use proptest::prelude::*;

/// Sun, 06 Nov 1994 08:49:37 GMT and 123 ns.
const MODIFIED: Duration = Duration::new(784_111_777, 123);
const FILE: Stored = Stored { size: 1000, modified: Calendar(MODIFIED), identity: 0 };
const TAG: &str = "ae1b981bc490a7b-3e8";

fn config(precompressed: bool) -> config::Files {
    config::Files { root: "/srv".into(), index: Vec::new(), precompressed, strip_prefix: String::new(), cache_control: "max-age=60".into() }
}

fn sibling(coding: Coding, size: u64) -> Sibling {
    Sibling { coding, stored: Stored { size, ..FILE } }
}

struct Case {
    method: Method,
    age: Duration,
    precompressed: bool,
    file: Stored,
    siblings: Vec<Sibling>,
    name: &'static str,
}

const DAY: Duration = Duration::from_secs(86_400);

fn case() -> Case {
    Case { method: Method::Get, age: DAY, precompressed: false, file: FILE, siblings: Vec::new(), name: "a.txt" }
}

impl Case {
    fn ask(&self, lines: &[(Known, &str)]) -> (Plan, Vec<(String, String)>) {
        let mut fields = Fields::new();
        for (known, value) in lines {
            fields.push_known(*known, value.as_bytes());
        }
        let request = Request { method: &self.method, fields: &fields, now: Calendar(MODIFIED + self.age), boundary: "b0undary" };
        let mut add = Fields::new();
        let plan =
            plan(&request, &Found { name: self.name, file: self.file, siblings: &self.siblings }, &config(self.precompressed), &mut add);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("ASCII");
        (plan, add.iter().map(|field| (text(field.name), text(field.value))).collect())
    }
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|field| field.0 == name).map(|field| field.1.as_str())
}

fn names(fields: &[(String, String)]) -> Vec<&str> {
    fields.iter().map(|field| field.0.as_str()).collect()
}

#[test]
fn a_plain_get_is_the_whole_with_everything_known_of_it() {
    let (plan, fields) = case().ask(&[]);
    let whole = Plan { status: 200, body: Body::Whole, length: Some(1000), size: 1000, encoding: Coding::Identity, why: Some("whole") };
    assert_eq!(plan, whole);
    let etag = format!("\"{TAG}\"");
    let expected = [
        ("Accept-Ranges", "bytes"),
        ("ETag", &etag),
        ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Cache-Control", "max-age=60"),
        ("Content-Type", "text/plain; charset=utf-8"),
    ];
    assert_eq!(fields, expected.map(|(name, value)| (name.into(), value.into())));
}

#[test]
fn head_is_get_without_the_content_9_3_2() {
    let get = case().ask(&[(Known::Range, "bytes=0-1")]);
    assert_eq!(get.0.status, 206);
    let (plan, fields) = Case { method: Method::Head, ..case() }.ask(&[(Known::Range, "bytes=0-1")]);
    assert_eq!((plan.status, plan.body, plan.length), (200, Body::None, Some(1000)));
    assert_eq!(fields, case().ask(&[]).1);
}

#[test]
fn other_methods_need_no_file() {
    for method in [Method::Post, Method::Put, Method::Delete, Method::Patch, Method::Trace, Method::Extension("BREW".into())] {
        let (plan, fields) = Case { method, ..case() }.ask(&[(Known::IfMatch, "\"x\"")]);
        assert_eq!((plan.status, plan.body, plan.length, plan.why), (405, Body::None, Some(0), None));
        assert_eq!(fields, [("Allow".into(), "GET, HEAD, OPTIONS".into())]);
    }
    let (plan, fields) = Case { method: Method::Options, ..case() }.ask(&[]);
    assert_eq!((plan.status, plan.body, plan.length, plan.why), (204, Body::None, None, None));
    assert_eq!(names(&fields), ["Allow"]);
}

#[test]
fn not_modified_has_the_fields_of_15_4_5_only() {
    let (plan, fields) = Case { precompressed: true, ..case() }.ask(&[(Known::IfNoneMatch, &format!("\"{TAG}\""))]);
    assert_eq!((plan.status, plan.body, plan.length, plan.why), (304, Body::None, None, Some("not-modified")));
    assert_eq!(names(&fields), ["Vary", "ETag", "Cache-Control"]);
    let (plan, _) = case().ask(&[(Known::IfModifiedSince, "Sun, 06 Nov 1994 08:49:37 GMT"), (Known::Range, "bytes=5000-")]);
    assert_eq!(plan.status, 304, "preconditions go before ranges (13.2.2)");
}

#[test]
fn a_failed_precondition_sends_nothing() {
    let (plan, fields) = case().ask(&[(Known::IfMatch, "\"x\""), (Known::Range, "bytes=0-1")]);
    assert_eq!((plan.status, plan.body, plan.length, plan.why), (412, Body::None, Some(0), Some("precondition-failed")));
    assert!(fields.is_empty());
}

#[test]
fn one_range_is_a_part() {
    let (plan, fields) = case().ask(&[(Known::Range, "bytes=10-19")]);
    assert_eq!((plan.status, plan.body, plan.length, plan.why), (206, Body::Part(Span { start: 10, len: 10 }), Some(10), Some("part")));
    assert_eq!(value(&fields, "Content-Range"), Some("bytes 10-19/1000"));
    assert_eq!(value(&fields, "Content-Type"), Some("text/plain; charset=utf-8"));
    // Several that come to one are one: "MUST NOT generate a multipart response to a request for a single range" (15.3.7.2).
    let (plan, _) = case().ask(&[(Known::Range, "bytes=10-14,15-19,2000-")]);
    assert_eq!(plan.body, Body::Part(Span { start: 10, len: 10 }));
}

#[test]
fn several_ranges_are_parts() {
    let (plan, fields) = case().ask(&[(Known::Range, "bytes=0-1,-1")]);
    assert_eq!((plan.status, plan.why), (206, Some("parts")));
    assert_eq!(value(&fields, "Content-Type"), Some("multipart/byteranges; boundary=b0undary"));
    assert_eq!(value(&fields, "Content-Range"), None);
    let Body::Parts(parts) = plan.body else { panic!("parts") };
    assert_eq!(plan.length, Some(parts.length()));
    assert_eq!(parts.parts.iter().map(|part| part.span).collect::<Vec<_>>(), [Span { start: 0, len: 2 }, Span { start: 999, len: 1 }]);
}

#[test]
fn ranges_that_do_not_count() {
    assert_eq!(case().ask(&[(Known::Range, "bytes=0-1"), (Known::Range, "bytes=2-3")]).0.why, Some("whole"));
    assert_eq!(case().ask(&[(Known::Range, "lines=0-1")]).0.why, Some("whole"));
    assert_eq!(case().ask(&[(Known::Range, "bytes=0-1"), (Known::IfRange, "\"x\"")]).0.why, Some("whole"));
    // An If-Range that does not hold makes 416 impossible as well (13.1.5).
    assert_eq!(case().ask(&[(Known::Range, "bytes=5000-"), (Known::IfRange, "\"x\"")]).0.why, Some("whole"));
    assert_eq!(case().ask(&[(Known::Range, "bytes=0-1"), (Known::IfRange, &format!("\"{TAG}\""))]).0.why, Some("part"));
}

#[test]
fn a_range_beyond_the_end_is_told_the_length_15_5_17() {
    let (plan, fields) = case().ask(&[(Known::Range, "bytes=1000-")]);
    assert_eq!((plan.status, plan.body, plan.length, plan.why), (416, Body::None, Some(0), Some("unsatisfiable")));
    assert_eq!(value(&fields, "Content-Range"), Some("bytes */1000"));
}

#[test]
fn a_file_changed_just_now_has_a_weak_tag() {
    let etag = |age: Duration| value(&Case { age, ..case() }.ask(&[]).1, "ETag").map(String::from);
    assert_eq!(etag(Duration::ZERO), Some(format!("W/\"{TAG}\"")));
    assert_eq!(etag(SETTLED - Duration::from_nanos(1)), Some(format!("W/\"{TAG}\"")));
    assert_eq!(etag(SETTLED), Some(format!("\"{TAG}\"")));
    // The weak tag a client got is good for 304 once the file has settled, but not for parts.
    let weak = format!("W/\"{TAG}\"");
    assert_eq!(case().ask(&[(Known::IfNoneMatch, &weak)]).0.status, 304);
    assert_eq!(case().ask(&[(Known::Range, "bytes=0-1"), (Known::IfRange, &weak)]).0.status, 200);
}

#[test]
fn a_file_from_the_future_was_modified_now_8_8_2_1() {
    let modified = Calendar(MODIFIED + DAY + DAY);
    let (_, fields) = Case { file: Stored { modified, ..FILE }, ..case() }.ask(&[]);
    assert_eq!(value(&fields, "Last-Modified"), Some("Mon, 07 Nov 1994 08:49:37 GMT"));
    assert!(value(&fields, "ETag").is_some_and(|tag| tag.starts_with("W/")));
}

#[test]
fn whatever_differs_makes_the_tag_differ() {
    let tag = |stored: Stored| value(&Case { file: stored, ..case() }.ask(&[]).1, "ETag").map(String::from);
    let later = Calendar(MODIFIED + Duration::from_nanos(1));
    let tags = [FILE, Stored { size: 1001, ..FILE }, Stored { modified: later, ..FILE }, Stored { identity: 7, ..FILE }].map(tag);
    for (index, one) in tags.iter().enumerate() {
        assert!(tags[index + 1..].iter().all(|other| other != one), "{one:?}");
    }
}

fn compressed() -> Case {
    Case {
        precompressed: true,
        siblings: alloc::vec![sibling(Coding::Gzip, 400), sibling(Coding::Brotli, 300), sibling(Coding::Zstd, 310)],
        name: "app.js",
        ..case()
    }
}

#[test]
fn a_sibling_is_a_representation_of_its_own() {
    let (plan, fields) = compressed().ask(&[(Known::AcceptEncoding, "gzip, br, zstd")]);
    assert_eq!((plan.status, plan.length, plan.size, plan.encoding), (200, Some(300), 300, Coding::Brotli));
    assert_eq!(value(&fields, "Content-Encoding"), Some("br"));
    assert_eq!(value(&fields, "Content-Type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(value(&fields, "Vary"), Some("Accept-Encoding"));
    let tag_of = |accepted| value(&compressed().ask(&[(Known::AcceptEncoding, accepted)]).1, "ETag").map(String::from);
    assert!(tag_of("br").is_some_and(|tag| tag.ends_with("-br\"")));
    assert_ne!(tag_of("br"), tag_of("gzip"));
    assert_ne!(tag_of("gzip"), tag_of("identity"));
    // The tag of one coding says nothing of another.
    let identity = tag_of("identity").expect("a tag");
    assert_eq!(compressed().ask(&[(Known::AcceptEncoding, "br"), (Known::IfNoneMatch, &identity)]).0.status, 200);
}

#[test]
fn vary_stands_on_every_answer_that_could_have_been_another() {
    for lines in [
        &[][..],
        &[(Known::AcceptEncoding, "deflate")],
        &[(Known::IfMatch, "\"x\"")],
        &[(Known::IfNoneMatch, "*")],
        &[(Known::Range, "bytes=0-1")],
        &[(Known::Range, "bytes=5000-")],
        &[(Known::AcceptEncoding, "identity;q=0")],
    ] {
        let (plan, fields) = Case { siblings: Vec::new(), ..compressed() }.ask(lines);
        assert_eq!(value(&fields, "Vary"), Some("Accept-Encoding"), "{}", plan.status);
        assert_eq!(plan.encoding, Coding::Identity);
    }
    assert_eq!(value(&case().ask(&[]).1, "Vary"), None);
}

#[test]
fn siblings_count_only_where_they_are_turned_on() {
    let off = Case { precompressed: false, ..compressed() };
    let (plan, fields) = off.ask(&[(Known::AcceptEncoding, "br")]);
    assert_eq!((plan.encoding, value(&fields, "Content-Encoding")), (Coding::Identity, None));
    assert_eq!(off.ask(&[(Known::AcceptEncoding, "identity;q=0")]).0.status, 200, "nothing is negotiated");
}

#[test]
fn a_client_that_refuses_all_there_is_gets_406() {
    let (plan, fields) =
        Case { siblings: Vec::new(), ..compressed() }.ask(&[(Known::AcceptEncoding, "br, *;q=0"), (Known::IfNoneMatch, "*")]);
    assert_eq!((plan.status, plan.body, plan.why), (406, Body::None, None));
    assert_eq!(names(&fields), ["Vary"]);
}

#[test]
fn a_sibling_older_than_its_file_is_passed_over() {
    let mut case = compressed();
    let older = Calendar(Duration::from_secs(MODIFIED.as_secs() - 1));
    case.siblings = alloc::vec![Sibling { coding: Coding::Brotli, stored: Stored { size: 300, modified: older, identity: 0 } }];
    assert_eq!(case.ask(&[(Known::AcceptEncoding, "br")]).0.encoding, Coding::Identity);
    // The same second without its fraction is as good: compressors copy time stamps that coarsely.
    case.siblings[0].stored.modified = Calendar(Duration::from_secs(MODIFIED.as_secs()));
    assert_eq!(case.ask(&[(Known::AcceptEncoding, "br")]).0.encoding, Coding::Brotli);
}

#[test]
fn parts_of_a_coded_file() {
    let (plan, fields) = compressed().ask(&[(Known::AcceptEncoding, "br"), (Known::Range, "bytes=-100")]);
    assert_eq!(plan.body, Body::Part(Span { start: 200, len: 100 }));
    assert_eq!((value(&fields, "Content-Range"), value(&fields, "Content-Encoding")), (Some("bytes 200-299/300"), Some("br")));
    let (plan, _) = compressed().ask(&[(Known::AcceptEncoding, "br"), (Known::Range, "bytes=0-1,5-6")]);
    assert_eq!((plan.status, plan.body, plan.length), (200, Body::Whole, Some(300)));
}

#[test]
fn an_empty_file_is_whole_and_has_no_bytes() {
    let (plan, _) = Case { file: Stored { size: 0, ..FILE }, ..case() }.ask(&[(Known::Range, "bytes=-5")]);
    assert_eq!((plan.status, plan.body, plan.length), (200, Body::Whole, Some(0)));
}

proptest! {
    #[test]
    fn no_part_lies_outside_and_the_length_is_that_of_the_body(
        size in 0..200_u64,
        coded in 0..200_u64,
        range in "bytes=[0-9]{0,3}-[0-9]{0,3}(,[0-9]{0,3}-[0-9]{0,3}){0,20}",
        accepted in prop::sample::select(alloc::vec!["", "br", "br;q=0.5, identity", "identity;q=0", "*"]),
        head in any::<bool>(),
    ) {
        let method = if head { Method::Head } else { Method::Get };
        let siblings = alloc::vec![sibling(Coding::Brotli, coded)];
        let case = Case { method, file: Stored { size, ..FILE }, siblings, precompressed: true, ..case() };
        let (plan, _) = case.ask(&[(Known::Range, &range), (Known::AcceptEncoding, accepted)]);
        prop_assert_eq!(plan.size, match plan.encoding { _ if plan.why.is_none() => 0, Coding::Identity => size, _ => coded });
        let inside = |span: Span| span.len > 0 && span.end() <= plan.size;
        let sent = match &plan.body {
            Body::None => 0,
            Body::Whole => plan.size,
            Body::Part(span) => {
                prop_assert!(inside(*span));
                span.len
            }
            Body::Parts(parts) => {
                prop_assert!(parts.parts.len() > 1 && parts.parts.iter().all(|part| inside(part.span)));
                parts.parts.iter().map(|part| part.head.len() as u64 + part.span.len).sum::<u64>() + parts.end.len() as u64
            }
        };
        if head && plan.status == 200 {
            prop_assert_eq!((sent, plan.length), (0, Some(plan.size)));
        } else {
            prop_assert_eq!(plan.length, Some(sent));
        }
        prop_assert_eq!(plan.status == 206, matches!(plan.body, Body::Part(_) | Body::Parts(_)));
    }
}
