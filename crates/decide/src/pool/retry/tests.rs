use super::*;
use alloc::vec;
use proptest::prelude::*;

fn settings() -> config::Retry {
    config::Retry { attempts: 2, budget_percent: 20, budget_min: 0, statuses: vec![503] }
}

const REFUSED: Cause = Cause::Failed(ProxyError::ConnectionRefused);

fn attempt(method: &Method) -> Attempt<'_> {
    Attempt {
        method,
        tries: 1,
        sent: Sent::Whole,
        replayable: true,
        answered: false,
        cause: Cause::Failed(ProxyError::ConnectionTerminated),
    }
}

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

#[test]
fn what_was_never_sent_is_tried_again_whatever_the_method() {
    for method in [Method::Get, Method::Post, Method::Extension("CHARGE".into())] {
        let attempt = Attempt { sent: Sent::Nothing, cause: REFUSED, ..attempt(&method) };
        assert_eq!(may_retry(&settings(), &attempt), Ok(()));
    }
}

#[test]
fn what_may_have_acted_is_tried_again_only_if_idempotent() {
    for sent in [Sent::Part, Sent::Whole] {
        for method in [Method::Get, Method::Head, Method::Put, Method::Delete, Method::Options, Method::Trace] {
            assert_eq!(may_retry(&settings(), &Attempt { sent, ..attempt(&method) }), Ok(()));
        }
        for method in [Method::Post, Method::Patch, Method::Connect, Method::Extension("get".into())] {
            assert!(may_retry(&settings(), &Attempt { sent, ..attempt(&method) }).unwrap_err().contains("not idempotent"));
        }
    }
}

#[test]
fn an_answer_that_has_begun_a_body_that_is_gone_and_the_last_try_end_it() {
    let get = attempt(&Method::Get);
    assert_eq!(may_retry(&settings(), &Attempt { answered: true, ..get }), Err("the answer has begun"));
    assert_eq!(may_retry(&settings(), &Attempt { replayable: false, ..get }), Err("part of the request's body is gone"));
    assert_eq!(may_retry(&settings(), &Attempt { tries: 2, ..get }), Ok(()));
    assert_eq!(may_retry(&settings(), &Attempt { tries: 3, ..get }), Err("no tries left"));
    assert_eq!(may_retry(&config::Retry { attempts: 0, ..settings() }, &get), Err("no tries left"));
}

#[test]
fn statuses_are_retried_where_configured_and_idempotent() {
    let answered_503 = |method| Attempt { cause: Cause::Status(503), ..attempt(method) };
    assert_eq!(may_retry(&settings(), &answered_503(&Method::Get)), Ok(()));
    assert!(may_retry(&settings(), &answered_503(&Method::Post)).is_err());
    // A backend that answers has had the request, whatever we believe we sent.
    assert!(may_retry(&settings(), &Attempt { sent: Sent::Nothing, ..answered_503(&Method::Post) }).is_err());
    assert!(may_retry(&settings(), &Attempt { cause: Cause::Status(500), ..attempt(&Method::Get) }).is_err());
}

#[test]
fn the_budget_is_a_percentage_of_ten_seconds() {
    let mut budget = Budget::new(&settings());
    (0..50).for_each(|at_ms| budget.deposit(at(at_ms * 20)));
    let granted = (0..30).filter(|_| budget.withdraw(at(999))).count();
    assert_eq!(granted, 10, "20 % of 50");
    // The requests of the first second count until the tenth is over, and so do its retries.
    (0..50).for_each(|_| budget.deposit(at(9_000)));
    assert_eq!((0..30).filter(|_| budget.withdraw(at(9_999))).count(), 10);
    // Then the first second is forgotten: 50 requests, 10 retries.
    assert!(!budget.withdraw(at(10_000)));
    assert!(!budget.withdraw(at(18_999)));
    // And at last everything.
    (0..5).for_each(|_| budget.deposit(at(19_000)));
    assert!(budget.withdraw(at(19_000)) && !budget.withdraw(at(19_000)));
}

#[test]
fn the_minimum_is_per_second_and_needs_no_requests() {
    let mut budget = Budget::new(&config::Retry { budget_min: 3, ..settings() });
    for second in 0..5 {
        let granted = (0..10).filter(|_| budget.withdraw(at(second * 1000 + 500))).count();
        assert_eq!(granted, 3, "in second {second}");
    }
}

#[test]
fn a_reload_keeps_the_counts_and_takes_the_new_percentage() {
    let mut budget = Budget::new(&settings());
    (0..10).for_each(|_| budget.deposit(at(0)));
    assert!(budget.withdraw(at(0)) && budget.withdraw(at(0)) && !budget.withdraw(at(0)));
    let mut budget = budget.reconfigured(&config::Retry { budget_percent: 30, ..settings() });
    assert!(budget.withdraw(at(0)) && !budget.withdraw(at(0)));
}

proptest! {
    /// Against a list of all events: in no order of times is more granted than the percentage.
    #[test]
    fn no_more_is_granted_than_the_percentage_or_the_minimum(
        percent in 0..150_u32,
        min in 0..3_u32,
        events in proptest::collection::vec((prop_oneof![9 => 0..2_500_u64, 1 => 9_000..12_000_u64], any::<bool>()), 1..200),
    ) {
        let mut budget = Budget::new(&config::Retry { budget_percent: percent, budget_min: min, ..settings() });
        let (mut requests, mut retries, mut now) = (vec![], vec![], 0);
        for (later, retry) in events {
            now += later;
            let second = now / 1000;
            let window = |seconds: &alloc::vec::Vec<u64>| seconds.iter().filter(|at| **at + 10 > second).count() as u64;
            if !retry {
                budget.deposit(at(now));
                requests.push(second);
                continue;
            }
            let this_second = retries.iter().filter(|at| **at == second).count() as u64;
            let allowed = this_second < u64::from(min) || (window(&retries) + 1) * 100 <= window(&requests) * u64::from(percent);
            prop_assert_eq!(budget.withdraw(at(now)), allowed);
            if allowed {
                retries.push(second);
            }
        }
    }
}
