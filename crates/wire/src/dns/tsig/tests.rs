//! Against the crate `domain`, both ways; then what is not to be believed.

use super::*;
use crate::dns::{Data, Message, Query, Record, RecordType};
use alloc::sync::Arc;
use core::str::FromStr;
use domain::base;
use domain::base::message_builder::{AdditionalBuilder, MessageBuilder};
use domain::base::name::Name as TheirName;
use domain::rdata::tsig::Time48;
use domain::tsig::{
    Algorithm as TheirAlgorithm, ClientSequence, ClientTransaction, Key as TheirKey, ServerSequence, ServerTransaction, ValidationError,
};
use proptest::prelude::*;

const NOW: u64 = 1_800_000_000;

#[derive(Clone)]
struct Ours {
    name: Name,
    algorithm: Algorithm,
    key: ring::hmac::Key,
}

impl Key for Ours {
    fn name(&self) -> &Name {
        &self.name
    }
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = ring::hmac::Context::with_key(&self.key);
        parts.iter().for_each(|part| context.update(part));
        context.sign().as_ref().to_vec()
    }
    fn same(&self, one: &[u8], other: &[u8]) -> bool {
        one == other
    }
}

const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512];

fn ours(name: &str, algorithm: Algorithm, secret: &[u8]) -> Ours {
    let digest = match algorithm {
        Algorithm::Sha256 => ring::hmac::HMAC_SHA256,
        Algorithm::Sha384 => ring::hmac::HMAC_SHA384,
        Algorithm::Sha512 => ring::hmac::HMAC_SHA512,
    };
    Ours { name: Name::parse(name).unwrap(), algorithm, key: ring::hmac::Key::new(digest, secret) }
}

fn theirs(name: &str, algorithm: Algorithm, secret: &[u8]) -> Arc<TheirKey> {
    let algorithm = match algorithm {
        Algorithm::Sha256 => TheirAlgorithm::Sha256,
        Algorithm::Sha384 => TheirAlgorithm::Sha384,
        Algorithm::Sha512 => TheirAlgorithm::Sha512,
    };
    Arc::new(TheirKey::new(algorithm, secret, TheirName::from_str(name).unwrap(), None, None).unwrap())
}

fn query() -> Vec<u8> {
    let question = Query { name: Name::parse("example.com").unwrap(), kind: RecordType(252) };
    Message::query(4711, question, false, None).write().unwrap()
}

fn answer(number: u8) -> Vec<u8> {
    let mut message = Message::read(&query()).unwrap();
    message.flags.response = true;
    let owner = Name::parse("example.com").unwrap();
    message.answer.push(Record { owner, ttl: core::time::Duration::from_secs(60), data: Data::A([192, 0, 2, number].into()) });
    message.write().unwrap()
}

/// A message as a builder of theirs has it.
fn builder(message: &[u8]) -> AdditionalBuilder<Vec<u8>> {
    let parsed = base::Message::from_slice(message).unwrap();
    let mut builder = MessageBuilder::new_vec();
    *builder.header_mut() = parsed.header();
    let mut questions = builder.question();
    parsed.question().for_each(|question| questions.push(question.unwrap()).unwrap());
    let mut answers = questions.answer();
    for record in parsed.answer().unwrap() {
        answers.push(record.unwrap().into_record::<domain::rdata::A>().unwrap().unwrap()).unwrap();
    }
    answers.additional()
}

fn theirs_of(message: &[u8]) -> base::Message<Vec<u8>> {
    base::Message::from_octets(message.to_vec()).unwrap()
}

fn now() -> Time48 {
    Time48::from_u64(NOW)
}

fn taken(query: &[u8], keys: &[Ours], now: u64) -> (usize, Exchange<Ours>, usize) {
    match check(query, keys, now).unwrap() {
        Checked::Signed { key, exchange, len } => (key, exchange, len),
        Checked::Unsigned => panic!("unsigned"),
        Checked::Refused(refusal) => panic!("{}", refusal.wrong()),
    }
}

fn refused(query: &[u8], keys: &[Ours], now: u64) -> Refusal<Ours> {
    match check(query, keys, now).unwrap() {
        Checked::Refused(refusal) => refusal,
        _ => panic!("taken"),
    }
}

#[test]
fn a_query_of_theirs_and_answers_of_ours() {
    for algorithm in ALGORITHMS {
        let keys = [ours("other.", algorithm, b"other"), ours("Transfer.Key.", algorithm, b"secret")];
        let mut asked = builder(&query());
        let mut client = ClientSequence::request(theirs("transfer.KEY.", algorithm, b"secret"), &mut asked, now()).unwrap();
        let signed = asked.finish();
        let (key, mut exchange, len) = taken(&signed, &keys, NOW + 200);
        assert_eq!((key, len), (1, query().len()));
        for number in 0..5 {
            let mut message = answer(number);
            exchange.sign(&mut message, NOW + u64::from(number)).unwrap();
            assert_eq!(message.len(), answer(number).len() + exchange.room());
            let mut message = theirs_of(&message);
            client.answer(&mut message, now()).unwrap();
            assert_eq!(message.as_slice()[..answer(number).len()], answer(number), "as it was before it was signed");
        }
        client.done().unwrap();
    }
}

#[test]
fn a_query_of_ours_and_answers_of_theirs() {
    for algorithm in ALGORITHMS {
        let mut signed = query();
        let mut exchange = Exchange::ask(ours("Transfer.Key.", algorithm, b"secret"), &mut signed, NOW).unwrap();
        let mut server =
            ServerSequence::request(&theirs("transfer.key.", algorithm, b"secret"), &mut theirs_of(&signed), now()).unwrap().unwrap();
        for number in 0..5 {
            let mut message = builder(&answer(number));
            let plain = message.as_slice().to_vec();
            server.answer(&mut message, now()).unwrap();
            let mut message = message.finish();
            let len = exchange.read(&message, NOW - 299).unwrap();
            assert_eq!(message[12..len], plain[12..]);
            message[len - 1] ^= 1;
            assert_eq!(exchange.read(&message, NOW), Err(Untrusted::Wrong(Wrong::Signature)));
        }
    }
}

#[test]
fn an_answer_to_a_datagram() {
    let mut signed = query();
    let mut exchange = Exchange::ask(ours("k.", Algorithm::Sha256, b"secret"), &mut signed, NOW).unwrap();
    let key = theirs("k.", Algorithm::Sha256, b"secret");
    let server = ServerTransaction::request(&key, &mut theirs_of(&signed), now()).unwrap().unwrap();
    let mut message = builder(&answer(1));
    server.answer(&mut message, now()).unwrap();
    exchange.read(message.as_slice(), NOW).unwrap();
}

#[test]
fn messages_of_a_transfer_that_are_not_signed() {
    let keys = [ours("k.", Algorithm::Sha256, b"secret")];
    let mut asked = builder(&query());
    let mut theirs = ClientSequence::request(theirs("k.", Algorithm::Sha256, b"secret"), &mut asked, now()).unwrap();
    let mut signed = query();
    let mut reader = Exchange::ask(keys[0].clone(), &mut signed, NOW).unwrap();
    assert_eq!(signed, asked.as_slice());
    let (_, mut server, _) = taken(&signed, &keys, NOW);
    assert_eq!(reader.read(&answer(0), NOW), Err(Untrusted::Unsigned), "the first must be signed");
    for round in 0..3 {
        let mut message = answer(round);
        server.sign(&mut message, NOW).unwrap();
        server.unsigned.clear();
        reader.read(&message, NOW).unwrap();
        theirs.answer(&mut theirs_of(&message), now()).unwrap();
        assert!(reader.ends_signed());
        for number in 0..99 {
            server.unsigned.extend_from_slice(&answer(number));
            assert_eq!(reader.read(&answer(number), NOW), Ok(answer(number).len()));
            theirs.answer(&mut theirs_of(&answer(number)), now()).unwrap();
        }
        assert!(!reader.ends_signed());
    }
    assert_eq!(reader.read(&answer(1), NOW), Err(Untrusted::Unsigned), "one too many");
}

#[test]
fn what_is_wrong_is_told_as_they_expect_it() {
    let told = |name: &str, secret: &[u8], at: u64, keys: &[Ours]| {
        let mut asked = builder(&query());
        let client = ClientTransaction::request(theirs(name, Algorithm::Sha256, secret), &mut asked, Time48::from_u64(at)).unwrap();
        let refusal = refused(asked.as_slice(), keys, NOW);
        let mut message = Message::read(asked.as_slice()).unwrap();
        (message.flags.response, message.code) = (true, NOT_AUTHENTICATED);
        message.additional.clear();
        let mut message = message.write().unwrap();
        let (wrong, room, before) = (refusal.wrong(), refusal.room(), message.len());
        refusal.sign(&mut message).unwrap();
        assert_eq!(message.len(), before + room);
        (wrong, client.answer(&mut theirs_of(&message), Time48::from_u64(at)).unwrap_err(), Tsig::read(&message).unwrap().unwrap().0)
    };
    let keys = [ours("k.", Algorithm::Sha256, b"secret")];
    let (wrong, seen, tsig) = told("other.", b"secret", NOW, &keys);
    assert!(wrong == Wrong::Key && matches!(seen, ValidationError::ServerBadKey), "{wrong} {seen}");
    assert!(tsig.mac.is_empty() && tsig.error == 17);
    let (wrong, seen, tsig) = told("k.", b"secre", NOW, &keys);
    assert!(wrong == Wrong::Signature && matches!(seen, ValidationError::ServerBadSig), "{wrong} {seen}");
    assert!(tsig.mac.is_empty() && tsig.error == 16);
    assert_eq!(told("k.", b"secret", NOW, &[ours("k.", Algorithm::Sha512, b"secret")]).0, Wrong::Key, "of another algorithm");
}

/// Of this answer theirs signs eight bytes of the time, where six are sent (RFC 8945 §5.2.3): ours is read by ours, and by `dig` in the
/// tests of the program.
#[test]
fn clocks_that_differ() {
    let keys = [ours("k.", Algorithm::Sha256, b"secret")];
    for at in [NOW - 301, NOW + 301] {
        let mut signed = query();
        let mut exchange = Exchange::ask(keys[0].clone(), &mut signed, at).unwrap();
        let refusal = refused(&signed, &keys, NOW);
        assert_eq!(refusal.wrong(), Wrong::Time);
        let mut message = answer(1);
        let room = refusal.room();
        refusal.sign(&mut message).unwrap();
        assert_eq!(message.len(), answer(1).len() + room);
        let tsig = Tsig::read(&message).unwrap().unwrap().0;
        assert_eq!((tsig.time, tsig.mac.len(), tsig.other), (at, 32, NOW.to_be_bytes()[2..].to_vec()));
        assert_eq!(exchange.read(&message, at), Err(Untrusted::Refused(18)));
    }
}

#[test]
fn a_mac_that_is_cut() {
    let keys = [ours("k.", Algorithm::Sha256, b"secret")];
    let mut signed = query();
    Exchange::ask(keys[0].clone(), &mut signed, NOW).unwrap();
    let (tsig, len) = Tsig::read(&signed).unwrap().unwrap();
    let cut = |size: usize| {
        let mut message = unsigned(&signed, len, tsig.original_id);
        let mut mac = tsig.mac.clone();
        mac.resize(size, 0);
        Tsig { mac, ..tsig.clone() }.append(&mut message).unwrap();
        message
    };
    assert_eq!(cut(32), signed);
    assert_eq!(refused(&cut(16), &keys, NOW).wrong(), Wrong::Cut);
    assert_eq!(refused(&cut(31), &keys, NOW).wrong(), Wrong::Cut);
    assert_eq!(refused(&cut(0), &keys, NOW).wrong(), Wrong::Signature);
    for size in [1, 10, 15, 33] {
        assert!(check(&cut(size), &keys, NOW).is_err(), "{size}");
    }
}

#[test]
fn its_place_is_the_end() {
    let keys = [ours("k.", Algorithm::Sha256, b"secret")];
    assert!(matches!(check(&query(), &keys, NOW), Ok(Checked::Unsigned)));
    let mut twice = query();
    Exchange::ask(keys[0].clone(), &mut twice, NOW).unwrap();
    Exchange::ask(keys[0].clone(), &mut twice, NOW).unwrap();
    assert!(check(&twice, &keys, NOW).is_err(), "two");
    let mut signed = query();
    Exchange::ask(keys[0].clone(), &mut signed, NOW).unwrap();
    let (_, len) = Tsig::read(&signed).unwrap().unwrap();
    for (at, change) in [(len + 5, 1), (len + 9, 1), (len + 12, 1)] {
        let mut changed = signed.clone();
        changed[at] ^= change;
        assert!(check(&changed, &keys, NOW).is_err(), "class, time to live, length: {at}");
    }
    // Counted as an answer.
    let mut moved = signed.clone();
    (moved[7], moved[11]) = (1, 0);
    assert!(check(&moved, &keys, NOW).is_err());
    signed.push(0);
    assert!(check(&signed, &keys, NOW).is_err(), "something behind it");
}

/// A forwarder may change the id (RFC 8945 §4.2).
#[test]
fn the_id_may_have_changed_on_the_way() {
    let keys = [ours("k.", Algorithm::Sha256, b"secret")];
    let mut signed = query();
    let mut exchange = Exchange::ask(keys[0].clone(), &mut signed, NOW).unwrap();
    signed[0] ^= 0xff;
    let (_, mut server, _) = taken(&signed, &keys, NOW);
    let mut message = answer(1);
    server.sign(&mut message, NOW).unwrap();
    message[1] ^= 0xff;
    exchange.read(&message, NOW).unwrap();
}

#[test]
fn there_must_be_room() {
    let mut full = query();
    full.resize(usize::from(u16::MAX) - 50, 0);
    let before = full.clone();
    assert!(Exchange::ask(ours("k.", Algorithm::Sha512, b"secret"), &mut full, NOW).is_err());
    assert_eq!(full, before);
}

proptest! {
    #[test]
    fn what_is_written_is_read(time in 0u64..1 << 48, fudge: u16, mac in prop::collection::vec(any::<u8>(), 0..70), original_id: u16,
        error: u16, other in prop::collection::vec(any::<u8>(), 0..8), key in "[a-z]{1,20}(\\.[a-z]{1,20}){0,4}") {
        let (key, algorithm) = (Name::parse(&key).unwrap(), Name::parse("hmac-sha256").unwrap());
        let tsig = Tsig { key, algorithm, time, fudge, mac, original_id, error, other };
        let mut message = answer(1);
        tsig.append(&mut message).unwrap();
        prop_assert_eq!(Tsig::read(&message).unwrap(), Some((tsig, answer(1).len())));
        let parsed = base::Message::from_slice(&message).unwrap();
        let last = parsed.additional().unwrap().last().unwrap().unwrap();
        prop_assert!(last.to_record::<domain::rdata::tsig::Tsig<&[u8], domain::base::ParsedName<&[u8]>>>().unwrap().is_some());
    }

    #[test]
    fn nothing_that_was_changed_is_taken(at in 2usize..1000, bit in 0u32..8) {
        let keys = [ours("k.", Algorithm::Sha256, b"secret")];
        let mut signed = query();
        Exchange::ask(keys[0].clone(), &mut signed, NOW).unwrap();
        let at = 2 + at % (signed.len() - 2);
        let names = query().len()..query().len() + 26;
        signed[at] ^= 1 << bit;
        // Letters of a name of either case are the same; of a question they are signed as they came.
        let same = names.contains(&at) && bit == 5 && signed[at].is_ascii_alphabetic();
        prop_assert!(same || !matches!(check(&signed, &keys, NOW), Ok(Checked::Signed { .. })), "{} {}", at, bit);
    }

    #[test]
    fn anything_may_come(mut bytes in prop::collection::vec(any::<u8>(), 0..200), counts in prop::collection::vec(0u8..3, 4)) {
        let _ = Tsig::read(&bytes);
        for (place, count) in counts.into_iter().enumerate() {
            if let Some(two) = bytes.get_mut(4 + place * 2..6 + place * 2) {
                two.copy_from_slice(&[0, count]);
            }
        }
        let _ = check(&bytes, &[ours("k.", Algorithm::Sha256, b"secret")], NOW);
    }

    #[test]
    fn a_signed_message_may_be_cut_anywhere(len in 0usize..200, junk: [u8; 4]) {
        let keys = [ours("k.", Algorithm::Sha256, b"secret")];
        let mut signed = query();
        Exchange::ask(keys[0].clone(), &mut signed, NOW).unwrap();
        signed.truncate(len);
        let whole = len >= signed.len() && Tsig::read(&signed).is_ok_and(|found| found.is_some());
        let taken = matches!(check(&signed, &keys, NOW), Ok(Checked::Signed { .. }));
        prop_assert!(whole || !taken);
        signed.extend_from_slice(&junk);
        let taken = matches!(check(&signed, &keys, NOW), Ok(Checked::Signed { .. }));
        prop_assert!(!taken);
    }
}
