use super::*;

#[test]
fn where_an_authority_leads() {
    let name = |name: &str, port| Some(Address::Name(name.to_string(), port));
    assert_eq!(destination(b"a.example"), name("a.example", 80));
    assert_eq!(destination(b"A.example.:"), name("a.example", 80));
    assert_eq!(destination(b"a.example:8080"), name("a.example", 8080));
    let ip = |text: &str| Some(Address::Ip(text.parse().expect("an address")));
    assert_eq!(destination(b"10.0.0.1"), ip("10.0.0.1:80"));
    assert_eq!(destination(b"[::1]"), ip("[::1]:80"));
    assert_eq!(destination(b"[::1]:443"), ip("[::1]:443"));
    // Numbers that some resolvers take for addresses are no names.
    for wrong in
        [&b""[..], b":80", b"2130706433", b"127.1", b"a.example:0", b"a.example:65536", b"a..example", b"unix:/run/x", b"unix:/run/x:80"]
    {
        assert_eq!(destination(wrong), None, "{}", String::from_utf8_lossy(wrong));
    }
}
