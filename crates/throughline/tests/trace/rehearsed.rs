//! The same code on virtual machines, in virtual time: trees to the microsecond, the same on every run.

use decide::resolve::Settings;
use decide::step::Journey;
use decide::time::{Duration, Instant};
use host::Endpoint;
use lab::peer::{Act, serve};
use lab::{VirtualHost, World};
use node::fetch::{Given, Request, Socket, Watcher, fetch};
use std::net::{IpAddr, SocketAddr};
use view::trace::{Options, json, tree};
use wire::websocket::accept_key;

/// Looks the other way.
struct Nobody;

impl Watcher for Nobody {
    fn step(&mut self, _: &Journey) {}
    fn progress(&mut self, _: &Journey, _: u64) {}
    fn body(&mut self, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }
}

fn request(url: &str, addresses: &[&str]) -> Request {
    let addresses = addresses.iter().map(|text| text.parse::<IpAddr>().expect("an address")).collect();
    Request {
        url: url.to_string(),
        method: None,
        fields: Vec::new(),
        body: None,
        http1_only: false,
        insecure: false,
        trust: Box::new(|| Ok(Vec::new())),
        secrets: None,
        given: vec![Given { name: "www.example".to_string(), port: 80, addresses }],
        connect: None,
        names: Settings::default(),
        trace_token: None,
        max_time: None,
        redirects: Some(10),
        socket: Socket::default(),
        raw: false,
        text: false,
        page: None,
    }
}

fn go(world: &World, client: &VirtualHost, request: &Request) -> Journey {
    world.run(async { fetch(&client.host(), request, &mut Nobody).await }).expect("it comes to an end")
}

fn drawn(journey: &Journey) -> String {
    tree(journey, &Options { width: 90, colour: false, verbose: false, so_far: None }).join("\n")
}

fn port_80(address: &str) -> Endpoint {
    Endpoint::Ip(SocketAddr::new(address.parse().expect("an address"), 80))
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nAge: 43\r\n\r\n";

#[test]
fn a_tree_in_virtual_time() {
    let text = World::twice(7, |world| {
        let (client, server) = (world.host("client", "198.51.100.7"), world.host("server", "192.0.2.1"));
        world.link(&client, &server).latency(Duration::from_millis(15));
        serve(&server, &port_80("192.0.2.1"), |_| {
            vec![Act::Wait(Duration::from_millis(40)), Act::send(OK), Act::Wait(Duration::from_millis(30)), Act::send("hello")]
        });
        drawn(&go(world, &client, &request("http://www.example", &["192.0.2.1"])))
    });
    let expected = "\
http://www.example/                                                   0             130 ms
├─ URL      HTTP, port 80 (the default)                               ▏
│  └─ an empty path is /
├─ Name     www.example is 192.0.2.1, as the command line             ▏
│           says
├─ Connect  to 192.0.2.1:80                                   30.0 ms ████▌
├─ HTTP     GET / → 200 OK                                     100 ms     ▐███████████████
│  ├─ request  HTTP/1.1, 5 fields                                         ▐
│  ├─ answer   200 OK, HTTP/1.1, 2 fields                     70.0 ms     ▐██████████▍
│  ├─ Age      a cache had it for 43 s
│  ├─ body     5 bytes                                        30.0 ms                █████
│  └─ close    by us, with the end of the stream
├─ Decode   text/plain, 5 bytes, UTF-8                                                   ▐
│  ├─ type     ! text/plain, by its first bytes: nothing in them is binary; there is no
│  │           Content-Type
│  └─ charset  UTF-8, a guess: all of 5 bytes is ASCII, and nearly any would do
└─ ✓ 200 OK, 5 bytes in 130 ms";
    assert_eq!(text, expected, "\n{text}");
}

/// Two styles, three images and a script: over the page's own connection and up to five more; and a server that resets what it is asked.
#[test]
fn a_page_in_virtual_time() {
    const PAGE: &str = "<!doctype html><title>A shop</title><link rel=stylesheet href=/a.css><link rel=stylesheet href=/b.css>\
        <script async src=/s.js></script><img src=/1.png><img src=/2.png><img src=/3.png><img src=http://cdn.example/x.png>";
    let text = World::twice(7, |world| {
        let (client, server) = (world.host("client", "198.51.100.7"), world.host("server", "192.0.2.1"));
        let far = world.host("far", "192.0.2.9");
        world.link(&client, &server).latency(Duration::from_millis(15));
        world.link(&client, &far).latency(Duration::from_millis(50));
        serve(&server, &port_80("192.0.2.1"), |request| match request.head.split(' ').nth(1) {
            Some("/") => vec![Act::send(format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n{PAGE}",
                PAGE.len()
            ))],
            Some("/b.css") => vec![Act::Wait(Duration::from_millis(80)), Act::answer("b")],
            Some("/3.png") => vec![Act::send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")],
            _ => vec![Act::answer("content")],
        });
        serve(&far, &port_80("192.0.2.9"), |_| vec![Act::Reset]);
        let mut request = request("http://www.example/", &["192.0.2.1"]);
        request.given.push(Given { name: "cdn.example".to_string(), port: 80, addresses: vec!["192.0.2.9".parse().expect("an address")] });
        request.page = Some(7);
        drawn(&go(world, &client, &request))
    });
    assert_eq!(text, include_str!("rehearsed/page.txt").trim_end(), "\n{text}");
}

#[test]
fn a_dead_address_costs_a_quarter_of_a_second() {
    let text = World::twice(7, |world| {
        let client = world.host("client", "198.51.100.7 2001:db8:1::7");
        let (dead, server) = (world.host("dead", "2001:db8::1"), world.host("server", "192.0.2.1"));
        world.link(&client, &dead).blackhole();
        world.link(&client, &server).latency(Duration::from_millis(5));
        serve(&server, &port_80("192.0.2.1"), |_| vec![Act::send(OK), Act::send("hello")]);
        json(&go(world, &client, &request("http://www.example/", &["192.0.2.1", "2001:db8::1"])))
    });
    let journey: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let steps = crate::support::steps;
    let started = steps(&journey, "connect-started");
    assert_eq!((&started[0]["t_us"], &started[1]["t_us"]), (&0.into(), &250_000.into()), "{text}");
    assert_eq!(started[1]["why"], "no-answer-yet");
    assert_eq!(steps(&journey, "connection-opened")[0]["t_us"], 260_000);
    assert_eq!(steps(&journey, "connect-failed")[0]["why"], "overtaken");
}

#[test]
fn a_server_that_says_nothing_is_waited_for_a_minute() {
    World::twice(7, |world| {
        let (client, server) = (world.host("client", "198.51.100.7"), world.host("server", "192.0.2.1"));
        serve(&server, &port_80("192.0.2.1"), |_| vec![Act::Wait(Duration::from_secs(3600))]);
        let text = drawn(&go(world, &client, &request("http://www.example/", &["192.0.2.1"])));
        let sentence = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(sentence.contains("HTTP failed on the server's side: it says nothing to the request, for 60 s;"), "{text}");
        assert!(world.now().since(Instant::ZERO) >= Duration::from_secs(60));
    });
}

#[test]
fn addresses_that_never_answer_are_given_up() {
    World::twice(7, |world| {
        let (client, dead) = (world.host("client", "198.51.100.7"), world.host("dead", "192.0.2.1"));
        world.link(&client, &dead).blackhole();
        let text = drawn(&go(world, &client, &request("http://www.example/", &["192.0.2.1"])));
        let sentence = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(sentence.contains("Connect failed somewhere on the way: 192.0.2.1 did not answer at port 80 within 30 s"), "{text}");
    });
}

/// The head that opens a WebSocket for this request.
fn opened(request: &lab::peer::Request) -> String {
    let key = request.head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).expect("a key");
    let accept = String::from_utf8(accept_key(key.as_bytes()).to_vec()).expect("it is ASCII");
    format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n")
}

#[test]
fn a_websocket_in_virtual_time() {
    let text = World::twice(7, |world| {
        let (client, server) = (world.host("client", "198.51.100.7"), world.host("server", "192.0.2.1"));
        world.link(&client, &server).latency(Duration::from_millis(15));
        serve(&server, &port_80("192.0.2.1"), |request| {
            let going = [&[0x81, 5][..], b"hello"].concat();
            let close = [&[0x88, 6, 0x03, 0xe9][..], b"noon"].concat();
            vec![
                Act::send(opened(request)),
                Act::Wait(Duration::from_millis(100)),
                Act::send(going),
                Act::Wait(Duration::from_millis(300)),
                Act::send(close),
                Act::Wait(Duration::from_millis(40)),
                Act::Close,
            ]
        });
        drawn(&go(world, &client, &request("ws://www.example/", &["192.0.2.1"])))
    });
    let expected = r#"ws://www.example/                                                     0             500 ms
├─ URL      WebSocket, port 80 (the default, as of http)              ▏
├─ Name     www.example is 192.0.2.1, as the command line             ▏
│           says
├─ Connect  to 192.0.2.1:80                                   30.0 ms █▏
├─ HTTP     GET / → 101 Switching Protocols                   30.0 ms  █▍
│  ├─ request   HTTP/1.1, 10 fields                                    ▎
│  ├─ answer    101 Switching Protocols, HTTP/1.1, 3 fields   30.0 ms  █▍
│  ├─ accept    the server has read our key: Sec-WebSocket-Accept is its answer (RFC 6455
│  │            §4.1)
│  ├─ protocol  no subprotocol was offered
│  └─ deflate   compression was offered (permessage-deflate), and the server does without
├─ Socket   2 frames sent, 2 received, closed by the           400 ms   ████████████████▍
│           server: 1001
│  ├─ sent      ping, 8 bytes                                           ▌
│  ├─ received  text, 5 bytes                                               ▌
│  ├─ closing   by the server first: 1001 (the endpoint                                 ▌
│  │            goes away), "noon"
│  ├─ received  close, 6 bytes                                                          ▌
│  ├─ sent      close, 2 bytes                                                          ▌
│  ├─ ping      ! not answered                                 440 ms   ██████████████████
│  └─ close     by the server first, with the end of the stream
└─ ✓ 101 Switching Protocols, 5 bytes in 500 ms"#;
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn a_websocket_that_is_silent_is_closed_by_us() {
    let text = World::twice(7, |world| {
        let (client, server) = (world.host("client", "198.51.100.7"), world.host("server", "192.0.2.1"));
        world.link(&client, &server).latency(Duration::from_millis(15));
        serve(&server, &port_80("192.0.2.1"), |request| vec![Act::send(opened(request)), Act::Hang]);
        json(&go(world, &client, &request("ws://www.example/", &["192.0.2.1"])))
    });
    let journey: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!((&journey["fault"], &journey["exit"]), (&"no-close".into(), &18.into()), "{text}");
    // A round trip to connect and one to shake hands, 5 s of listening, 5 s for the close frame that never comes.
    assert_eq!(crate::support::steps(&journey, "stopped")[0]["t_us"], 10_060_000, "{text}");
    assert_eq!(crate::support::steps(&journey, "websocket-pinged")[0]["answered"], false, "{text}");
}
