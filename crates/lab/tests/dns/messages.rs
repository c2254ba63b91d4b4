//! What a message must be to be answered, and how those are answered that are not so.

use crate::support::{Rig, dns, limits, option_of, query, with, with_option};
use lab::World;
use wire::dns::server::bit;
use wire::dns::tsig::Tsig;
use wire::dns::{Edns, Message, Name, RecordType, ResponseCode};

const FORMERR: ResponseCode = ResponseCode(1);
const NOTIMP: ResponseCode = ResponseCode(4);
const REFUSED: ResponseCode = ResponseCode(5);
const BADVERS: ResponseCode = ResponseCode(16);

#[test]
fn what_is_not_ours_is_refused_by_udp_and_tcp() {
    let world = World::new(1);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let answer = rig.ask(&query("www.Example.org", RecordType::A)).await.expect("an answer");
        assert_eq!((answer.code, answer.id, answer.flags.response, answer.flags.recursion_available), (REFUSED, 7, true, false));
        assert_eq!(answer.question.expect("the question").name.to_string(), "www.Example.org");
        assert!(answer.edns.is_none(), "who says nothing of EDNS is told nothing of it");
        let mut tcp = rig.connect().await;
        tcp.send(&with(9, "a.example", RecordType::AAAA, Some(Edns { size: 4096, ..Edns::default() }))).await;
        let bytes = tcp.receive().await.expect("an answer");
        let answer = wire::dns::Message::read(&bytes).expect("a message");
        let edns = answer.edns.expect("EDNS");
        assert_eq!((answer.code, answer.id, edns.size, edns.errors[0].code), (REFUSED, 9, 1232, 20));
    });
    let counts = rig.counts();
    assert_eq!((counts.udp, counts.tcp, counts.codes[5], counts.streams), (1, 1, 2, 1));
    rig.close();
}

#[test]
fn what_is_malformed_is_told_so_and_what_is_no_query_gets_silence() {
    let world = World::new(2);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let good = query("a.example", RecordType::A);
        let changed = |at: usize, to: u8| {
            let mut bytes = good.clone();
            bytes[at] = to;
            bytes
        };
        for (bytes, code) in [
            (changed(2, 5 << 3), NOTIMP),
            (changed(2, 2 << 3), NOTIMP),
            (changed(5, 0), FORMERR),
            (changed(5, 2), FORMERR),
            (changed(12, 0xc0), FORMERR),
            (changed(11, 1), FORMERR),
            ([&good[..], b"more"].concat(), FORMERR),
            (good[..14].to_vec(), FORMERR),
            (with_option("a.example", 8, &[0, 1, 24, 24, 192, 0, 2]), FORMERR),
            (with_option("a.example", 10, &[1; 9]), FORMERR),
        ] {
            let answer = rig.ask(&bytes).await.expect("an answer");
            assert_eq!((answer.code, answer.id), (code, 7), "{bytes:?}");
        }
        let mut newer = with_option("a.example", 10, &[1; 8]);
        let at = newer.windows(3).rposition(|window| window == [0, 0, 41]).expect("OPT");
        newer[at + 6] = 1;
        let answer = rig.ask(&newer).await.expect("an answer");
        assert_eq!((answer.code, answer.edns.expect("EDNS").version), (BADVERS, 0));
        for silent in [changed(2, 0x80), changed(2, 0x84), good[..11].to_vec(), Vec::new(), vec![0; 4000]] {
            assert_eq!(rig.udp(&silent).await, None);
        }
        // Class CHAOS.
        let mut chaos = good.clone();
        *chaos.last_mut().expect("a class") = 3;
        assert_eq!(rig.ask(&chaos).await.expect("an answer").code, REFUSED);
    });
    rig.close();
}

#[test]
fn a_subnet_is_repeated_and_a_name_told_to_who_asks() {
    let world = World::new(3);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let subnet = [0, 1, 24, 0, 192, 0, 2];
        let answer = rig.udp(&with_option("a.example", 8, &subnet)).await.expect("an answer");
        assert_eq!(option_of(&answer, 8).expect("the option"), subnet);
        let answer = rig.udp(&with_option("a.example", 3, &[])).await.expect("an answer");
        assert_eq!(option_of(&answer, 3).expect("the option"), b"edge");
        // RFC 7828 §3.2.2: not over UDP.
        let answer = rig.udp(&with_option("a.example", 11, &[])).await.expect("an answer");
        assert_eq!(option_of(&answer, 11), None);
        let mut tcp = rig.connect().await;
        tcp.send(&with_option("a.example", 11, &[])).await;
        assert_eq!(option_of(&tcp.receive().await.expect("an answer"), 11).expect("the option"), 100_u16.to_be_bytes());
    });
    rig.close();
}

/// A query that says it is signed with a key whose name, and whose algorithm's, have so many labels of 62 bytes.
fn signed(labels: usize, edns: Option<Edns>) -> Vec<u8> {
    let mut message = with(7, "a.example", RecordType::A, edns);
    let long = Name::parse(&vec!["x".repeat(62); labels].join(".")).expect("a name");
    let (key, algorithm) = (long.clone(), long);
    let tsig = Tsig { key, algorithm, time: 1, fudge: 300, mac: vec![1; 32], original_id: 7, error: 0, other: Vec::new() };
    tsig.append(&mut message).expect("room");
    message
}

/// Names are as long as who asks likes: a refusal that repeats them is no longer than any other datagram.
#[test]
fn a_signature_that_is_refused_makes_no_datagram_too_long() {
    let world = World::new(4);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        for (labels, edns, limit) in [(1, None, 512), (3, None, 512), (4, None, 512), (4, Some(512), 512), (4, Some(4096), 1232)] {
            let query = signed(labels, edns.map(|size| Edns { size, ..Edns::default() }));
            let answer = rig.udp(&query).await.expect("an answer");
            assert!(answer.len() <= limit, "{labels} labels: {} bytes", answer.len());
            let cut = u16::from_be_bytes([answer[2], answer[3]]) & bit::TRUNCATED != 0;
            assert_eq!(cut, Tsig::read(&answer).expect("a message").is_none(), "{labels} labels");
            assert_eq!((answer[3] & 15, cut), (9, labels == 4 && limit == 512), "{labels} labels");
            let mut tcp = rig.connect().await;
            tcp.send(&query).await;
            let answer = tcp.receive().await.expect("an answer");
            assert_eq!(Tsig::read(&answer).expect("a message").expect("a signature").0.error, 17);
        }
    });
    rig.close();
}

/// What a server must make of what it does not know (RFC 6891 §6.1, RFC 1035 §4.1.1): nothing, and answer as if it were not there.
#[test]
fn what_is_unknown_changes_no_answer() {
    let world = World::new(5);
    let rig = Rig::new(&world, dns(limits()));
    rig.run(async {
        let bare = query("a.example", RecordType::A);
        let plain = with_option("a.example", 100, b"unknown");
        let opt = plain.len() - 11 - 11;
        let changed = |of: &[u8], at: usize, to: u8| {
            let mut bytes = of.to_vec();
            bytes[at] |= to;
            bytes
        };
        // The reserved bit of the header, and AD; an option, and every flag of EDNS but DO.
        for bytes in [
            changed(&bare, 3, 0x40),
            changed(&bare, 3, 0x20),
            plain.clone(),
            changed(&plain, opt + 7, 0x7f),
            changed(&plain, opt + 8, 0xff),
        ] {
            let answer = rig.udp(&bytes).await.expect("an answer");
            let read = Message::read(&answer).expect("a message");
            assert_eq!((read.code, answer[3] & 0xf0, answer[4..6] == [0, 1]), (REFUSED, 0, true), "{bytes:?}");
            let has = bytes.len() > bare.len();
            assert_eq!(read.edns.as_ref().map(|edns| (edns.version, edns.dnssec_ok, edns.size)), has.then_some((0, false, 1232)));
            assert_eq!(option_of(&answer, 100), None);
            if has {
                let at = answer.windows(3).rposition(|window| window == [0, 0, 41]).expect("OPT");
                assert_eq!(answer[at + 7..at + 9], [0, 0], "flags that nobody knows are not repeated");
            }
        }
        let wants = changed(&plain, opt + 7, 0x80);
        assert!(rig.ask(&wants).await.expect("an answer").edns.expect("EDNS").dnssec_ok, "DO is");
        // Twice, and one that is not the root's (RFC 6891 §6.1.1).
        let mut twice = [plain.as_slice(), &plain[opt..]].concat();
        twice[11] = 2;
        let mut owned = plain.clone();
        owned.splice(opt..=opt, *b"\x01x\0").for_each(drop);
        for bytes in [twice, owned] {
            assert_eq!(rig.ask(&bytes).await.expect("an answer").code, FORMERR);
        }
        // A version that is not there, with flags and options: nothing of it counts but the version.
        let mut newer = changed(&changed(&plain, opt + 6, 1), opt + 7, 0x40);
        newer[opt + 14] = 200;
        let answer = rig.ask(&newer).await.expect("an answer");
        assert_eq!((answer.code, answer.edns.expect("EDNS").version), (BADVERS, 0));
    });
    rig.close();
}
