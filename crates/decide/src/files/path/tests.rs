extern crate std;

use super::*;
use alloc::format;
use proptest::prelude::*;
use std::path::{Component, Path};

fn ok(path: &str, prefix: &str) -> (String, bool) {
    let wanted = wanted(path.as_bytes(), prefix).unwrap_or_else(|refusal| panic!("{path}: {refusal:?}"));
    (wanted.relative, wanted.directory)
}

#[test]
fn paths_become_names_below_the_root() {
    for (path, relative, directory) in [
        ("/", "", true),
        ("//", "", true),
        ("/a", "a", false),
        ("/a/", "a", true),
        ("/a/b.html", "a/b.html", false),
        ("///a//b//", "a/b", true),
        ("/a%20b", "a b", false),
        ("/%61%2E%74xt", "a.txt", false),
        ("/100%25", "100%", false),
        // Decoded once, not twice: RFC 3986 §2.4.
        ("/%252e%252e", "%2e%2e", false),
        ("/%252f", "%2f", false),
        ("/gr%C3%BC%c3%9fe", "grüße", false),
        ("/.well-known/acme-challenge/x", ".well-known/acme-challenge/x", false),
        ("/a..b/c...", "a..b/c...", false),
        ("/a?b", "a?b", false),
    ] {
        assert_eq!(ok(path, ""), (relative.into(), directory), "{path}");
    }
}

#[test]
fn what_is_not_a_name_is_refused() {
    for (path, refusal) in [
        (&b""[..], Refusal::NotAbsolute),
        (b"a", Refusal::NotAbsolute),
        (b"*", Refusal::NotAbsolute),
        (b"/%", Refusal::BrokenEscape),
        (b"/%2", Refusal::BrokenEscape),
        (b"/%2/a", Refusal::BrokenEscape),
        (b"/%zz", Refusal::BrokenEscape),
        (b"/%+1", Refusal::BrokenEscape),
        (b"/a%00.html", Refusal::ControlByte),
        (b"/a\0", Refusal::ControlByte),
        (b"/a%0d%0ab", Refusal::ControlByte),
        (b"/%7f", Refusal::ControlByte),
        (b"/a%2fb", Refusal::EncodedSlash),
        (b"/..%2F..%2Fetc", Refusal::EncodedSlash),
        (b"/a\\b", Refusal::Backslash),
        (b"/..%5c..%5Cetc", Refusal::Backslash),
        (b"/%ff", Refusal::NotUtf8),
        (b"/\xc0\xae\xc0\xae/etc", Refusal::NotUtf8),
        (b"/%c0%ae%c0%ae/etc", Refusal::NotUtf8),
        (b"/..", Refusal::DotSegment),
        (b"/../etc/passwd", Refusal::DotSegment),
        (b"/a/../b", Refusal::DotSegment),
        (b"/a/./b", Refusal::DotSegment),
        (b"/%2e%2E/etc/passwd", Refusal::DotSegment),
        (b"/.%2e/etc/passwd", Refusal::DotSegment),
        (b"/.git/config", Refusal::Hidden),
        (b"/a/.htpasswd", Refusal::Hidden),
        (b"/%2egit/config", Refusal::Hidden),
        (b"/...", Refusal::Hidden),
        (b"/a/.well-known/b", Refusal::Hidden),
        (b"/.well-known-not", Refusal::Hidden),
        (b"/.well-known/.hidden", Refusal::Hidden),
    ] {
        assert_eq!(wanted(path, ""), Err(refusal), "{}", String::from_utf8_lossy(path));
    }
}

#[test]
fn only_what_is_no_uri_is_a_bad_request() {
    assert_eq!((Refusal::BrokenEscape.status(), Refusal::NotAbsolute.status()), (400, 400));
    assert_eq!((Refusal::DotSegment.status(), Refusal::Hidden.status(), Refusal::EncodedSlash.status()), (404, 404, 404));
}

#[test]
fn a_component_may_have_255_bytes_once_decoded() {
    assert_eq!(ok(&format!("/{}", "%61".repeat(255)), "").0.len(), 255);
    assert_eq!(wanted(format!("/{}", "a".repeat(256)).as_bytes(), ""), Err(Refusal::LongComponent));
}

#[test]
fn a_prefix_is_taken_off_at_a_component_border() {
    assert_eq!(ok("/static/a.css", "/static"), ("a.css".into(), false));
    assert_eq!(ok("/static/a.css", "/static/"), ("a.css".into(), false));
    assert_eq!(ok("/st%61tic//a.css", "static"), ("a.css".into(), false));
    assert_eq!(ok("/a/b/c/", "/a/b"), ("c".into(), true));
    assert_eq!(ok("/static", "/static"), (String::new(), false));
    assert_eq!(ok("/static/", "/static"), (String::new(), true));
    assert_eq!(ok("/.site/a", "/.site"), ("a".into(), false));
    for (path, prefix) in [("/staticfile", "/static"), ("/a", "/a/b"), ("/", "/a"), ("/b/a", "/a"), ("/Static/a", "/static")] {
        assert_eq!(wanted(path.as_bytes(), prefix), Err(Refusal::OutsidePrefix), "{path} below {prefix}");
    }
    assert_eq!(wanted(b"/static/../secret", "/static"), Err(Refusal::DotSegment));
}

/// Pieces an attacker would put together.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(alloc::vec![
            &b"/"[..],
            b"..",
            b".",
            b"%2e",
            b"%2E",
            b"%2f",
            b"%5c",
            b"\\",
            b"%00",
            b"%25",
            b"%c0%ae",
            b"a",
            b"~",
            b":",
            b".well-known",
            b"%",
            b" ",
        ])
        .prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..3),
    ]
}

proptest! {
    #[test]
    fn joining_never_escapes_the_root(
        pieces in prop::collection::vec(piece(), 0..12),
        prefix in prop::sample::select(alloc::vec!["", "/a", "..", "/../a"]),
    ) {
        let mut path = alloc::vec![b'/'];
        path.extend(pieces.concat());
        let Ok(wanted) = wanted(&path, prefix) else { return Ok(()) };
        let root = Path::new("/srv/site");
        let joined = root.join(&wanted.relative);
        prop_assert!(joined.starts_with(root), "{:?}", joined);
        for component in Path::new(&wanted.relative).components() {
            let Component::Normal(name) = component else { return Err(TestCaseError::fail(format!("{component:?}"))) };
            let name = name.to_str().expect("UTF-8");
            prop_assert!(!name.starts_with('.') || wanted.relative.starts_with(".well-known"), "{}", name);
            prop_assert!(name.len() <= 255 && !name.contains(['\0', '\\']));
        }
        // No empty or dot component that the reading above would have passed over.
        prop_assert!(wanted.relative.is_empty() || wanted.relative.split('/').all(|name| !matches!(name, "" | "." | "..")));
    }

    #[test]
    fn an_encoded_path_is_read_back(
        names in prop::collection::vec("[^/\\\\\\.\\p{Cc}][^/\\\\\\p{Cc}]{0,8}", 1..4),
        directory in any::<bool>(),
    ) {
        let relative = names.join("/");
        let encoded = |name: &String| name.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let mut path: String = names.iter().map(|name| format!("/{}", encoded(name))).collect();
        if directory {
            path.push('/');
        }
        prop_assert_eq!(wanted(path.as_bytes(), ""), Ok(Wanted { relative, directory }));
    }
}
