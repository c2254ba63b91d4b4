use super::*;
use alloc::string::String;
use proptest::prelude::*;

fn normal(path: &str) -> Result<String, PathError> {
    let mut out = Vec::new();
    normalise(path.as_bytes(), &mut out).map(|path| String::from_utf8_lossy(path).into_owned())
}

#[test]
fn a_path_in_normal_form_is_not_copied() {
    for path in ["/", "/a", "/a/", "/a/b.css", "/.well-known/acme", "/a%20b", "/a%2Fb", "/..a/b..", "/a...", "/%C3%A9"] {
        let mut out = Vec::new();
        assert_eq!(normalise(path.as_bytes(), &mut out), Ok(path.as_bytes()));
        assert_eq!(out.capacity(), 0, "{path} was copied");
    }
}

#[test]
fn spellings_of_one_path_are_one() {
    // RFC 3986 §5.4.1 and §6.2.2, and runs of slashes.
    for (path, expected) in [
        ("/static/../admin", "/admin"),
        ("/%61dmin", "/admin"),
        ("/%2e%2e/admin", ""),
        ("/a/%2E%2e/admin", "/admin"),
        ("/a/./b", "/a/b"),
        ("/a/.", "/a/"),
        ("/a/..", "/"),
        ("/a/b/..", "/a/"),
        ("/.", "/"),
        ("//", "/"),
        ("//admin", "/admin"),
        ("/a//b///c//", "/a/b/c/"),
        ("/a//b/../c", "/a/c"),
        ("/a/./../b", "/b"),
        ("/%7Euser/%3f", "/~user/%3F"),
        ("/a%2fb", "/a%2Fb"),
        // Decoded once: what is then an escape was data.
        ("/%2561dmin", "/%2561dmin"),
    ] {
        let expected = if expected.is_empty() { Err(PathError::AboveRoot) } else { Ok(String::from(expected)) };
        assert_eq!(normal(path), expected, "{path}");
    }
}

#[test]
fn what_servers_read_differently_is_refused() {
    for (path, error) in [
        ("", PathError::Relative),
        ("a", PathError::Relative),
        ("/..", PathError::AboveRoot),
        ("/a/../..", PathError::AboveRoot),
        ("/a/../../b", PathError::AboveRoot),
        ("/a//../b", PathError::OverEmpty),
        ("/a//b/../../c", PathError::OverEmpty),
        ("/a//./../b", PathError::OverEmpty),
        ("/a%00", PathError::Nul),
        ("/a\0", PathError::Nul),
        ("/%", PathError::Encoding),
        ("/%4", PathError::Encoding),
        ("/%zz", PathError::Encoding),
        ("/%+1", PathError::Encoding),
    ] {
        assert_eq!(normal(path), Err(error), "{path}");
    }
}

proptest! {
    #[test]
    fn the_normal_form_is_its_own_and_never_climbs(path in "/([a./%]|%2[eEfF]|%61|\\.\\./|//){0,12}") {
        if let Ok(once) = normal(&path) {
            prop_assert_eq!(normal(&once), Ok(once.clone()));
            prop_assert!(once.starts_with('/'));
            prop_assert!(!once.contains("//"), "{}", once);
            prop_assert!(once.split('/').all(|segment| segment != "." && segment != ".."), "{}", once);
            prop_assert!(!once.contains("%2e") && !once.contains("%2E"));
        }
    }

    /// An independent reading, segment by segment on a stack.
    #[test]
    fn dot_segments_mean_what_rfc_3986_says(segments in prop::collection::vec(prop_oneof!["a", "b", "\\.", "\\.\\."], 1..8)) {
        let path = alloc::format!("/{}", segments.join("/"));
        let mut stack: Vec<&str> = Vec::new();
        let mut above = false;
        for segment in &segments {
            match segment.as_str() {
                "." => {}
                ".." => above |= stack.pop().is_none(),
                name => stack.push(name),
            }
        }
        let open = matches!(segments.last().map(String::as_str), Some("." | "..")) && !stack.is_empty();
        let expected = alloc::format!("/{}{}", stack.join("/"), if open { "/" } else { "" });
        prop_assert_eq!(normal(&path), if above { Err(PathError::AboveRoot) } else { Ok(expected) });
    }

    #[test]
    fn any_bytes_are_judged_without_panic(path in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut out = Vec::new();
        let _ = normalise(&path, &mut out);
    }
}
