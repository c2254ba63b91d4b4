use super::*;
use alloc::vec;

fn says(fields: &[(&str, &str)]) -> Vec<String> {
    let mut all = Fields::new();
    for (name, value) in fields {
        all.push(name.as_bytes(), value.as_bytes());
    }
    told(&all).into_iter().map(|told| told.says).collect()
}

#[test]
fn caches() {
    assert_eq!(says(&[("Age", "43")]), vec!["a cache had it for 43 s"]);
    assert_eq!(says(&[("Age", "-1")]), Vec::<String>::new());
    let nearest_last = "origin-shield; fwd=uri-miss; fwd-status=200; stored, \"edge 1\"; hit; ttl=-5; detail=stale-if-error";
    assert_eq!(
        says(&[("Cache-Status", nearest_last)]),
        vec![
            "origin-shield asked on, because it had nothing for this URL, was answered 200, and stored the answer",
            "edge 1 had it, stale for 5 s (stale-if-error)",
        ]
    );
    assert_eq!(
        says(&[("Cache-Status", "a; fwd=new-word; collapsed")]),
        vec!["a asked on, because of new-word, together with others who asked for the same"]
    );
    assert_eq!(says(&[("Cache-Status", "not, a list,,")]), Vec::<String>::new());
}

#[test]
fn proxies() {
    assert_eq!(says(&[("Via", "1.1 shield, 2 edge")]), vec!["it came through servers on the way: shield, then edge"]);
    assert_eq!(
        says(&[("Proxy-Status", "lb; error=connection_refused; next-hop=\"app:3000\"")]),
        vec!["lb could not get an answer: connection refused, from app:3000"]
    );
}

#[test]
fn servers() {
    assert_eq!(
        says(&[("Server-Timing", "db;dur=53.2;desc=\"two, queries\", miss, x;dur=no")]),
        vec!["the server says: db (two, queries) 53.2 ms, miss, x"]
    );
}

#[test]
fn a_flood_is_bounded() {
    let many = vec!["a"; 500].join(",");
    assert_eq!(says(&[("Cache-Status", &many)]).len(), MOST);
    assert_eq!(says(&[("Server-Timing", &many)])[0].matches('a').count() - "the server says".matches('a').count(), MOST);
}
