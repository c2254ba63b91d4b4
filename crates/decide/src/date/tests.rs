extern crate std;

use super::*;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use proptest::prelude::*;
use std::time::{SystemTime, UNIX_EPOCH};

fn at(seconds: u64) -> Calendar {
    Calendar(Duration::from_secs(seconds))
}

/// 2026-11-22T00:00:00Z
const NOW: u64 = 1_795_305_600;

fn read(text: &str) -> Option<u64> {
    parse(text.as_bytes(), at(NOW)).map(|at| at.0.as_secs())
}

#[test]
fn the_three_examples_of_rfc_9110_5_6_7_are_one_moment() {
    assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
    assert_eq!(read("Sunday, 06-Nov-94 08:49:37 GMT"), Some(784_111_777));
    assert_eq!(read("Sun Nov  6 08:49:37 1994"), Some(784_111_777));
    assert_eq!(&format_imf(at(784_111_777)), b"Sun, 06 Nov 1994 08:49:37 GMT");
}

#[test]
fn what_the_grammar_does_not_have_is_no_date() {
    for text in [
        "",
        "Sun",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,  6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "Wed, 31 Feb 1994 08:49:37 GMT",
        "Wed, 00 Feb 1994 08:49:37 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 06 08:49:37 94",
        "Sun Nov 6 08:49:37 1994",
        "784111777",
        "-1",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn february_has_29_days_in_leap_years_only() {
    assert_eq!(read("Tue, 29 Feb 2000 00:00:00 GMT"), Some(951_782_400));
    assert_eq!(read("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
    assert_eq!(read("Mon, 29 Feb 2100 00:00:00 GMT"), None);
    assert_eq!(read("Wed, 29 Feb 2023 00:00:00 GMT"), None);
}

#[test]
fn a_leap_second_is_the_second_after_it() {
    assert_eq!(read("Sat, 31 Dec 2016 23:59:60 GMT"), read("Sun, 01 Jan 2017 00:00:00 GMT"));
}

#[test]
fn a_date_before_1970_is_the_beginning() {
    assert_eq!(read("Wed, 31 Dec 1969 23:59:59 GMT"), Some(0));
    assert_eq!(read("Mon, 01 Jan 0001 00:00:00 GMT"), Some(0));
}

#[test]
fn two_digits_reach_50_years_ahead_and_no_further() {
    // RFC 9110 §5.6.7: "more than 50 years in the future" means the past century.
    assert_eq!(read("Sunday, 22-Nov-76 00:00:00 GMT"), read("Sun, 22 Nov 2076 00:00:00 GMT"));
    assert!(read("Sun, 22 Nov 2076 00:00:00 GMT").is_some());
    assert_eq!(read("Monday, 22-Nov-76 00:00:01 GMT"), read("Mon, 22 Nov 1976 00:00:01 GMT"));
    assert!(read("Mon, 22 Nov 1976 00:00:01 GMT").is_some());
    let in_1999 = parse(b"Saturday, 01-Jan-00 00:00:00 GMT", at(946_684_799));
    assert_eq!(in_1999, Some(at(946_684_800)));
    let in_1960s_digits = parse(b"Friday, 01-Jan-99 00:00:00 GMT", at(946_684_800));
    assert_eq!(in_1960s_digits, Some(at(915_148_800)));
}

#[test]
fn a_time_after_9999_is_written_as_its_end() {
    assert_eq!(&format_imf(at(253_402_300_799)), b"Fri, 31 Dec 9999 23:59:59 GMT");
    assert_eq!(&format_imf(Calendar(Duration::MAX)), b"Fri, 31 Dec 9999 23:59:59 GMT");
}

#[test]
fn a_cache_reads_any_case_and_forgives_the_day_of_the_week() {
    let cached = |text: &str| parse_in_any_case(text.as_bytes(), at(NOW)).map(|at| at.0.as_secs());
    for text in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "SUN, 06 NOV 1994 08:49:37 gmt",
        "sun, 06 nov 1994 08:49:37 gMt",
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "sunday, 06-nov-94 08:49:37 GMT",
        "TUE NOV  6 08:49:37 1994",
    ] {
        assert_eq!(cached(text), Some(784_111_777), "{text}");
    }
    for text in [
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Foo, 06 Nov 1994 08:49:37 GMT",
        "0",
    ] {
        assert_eq!(cached(text), None, "{text}");
    }
}

fn oracle(text: &str) -> Option<u64> {
    let at: SystemTime = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(UNIX_EPOCH).expect("it reads nothing before 1970").as_secs())
}

proptest! {
    #[test]
    fn writing_agrees_with_httpdate(seconds in 0..=LAST_SECOND, nanos in 0..1_000_000_000_u32) {
        let ours = format_imf(Calendar(Duration::new(seconds, nanos)));
        let theirs = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        prop_assert_eq!(core::str::from_utf8(&ours), Ok(theirs.as_str()));
        prop_assert_eq!(parse(&ours, at(NOW)), Some(at(seconds)));
    }

    #[test]
    fn the_older_forms_agree_with_httpdate(seconds in 0..at_2069()) {
        let imf = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        let words: Vec<&str> = imf.split(' ').collect();
        let (day, month, year, clock) = (words[1], words[2], words[3], words[4]);
        let asctime = format!("{} {month} {:>2} {clock} {year}", &imf[..3], day.trim_start_matches('0'));
        prop_assert_eq!((read(&asctime), oracle(&asctime)), (Some(seconds), Some(seconds)));
        let long_day = DAYS.iter().find(|long| long[..3] == imf[..3]).expect("a day of the week");
        let rfc850 = format!("{long_day}, {day}-{month}-{} {clock} GMT", &year[2..]);
        // Seen from 20 years later, both pivots lie on the same side.
        prop_assert_eq!(parse(rfc850.as_bytes(), at(seconds + 20 * 365 * DAY_SECONDS)), Some(at(seconds)));
        prop_assert_eq!(oracle(&rfc850), Some(seconds));
    }

    /// One byte changed: both read the same date or none.
    #[test]
    fn damaged_dates_are_judged_alike(seconds in 0..=LAST_SECOND, place in 0..29_usize, byte in 32..127_u8) {
        let mut text = format_imf(at(seconds));
        text[place] = byte;
        let text = String::from_utf8_lossy(&text).into_owned();
        // A leap second and the years before 1970 are ours alone.
        prop_assume!(&text[23..25] != "60" && &text[12..16] >= "1970");
        prop_assert_eq!(read(&text), oracle(&text), "{}", text);
    }

    #[test]
    fn any_bytes_are_read_without_panic(text in prop::collection::vec(any::<u8>(), 0..40), now in any::<u64>()) {
        let strict = parse(&text, at(now));
        prop_assert!(strict.is_none() || strict == parse_in_any_case(&text, at(now)));
    }
}

/// 2069-12-31T23:59:59Z, the last second of the century that httpdate takes two digits for.
fn at_2069() -> u64 {
    3_155_759_999
}
