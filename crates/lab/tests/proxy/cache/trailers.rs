//! What follows the content of a stored answer (RFC 9111 §3.1, RFC 9110 §6.5).

use super::{fetch, get_with, origin};
use crate::support::http2::{Http2Client, settings};
use crate::support::{Rig, caching, get};
use lab::World;
use lab::peer::Act;

fn answer(fields: &str) -> Act {
    let end = "4\r\npage\r\n0\r\nX-Checksum: abc\r\nTE: x\r\nSet-Cookie: a=b\r\n\r\n";
    Act::send(format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60{fields}\r\nTransfer-Encoding: chunked\r\n\r\n{end}"))
}

#[test]
fn trailers_are_stored_apart_and_sent_to_those_who_take_them() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        origin(&rig, vec![answer("")]);
        rig.run(async {
            let first = fetch(&rig, &get("/a")).await;
            assert_eq!(first.body, "4\r\npage\r\n0\r\nX-Checksum: abc\r\n\r\n", "as it passes without a store");
            let hit = fetch(&rig, &get("/a")).await;
            assert_eq!((&*hit.body, hit.field("content-length"), hit.field("x-checksum")), ("page", Some("4"), None));
            let asks = fetch(&rig, &get_with("/a", "TE: trailers\r\nConnection: TE\r\n")).await;
            assert_eq!(asks.body, "4\r\npage\r\n0\r\nX-Checksum: abc\r\n\r\n");
            assert_eq!((asks.field("content-length"), asks.field("transfer-encoding")), (None, Some("chunked")));
            assert!(asks.cache().starts_with("edge; hit"), "{}", asks.cache());
            let range = fetch(&rig, &get_with("/a", "TE: trailers\r\nConnection: TE\r\nRange: bytes=1-2\r\n")).await;
            assert_eq!((range.status, &*range.body), (206, "ag"), "of a part it says nothing");
            let client = Http2Client::connect(&rig.client, &rig.edge.at(80), settings()).await;
            let stream = client.get("/a").await.expect("an answer");
            assert_eq!((stream.text(), stream.field("content-length")), ("page", Some("4")));
            assert_eq!(stream.trailers, [("x-checksum".to_string(), "abc".to_string())]);
            let old = fetch(&rig, "GET /a HTTP/1.0\r\nHost: a.example\r\nTE: trailers\r\n\r\n").await;
            assert_eq!(old.body, "page");
        });
        rig.close();
    });
}

#[test]
fn where_some_fields_are_for_one_client_no_trailers_are_stored() {
    World::twice(2, |world| {
        let rig = Rig::new(world, caching(1));
        origin(&rig, vec![answer(", private=\"x-checksum\"")]);
        rig.run(async {
            assert!(fetch(&rig, &get("/a")).await.body.contains("X-Checksum"), "who asked gets it");
            let hit = fetch(&rig, &get_with("/a", "TE: trailers\r\nConnection: TE\r\n")).await;
            assert_eq!((&*hit.body, hit.field("content-length")), ("page", Some("4")));
        });
        rig.close();
    });
}
