use super::super::Stretch;
use super::super::tests::{object, store};
use super::*;
use decide::cache::Sequence;

const LENGTH: u64 = 60;

/// These bytes of a file whose bytes are all different.
fn bytes(span: Span) -> Vec<u8> {
    (span.start..span.end()).map(|at| at as u8 + b' ').collect()
}

fn part(start: u64, end: u64, tag: &str) -> Object {
    let span = Span { start, len: end - start };
    let mut object = object("http://shop.example/", &bytes(span), Sequence(0));
    object.head.fields.push(b"ETag", tag.as_bytes());
    Object { parts: Some(Arc::new(Parts::new(Part { span, complete_length: Some(LENGTH) }))), ..object }
}

#[test]
fn however_parts_lie_to_each_other_each_byte_is_at_its_place() {
    // Enough for every way in which two spans can lie to each other, and to two that are there.
    let cuts = [0, 10, 20, 30, 40, 50, LENGTH];
    let spans: Vec<(u64, u64)> =
        cuts.iter().flat_map(|start| cuts.iter().map(move |end| (*start, *end))).filter(|(start, end)| start < end).collect();
    for first in &spans {
        for second in &spans {
            for third in &spans {
                let store = store();
                let mut there = [false; LENGTH as usize];
                for (start, end) in [first, second, third] {
                    assert!(store.put_part(b"k", part(*start, *end, "\"a\""), 1000));
                    there[*start as usize..*end as usize].fill(true);
                }
                let held = store.variants(b"k").expect("it is stored").objects()[0].clone();
                assert_eq!(held.parts.is_none(), there.iter().all(|byte| *byte), "{first:?} {second:?} {third:?}");
                for at in (0..LENGTH).filter(|at| there[*at as usize]) {
                    let place = held.place(Span { start: at, len: 1 }).expect("it is there");
                    let Stretch::Memory(bytes) = held.content.from(place) else { panic!("nothing long is in these tests") };
                    assert_eq!(bytes[0], at as u8 + b' ', "byte {at} of {first:?} {second:?} {third:?}");
                }
                assert_eq!(held.content.len(), there.iter().filter(|byte| **byte).count() as u64);
            }
        }
    }
}

#[test]
fn what_cannot_be_joined_takes_the_place_of_parts_and_not_of_the_whole() {
    let store = store();
    let held = || store.variants(b"k").expect("it is stored").objects()[0].clone();
    assert!(store.put_part(b"k", part(0, 10, "\"a\""), 1000) && store.put_part(b"k", part(20, 30, "\"b\""), 1000));
    assert_eq!(held().parts.as_ref().expect("parts").spans(), [Span { start: 20, len: 10 }]);
    assert!(store.put_part(b"k", part(0, 10, "W/\"b\""), 1000));
    assert_eq!(held().parts.as_ref().expect("parts").spans(), [Span { start: 0, len: 10 }]);
    let whole = Object { parts: None, ..part(0, LENGTH, "\"b\"") };
    assert!(store.put(b"k", Arc::new(whole)));
    assert!(store.put_part(b"k", part(20, 30, "\"b\""), 1000));
    assert!(held().parts.is_none() && held().content.len() == LENGTH, "of the same, the whole stays");
    assert!(store.put_part(b"k", part(20, 30, "\"c\""), 1000));
    assert!(held().parts.is_some(), "it says that it is another");
}

#[test]
fn parts_take_no_more_than_the_owner_allows_and_what_is_gone_joins_nothing() {
    let store = store();
    let held = || store.variants(b"k").expect("it is stored").objects()[0].content.len();
    assert!(store.put_part(b"k", part(0, 10, "\"a\""), 25) && store.put_part(b"k", part(20, 30, "\"a\""), 25));
    assert!(!store.put_part(b"k", part(40, 50, "\"a\""), 25));
    assert_eq!(held(), 20);
    let purging = super::super::Purging { which: super::super::Purged::All, site: None, purge: decide::cache::Purge::Hard };
    store.purge(&purging, decide::time::Calendar::default());
    assert!(!store.put_part(b"k", part(40, 50, "\"a\""), 1000), "it was asked for before the purge");
    let later = Object { born: store.sequence(), ..part(40, 50, "\"a\"") };
    assert!(store.put_part(b"k", later, 1000));
    assert_eq!(held(), 10);
}

#[test]
fn a_part_that_was_asked_for_before_changes_nothing_of_what_came_since() {
    let store = store();
    let held = || store.variants(b"k").expect("it is stored").objects()[0].clone();
    let whole = Object { parts: None, ..part(0, LENGTH, "\"a\"") };
    let place = store.push(b"k", whole, None, decide::time::Calendar::default());
    assert!(!store.put_part(b"k", part(0, 10, "\"a\""), 1000) && !store.put_part(b"k", part(0, 10, "\"b\""), 1000));
    assert_eq!((held().parts.is_none(), held().born), (true, place));
    let later = Object { born: place, ..part(0, 10, "\"b\"") };
    assert!(store.put_part(b"k", later, 1000) && held().parts.is_some());
}

#[test]
fn codings_stay_with_the_whole_and_not_with_parts_that_become_it() {
    let whole = Object { parts: None, ..part(0, LENGTH, "\"a\"") };
    assert!(Arc::ptr_eq(&whole.same().coded, &whole.coded));
    let store = store();
    assert!(store.put(b"k", Arc::new(whole)) && store.put_part(b"k", part(0, 10, "\"a\""), 1000));
    let half = part(0, 30, "\"a\"");
    let content = half.content.clone();
    assert!(!Arc::ptr_eq(&half.with_content(content, None).coded, &half.coded));
}
