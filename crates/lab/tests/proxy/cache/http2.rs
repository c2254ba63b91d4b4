//! HTTP/2 on either side of the cache.

use super::{asked, ok, origin};
use crate::support::http2::{Http2Client, settings};
use crate::support::{Rig, SECOND, caching, config};
use decide::config::{Action, FieldEdits, Protocol};
use lab::World;
use lab::peer::Act;

async fn connect(rig: &Rig<'_>) -> Http2Client {
    Http2Client::connect(&rig.client, &rig.edge.at(80), settings()).await
}

#[test]
fn streams_of_one_connection_share_one_request_and_then_hit() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        let body = "x".repeat(100_000);
        let answer = ok("Cache-Control: max-age=60\r\n", &body);
        let origin = rig.serve(0, move |_| vec![Act::Wait(SECOND), answer.clone()]);
        rig.run(async {
            let client = connect(&rig).await;
            let ids: Vec<_> = (0..50).map(|_| client.begin(&crate::support::http2::head(wire::http::Method::Get, "/a"), true)).collect();
            for id in ids {
                let answer = client.answer(id).await.expect("an answer");
                assert_eq!((answer.status, answer.body.len(), answer.field("content-length")), (200, 100_000, Some("100000")));
            }
            let hit = client.get("/a").await.expect("an answer");
            assert_eq!((hit.body.len(), hit.field("age")), (100_000, Some("1")), "the second that it took counts");
            assert_eq!(hit.field("cache-status"), Some("edge; hit; ttl=59; detail=fresh"));
        });
        assert_eq!(asked(&origin), 1);
        rig.close();
    });
}

#[test]
fn a_backend_of_http2_fills_the_store_too() {
    World::twice(2, |world| {
        let mut edge = caching(1);
        edge.pools[0].protocol = Protocol::Http2;
        let rig = Rig::new(world, edge);
        let mut behind = config(1);
        behind.listeners[0].at = decide::address::Address::parse("10.0.1.1:80").expect("an address");
        let route = &mut behind.sites[0].routes[0];
        route.action = Action::Answer { status: 200, content_type: "text/plain".to_string(), body: "from http/2".to_string() };
        let set = vec![("Cache-Control".to_string(), "max-age=60".to_string())];
        route.response = FieldEdits { set, ..FieldEdits::default() };
        let backend = rig.also_serve(0, behind);
        rig.run(async {
            let client = connect(&rig).await;
            for cache in ["edge; fwd=uri-miss; ttl=60; stored; detail=nothing-stored", "edge; hit; ttl=60; detail=fresh"] {
                let answer = client.get("/a").await.expect("an answer");
                assert_eq!((answer.text(), answer.field("cache-status")), ("from http/2", Some(cache)));
            }
        });
        assert_eq!(backend.metrics().counts().sites.iter().flat_map(|site| site.requests).sum::<u64>(), 1);
    });
}

#[test]
fn content_without_a_length_is_stored_whole() {
    World::twice(3, |world| {
        let rig = Rig::new(world, caching(1));
        let chunked =
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
        let origin = origin(&rig, vec![Act::send(chunked)]);
        rig.run(async {
            let client = connect(&rig).await;
            assert_eq!(client.get("/a").await.expect("an answer").text(), "hello world");
            let hit = super::fetch(&rig, &crate::support::get("/a")).await;
            assert_eq!((hit.body.as_str(), hit.field("content-length")), ("hello world", Some("11")));
            assert_eq!(hit.field("transfer-encoding"), None);
        });
        assert_eq!(asked(&origin), 1);
        rig.close();
    });
}
