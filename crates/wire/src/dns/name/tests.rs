use super::*;
use alloc::string::ToString;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

#[test]
fn the_root_is_a_dot_and_nothing_else_is() {
    assert_eq!(name("."), Name::root());
    assert_eq!(Name::root().to_string(), ".");
    assert_eq!(name("a.b.").to_string(), "a.b");
    for bad in ["", "..", "a..b", ".a", &"x".repeat(64), &"abcdefg.".repeat(32)] {
        assert_eq!(Name::parse(bad), None, "{bad}");
    }
}

#[test]
fn zones_hold_what_is_at_them_and_below() {
    assert!(name("www.Example.org").is_within(&name("example.ORG")));
    assert!(name("example.org").is_within(&name("example.org")) && !name("example.org").is_below(&name("example.org")));
    assert!(!name("badexample.org").is_within(&name("example.org")));
    assert!(name("org").is_below(&Name::root()));
}

#[test]
fn parents_and_ends() {
    let www = name("www.example.org");
    assert_eq!((www.depth(), Name::root().depth()), (3, 0));
    assert_eq!(www.last_labels(2), name("example.org"));
    assert_eq!(www.last_labels(0), Name::root());
    assert_eq!(www.last_labels(9), www);
    assert_eq!(www.parent(), Some(name("example.org")));
    assert_eq!(Name::root().parent(), None);
    assert_eq!(name("a.bc").ends().collect::<Vec<_>>(), [&b"\x01a\x02bc\0"[..], b"\x02bc\0", b"\0"]);
    assert_eq!(name("org").below("example"), Some(name("example.org")));
}

#[test]
fn a_redirected_tree_keeps_what_is_below() {
    let to = name("net");
    assert_eq!(name("a.b.old.org").replace_end(&name("old.org"), &to), Some(name("a.b.net")));
    assert_eq!(name("old.org").replace_end(&name("old.org"), &to), None);
    assert_eq!(name("old.org").replace_end(&name("other.org"), &to), None);
    let long = name(&"abcdefg.".repeat(31));
    assert_eq!(name("abcd.old.org").replace_end(&name("org"), &long), None);
}

#[test]
fn case_is_kept_and_does_not_count() {
    assert_eq!(name("WwW.example.org"), name("www.EXAMPLE.org"));
    assert_eq!(name("WwW.example.org").to_string(), "WwW.example.org");
}
