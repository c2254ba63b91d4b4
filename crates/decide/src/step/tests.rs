use super::*;
use crate::time::Instant;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

#[test]
fn names_in_the_catalogue_are_unique_lower_case_and_documented() {
    let mut seen = BTreeSet::new();
    for info in Step::catalogue() {
        assert!(seen.insert(info.name), "{} stands twice", info.name);
        assert!(info.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", info.name);
        assert!(!info.doc.trim().is_empty(), "{} has no doc", info.name);
        for field in info.fields {
            assert!(!field.doc.trim().is_empty(), "{}.{} has no doc", info.name, field.name);
        }
    }
}

#[test]
fn a_step_shows_its_fields_in_the_order_of_the_catalogue() {
    let step = Step::Refused { status: 400, rule: "bare LF", side: Side::Client };
    let mut seen = Vec::new();
    step.fields(|name, value| seen.push((name, value)));
    assert_eq!(seen, [("status", Value::Number(400)), ("rule", Value::Word("bare LF")), ("side", Value::Word("client"))]);
}

#[test]
fn a_cleared_journey_keeps_nothing_of_the_last_request() {
    let mut journey = Journey::default();
    journey.id = JourneyId(7);
    let peer = journey.keep(b"192.0.2.1:4711");
    journey.add(Instant::from_nanos(5), Step::Accepted { listener: ListenerRef(0), peer });
    assert_eq!(journey.text(peer), b"192.0.2.1:4711");
    journey.clear();
    assert!(journey.steps().is_empty());
    assert_eq!(journey.id, JourneyId(0));
    let host = journey.keep(b"example.com");
    assert_eq!(journey.text(host), b"example.com");
}

#[test]
fn lists_are_kept_row_by_row_and_are_arrays_in_json() {
    let mut journey = Journey::default();
    let texts = journey.texts_mut();
    let name = texts.keep(b"fr\"a");
    let inner = texts.list([alloc::vec![("layer", Value::Word("measured"))]]);
    let rows = [
        alloc::vec![("place", Value::Text(name)), ("chosen", Value::Flag(true)), ("passed", Value::List(inner))],
        alloc::vec![("med", Value::Number(7))],
    ];
    let list = texts.list(rows);
    assert_eq!(texts.rows(list).map(<[_]>::len).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(texts.rows(List::default()).len(), 0);
    let mut out = alloc::string::String::new();
    json::list(texts, list, &|_| alloc::string::String::new(), &mut out);
    assert_eq!(out, r#"[{"place":"fr\"a","chosen":true,"passed":[{"layer":"measured"}]},{"med":7}]"#);
    journey.clear();
    assert_eq!(journey.texts_mut().list([Vec::new()]), List { start: 0, len: 1 });
}
