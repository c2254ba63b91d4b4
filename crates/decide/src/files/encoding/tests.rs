use super::*;
use alloc::format;
use alloc::vec::Vec;
use proptest::prelude::*;

fn order(lines: &[&str]) -> Vec<&'static str> {
    let mut fields = Fields::new();
    for line in lines {
        fields.push_known(Known::AcceptEncoding, line.as_bytes());
    }
    Preference::of(&fields).iter().map(Coding::token).collect()
}

#[test]
fn preference_follows_rfc_9110_12_5_3() {
    for (value, expected) in [
        // The section's own examples.
        ("compress, gzip", &["gzip", "identity"][..]),
        ("", &["identity"]),
        ("*", &["br", "zstd", "gzip", "identity"]),
        ("compress;q=0.5, gzip;q=1.0", &["gzip", "identity"]),
        ("gzip;q=1.0, identity; q=0.5, *;q=0", &["gzip", "identity"]),
        // What browsers send.
        ("gzip, deflate, br, zstd", &["br", "zstd", "gzip", "identity"]),
        ("gzip, deflate", &["gzip", "identity"]),
        // Equal values: our order. Unequal: the client's.
        ("gzip;q=0.8, br;q=0.8", &["br", "gzip", "identity"]),
        ("gzip, br;q=0.999", &["gzip", "br", "identity"]),
        ("br;q=0.001", &["br", "identity"]),
        // The file itself, named.
        ("identity", &["identity"]),
        ("identity, br;q=0.5", &["identity", "br"]),
        ("identity;q=0.5, br;q=0.5", &["br", "identity"]),
        ("identity;q=0", &[]),
        ("identity;q=0, br", &["br"]),
        ("*;q=0", &[]),
        ("*;q=0, gzip", &["gzip"]),
        ("*;q=0, identity;q=0.1", &["identity"]),
        ("br;q=0, *", &["zstd", "gzip", "identity"]),
        ("br;q=0", &["identity"]),
        // Case, the old name, white space, empty elements.
        ("GZIP;Q=0.5, bR", &["br", "gzip", "identity"]),
        ("x-gzip", &["gzip", "identity"]),
        (" ,\tbr ; q=0.5 ,, gzip;q=0.7", &["gzip", "br", "identity"]),
        // Not well formed: passed over.
        ("br;q=2, gzip", &["gzip", "identity"]),
        ("br;q=1.001, gzip", &["gzip", "identity"]),
        ("br;q=0.1234, gzip", &["gzip", "identity"]),
        ("br;q=, gzip", &["gzip", "identity"]),
        ("br;q=-1, gzip", &["gzip", "identity"]),
        ("br;level=9, gzip", &["gzip", "identity"]),
        ("br;q=0.x, gzip", &["gzip", "identity"]),
        ("br;q=1., gzip;q=0.", &["br", "identity"]),
    ] {
        assert_eq!(order(&[value]), expected, "{value:?}");
    }
}

#[test]
fn without_the_field_nothing_is_coded() {
    assert_eq!(order(&[]), ["identity"]);
}

#[test]
fn several_lines_are_one_list_and_the_first_word_on_a_coding_counts() {
    assert_eq!(order(&["gzip;q=0.5", "br;q=0.4"]), ["gzip", "br", "identity"]);
    assert_eq!(order(&["gzip;q=0", "gzip"]), ["identity"]);
}

#[test]
fn every_coding_but_identity_has_a_suffix() {
    assert_eq!(Coding::ALL.map(Coding::suffix), [".br", ".zst", ".gz", ""]);
}

proptest! {
    #[test]
    fn the_order_is_that_of_the_quality_values(values in prop::collection::vec(0..=1000_u16, 4)) {
        let line: Vec<_> = Coding::ALL.iter().zip(&values)
            .map(|(coding, q)| format!("{};q={}.{:03}", coding.token(), q / 1000, q % 1000))
            .collect();
        let quality = |token: &str| values[Coding::ALL.iter().position(|coding| coding.token() == token).expect("ours")];
        let order = order(&[&line.join(",")]);
        prop_assert_eq!(order.len(), values.iter().filter(|q| **q > 0).count());
        prop_assert!(order.windows(2).all(|two| quality(two[0]) >= quality(two[1])));
    }

    #[test]
    fn any_bytes_are_read_without_panic(
        value in prop::collection::vec(prop_oneof![Just(b';'), Just(b','), Just(b'q'), Just(b'='), Just(b'.'), any::<u8>()], 0..40),
    ) {
        let mut fields = Fields::new();
        fields.push_known(Known::AcceptEncoding, &value);
        prop_assert!(Preference::of(&fields).iter().count() <= 4);
    }
}
