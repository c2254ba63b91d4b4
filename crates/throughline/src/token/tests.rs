use super::*;

#[test]
fn a_token_is_known_by_its_hash() {
    let (one, other) = (draw().expect("random bits"), draw().expect("random bits"));
    assert_ne!(one, other);
    assert_eq!((one.len(), one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))), (43, true));
    let known = [hash(b"x"), hash(one.as_bytes())];
    assert!(is_among(&hash(one.as_bytes()), &known) && !is_among(&hash(other.as_bytes()), &known));
    assert!(!is_among(&hash(one.as_bytes()), &[]));
    // FIPS 180-4's own example.
    assert_eq!(text(&hash(b"abc")), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
