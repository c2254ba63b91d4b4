use super::*;
use decide::time::Duration;

fn day(day: u64) -> Calendar {
    Calendar(Duration::from_secs(day * 86_400))
}

#[test]
fn a_failure_says_what_happened_and_when_it_is_tried_again() {
    let failed = |failures| Event::Failed {
        site: "shop".to_string(),
        names: vec!["a.test".to_string(), "b.test".to_string()],
        why: "the authority cannot be reached".to_string(),
        failures,
        next: day(1),
    };
    let sentence = "shop: no certificate for a.test, b.test: the authority cannot be reached; next try at 1970-01-02T00:00:00.000Z";
    assert_eq!(failed(1).to_string(), sentence);
    assert!(failed(3).to_string().contains("a.test, b.test (3 times in a row): "));
}

#[test]
fn an_order_says_why() {
    let ordering = Event::Ordering { site: "shop".to_string(), names: vec!["a.test".to_string()], reason: Reason::Old };
    assert_eq!(ordering.to_string(), "shop: ordering a certificate for a.test: two thirds of its life are over");
}
