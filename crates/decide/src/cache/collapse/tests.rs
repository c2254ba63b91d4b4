use super::super::tests::{get, policy, request};
use super::*;
use crate::cache::Collapse;

const RULES: Collapse = Collapse { enabled: true, longest: Duration::from_secs(5), most: 3, uncacheable: Duration::from_secs(60) };

fn joins_by(request: &RequestHead, waiting: Option<usize>, policy: &Policy) -> Join {
    join(request, waiting, false, at(100), policy, &mut Record::off()).0
}

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn joins(request: &RequestHead, waiting: Option<usize>, uncacheable: bool, rules: &Collapse) -> Join {
    let policy = Policy { collapse: *rules, partial: false, ..policy() };
    join(request, waiting, uncacheable, at(100), &policy, &mut Record::off()).0
}

#[test]
fn the_first_leads_and_the_others_wait() {
    assert_eq!(joins(&get(&[]), None, false, &RULES), Join::Lead);
    assert_eq!(joins(&get(&[]), Some(0), false, &RULES), Join::Wait(at(105)));
    assert_eq!(joins(&get(&["Cookie: a=b"]), Some(2), false, &RULES), Join::Wait(at(105)));
    assert_eq!(joins(&get(&[]), Some(3), false, &RULES), Join::Alone, "as many wait as may");
    assert_eq!(joins(&get(&[]), Some(0), true, &RULES), Join::Alone);
    assert_eq!(joins(&get(&[]), None, true, &RULES), Join::Alone);
    assert_eq!(joins(&get(&[]), None, false, &Collapse { enabled: false, ..policy().collapse }), Join::Alone);
}

#[test]
fn who_cannot_share_goes_alone() {
    for line in ["Authorization: x", "Range: bytes=0-1"] {
        assert_eq!(joins(&get(&[line]), Some(0), false, &RULES), Join::Alone, "{line}");
    }
    assert_eq!(joins(&request(Method::Post, "/", &[]), Some(0), false, &RULES), Join::Alone);
    // HEAD can have what GET brings, but brings nothing itself.
    assert_eq!(joins(&request(Method::Head, "/", &[]), Some(0), false, &RULES), Join::Wait(at(105)));
    assert_eq!(joins(&request(Method::Head, "/", &[]), None, false, &RULES), Join::Alone);
}

#[test]
fn who_asks_for_a_part_waits_for_who_asks_for_the_same_where_parts_are_stored() {
    let range = get(&["Range: bytes=0-1"]);
    assert_eq!((joins_by(&range, None, &policy()), joins_by(&range, Some(1), &policy())), (Join::Lead, Join::Wait(at(105))));
    for lines in [&["Range: bytes=0-1,4-5"][..], &["Range: lines=1-2"], &["Range: bytes=0-1", "If-Range: \"a\""]] {
        assert_eq!(joins_by(&get(lines), Some(1), &policy()), Join::Alone, "{lines:?}");
    }
}

#[test]
fn what_frees_those_who_wait() {
    let free = |progress, now| release(progress, at(105), at(now), &mut Record::off()).0;
    assert_eq!(free(Progress::Asked, 104), Release::Wait);
    assert_eq!(free(Progress::Asked, 105), Release::Alone);
    assert_eq!(free(Progress::Storing, 105), Release::Lookup);
    // All at once, whether each needs an answer of its own or one is for all.
    assert_eq!((free(Progress::NotStored, 101), free(Progress::Failed, 101)), (Release::Alone, Release::Share));
    assert_eq!(free(Progress::Failed, 105), Release::Share);
}

#[test]
fn what_could_not_be_stored_is_remembered_for_a_time() {
    let mut memory = Uncacheable::default();
    memory.note(7, RULES.uncacheable, at(0));
    assert!(memory.holds(7, at(59)) && !memory.holds(7, at(60)) && !memory.holds(8, at(0)));
    memory.note(7, RULES.uncacheable, at(30));
    memory.note(9, RULES.uncacheable, at(70));
    assert!(memory.holds(7, at(80)), "noted again since");
    memory.clear(7);
    assert!(!memory.holds(7, at(80)) && memory.holds(9, at(80)));
}

#[test]
fn the_memory_is_bounded() {
    let mut memory = Uncacheable::default();
    for key in 0..3 * MOST_REMEMBERED as u64 {
        memory.note(key % (2 * MOST_REMEMBERED as u64), RULES.uncacheable, at(0));
    }
    assert!(memory.until.len() <= MOST_REMEMBERED && memory.order.len() <= MOST_REMEMBERED);
    memory.note(1, RULES.uncacheable, at(60));
    assert_eq!((memory.until.len(), memory.order.len()), (1, 1), "what is over is forgotten");
}
