//! The messages here are made by hand, not by the crate that reads them.

use super::*;
use alloc::format;
use alloc::string::String;
use core::net::{Ipv4Addr, Ipv6Addr};
use proptest::collection::vec;
use proptest::prelude::*;

const ID: u16 = 0x1234;
const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const AAAA: u16 = 28;
/// QR, RD, RA.
const ANSWER: u16 = 0x8180;
const TRUNCATED: u16 = 0x0200;
const AUTHORITATIVE: u16 = 0x0400;
const NXDOMAIN: u16 = 3;
const SERVFAIL: u16 = 2;

/// A message under construction: the counts are those of what was added.
struct Made(Vec<u8>);

impl Made {
    fn new(flags: u16) -> Made {
        let mut bytes = [ID.to_be_bytes(), flags.to_be_bytes()].concat();
        bytes.resize(12, 0);
        Made(bytes)
    }

    /// An answer to a question.
    fn to(name: &str, kind: u16) -> Made {
        Made::new(ANSWER).question(name, kind, 1)
    }

    fn flags(mut self, flags: u16) -> Made {
        self.0[2..4].copy_from_slice(&flags.to_be_bytes());
        self
    }

    fn count(&mut self, section: usize) {
        self.0[5 + 2 * section] += 1;
    }

    fn question(mut self, name: &str, kind: u16, class: u16) -> Made {
        self.count(0);
        self.0.extend([labels(name), kind.to_be_bytes().to_vec(), class.to_be_bytes().to_vec()].concat());
        self
    }

    /// Section 1 is the answer, 2 the authority, 3 the additional one.
    fn record(mut self, section: usize, owner: Vec<u8>, kind: u16, ttl: u32, data: &[u8]) -> Made {
        self.count(section);
        let len = u16::try_from(data.len()).expect("short");
        self.0.extend([&owner[..], &kind.to_be_bytes(), &[0, 1], &ttl.to_be_bytes(), &len.to_be_bytes(), data].concat());
        self
    }

    fn v4(self, owner: &str, ttl: u32, address: [u8; 4]) -> Made {
        self.record(1, labels(owner), A, ttl, &address)
    }

    fn alias(self, owner: &str, ttl: u32, to: &str) -> Made {
        self.record(1, labels(owner), CNAME, ttl, &labels(to))
    }

    fn soa(self, zone: &str, ttl: u32, minimum: u32) -> Made {
        let numbers = [[0; 16].as_slice(), &minimum.to_be_bytes()].concat();
        self.record(2, labels(zone), SOA, ttl, &[labels("ns.example"), labels("host.example"), numbers].concat())
    }
}

fn labels(name: &str) -> Vec<u8> {
    let label = |label: &str| [&[u8::try_from(label.len()).expect("a label")], label.as_bytes()].concat();
    let mut bytes: Vec<u8> = name.split('.').filter(|label| !label.is_empty()).flat_map(label).collect();
    bytes.push(0);
    bytes
}

fn ask(name: &str, family: Family) -> Question {
    Question::new(name, family).expect("a name")
}

fn read(name: &str, message: &Made) -> Result<Answer, Unusable> {
    ask(name, Family::V4).read_answer(ID, &message.0)
}

fn found(addresses: &[[u8; 4]], ttl: u64) -> Result<Answer, Unusable> {
    Ok(Answer::Addresses { addresses: addresses.iter().map(|v4| IpAddr::from(*v4)).collect(), ttl: Duration::from_secs(ttl) })
}

fn seconds(ttl: u64) -> Option<Duration> {
    Some(Duration::from_secs(ttl))
}

#[test]
fn a_query_byte_for_byte() {
    let plain = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x00\x00\x01\x00\x01";
    assert_eq!(ask("www.example", Family::V4).query(ID, false), plain);
    let edns = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x03www\x07example\x00\x00\x1c\x00\x01\
        \x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";
    assert_eq!(ask("www.example.", Family::V6).query(ID, true), edns);
}

#[test]
fn names_that_dns_has_no_room_for() {
    let long = format!("{}.example", "a".repeat(64));
    let many = "a.".repeat(128);
    for name in ["", ".", "a..b", ".a", &long, &many, "bücher.example"] {
        assert_eq!(Question::new(name, Family::V4), None, "{name}");
    }
    for name in ["a", "_sip.example", &long[1..], &many[2..]] {
        assert!(Question::new(name, Family::V4).is_some(), "{name}");
    }
}

#[test]
fn an_answer_byte_for_byte() {
    let message = b"\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x01\x03wWw\x07EXAMPLE\x00\x00\x01\x00\x01\
        \xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xc0\x00\x02\x01\
        \xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x07\x00\x04\xc0\x00\x02\x02\
        \x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";
    assert_eq!(ask("www.example", Family::V4).read_answer(ID, message), found(&[[192, 0, 2, 1], [192, 0, 2, 2]], 7));
}

#[test]
fn addresses_of_the_other_family_and_of_other_names_are_not_the_answer() {
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    let message = Made::to("a.example", AAAA)
        .record(1, labels("a.example"), AAAA, 60, &v6.octets())
        .v4("a.example", 1, [192, 0, 2, 1])
        .record(1, labels("b.example"), AAAA, 2, &v6.octets());
    let answer = ask("a.example", Family::V6).read_answer(ID, &message.0);
    assert_eq!(answer, Ok(Answer::Addresses { addresses: [v6.into()].into(), ttl: Duration::from_secs(60) }));
}

#[test]
fn aliases_are_followed_in_any_order_and_the_least_time_to_live_holds() {
    let message = Made::to("a.example", A)
        .v4("c.example", 300, [192, 0, 2, 1])
        .alias("b.example", 20, "C.example")
        .v4("b.example", 1, [192, 0, 2, 9])
        .alias("a.example", 400, "b.example");
    assert_eq!(read("a.example", &message), found(&[[192, 0, 2, 1]], 20));
}

#[test]
fn sixteen_aliases_are_followed_and_no_more() {
    let chain = |len: u32| {
        let first = Made::to("0.example", A);
        let linked = (0..len).fold(first, |made, at| made.alias(&format!("{at}.example"), 60, &format!("{}.example", at + 1)));
        linked.v4(&format!("{len}.example"), 60, [192, 0, 2, 1])
    };
    assert_eq!(read("0.example", &chain(16)), found(&[[192, 0, 2, 1]], 60));
    assert_eq!(read("0.example", &chain(17)), Err(Unusable::Malformed));
    let circle = Made::to("a.example", A).alias("a.example", 60, "b.example").alias("b.example", 60, "a.example");
    assert_eq!(read("a.example", &circle), Err(Unusable::Malformed));
}

#[test]
fn a_time_to_live_with_the_highest_bit_is_zero() {
    let of = |ttl| Made::to("a.example", A).v4("a.example", ttl, [192, 0, 2, 1]);
    assert_eq!(read("a.example", &of(0x8000_0000)), found(&[[192, 0, 2, 1]], 0));
    assert_eq!(read("a.example", &of(0x7fff_ffff)), found(&[[192, 0, 2, 1]], 0x7fff_ffff));
}

#[test]
fn a_name_that_is_not_there_holds_as_long_as_its_zone_says() {
    let denied = || Made::to("a.b.example", A).flags(ANSWER | NXDOMAIN);
    assert_eq!(read("a.b.example", &denied()), Ok(Answer::NoName { ttl: None }));
    assert_eq!(read("a.b.example", &denied().soa("example", 300, 60)), Ok(Answer::NoName { ttl: seconds(60) }));
    assert_eq!(read("a.b.example", &denied().soa("B.example", 30, 60)), Ok(Answer::NoName { ttl: seconds(30) }));
    assert_eq!(read("a.b.example", &denied().soa("other", 30, 60)), Ok(Answer::NoName { ttl: None }));
}

#[test]
fn a_name_without_addresses_is_not_a_name_that_is_missing() {
    let empty = || Made::to("a.example", A);
    assert_eq!(read("a.example", &empty()), Ok(Answer::NoData { ttl: None }));
    assert_eq!(read("a.example", &empty().soa("example", 300, 60)), Ok(Answer::NoData { ttl: seconds(60) }));
    let aliased = || empty().alias("a.example", 40, "b.test");
    assert_eq!(read("a.example", &aliased().soa("test", 300, 60)), Ok(Answer::NoData { ttl: seconds(40) }));
    assert_eq!(read("a.example", &aliased().flags(ANSWER | NXDOMAIN).soa("test", 30, 60)), Ok(Answer::NoName { ttl: seconds(30) }));
}

#[test]
fn a_server_that_names_others_does_not_answer() {
    let named = || Made::to("a.example", A).record(2, labels("example"), NS, 300, &labels("ns.example"));
    assert_eq!(read("a.example", &named()), Ok(Answer::Referral));
    assert_eq!(read("a.example", &named().flags(ANSWER | AUTHORITATIVE)), Ok(Answer::NoData { ttl: None }));
    assert_eq!(read("a.example", &named().soa("example", 300, 60)), Ok(Answer::NoData { ttl: seconds(60) }));
}

#[test]
fn a_truncated_answer_is_asked_for_again_whatever_is_in_it() {
    let cut = |code| Made::to("a.example", A).flags(ANSWER | TRUNCATED | code).v4("a.example", 60, [192, 0, 2, 1]);
    assert_eq!(read("a.example", &cut(0)), Ok(Answer::Truncated));
    assert_eq!(read("a.example", &cut(NXDOMAIN)), Ok(Answer::Truncated));
    assert_eq!(read("a.example", &cut(SERVFAIL)), Ok(Answer::Failed(ResponseCode(2))));
}

#[test]
fn a_server_that_fails_says_how() {
    assert_eq!(read("a.example", &Made::to("a.example", A).flags(ANSWER | 5)), Ok(Answer::Failed(ResponseCode(5))));
    // The upper eight bits stand where other records have their time to live.
    let extended = Made::to("a.example", A).record(3, [0].into(), 41, 0x0100_0000, b"");
    assert_eq!(read("a.example", &extended), Ok(Answer::Failed(ResponseCode(16))));
    // Not understood, so not repeated.
    let bare = read("a.example", &Made::new(ANSWER | 1));
    assert_eq!(bare, Ok(Answer::Failed(ResponseCode(1))));
    let shown: Vec<String> = [1, 2, 4, 5, 16, 9].map(|code| format!("{}", ResponseCode(code))).into();
    assert_eq!(shown, ["FORMERR", "SERVFAIL", "NOTIMP", "REFUSED", "BADVERS", "response code 9"]);
    assert_eq!([1, 2, 4, 5].map(|code| ResponseCode(code).may_be_without_edns()), [true, false, true, false]);
}

#[test]
fn what_does_not_belong_to_the_query_is_stray() {
    let full = |made: Made| made.v4("a.example", 60, [192, 0, 2, 1]);
    assert_eq!(read("a.example", &full(Made::to("a.example", A))), found(&[[192, 0, 2, 1]], 60));
    let strays = [
        ("another name", full(Made::to("b.example", A))),
        ("another type", full(Made::to("a.example", AAAA))),
        ("another class", full(Made::new(ANSWER).question("a.example", A, 3))),
        ("no question", full(Made::new(ANSWER))),
        ("two questions", full(Made::to("a.example", A).question("a.example", A, 1))),
        ("a query", full(Made::to("a.example", A).flags(0x0100))),
        ("another operation", full(Made::to("a.example", A).flags(ANSWER | 0x2800))),
        ("nothing", Made(Vec::new())),
    ];
    for (what, message) in strays {
        assert_eq!(read("a.example", &message), Err(Unusable::Stray), "{what}");
    }
    let message = full(Made::to("a.example", A));
    assert_eq!(ask("a.example", Family::V4).read_answer(ID + 1, &message.0), Err(Unusable::Stray), "another id");
}

#[test]
fn an_answer_that_cannot_be_read_is_the_servers_fault() {
    let whole = Made::to("a.example", A).v4("a.example", 60, [192, 0, 2, 1]);
    let end = whole.0.len();
    let question = 12 + labels("a.example").len() + 4;
    for cut in question..end {
        let message = Made(whole.0[..cut].to_vec());
        assert_eq!(read("a.example", &message), Err(Unusable::Malformed), "cut at {cut}");
    }
    for cut in 0..question {
        assert_eq!(read("a.example", &Made(whole.0[..cut].to_vec())), Err(Unusable::Stray), "cut at {cut}");
    }
    let short = Made::to("a.example", A).record(1, labels("a.example"), A, 60, &[192, 0, 2]);
    assert_eq!(read("a.example", &short), Err(Unusable::Malformed));
    let points_at_itself = u8::try_from(question).expect("short");
    let circle = Made::to("a.example", A).record(1, [0xc0, points_at_itself].into(), A, 60, &[192, 0, 2, 1]);
    assert_eq!(read("a.example", &circle), Err(Unusable::Malformed));
}

/// A valid answer with aliases, addresses and an SOA record, to be damaged.
fn a_message() -> impl Strategy<Value = Vec<u8>> {
    (vec(any::<[u8; 4]>(), 0..5), 0..4u32, any::<u32>(), prop_oneof![Just(ANSWER), Just(ANSWER | NXDOMAIN), Just(ANSWER | TRUNCATED)])
        .prop_map(|(addresses, aliases, ttl, flags)| {
            let made = Made::to("0.example", A).flags(flags);
            let linked = (0..aliases).fold(made, |made, at| made.alias(&format!("{at}.example"), ttl, &format!("{}.example", at + 1)));
            let owner = format!("{aliases}.example");
            addresses.iter().fold(linked, |made, address| made.v4(&owner, ttl, *address)).soa("example", ttl, 60).0
        })
}

fn holds(answer: &Result<Answer, Unusable>) -> bool {
    match answer {
        Ok(Answer::Addresses { addresses, ttl }) => !addresses.is_empty() && ttl.as_secs() <= 0x7fff_ffff,
        Ok(Answer::Failed(ResponseCode(code))) => !matches!(code, 0 | 3),
        _ => true,
    }
}

proptest! {
    #[test]
    fn any_bytes_are_judged(id in any::<[u8; 2]>(), message in vec(any::<u8>(), 0..200)) {
        let question = ask("0.example", Family::V4);
        prop_assert!(holds(&question.read_answer(u16::from_be_bytes(id), &[&id[..], &message].concat())));
        let ours = Made::to("0.example", A).0;
        // Behind our own question, so that the judging goes on.
        prop_assert!(holds(&question.read_answer(ID, &[&ours[..4], &[0, 1, 0, id[0], 0, id[1], 0, 1], &ours[12..], &message].concat())));
    }

    #[test]
    fn a_damaged_answer_is_judged(message in a_message(), damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..8)) {
        let mut message = message;
        for (at, byte) in damage {
            let at = at.index(message.len());
            message[at] = byte;
        }
        prop_assert!(holds(&ask("0.example", Family::V4).read_answer(ID, &message)));
    }

    #[test]
    fn a_query_repeated_with_addresses_is_their_answer(
        name in "[a-z0-9-]{1,20}(\\.[a-z0-9_-]{1,20}){0,5}",
        id in any::<u16>(),
        records in vec((any::<u32>().prop_map(|address| address | 1), 0..=0x7fff_ffffu32), 1..20),
    ) {
        let question = ask(&name, Family::V4);
        let mut made = Made(question.query(id, false));
        made.0[2] |= 0x80;
        for (address, ttl) in &records {
            made = made.record(1, [0xc0, 12].into(), A, *ttl, &address.to_be_bytes());
        }
        let addresses = records.iter().map(|(address, _)| Ipv4Addr::from_bits(*address).into()).collect();
        let ttl = records.iter().map(|(_, ttl)| *ttl).min().expect("one at least");
        prop_assert_eq!(question.read_answer(id, &made.0), Ok(Answer::Addresses { addresses, ttl: Duration::from_secs(ttl.into()) }));
    }
}
