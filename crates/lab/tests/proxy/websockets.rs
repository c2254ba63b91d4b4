//! WebSockets (RFC 6455): from HTTP/1, and on streams of HTTP/2 (RFC 8441) to backends that know only HTTP/1.

use crate::support::http2::{Http2Client, head, settings};
use crate::support::{MS, Rig, SECOND, accepted, at_ms, config, ended, ms, released, statuses};
use decide::config::Protocol;
use lab::World;
use lab::peer::{Act, Record, Request, Seen};
use std::collections::BTreeSet;
use wire::http::{Fields, Method, RequestHead};
use wire::http2::{ErrorCode, Reason, StreamId};
use wire::websocket::{CloseCode, FrameHeader, Opcode, accept_key, mask};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A short text from a server, and its beginning.
const HELLO: &[u8] = b"\x81\x05hello";
const HALF_HELLO: &[u8] = b"\x81\x05he";

/// The same from a client, masked with zeros.
const MASKED: &[u8] = b"\x81\x85\0\0\0\0hello";

/// What a server sends that goes away: 1001.
const GOING_AWAY: &[u8] = &[0x88, 0x02, 0x03, 0xe9];

/// An opening in HTTP/1, with something replaced in it.
fn opening(from: &str, to: &str) -> String {
    let text = format!(
        "GET /chat HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n"
    );
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

fn plain() -> String {
    opening("", "")
}

/// The value of a field in a head.
fn field<'h>(head: &'h str, name: &str) -> Vec<&'h str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
}

/// The right answer to an opening.
fn switched(request: &Request) -> Act {
    let accept = accept_key(field(&request.head, "sec-websocket-key")[0].as_bytes());
    let accept = std::str::from_utf8(&accept).expect("base64");
    Act::send(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\
         Sec-WebSocket-Protocol: chat\r\n\r\n"
    ))
}

/// A backend that opens the WebSocket and then does this.
fn speaking(rig: &Rig<'_>, then: Vec<Act>) -> Record {
    rig.serve(0, move |request| [vec![switched(request)], then.clone()].concat())
}

/// A client of HTTP/1 that has opened it and then does this. No subprotocol was asked for, so the backend must not name one.
fn asking(rig: &Rig<'_>, then: Vec<Act>) -> Record {
    let offer = opening("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
    rig.ask([vec![Act::send(offer), Act::await_bytes("\r\n\r\n")], then].concat())
}

/// A connection over which WebSockets are opened.
async fn connect(rig: &Rig<'_>) -> Http2Client {
    let client = Http2Client::connect(&rig.client, &rig.edge.at(80), settings()).await;
    client.until(|machine| machine.takes_protocols().then_some(())).await;
    client
}

/// RFC 8441 §5.1, with the fields of the example there.
fn extended() -> RequestHead {
    let mut head = head(Method::Connect, "/chat");
    head.protocol = b"websocket".to_vec();
    head.fields.push(b"sec-websocket-version", b"13");
    head.fields.push(b"sec-websocket-protocol", b"chat, superchat");
    head
}

/// Opens one on a stream.
async fn open(client: &Http2Client) -> StreamId {
    let id = client.begin(&extended(), false);
    assert_eq!(client.head(id).await.expect("a head").status, 200);
    id
}

/// Bytes of the stream until so many are there, or it is at its end.
async fn take(client: &Http2Client, id: StreamId, most: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < most {
        let piece = client.piece(id).await.expect("bytes or the end");
        if piece.is_empty() {
            break;
        }
        all.extend(piece);
    }
    all
}

/// Lets everything go that was asked of the connection, and the far end see it.
async fn let_go(client: &Http2Client, id: StreamId, world: &World) {
    client.finish(id, &Fields::new());
    client.until(|machine| machine.output().is_empty().then_some(())).await;
    world.sleep(10 * MS).await;
}

#[test]
fn an_opening_that_breaks_a_rule_never_reaches_a_backend() {
    let version = "Sec-WebSocket-Version: 13\r\n";
    let key = format!("Sec-WebSocket-Key: {KEY}\r\n");
    let cases = [
        (opening(version, "Sec-WebSocket-Version: 8\r\n"), 426),
        (opening(version, ""), 426),
        (opening(version, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n"), 426),
        (opening(&key, ""), 400),
        (opening(&key, &format!("{key}{key}")), 400),
        (opening(KEY, "dGhlIHNhbXBsZSBub25jZQ="), 400),
        (opening("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n"), 400),
        (opening(version, &format!("{version}Sec-WebSocket-Protocol: chat, chat\r\n")), 400),
        (opening(version, &format!("{version}Sec-WebSocket-Extensions: permessage-deflate; ;\r\n")), 400),
    ];
    for (request, status) in cases {
        World::twice(1, |world| {
            let rig = Rig::new(world, config(1));
            let backend = speaking(&rig, vec![Act::Hang]);
            let client = rig.ask(vec![Act::send(&request)]);
            rig.over(&client);
            assert_eq!((statuses(&client), accepted(&backend)), (vec![status], 0), "{request}");
            let text = client.text();
            let upgrade = (field(&text, "upgrade"), field(&text, "sec-websocket-version"));
            // RFC 9110 §15.5.22, RFC 6455 §4.4: 426 says what would be taken.
            let wanted = if status == 426 { (vec!["websocket"], vec!["13"]) } else { (vec![], vec![]) };
            assert_eq!(upgrade, wanted, "{text}");
            let connection = field(&text, "connection").join(", ").to_ascii_lowercase();
            assert_eq!(connection.contains("upgrade"), status == 426, "{connection}");
            assert_eq!(rig.log.steps("refused").len(), 1);
            rig.close();
        });
    }
}

/// What a backend answers that is no WebSocket for this request.
fn false_answers() -> Vec<String> {
    let good = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    vec![
        good.replace("s3pP", "S3pP"),
        good.replace("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", ""),
        good.replace("Upgrade: websocket", "Upgrade: chat"),
        good.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: nobody-asked\r\n\r\n"),
        good.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
    ]
}

#[test]
fn a_backend_that_answers_another_opening_is_502() {
    for answer in false_answers() {
        World::twice(2, |world| {
            let rig = Rig::new(world, config(1));
            let reply = answer.clone();
            let backend = rig.serve(0, move |_| vec![Act::send(&reply), Act::send(HELLO), Act::Hang]);
            let client = rig.ask(vec![Act::send(plain())]);
            rig.run(client.until(|seen| matches!(seen, Seen::Bytes(_))));
            assert_eq!(statuses(&client), [502], "{answer}");
            let text = client.text();
            assert!(field(&text, "proxy-status")[0].starts_with("edge; error=http_upgrade_failed"), "{text}");
            rig.run_until(at_ms(1000));
            assert!(released(&backend).is_some(), "the backend is let go");
            assert_eq!(rig.server.tunnels().open(), 0);
        });
    }
}

#[test]
fn a_stream_of_http2_is_the_backends_upgrade() {
    World::twice(3, |world| {
        let rig = Rig::new(world, config(1));
        let backend = speaking(&rig, vec![Act::await_bytes(MASKED), Act::send(HELLO), Act::AwaitEnd, Act::Close]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = client.begin(&extended(), false);
            let answer = client.head(id).await.expect("a head");
            assert_eq!((answer.status, answer.field("sec-websocket-protocol")), (200, Some("chat")));
            for name in ["upgrade", "connection", "sec-websocket-accept", "content-length", "transfer-encoding"] {
                assert_eq!(answer.field(name), None, "{name}");
            }
            assert_eq!((rig.server.tunnels().open(), rig.server.tunnels().websockets()), (1, 1));
            client.send(id, MASKED).await.expect("it is taken");
            assert_eq!(take(&client, id, HELLO.len()).await, HELLO);
            client.finish(id, &Fields::new());
            assert_eq!(take(&client, id, 1).await, b"", "the backend has closed too");
        });
        let request = &backend.requests()[0].1;
        assert!(request.starts_with("GET /chat HTTP/1.1\r\nHost: a.example\r\n"), "{request}");
        assert_eq!(field(request, "upgrade"), ["websocket"]);
        assert_eq!(field(request, "connection").join(", ").to_ascii_lowercase(), "upgrade");
        assert_eq!(
            (field(request, "sec-websocket-version"), field(request, "sec-websocket-protocol")),
            (vec!["13"], vec!["chat, superchat"])
        );
        let key = field(request, "sec-websocket-key");
        assert!(key.len() == 1 && key[0].len() == 24 && key[0].ends_with("=="), "{key:?}");
        assert_eq!((field(request, "content-length"), field(request, "transfer-encoding")), (vec![], vec![]));
        let closed = rig.log.only("tunnel-closed");
        assert!(closed.ends_with(&format!("tunnel-closed {} {} client", MASKED.len(), HELLO.len())), "{closed}");
        rig.close();
    });
}

#[test]
fn streams_are_tunnels_of_their_own() {
    World::twice(4, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve(0, |request| match request.head.starts_with("GET /chat") {
            true => vec![switched(request), Act::await_bytes(MASKED), Act::send(HELLO), Act::AwaitEnd, Act::Close],
            false => vec![Act::answer("beside")],
        });
        rig.run(async {
            let client = connect(&rig).await;
            let mut ids = Vec::new();
            for _ in 0..20 {
                ids.push(open(&client).await);
            }
            assert_eq!(rig.server.tunnels().open(), 20);
            for id in &ids {
                client.send(*id, MASKED).await.expect("it is taken");
            }
            assert_eq!(client.get("/").await.expect("an answer").text(), "beside");
            for id in &ids {
                assert_eq!(take(&client, *id, HELLO.len()).await, HELLO);
                client.finish(*id, &Fields::new());
            }
            for id in &ids {
                assert_eq!(take(&client, *id, 1).await, b"");
            }
        });
        let requests = backend.requests();
        let keys: BTreeSet<_> = requests.iter().flat_map(|(_, request)| field(request, "sec-websocket-key")).collect();
        assert_eq!(keys.len(), 20, "a nonce is never used twice");
        rig.close();
    });
}

#[test]
fn the_opening_on_a_stream_is_judged_too() {
    World::twice(5, |world| {
        let rig = Rig::new(world, config(1));
        let backend = speaking(&rig, vec![Act::Hang]);
        rig.run(async {
            let client = connect(&rig).await;
            let refused = |change: fn(&mut RequestHead)| {
                let mut head = extended();
                change(&mut head);
                client.begin(&head, false)
            };
            let old = refused(|head| head.fields.retain(|field| field.name != b"sec-websocket-version"));
            let answer = client.head(old).await.expect("a head");
            assert_eq!((answer.status, answer.field("sec-websocket-version"), answer.field("upgrade")), (400, Some("13"), None));
            let twice = refused(|head| head.fields.push(b"sec-websocket-protocol", b"chat"));
            assert_eq!(client.head(twice).await.expect("a head").status, 400);
        });
        assert_eq!(accepted(&backend), 0);
        rig.run_until(at_ms(70_000));
        assert_eq!(rig.server.requests_in_flight(), 0);
    });
}

#[test]
fn a_key_that_came_on_a_stream_is_not_the_backends() {
    World::twice(6, |world| {
        let rig = Rig::new(world, config(1));
        let backend = speaking(&rig, vec![Act::Close]);
        rig.run(async {
            let client = connect(&rig).await;
            let mut head = extended();
            head.fields.push(b"sec-websocket-key", KEY.as_bytes());
            let id = client.begin(&head, false);
            assert_eq!(client.head(id).await.expect("a head").status, 200);
        });
        let request = &backend.requests()[0].1;
        let keys = field(request, "sec-websocket-key");
        assert!(keys.len() == 1 && keys[0] != KEY, "{keys:?}");
    });
}

#[test]
fn a_backend_may_close_first() {
    World::twice(7, |world| {
        let rig = Rig::new(world, config(1));
        let backend =
            speaking(&rig, vec![Act::send(HELLO), Act::send(GOING_AWAY), Act::Finish, Act::await_bytes(MASKED), Act::AwaitEnd, Act::Close]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = open(&client).await;
            assert_eq!(take(&client, id, usize::MAX).await, [HELLO, GOING_AWAY].concat());
            // The other direction is open still.
            world.sleep(30 * SECOND).await;
            client.send(id, MASKED).await.expect("it is taken");
            let_go(&client, id, world).await;
        });
        assert!(backend.bytes().ends_with(MASKED));
        assert!(rig.log.only("tunnel-closed").ends_with("backend"), "{}", rig.log.only("tunnel-closed"));
        rig.close();
    });
}

#[test]
fn the_end_of_a_stream_passes_and_the_backend_goes_on() {
    World::twice(8, |world| {
        let rig = Rig::new(world, config(1));
        speaking(&rig, vec![Act::AwaitEnd, Act::Wait(30 * SECOND), Act::send(HELLO), Act::Close]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = open(&client).await;
            client.finish(id, &Fields::new());
            assert_eq!(take(&client, id, usize::MAX).await, HELLO);
            assert_eq!(ms(world.now()) / 1000, 30);
        });
        rig.close();
    });
}

#[test]
fn a_reset_stream_is_an_end_for_its_backend() {
    World::twice(9, |world| {
        let rig = Rig::new(world, config(1));
        let backend = speaking(&rig, vec![Act::Hang]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = open(&client).await;
            client.reset(id, ErrorCode::CANCEL);
            client.until(|machine| machine.output().is_empty().then_some(())).await;
            world.sleep(10 * MS).await;
        });
        assert!(released(&backend).is_some(), "the backend is let go");
        assert!(rig.log.only("tunnel-closed").ends_with("client"));
        assert_eq!((rig.server.tunnels().open(), rig.server.requests_in_flight()), (0, 0));
    });
}

/// RFC 8441 §5: a reset of TCP is one of the stream, with the code CANCEL; an end is an end.
#[test]
fn a_backend_that_resets_resets_the_stream() {
    World::twice(10, |world| {
        let rig = Rig::new(world, config(1));
        speaking(&rig, vec![Act::send(HELLO), Act::Wait(SECOND), Act::Reset]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = open(&client).await;
            assert_eq!(take(&client, id, HELLO.len()).await, HELLO);
            assert_eq!(client.piece(id).await, Err(Reason::Reset(ErrorCode::CANCEL)));
            // The connection is none the worse for it.
            let other = open(&client).await;
            client.reset(other, ErrorCode::CANCEL);
            client.until(|machine| machine.output().is_empty().then_some(())).await;
        });
        assert!(rig.log.steps("tunnel-closed")[0].ends_with("backend"));
        rig.close();
    });
}

#[test]
fn a_silent_tunnel_on_a_stream_comes_to_an_orderly_end() {
    World::twice(11, |world| {
        let rig = Rig::new(world, config(1));
        let backend = speaking(&rig, vec![Act::Hang]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = open(&client).await;
            assert_eq!(take(&client, id, 1).await, b"");
            assert_eq!(ms(world.now()) / 1000, 60);
        });
        assert!(released(&backend).is_some());
        assert!(rig.log.only("tunnel-closed").ends_with("idle"));
        rig.run_until(at_ms(130_000));
        assert_eq!((rig.server.connections(), rig.server.requests_in_flight()), (0, 0));
    });
}

#[test]
fn a_backend_may_decline() {
    World::twice(12, |world| {
        let rig = Rig::new(world, config(1));
        let backend = rig.serve(0, |request| match request.number {
            0 => vec![Act::send("HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nnot here")],
            1 => vec![Act::answer("what is a WebSocket?")],
            2 => vec![Act::send("HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n")],
            _ => vec![Act::send(&false_answers()[0]), Act::Hang],
        });
        rig.run(async {
            let client = connect(&rig).await;
            let id = client.begin(&extended(), false);
            let answer = client.answer(id).await.expect("an answer");
            assert_eq!((answer.status, answer.text(), answer.field("upgrade")), (403, "not here", None));
            for wanted in [502, 302, 502] {
                let id = client.begin(&extended(), false);
                let answer = client.answer(id).await.expect("an answer");
                assert_eq!(answer.status, wanted);
                let failed = answer.field("proxy-status").is_some_and(|status| status.contains("http_upgrade_failed"));
                assert_eq!(failed, wanted == 502, "{answer:?}");
            }
            assert_eq!(rig.server.tunnels().open(), 0);
        });
        assert_eq!(backend.requests().len(), 4);
    });
}

#[test]
fn a_pool_of_http2_has_no_websockets_yet() {
    World::twice(13, |world| {
        let mut config = config(1);
        config.pools[0].protocol = Protocol::Http2;
        let rig = Rig::new(world, config);
        let backend = speaking(&rig, vec![Act::Hang]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = client.begin(&extended(), false);
            assert_eq!(client.head(id).await.expect("a head").status, 501);
            world.sleep(SECOND).await;
        });
        assert_eq!(accepted(&backend), 0);
    });
}

/// A Close frame, unmasked: its header and its code.
fn close_of(frame: &[u8]) -> (FrameHeader, u16) {
    let (header, len) = FrameHeader::parse(frame).expect("a frame").expect("a whole header");
    assert_eq!((header.opcode, header.len, frame.len()), (Opcode::Close, 2, len + 2));
    let mut code = [frame[len], frame[len + 1]];
    if let Some(key) = header.mask {
        mask(&mut code, key, 0);
    }
    (header, u16::from_be_bytes(code))
}

#[test]
fn a_drain_says_goodbye_to_both_sides() {
    World::twice(14, |world| {
        let rig = Rig::new(world, config(1));
        let backend = speaking(&rig, vec![Act::send(HELLO), Act::AwaitEnd, Act::Close]);
        let client = asking(&rig, vec![Act::send(MASKED), Act::AwaitEnd, Act::Close]);
        rig.run_until(at_ms(1_000));
        rig.server.drain(rig.edge.host().calendar());
        rig.run(rig.server.drained());
        // Half of the thirty seconds that a drain may take.
        assert_eq!(ended(&client), Some(16_001));
        let text = client.bytes();
        let last = text.windows(HELLO.len()).position(|part| part == HELLO).expect("the greeting") + HELLO.len();
        assert_eq!(&text[last..], GOING_AWAY);
        let up = backend.bytes();
        let last = up.windows(MASKED.len()).position(|part| part == MASKED).expect("the text") + MASKED.len();
        let (header, code) = close_of(&up[last..]);
        assert!(header.mask.is_some(), "it stands among a client's frames");
        assert_eq!(code, CloseCode::GOING_AWAY.number());
        assert_eq!(released(&backend), Some(16_001));
        assert!(rig.log.only("tunnel-closed").ends_with("drain"));
        rig.close();
    });
}

#[test]
fn no_goodbye_stands_within_a_frame_or_behind_a_close() {
    World::twice(15, |world| {
        let rig = Rig::new(world, config(1));
        // Half a frame down, and a Close up.
        let backend = speaking(&rig, vec![Act::send(HALF_HELLO), Act::AwaitEnd, Act::Close]);
        let closing = b"\x88\x82\0\0\0\0\x03\xe8";
        let client = asking(&rig, vec![Act::send(closing), Act::AwaitEnd, Act::Close]);
        rig.run_until(at_ms(1_000));
        rig.server.drain(rig.edge.host().calendar());
        rig.run(rig.server.drained());
        assert!(client.bytes().ends_with(HALF_HELLO) && backend.bytes().ends_with(closing));
        assert_eq!((ended(&client), released(&backend)), (Some(16_001), Some(16_001)));
        rig.close();
    });
}

#[test]
fn a_drain_reaches_every_tunnel_of_a_connection() {
    World::twice(16, |world| {
        let rig = Rig::new(world, config(1));
        let backend = speaking(&rig, vec![Act::send(HELLO), Act::AwaitEnd, Act::Close]);
        rig.run(async {
            let client = connect(&rig).await;
            let ids = [open(&client).await, open(&client).await, open(&client).await];
            world.sleep(at_ms(1_000).since(world.now())).await;
            rig.server.drain(rig.edge.host().calendar());
            // Told at once that no more streams are wanted,
            client.until(|machine| (!machine.may_open()).then_some(())).await;
            assert_eq!(ms(world.now()), 1_001);
            // and each tunnel in its time that the server goes away.
            for id in ids {
                assert_eq!(take(&client, id, usize::MAX).await, [HELLO, GOING_AWAY].concat());
                client.finish(id, &Fields::new());
            }
            assert_eq!(ms(world.now()), 16_001);
            client.closed().await;
            rig.server.drained().await;
            assert!(ms(world.now()) < 18_100, "{}", ms(world.now()));
        });
        for number in 0..3 {
            let seen = backend.of(number);
            let mut bytes = seen.iter().filter_map(|(_, seen)| if let Seen::Bytes(bytes) = seen { Some(bytes) } else { None });
            assert_eq!(close_of(bytes.next_back().expect("bytes came")).1, 1001);
        }
        assert!(rig.log.steps("tunnel-closed").iter().all(|step| step.ends_with("drain")));
        rig.close();
    });
}

#[test]
fn a_tunnel_whose_client_takes_nothing_holds_its_backend_back() {
    World::twice(17, |world| {
        let rig = Rig::new(world, config(1));
        speaking(&rig, vec![Act::send(vec![b'x'; 1_000_000]), Act::Hang]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = open(&client).await;
            // It reads nothing of the stream, so that the window stays shut.
            let failure = client.until(|machine| machine.failure(id)).await;
            assert_eq!(failure, Reason::Reset(ErrorCode::CANCEL));
        });
        assert_eq!(ms(world.now()) / 1000, 60);
        let closed = rig.log.only("tunnel-closed");
        let down: u64 = closed.split(' ').nth(3).and_then(|down| down.parse().ok()).expect("a number");
        assert!(closed.ends_with("idle") && down <= 300_000, "{closed}");
        assert_eq!(rig.server.requests_in_flight(), 0);
    });
}

#[test]
fn a_short_drain_ends_tunnels_whose_clients_do_not_close() {
    let short = || {
        let mut config = config(1);
        config.server.drain_timeout = 2 * SECOND;
        config
    };
    World::twice(18, |world| {
        let rig = Rig::new(world, short());
        speaking(&rig, vec![Act::Hang]);
        asking(&rig, vec![Act::Hang]);
        rig.run_until(at_ms(1_000));
        rig.server.drain(rig.edge.host().calendar());
        rig.run(rig.server.drained());
        let over = ms(world.now());
        assert!((2_000..3_000).contains(&over), "{over}");
    });
    World::twice(19, |world| {
        let rig = Rig::new(world, short());
        speaking(&rig, vec![Act::Hang]);
        rig.run(async {
            let client = connect(&rig).await;
            let id = open(&client).await;
            world.sleep(at_ms(1_000).since(world.now())).await;
            rig.server.drain(rig.edge.host().calendar());
            // It hears of the end, and does not end its own side.
            assert_eq!(take(&client, id, usize::MAX).await, GOING_AWAY);
            rig.server.drained().await;
            let over = ms(world.now());
            assert!((2_000..3_000).contains(&over), "{over}");
        });
    });
}
