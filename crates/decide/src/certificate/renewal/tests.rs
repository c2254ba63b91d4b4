use super::*;
use alloc::string::ToString;
use alloc::vec::Vec;
use proptest::prelude::*;

const DAY: Duration = Duration::from_secs(86_400);
const NONE: Failures = Failures { count: 0, last: Calendar(Duration::ZERO), not_until: None };

fn day(day: u32) -> Calendar {
    Calendar(DAY * day)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

/// Ninety days, from the hundredth on.
fn held() -> Held {
    Held { names: names(&["a.test", "b.test"]), not_before: day(100), not_after: day(190) }
}

fn ask(wanted: &[&str], held: Option<&Held>, now: Calendar) -> Decision {
    decide(&names(wanted), held, None, (&NONE, &NONE), now, 0)
}

#[test]
fn what_there_is_none_of_or_lacks_a_name_is_ordered_at_once() {
    assert_eq!(ask(&["a.test"], None, day(1)), Decision::Order(Reason::Missing));
    assert_eq!(ask(&["a.test", "c.test"], Some(&held()), day(101)), Decision::Order(Reason::Lacks("c.test".to_string())));
    assert_eq!(ask(&["a.test"], Some(&held()), day(190)), Decision::Order(Reason::Expired));
    // One name fewer waits for the renewal.
    assert_eq!(ask(&["a.test"], Some(&held()), day(101)), Decision::Wait { until: day(160), reason: Reason::Old });
}

#[test]
fn it_is_renewed_at_two_thirds_of_its_life_and_a_little_earlier_by_chance() {
    let just_before = Calendar(day(160).0 - Duration::from_nanos(1));
    assert_eq!(ask(&["a.test"], Some(&held()), just_before), Decision::Wait { until: day(160), reason: Reason::Old });
    assert_eq!(ask(&["a.test"], Some(&held()), day(160)), Decision::Order(Reason::Old));
    // The earliest that chance allows is a thirtieth of the life, three days, before.
    assert_eq!(renewal(&held(), 0), day(160));
    assert_eq!(renewal(&held(), 1 << 63), Calendar(day(160).0 - DAY * 3 / 2));
    assert!(renewal(&held(), u64::MAX) > day(157) && renewal(&held(), u64::MAX) < Calendar(day(157).0 + Duration::from_secs(1)));
}

#[test]
fn the_authority_may_ask_for_it_earlier_or_later() {
    let window = |start, end| Window { start: day(start), end: day(end) };
    let ask = |window, now| decide(&names(&["a.test"]), Some(&held()), Some(&window), (&NONE, &NONE), now, 1 << 63);
    assert_eq!(ask(window(110, 112), day(101)), Decision::Wait { until: day(111), reason: Reason::Asked });
    assert_eq!(ask(window(110, 112), day(111)), Decision::Order(Reason::Asked));
    assert_eq!(ask(window(170, 172), day(169)), Decision::Wait { until: day(171), reason: Reason::Asked });
    // Windows that make no sense: backwards, empty, after the certificate.
    for nonsense in [window(112, 110), window(110, 110), window(180, 191)] {
        assert!(matches!(ask(nonsense, day(101)), Decision::Wait { reason: Reason::Old, .. }), "{nonsense:?}");
    }
}

#[test]
fn waits_double_from_a_minute_to_a_day() {
    let wait = |count| {
        let failures = Failures { count, last: day(1), not_until: None };
        let waits: Vec<Duration> = (0..100).map(|random| failures.until(random).expect("it failed").0 - day(1).0).collect();
        let (least, most) = (waits.iter().min().expect("some"), waits.iter().max().expect("some"));
        assert!(least != most, "chance plays in");
        (*least, *most)
    };
    for (count, minutes) in [(1, 1), (2, 2), (3, 4), (10, 512), (11, 1024), (12, 1440), (13, 1440), (u32::MAX, 1440)] {
        let base = Duration::from_secs(minutes * 60);
        let (least, most) = wait(count);
        assert!(least >= base && most <= base + base / 4, "{count}: {least:?} to {most:?}");
    }
    assert_eq!(NONE.until(7), None);
}

#[test]
fn an_authority_that_asks_for_patience_gets_it_within_reason() {
    let failures = |until| NONE.and(day(1), Some(until));
    assert_eq!(failures(day(3)).until(0), Some(day(3)));
    assert_eq!(failures(day(4000)).until(0), Some(day(8)));
    // It cannot make us hurry.
    assert_eq!(failures(day(0)).until(0), NONE.and(day(1), None).until(0));
}

#[test]
fn failures_hold_up_what_is_due_and_nothing_else() {
    let failed = NONE.and(day(160), None);
    let until = failed.until(0).expect("it failed");
    let ask = |of_order, of_authority, now| decide(&names(&["a.test"]), Some(&held()), None, (of_order, of_authority), now, 0);
    for (of_order, of_authority) in [(&failed, &NONE), (&NONE, &failed)] {
        assert_eq!(ask(of_order, of_authority, day(160)), Decision::Wait { until, reason: Reason::Failed });
        assert_eq!(ask(of_order, of_authority, until), Decision::Order(Reason::Old));
        // A clock that was put back by years.
        let mut renewed_long_ago = held();
        renewed_long_ago.not_after = day(20);
        let now = day(30);
        let decision = decide(&names(&["a.test"]), Some(&renewed_long_ago), None, (of_order, of_authority), now, 0);
        assert_eq!(decision, Decision::Order(Reason::Expired));
    }
    // The longer of two waits counts.
    let patient = NONE.and(day(160), Some(day(165)));
    assert_eq!(ask(&failed, &patient, day(160)), Decision::Wait { until: day(165), reason: Reason::Failed });
}

prop_compose! {
    fn any_calendar()(seconds in prop_oneof![0..20_000_000_000u64, Just(u64::MAX)], nanos in 0..1_000_000_000u32) -> Calendar {
        Calendar(Duration::new(seconds, nanos))
    }
}

prop_compose! {
    fn any_failures()(
        count in prop_oneof![0..20u32, Just(u32::MAX)],
        last in any_calendar(),
        not_until in proptest::option::of(any_calendar()),
    ) -> Failures {
        Failures { count, last, not_until }
    }
}

proptest! {
    #[test]
    fn a_renewal_is_in_the_last_third_but_for_a_thirtieth(not_before in any_calendar(), not_after in any_calendar(), random: u64) {
        let held = Held { names: names(&["a.test"]), not_before, not_after };
        let at = renewal(&held, random);
        prop_assert!(at >= not_before);
        if not_after > not_before {
            let life = not_after.0 - not_before.0;
            // Divisions round down, by a few nanoseconds in all.
            let slack = Duration::from_nanos(4);
            prop_assert!(at.0 <= not_before.0 + life / 3 * 2);
            prop_assert!(at.0 + slack >= not_before.0 + life / 30 * 19);
            prop_assert!(at <= not_after);
        }
    }

    #[test]
    fn whatever_is_asked_a_wait_ends_later_and_asking_then_gives_no_shorter_one(
        held in proptest::option::of((any_calendar(), any_calendar())),
        window in proptest::option::of((any_calendar(), any_calendar())),
        of_order in any_failures(),
        of_authority in any_failures(),
        now in any_calendar(),
        random: u64,
    ) {
        let wanted = names(&["a.test"]);
        let held = held.map(|(not_before, not_after)| Held { names: wanted.clone(), not_before, not_after });
        let window = window.map(|(start, end)| Window { start, end });
        let ask = |now| decide(&wanted, held.as_ref(), window.as_ref(), (&of_order, &of_authority), now, random);
        let decision = ask(now);
        prop_assert_eq!(&decision, &ask(now));
        if let Decision::Wait { until, .. } = decision {
            prop_assert!(until > now);
            if let Decision::Wait { until: next, .. } = ask(until) {
                prop_assert!(next > until);
            }
        }
    }

    #[test]
    fn one_more_failure_never_shortens_the_wait_by_more_than_chance(count in 1..40u32, random: u64) {
        let wait = |count| Failures { count, last: day(1), not_until: None }.until(random).expect("it failed").0 - day(1).0;
        prop_assert!(wait(count) <= LONGEST_WAIT + LONGEST_WAIT / 4);
        prop_assert!(wait(count + 1) * 5 / 4 >= wait(count));
    }
}
