use super::{Charset, CharsetRule, declared};
use encoding_rs::{Encoding, SHIFT_JIS, WINDOWS_1251};
use proptest::prelude::*;
use wire::media_type::MediaType;

fn kind(text: &str) -> MediaType {
    MediaType::parse(text.as_bytes()).expect("a type")
}

#[track_caller]
fn is(content_type: &str, first: &[u8], encoding: &str, rule: CharsetRule) {
    let decided = Charset::decide(&kind(content_type), first, || None);
    assert_eq!((decided.encoding.name(), decided.rule), (encoding, rule));
}

#[test]
fn a_mark_goes_before_a_parameter_and_a_parameter_before_the_document() {
    let document = b"<meta charset=koi8-r>";
    is("text/html; charset=latin1", b"\xEF\xBB\xBF<meta charset=koi8-r>", "UTF-8", CharsetRule::ByteOrderMark);
    is("text/html; charset=latin1", document, "windows-1252", CharsetRule::ContentType);
    is("text/html", document, "KOI8-R", CharsetRule::Meta);
    is("text/html", b"<p>", "windows-1252", CharsetRule::Default);
    is("text/plain", document, "windows-1252", CharsetRule::Default);
    is("text/html", b"\xFE\xFF\0<", "UTF-16BE", CharsetRule::ByteOrderMark);
}

#[test]
fn formats_have_their_own_rules() {
    is("application/json; charset=latin1", b"{}", "UTF-8", CharsetRule::Format);
    is("text/css", b"a{}", "UTF-8", CharsetRule::Default);
    is("text/javascript", b"a()", "UTF-8", CharsetRule::Default);
    is("application/xml", b"<a/>", "UTF-8", CharsetRule::Default);
    is("application/xml", b"<?xml version='1.0' encoding='windows-1251'?>", "windows-1251", CharsetRule::XmlDeclaration);
    is("text/html", b"<?xml version='1.0' encoding=\"euc-jp\"?>", "EUC-JP", CharsetRule::XmlDeclaration);
    is("text/html", b"<?xml version='1.0' encoding=\"euc-jp\"?><meta charset=big5>", "Big5", CharsetRule::Meta);
}

#[test]
fn a_guess_is_made_only_where_nothing_says() {
    let guess = || -> Option<&'static Encoding> { Some(WINDOWS_1251) };
    assert_eq!(Charset::decide(&kind("text/html"), b"x", guess).rule, CharsetRule::Guess);
    let unknown = Charset::decide(&kind("text/html; charset=klingon"), b"x", guess);
    assert_eq!((unknown.encoding, unknown.rule, unknown.unknown), (WINDOWS_1251, CharsetRule::Guess, true));
    let named = Charset::decide(&kind("text/html; charset=sjis"), b"x", || unreachable!("the server says"));
    assert_eq!(named, Charset { encoding: SHIFT_JIS, rule: CharsetRule::ContentType, unknown: false });
}

#[test]
fn the_prescan_reads_what_the_parser_would() {
    let found = |document: &str| declared(&kind("text/html"), document.as_bytes()).map(|(encoding, _)| encoding.name());
    for (document, want) in [
        ("<meta charset='utf-8'>", Some("UTF-8")),
        ("<META CHARSET = \"Windows-1251\" />", Some("windows-1251")),
        ("<meta http-equiv=Content-Type content='text/html; charset=gbk'>", Some("GBK")),
        ("<meta content='text/html; charset=gbk' http-equiv=content-type>", Some("GBK")),
        ("<meta content='text/html; charset=\"big5\"' http-equiv=content-type>", Some("Big5")),
        ("<meta content='text/html; charset=gbk'>", None),
        ("<meta http-equiv=refresh content='0; charset=gbk'>", None),
        ("<meta charset=nonsense><meta charset=big5>", Some("Big5")),
        ("<meta charset=utf-16le>", Some("UTF-8")),
        ("<meta charset=x-user-defined>", Some("windows-1252")),
        ("<!-- <meta charset=big5> --><meta charset=gbk>", Some("GBK")),
        ("<!--><meta charset=gbk>", Some("GBK")),
        ("<!-- never ends <meta charset=big5>", None),
        ("<p title='<meta charset=big5>'><meta charset=gbk>", Some("GBK")),
        ("</p title='<meta charset=big5>'><meta charset=gbk>", Some("GBK")),
        ("<!doctype html><meta/charset=gbk>", Some("GBK")),
        ("<?pi <meta charset=big5>", None),
        ("<metal charset=big5>", None),
        ("<meta charset=gbk", Some("GBK")),
        ("<meta charset=big5 charset=gbk>", Some("Big5")),
        ("<", None),
        ("<meta charset=\"gbk", None),
    ] {
        assert_eq!(found(document), want, "{document}");
    }
    let late = alloc::format!("{}<meta charset=gbk>", " ".repeat(1024));
    assert_eq!(found(&late), None);
}

proptest! {
    #[test]
    fn no_document_panics(pieces in proptest::collection::vec(
        prop::sample::select(alloc::vec![
            "<meta", " ", "charset", "=", "'", "\"", ">", "/", "<!--", "-->", "<?xml", "encoding", "utf-8", "content", "<", "a",
        ]),
        0..40,
    )) {
        let document = pieces.concat();
        for kind in [kind("text/html"), kind("text/xml")] {
            let decided = Charset::decide(&kind, document.as_bytes(), || None);
            prop_assert!(!decided.encoding.name().is_empty());
        }
    }
}
