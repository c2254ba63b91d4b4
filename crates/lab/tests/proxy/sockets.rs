//! WebSockets whose other end is an application of the edge.

use crate::support::http2::{Http2Client, head, settings};
use crate::support::websocket::{Heard, closes, end, frame, hear, heard, heard_by, opening, says};
use crate::support::{MS, Rig, SECOND, at_ms, config, ended, get, released, statuses};
use decide::config::{Action, Config};
use decide::time::Duration;
use host::Host;
use lab::World;
use lab::peer::{Act, Record};
use node::{Answer, Application, Conversation, Signal, Socket};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use wire::http::{Method, RequestHead};
use wire::websocket::{CloseCode, DeflateParameters, Opcode, Refused};

/// Answers with WebSockets that behave as their path says; `/raise` raises the signal of all of them.
#[derive(Clone, Default)]
struct Talker {
    raised: Arc<Signal>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Application for Talker {
    fn respond(&self, _: &Host, request: &RequestHead, _: &[u8]) -> Answer {
        match request.path() {
            b"/raise" => {
                self.raised.raise();
                Answer::text(200, "text/plain", "raised")
            }
            b"/plain" => Answer::text(200, "text/plain", "plain"),
            path => Answer::Socket(Box::new(Line { path: String::from_utf8_lossy(path).into_owned(), talker: self.clone() })),
        }
    }
}

struct Line {
    path: String,
    talker: Talker,
}

impl Conversation for Line {
    fn interval(&self) -> Option<Duration> {
        (self.path == "/tick").then_some(7 * SECOND)
    }

    fn signal(&self) -> Option<Arc<Signal>> {
        (self.path == "/live").then(|| self.talker.raised.clone())
    }

    fn opened(&mut self, socket: &mut Socket<'_>) {
        if self.path == "/live" {
            socket.text("hello").expect("there is room at the beginning");
        }
    }

    fn text(&mut self, socket: &mut Socket<'_>, text: &str) {
        match (&*self.path, text) {
            ("/echo", _) => socket.text(text).expect("there is room for one"),
            ("/bye", _) => socket.close(CloseCode::new(4000).expect("ours to use"), "as you wish"),
            ("/burst", _) => {
                let results: Vec<_> = (0..4).map(|_| socket.binary(&[7; 40_000])).collect();
                assert_eq!(results, [Ok(()), Ok(()), Err(Refused::Full), Err(Refused::Full)]);
            }
            ("/large", _) => socket.binary(&vec![7; 1_000_000]).expect("there is room for one"),
            _ => socket.close(CloseCode::UNSUPPORTED_DATA, ""),
        }
    }

    fn binary(&mut self, socket: &mut Socket<'_>, data: &[u8]) {
        socket.binary(data).expect("there is room for one");
    }

    fn tick(&mut self, socket: &mut Socket<'_>) {
        socket.text("tick").expect("there is room for one");
    }

    fn changed(&mut self, socket: &mut Socket<'_>) {
        socket.text("changed").expect("there is room for one");
    }

    fn closed(&mut self, code: u16) {
        self.talker.told.lock().expect("no panic").push(format!("{} {code}", self.path));
    }
}

/// An edge whose only route leads to the application.
fn rig<'w>(world: &'w World, talker: &Talker, workers: usize, change: impl FnOnce(&mut Config)) -> Rig<'w> {
    let mut config = config(1);
    config.sites[0].routes[0].action = Action::Application("talker".to_string());
    change(&mut config);
    let application: Arc<dyn Application> = Arc::new(talker.clone());
    Rig::with_applications(world, config, workers, BTreeMap::from([("talker".to_string(), application)]))
}

/// A client that opens a WebSocket, which is open at the edge at 3 ms and at the client at 4 ms, and then does this.
fn client(rig: &Rig<'_>, path: &str, then: Vec<Act>) -> Record {
    rig.ask([vec![Act::send(opening(path, "")), Act::await_bytes("\r\n\r\n")], then].concat())
}

fn texts(heard: &[(u64, Heard)]) -> Vec<(u64, &str)> {
    let mut texts = Vec::new();
    for (at, heard) in heard {
        if let Heard::Text(text) = heard {
            texts.push((*at, &**text));
        }
    }
    texts
}

#[test]
fn an_opening_that_is_none_is_refused_and_told_why() {
    World::twice(1, |world| {
        let rig = rig(world, &Talker::default(), 1, |_| {});
        let whole = opening("/echo", "");
        let cases = [
            (get("/echo"), 426, "Sec-WebSocket-Version: 13\r\n"),
            (whole.replace(" 13", " 12"), 426, "Upgrade: websocket\r\n"),
            (whole.replace("==\r\n", "=\r\n"), 400, "RFC 6455 §4.2.1"),
            (whole.replace("GET", "HEAD"), 400, "HTTP/1.1 400"),
            (format!("{whole}{}", get("/admin")), 400, "before it was answered"),
        ];
        for (request, status, says) in cases {
            let client = rig.ask(vec![Act::send(&request)]);
            rig.over(&client);
            assert_eq!(statuses(&client), [status], "{request}");
            assert!(client.text().contains(says), "{}", client.text());
        }
        assert!(rig.log.steps("socket-opened").is_empty());
        assert_eq!(rig.log.steps("refused").len(), 5);
        rig.close();
    });
}

#[test]
fn what_is_said_comes_back_in_pieces_or_whole() {
    World::twice(2, |world| {
        let talker = Talker::default();
        let rig = rig(world, &talker, 1, |_| {});
        let pieces = [
            frame(false, Opcode::Text, b"in three "),
            frame(true, Opcode::Ping, b"still there?"),
            frame(false, Opcode::Continuation, b"pie"),
            frame(true, Opcode::Continuation, b"ces"),
        ];
        let said = [says("hello"), pieces.concat(), frame(true, Opcode::Binary, &[0; 70_000]), closes(1000)].concat();
        let bytes = said.len();
        let client = client(&rig, "/echo", vec![Act::Send(said)]);
        rig.over(&client);
        let all: Vec<Heard> = heard(&client).into_iter().map(|(_, heard)| heard).collect();
        assert_eq!(
            all,
            [
                Heard::Text("hello".to_string()),
                Heard::Pong(b"still there?".to_vec()),
                Heard::Text("in three pieces".to_string()),
                Heard::Binary(70_000),
                Heard::Close(1000)
            ]
        );
        let head = client.text();
        assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
        assert!(!head.contains("Content-Length") && !head.contains("Connection: close") && !head.contains("Sec-WebSocket-Extensions"));
        assert_eq!(rig.log.only("socket-opened"), "3 socket-opened false");
        let down = client.bytes().len() - head.find("\r\n\r\n").expect("a head") - 4;
        let closed = rig.log.only("socket-closed");
        assert!(closed.ends_with(&format!(" socket-closed 3 3 {bytes} {down} 1000 client ")), "{closed}");
        assert!(rig.log.only("delivered").contains(&format!(" 101 {bytes} {down} ")), "{}", rig.log.only("delivered"));
        assert_eq!(*talker.told.lock().expect("no panic"), ["/echo 1000"]);
        rig.close();
    });
}

#[test]
fn messages_are_compressed_where_that_is_agreed_on() {
    World::twice(3, |world| {
        let rig = rig(world, &Talker::default(), 1, |_| {});
        let agreed =
            DeflateParameters { server_no_context_takeover: true, client_no_context_takeover: true, ..DeflateParameters::default() };
        let mut saying = end(Some(agreed));
        saying.text(&"again and again ".repeat(2000)).expect("there is room");
        saying.text("once").expect("there is room");
        saying.close(CloseCode::NORMAL, "");
        let open = opening("/echo", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
        let client = rig.ask(vec![Act::send(open), Act::await_bytes("\r\n\r\n"), Act::send(saying.output())]);
        rig.over(&client);
        assert!(
            client.text().contains("permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"),
            "{}",
            client.text()
        );
        let all = heard_by(&client, &mut end(Some(agreed)));
        assert_eq!(
            all.into_iter().map(|(_, heard)| heard).collect::<Vec<_>>(),
            [Heard::Text("again and again ".repeat(2000)), Heard::Text("once".to_string()), Heard::Close(1000)]
        );
        assert_eq!(rig.log.only("socket-opened"), "3 socket-opened true");
        assert!(client.bytes().len() < 2000, "{} bytes for 32 000", client.bytes().len());
        rig.close();
    });
}

#[test]
fn a_silent_client_is_asked_twice_and_closed_after_a_minute() {
    World::twice(4, |world| {
        let talker = Talker::default();
        let rig = rig(world, &talker, 1, |_| {});
        let client = client(&rig, "/echo", vec![Act::Hang]);
        rig.run_until(at_ms(30_000));
        assert_eq!((rig.server.tunnels().open(), rig.server.tunnels().websockets()), (1, 1));
        rig.run_until(at_ms(70_000));
        assert_eq!(heard(&client), [(20_004, Heard::Ping), (40_004, Heard::Ping), (60_004, Heard::Close(1001))]);
        // It has a second to answer the close.
        assert_eq!(ended(&client), Some(61_004));
        assert!(
            rig.log.only("socket-closed").starts_with("61003 socket-closed 0 0 0 ")
                && rig.log.only("socket-closed").ends_with(" 1001 idle ")
        );
        assert_eq!((rig.server.tunnels().open(), rig.server.requests_in_flight()), (0, 0));
        assert_eq!(*talker.told.lock().expect("no panic"), ["/echo 1001"]);
    });
}

#[test]
fn pongs_hold_a_websocket_for_an_hour() {
    World::twice(5, |world| {
        let rig = rig(world, &Talker::default(), 1, |_| {});
        let beats = (0..180).flat_map(|_| [Act::await_bytes(b"\x89\x00"), Act::send(frame(true, Opcode::Pong, b""))]);
        let client = client(&rig, "/echo", beats.chain([Act::Hang]).collect());
        rig.run_until(at_ms(3_600_010));
        assert_eq!((rig.server.tunnels().websockets(), ended(&client)), (1, None));
        // 20 seconds after what went out last, which is the ping before.
        let pings: Vec<u64> = heard(&client).into_iter().map(|(at, _)| at).collect();
        assert_eq!(pings, (1..=180).map(|n| n * 20_000 + 4).collect::<Vec<_>>());
        rig.run_until(at_ms(3_670_000));
        // The last pong was at the edge at 3 600 005 ms; nothing of the two pings after it was answered.
        let late = &heard(&client)[180..];
        assert_eq!(late, [(3_620_004, Heard::Ping), (3_640_004, Heard::Ping), (3_660_004, Heard::Ping), (3_660_006, Heard::Close(1001))]);
    });
}

#[test]
fn what_breaks_a_rule_is_closed_with_its_code() {
    let long = |len: usize| frame(true, Opcode::Binary, &vec![0; len]);
    let cases: [(Vec<u8>, u16, &str); 4] = [
        (long(1024 * 1024 + 1), 1009, "A message is larger than this endpoint takes."),
        (
            [frame(false, Opcode::Binary, &vec![0; 1024 * 1024]), frame(true, Opcode::Continuation, b"x")].concat(),
            1009,
            "A message is larger than this endpoint takes.",
        ),
        (b"\x81\x01x".to_vec(), 1002, "A client sent a frame that is not masked."),
        (frame(true, Opcode::Text, b"\xff"), 1007, "A text message is not UTF-8."),
    ];
    for (said, code, rule) in cases {
        World::twice(6, |world| {
            let rig = rig(world, &Talker::default(), 1, |_| {});
            let client = client(&rig, "/echo", vec![Act::send(&said)]);
            rig.over(&client);
            // It comes although the client was still sending.
            assert_eq!(heard(&client).last().map(|(_, heard)| heard.clone()), Some(Heard::Close(code)));
            let closed = rig.log.only("socket-closed");
            assert!(closed.contains(" 0 0 ") && closed.ends_with(&format!(" {code} client {rule}")), "{closed}");
            rig.close();
        });
    }
    World::twice(7, |world| {
        let rig = rig(world, &Talker::default(), 1, |config| config.sites[0].max_body = 100);
        let client = client(&rig, "/echo", vec![Act::send([long(100), long(101)].concat())]);
        rig.over(&client);
        let all: Vec<Heard> = heard(&client).into_iter().map(|(_, heard)| heard).collect();
        assert_eq!(all, [Heard::Binary(100), Heard::Close(1009)], "the site's cap on bodies holds for messages");
        rig.close();
    });
}

#[test]
fn the_application_closes_and_is_told() {
    World::twice(8, |world| {
        let talker = Talker::default();
        let rig = rig(world, &talker, 1, |_| {});
        // What comes after the close is not heard of.
        let client =
            client(&rig, "/bye", vec![Act::send(says("bye")), Act::Wait(500 * MS), Act::send([says("bye"), closes(4000)].concat())]);
        rig.over(&client);
        assert_eq!(heard(&client), [(6, Heard::Close(4000))]);
        // The client's close is at the edge at 505 ms, which ends the stream.
        assert_eq!(ended(&client), Some(506));
        assert!(rig.log.only("socket-closed").ends_with(" 4000 application "), "{}", rig.log.only("socket-closed"));
        assert_eq!(*talker.told.lock().expect("no panic"), ["/bye 4000"]);
        rig.close();
    });
    World::twice(9, |world| {
        let talker = Talker::default();
        let rig = rig(world, &talker, 1, |_| {});
        let client = client(&rig, "/echo", vec![Act::send(says("x")), Act::Finish]);
        rig.over(&client);
        assert!(rig.log.only("socket-closed").ends_with(" 1006 client "), "{}", rig.log.only("socket-closed"));
        assert_eq!(*talker.told.lock().expect("no panic"), ["/echo 1006"]);
        rig.close();
    });
}

#[test]
fn ticks_come_at_their_interval() {
    World::twice(10, |world| {
        let rig = rig(world, &Talker::default(), 1, |_| {});
        let client = client(&rig, "/tick", vec![Act::WaitUntil(at_ms(30_000)), Act::send(closes(1000))]);
        rig.over(&client);
        let all = heard(&client);
        assert_eq!(texts(&all), [(7_004, "tick"), (14_004, "tick"), (21_004, "tick"), (28_004, "tick")]);
        // Something goes out all the time, but nothing comes in.
        assert!(all.contains(&(20_004, Heard::Ping)), "{all:?}");
        rig.close();
    });
}

#[test]
fn one_request_is_heard_of_on_every_websocket_of_every_worker() {
    World::twice(11, |world| {
        let rig = rig(world, &Talker::default(), 3, |config| config.server.workers = 3);
        let listeners: Vec<_> = (0..6).map(|_| client(&rig, "/live", vec![Act::AwaitEnd, Act::Close])).collect();
        rig.run_until(at_ms(1_000));
        let raiser = rig.ask(vec![
            Act::send(get("/raise")),
            Act::await_bytes("raised"),
            Act::send(get("/raise")),
            Act::await_bytes("raised"),
            Act::Close,
        ]);
        rig.run_until(at_ms(2_000));
        assert_eq!(statuses(&raiser), [200, 200]);
        for listener in &listeners {
            assert_eq!(texts(&heard(listener)), [(4, "hello"), (1_004, "changed"), (1_006, "changed")]);
        }
        rig.close();
    });
}

#[test]
fn more_than_fits_in_one_call_is_refused() {
    World::twice(12, |world| {
        let rig = rig(world, &Talker::default(), 1, |_| {});
        let client = client(&rig, "/burst", vec![Act::send([says("go"), says("go"), closes(1000)].concat())]);
        rig.over(&client);
        let all: Vec<Heard> = heard(&client).into_iter().map(|(_, heard)| heard).collect();
        // The second time it is asked there is room again.
        assert_eq!(all, [Heard::Binary(40_000), Heard::Binary(40_000), Heard::Binary(40_000), Heard::Binary(40_000), Heard::Close(1000)]);
        rig.close();
    });
}

#[test]
fn a_client_that_reads_nothing_holds_little_and_is_cut_off() {
    World::twice(13, |world| {
        let talker = Talker::default();
        let rig = rig(world, &talker, 1, |_| {});
        let said = frame(true, Opcode::Binary, &[7; 60_000]).repeat(100);
        let client = client(&rig, "/echo", vec![Act::Pause, Act::Send(said)]);
        rig.run_until(at_ms(70_000));
        let closed = rig.log.only("socket-closed");
        let words: Vec<&str> = closed.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().expect("a number");
        // It was read for as long as its echo found room: in the client's window, in the edge's own, and a little in the edge.
        let (heard, up, down) = (number(2), number(4), number(5));
        assert!(heard == number(3) && (2..=5).contains(&heard) && up < 400_000 && down < up, "{closed}");
        assert_eq!(words[6..], ["1006", "stalled", ""], "{closed}");
        // A minute after the last byte found a place, which was when the pieces had come.
        assert!(number(0) > 60_000 && number(0) < 60_020, "{closed}");
        assert!(released(&client).is_some() && rig.log.only("delivered").contains("stopped taking"), "{}", rig.log.only("delivered"));
        assert_eq!((rig.server.tunnels().open(), rig.server.connections(), rig.server.requests_in_flight()), (0, 0, 0));
    });
}

#[test]
fn a_client_that_reads_slowly_is_waited_for() {
    World::twice(14, |world| {
        let rig = rig(world, &Talker::default(), 1, |_| {});
        // It takes what has come meanwhile every 50 seconds, and says nothing for minutes.
        let nap = || [Act::Pause, Act::Wait(50 * SECOND), Act::Resume, Act::Wait(MS)];
        let naps = (0..4).flat_map(|_| nap());
        let client =
            client(&rig, "/large", [Act::Pause, Act::send(says("go"))].into_iter().chain(naps).chain([Act::send(closes(1000))]).collect());
        rig.over(&client);
        let all: Vec<Heard> = heard(&client).into_iter().map(|(_, heard)| heard).filter(|heard| *heard != Heard::Ping).collect();
        assert_eq!(all, [Heard::Binary(1_000_000), Heard::Close(1000)]);
        rig.close();
    });
}

#[test]
fn a_drain_closes_with_1001() {
    World::twice(15, |world| {
        let talker = Talker::default();
        let rig = rig(world, &talker, 1, |_| {});
        let polite = client(&rig, "/echo", vec![Act::await_bytes(b"\x88"), Act::send(closes(1001)), Act::AwaitEnd, Act::Close]);
        let other = client(&rig, "/live", vec![Act::Hang]);
        rig.run_until(at_ms(10_000));
        rig.server.drain(rig.edge.host().calendar());
        rig.run(rig.server.drained());
        assert_eq!(heard(&polite), [(10_001, Heard::Close(1001))]);
        // Its answer is at the edge at 10 002 ms.
        assert_eq!(ended(&polite), Some(10_003));
        assert_eq!((heard(&other).last(), ended(&other)), (Some(&(10_001, Heard::Close(1001))), Some(11_001)));
        let mut closed = rig.log.steps("socket-closed");
        closed.iter_mut().for_each(|step| {
            *step = format!("{} {}", step.split(' ').next().expect("a time"), step.split(' ').skip(6).collect::<Vec<_>>().join(" "))
        });
        assert_eq!(closed, ["10002 1001 drain ", "11000 1001 drain "]);
    });
}

#[test]
fn in_http2_it_is_an_extended_connect() {
    World::twice(16, |world| {
        let talker = Talker::default();
        let rig = rig(world, &talker, 1, |_| {});
        let connect = |path: &str, protocol: &[u8]| {
            let mut head = RequestHead { protocol: protocol.to_vec(), ..head(Method::Connect, path) };
            head.fields.push(b"sec-websocket-version", b"13");
            head
        };
        rig.run(async {
            let client = Http2Client::connect(&rig.client, &rig.edge.at(80), settings()).await;
            client.until(|machine| machine.takes_protocols().then_some(())).await;
            let id = client.begin(&connect("/echo", b"websocket"), false);
            let answer = client.head(id).await.expect("an answer");
            assert_eq!((answer.status, answer.field("content-length"), answer.field("sec-websocket-accept")), (200, None, None));
            let (mut end, mut other) = (end(None), end(None));
            client.send(id, &says("hello")).await.expect("it is taken");
            assert_eq!(hear(&mut end, &client.piece(id).await.expect("an echo")), [Heard::Text("hello".to_string())]);
            // Another request on the same connection is heard of on the stream of a second.
            let live = client.begin(&connect("/live", b"websocket"), false);
            client.head(live).await.expect("an answer");
            assert_eq!(hear(&mut other, &client.piece(live).await.expect("a greeting")), [Heard::Text("hello".to_string())]);
            assert_eq!(client.get("/raise").await.expect("an answer").text(), "raised");
            assert_eq!(hear(&mut other, &client.piece(live).await.expect("a message")), [Heard::Text("changed".to_string())]);
            client.send(id, &closes(1000)).await.expect("it is taken");
            assert_eq!(hear(&mut end, &client.piece(id).await.expect("its answer")), [Heard::Close(1000)]);
            assert_eq!(client.piece(id).await.expect("an end"), b"");
            // What is no WebSocket, and what is not spoken here.
            for (head, status) in [
                (connect("/echo", b"connect-udp"), 400),
                (head(Method::Get, "/echo"), 400),
                (RequestHead { fields: wire::http::Fields::new(), ..connect("/echo", b"websocket") }, 400),
                (connect("/plain", b"websocket"), 501),
            ] {
                let id = client.begin(&head, head.protocol.is_empty());
                assert_eq!(client.head(id).await.expect("an answer").status, status);
            }
            assert_eq!(client.get("/plain").await.expect("an answer").text(), "plain");
            // The drain closes what is left.
            rig.server.drain(rig.edge.host().calendar());
            assert_eq!(hear(&mut other, &client.piece(live).await.expect("a close")), [Heard::Close(1001)]);
        });
        assert_eq!(talker.told.lock().expect("no panic")[0], "/echo 1000");
        rig.run(rig.server.drained());
        assert_eq!(rig.log.steps("socket-closed").len(), 2);
    });
}
