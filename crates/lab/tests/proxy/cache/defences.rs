//! Poisoning and deception: what one client sends must not shape what another gets.

use super::{asked, fetch, get_with, ok, origin};
use crate::support::{Rig, caching, get};
use decide::config::ValueMatch;
use lab::World;
use lab::peer::Act;

/// Asks twice, and tells whether the second came from the store.
fn is_stored(answer: Act, request: &str) -> bool {
    let stored = std::cell::Cell::new(false);
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        origin(&rig, vec![answer.clone()]);
        rig.run(async {
            fetch(&rig, request).await;
            stored.set(fetch(&rig, request).await.cache().starts_with("edge; hit"));
        });
        rig.close();
    });
    stored.get()
}

const FRESH: &str = "Cache-Control: max-age=60\r\n";

#[test]
fn host_and_query_are_in_the_key() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| {
            let host = request.head.split("Host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default().to_string();
            let target = request.head.split(' ').nth(1).unwrap_or_default().to_string();
            vec![ok(FRESH, &format!("{host}{target}"))]
        });
        rig.run(async {
            for _ in 0..2 {
                for (host, target) in [("a.example", "/"), ("b.example", "/"), ("a.example", "/?q=1"), ("a.example", "/?q=2")] {
                    let got = fetch(&rig, &get(target).replace("a.example", host)).await;
                    assert_eq!(got.body, format!("{host}{target}"));
                }
            }
        });
        assert_eq!(asked(&origin), 4);
        rig.close();
    });
}

#[test]
fn what_a_client_claims_of_itself_shapes_nothing_that_is_stored() {
    World::twice(2, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = origin(&rig, vec![ok(FRESH, "page")]);
        rig.run(async {
            let claims = "X-Forwarded-Host: evil.example\r\nX-Forwarded-Scheme: http\r\nX-Forwarded-Prefix: /evil\r\n\
                Forwarded: host=evil.example\r\n";
            fetch(&rig, &get_with("/a", claims)).await;
            assert!(fetch(&rig, &get("/a")).await.cache().starts_with("edge; hit"));
        });
        assert!(!origin.text().contains("evil"), "{}", origin.text());
        rig.close();
    });
}

#[test]
fn what_a_trusted_proxy_says_of_the_address_is_in_the_key() {
    World::twice(3, |world| {
        let mut config = caching(1);
        config.sites[0].forward.trust_client = true;
        config.sites[0].forward.x_forwarded = true;
        let rig = Rig::new(world, config);
        let origin = rig.serve(0, |request| {
            let host =
                request.head.split("X-Forwarded-Host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default().to_string();
            vec![ok(FRESH, &format!("<base href=//{host}>"))]
        });
        rig.run(async {
            for claim in ["one.example", "two.example", "one.example"] {
                let fields = format!("X-Forwarded-Host: {claim}\r\nX-Forwarded-For: 192.0.2.{}\r\n", claim.len());
                assert_eq!(fetch(&rig, &get_with("/a", &fields)).await.body, format!("<base href=//{claim}>"));
            }
            for claim in ["X-Forwarded-Prefix: /x\r\n", "Forwarded: for=192.0.2.1;host=x.example\r\n", "X-Forwarded-Proto: https\r\n"] {
                assert!(fetch(&rig, &get_with("/a", claim)).await.cache().starts_with("edge; fwd=uri-miss"), "{claim}");
            }
        });
        assert_eq!(asked(&origin), 5);
        rig.close();
    });
}

#[test]
fn a_route_chosen_by_a_field_stores_for_itself() {
    World::twice(4, |world| {
        let mut config = caching(1);
        let mut beta = config.sites[0].routes[0].clone();
        beta.when.headers = vec![ValueMatch { name: "X-Beta".to_string(), value: None }];
        beta.request.path = Some("/beta".to_string());
        config.sites[0].routes.insert(0, beta);
        let rig = Rig::new(world, config);
        let origin = rig.serve(0, |request| vec![ok(FRESH, if request.head.starts_with("GET /beta") { "beta" } else { "plain" })]);
        rig.run(async {
            for _ in 0..2 {
                assert_eq!(fetch(&rig, &get_with("/a", "X-Beta: 1\r\n")).await.body, "beta");
                assert_eq!(fetch(&rig, &get("/a")).await.body, "plain");
            }
        });
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}

#[test]
fn a_page_under_the_name_of_a_picture_is_not_stored() {
    let answer = |kind: &str| ok(&format!("{FRESH}Content-Type: {kind}\r\n"), "secret");
    assert!(!is_stored(answer("text/html"), &get("/account/x.css")));
    assert!(!is_stored(answer("application/json"), &get("/account/x.png")));
    assert!(is_stored(answer("text/css"), &get("/account/x.css")));
    assert!(is_stored(answer("text/html"), &get("/account/")));
}

#[test]
fn cookies_are_not_given_to_others() {
    assert!(!is_stored(ok(&format!("{FRESH}Set-Cookie: id=1\r\n"), "page"), &get("/a")));
    assert!(is_stored(ok(FRESH, "page"), &get_with("/a", "Cookie: id=1\r\n")));
}

#[test]
fn credentials_are_for_one_unless_the_origin_says_otherwise() {
    let request = get_with("/a", "Authorization: Basic eDp5\r\n");
    assert!(!is_stored(ok(FRESH, "mine"), &request));
    assert!(is_stored(ok("Cache-Control: public, max-age=60\r\n", "ours"), &request));
    assert!(is_stored(ok("Cache-Control: s-maxage=60\r\n", "ours"), &request));
}

#[test]
fn content_of_a_get_that_is_in_no_key_shapes_nothing() {
    World::twice(5, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| vec![Act::TakeBody, ok(FRESH, "page")]);
        rig.run(async {
            let fat = "GET /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\nevil";
            let got = fetch(&rig, fat).await;
            assert_eq!(got.cache(), "edge; fwd=bypass; detail=with-content");
            assert!(fetch(&rig, &get("/a")).await.cache().starts_with("edge; fwd=uri-miss"));
        });
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}

#[test]
fn only_if_cached_and_no_cache_of_clients_count_where_the_owner_obeys_them() {
    for obey in [false, true] {
        World::twice(6, |world| {
            let mut config = caching(1);
            config.sites[0].routes[0].cache.as_mut().expect("it caches").obey_requests = obey;
            let rig = Rig::new(world, config);
            let origin = origin(&rig, vec![ok(FRESH, "page")]);
            rig.run(async {
                let only = get_with("/a", "Cache-Control: only-if-cached\r\n");
                assert_eq!(fetch(&rig, &only).await.status, if obey { 504 } else { 200 });
                fetch(&rig, &get("/a")).await;
                assert_eq!(fetch(&rig, &only).await.status, 200);
                let before = asked(&origin);
                let through = fetch(&rig, &get_with("/a", "Cache-Control: no-cache\r\n")).await;
                assert_eq!(through.body, "page");
                assert_eq!(asked(&origin) - before, usize::from(obey));
            });
            rig.close();
        });
    }
}
