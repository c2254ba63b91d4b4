use super::*;
use crate::time::Duration;
use alloc::vec::Vec;
use proptest::prelude::*;

/// Sun, 06 Nov 1994 08:49:37 GMT, and a half.
const MODIFIED: Calendar = Calendar(Duration::from_millis(784_111_777_500));
const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

fn later(seconds: u64) -> Calendar {
    Calendar(MODIFIED.0 + Duration::from_secs(seconds))
}

fn fields(lines: &[(Known, &str)]) -> Fields {
    let mut fields = Fields::new();
    for (known, value) in lines {
        fields.push_known(*known, value.as_bytes());
    }
    fields
}

const STRONG: Etag<'static> = Etag { weak: false, opaque: b"a,b" };
const WEAK: Etag<'static> = Etag { weak: true, opaque: b"a,b" };

fn validators(etag: Etag<'_>, date_is_strong: bool) -> Validators<'_> {
    Validators { etag: Some(etag), last_modified: Some(MODIFIED), date_is_strong }
}

fn precondition(method: &Method, etag: Etag<'_>, lines: &[(Known, &str)]) -> Precondition {
    evaluate(method, &fields(lines), &validators(etag, true), later(1000)).precondition
}

fn range(etag: Etag<'_>, date_is_strong: bool, lines: &[(Known, &str)]) -> bool {
    evaluate(&Method::Get, &fields(lines), &validators(etag, date_is_strong), later(1000)).range
}

use Known::{IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince};
use Precondition::{Failed, NotModified, Proceed};

#[test]
fn comparison_as_in_the_table_of_rfc_9110_8_8_3_2() {
    let tag = |text: &'static str| Etag::parse(text.as_bytes()).expect("a tag").0;
    for (one, other, strong, weak) in [
        (r#"W/"1""#, r#"W/"1""#, false, true),
        (r#"W/"1""#, r#"W/"2""#, false, false),
        (r#"W/"1""#, r#""1""#, false, true),
        (r#""1""#, r#""1""#, true, true),
    ] {
        assert_eq!(tag(one).is_strongly(&tag(other)), strong, "{one} {other}");
        assert_eq!(tag(one).is_weakly(&tag(other)), weak, "{one} {other}");
    }
}

#[test]
fn if_match_compares_strongly_13_1_1() {
    for (value, expected) in [
        ("*", Proceed),
        (r#""a,b""#, Proceed),
        (r#""x", "a,b""#, Proceed),
        (r#", ,"x",, "a,b" ,"#, Proceed),
        (r#""x""#, Failed),
        (r#"W/"a,b""#, Failed),
        (r#""a""#, Failed),
        ("", Failed),
        ("a,b", Failed),
        (r#"junk, "a,b""#, Failed),
        (r#""x" "a,b""#, Failed),
        (r#"w/"a,b""#, Failed),
        (r#""a,b"#, Failed),
    ] {
        assert_eq!(precondition(&Method::Get, STRONG, &[(IfMatch, value)]), expected, "{value}");
        assert_eq!(precondition(&Method::Put, STRONG, &[(IfMatch, value)]), expected, "{value}");
    }
    assert_eq!(precondition(&Method::Get, WEAK, &[(IfMatch, r#"W/"a,b""#)]), Failed);
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfMatch, r#""x""#), (IfMatch, r#""a,b""#)]), Proceed);
}

#[test]
fn if_none_match_compares_weakly_13_1_2() {
    for (value, expected) in [
        ("*", NotModified),
        (r#""a,b""#, NotModified),
        (r#"W/"a,b""#, NotModified),
        (r#""x", W/"y" , "a,b""#, NotModified),
        (r#""x""#, Proceed),
        ("", Proceed),
        ("a,b", Proceed),
    ] {
        assert_eq!(precondition(&Method::Get, STRONG, &[(IfNoneMatch, value)]), expected, "{value}");
        assert_eq!(precondition(&Method::Head, WEAK, &[(IfNoneMatch, value)]), expected, "{value}");
    }
    // "MUST respond with ... 412 (Precondition Failed) status code for all other request methods."
    assert_eq!(precondition(&Method::Put, STRONG, &[(IfNoneMatch, "*")]), Failed);
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfNoneMatch, r#""x""#), (IfNoneMatch, r#""a,b""#)]), NotModified);
}

#[test]
fn if_modified_since_13_1_3() {
    for (value, expected) in [
        (SAME, NotModified),
        (LATER, NotModified),
        (EARLIER, Proceed),
        ("Sunday, 06-Nov-94 08:49:37 GMT", NotModified),
        ("Sun Nov  6 08:49:37 1994", NotModified),
        // "MUST ignore ... if the field value is not a valid HTTP-date".
        ("tomorrow", Proceed),
        ("", Proceed),
    ] {
        assert_eq!(precondition(&Method::Get, STRONG, &[(IfModifiedSince, value)]), expected, "{value}");
    }
    // "... the field value has more than one member, or if the request method is neither GET nor HEAD."
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfModifiedSince, SAME), (IfModifiedSince, SAME)]), Proceed);
    assert_eq!(precondition(&Method::Post, STRONG, &[(IfModifiedSince, SAME)]), Proceed);
    // "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match header field".
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfModifiedSince, SAME), (IfNoneMatch, r#""x""#)]), Proceed);
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfModifiedSince, EARLIER), (IfNoneMatch, r#""a,b""#)]), NotModified);
}

#[test]
fn if_unmodified_since_13_1_4() {
    for (value, expected) in [(SAME, Proceed), (LATER, Proceed), (EARLIER, Failed), ("yesterday", Proceed)] {
        assert_eq!(precondition(&Method::Get, STRONG, &[(IfUnmodifiedSince, value)]), expected, "{value}");
        assert_eq!(precondition(&Method::Delete, STRONG, &[(IfUnmodifiedSince, value)]), expected, "{value}");
    }
    // "A recipient MUST ignore If-Unmodified-Since if the request contains an If-Match header field".
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfUnmodifiedSince, EARLIER), (IfMatch, "*")]), Proceed);
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfUnmodifiedSince, SAME), (IfMatch, r#""x""#)]), Failed);
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfUnmodifiedSince, EARLIER), (IfUnmodifiedSince, EARLIER)]), Proceed);
}

#[test]
fn a_failed_precondition_goes_before_not_modified_13_2_2() {
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfNoneMatch, "*"), (IfMatch, r#""x""#)]), Failed);
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfNoneMatch, "*"), (IfMatch, "*")]), NotModified);
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfModifiedSince, SAME), (IfUnmodifiedSince, SAME)]), NotModified);
    assert_eq!(precondition(&Method::Get, STRONG, &[(IfModifiedSince, SAME), (IfUnmodifiedSince, EARLIER)]), Failed);
}

#[test]
fn if_range_13_1_5() {
    assert!(range(STRONG, true, &[]));
    for (value, expected) in [
        (r#""a,b""#, true),
        (r#"W/"a,b""#, false),
        (r#""x""#, false),
        (r#""a,b", "x""#, false),
        (SAME, true),
        // "exactly matches": a later date is no match.
        (LATER, false),
        (EARLIER, false),
        ("*", false),
        ("", false),
    ] {
        assert_eq!(range(STRONG, true, &[(IfRange, value)]), expected, "{value}");
    }
    assert!(!range(WEAK, true, &[(IfRange, r#"W/"a,b""#)]));
    assert!(!range(STRONG, true, &[(IfRange, SAME), (IfRange, SAME)]));
}

#[test]
fn a_date_vouches_for_bytes_only_if_it_is_strong() {
    assert!(!range(STRONG, false, &[(IfRange, SAME)]));
    assert!(range(STRONG, false, &[(IfRange, r#""a,b""#)]), "the tag is another matter");
}

#[test]
fn what_has_no_validators() {
    let none = Validators { etag: None, last_modified: None, date_is_strong: true };
    let evaluate = |lines: &[(Known, &str)]| evaluate(&Method::Get, &fields(lines), &none, later(9));
    // §13.1.1, §13.1.2: `*` asks for any representation at all; a listed tag is not ours.
    assert_eq!(evaluate(&[(IfMatch, "*")]).precondition, Proceed);
    assert_eq!(evaluate(&[(IfMatch, r#""a""#)]).precondition, Failed);
    assert_eq!(evaluate(&[(IfNoneMatch, "*")]).precondition, NotModified);
    assert_eq!(evaluate(&[(IfNoneMatch, r#""a""#)]).precondition, Proceed);
    // §13.1.3, §13.1.4: without a date there is nothing to compare.
    assert_eq!(evaluate(&[(IfModifiedSince, LATER)]).precondition, Proceed);
    assert_eq!(evaluate(&[(IfUnmodifiedSince, EARLIER)]).precondition, Proceed);
    assert!(!evaluate(&[(IfRange, SAME)]).range);
}

#[test]
fn a_cache_leaves_to_the_origin_what_is_the_origins() {
    // RFC 9111 §4.3.2
    let evaluate =
        |lines: &[(Known, &str)]| evaluate_stored(&Method::Get, &fields(lines), &validators(STRONG, true), later(9)).precondition;
    assert_eq!(evaluate(&[(IfMatch, r#""x""#)]), Proceed);
    assert_eq!(evaluate(&[(IfUnmodifiedSince, EARLIER)]), Proceed);
    assert_eq!(evaluate(&[(IfMatch, r#""x""#), (IfNoneMatch, r#""a,b""#)]), NotModified);
}

#[test]
fn ranges_are_for_get_alone_14_2() {
    let validators = validators(STRONG, true);
    for method in [Method::Head, Method::Put, Method::Post] {
        assert!(!evaluate(&method, &Fields::new(), &validators, later(9)).range);
    }
}

proptest! {
    #[test]
    fn any_list_ends_and_finds_the_tags_it_was_made_of(
        tags in prop::collection::vec((any::<bool>(), "[!#-~]{0,6}"), 0..6),
        ours in 0..6_usize,
    ) {
        let line: Vec<_> = tags.iter().map(|(weak, tag)| alloc::format!("{}\"{tag}\"", if *weak { "W/" } else { "" })).collect();
        let line = line.join(" ,");
        let Some((weak, tag)) = tags.get(ours) else { return Ok(()) };
        let etag = Etag { weak: false, opaque: tag.as_bytes() };
        prop_assert_eq!(precondition(&Method::Get, etag, &[(IfNoneMatch, &line)]), NotModified);
        let strong = tags.iter().any(|(weak, other)| !weak && other == tag);
        prop_assert!(strong || *weak);
        prop_assert_eq!(precondition(&Method::Get, etag, &[(IfMatch, &line)]), if strong { Proceed } else { Failed });
    }

    #[test]
    fn any_bytes_are_judged_without_panic(
        value in prop::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'W'), Just(b'/'), any::<u8>()], 0..30),
    ) {
        for known in [IfMatch, IfNoneMatch, IfRange, IfModifiedSince, IfUnmodifiedSince] {
            let mut fields = Fields::new();
            fields.push_known(known, &value);
            let _ = evaluate(&Method::Get, &fields, &validators(STRONG, true), later(9));
        }
    }
}
