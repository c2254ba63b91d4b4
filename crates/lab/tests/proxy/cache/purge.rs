//! Purges: what is named is gone for every request after them, whatever is under way.

use super::{asked, fetch, ok, origin};
use crate::support::{Rig, SECOND, caching, get};
use decide::cache::Purge;
use lab::World;
use lab::peer::{Act, Seen};
use node::{Purged, Purging};

fn purge(rig: &Rig<'_>, which: Purged, purge: Purge) {
    let purging = Purging { which, site: None, purge };
    rig.server.purge(rig.edge.host().calendar(), &purging).expect("it can be named so");
}

#[test]
fn by_url_prefix_and_tag() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| {
            let tag = if request.head.contains("/shop/") { "shoes" } else { "news" };
            vec![ok(&format!("Cache-Control: max-age=600\r\nSurrogate-Key: all {tag}\r\n"), &request.number.to_string())]
        });
        let paths = ["/shop/a", "/shop/b", "/news"];
        let count = |gone: &[&str]| {
            let before = asked(&origin);
            for path in paths {
                let hit = rig.run(fetch(&rig, &get(path))).cache().starts_with("edge; hit");
                assert_eq!(!hit, gone.contains(&path), "{path} of {gone:?}");
            }
            assert_eq!(asked(&origin) - before, gone.len());
        };
        count(&paths);
        count(&[]);
        purge(&rig, Purged::Url("http://a.example/shop/a".to_string()), Purge::Hard);
        count(&["/shop/a"]);
        purge(&rig, Purged::Prefix("http://a.example/shop/".to_string()), Purge::Hard);
        count(&["/shop/a", "/shop/b"]);
        purge(&rig, Purged::Tag("news".to_string()), Purge::Hard);
        count(&["/news"]);
        purge(&rig, Purged::Tag("all".to_string()), Purge::Hard);
        count(&paths);
        purge(&rig, Purged::All, Purge::Hard);
        count(&paths);
        assert_eq!(rig.log.events("purged").len(), 5);
        rig.close();
    });
}

#[test]
fn what_was_asked_before_a_purge_is_not_stored_and_nobody_joins_it() {
    World::twice(2, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match request.number {
            0 => vec![Act::Wait(2 * SECOND), ok("Cache-Control: max-age=600\r\n", "old")],
            _ => vec![ok("Cache-Control: max-age=600\r\n", "new")],
        });
        let early = rig.ask(vec![Act::send(get("/a")), Act::await_bytes("old"), Act::Close]);
        rig.run(async {
            world.sleep(SECOND).await;
            purge(&rig, Purged::Url("http://a.example/a".to_string()), Purge::Hard);
            assert_eq!(fetch(&rig, &get("/a")).await.body, "new");
        });
        rig.run(early.until(|seen| *seen == Seen::Closed));
        rig.run(async {
            let last = fetch(&rig, &get("/a")).await;
            assert_eq!(last.body, "new");
            assert!(last.cache().starts_with("edge; hit"), "{}", last.cache());
        });
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}

#[test]
fn a_soft_purge_makes_it_stale_and_it_is_validated() {
    World::twice(3, |world| {
        let rig = Rig::new(world, caching(1));
        let fields = "Cache-Control: max-age=600, stale-while-revalidate=60\r\nETag: \"v\"\r\n";
        let origin = origin(&rig, vec![ok(fields, "page"), super::status(304, fields)]);
        rig.run(async {
            fetch(&rig, &get("/a")).await;
            purge(&rig, Purged::Url("http://a.example/a".to_string()), Purge::Soft);
            let stale = fetch(&rig, &get("/a")).await;
            assert_eq!(stale.body, "page");
            assert!(stale.cache().ends_with("detail=stale-while-revalidate"), "{}", stale.cache());
            world.sleep(SECOND).await;
            assert!(fetch(&rig, &get("/a")).await.cache().ends_with("detail=fresh"));
        });
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}
