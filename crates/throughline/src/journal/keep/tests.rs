use super::*;
use crate::journal::Push;
use node::Purged;

fn push(url: &str, request: &[(&str, &str)], alone: bool) -> Record {
    let request = request.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
    Record::Push(Push { site: "shop".to_string(), url: url.to_string(), request, alone, ..Push::default() })
}

fn purge(which: Purged, purge: Purge) -> Record {
    Record::Purge(Purging { which, site: Some("shop".to_string()), purge })
}

fn kept(records: &[Record]) -> Keep {
    let mut keep = Keep::default();
    for (sequence, record) in (1..).zip(records) {
        keep.add(sequence, Place { file: Name::Log(1), offset: sequence * 100, len: 100 }, record);
    }
    keep
}

fn numbers(keep: &Keep) -> Vec<u64> {
    assert_eq!(keep.bytes(), keep.kept.len() as u64 * 100);
    assert_eq!(keep.names.len(), keep.kept.len());
    keep.kept.keys().copied().collect()
}

const A: &str = "http://shop.example/img/a";
const B: &str = "http://shop.example/b";

#[test]
fn content_is_of_use_until_there_is_newer_or_it_is_purged() {
    let url = |url: &str| Purged::Url(url.to_string());
    let records = [
        purge(Purged::All, Purge::Hard),
        push(A, &[], false),
        push(B, &[], false),
        push(A, &[("accept-language", "de")], false),
        push(A, &[], false),
        purge(url(B), Purge::Soft),
        purge(url(B), Purge::Soft),
        purge(Purged::Tag("x".to_string()), Purge::Hard),
    ];
    let mut keep = kept(&records);
    assert_eq!(numbers(&keep), [3, 4, 5, 7, 8], "a purge before all content, and one that was made again, are of no use");
    assert_eq!(keep.trim(u64::MAX), 0);
    assert_eq!(numbers(&keep), [3, 4, 5, 7, 8]);
    keep.add(9, Place { file: Name::Log(1), offset: 900, len: 100 }, &push(A, &[], true));
    assert_eq!(numbers(&keep), [3, 7, 8, 9], "it stands for all variants");
    keep.add(10, Place { file: Name::Log(1), offset: 1000, len: 100 }, &purge(url(B), Purge::Hard));
    assert_eq!(keep.trim(u64::MAX), 0);
    assert_eq!(numbers(&keep), [9, 10], "what was purged for good is not stored again, nor what was done to it");
    keep.add(
        11,
        Place { file: Name::Log(1), offset: 1100, len: 100 },
        &purge(Purged::Prefix("http://shop.example/img/".into()), Purge::Hard),
    );
    keep.trim(u64::MAX);
    assert_eq!(numbers(&keep), [] as [u64; 0]);
}

#[test]
fn without_room_the_oldest_content_goes() {
    let urls: Vec<Record> = (0..10).map(|number| push(&format!("http://shop.example/{number}"), &[], false)).collect();
    let mut keep = kept(&[&urls[..5], &[purge(Purged::Tag("x".to_string()), Purge::Soft)], &urls[5..]].concat());
    assert_eq!(keep.trim(500), 5);
    assert_eq!(numbers(&keep), [7, 8, 9, 10, 11], "the purge had nothing left to be about");
    let notices: Vec<Record> =
        (0..10).map(|number| Record::Changed { site: None, url: format!("http://shop.example/{number}"), soft: true }).collect();
    let mut keep = kept(&notices);
    keep.add(11, Place { file: Name::Log(1), offset: 1100, len: 100 }, &Record::Done { of: 3 });
    keep.trim(300);
    assert_eq!(numbers(&keep), [8, 9, 10], "there is no end of notices either");
}
