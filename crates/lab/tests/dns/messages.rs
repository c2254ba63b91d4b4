//! What a message must be to be answered, and how those are answered that are not so.

use crate::support::{Rig, dns, limits, option_of, query, with, with_option};
use lab::World;
use wire::dns::{Edns, RecordType, ResponseCode};

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
