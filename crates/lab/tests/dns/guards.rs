//! Cookies, and the limit of answers.

use crate::support::{Rig, at, dns, limits, option_of, query, with_option};
use decide::config::{DnsLimits, Secret};
use decide::time::Duration;
use lab::World;
use std::net::SocketAddr;
use wire::dns::{Message, RecordType, ResponseCode};

const REFUSED: ResponseCode = ResponseCode(5);
const BADCOOKIE: ResponseCode = ResponseCode(23);

fn limited(rate: u32, slip: u32) -> DnsLimits {
    DnsLimits { rate, slip, ..limits() }
}

/// RFC 7873 §5.2.
#[test]
fn a_client_is_given_a_cookie_and_keeps_it() {
    let world = World::new(1);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let cookie = |bytes: &[u8]| option_of(bytes, 10).expect("a cookie");
        let first = cookie(&rig.udp(&with_option("a.example", 10, &[5; 8])).await.expect("an answer"));
        assert_eq!((first.len(), &first[..8]), (24, &[5; 8][..]));
        let again = cookie(&rig.udp(&with_option("a.example", 10, &first)).await.expect("an answer"));
        assert_eq!(again, first, "a good one stays");
        rig.world.sleep(Duration::from_secs(2000)).await;
        let renewed = cookie(&rig.udp(&with_option("a.example", 10, &first)).await.expect("an answer"));
        assert_ne!(renewed, first, "an old one is renewed");
        let mut forged = first.clone();
        forged[20] ^= 1;
        assert_ne!(cookie(&rig.udp(&with_option("a.example", 10, &forged)).await.expect("an answer")), forged);
        assert_eq!(option_of(&rig.udp(&with_option("a.example", 3, &[])).await.expect("an answer"), 10), None);
    });
    assert_eq!(rig.counts().cookies, 2);
    rig.close();
}

/// RFC 9018 §5: servers that share a secret know each other's clients, through restarts, and while one secret takes the place of another.
#[test]
fn servers_that_share_a_secret_know_each_others_cookies() {
    let config = |secrets: &[&[u8; 16]]| {
        let cookie_secrets = secrets.iter().map(|secret| Secret(secret.to_vec())).collect();
        dns(DnsLimits { cookie_secrets, ..limits() })
    };
    let (old, new) = (b"the old secret..", b"the new secret..");
    let (one, other) = (World::new(6), World::new(7));
    let [one, other] = [&one, &other].map(|world| Rig::new(world, config(&[old])));
    let shows = |rig: &Rig<'_>, cookie: &[u8]| {
        let answer = rig.run(async { rig.udp(&with_option("a.example", 10, cookie)).await.expect("an answer") });
        option_of(&answer, 10).expect("a cookie")
    };
    let cookie = shows(&one, &[5; 8]);
    assert_eq!(shows(&other, &cookie), cookie);
    // The new one is known everywhere before it is used anywhere, and the old one until its cookies are over.
    let steps: [&[&[u8; 16]]; 3] = [&[old, new], &[new, old], &[new]];
    for (step, secrets) in steps.iter().enumerate() {
        one.server.reload(&one.edge.host(), config(secrets));
        let (theirs, ours) = (shows(&other, &[6; 8]), shows(&one, &[6; 8]));
        let known = |rig: &Rig<'_>, cookie: &[u8]| shows(rig, cookie) == cookie;
        assert_eq!((known(&one, &theirs), known(&other, &ours)), (true, true), "step {step}");
        other.server.reload(&other.edge.host(), config(secrets));
    }
    // Without one, each has its own.
    for rig in [&one, &other] {
        rig.server.reload(&rig.edge.host(), config(&[]));
    }
    let cookie = shows(&one, &[5; 8]);
    assert_ne!(shows(&other, &cookie), cookie);
    [one, other].iter().for_each(Rig::close);
}

#[test]
fn a_cookie_alone_may_be_asked_for() {
    let world = World::new(2);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let full = with_option("a.example", 10, &[5; 8]);
        let at = full.windows(3).rposition(|window| window == [0, 0, 41]).expect("OPT");
        let mut alone = full[..12].to_vec();
        alone[5] = 0;
        alone.extend_from_slice(&full[at..]);
        let answer = rig.udp(&alone).await.expect("an answer");
        assert_eq!(Message::read(&answer).expect("a message").code, ResponseCode(0));
        assert_eq!(option_of(&answer, 10).expect("a cookie").len(), 24);
    });
    rig.close();
}

/// A flood with a forged source: the victim gets what the limit lets through, and of the rest every second one, cut.
#[test]
fn a_forged_flood_is_held_down() {
    let world = World::new(3);
    let rig = Rig::new(&world, dns(limited(10, 2)));
    let victim = world.host("victim", "192.0.2.9");
    rig.run(async {
        let heard = victim.datagrams_at("192.0.2.9:53".parse().expect("an address")).expect("a free port");
        let attacker = rig.client.datagrams_at(SocketAddr::new(rig.client.address(), 0)).expect("a free port");
        for number in 0..100_u8 {
            let from = SocketAddr::from(([192, 0, 2, 9], 53));
            attacker.send_as(&query(&format!("n{number}.example"), RecordType::A), from, at()).expect("sent");
        }
        rig.world.sleep(Duration::from_millis(500)).await;
        let (mut whole, mut cut) = (0, 0);
        for _ in 0..55 {
            let (bytes, _) = heard.receive().await.expect("a datagram");
            let answer = Message::read(&bytes).expect("a message");
            if answer.flags.truncated { cut += 1 } else { whole += 1 }
        }
        assert_eq!((whole, cut), (10, 45));
    });
    let counts = rig.counts();
    assert_eq!((counts.limited, counts.slipped), (45, 45));
    // Another network is not touched by it, and TCP never.
    rig.run(async {
        assert_eq!(rig.ask(&query("a.example", RecordType::A)).await.expect("an answer").code, REFUSED);
        let mut tcp = rig.connect().await;
        for _ in 0..50 {
            tcp.send(&query("a.example", RecordType::A)).await;
            tcp.receive().await.expect("an answer");
        }
    });
    rig.close();
}

#[test]
fn who_shows_a_cookie_is_not_limited_and_who_could_is_told_so() {
    let world = World::new(4);
    let rig = Rig::new(&world, dns(limited(1, 1)));
    rig.run(async {
        let first = rig.udp(&with_option("a.example", 10, &[5; 8])).await.expect("an answer");
        assert_eq!(Message::read(&first).expect("a message").code, REFUSED);
        let second = rig.udp(&with_option("a.example", 10, &[5; 8])).await.expect("an answer");
        let answer = Message::read(&second).expect("a message");
        assert_eq!((answer.code, answer.flags.truncated), (BADCOOKIE, false));
        let cookie = option_of(&second, 10).expect("a cookie");
        for _ in 0..20 {
            let answer = rig.ask(&with_option("a.example", 10, &cookie)).await.expect("an answer");
            assert_eq!(answer.code, REFUSED);
        }
        // Without EDNS it is to come by TCP.
        let plain = rig.ask(&query("a.example", RecordType::A)).await.expect("an answer");
        assert_eq!((plain.code, plain.flags.truncated), (ResponseCode(0), true));
    });
    rig.close();
}

#[test]
fn errors_are_limited_too() {
    let world = World::new(5);
    let rig = Rig::new(&world, dns(limited(5, 0)));
    rig.run(async {
        let mut malformed = query("a.example", RecordType::A);
        malformed[12] = 0xc0;
        let own = rig.client.datagrams_at(SocketAddr::new(rig.client.address(), 0)).expect("a free port");
        for _ in 0..50 {
            own.send_to(&malformed, at()).expect("sent");
        }
        rig.world.sleep(Duration::from_millis(100)).await;
    });
    assert_eq!((rig.counts().limited, rig.counts().malformed), (45, 50));
    rig.close();
}
