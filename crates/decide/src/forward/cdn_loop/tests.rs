use super::*;
use alloc::vec;
use proptest::prelude::*;

fn fields(lines: &[&str]) -> Fields {
    let mut fields = Fields::new();
    lines.iter().for_each(|line| fields.push(b"cdn-loop", line.as_bytes()));
    fields
}

#[test]
fn who_was_here_is_found_and_who_passed_others_goes_on() {
    assert_eq!(may_go_on(&fields(&[]), "edge-1"), Ok(()));
    assert_eq!(may_go_on(&fields(&["edge-2, shield; x=1"]), "edge-1"), Ok(()));
    assert_eq!(may_go_on(&fields(&["edge-2", "shield, EDGE-1;x=\"y\""]), "edge-1"), Err(Circle::Here));
    // A name in another's parameter is no member.
    assert_eq!(may_go_on(&fields(&["edge-2; via=edge-1"]), "edge-1"), Ok(()));
    assert_eq!(may_go_on(&fields(&["edge-1:80"]), "edge-1"), Ok(()));
}

#[test]
fn what_could_hide_us_is_refused() {
    for line in ["edge-2; x=\"", "edge 2", "edge-1 edge-2", "\"edge-1\""] {
        assert_eq!(may_go_on(&fields(&[line]), "edge-1"), Err(Circle::Malformed), "{line}");
    }
}

#[test]
fn a_circle_through_others_ends() {
    let line = vec!["a"; MOST_CACHES - 1].join(",");
    assert_eq!(may_go_on(&fields(&[&line]), "edge-1"), Ok(()));
    assert_eq!(may_go_on(&fields(&[&line, "b"]), "edge-1"), Err(Circle::TooMany));
    let long = alloc::format!("a; x={}", "y".repeat(MOST_BYTES));
    assert_eq!(may_go_on(&fields(&[&long]), "edge-1"), Err(Circle::TooMany));
}

#[test]
fn one_of_several_is_known() {
    let ids = ["edge-2", "edge-3"];
    assert!(has_passed(&fields(&["x, Edge-3"]), ids.into_iter()));
    assert!(!has_passed(&fields(&["x, edge-4"]), ids.into_iter()));
    assert!(!has_passed(&fields(&[]), ids.into_iter()));
}

proptest! {
    #[test]
    fn a_request_never_passes_twice(path in proptest::collection::vec(0_usize..6, 1..40)) {
        let ids = ["a", "b.example", "c.example:80", "d", "[::1]", "f"];
        let (mut fields, mut been) = (Fields::new(), vec![]);
        for at in path {
            let allowed = may_go_on(&fields, ids[at]);
            prop_assert_eq!(allowed.is_ok(), !been.contains(&at));
            if allowed.is_err() {
                break;
            }
            been.push(at);
            fields.push(b"CDN-Loop", ids[at].as_bytes());
        }
    }
}
