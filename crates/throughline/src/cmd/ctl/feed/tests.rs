use super::*;
use serde_json::json;

#[test]
fn a_line_says_what_came_of_a_url() {
    let stored = json!({ "outcome": "stored", "url": "http://a/", "status": 200, "bytes": 7, "took_ms": 1.25, "ttl": 60, "age": 0 });
    assert_eq!(line(&stored), "stored      http://a/  200, 7 bytes in 1.2 ms, fresh for 60 s");
    let fresh = json!({ "outcome": "fresh", "url": "http://a/", "status": 200, "age": 3, "ttl": 57 });
    assert_eq!(line(&fresh), "fresh       http://a/  200, 3 s old, fresh for 57 s");
    let refused = json!({ "outcome": "not-stored", "url": "http://a/", "status": 200, "why": "no-store: it must not be stored" });
    assert_eq!(line(&refused), "not-stored  http://a/  200, no-store: it must not be stored");
    let unserved = json!({ "outcome": "unserved", "url": "ftp://a/", "status": 0, "why": "no listener" });
    assert_eq!(line(&unserved), "unserved    ftp://a/  no listener");
}

#[test]
fn a_query_is_encoded() {
    let query = Query::of("/cache/push").with("soft", "").with_all("header", &["A: b&c".to_string()]);
    assert_eq!(query.0, "/cache/push?soft=&header=A%3A%20b%26c");
}
