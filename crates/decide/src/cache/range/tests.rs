use super::super::tests::{fields, text};
use super::*;
use alloc::format;
use alloc::vec;
use proptest::prelude::*;

fn part(start: u64, end: u64, complete_length: Option<u64>) -> Part {
    Part { span: Span { start, len: end - start }, complete_length }
}

#[test]
fn content_range_rfc_9110_14_4() {
    assert_eq!(content_range(b"bytes 42-1233/1234"), Some(part(42, 1234, Some(1234))));
    assert_eq!(content_range(b"Bytes 0-0/*"), Some(part(0, 1, None)));
    for value in [
        "",
        "bytes",
        "bytes */10",
        "bytes 0-9",
        "bytes 9-0/10",
        "bytes 0-10/10",
        "bytes 0-9/x",
        "bytes -9/10",
        "bytes 0-/10",
        "lines 0-9/10",
        "bytes 0-9 /10",
        "bytes +0-9/10",
        "bytes 0-99999999999999999999/*",
        "bytes=0-9/10",
        "bytes 0-18446744073709551615/*",
    ] {
        assert_eq!(content_range(value.as_bytes()), None, "{value}");
    }
}

#[test]
fn only_a_strong_tag_joins_parts_rfc_9111_3_4() {
    let same = |one: &[&str], other: &[&str]| can_combine(&fields(one), &fields(other));
    assert!(same(&["ETag: \"a\""], &["ETag: \"a\""]));
    let date = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT";
    for (one, other) in
        [("ETag: \"a\"", "ETag: \"b\""), ("ETag: W/\"a\"", "ETag: W/\"a\""), (date, date), ("ETag: a", "ETag: a"), ("X: y", "X: y")]
    {
        assert!(!same(&[one], &[other]), "{one}");
    }
}

#[test]
fn one_tag_for_two_codings_joins_nothing() {
    let gzip = ["ETag: \"a\"", "Content-Encoding: gzip"];
    assert!(can_combine(&fields(&gzip), &fields(&gzip)));
    assert!(!can_combine(&fields(&gzip), &fields(&gzip[..1])) && !can_combine(&fields(&gzip[..1]), &fields(&gzip)));
}

#[test]
fn a_range_that_one_part_can_answer() {
    for range in ["bytes=0-", "bytes=5-9", "bytes=-3", "Bytes=7-7"] {
        assert_eq!(sole_range(&fields(&[&format!("Range: {range}")])), Some(range.as_bytes()));
    }
    for lines in
        [&[][..], &["Range: bytes=0-1,4-5"], &["Range: lines=1-2"], &["Range: bytes=3-2"], &["Range: bytes=0-1", "Range: bytes=0-1"]]
    {
        assert_eq!(sole_range(&fields(lines)), None, "{lines:?}");
    }
}

#[test]
fn parts_lie_one_after_the_other() {
    let mut parts = Parts::new(part(4, 8, Some(20)));
    assert!(parts.add(part(10, 12, None)) && parts.held() == 6);
    let place = |start, end| parts.place(Span { start, len: end - start });
    assert_eq!((place(4, 8), place(6, 7), place(10, 12), place(11, 12)), (Some(0), Some(2), Some(4), Some(5)));
    assert_eq!((place(7, 9), place(8, 10), place(0, 1)), (None, None, None));
    assert!(parts.contradicts(&part(0, 1, Some(21))) && parts.contradicts(&part(19, 21, None)) && !parts.contradicts(&part(0, 20, None)));
}

#[test]
fn parts_grow_together() {
    let mut parts = Parts::new(part(4, 8, None));
    assert!(parts.add(part(0, 2, Some(10))) && !parts.is_complete());
    assert_eq!((parts.spans().len(), parts.complete_length()), (2, Some(10)));
    assert!(parts.covers(Span { start: 5, len: 3 }) && !parts.covers(Span { start: 1, len: 2 }));
    assert!(!parts.add(part(2, 4, Some(11))), "another length");
    assert!(!parts.add(part(8, 11, None)), "beyond the end");
    assert!(parts.add(part(1, 5, None)));
    assert_eq!(parts.spans(), [Span { start: 0, len: 8 }]);
    assert!(parts.add(part(8, 10, Some(10))) && parts.is_complete());
}

#[test]
fn parts_do_not_grow_without_end() {
    let mut parts = Parts::new(part(0, 1, None));
    for at in 1..MOST_PARTS as u64 {
        assert!(parts.add(part(2 * at, 2 * at + 1, None)));
    }
    assert!(!parts.add(part(1000, 1001, None)));
    assert!(parts.add(part(1, 2, None)), "what fills a gap is welcome");
}

#[test]
fn what_parts_can_answer_3_3() {
    let parts = Parts::new(part(4, 8, Some(10)));
    let spans = |start, len| Some(Requested::Spans(vec![Span { start, len }]));
    assert_eq!(parts.requested(b"bytes=5-7"), spans(5, 3));
    assert_eq!(parts.requested(b"bytes=-1"), None);
    assert_eq!(parts.requested(b"bytes=7-"), None);
    assert_eq!(parts.requested(b"bytes=4-4,7-7"), Some(Requested::Spans(vec![Span { start: 4, len: 1 }, Span { start: 7, len: 1 }])));
    assert_eq!(parts.requested(b"bytes=4-4,9-9"), None);
    assert_eq!(parts.requested(b"bytes=10-"), Some(Requested::Unsatisfiable));
    assert_eq!(parts.requested(b"lines=1-2"), None, "the whole");
    let unknown = Parts::new(part(4, 8, None));
    assert_eq!(unknown.requested(b"bytes=5-7"), spans(5, 3));
    for value in [&b"bytes=5-"[..], b"bytes=-2", b"bytes=100-"] {
        assert_eq!(unknown.requested(value), None);
    }
}

#[test]
fn what_is_missing_is_asked_for_in_one_range() {
    let asked = |parts: &Parts, wanted: Option<(u64, u64)>| {
        let wanted = wanted.map(|(start, end)| Span { start, len: end - start });
        parts.missing(wanted).map(|missing| text(&missing.value()))
    };
    let beginning = Parts::new(part(0, 5, Some(10)));
    assert_eq!(asked(&beginning, None).as_deref(), Some("bytes=5-"));
    assert_eq!(asked(&beginning, Some((3, 8))).as_deref(), Some("bytes=5-7"));
    assert_eq!(asked(&beginning, Some((1, 4))), None);
    let end = Parts::new(part(5, 10, Some(10)));
    assert_eq!(asked(&end, None).as_deref(), Some("bytes=0-4"));
    let mut both = Parts::new(part(0, 3, Some(10)));
    assert!(both.add(part(8, 10, None)) && both.add(part(5, 6, None)));
    assert_eq!(asked(&both, None).as_deref(), Some("bytes=3-7"), "one range, and the part between comes once more");
    assert_eq!(asked(&Parts::new(part(0, 5, None)), None).as_deref(), Some("bytes=5-"));
    assert_eq!(asked(&Parts::new(part(2, 5, None)), None).as_deref(), Some("bytes=0-"));
    assert_eq!(asked(&Parts::new(part(0, 10, Some(10))), None), None);
}

proptest! {
    /// Against a map of bytes.
    #[test]
    fn parts_are_the_union_of_what_was_added(
        added in prop::collection::vec((0..40_u64, 1..12_u64), 1..12),
        wanted in (0..40_u64, 1..12_u64),
    ) {
        const LENGTH: u64 = 52;
        let mut there = [false; LENGTH as usize];
        let mut parts: Option<Parts> = None;
        for (start, len) in added {
            let part = part(start, start + len, Some(LENGTH));
            match &mut parts {
                None => parts = Some(Parts::new(part)),
                Some(parts) => prop_assert!(parts.add(part)),
            }
            there[start as usize..(start + len) as usize].fill(true);
        }
        let parts = parts.expect("at least one");
        let span = Span { start: wanted.0, len: wanted.1 };
        prop_assert_eq!(parts.covers(span), there[span.start as usize..span.end() as usize].iter().all(|byte| *byte));
        prop_assert!(parts.spans().windows(2).all(|pair| pair[0].end() < pair[1].start));
        for wanted in [None, Some(span)] {
            let (from, to) = wanted.map_or((0, LENGTH), |span| (span.start, span.end()));
            let gaps: Vec<u64> = (from..to).filter(|at| !there[*at as usize]).collect();
            let asked = parts.missing(wanted).map(|missing| (missing.start, missing.end.unwrap_or(LENGTH)));
            prop_assert_eq!(asked, gaps.first().map(|first| (*first, gaps[gaps.len() - 1] + 1)));
        }
    }

    #[test]
    fn any_content_range_is_read_without_panic(value in prop::collection::vec(any::<u8>(), 0..40), near in "bytes [0-9*/-]{0,24}") {
        for value in [&value[..], near.as_bytes()] {
            if let Some(part) = content_range(value) {
                prop_assert!(part.span.len > 0);
                prop_assert!(part.complete_length.is_none_or(|length| part.span.end() <= length));
                let mut parts = Parts::new(part);
                let _ = (parts.add(part), parts.requested(b"bytes=0-,-5"), parts.missing(None));
            }
        }
    }
}
