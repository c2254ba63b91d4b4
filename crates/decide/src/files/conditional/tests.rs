use super::*;
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

fn precondition(method: &Method, etag: Etag<'_>, lines: &[(Known, &str)]) -> Precondition {
    evaluate(method, &fields(lines), &Validators { etag, last_modified: MODIFIED }, later(1000)).precondition
}

fn range(etag: Etag<'_>, now: Calendar, lines: &[(Known, &str)]) -> bool {
    evaluate(&Method::Get, &fields(lines), &Validators { etag, last_modified: MODIFIED }, now).range
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
    let now = later(1000);
    assert!(range(STRONG, now, &[]));
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
        assert_eq!(range(STRONG, now, &[(IfRange, value)]), expected, "{value}");
    }
    assert!(!range(WEAK, now, &[(IfRange, r#"W/"a,b""#)]));
    assert!(!range(STRONG, now, &[(IfRange, SAME), (IfRange, SAME)]));
}

#[test]
fn a_date_vouches_for_bytes_only_once_its_second_is_past() {
    assert!(!range(STRONG, later(1), &[(IfRange, SAME)]));
    assert!(range(STRONG, later(2), &[(IfRange, SAME)]));
    assert!(!range(STRONG, Calendar::default(), &[(IfRange, SAME)]), "modified in the future");
}

#[test]
fn ranges_are_for_get_alone_14_2() {
    let validators = Validators { etag: STRONG, last_modified: MODIFIED };
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
            let _ = evaluate(&Method::Get, &fields, &Validators { etag: STRONG, last_modified: MODIFIED }, later(9));
        }
    }
}
