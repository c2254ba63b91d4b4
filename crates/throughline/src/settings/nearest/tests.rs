use super::{distance, nearest};

fn apart(a: &str, b: &str) -> usize {
    distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
}

#[test]
fn distances() {
    assert_eq!(apart("", "abc"), 3);
    assert_eq!(apart("algoritm", "algorithm"), 1);
    assert_eq!(apart("kitten", "sitting"), 3);
    assert_eq!(apart("wieght", "weight"), 1, "a swap is one");
    assert_eq!(apart("HEAD_bytes", "head-bytes"), 0);
}

#[test]
fn near_enough_or_nothing() {
    assert_eq!(nearest("algoritm", ["queue", "algorithm"]), Some("algorithm"));
    assert_eq!(nearest("ap", ["app", "api"]), Some("app"), "the earlier of two equals");
    assert_eq!(nearest("colour", ["queue", "algorithm"]), None);
    assert_eq!(nearest("x", ["queue"]), None);
    assert_eq!(nearest("quite", ["queue"]), None, "two of five letters is too far");
    assert_eq!(nearest(&"x".repeat(10_000), ["queue"]), None);
}
