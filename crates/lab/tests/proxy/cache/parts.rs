//! Parts of answers: stored, joined, asked for, and served (RFC 9111 §3.3, §3.4).

use super::{Got, asked, fetch, get_with, ok, origin, status};
use crate::support::{MS, Rig, SECOND, answered, caching, get, statuses};
use lab::World;
use lab::peer::{Act, Record, Request, Seen};

pub(super) const CONTENT: &str = "0123456789";
const FIELDS: &str = "Cache-Control: max-age=60\r\nETag: \"v1\"\r\nContent-Type: text/plain\r\n";

/// What an origin says that has one file of these fields and understands ranges and their conditions.
pub(super) fn of_file(request: &Request, fields: &str, content: &str) -> Act {
    let tag = value_of(fields, "ETag").unwrap_or_default();
    let said = |name: &str| value_of(&request.head, name);
    if said("If-None-Match").is_some_and(|tags| !tag.is_empty() && tags.contains(&tag)) {
        return Act::send(format!("HTTP/1.1 304 Not Modified\r\n{fields}\r\n"));
    }
    let range = said("Range").filter(|_| said("If-Range").is_none_or(|given| given == tag));
    let Some(range) = range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else { return ok(fields, content) };
    let number = |text: &str| text.parse::<usize>().ok();
    let (first, last) = match (number(range.0), number(range.1)) {
        (Some(first), last) => (first, last.unwrap_or(usize::MAX).min(content.len() - 1)),
        (None, Some(suffix)) => (content.len() - suffix.min(content.len()), content.len() - 1),
        (None, None) => return ok(fields, content),
    };
    if first > last {
        return status(416, &format!("Content-Range: bytes */{}\r\n", content.len()));
    }
    part(fields, &format!("{first}-{last}/{}", content.len()), &content[first..=last])
}

/// A 206.
pub(super) fn part(fields: &str, range: &str, body: &str) -> Act {
    Act::send(format!("HTTP/1.1 206 P\r\n{fields}Content-Range: bytes {range}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

pub(super) fn value_of(head: &str, name: &str) -> Option<String> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_string())
}

/// Such an origin.
pub(super) fn file(rig: &Rig<'_>) -> Record {
    rig.serve(0, |request| vec![of_file(request, FIELDS, CONTENT)])
}

pub(super) async fn range(rig: &Rig<'_>, range: &str) -> Got {
    fetch(rig, &get_with("/a", &format!("Range: bytes={range}\r\n"))).await
}

/// The range and its condition in the last request to an origin.
pub(super) fn last_asked(origin: &Record) -> (Option<String>, Option<String>) {
    let (_, head) = origin.requests().pop().expect("a request");
    (value_of(&head, "Range"), value_of(&head, "If-Range"))
}

pub(super) fn is_part(got: &Got, of: &str, body: &str) {
    let length = body.len().to_string();
    assert_eq!((got.status, got.field("content-range"), &*got.body), (206, Some(&*format!("bytes {of}")), body), "{got:?}");
    assert_eq!(got.field("content-length"), Some(&*length));
}

#[test]
fn parts_are_stored_serve_what_they_hold_and_grow_into_the_whole() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = file(&rig);
        rig.run(async {
            let first = range(&rig, "2-5").await;
            is_part(&first, "2-5/10", "2345");
            assert_eq!(first.cache(), "edge; fwd=uri-miss; ttl=60; stored; detail=nothing-stored");
            let within = range(&rig, "3-4").await;
            is_part(&within, "3-4/10", "34");
            assert_eq!(within.cache(), "edge; hit; ttl=60; detail=fresh");
            let other = range(&rig, "0-1").await;
            is_part(&other, "0-1/10", "01");
            assert_eq!(other.cache(), "edge; fwd=partial; ttl=60; stored; detail=partial");
            assert_eq!(last_asked(&origin), (Some("bytes=0-1".into()), None));
            is_part(&range(&rig, "1-4").await, "1-4/10", "1234");
            assert_eq!(asked(&origin), 2, "what was asked for apart serves together");
            let whole = fetch(&rig, &get("/a")).await;
            assert_eq!((whole.status, &*whole.body, whole.field("content-range")), (200, CONTENT, None));
            assert_eq!((whole.field("content-length"), whole.field("content-type")), (Some("10"), Some("text/plain")));
            assert_eq!(whole.cache(), "edge; fwd=partial; ttl=60; stored; detail=partial");
            assert_eq!(last_asked(&origin), (Some("bytes=6-".into()), Some("\"v1\"".into())));
            let hit = fetch(&rig, &get("/a")).await;
            assert_eq!((&*hit.body, hit.cache()), (CONTENT, "edge; hit; ttl=60; detail=fresh"));
            is_part(&range(&rig, "-3").await, "7-9/10", "789");
        });
        assert_eq!(asked(&origin), 3);
        assert_eq!(rig.log.steps("cache-hit").len(), 4);
        rig.close();
    });
}

#[test]
fn of_a_range_that_is_partly_there_only_the_rest_is_asked_for() {
    World::twice(2, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = file(&rig);
        rig.run(async {
            range(&rig, "0-3").await;
            is_part(&range(&rig, "2-6").await, "2-6/10", "23456");
            assert_eq!(last_asked(&origin), (Some("bytes=4-6".into()), Some("\"v1\"".into())));
            range(&rig, "9-9").await;
            // From the first byte that is missing to the last, with both ends there.
            is_part(&range(&rig, "5-").await, "5-9/10", "56789");
            assert_eq!(last_asked(&origin), (Some("bytes=7-8".into()), Some("\"v1\"".into())));
            assert_eq!(fetch(&rig, &get("/a")).await.cache(), "edge; hit; ttl=60; detail=fresh", "all of it is there by now");
        });
        assert_eq!(asked(&origin), 4);
        rig.close();
    });
}

#[test]
fn what_is_there_goes_out_while_the_rest_is_awaited() {
    World::twice(3, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match request.number {
            0 => vec![of_file(request, FIELDS, CONTENT)],
            _ => vec![
                Act::send(format!("HTTP/1.1 206 P\r\n{FIELDS}Content-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56")),
                Act::Wait(SECOND),
                Act::send("789"),
            ],
        });
        rig.run(range(&rig, "0-4"));
        let ask = || rig.ask(vec![Act::send(get("/a")), Act::await_bytes("0123456"), Act::Wait(MS), Act::await_bytes("789"), Act::Close]);
        let clients: Vec<_> = (0..5).map(|_| ask()).collect();
        for client in &clients {
            rig.run(client.until(|seen| *seen == Seen::Closed));
            assert_eq!(statuses(client), [200]);
            assert!(answered(client).is_some_and(|at| at < 200), "{:?}", answered(client));
            assert!(client.text().ends_with(CONTENT), "{}", client.text());
        }
        assert_eq!(asked(&origin), 2, "the five share what is asked for");
        rig.close();
    });
}

#[test]
fn equal_ranges_are_asked_for_once_and_others_beside_them() {
    World::twice(4, |world| {
        let rig = Rig::with_workers(world, caching(1), 4);
        let origin = rig.serve(0, |request| vec![Act::Wait(SECOND), of_file(request, FIELDS, CONTENT)]);
        let ask = |range: &str, end: &str| {
            let request = get_with("/a", &format!("Range: bytes={range}\r\n"));
            rig.ask(vec![Act::send(request), Act::await_bytes(format!("\r\n\r\n{end}")), Act::Close])
        };
        let clients: Vec<_> = (0..30).map(|number| if number % 3 == 0 { ask("5-9", "56789") } else { ask("0-3", "0123") }).collect();
        for client in &clients {
            rig.run(client.until(|seen| *seen == Seen::Closed));
            assert_eq!(statuses(client), [206], "{}", client.text());
        }
        assert_eq!(asked(&origin), 2);
        assert_eq!(rig.log.steps("cache-miss").iter().filter(|step| step.ends_with("true")).count(), 28);
        // Both are kept, whichever came first.
        rig.run(async {
            is_part(&range(&rig, "1-3").await, "1-3/10", "123");
            is_part(&range(&rig, "6-9").await, "6-9/10", "6789");
        });
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}

#[test]
fn a_range_is_cut_out_of_the_whole_that_comes_in_where_it_is_near() {
    World::twice(5, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match request.number {
            0 => {
                vec![
                    Act::send(format!("HTTP/1.1 200 OK\r\n{FIELDS}Content-Length: 10\r\n\r\n01234")),
                    Act::Wait(5 * SECOND),
                    Act::send("56789"),
                ]
            }
            _ => vec![of_file(request, FIELDS, CONTENT)],
        });
        let whole = rig.ask(vec![Act::send(get("/a")), Act::await_bytes("56789"), Act::Close]);
        rig.run(async {
            world.sleep(SECOND).await;
            let near = range(&rig, "1-3").await;
            is_part(&near, "1-3/10", "123");
            assert!(near.cache().contains("collapsed"), "{}", near.cache());
            assert_eq!(asked(&origin), 1);
            is_part(&range(&rig, "8-9").await, "8-9/10", "89");
            assert_eq!(asked(&origin), 2, "what is far is asked for");
            assert!(answered(&whole).is_some());
            world.sleep(5 * SECOND).await;
            assert!(fetch(&rig, &get("/a")).await.cache().starts_with("edge; hit"), "and does not take the place of the whole");
        });
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}

#[test]
fn stale_parts_are_validated_and_replaced_by_what_has_changed() {
    World::twice(6, |world| {
        let rig = Rig::new(world, caching(1));
        let newer = FIELDS.replace("v1", "v2");
        let origin = rig.serve(0, move |request| match request.number {
            0 | 1 => vec![of_file(request, FIELDS, CONTENT)],
            _ => vec![of_file(request, &newer, "abcdefghij")],
        });
        rig.run(async {
            range(&rig, "0-3").await;
            world.sleep(61 * SECOND).await;
            let current = range(&rig, "1-2").await;
            is_part(&current, "1-2/10", "12");
            assert_eq!(current.cache(), "edge; fwd=stale; fwd-status=304; ttl=60; stored; detail=not-modified");
            assert!(range(&rig, "0-3").await.cache().starts_with("edge; hit"));
            world.sleep(61 * SECOND).await;
            let changed = range(&rig, "1-2").await;
            is_part(&changed, "1-2/10", "bc");
            assert_eq!(changed.field("etag"), Some("\"v2\""));
            let head = origin.requests().pop().expect("a request").1;
            assert!(head.contains("If-None-Match: \"v1\"") && head.contains("Range: bytes=1-2"), "{head}");
            // Nothing is left of what it was.
            is_part(&range(&rig, "0-3").await, "0-3/10", "abcd");
        });
        assert_eq!(asked(&origin), 4);
        rig.close();
    });
}

#[test]
fn parts_and_the_rest_of_the_protocol() {
    World::twice(7, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = file(&rig);
        rig.run(async {
            range(&rig, "0-2").await;
            range(&rig, "6-8").await;
            let head = fetch(&rig, &get("/a").replace("GET", "HEAD")).await;
            assert_eq!((head.status, head.field("content-length"), head.field("content-range")), (200, Some("10"), None));
            assert_eq!(head.cache(), "edge; hit; ttl=60; detail=fresh");
            let several = range(&rig, "0-0,7-8").await;
            assert!(several.status == 206 && several.body.contains("bytes 7-8/10\r\n\r\n78\r\n"), "{several:?}");
            let beyond = range(&rig, "10-").await;
            assert_eq!((beyond.status, beyond.field("content-range")), (416, Some("bytes */10")));
            let known = fetch(&rig, &get_with("/a", "Range: bytes=0-1\r\nIf-None-Match: \"v1\"\r\n")).await;
            assert_eq!((known.status, known.cache()), (304, "edge; hit; ttl=60; detail=fresh"));
            let same = fetch(&rig, &get_with("/a", "Range: bytes=0-1\r\nIf-Range: \"v1\"\r\n")).await;
            is_part(&same, "0-1/10", "01");
            assert_eq!(asked(&origin), 2, "all of that is known");
            // Several ranges of which one is missing: the answer would not be taken apart.
            let passed = range(&rig, "0-0,4-4").await;
            assert_eq!(
                (passed.cache(), last_asked(&origin).0.as_deref()),
                ("edge; fwd=partial; detail=safe-to-wait", Some("bytes=0-0,4-4"))
            );
            // Who has another gets the whole, of which the rest is asked for.
            let other = fetch(&rig, &get_with("/a", "Range: bytes=0-1\r\nIf-Range: \"v0\"\r\n")).await;
            assert_eq!((other.status, &*other.body), (200, CONTENT));
            assert_eq!(last_asked(&origin), (Some("bytes=3-".into()), Some("\"v1\"".into())));
        });
        rig.close();
    });
}

#[test]
fn each_variant_has_its_parts() {
    World::twice(8, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| {
            let german = request.head.contains("Accept-Language: de");
            let (tag, content) = if german { ("de", "abcdefghij") } else { ("en", CONTENT) };
            vec![of_file(request, &format!("Cache-Control: max-age=60\r\nETag: \"{tag}\"\r\nVary: Accept-Language\r\n"), content)]
        });
        rig.run(async {
            let ask = async |language: &str, range: &str| {
                fetch(&rig, &get_with("/a", &format!("Accept-Language: {language}\r\nRange: bytes={range}\r\n"))).await
            };
            is_part(&ask("en", "0-3").await, "0-3/10", "0123");
            is_part(&ask("de", "2-5").await, "2-5/10", "cdef");
            is_part(&ask("en", "4-5").await, "4-5/10", "45");
            is_part(&ask("en", "2-5").await, "2-5/10", "2345");
            is_part(&ask("de", "3-4").await, "3-4/10", "de");
        });
        assert_eq!(asked(&origin), 3);
        rig.close();
    });
}

#[test]
fn of_an_answer_that_broke_off_the_beginning_is_kept() {
    World::twice(9, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match request.number {
            0 => vec![Act::send(format!("HTTP/1.1 200 OK\r\n{FIELDS}Content-Length: 10\r\n\r\n0123")), Act::Reset],
            _ => vec![of_file(request, FIELDS, CONTENT)],
        });
        let broken = rig.ask(vec![Act::send(get("/a"))]);
        rig.over(&broken);
        rig.run(async {
            is_part(&range(&rig, "1-3").await, "1-3/10", "123");
            assert_eq!(asked(&origin), 1);
            assert_eq!(fetch(&rig, &get("/a")).await.body, CONTENT);
            assert_eq!(last_asked(&origin), (Some("bytes=4-".into()), Some("\"v1\"".into())));
        });
        rig.close();
    });
}

#[test]
fn what_parts_take_is_counted_and_is_free_again() {
    World::twice(10, |world| {
        let rig = Rig::new(world, caching(1));
        let content = "x".repeat(100_000);
        rig.serve(0, move |request| vec![of_file(request, FIELDS, &content)]);
        rig.run(async {
            let empty = rig.server.store().bytes();
            for first in [0, 20_000, 10_000, 5_000] {
                range(&rig, &format!("{first}-{}", first + 9_999)).await;
            }
            let held = rig.server.store().bytes() - empty;
            assert!((30_000..45_000).contains(&held), "{held} for 30000 bytes");
            assert_eq!((rig.server.store().objects(), rig.server.store().filling()), (1, 0));
            fetch(&rig, "POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n").await;
            assert_eq!(rig.server.store().bytes(), empty, "what is made invalid takes nothing");
        });
        rig.close();
    });
}

#[test]
fn where_the_owner_does_not_want_parts_they_pass() {
    World::twice(11, |world| {
        let mut config = caching(1);
        config.sites[0].routes[0].cache.as_mut().expect("it caches").partial = false;
        let rig = Rig::new(world, config);
        let origin = file(&rig);
        rig.run(async {
            for _ in 0..2 {
                let passed = range(&rig, "0-3").await;
                is_part(&passed, "0-3/10", "0123");
                assert_eq!(passed.cache(), "edge; fwd=uri-miss; detail=safe-to-wait");
            }
        });
        assert_eq!((asked(&origin), rig.server.store().objects()), (2, 0));
        rig.close();
    });
}

#[test]
fn a_part_that_may_not_be_stored_passes_to_the_one_who_asked() {
    World::twice(12, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = origin(&rig, vec![part("Cache-Control: private\r\n", "0-3/10", "0123")]);
        rig.run(async {
            let first = range(&rig, "0-3").await;
            is_part(&first, "0-3/10", "0123");
            assert_eq!(first.cache(), "edge; fwd=uri-miss; detail=private");
            range(&rig, "0-3").await;
        });
        assert_eq!((asked(&origin), rig.server.store().objects()), (2, 0));
        rig.close();
    });
}
