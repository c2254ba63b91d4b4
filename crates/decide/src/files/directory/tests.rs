use super::*;
use alloc::vec;
use proptest::prelude::*;

fn named(relative: &str, directory: bool) -> Wanted {
    Wanted { relative: relative.into(), directory }
}

#[test]
fn the_slash_and_the_entry_decide() {
    for (entry, plain, with_slash) in [
        (Entry::File, Ok(Next::Serve), Err(Refusal::NotADirectory)),
        (Entry::Directory, Ok(Next::AddSlash), Ok(Next::TryIndexes)),
        (Entry::Other, Err(Refusal::NotAFile), Err(Refusal::NotAFile)),
        (Entry::Missing, Err(Refusal::Missing), Err(Refusal::Missing)),
    ] {
        assert_eq!(next_step(&named("a", false), entry), plain);
        assert_eq!(next_step(&named("a", true), entry), with_slash);
    }
}

#[test]
fn indexes_are_tried_in_the_order_written() {
    let files = config::Files {
        root: "/srv".into(),
        index: vec!["index.html".into(), "index.htm".into()],
        precompressed: false,
        strip_prefix: String::new(),
        cache_control: String::new(),
    };
    assert_eq!(index_names(&named("", true), &files).collect::<Vec<_>>(), ["index.html", "index.htm"]);
    assert_eq!(index_names(&named("a/b", true), &files).collect::<Vec<_>>(), ["a/b/index.html", "a/b/index.htm"]);
}

#[test]
fn the_redirect_stays_on_this_host() {
    for (path, query, location) in [
        ("/docs", None, "/docs/"),
        ("/docs", Some("a=1&b=%20"), "/docs/?a=1&b=%20"),
        ("/docs", Some(""), "/docs/?"),
        ("/a%20b", None, "/a%20b/"),
        ("//evil.example", None, "/evil.example/"),
        ("///evil.example/x", Some("//y"), "/evil.example/x/?//y"),
        ("/\\evil.example", None, "/evil.example/"),
        ("/\\/evil.example", None, "/evil.example/"),
        ("/a\\b", None, "/a%5Cb/"),
        ("/a\r\nSet-Cookie: b=c", Some("\r\nd"), "/a%0D%0ASet-Cookie:%20b=c/?%0D%0Ad"),
        ("/grün", None, "/gr%C3%BCn/"),
        ("", None, "/"),
        ("//", None, "/"),
    ] {
        assert_eq!(with_slash(path.as_bytes(), query.map(str::as_bytes)), location.as_bytes(), "{path}");
    }
}

proptest! {
    #[test]
    fn a_location_has_one_slash_in_front_and_no_byte_that_ends_a_field(
        path in prop::collection::vec(prop_oneof![Just(b'/'), Just(b'\\'), any::<u8>()], 0..20),
        query in prop::option::of(prop::collection::vec(any::<u8>(), 0..10)),
    ) {
        let location = with_slash(&path, query.as_deref());
        prop_assert_eq!(location[0], b'/');
        prop_assert!(!matches!(location.get(1), Some(b'/' | b'\\')));
        prop_assert!(location.iter().all(|byte| matches!(byte, 0x21..=0x7e)));
    }
}
