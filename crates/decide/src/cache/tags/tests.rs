use super::super::tests::{after, fields, policy, text};
use super::*;
use alloc::format;
use alloc::string::String;
use proptest::prelude::*;

fn read(lines: &[&str]) -> (Vec<String>, bool) {
    let (tags, dropped) = tags(&fields(lines), &policy());
    (tags.iter().map(|tag| text(tag)).collect(), dropped)
}

#[test]
fn tags_stand_in_the_owners_fields() {
    let (tags, dropped) = read(&["Surrogate-Key: b a  c", "Cache-Tag: d,a, E", "surrogate-key: f", "X-Tag: g"]);
    assert_eq!((tags, dropped), (["E", "a", "b", "c", "d", "f"].map(String::from).to_vec(), false));
    assert_eq!(read(&[]), (Vec::new(), false));
}

#[test]
fn tags_are_bounded() {
    let many = |count: usize| format!("Cache-Tag: {}", (0..count).map(|at| format!("t{at},")).collect::<String>());
    assert_eq!(read(&[&many(MOST_TAGS)]).0.len(), MOST_TAGS);
    assert!(!read(&[&many(MOST_TAGS), "Cache-Tag: t0"]).1, "one that is there is not dropped");
    assert!(read(&[&many(MOST_TAGS + 1)]).1);
    let long = format!("Cache-Tag: {}", "x".repeat(LONGEST_TAG + 1));
    assert_eq!(read(&[&long]), (Vec::new(), true));
}

fn tag(name: &str) -> Tag {
    name.as_bytes().into()
}

#[test]
fn a_purge_meets_what_was_asked_for_before_it() {
    let mut purges = Purges::default();
    let (before, tags) = (purges.sequence(), [tag("a"), tag("b")]);
    assert_eq!(purges.standing(&tags, before), Standing::Current);
    purges.purge(b"c", Purge::Hard, after(1));
    assert_eq!(purges.standing(&tags, before), Standing::Current, "another tag");
    purges.purge(b"b", Purge::Soft, after(2));
    let between = purges.sequence();
    assert_eq!(purges.standing(&tags, before), Standing::StaleSince(after(2)));
    assert_eq!(purges.standing(&tags, between), Standing::Current, "asked for afterwards");
    purges.purge(b"a", Purge::Hard, after(3));
    assert_eq!(purges.standing(&tags, before), Standing::Gone);
    assert_eq!(purges.standing(&tags, between), Standing::Gone);
    assert_eq!(purges.standing(&tags, purges.sequence()), Standing::Current);
    // A soft purge does not soften a hard one.
    purges.purge(b"a", Purge::Soft, after(4));
    assert_eq!(purges.standing(&tags, before), Standing::Gone);
    assert_eq!(purges.standing(&[], before), Standing::Current);
    purges.purge_all(Purge::Soft, after(5));
    assert_eq!(purges.standing(&[], before), Standing::StaleSince(after(5)));
}

#[test]
fn marks_that_nobody_can_meet_are_forgotten() {
    let mut purges = Purges::default();
    purges.purge(b"a", Purge::Hard, after(1));
    let since = purges.sequence();
    purges.purge(b"b", Purge::Soft, after(2));
    purges.forget_before(since);
    assert_eq!(purges.len(), 1);
    assert_eq!(purges.standing(&[tag("b")], since), Standing::StaleSince(after(2)));
    purges.forget_before(purges.sequence());
    assert!(purges.is_empty());
}

#[test]
fn too_many_marks_purge_too_much() {
    let mut purges = Purges::default();
    let before = purges.sequence();
    for number in 0..MOST_MARKS as u64 {
        purges.marks.insert(number.to_be_bytes().to_vec().into(), Mark::default());
    }
    purges.purge(b"one more", Purge::Soft, after(1));
    assert_eq!((purges.len(), purges.standing(&[], before)), (0, Standing::Gone));
}

proptest! {
    /// Against a list of all purges.
    #[test]
    fn standing_is_the_worst_of_all_later_purges(
        purged in prop::collection::vec((0..4_usize, any::<bool>()), 0..16),
        tagged in prop::collection::btree_set(0..4_usize, 0..4),
        born in 0..17_u64,
    ) {
        let names = ["a", "b", "c", "d"];
        let mut purges = Purges::default();
        let mut worst = Standing::Current;
        for (index, (name, hard)) in purged.iter().enumerate() {
            let (purge, now) = (if *hard { Purge::Hard } else { Purge::Soft }, after(index as u64));
            purges.purge(names[*name].as_bytes(), purge, now);
            if tagged.contains(name) && index as u64 >= born {
                worst = match worst {
                    _ if *hard => Standing::Gone,
                    Standing::Gone => Standing::Gone,
                    // Of several soft purges of one tag the last is remembered, of several tags the earliest such counts.
                    _ => Standing::StaleSince(now),
                };
            }
        }
        let tags: Vec<Tag> = tagged.iter().map(|name| tag(names[*name])).collect();
        let standing = purges.standing(&tags, Sequence(born));
        prop_assert_eq!(core::mem::discriminant(&standing), core::mem::discriminant(&worst));
    }
}
