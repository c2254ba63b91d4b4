use super::*;

fn framing(version: Version, lines: &[(Known, &str)]) -> Result<Option<Framing>, Rule> {
    let mut facts = Facts::default();
    for (known, value) in lines {
        facts.note_response(*known, value.as_bytes())?;
    }
    facts.framing(version)
}

#[test]
fn lengths() {
    let one = |value| framing(Version::Http11, &[(Known::ContentLength, value)]);
    assert_eq!(one("0"), Ok(Some(Framing::None)));
    assert_eq!(one("007"), Ok(Some(Framing::Exact(7))));
    assert_eq!(one("18446744073709551615"), Ok(Some(Framing::Exact(u64::MAX))));
    assert_eq!(one("18446744073709551616"), Err(Rule::LengthTooLarge));
    for value in ["", "+1", "-1", "1,1", "0x1", "1 1", "1.0", "\u{663}"] {
        assert_eq!(one(value), Err(Rule::LengthSyntax), "{value}");
    }
}

#[test]
fn codings() {
    let one = |value| framing(Version::Http11, &[(Known::TransferEncoding, value)]);
    assert_eq!(one("chunked"), Ok(Some(Framing::Chunked)));
    assert_eq!(one("CHUNKED"), Ok(Some(Framing::Chunked)));
    assert_eq!(one("gzip, chunked"), Err(Rule::CodingUnknown));
    assert_eq!(one("gzip;q=1, chunked"), Err(Rule::CodingUnknown));
    assert_eq!(one("chunked, gzip"), Err(Rule::CodingNotLast));
    assert_eq!(one("identity"), Err(Rule::CodingNotLast));
    assert_eq!(one("chunked, chunked"), Err(Rule::CodingRepeated));
    for value in ["", "chunked,", ",chunked", "chunked;a=b", "\"chunked\"", "chunked chunked", "gzip;a=\"b, chunked\""] {
        assert_eq!(one(value), Err(Rule::CodingSyntax), "{value}");
    }
    let lines = [(Known::TransferEncoding, "gzip"), (Known::TransferEncoding, "chunked")];
    assert_eq!(framing(Version::Http11, &lines), Err(Rule::CodingUnknown));
    assert_eq!(framing(Version::Http10, &lines[1..]), Err(Rule::CodingInHttp10));
}

#[test]
fn persistence() {
    let persists = |version, value: &str| {
        let mut facts = Facts::default();
        facts.note_connection(value.as_bytes());
        facts.persists(version)
    };
    assert!(persists(Version::Http11, ""));
    assert!(!persists(Version::Http11, "upgrade , Close"));
    assert!(!persists(Version::Http10, ""));
    assert!(persists(Version::Http10, "Keep-Alive"));
    assert!(!persists(Version::Http10, "keep-alive, close"));
}
