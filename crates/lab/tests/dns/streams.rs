//! TCP: how many, how long, and in which order.

use crate::support::{Rig, Tcp, dns, limits, query, with};
use decide::config::DnsLimits;
use decide::time::{Duration, Instant};
use lab::World;
use std::future::Future;
use wire::dns::{Message, RecordType};

#[test]
fn queries_that_come_in_pieces_or_at_once_are_answered_each() {
    let world = World::new(1);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let mut tcp = rig.connect().await;
        let message = |id: u16| {
            let bytes = with(id, "a.example", RecordType::A, None);
            [&u16::try_from(bytes.len()).expect("short").to_be_bytes()[..], &bytes].concat()
        };
        for byte in message(1) {
            tcp.write(&[byte]).await;
        }
        let many: Vec<u8> = (2..1000).flat_map(message).collect();
        tcp.write(&many).await;
        for id in 1..1000 {
            let answer = Message::read(&tcp.receive().await.expect("an answer")).expect("a message");
            assert_eq!(answer.id, id);
        }
    });
    rig.close();
}

#[test]
fn a_connection_that_says_nothing_or_too_slowly_is_closed() {
    let world = World::new(2);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let mut silent = rig.connect().await;
        assert_eq!(silent.receive().await, None);
        assert_eq!(rig.world.now().since(Instant::ZERO).as_secs(), 10);
        // A byte now and then is not a query.
        let mut slow = rig.connect().await;
        slow.write(&[0, 40]).await;
        for _ in 0..8 {
            rig.world.sleep(Duration::from_secs(1)).await;
            slow.write(&[1]).await;
        }
        let began = rig.world.now();
        assert_eq!(slow.receive().await, None);
        assert!(rig.world.now().since(began) < Duration::from_secs(3));
        // Nor are lengths of nothing.
        let mut empty = rig.connect().await;
        for _ in 0..3 {
            rig.world.sleep(Duration::from_secs(3)).await;
            empty.write(&[0, 0]).await;
        }
        let began = rig.world.now();
        assert_eq!(empty.receive().await, None);
        assert!(rig.world.now().since(began) < Duration::from_secs(3));
        // Whoever asks stays.
        let mut busy = rig.connect().await;
        for _ in 0..5 {
            rig.world.sleep(Duration::from_secs(8)).await;
            busy.send(&query("a.example", RecordType::A)).await;
            busy.receive().await.expect("an answer");
        }
    });
    rig.close();
}

#[test]
fn connections_are_limited_by_address_and_in_all() {
    let world = World::new(3);
    let rig = Rig::new(&world, dns(DnsLimits { connections: 5, connections_per_address: 3, ..limits() }));
    let other = world.host("other", "10.0.0.3");
    rig.run(async {
        let mut held = Vec::new();
        for _ in 0..3 {
            let mut tcp = rig.connect().await;
            tcp.send(&query("a.example", RecordType::A)).await;
            tcp.receive().await.expect("an answer");
            held.push(tcp);
        }
        assert_eq!(rig.connect().await.receive().await, None, "the fourth of one address");
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(other.host().connect(&host::Endpoint::Ip(crate::support::at())).await.expect("connected"));
            rig.world.sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(rig.counts().turned_away, 2, "and the sixth in all");
        held.pop();
        rig.world.sleep(Duration::from_millis(10)).await;
        let mut again = rig.connect().await;
        again.send(&query("a.example", RecordType::A)).await;
        again.receive().await.expect("there is room again");
    });
    rig.close();
}

/// One machine has all addresses of a /64.
#[test]
fn addresses_of_one_network_of_ipv6_are_one() {
    let world = World::new(8);
    let at: std::net::SocketAddr = "[fd00::2]:53".parse().expect("an address");
    let mut config = dns(DnsLimits { connections_per_address: 2, ..limits() });
    config.dns.as_mut().expect("there is one").listeners = vec![at];
    let rig = Rig::new(&world, config);
    let [one, other, stranger] =
        [("one", "fd00::9:1"), ("other", "fd00::9:2"), ("stranger", "fd00:0:0:1::1")].map(|(name, at)| world.host(name, at));
    rig.run(async {
        let mut held = Vec::new();
        for host in [&one, &other, &one, &stranger] {
            held.push(host.host().connect(&host::Endpoint::Ip(at)).await.expect("connected"));
            rig.world.sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(rig.counts().turned_away, 1, "the third of one network");
    });
    rig.close();
}

/// Asks and asks for some seconds, as far as it is listened to, and reads nothing.
async fn asks_on(rig: &Rig<'_>, tcp: &mut Tcp) {
    let bytes = with(1, "a.example", RecordType::A, None);
    let one = [&u16::try_from(bytes.len()).expect("short").to_be_bytes()[..], &bytes].concat();
    let many = one.repeat(20_000);
    let mut writing = Box::pin(tcp.write(&many));
    let mut late = Box::pin(rig.world.sleep(Duration::from_secs(5)));
    std::future::poll_fn(|cx| {
        let _ = writing.as_mut().poll(cx);
        late.as_mut().poll(cx)
    })
    .await;
}

#[test]
fn a_client_that_reads_nothing_is_let_go() {
    let world = World::new(4);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let mut tcp = rig.connect().await;
        asks_on(&rig, &mut tcp).await;
        rig.world.sleep(Duration::from_secs(20)).await;
        assert_eq!(rig.edge.open_descriptors(), 3, "the listeners of both kinds, and no connection");
    });
    rig.close();
}

/// One that takes a little now and then is no better.
#[test]
fn a_client_that_reads_next_to_nothing_is_let_go() {
    let world = World::new(9);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let mut tcp = rig.connect().await;
        asks_on(&rig, &mut tcp).await;
        for _ in 0..60 {
            let mut piece = [0; 100];
            let _ = std::future::poll_fn(|cx| tcp.stream.poll_read(cx, &mut piece)).await;
            rig.world.sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(rig.edge.open_descriptors(), 3, "the listeners of both kinds, and no connection");
    });
    rig.close();
}

#[test]
fn a_drain_lets_idle_connections_go_at_once() {
    let world = World::new(5);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let mut tcp = rig.connect().await;
        tcp.send(&query("a.example", RecordType::A)).await;
        tcp.receive().await.expect("an answer");
        let began = rig.world.now();
        rig.server.drain(rig.edge.host().calendar());
        assert_eq!(tcp.receive().await, None);
        assert!(rig.world.now().since(began) < Duration::from_secs(1));
        assert_eq!(rig.udp(&query("a.example", RecordType::A)).await, None);
    });
    rig.close();
}

#[test]
fn a_reload_opens_and_closes_addresses() {
    let world = World::new(6);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        rig.ask(&query("a.example", RecordType::A)).await.expect("an answer");
        let mut config = dns(limits());
        config.dns = None;
        rig.server.reload(&rig.edge.host(), config);
        assert_eq!(rig.udp(&query("a.example", RecordType::A)).await, None);
        rig.server.reload(&rig.edge.host(), dns(limits()));
        rig.ask(&query("a.example", RecordType::A)).await.expect("an answer");
    });
    rig.close();
}
