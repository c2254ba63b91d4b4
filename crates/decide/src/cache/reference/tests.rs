use super::*;
use proptest::prelude::*;

const BASE: Uri<'static> = Uri { scheme: "http", authority: b"a", target: b"/b/c/d;p?q" };

fn resolve(reference: &str) -> Option<Vec<u8>> {
    within_origin(&BASE, reference.as_bytes())
}

#[test]
fn the_examples_of_rfc_3986_5_4() {
    for (reference, target) in [
        ("g", "/b/c/g"),
        ("./g", "/b/c/g"),
        ("g/", "/b/c/g/"),
        ("/g", "/g"),
        ("?y", "/b/c/d;p?y"),
        ("g?y", "/b/c/g?y"),
        ("#s", "/b/c/d;p?q"),
        ("g#s", "/b/c/g"),
        ("g?y#s", "/b/c/g?y"),
        (";x", "/b/c/;x"),
        ("g;x", "/b/c/g;x"),
        ("", "/b/c/d;p?q"),
        (".", "/b/c/"),
        ("./", "/b/c/"),
        ("..", "/b/"),
        ("../", "/b/"),
        ("../g", "/b/g"),
        ("../..", "/"),
        ("../../g", "/g"),
        ("../../../g", "/g"),
        ("/./g", "/g"),
        ("/../g", "/g"),
        ("g.", "/b/c/g."),
        (".g", "/b/c/.g"),
        ("g..", "/b/c/g.."),
        ("./../g", "/b/g"),
        ("./g/.", "/b/c/g/"),
        ("g/./h", "/b/c/g/h"),
        ("g/../h", "/b/c/h"),
        ("g?y/../x", "/b/c/g?y/../x"),
    ] {
        assert_eq!(resolve(reference).as_deref(), Some(target.as_bytes()), "{reference}");
    }
}

#[test]
fn only_the_same_origin_counts() {
    for (reference, target) in
        [("http://a/x", "/x"), ("HTTP://A:80/x?y", "/x?y"), ("//a/x", "/x"), ("http://a", "/"), ("http://a?x", "/?x")]
    {
        assert_eq!(resolve(reference).as_deref(), Some(target.as_bytes()), "{reference}");
    }
    for reference in ["https://a/x", "http://b/x", "//b/x", "http://a:81/x", "http:/x", "http:x", "g:h", "http://a@b/x", "http://user@a/x"]
    {
        assert_eq!(resolve(reference), None, "{reference}");
    }
}

proptest! {
    #[test]
    fn any_reference_is_a_target_or_none(reference in prop::collection::vec(any::<u8>(), 0..32)) {
        if let Some(target) = within_origin(&BASE, &reference) {
            prop_assert_eq!(target.first(), Some(&b'/'));
            let path = before_query(&target);
            prop_assert!(!path.split(|byte| *byte == b'/').any(|segment| matches!(segment, b"." | b"..")));
        }
    }
}
