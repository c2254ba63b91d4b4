use super::MediaType;
use alloc::format;
use alloc::string::{String, ToString};
use proptest::prelude::*;

fn read(text: &str) -> Option<String> {
    MediaType::parse(text.as_bytes()).map(|found| found.to_string())
}

#[test]
fn types_are_read_as_browsers_read_them() {
    for (text, want) in [
        ("text/html", "text/html"),
        ("  TEXT/HTML\t; Charset=UTF-8 ", "text/html;charset=UTF-8"),
        ("text/html;charset=\"utf-8\"", "text/html;charset=utf-8"),
        ("text/html;charset=\"utf-8\"x;a=b", "text/html;charset=utf-8;a=b"),
        ("text/html;charset=\"ut\\f-8", "text/html;charset=utf-8"),
        ("text/html;charset=a;charset=b", "text/html;charset=a"),
        ("text/html;;;=x;nothing;charset=b", "text/html;charset=b"),
        ("text/html;charset= ;charset=b", "text/html;charset=b"),
        ("text/html;charset=\" b\"", "text/html;charset=\" b\""),
        ("text/html;charset =b;charset=c", "text/html;charset=c"),
        ("text/html;charset=\"\"", "text/html;charset=\"\""),
        ("application/ld+json;a=b c", "application/ld+json;a=\"b c\""),
    ] {
        assert_eq!(read(text).as_deref(), Some(want), "{text}");
    }
    for text in ["", "text", "text/", "/html", "te xt/html", "text/ht ml", "text/html/x y", "ähm/html"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn kinds_are_told_by_their_names() {
    let of = |text: &str| MediaType::parse(text.as_bytes()).expect("a type");
    assert!(of("image/svg+xml").is_xml() && of("text/xml").is_xml() && !of("text/html").is_xml());
    assert!(of("application/problem+json").is_json() && !of("application/jsonp").is_json());
    assert!(of("text/javascript").is_javascript() && of("application/x-javascript").is_javascript());
    assert!(of("text/csv").is_text() && of("image/svg+xml").is_text() && !of("image/png").is_text());
}

#[test]
fn parameters_are_bounded() {
    let text: String = (0..100).fold("a/b".to_string(), |text, number| format!("{text};p{number}=1"));
    assert_eq!(MediaType::parse(text.as_bytes()).expect("a type").parameters.len(), super::MOST_PARAMETERS);
}

proptest! {
    #[test]
    fn nothing_panics_and_what_is_written_reads_back(text in proptest::collection::vec(any::<u8>(), 0..64)) {
        let text = [b"a/b;c=".as_slice(), &text].concat();
        let found = MediaType::parse(&text).expect("what stands before the first semicolon is a type");
        let bytes: alloc::vec::Vec<u8> = found.to_string().chars().map(|one| u8::try_from(one).expect("one byte each")).collect();
        prop_assert_eq!(MediaType::parse(&bytes), Some(found));
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(text in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Some(found) = MediaType::parse(&text) {
            prop_assert!(!found.main.is_empty() && !found.sub.is_empty());
        }
    }
}
