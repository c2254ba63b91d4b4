use super::*;
use alloc::format;

#[test]
fn questions_stand_in_order_with_their_answers() {
    let mut record = Record::on();
    assert!(record.ask(Rule::Found, true));
    assert!(!record.ask_with(Rule::Fresh, false, || "9 s old".into()));
    assert!(!record.ask_with(Rule::Purged, false, || "x".into()));
    let lines = format!("{record}");
    assert_eq!(
        lines,
        "yes something is stored under the key (RFC 9111 §2)\nno  it is fresh (9 s old) (RFC 9111 §4.2)\nno  it was purged (x)\n"
    );
}

#[test]
fn a_record_that_is_off_makes_no_details() {
    let mut record = Record::off();
    assert!(record.ask_with(Rule::Found, true, || unreachable!("nobody reads it")));
    assert!(record.asked().is_empty());
}

#[test]
fn a_record_has_an_end() {
    let mut record = Record::on();
    for _ in 0..2 * MOST_ASKED {
        record.ask(Rule::Matches, false);
    }
    assert_eq!(record.asked().len(), MOST_ASKED);
}
