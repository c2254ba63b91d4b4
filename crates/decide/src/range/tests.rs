use super::*;
use alloc::format;
use alloc::string::String;
use proptest::prelude::*;

fn spans(pairs: &[(u64, u64)]) -> Requested {
    Requested::Spans(pairs.iter().map(|(start, len)| Span { start: *start, len: *len }).collect())
}

#[test]
fn the_examples_of_rfc_9110_14_1_2_for_10000_bytes() {
    for (value, expected) in [
        ("bytes=0-499", spans(&[(0, 500)])),
        ("bytes=500-999", spans(&[(500, 500)])),
        ("bytes=-500", spans(&[(9500, 500)])),
        ("bytes=9500-", spans(&[(9500, 500)])),
        ("bytes=0-0,-1", spans(&[(0, 1), (9999, 1)])),
        ("bytes= 0-999, 4500-5499, -1000", spans(&[(0, 1000), (4500, 1000), (9000, 1000)])),
        ("bytes=500-600,601-999", spans(&[(500, 500)])),
        ("bytes=500-700,601-999", spans(&[(500, 500)])),
    ] {
        assert_eq!(requested(value.as_bytes(), 10_000), expected, "{value}");
    }
}

#[test]
fn positions_beyond_the_end() {
    // §14.1.2: a last position at or beyond the end is the rest; a suffix longer than the whole is the whole.
    assert_eq!(requested(b"bytes=9-99", 10), spans(&[(9, 1)]));
    assert_eq!(requested(b"bytes=-99", 10), spans(&[(0, 10)]));
    assert_eq!(requested(b"bytes=0-99999999999999999999999999", 10), spans(&[(0, 10)]));
    assert_eq!(requested(b"bytes=-99999999999999999999999999", 10), spans(&[(0, 10)]));
    assert_eq!(requested(b"bytes=5-,20-30", 10), spans(&[(5, 5)]));
    for value in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999999-", "bytes=10-,-0"] {
        assert_eq!(requested(value.as_bytes(), 10), Requested::Unsatisfiable, "{value}");
    }
}

#[test]
fn an_empty_file_has_no_first_byte_but_a_suffix() {
    assert_eq!(requested(b"bytes=0-", 0), Requested::Unsatisfiable);
    assert_eq!(requested(b"bytes=-0", 0), Requested::Unsatisfiable);
    assert_eq!(requested(b"bytes=-5", 0), Requested::Whole);
}

#[test]
fn what_is_not_well_formed_is_ignored() {
    for value in [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "bytes=5-4",
        "bytes=0-4,5-4",
        "bytes=0-4,x",
        "bytes=+1-2",
        "bytes=1--2",
        "bytes=1-2-3",
        "bytes=1 - 2",
        "bytes =1-2",
        "items=0-4",
        "seconds=1-2",
        "0-4",
        "bytes:0-4",
    ] {
        assert_eq!(requested(value.as_bytes(), 10), Requested::Whole, "{value}");
    }
    assert_eq!(requested(b"BYTES=0-4", 10), spans(&[(0, 5)]));
    assert_eq!(requested(b"bytes=,\t0-4 ,, 6-7,", 10), spans(&[(0, 5), (6, 2)]));
}

#[test]
fn parts_keep_the_order_of_the_request() {
    // §15.3.7.2: "SHOULD send the parts in the same order that the corresponding range-spec appeared".
    assert_eq!(requested(b"bytes=8-9,0-1,4-5", 10), spans(&[(8, 2), (0, 2), (4, 2)]));
    assert_eq!(requested(b"bytes=8-9,0-1,4-5,7-7", 10), spans(&[(7, 3), (0, 2), (4, 2)]));
}

#[test]
fn sixteen_parts_and_no_more() {
    let list = |count: usize| (0..count).map(|index| format!("{}-{}", index * 2, index * 2)).collect::<alloc::vec::Vec<_>>().join(",");
    let Requested::Spans(spans) = requested(format!("bytes={}", list(16)).as_bytes(), 100) else { panic!("sixteen are served") };
    assert_eq!(spans.len(), 16);
    assert_eq!(requested(format!("bytes={}", list(17)).as_bytes(), 100), Requested::Whole);
    // Seventeen that are one.
    let adjacent: String = (0..17).map(|index| format!("{index}-{index},")).collect();
    assert_eq!(requested(format!("bytes={adjacent}").as_bytes(), 100), super::tests::spans(&[(0, 17)]));
}

fn spec() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..40_u64, 0..12_u64).prop_map(|(first, more)| format!("{first}-{}", first + more)),
        (0..40_u64).prop_map(|first| format!("{first}-")),
        (0..40_u64).prop_map(|last| format!("-{last}")),
    ]
}

proptest! {
    /// Every byte of a small body, asked for one by one.
    #[test]
    fn coalescing_covers_exactly_the_bytes_asked_for(specs in prop::collection::vec(spec(), 1..8), size in 1..32_u64) {
        let asks = |spec: &str, byte: u64| {
            let (first, last) = spec.split_once('-').expect("a dash");
            match (first.parse::<u64>(), last.parse::<u64>()) {
                (Ok(first), Ok(last)) => (first..=last).contains(&byte),
                (Ok(first), Err(_)) => first <= byte,
                (Err(_), last) => byte + last.expect("a suffix") >= size,
            }
        };
        let wanted: Vec<u64> = (0..size).filter(|byte| specs.iter().any(|spec| asks(spec, *byte))).collect();
        match requested(format!("bytes={}", specs.join(", ")).as_bytes(), size) {
            Requested::Whole => prop_assert!(false, "eight parts are served"),
            Requested::Unsatisfiable => prop_assert!(wanted.is_empty()),
            Requested::Spans(spans) => {
                let mut given: Vec<u64> = spans.iter().flat_map(|span| span.start..span.end()).collect();
                given.sort_unstable();
                prop_assert_eq!(given, wanted);
                // Neither touching nor overlapping, in the order of the first request for any of their bytes.
                for (index, span) in spans.iter().enumerate() {
                    let apart = |other: &Span| span.end() < other.start || other.end() < span.start;
                    prop_assert!(span.len > 0 && spans[index + 1..].iter().all(apart));
                }
                let asked: Vec<usize> = spans.iter().map(|span| {
                    specs.iter().position(|spec| (span.start..span.end()).any(|byte| asks(spec, byte))).expect("somebody asked")
                }).collect();
                prop_assert!(asked.is_sorted(), "{:?}", asked);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic_and_nothing_lies_outside(
        tail in prop::collection::vec(prop_oneof![Just(b'-'), Just(b','), b'0'..=b'9', any::<u8>()], 0..60),
        size in any::<u64>(),
    ) {
        let value = [&b"bytes="[..], &tail].concat();
        if let Requested::Spans(spans) = requested(&value, size) {
            prop_assert!(!spans.is_empty() && spans.len() <= MAX_RANGES);
            prop_assert!(spans.iter().all(|span| span.len > 0 && span.start.checked_add(span.len).is_some_and(|end| end <= size)));
        }
    }
}
