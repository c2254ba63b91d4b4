//! The border between owners: what a token may, and every way around it that we could think of.

use super::*;
use crate::token;

const SITES: &str = r#"
[server]
name = "edge-1"

[[listener]]
at = "127.0.0.1:8080"
sites = ["shop", "blog", "tenants", "rest"]

[[listener]]
at = "127.0.0.1:9080"
sites = ["inside"]

[[site]]
name = "shop"
hosts = ["shop.example", "xn--bcher-kva.example"]
tokens = ["SHOP"]
route = [{ pool = "app", cache = true }]

[[site]]
name = "blog"
hosts = ["blog.example", "www.blog.example"]
tokens = ["BLOG", "BOTH"]
route = [{ pool = "app", cache = true }]

[[site]]
name = "tenants"
hosts = ["*.tenants.example"]
tokens = ["TENANTS", "BOTH"]
route = [{ pool = "app", cache = true }]

[[site]]
name = "rest"
hosts = ["*"]
tokens = ["REST"]
route = [{ pool = "app", cache = true }]

[[site]]
name = "inside"
hosts = ["shop.example", "inside.example"]
tokens = ["INSIDE"]
route = [{ pool = "app", cache = true }]

[admin]
tokens = ["ADMIN"]

[pool.app]
backends = ["127.0.0.1:3000", "127.0.0.1:3001"]
"#;

fn with_owners(test: impl FnOnce(&Host, &Admin)) {
    let mut text = SITES.to_string();
    for name in ["SHOP", "BLOG", "BOTH", "TENANTS", "REST", "INSIDE", "ADMIN"] {
        text = text.replace(&format!("\"{name}\""), &format!("{:?}", token::text(&token::hash(name.to_ascii_lowercase().as_bytes()))));
    }
    with_config(&text, |host, _, admin| test(host, admin));
}

/// With a token a POST needs neither the field nor a certain `Host`.
fn with_token(host: &Host, admin: &Admin, method: &str, token: &str, target: &str) -> (u16, String) {
    let request = format!("{method} {target} HTTP/1.1\r\nHost: purge.example\r\nAuthorization: Bearer {token}");
    let (status, _, body) = answered(host, admin, &request);
    (status, body)
}

fn purge(host: &Host, admin: &Admin, token: &str, what: &str) -> (u16, String) {
    with_token(host, admin, "POST", token, &format!("/cache/purge?{what}"))
}

#[test]
fn without_a_token_nothing_is_shown() {
    with_owners(|host, admin| {
        let secret = ["GET /status", "GET /metrics", "GET /explain/cache?url=http://shop.example/", "POST /cache/purge?all", "POST /drain"];
        for request in secret {
            let guarded = "HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Throughline-Admin: 1";
            let (status, fields, body) = answered(host, admin, &format!("{request} {guarded}"));
            assert_eq!((status, &fields[1]), (401, &("WWW-Authenticate", "Bearer realm=\"throughline\"".to_string())), "{request}");
            assert!(body.contains("--token-file"), "{body}");
            let mistaken = [
                "Bearer nobody",
                "Bearer shopx",
                "Bearer SHOP",
                "Bearer",
                "Bearer ",
                "Basic shop",
                "shop",
                "Bearer shop admin",
                "Bearer shop\r\nAuthorization: Bearer admin",
                "Bearer \"admin\"",
            ];
            for value in mistaken {
                let (status, fields, _) = answered(host, admin, &format!("{request} {guarded}\r\nAuthorization: {value}"));
                assert_eq!(status, 401, "{request} {value}");
                assert!(fields[1].1.ends_with("error=\"invalid_token\""), "{request} {value}");
            }
        }
        assert_eq!(get(host, admin, "/").0, 200, "what there is to ask for is no secret");
        assert_eq!(with_token(host, admin, "GET", "admin", "/status").0, 200);
        // RFC 9110 §11.1: the scheme has no case.
        assert_eq!(answered(host, admin, "GET /status HTTP/1.1\r\nHost: x.example\r\nAuthorization: bEARER   admin").0, 200);
    });
}

#[test]
fn an_owner_has_what_is_stored_and_nothing_else() {
    with_owners(|host, admin| {
        for (method, target) in [
            ("GET", "/status"),
            ("GET", "/metrics"),
            ("GET", "/explain/balance?url=http://shop.example/"),
            ("POST", "/reload"),
            ("POST", "/drain"),
            ("POST", "/backends/app/127.0.0.1%3A3000?admin=drain"),
        ] {
            let (status, body) = with_token(host, admin, method, "shop", target);
            assert!(status == 403 && body.contains("[admin]"), "{target}: {status} {body}");
        }
        for target in ["/explain/cache?url=http://shop.example/a", "/explain/route?url=http://shop.example/a"] {
            let (status, body) = with_token(host, admin, "GET", "shop", target);
            assert_eq!(status, 200, "{target}: {body}");
            for other in ["blog", "tenants", "rest"] {
                assert!(!body.contains(other), "{target} tells of {other}: {body}");
            }
        }
        for target in ["cache", "route"] {
            for url in [
                "http://blog.example/",
                "http://nobody.example/",
                "http://x.tenants.example/",
                "http://shop.example/&header=Host:%20blog.example",
                "http://shop.example/&listener=127.0.0.1:9080",
            ] {
                let (status, body) = with_token(host, admin, "GET", "shop", &format!("/explain/{target}?url={url}"));
                assert!(status == 403 && !body.contains("blog\""), "{target} {url}: {status} {body}");
            }
        }
    });
}

#[test]
fn a_site_is_purged_by_its_owner() {
    with_owners(|host, admin| {
        let mine = [
            ("shop", "url=http://shop.example/a"),
            ("shop", "url=shop.example/a"),
            ("shop", "url=HTTPS://SHOP.example:443/a"),
            ("shop", "url=http://shop.example.:8080/a"),
            ("shop", "url=http://xn--bcher-kva.example/a"),
            ("shop", "prefix=http://shop.example/img/&soft"),
            ("shop", "tag=news"),
            ("shop", "site=shop"),
            ("shop", "site=shop&tag=news"),
            ("shop", "site=shop&all"),
            ("inside", "url=http://shop.example/a"),
            ("tenants", "url=http://a.tenants.example/a"),
            ("both", "url=http://blog.example/a"),
            ("both", "site=tenants"),
            ("rest", "url=http://anything.example/a"),
            ("rest", "url=http://tenants.example/a"),
            ("admin", "all"),
            ("admin", "site=blog"),
            ("admin", "url=http://nobody.example/"),
        ];
        for (token, what) in mine {
            let (status, body) = purge(host, admin, token, what);
            assert_eq!(status, 200, "{token} {what}: {body}");
        }
        // One record for each site and scheme that it is about.
        let sequence = |token: &str, what: &str| {
            let answer: serde_json::Value = serde_json::from_str(&purge(host, admin, token, what).1).expect("JSON");
            answer["sequence"].as_u64().expect("a number")
        };
        let before = sequence("shop", "tag=x");
        assert_eq!(sequence("both", "tag=x"), before + 2);
        assert_eq!(sequence("shop", "url=shop.example/"), before + 4);
        assert_eq!(sequence("admin", "tag=x"), before + 5);
    });
}

#[test]
fn another_site_is_out_of_reach_however_it_is_spelt() {
    with_owners(|host, admin| {
        let foreign = [
            "url=http://blog.example/a",
            "url=blog.example/a",
            "url=http://BLOG.EXAMPLE/a",
            "url=http://blog.example.:80/a",
            "url=http://blog.example:8080/a",
            "url=https://blog.example:443/a",
            "url=http://blog.example/?http://shop.example/",
            "url=http://blog.example%23shop.example/",
            "url=http://shop.example.blog.example/",
            "url=http://shop.example.evil.example/",
            "url=http://sub.shop.example/",
            "url=http://nobody.example/",
            "url=http://a.tenants.example/",
            "url=http://127.0.0.1:8080/a",
            "url=http://inside.example/",
            "prefix=http://blog.example/",
            "prefix=blog.example/",
            "prefix=http://a.tenants.example/",
            "site=blog",
            "site=blog&tag=x",
            "site=blog&all",
            "site=admin",
            "site=none",
            "all",
            "all&soft",
        ];
        for what in foreign {
            let (status, body) = purge(host, admin, "shop", what);
            assert!(status == 403 && body.len() > 20, "{what}: {status} {body}");
        }
        let nonsense = [
            "url=http://user@blog.example/a",
            "url=http://shop.example@blog.example/a",
            "url=http://shop.example:80@blog.example/a",
            "url=http://b%C3%BCcher.example/a",
            "url=http://shop.example%0D%0AHost:%20blog.example/",
            "url=http://shop.example%20blog.example/",
            "url=http://shop.example%5C.blog.example/",
            "url=http:shop.example/",
            "url=//shop.example/",
            "url=/a",
            "url=",
            "prefix=http://*.tenants.example/",
            "prefix=/",
            "prefix=/img/",
            "prefix=http:///",
            "prefix=http://shop.example/a",
            "prefix=",
            "tag=",
            "tag=a%20b",
            "tag=a%0Ab",
            "tag=a,b",
            "tag=x&all",
            "url=http://shop.example/&all",
            "url=http://shop.example/&prefix=http://blog.example/",
            "",
        ];
        for what in nonsense {
            let (status, body) = purge(host, admin, "shop", what);
            assert!(matches!(status, 400 | 403) && body.len() > 20, "{what}: {status} {body}");
        }
        let (_, status) = with_token(host, admin, "GET", "admin", "/status");
        let status = view::status::Status::from_json(&status).expect("a status");
        assert_eq!((status.journal.accepted, status.journal.applied), (0, 0), "none of it was accepted");
        // The first of a name counts, as with every parameter; a second one opens nothing.
        assert_eq!(purge(host, admin, "shop", "site=shop&site=blog&tag=x").0, 200);
        assert_eq!(purge(host, admin, "shop", "site=blog&site=shop&tag=x").0, 403);
        assert_eq!(purge(host, admin, "shop", "url=http://shop.example/&url=http://blog.example/").0, 200);
    });
}

/// Content, notices and prefetches, as far as they go without a worker that fetches.
#[test]
fn pushes_and_prefetches_stay_within_the_site() {
    with_owners(|host, admin| {
        let put = |token: &str, what: &str| with_token(host, admin, "PUT", token, &format!("/cache/content?{what}"));
        let post = |token: &str, what: &str| with_token(host, admin, "POST", token, what);
        for (token, what) in
            [("shop", "url=http://shop.example/a"), ("rest", "url=http://any.example:8080/"), ("admin", "url=http://blog.example/a")]
        {
            let (status, body) = put(token, &format!("{what}&field=Cache-Control:%20max-age=60"));
            assert_eq!(status, 200, "{token} {what}: {body}");
        }
        for what in [
            "url=http://blog.example/a",
            "url=http://BLOG.example:80/a",
            "url=http://x.tenants.example/",
            "url=http://shop.example/a&header=Host:%20blog.example",
            "url=http://shop.example:9080/a",
            "url=http://nobody.example/a",
        ] {
            let (status, body) = put("shop", &format!("{what}&field=Cache-Control:%20max-age=60"));
            assert!(status == 403 && body.len() > 20, "{what}: {status} {body}");
        }
        for what in
            ["push?url=http://blog.example/a", "push?url=http://shop.example/&url=http://blog.example/", "push?url=http://nobody.example/"]
        {
            assert_eq!(post("shop", &format!("/cache/{what}")).0, 403, "{what}");
        }
        for what in
            ["prefetch?url=http://blog.example/a", "prefetch?sitemap=http://blog.example/s.xml", "prefetch?sitemap=http://127.0.0.1:8090/"]
        {
            assert_eq!(post("shop", &format!("/cache/{what}")).0, 403, "{what}");
        }
        for what in ["prefetch?url=http://shop.example/&header=Host:%20blog.example", "push?url=http://shop.example/&header=host:x"] {
            let (status, body) = post("shop", &format!("/cache/{what}"));
            assert!(status == 400 && body.contains("the host is that of the URL"), "{what}: {status} {body}");
        }
        let job = |token: &str, url: &str| {
            let (status, body) = post(token, &format!("/cache/prefetch?url={url}"));
            assert_eq!(status, 202, "{body}");
            let told: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            told["job"].as_u64().expect("a number")
        };
        let (shop, blog, all) =
            (job("shop", "http://shop.example/"), job("blog", "http://blog.example/"), job("admin", "http://shop.example/"));
        let seen = |token: &str| {
            let told: serde_json::Value = serde_json::from_str(&with_token(host, admin, "GET", token, "/cache/prefetch").1).expect("JSON");
            told["jobs"].as_array().expect("a list").iter().map(|job| job["id"].as_u64().expect("a number")).collect::<Vec<_>>()
        };
        assert_eq!((seen("shop"), seen("both"), seen("admin")), (vec![shop], vec![blog], vec![shop, blog, all]));
        for other in [blog, all, 999] {
            assert_eq!(with_token(host, admin, "GET", "shop", &format!("/cache/prefetch?id={other}")).0, 404);
        }
        for other in [blog, all] {
            assert_eq!(post("shop", &format!("/cache/prefetch?cancel={other}")).0, 404);
        }
        assert_eq!(post("shop", &format!("/cache/prefetch?cancel={shop}")).0, 200);
    });
}
