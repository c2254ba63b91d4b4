use super::*;

#[test]
fn the_compiler_recognises_names_as_the_decoder_does() {
    for index in 1..=LEN {
        let entry = entry(index).unwrap();
        assert_eq!(entry.kind, Kind::of(entry.name), "{index}");
        assert!(index_of(entry.name) as usize <= index && !entry.name.iter().any(u8::is_ascii_uppercase), "{index}");
    }
    assert!(entry(0).is_none() && entry(LEN + 1).is_none() && LEN == 61);
}

#[test]
fn every_name_is_found() {
    let found = [b":authority".as_slice(), b":method", b":status", b"accept", b"age", b"www-authenticate", b"x-request-id", b""];
    assert_eq!(found.map(index_of), [1, 2, 8, 19, 21, 61, 0, 0]);
}
