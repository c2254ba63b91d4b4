//! Answers to POST that say that they are what GET would get (RFC 9110 §9.3.3).

use super::{asked, fetch, ok, origin, status};
use crate::support::{MS, Rig, SECOND, caching, get};
use decide::cache::Purge;
use lab::World;
use lab::peer::{Act, Seen};
use node::{Purged, Purging};

const POST: &str = "POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\nmore";
const FOR_GET: &str = "Cache-Control: max-age=60\r\nContent-Location: /a\r\n";

#[test]
fn the_answer_to_post_serves_get() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        let chunked = format!("HTTP/1.1 200 OK\r\n{FOR_GET}Transfer-Encoding: chunked\r\n\r\n3\r\nnew\r\n0\r\n\r\n");
        let origin = origin(&rig, vec![ok("Cache-Control: max-age=60\r\n", "old"), ok(FOR_GET, "newer"), Act::send(chunked)]);
        rig.run(async {
            fetch(&rig, &get("/a")).await;
            let post = fetch(&rig, POST).await;
            assert_eq!((post.status, &*post.body, post.cache()), (200, "newer", "edge; fwd=method; ttl=60; stored; detail=post-for-get"));
            let hit = fetch(&rig, &get("/a")).await;
            assert_eq!((&*hit.body, hit.cache()), ("newer", "edge; hit; ttl=60; detail=fresh"));
            // A POST is never answered by what is stored, even by its own answer.
            assert!(fetch(&rig, POST).await.cache().starts_with("edge; fwd=method"));
            let hit = fetch(&rig, &get("/a")).await;
            assert_eq!((&*hit.body, hit.field("content-length")), ("new", Some("3")), "{hit:?}");
        });
        assert_eq!(asked(&origin), 3);
        assert_eq!(rig.server.store().filling(), 0);
        rig.close();
    });
}

#[test]
fn no_other_answer_to_post_is_stored() {
    for (seed, answer) in [
        (2, ok("Cache-Control: max-age=60\r\n", "x")),
        (3, ok("Content-Location: /a\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "x")),
        (4, ok("Cache-Control: max-age=60\r\nContent-Location: /b\r\n", "x")),
        (5, ok("Cache-Control: max-age=60\r\nContent-Location: http://b.example/a\r\n", "x")),
        (6, ok("Cache-Control: max-age=60, private\r\nContent-Location: /a\r\n", "x")),
        (7, ok("Cache-Control: max-age=60\r\nContent-Location: /a\r\nSet-Cookie: a=b\r\n", "x")),
        (8, status(404, FOR_GET)),
    ] {
        World::twice(seed, move |world| {
            let rig = Rig::new(world, caching(1));
            origin(&rig, vec![answer.clone()]);
            let post = rig.run(fetch(&rig, POST));
            assert!(!post.cache().contains("stored"), "{}", post.cache());
            assert_eq!(rig.server.store().objects(), 0);
            rig.close();
        });
    }
}

#[test]
fn what_comes_between_a_post_and_its_answer_keeps_it_out() {
    for (seed, between) in [(9, "purge before the head"), (10, "purge after the head"), (11, "put"), (12, "break")] {
        World::twice(seed, move |world| {
            let rig = Rig::new(world, caching(1));
            let origin = rig.serve(0, move |request| match request.head.starts_with("POST") {
                true => {
                    let head = format!("HTTP/1.1 200 OK\r\n{FOR_GET}Content-Length: 3\r\n\r\nol");
                    let end = if between == "break" { Act::Reset } else { Act::send("d") };
                    vec![Act::TakeBody, Act::Wait(2 * SECOND), Act::send(head), Act::Wait(2 * SECOND), end]
                }
                false => vec![ok("Cache-Control: max-age=60\r\n", "new")],
            });
            let post = rig.ask(vec![Act::send(POST), Act::await_bytes("old"), Act::Close]);
            rig.run(async {
                world.sleep(if between == "purge before the head" { SECOND } else { 3 * SECOND }).await;
                match between {
                    "put" => drop(fetch(&rig, "PUT /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n").await),
                    "break" => {}
                    _ => {
                        let purging = Purging { which: Purged::Url("http://a.example/a".into()), site: None, purge: Purge::Hard };
                        rig.server.purge(rig.edge.host().calendar(), &purging).expect("it can be named so");
                    }
                }
                // Whoever asks meanwhile reads no copy that is not whole.
                assert_eq!(fetch(&rig, &get("/b")).await.body, "new");
                post.until(|seen| matches!(seen, Seen::Closed | Seen::Failed(_))).await;
                world.sleep(MS).await;
                assert_eq!(fetch(&rig, &get("/a")).await.body, "new", "{between}");
            });
            assert!(asked(&origin) >= 3);
            assert_eq!(rig.server.store().filling(), 0);
            rig.close();
        });
    }
}

#[test]
fn a_copy_that_is_too_long_is_dropped_and_the_answer_goes_on() {
    World::twice(13, |world| {
        let mut config = caching(1);
        config.sites[0].routes[0].cache.as_mut().expect("it caches").largest = 1000;
        let rig = Rig::new(world, config);
        let (chunk, count) = ("x".repeat(100), 20);
        let body = format!("64\r\n{chunk}\r\n").repeat(count);
        origin(&rig, vec![Act::send(format!("HTTP/1.1 200 OK\r\n{FOR_GET}Transfer-Encoding: chunked\r\n\r\n{body}0\r\n\r\n"))]);
        rig.run(async {
            assert!(fetch(&rig, POST).await.body.matches('x').count() == 100 * count);
            assert_eq!((rig.server.store().objects(), rig.server.store().filling()), (0, 0));
        });
        assert_eq!(rig.log.steps("cache-drop").len(), 1);
        rig.close();
    });
}
