//! Freshness, validation, variants, ranges: one client after another.

use super::{asked, fetch, get_with, ok, origin, status};
use crate::support::{Rig, SECOND, answered, caching, get, statuses};
use lab::World;
use lab::peer::{Act, Seen};

#[test]
fn a_fresh_answer_serves_until_the_second_it_is_stale() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = origin(&rig, vec![ok("Cache-Control: max-age=10\r\nX-From: origin\r\n", "one"), ok("", "two")]);
        rig.run(async {
            let first = fetch(&rig, &get("/a")).await;
            assert_eq!((first.status, first.body.as_str(), first.field("age")), (200, "one", None));
            assert_eq!(first.cache(), "edge; fwd=uri-miss; ttl=10; stored; detail=nothing-stored");
            let again = fetch(&rig, &get("/a")).await;
            assert_eq!((again.status, again.body.as_str(), again.field("age")), (200, "one", Some("0")));
            assert_eq!((again.field("x-from"), again.field("via")), (Some("origin"), Some("1.1 edge")));
            assert_eq!(again.cache(), "edge; hit; ttl=10; detail=fresh");
            world.sleep(9 * SECOND).await;
            let last = fetch(&rig, &get("/a")).await;
            assert_eq!((last.body.as_str(), last.field("age"), last.cache()), ("one", Some("9"), "edge; hit; ttl=1; detail=fresh"));
            assert_eq!(asked(&origin), 1);
            world.sleep(SECOND).await;
            let stale = fetch(&rig, &get("/a")).await;
            assert_eq!((stale.body.as_str(), stale.field("age")), ("two", None));
            assert!(stale.cache().starts_with("edge; fwd=stale"), "{}", stale.cache());
            assert_eq!(asked(&origin), 2);
        });
        assert_eq!(rig.log.steps("cache-hit").len(), 2);
        assert_eq!(rig.log.steps("cache-miss").len(), 2);
        rig.close();
    });
}

/// Each write is an arrival of its own, which wakes the client.
#[test]
fn a_short_answer_arrives_at_once_whether_it_is_stored_or_fetched() {
    World::twice(4, |world| {
        let rig = Rig::new(world, caching(1));
        origin(&rig, vec![ok("Cache-Control: max-age=10\r\n", "short")]);
        rig.run(async {
            for how in ["fwd=uri-miss", "hit"] {
                let stream = rig.client.connect(&rig.edge.at(80)).await.expect("a connection");
                stream.write_all(get("/a").as_bytes()).await.expect("it is taken");
                let mut piece = [0; 4096];
                let n = stream.read(&mut piece).await.expect("an answer");
                let text = String::from_utf8_lossy(&piece[..n]);
                assert!(text.contains(how) && text.ends_with("\r\n\r\nshort"), "{text}");
            }
        });
        rig.close();
    });
}

#[test]
fn a_stale_answer_is_validated_by_its_tag_and_lives_on() {
    World::twice(2, |world| {
        let rig = Rig::new(world, caching(1));
        let stored = ok("Cache-Control: max-age=10\r\nETag: \"v1\"\r\n", "one");
        let origin = origin(&rig, vec![stored, status(304, "Cache-Control: max-age=20\r\nETag: \"v1\"\r\nX-New: yes\r\n")]);
        rig.run(async {
            fetch(&rig, &get("/a")).await;
            world.sleep(11 * SECOND).await;
            let validated = fetch(&rig, &get("/a")).await;
            assert_eq!((validated.status, validated.body.as_str(), validated.field("x-new")), (200, "one", Some("yes")));
            assert_eq!(validated.cache(), "edge; fwd=stale; fwd-status=304; ttl=20; stored; detail=not-modified");
            let hit = fetch(&rig, &get("/a")).await;
            assert_eq!((hit.body.as_str(), hit.cache()), ("one", "edge; hit; ttl=20; detail=fresh"));
            assert_eq!(asked(&origin), 2);
            assert!(origin.requests()[1].1.contains("\r\nIf-None-Match: \"v1\"\r\n"), "{}", origin.requests()[1].1);
        });
        rig.close();
    });
}

#[test]
fn a_clients_own_conditions_and_ranges_are_answered_from_the_whole() {
    World::twice(3, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = origin(&rig, vec![ok("Cache-Control: max-age=60\r\nETag: \"v1\"\r\nContent-Type: text/plain\r\n", "0123456789")]);
        rig.run(async {
            // The first asks with a condition already: the whole is fetched, and it gets its 304 all the same.
            let first = fetch(&rig, &get_with("/a", "If-None-Match: \"v1\"\r\n")).await;
            assert_eq!((first.status, first.body.as_str(), first.field("etag")), (304, "", Some("\"v1\"")));
            assert!(!origin.requests()[0].1.contains("If-None-Match"));
            let other = fetch(&rig, &get_with("/a", "If-None-Match: \"v2\"\r\n")).await;
            assert_eq!((other.status, other.body.as_str()), (200, "0123456789"));
            let range = fetch(&rig, &get_with("/a", "Range: bytes=2-4\r\n")).await;
            assert_eq!((range.status, range.body.as_str(), range.field("content-range")), (206, "234", Some("bytes 2-4/10")));
            assert_eq!(range.field("content-length"), Some("3"));
            let several = fetch(&rig, &get_with("/a", "Range: bytes=0-0,9-9\r\n")).await;
            assert_eq!(several.status, 206);
            assert!(
                several.body.contains("Content-Range: bytes 0-0/10\r\n\r\n0\r\n") && several.body.contains("bytes 9-9/10\r\n\r\n9\r\n")
            );
            let length: usize = several.field("content-length").expect("a length").parse().expect("a number");
            assert_eq!(several.body.len(), length);
            let beyond = fetch(&rig, &get_with("/a", "Range: bytes=10-\r\n")).await;
            assert_eq!((beyond.status, beyond.field("content-range")), (416, Some("bytes */10")));
            let head = fetch(&rig, &get("/a").replace("GET", "HEAD")).await;
            assert_eq!((head.status, head.body.as_str(), head.field("content-length")), (200, "", Some("10")));
            assert_eq!(head.cache(), "edge; hit; ttl=60; detail=fresh");
        });
        assert_eq!(asked(&origin), 1);
        rig.close();
    });
}

#[test]
fn variants_are_stored_beside_each_other() {
    World::twice(4, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| {
            let language = if request.head.contains("Accept-Language: de") { "de" } else { "en" };
            vec![ok("Cache-Control: max-age=60\r\nVary: Accept-Language\r\n", language)]
        });
        rig.run(async {
            for (language, forwarded) in
                [("de", "edge; fwd=uri-miss;"), ("en", "edge; fwd=vary-miss;"), ("de", "edge; hit;"), ("en", "edge; hit;")]
            {
                let got = fetch(&rig, &get_with("/a", &format!("Accept-Language: {language}\r\n"))).await;
                assert_eq!(got.body, language);
                assert!(got.cache().starts_with(forwarded), "{}", got.cache());
            }
        });
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}

#[test]
fn a_stale_answer_serves_while_it_is_validated_behind_the_client() {
    World::twice(5, |world| {
        let rig = Rig::new(world, caching(1));
        let fields = "Cache-Control: max-age=10, stale-while-revalidate=30\r\n";
        let origin = rig.serve(0, move |request| {
            vec![Act::Wait(SECOND * u32::from(request.number > 0)), ok(fields, if request.number == 0 { "old" } else { "new" })]
        });
        rig.run(async {
            fetch(&rig, &get("/a")).await;
            world.sleep(15 * SECOND).await;
            for _ in 0..3 {
                let stale = fetch(&rig, &get("/a")).await;
                assert_eq!((stale.body.as_str(), stale.cache()), ("old", "edge; hit; ttl=-5; detail=stale-while-revalidate"));
            }
            world.sleep(2 * SECOND).await;
            let new = fetch(&rig, &get("/a")).await;
            assert_eq!(new.body, "new");
            assert!(new.cache().starts_with("edge; hit; ttl="), "{}", new.cache());
        });
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}

#[test]
fn a_stale_answer_serves_where_the_origin_fails_and_only_as_long_as_allowed() {
    World::twice(6, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = origin(&rig, vec![ok("Cache-Control: max-age=10, stale-if-error=30\r\n", "old"), status(503, "")]);
        rig.run(async {
            fetch(&rig, &get("/a")).await;
            world.sleep(20 * SECOND).await;
            let stale = fetch(&rig, &get("/a")).await;
            assert_eq!((stale.status, stale.body.as_str(), stale.field("age")), (200, "old", Some("20")));
            assert_eq!(stale.cache(), "edge; fwd=stale; fwd-status=503; ttl=-10; detail=stale-if-error");
            world.sleep(21 * SECOND).await;
            assert_eq!(fetch(&rig, &get("/a")).await.status, 503);
        });
        assert_eq!(asked(&origin), 3);
        rig.close();
    });
}

#[test]
fn post_makes_what_is_stored_invalid() {
    World::twice(7, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = origin(
            &rig,
            vec![ok("Cache-Control: max-age=60\r\n", "old"), ok("Location: /b\r\n", ""), ok("Cache-Control: max-age=60\r\n", "new")],
        );
        rig.run(async {
            fetch(&rig, &get("/a")).await;
            assert!(fetch(&rig, &get("/a")).await.cache().starts_with("edge; hit"));
            let post = fetch(&rig, "POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n").await;
            assert_eq!(post.cache(), "edge; fwd=method; detail=method");
            assert_eq!(fetch(&rig, &get("/a")).await.body, "new");
        });
        assert_eq!(asked(&origin), 3);
        rig.close();
    });
}

#[test]
fn a_304_about_something_else_has_the_question_asked_again_without_conditions() {
    World::twice(8, |world| {
        let rig = Rig::new(world, caching(1));
        let answers = vec![
            ok("Cache-Control: max-age=10\r\nETag: \"v1\"\r\n", "one"),
            status(304, "ETag: \"other\"\r\n"),
            ok("Cache-Control: max-age=10\r\nETag: \"v2\"\r\n", "two"),
        ];
        let origin = origin(&rig, answers);
        rig.run(async {
            fetch(&rig, &get("/a")).await;
            world.sleep(11 * SECOND).await;
            assert_eq!(fetch(&rig, &get("/a")).await.body, "two");
            assert!(fetch(&rig, &get("/a")).await.cache().starts_with("edge; hit"));
        });
        let heads: Vec<String> = origin.requests().into_iter().map(|(_, head)| head).collect();
        assert!(heads.len() == 3 && heads[1].contains("If-None-Match") && !heads[2].contains("If-None-Match"), "{heads:?}");
        rig.close();
    });
}

#[test]
fn a_head_that_disagrees_makes_what_is_stored_stale() {
    World::twice(9, |world| {
        let rig = Rig::new(world, caching(1));
        let stored = "Cache-Control: max-age=10\r\nETag: \"v1\"\r\n";
        let newer = Act::send("HTTP/1.1 200 OK\r\nETag: \"v2\"\r\nContent-Length: 3\r\n\r\n");
        let origin = origin(&rig, vec![ok(stored, "one"), newer, ok("Cache-Control: max-age=10\r\n", "two")]);
        rig.run(async {
            fetch(&rig, &get("/a")).await;
            world.sleep(11 * SECOND).await;
            let head = fetch(&rig, &get("/a").replace("GET", "HEAD")).await;
            assert_eq!((head.status, head.field("etag"), head.cache()), (200, Some("\"v2\""), "edge; fwd=stale; detail=stale"));
            assert_eq!(fetch(&rig, &get("/a")).await.body, "two");
        });
        assert_eq!(asked(&origin), 3);
        rig.close();
    });
}

#[test]
fn interim_answers_reach_everyone_who_waits() {
    World::twice(10, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| {
            let hint = Act::send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
            vec![Act::Wait(SECOND), hint, Act::Wait(SECOND), ok("Cache-Control: max-age=60\r\n", "page")]
        });
        let ask = || rig.ask(vec![Act::send(get("/a")), Act::await_bytes("rel=preload"), Act::await_bytes("page"), Act::Close]);
        let clients: Vec<_> = (0..3).map(|_| ask()).collect();
        for client in &clients {
            rig.run(client.until(|seen| *seen == Seen::Closed));
            assert_eq!(statuses(client), [103, 200]);
            assert!(answered(client).is_some_and(|at| at < 1_100), "{:?}", answered(client));
        }
        // What is stored has no interim answer.
        let later = rig.ask(vec![Act::send(get("/a")), Act::await_bytes("page"), Act::Close]);
        rig.run(later.until(|seen| *seen == Seen::Closed));
        assert_eq!((statuses(&later), asked(&origin)), (vec![200], 1));
        rig.close();
    });
}

#[test]
fn hits_on_one_connection_come_in_order_and_to_old_clients_too() {
    World::twice(11, |world| {
        let rig = Rig::new(world, caching(1));
        let chunked = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npage\r\n0\r\n\r\n";
        let origin = origin(&rig, vec![Act::send(chunked)]);
        let old = "GET /a HTTP/1.0\r\nHost: a.example\r\n\r\n";
        let first = rig.ask(vec![Act::send(old)]);
        rig.over(&first);
        assert!(first.text().ends_with("\r\n\r\npage") && !first.text().contains("chunked"), "{}", first.text());
        let page = || Act::await_bytes("page");
        let client = rig.ask(vec![Act::send(get("/a").repeat(3)), page(), page(), page(), Act::Close]);
        rig.run(client.until(|seen| *seen == Seen::Closed));
        assert_eq!(statuses(&client), [200; 3]);
        let hit = rig.ask(vec![Act::send(old)]);
        rig.over(&hit);
        assert!(hit.text().contains("Content-Length: 4\r\n") && hit.text().ends_with("page"), "{}", hit.text());
        assert_eq!(asked(&origin), 1);
        rig.close();
    });
}

#[test]
fn another_protocol_goes_by_the_store() {
    World::twice(12, |world| {
        let rig = Rig::new(world, caching(1));
        rig.serve(0, |_| {
            let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n";
            vec![Act::send(switch), Act::await_bytes("ping"), Act::send("pong"), Act::Close]
        });
        let ask = get_with("/a", "Connection: upgrade\r\nUpgrade: chat\r\n");
        let client = rig.ask(vec![Act::send(ask), Act::await_bytes("\r\n\r\n"), Act::send("ping"), Act::await_bytes("pong"), Act::Close]);
        rig.run(client.until(|seen| *seen == Seen::Closed));
        assert_eq!(statuses(&client), [101]);
        assert!(client.text().contains("Cache-Status: edge; fwd=request; detail=upgrade\r\n"), "{}", client.text());
        assert_eq!(rig.server.store().objects(), 0);
        rig.close();
    });
}

#[test]
fn long_content_is_the_same_however_it_came_and_whatever_part_is_asked_for() {
    World::twice(21, |world| {
        let rig = Rig::new(world, caching(1));
        let body: String = (0..40_000).map(|n| format!("{n:05},")).collect();
        let (before, after) = body.split_at(150_001);
        let chunked = format!(
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n\
             {:x}\r\n{before}\r\n{:x}\r\n{after}\r\n0\r\n\r\n",
            before.len(),
            after.len()
        );
        let origin = origin(&rig, vec![ok("Cache-Control: max-age=60\r\n", &body), Act::send(chunked)]);
        rig.run(async {
            for path in ["/told", "/chunked"] {
                fetch(&rig, &get(path)).await;
                let hit = fetch(&rig, &get(path)).await;
                assert_eq!(hit.cache(), "edge; hit; ttl=60; detail=fresh");
                assert!(hit.body == body, "{path}: {} bytes", hit.body.len());
                let range = fetch(&rig, &get_with(path, "Range: bytes=149990-150010\r\n")).await;
                assert_eq!(range.body, body[149_990..=150_010]);
                let several = fetch(&rig, &get_with(path, "Range: bytes=0-4,239995-\r\n")).await;
                assert!(several.body.contains("\r\n\r\n00000\r\n--") && several.body.contains("\r\n\r\n9999,\r\n--"), "{}", several.body);
            }
        });
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}
