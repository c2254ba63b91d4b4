//! Origins that say of parts what is not so, and clients and owners that come between.

use super::parts::{CONTENT, is_part, last_asked, of_file, part, range, value_of};
use super::{asked, fetch, ok, origin, status};
use crate::support::{Rig, SECOND, caching, get};
use decide::cache::{MOST_PARTS, Purge};
use lab::World;
use lab::peer::Act;
use node::{Purged, Purging};

const V1: &str = "Cache-Control: max-age=60\r\nETag: \"v1\"\r\n";
const V2: &str = "Cache-Control: max-age=60\r\nETag: \"v2\"\r\n";
const NEW: &str = "abcdefghij";

#[test]
fn the_tag_changes_between_parts() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match request.number {
            0 => vec![of_file(request, V1, CONTENT)],
            _ => vec![of_file(request, V2, NEW)],
        });
        rig.run(async {
            range(&rig, "0-3").await;
            // The condition does not hold: the whole comes, and the range is cut out of it.
            let got = range(&rig, "2-5").await;
            is_part(&got, "2-5/10", "cdef");
            assert_eq!((got.field("etag"), asked(&origin)), (Some("\"v2\""), 2));
            assert_eq!(fetch(&rig, &get("/a")).await.body, NEW);
            assert_eq!(asked(&origin), 2);
        });
        rig.close();
    });
}

#[test]
fn the_tag_changes_and_the_condition_is_ignored() {
    World::twice(2, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match request.number {
            0 => vec![of_file(request, V1, CONTENT)],
            1 => vec![part(V2, "4-5/10", "ef")],
            _ => vec![of_file(request, V2, NEW)],
        });
        rig.run(async {
            range(&rig, "0-3").await;
            let got = range(&rig, "2-5").await;
            is_part(&got, "2-5/10", "cdef");
            assert_eq!((asked(&origin), last_asked(&origin)), (3, (Some("bytes=2-5".into()), None)));
            is_part(&range(&rig, "2-3").await, "2-3/10", "cd");
            assert_eq!(asked(&origin), 3);
        });
        rig.close();
    });
}

#[test]
fn weak_tags_dates_and_nothing_at_all_join_nothing() {
    let weak = "Cache-Control: max-age=60\r\nETag: W/\"v1\"\r\n";
    let date = "Cache-Control: max-age=60\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    for (seed, fields) in [(3, weak), (4, date), (5, "Cache-Control: max-age=60\r\n")] {
        World::twice(seed, move |world| {
            let rig = Rig::new(world, caching(1));
            let origin = rig.serve(0, move |request| vec![of_file(request, fields, if request.number == 0 { CONTENT } else { NEW })]);
            rig.run(async {
                range(&rig, "0-3").await;
                is_part(&range(&rig, "1-2").await, "1-2/10", "12");
                assert_eq!(asked(&origin), 1, "alone it serves");
                is_part(&range(&rig, "2-5").await, "2-5/10", "cdef");
                assert_eq!(last_asked(&origin), (Some("bytes=2-5".into()), None));
                assert_eq!(fetch(&rig, &get("/a")).await.body, NEW);
                assert_eq!(last_asked(&origin), (None, None));
            });
            rig.close();
        });
    }
}

#[test]
fn another_range_than_the_one_that_was_asked_for() {
    for (seed, said, body) in [(6, "5-9/10", "56789"), (7, "3-5/10", "345"), (8, "4-4/10", "4"), (9, "4-5/11", "45"), (10, "x", "45")] {
        World::twice(seed, move |world| {
            let rig = Rig::new(world, caching(1));
            let origin = rig.serve(0, move |request| match request.number {
                1 => vec![part(V1, said, body)],
                _ => vec![of_file(request, V1, CONTENT)],
            });
            rig.run(async {
                range(&rig, "0-3").await;
                is_part(&range(&rig, "2-5").await, "2-5/10", "2345");
                assert_eq!(asked(&origin), 3, "it is asked again, as the client asked");
                is_part(&range(&rig, "0-5").await, "0-5/10", "012345");
                assert_eq!(asked(&origin), 3);
            });
            rig.close();
        });
    }
}

#[test]
fn parts_that_overlap_and_parts_that_are_shorter_than_they_say() {
    World::twice(11, |world| {
        let rig = Rig::new(world, caching(1));
        // Under one tag other bytes: the newer stand.
        let answers = vec![
            part(V1, "2-5/20", "2345"),
            part(V1, "0-8/20", "abcdefghi"),
            // Six bytes are promised and three come: those are there, and no others.
            part(V1, "12-17/20", "cde"),
            status(404, ""),
        ];
        let origin = origin(&rig, answers);
        rig.run(async {
            range(&rig, "2-5").await;
            is_part(&range(&rig, "0-8").await, "0-8/20", "abcdefghi");
            assert_eq!(last_asked(&origin).0.as_deref(), Some("bytes=0-8"), "what is in the middle spares nothing");
            is_part(&range(&rig, "2-5").await, "2-5/20", "cdef");
            assert_eq!(range(&rig, "12-17").await.body, "cde");
            is_part(&range(&rig, "13-14").await, "13-14/20", "de");
            assert_eq!(asked(&origin), 3);
            assert_eq!(range(&rig, "13-15").await.status, 404);
        });
        rig.close();
    });
}

#[test]
fn nothing_in_a_part_and_too_much_in_it() {
    World::twice(12, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = origin(&rig, vec![part(V1, "0-3/10", ""), part(V1, "0-3/10", "01234567"), part(V1, "0-3/10", "0123")]);
        rig.run(async {
            assert_eq!(range(&rig, "0-3").await.body, "");
            assert_eq!(rig.server.store().objects(), 0, "nothing came");
            // Who asked gets what came; nobody else does.
            assert_eq!(range(&rig, "0-3").await.body, "01234567");
            assert_eq!(rig.server.store().objects(), 0, "it is not what it says");
            is_part(&range(&rig, "0-3").await, "0-3/10", "0123");
            is_part(&range(&rig, "0-3").await, "0-3/10", "0123");
        });
        assert_eq!(asked(&origin), 3);
        rig.close();
    });
}

#[test]
fn a_whole_of_unknown_length() {
    World::twice(13, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match value_of(&request.head, "Range").as_deref() {
            Some("bytes=2-5") => vec![part(V1, "2-5/*", "2345")],
            Some("bytes=-2") => vec![part(V1, "8-9/10", "89")],
            _ => vec![of_file(request, V1, CONTENT)],
        });
        rig.run(async {
            is_part(&range(&rig, "2-5").await, "2-5/*", "2345");
            is_part(&range(&rig, "3-4").await, "3-4/*", "34");
            let head = fetch(&rig, &get("/a").replace("GET", "HEAD")).await;
            assert_eq!((head.status, head.field("content-length")), (200, None), "nobody knows it");
            assert_eq!(asked(&origin), 1);
            is_part(&range(&rig, "-2").await, "8-9/10", "89");
            // By now it is known.
            is_part(&range(&rig, "2-5").await, "2-5/10", "2345");
            assert_eq!(asked(&origin), 2);
            assert_eq!(fetch(&rig, &get("/a")).await.body, CONTENT);
            assert_eq!(asked(&origin), 3);
        });
        rig.close();
    });
}

#[test]
fn the_whole_in_answer_to_a_range_and_a_part_that_nobody_asked_for() {
    World::twice(14, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = origin(&rig, vec![ok(V1, CONTENT), part(V1, "0-3/10", "0123")]);
        rig.run(async {
            is_part(&range(&rig, "2-3").await, "2-3/10", "23");
            assert_eq!(fetch(&rig, &get("/a")).await.body, CONTENT);
            assert_eq!(asked(&origin), 1);
            for number in 2..4 {
                let unasked = fetch(&rig, &get("/b")).await;
                assert_eq!((unasked.status, &*unasked.body, asked(&origin)), (206, "0123", number));
            }
        });
        assert_eq!(rig.server.store().objects(), 1);
        rig.close();
    });
}

#[test]
fn one_tag_for_two_codings() {
    World::twice(15, |world| {
        let rig = Rig::new(world, caching(1));
        let coded = format!("{V1}Content-Encoding: x-other\r\n");
        let origin = rig.serve(0, move |request| match request.number {
            0 => vec![of_file(request, V1, CONTENT)],
            _ => vec![of_file(request, &coded, NEW)],
        });
        rig.run(async {
            range(&rig, "0-3").await;
            let got = range(&rig, "2-5").await;
            is_part(&got, "2-5/10", "cdef");
            assert_eq!(got.field("content-encoding"), Some("x-other"));
            assert_eq!(asked(&origin), 3);
            // Plain and coded bytes never lie beside each other.
            is_part(&range(&rig, "0-3").await, "0-3/10", "abcd");
        });
        rig.close();
    });
}

#[test]
fn a_purge_in_the_middle() {
    World::twice(16, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match request.number {
            0 => vec![of_file(request, V1, CONTENT)],
            1 => vec![Act::Wait(2 * SECOND), of_file(request, V1, CONTENT)],
            _ => vec![of_file(request, V2, NEW)],
        });
        rig.run(async {
            range(&rig, "0-3").await;
            let purge = async {
                world.sleep(SECOND).await;
                let purging = Purging { which: Purged::Url("http://a.example/a".into()), site: None, purge: Purge::Hard };
                rig.server.purge(rig.edge.host().calendar(), &purging).expect("it can be named so");
            };
            let (got, ()) = futures(range(&rig, "2-5"), purge).await;
            // Its question was put before.
            is_part(&got, "2-5/10", "2345");
            is_part(&range(&rig, "2-5").await, "2-5/10", "cdef");
            is_part(&range(&rig, "0-1").await, "0-1/10", "ab");
        });
        assert_eq!(asked(&origin), 4, "nothing of before is left");
        rig.close();
    });
}

#[test]
fn the_rest_does_not_come() {
    let too_short = Act::send(format!("HTTP/1.1 206 P\r\n{V1}Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\n45"));
    for (seed, acts) in
        [(17, vec![Act::Close]), (18, vec![status(500, "")]), (19, vec![too_short, Act::Reset]), (20, vec![status(416, "")])]
    {
        World::twice(seed, move |world| {
            let mut config = caching(1);
            config.pools[0].retry.attempts = 0;
            config.pools[0].ejection.failures = 0;
            let rig = Rig::new(world, config);
            let acts = acts.clone();
            let origin = rig.serve(0, move |request| match request.number {
                1 => acts.clone(),
                _ => vec![of_file(request, V1, CONTENT)],
            });
            rig.run(range(&rig, "0-3"));
            let client = rig.ask(vec![Act::send(get("/a").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))]);
            rig.over(&client);
            rig.run(async {
                // What was there still is, and what came of the rest as well.
                is_part(&range(&rig, "0-3").await, "0-3/10", "0123");
                assert_eq!(fetch(&rig, &get("/a")).await.body, CONTENT);
            });
            assert!(asked(&origin) <= 3, "{}", asked(&origin));
            assert_eq!(rig.server.store().filling(), 0);
            rig.close();
        });
    }
}

#[test]
fn more_parts_than_are_kept() {
    World::twice(21, |world| {
        let rig = Rig::new(world, caching(1));
        let content = "x".repeat(1000);
        let origin = rig.serve(0, move |request| vec![of_file(request, V1, &content)]);
        rig.run(async {
            for at in 0..=MOST_PARTS {
                range(&rig, &format!("{0}-{0}", at * 2)).await;
            }
            let before = asked(&origin);
            assert!(range(&rig, "0-0").await.cache().starts_with("edge; hit"), "those that are there stay");
            let last = MOST_PARTS * 2;
            assert!(!range(&rig, &format!("{last}-{last}")).await.cache().starts_with("edge; hit"));
            assert_eq!(asked(&origin) - before, 1);
            assert_eq!(fetch(&rig, &get("/a")).await.body.len(), 1000);
        });
        rig.close();
    });
}

/// Both at once.
async fn futures<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(|cx| {
        if first.is_none()
            && let std::task::Poll::Ready(done) = one.as_mut().poll(cx)
        {
            first = Some(done);
        }
        if second.is_none()
            && let std::task::Poll::Ready(done) = other.as_mut().poll(cx)
        {
            second = Some(done);
        }
        if first.is_some() && second.is_some() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    (first.expect("it is done"), second.expect("it is done"))
}
