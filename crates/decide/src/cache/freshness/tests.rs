use super::super::tests::{after, at, life, policy, response};
use super::*;
use alloc::format;
use proptest::prelude::*;

const DATE: &str = "Date: Sun, 22 Nov 2026 00:00:00 GMT";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn lifetime_of(status: u16, lines: &[&str]) -> (u64, Basis) {
    let life = life(status, lines, &policy());
    (life.lifetime.as_secs(), life.basis)
}

#[test]
fn the_first_that_says_something_is_the_lifetime_4_2_1() {
    let expires = "Expires: Sun, 22 Nov 2026 00:00:30 GMT";
    let modified = "Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT";
    for (lines, expected) in [
        (&["Cache-Control: max-age=20, s-maxage=10", expires, DATE][..], (10, Basis::SMaxage)),
        (&["Cache-Control: max-age=20", expires, DATE], (20, Basis::MaxAge)),
        (&[expires, modified, DATE], (30, Basis::Expires)),
        (&[modified, DATE], (8640, Basis::Heuristic)),
        (&[DATE], (0, Basis::Nothing)),
        // §4.2.1: what is invalid is stale, and nothing behind it counts.
        (&["Cache-Control: max-age=x", expires, modified, DATE], (0, Basis::Invalid)),
        (&["Cache-Control: s-maxage=x, max-age=20"], (0, Basis::Invalid)),
        (&["Expires: 0", modified, DATE], (0, Basis::Invalid)),
        // §5.3: a past date; RFC 9213 §2.2: no Expires beside a targeted field.
        (&["Expires: Sat, 21 Nov 2026 00:00:00 GMT", DATE], (0, Basis::Expires)),
        (&["CDN-Cache-Control: max-age=5", "Cache-Control: max-age=20", expires], (5, Basis::MaxAge)),
        (&["CDN-Cache-Control: immutable", expires, DATE], (0, Basis::Nothing)),
    ] {
        assert_eq!(lifetime_of(200, lines), expected, "{lines:?}");
    }
    // Without a Date, its arrival.
    assert_eq!(lifetime_of(200, &[expires]), (30, Basis::Expires));
    assert_eq!(lifetime_of(200, &[expires, "Date: yesterday"]), (30, Basis::Expires));
}

#[test]
fn a_guess_is_made_only_where_it_may_be_4_2_2() {
    let modified = "Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT";
    for status in [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501] {
        assert_eq!(lifetime_of(status, &[modified, DATE]).1, Basis::Heuristic, "{status}");
    }
    for status in [201, 302, 303, 307, 400, 403, 500, 503, 599] {
        assert_eq!(lifetime_of(status, &[modified, DATE]).1, Basis::Nothing, "{status}");
        assert_eq!(lifetime_of(status, &[modified, DATE, "Cache-Control: public"]).1, Basis::Heuristic, "{status}");
    }
    let long_ago = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT";
    assert_eq!(lifetime_of(200, &[long_ago, DATE]), (86_400, Basis::Heuristic), "the owner's limit");
    assert_eq!(lifetime_of(200, &["Last-Modified: Sun, 06 Nov 2044 08:49:37 GMT", DATE]), (0, Basis::Heuristic));
    let never = Policy { heuristic_percent: 0, assumed: seconds(7), ..policy() };
    assert_eq!(life(200, &[modified, DATE], &never).basis, Basis::Assumed);
    assert_eq!(life(200, &[], &never).lifetime, seconds(7));
    assert_eq!(life(302, &[], &never).basis, Basis::Nothing);
}

#[test]
fn the_age_on_arrival_4_2_3() {
    let arrived = |lines: &[&str], requested: u64, received: u64| {
        let response = response(200, lines);
        let times = Times { requested: after(requested), received: after(received) };
        Life::of(&response, &response.fields, &Directives::default(), times, &policy()).age_on_arrival
    };
    assert_eq!(arrived(&[DATE], 0, 0), Duration::ZERO);
    // apparent_age, and never below zero.
    assert_eq!(arrived(&[DATE], 100, 100), seconds(100));
    assert_eq!(arrived(&["Date: Sun, 22 Nov 2026 01:00:00 GMT"], 0, 0), Duration::ZERO);
    // corrected_age_value: what Age says and how long the answer took.
    assert_eq!(arrived(&[DATE, "Age: 30"], 0, 4), seconds(34));
    assert_eq!(arrived(&[DATE, "Age: 30"], 98, 100), seconds(100), "the greater of both");
    assert_eq!(arrived(&["Age: 2147483648"], 0, 0), seconds(1 << 31));
}

#[test]
fn age_of_several_members_5_1() {
    let aged = |lines: &[&str]| life(200, lines, &policy()).age_on_arrival.as_secs();
    assert_eq!(aged(&["Age: 7, 9"]), 7);
    assert_eq!(aged(&["Age: 7", "Age: 9"]), 7);
    for ignored in ["Age: x", "Age: -1", "Age: 1.5", "Age: 7;x=y", "Age:", "Age: x, 7"] {
        assert_eq!(aged(&[ignored]), 0, "{ignored}");
    }
}

#[test]
fn time_passes_in_the_cache() {
    let life = life(200, &[DATE, "Age: 10", "Cache-Control: max-age=60"], &policy());
    assert_eq!((life.age(after(0)), life.ttl(after(0))), (seconds(10), 50));
    assert_eq!((life.age(after(49)), life.is_fresh(after(49))), (seconds(59), true));
    // §4.2: the lifetime must be greater than the age.
    assert_eq!((life.ttl(after(50)), life.is_fresh(after(50))), (0, false));
    assert_eq!(life.ttl(after(60)), -10);
    assert_eq!(life.age(Calendar::default()), seconds(10), "a clock that was set back makes nothing younger");
}

fn used(lines: &[&str], wishes: Wishes, now: u64) -> (Reuse, Rule) {
    reuse(&life(200, lines, &policy()), &wishes, None, after(now), &mut Record::off())
}

#[test]
fn fresh_or_stale() {
    let plain = Wishes::default();
    let lines = |directives: &str| alloc::vec![format!("Cache-Control: max-age=10, {directives}")];
    let ask = |directives: &str, now| {
        let lines = lines(directives);
        used(&lines.iter().map(|line| &line[..]).collect::<alloc::vec::Vec<_>>(), plain, now)
    };
    assert_eq!(ask("x", 9), (Reuse::Fresh, Rule::Fresh));
    assert_eq!(ask("x", 10), (Reuse::MustValidate, Rule::Stale));
    assert_eq!(ask("no-cache", 0), (Reuse::MustValidate, Rule::NoCache));
    assert_eq!(ask("no-cache=\"a\"", 0), (Reuse::Fresh, Rule::Fresh));
    // RFC 5861 §3, §4: windows begin when freshness ends.
    assert_eq!(ask("stale-while-revalidate=5", 15), (Reuse::StaleWhileRevalidate, Rule::StaleWhileRevalidate));
    assert_eq!(ask("stale-while-revalidate=5", 16), (Reuse::MustValidate, Rule::Stale));
    assert_eq!(ask("stale-if-error=5", 15), (Reuse::StaleIfError, Rule::StaleIfError));
    assert_eq!(ask("stale-if-error=5", 16), (Reuse::MustValidate, Rule::Stale));
    assert_eq!(ask("stale-while-revalidate=5, stale-if-error=9", 17), (Reuse::StaleIfError, Rule::StaleIfError));
    assert_eq!(ask("stale-while-revalidate=x", 11), (Reuse::MustValidate, Rule::Stale));
    // §4.2.4, §5.2.2.2, §5.2.2.8, §5.2.2.10
    for forbidding in ["must-revalidate", "proxy-revalidate", "s-maxage=10"] {
        let directives = format!("{forbidding}, stale-while-revalidate=99, stale-if-error=99");
        assert_eq!(ask(&directives, 9), (Reuse::Fresh, Rule::Fresh), "{forbidding}");
        assert_eq!(ask(&directives, 10), (Reuse::MustValidate, Rule::StaleForbidden), "{forbidding}");
    }
}

#[test]
fn windows_of_the_owner_are_for_answers_that_say_nothing() {
    let owner = Policy { stale_while_revalidate: seconds(5), stale_if_error: seconds(50), ..policy() };
    let windows = |directives: &str, policy: &Policy| {
        let life = life(200, &[&format!("Cache-Control: max-age=1{directives}")], policy);
        (life.while_revalidate.as_secs(), life.if_error.as_secs())
    };
    assert_eq!(windows("", &owner), (5, 50));
    assert_eq!(windows(", stale-while-revalidate=0, stale-if-error=1", &owner), (0, 1));
    for forbidding in [", must-revalidate", ", proxy-revalidate", ", s-maxage=1", ", no-cache"] {
        assert_eq!(windows(forbidding, &owner), (0, 0), "{forbidding}");
    }
    let lenient = Policy { stale_beside_s_maxage: true, ..owner };
    assert_eq!(windows(", s-maxage=1, stale-while-revalidate=9", &lenient), (9, 0));
    assert_eq!(windows(", s-maxage=1, must-revalidate, stale-while-revalidate=9", &lenient), (0, 0));
}

#[test]
fn what_a_client_wishes_5_2_1() {
    let of = |seconds: u64| Seconds::Of(Duration::from_secs(seconds));
    let max_age = |seconds: u64| Wishes { max_age: of(seconds), ..Wishes::default() };
    let lines = &["Cache-Control: max-age=60"][..];
    assert_eq!(used(lines, max_age(5), 5), (Reuse::Fresh, Rule::Fresh));
    assert_eq!(used(lines, max_age(5), 6), (Reuse::MustValidate, Rule::RequestMaxAge));
    // RFC 8246 §2: no-cache asks anew, max-age does not.
    let immutable = &["Cache-Control: max-age=60, immutable"][..];
    assert_eq!(used(immutable, max_age(0), 6), (Reuse::Fresh, Rule::Fresh));
    let no_cache = Wishes { no_cache: true, ..Wishes::default() };
    assert_eq!(used(immutable, no_cache, 6), (Reuse::MustValidate, Rule::RequestNoCache));
    let min_fresh = Wishes { min_fresh: of(10), ..Wishes::default() };
    assert_eq!(used(lines, min_fresh, 50), (Reuse::Fresh, Rule::Fresh));
    assert_eq!(used(lines, min_fresh, 51), (Reuse::MustValidate, Rule::RequestMinFresh));
    let max_stale = Wishes { max_stale: Some(seconds(10)), ..Wishes::default() };
    assert_eq!(used(lines, max_stale, 70), (Reuse::StaleAllowed, Rule::RequestMaxStale));
    assert_eq!(used(lines, max_stale, 71), (Reuse::MustValidate, Rule::Stale));
    // §4.2.4: no wish overrides what the response forbids.
    assert_eq!(used(&["Cache-Control: max-age=60, must-revalidate"], max_stale, 61), (Reuse::MustValidate, Rule::StaleForbidden));
    // §5.2.1.1: who names an age takes nothing stale without max-stale.
    let window = &["Cache-Control: max-age=60, stale-while-revalidate=60"][..];
    assert_eq!(used(window, max_age(99), 61), (Reuse::MustValidate, Rule::Stale));
    assert_eq!(used(window, Wishes::default(), 61).0, Reuse::StaleWhileRevalidate);
    let if_error = Wishes { stale_if_error: of(5), ..Wishes::default() };
    assert_eq!(used(lines, if_error, 65), (Reuse::StaleIfError, Rule::StaleIfError));
    assert_eq!(used(lines, if_error, 66), (Reuse::MustValidate, Rule::Stale));
}

#[test]
fn a_soft_purge_makes_stale_at_once() {
    let purged = |directives: &str, now: u64| {
        let life = life(200, &[&format!("Cache-Control: max-age=1000{directives}")], &policy());
        reuse(&life, &Wishes::default(), Some(after(100)), after(now), &mut Record::off()).0
    };
    assert_eq!(purged("", 100), Reuse::MustValidate);
    assert_eq!(purged(", stale-while-revalidate=5", 105), Reuse::StaleWhileRevalidate);
    assert_eq!(purged(", stale-while-revalidate=5", 106), Reuse::MustValidate);
    assert_eq!(purged(", stale-while-revalidate=5, must-revalidate", 105), Reuse::MustValidate);
}

#[test]
fn the_record_tells_what_was_asked() {
    let mut record = Record::on();
    let life = life(200, &["Cache-Control: max-age=10, stale-if-error=5"], &policy());
    reuse(&life, &Wishes::default(), None, after(12), &mut record);
    let asked: alloc::vec::Vec<(Rule, bool)> = record.asked().iter().map(|asked| (asked.rule, asked.holds)).collect();
    assert_eq!(
        asked,
        [
            (Rule::NoCache, false),
            (Rule::RequestNoCache, false),
            (Rule::PurgedSoftly, false),
            (Rule::Fresh, false),
            (Rule::StaleForbidden, false),
            (Rule::RequestMaxStale, false),
            (Rule::StaleWhileRevalidate, false),
            (Rule::StaleIfError, true),
        ]
    );
    assert_eq!(record.asked()[3].detail, "12 s old, fresh for 10 s by max-age");
}

proptest! {
    /// Against the formulas of §4.2.3, in seconds.
    #[test]
    fn age_as_it_is_defined(date in 0..2000_u64, age in prop::option::of(0..5000_u64), delay in 0..100_u64, later in 0..10_000_u64) {
        let (request_time, response_time, now) = (1000, 1000 + delay, 1000 + delay + later);
        let mut response = response(200, &[]);
        response.fields.push_known(Known::Date, &date::format_imf(after(date)));
        if let Some(age) = age {
            response.fields.push_known(Known::Age, format!("{age}").as_bytes());
        }
        let times = Times { requested: after(request_time), received: after(response_time) };
        let life = Life::of(&response, &response.fields, &Directives::default(), times, &policy());
        let apparent_age = response_time.saturating_sub(date);
        let response_delay = response_time - request_time;
        let corrected_age_value = age.unwrap_or(0) + response_delay;
        let corrected_initial_age = apparent_age.max(corrected_age_value);
        let resident_time = now - response_time;
        prop_assert_eq!(life.age(after(now)), seconds(corrected_initial_age + resident_time));
    }

    /// Nothing gets fresher with time, and nothing is usable that something forbids.
    #[test]
    fn freshness_only_passes(
        max_age in 0..50_u64,
        swr in 0..50_u64,
        sie in 0..50_u64,
        forbids in any::<bool>(),
        one in 0..200_u64,
        more in 0..200_u64,
    ) {
        let forbid = if forbids { ", must-revalidate" } else { "" };
        let line = format!("Cache-Control: max-age={max_age}, stale-while-revalidate={swr}, stale-if-error={sie}{forbid}");
        let rank = |now: u64| match used(&[&line], Wishes::default(), now).0 {
            Reuse::Fresh => 0,
            Reuse::StaleWhileRevalidate => 1,
            Reuse::StaleIfError => 2,
            Reuse::MustValidate => 3,
            Reuse::StaleAllowed => unreachable!("nobody wished it"),
        };
        prop_assert!(rank(one) <= rank(one + more));
        prop_assert_eq!(rank(one) == 0, one < max_age);
        prop_assert!(!forbids || matches!(rank(one), 0 | 3));
    }

    #[test]
    fn any_times_are_reckoned_without_panic(requested in any::<u64>(), received in any::<u64>(), now in any::<u64>()) {
        let response = response(200, &["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Expires: Fri, 31 Dec 9999 23:59:59 GMT", "Age: 99"]);
        let calendar = |seconds: u64| Calendar(Duration::from_secs(seconds));
        let times = Times { requested: calendar(requested), received: calendar(received) };
        let life = Life::of(&response, &response.fields, &Directives::default(), times, &policy());
        let _ = (life.ttl(calendar(now)), life.age(Calendar(Duration::MAX)), life.is_over_on_arrival());
        let _ = reuse(&life, &Wishes::default(), Some(calendar(received)), calendar(now), &mut Record::on());
        let _ = at(0);
    }
}
