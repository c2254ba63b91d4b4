use super::*;
use decide::time::Duration;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyIdMethod, KeyPair, SerialNumber, date_time_ymd};

/// A certificate for these names with this serial number, signed by a key that goes by the identifier of RFC 9773's example.
fn made(names: &[&str], serial: &[u8]) -> (String, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let id = [0x69, 0x88, 0x5b, 0x6b, 0x87, 0x46, 0x40, 0x41, 0xe1, 0xb3, 0x7b, 0x84, 0x7b, 0xa0, 0xae, 0x2c, 0xde, 0x01, 0xc8, 0xd4];
    authority.key_identifier_method = KeyIdMethod::PreSpecified(id.to_vec());
    let authority = Issuer::new(authority, KeyPair::generate().expect("a key"));
    let mut params = CertificateParams::new(names.iter().map(|name| name.to_string()).collect::<Vec<_>>()).expect("names");
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 4, 1);
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().expect("a key");
    (params.signed_by(&key, &authority).expect("a certificate").pem(), key.serialize_pem())
}

#[test]
fn names_and_life_are_read_from_the_certificate() {
    let (chain, key) = made(&["b.test", "A.test"], &[1]);
    let pair = Pair::read(&chain, &key).expect("it is sound");
    assert_eq!(pair.held.names, ["b.test", "a.test"]);
    // `date -u -d 2026-01-01 +%s`, and 90 days later.
    assert_eq!(pair.held.not_before, Calendar(Duration::from_secs(1_767_225_600)));
    assert_eq!(pair.held.not_after, Calendar(Duration::from_secs(1_767_225_600 + 90 * 86_400)));
}

#[test]
fn an_authority_knows_it_by_the_name_that_rfc_9773_gives_as_its_example() {
    let (chain, key) = made(&["a.test"], &[0x87, 0x65, 0x43, 0x21]);
    let id = Pair::read(&chain, &key).expect("it is sound").id.expect("it names its issuer's key");
    // RFC 9773 §4.1.
    assert_eq!(id.to_string(), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
}

#[test]
fn a_key_that_does_not_belong_to_it_is_refused() {
    let (chain, _) = made(&["a.test"], &[1]);
    let (_, other) = made(&["a.test"], &[1]);
    let told = Pair::read(&chain, &other).expect_err("the key is another's");
    assert!(told.contains("does not go with"), "{told}");
}

#[test]
fn what_is_cut_off_or_no_pem_is_refused() {
    let (chain, key) = made(&["a.test"], &[1]);
    for cut in [0, 1, chain.len() / 2, chain.len() - 10] {
        assert!(Pair::read(&chain[..cut], &key).is_err(), "{cut}");
    }
    assert!(Pair::read(&chain, "").is_err());
    assert!(Pair::read(&key, &key).is_err());
}
