use super::*;

#[test]
fn a_token_comes_behind_its_scheme() {
    for (value, token) in [
        ("Bearer abc-._~+/=", Some("abc-._~+/=")),
        ("BEARER  abc ", Some("abc")),
        ("Bearer", None),
        ("Bearer ", None),
        ("Bearerabc", None),
        ("Basic abc", None),
        ("Bearer a b", None),
        ("Bearer a,b", None),
        ("Bearer a\u{e9}", None),
    ] {
        assert_eq!(bearer(value.as_bytes()), token.map(str::as_bytes), "{value}");
    }
}
