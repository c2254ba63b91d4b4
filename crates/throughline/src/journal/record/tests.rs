use super::*;
use proptest::prelude::*;

/// Any record.
pub(in crate::journal) fn any_record() -> impl Strategy<Value = Record> {
    let text = || "[ -~]{0,12}";
    let site = || proptest::option::of(text());
    let pairs =
        || proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..6), proptest::collection::vec(any::<u8>(), 0..6)), 0..4);
    let which = prop_oneof![text().prop_map(Purged::Url), text().prop_map(Purged::Prefix), text().prop_map(Purged::Tag), Just(Purged::All)];
    let purge = prop_oneof![Just(Purge::Hard), Just(Purge::Soft)];
    prop_oneof![
        (which, site(), purge).prop_map(|(which, site, purge)| Record::Purge(Purging { which, site, purge })),
        (text(), text(), pairs(), any::<u16>(), pairs(), proptest::collection::vec(any::<u8>(), 0..40), any::<bool>()).prop_map(
            |(site, url, request, status, fields, body, alone)| Record::Push(Push { site, url, request, status, fields, body, alone })
        ),
        (site(), text(), any::<bool>()).prop_map(|(site, url, soft)| Record::Changed { site, url, soft }),
        any::<u64>().prop_map(|of| Record::Done { of }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(record in any_record()) {
        let mut out = Vec::new();
        record.write(&mut out);
        prop_assert!(record.len() >= out.len(), "{} of {}", record.len(), out.len());
        prop_assert_eq!(Record::read(&out), Some(record));
        for end in 0..out.len() {
            prop_assert_eq!(Record::read(&out[..end]), None, "a part is nothing");
        }
        out.push(0);
        prop_assert_eq!(Record::read(&out), None, "and so is more");
    }

    #[test]
    fn other_bytes_are_no_record_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Some(record) = Record::read(&bytes) {
            let mut out = Vec::new();
            record.write(&mut out);
            prop_assert_eq!(out, bytes, "a record is written in one way only");
        }
    }
}
