//! Early hints: told while the origin is asked, and only then, and only to those who can take them.

use crate::support::http2::{Answer, Http2Client, head, settings};
use crate::support::{MS, Rig, SECOND, caching, config};
use decide::config::Config;
use decide::hints::Policy;
use lab::World;
use lab::peer::{Act, Seen};
use wire::http::Method;

fn hinting(mut config: Config, http1: bool) -> Config {
    config.sites[0].routes[0].early_hints = Some(Policy { http1, navigations: true });
    config
}

async fn open(client: &Http2Client, fields: &[(&str, &str)]) -> Answer {
    let mut request = head(Method::Get, "/page");
    fields.iter().for_each(|(name, value)| request.fields.push(name.as_bytes(), value.as_bytes()));
    let id = client.begin(&request, true);
    client.answer(id).await.expect("an answer")
}

const NAVIGATE: (&str, &str) = ("sec-fetch-mode", "navigate");
const LINK: &str = "Link: </a.css>; rel=preload; as=style, </next>; rel=next\r\n";

fn answer(fields: &str) -> Act {
    Act::send(format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 4\r\n\r\npage"))
}

#[test]
fn a_miss_and_a_validation_are_told_and_a_hit_is_not() {
    World::twice(1, |world| {
        let rig = Rig::new(world, hinting(caching(1), false));
        let page = answer(&format!("Cache-Control: max-age=10\r\nETag: \"a\"\r\n{LINK}"));
        rig.serve(0, move |request| {
            let same = Act::send("HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=10\r\nETag: \"a\"\r\n\r\n");
            vec![Act::Wait(SECOND), if request.head.contains("If-None-Match") { same } else { page.clone() }]
        });
        rig.run(async {
            let client = Http2Client::connect(&rig.client, &rig.edge.at(80), settings()).await;
            assert!(open(&client, &[NAVIGATE]).await.interim.is_empty(), "nothing is known yet");
            assert!(open(&client, &[NAVIGATE]).await.interim.is_empty(), "a hit");
            for _ in 0..2 {
                rig.world.sleep(20 * SECOND).await;
                let validated = open(&client, &[NAVIGATE]).await;
                assert_eq!((validated.status, &validated.interim[..]), (200, &[103][..]));
            }
            rig.world.sleep(20 * SECOND).await;
            assert!(open(&client, &[]).await.interim.is_empty(), "no navigation");
        });
        assert_eq!(rig.log.steps("hinted").len(), 2);
        rig.close();
    });
}

#[test]
fn what_passes_is_told_before_the_backend_has_begun_to_think() {
    World::twice(2, |world| {
        let rig = Rig::new(world, hinting(config(1), true));
        let page = answer(LINK);
        rig.serve(0, move |_| vec![Act::Wait(SECOND), page.clone()]);
        let asks = "GET /page HTTP/1.1\r\nHost: a.example\r\nSec-Fetch-Mode: navigate\r\n\r\n";
        let client = rig.ask(vec![
            Act::send(asks),
            Act::await_bytes("page"),
            Act::send(asks),
            Act::await_bytes("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style\r\n"),
            Act::await_bytes("\r\n\r\nHTTP/1.1 200"),
            Act::await_bytes("page"),
            Act::Close,
        ]);
        rig.run(client.until(|seen| *seen == Seen::Closed));
        let seen = client.entries();
        let at = |what: &str| {
            let found =
                seen.iter().find(|entry| matches!(&entry.seen, Seen::Bytes(bytes) if String::from_utf8_lossy(bytes).contains(what)));
            found.unwrap_or_else(|| panic!("{what}")).at
        };
        assert!(at("103").since(at("page")) < 5 * MS, "one way there and back after the request");
        rig.close();
    });
}

#[test]
fn http_1_is_told_only_where_the_owner_says_so_and_1_0_never() {
    World::twice(3, |world| {
        let rig = Rig::new(world, hinting(config(1), false));
        let page = answer(LINK);
        rig.serve(0, move |_| vec![page.clone()]);
        for version in ["1.1", "1.0"] {
            for _ in 0..2 {
                let asks = format!("GET /page HTTP/{version}\r\nHost: a.example\r\nSec-Fetch-Mode: navigate\r\nConnection: close\r\n\r\n");
                let client = rig.ask(vec![Act::send(asks), Act::AwaitEnd, Act::Close]);
                rig.run(client.until(|seen| *seen == Seen::Closed));
            }
        }
        assert_eq!(rig.log.steps("hinted").len(), 0);
        rig.close();
    });
}

#[test]
fn a_page_without_links_is_forgotten_and_a_private_one_never_learnt() {
    World::twice(4, |world| {
        let rig = Rig::new(world, hinting(config(1), false));
        let pages = [answer(LINK), answer(""), answer(LINK), answer(&format!("Cache-Control: private\r\n{LINK}")), answer("")];
        rig.serve(0, move |request| vec![pages[request.number].clone()]);
        rig.run(async {
            let client = Http2Client::connect(&rig.client, &rig.edge.at(80), settings()).await;
            for told in [0, 1, 0, 1, 0] {
                assert_eq!(open(&client, &[NAVIGATE]).await.interim.len(), told);
            }
        });
        rig.close();
    });
}
