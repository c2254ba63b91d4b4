use super::super::ask::Ask;
use super::super::context::Context;
use super::super::lookup::Output;
use super::super::settings::{Mode, Settings};
use super::*;
use crate::random::SplitMix;
use crate::step::Journey;
use alloc::vec;
use proptest::prelude::*;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn record(line: &str) -> Record {
    Record::parse(line, Duration::ZERO).expect("a record")
}

fn query(of: &str) -> Query {
    Query { name: name(of), kind: RecordType::A }
}

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn cache(stale: u64) -> Cache {
    Cache::for_so_long(100, Duration::from_secs(1000), Duration::from_secs(stale))
}

fn keep(cache: &mut Cache, line: &str, now: u64) {
    let record = record(line);
    cache.keep(&record.owner.clone(), record.data.kind(), Known::Records(vec![record.clone()]), record.ttl, at(now));
}

#[test]
fn each_part_of_a_chain_has_what_is_left_of_its_own_time() {
    let mut cache = cache(0);
    keep(&mut cache, "a 100 CNAME b", 0);
    keep(&mut cache, "b 50 A 192.0.2.1", 10);
    let reply = Reply::known(&cache, &query("A"), at(20)).expect("it is known");
    assert_eq!((reply.code, reply.answer), (NOERROR, vec![record("a 80 CNAME b"), record("b 40 A 192.0.2.1")]));
    assert_eq!(Reply::known(&cache, &query("a"), at(60)), None, "its end is not known any more");
}

#[test]
fn what_is_out_of_date_is_told_so_and_what_is_not_keeps_its_time() {
    let mut cache = cache(1000);
    keep(&mut cache, "a 100 CNAME b", 0);
    keep(&mut cache, "b 50 A 192.0.2.1", 0);
    cache.keep_failure(&name("b"), RecordType::A, "no", at(60));
    let reply = Reply::stale(&cache, &query("a"), at(60)).expect("it was known");
    assert_eq!(reply.answer, [record("a 40 CNAME b"), record("b 30 A 192.0.2.1")]);
    assert_eq!((reply.source, reply.error.map(|error| error.code)), (Source::Stale, Some(3)));
    assert_eq!(Reply::stale(&cache, &query("a"), at(1050)), None, "after that time it is forgotten");
    assert!(Reply::stale(&cache, &query("a"), at(1049)).is_some());
}

#[test]
fn a_name_that_was_not_there_and_now_is_known_by_the_later() {
    let mut cache = cache(1000);
    let soa = record("x 10 SOA x x 1 1 1 1 10");
    cache.keep(&name("a.x"), RecordType::A, Known::NoName(Some(soa.clone())), soa.ttl, at(0));
    keep(&mut cache, "a.x 100 A 192.0.2.1", 20);
    assert_eq!(Reply::stale(&cache, &query("a.x"), at(200)).map(|reply| reply.code), Some(NOERROR));
    cache.keep(&name("a.x"), RecordType::A, Known::NoName(Some(soa.clone())), soa.ttl, at(200));
    assert_eq!(Reply::stale(&cache, &query("a.x"), at(300)).map(|reply| reply.code), Some(NXDOMAIN));
}

#[test]
fn aliases_in_a_circle_are_no_answer() {
    let mut cache = cache(100);
    keep(&mut cache, "a 100 CNAME b", 0);
    keep(&mut cache, "b 100 CNAME a", 0);
    assert_eq!(Reply::known(&cache, &query("a"), at(0)), None);
    assert_eq!(Reply::stale(&cache, &query("a"), at(150)), None);
}

#[test]
fn nothing_is_told_to_hold_longer_than_the_owner_wants() {
    let outcome = Outcome::NoData(Some(record("x 9000 SOA x x 1 1 1 1 9000")));
    let reply = Reply::walked(vec![record("a 9000 CNAME b")], &outcome, Duration::from_secs(60));
    assert_eq!((reply.answer, reply.authority), (vec![record("a 60 CNAME b")], vec![record("x 60 SOA x x 1 1 1 1 9000")]));
}

fn any_entry() -> impl Strategy<Value = (usize, u8, u64, u64)> {
    (0..5_usize, 0..6_u8, 1..40_u64, 0..20_u64)
}

proptest! {
    /// What is told at once is what a walk comes to that has to ask nobody.
    #[test]
    fn what_is_known_is_what_a_walk_finds_without_asking(
        entries in prop::collection::vec(any_entry(), 0..12),
        kind in 0..3_u8,
        when in 0..60_u64,
    ) {
        const NAMES: [&str; 5] = ["a.x", "b.x", "c.x", "d.x", "x"];
        let mut cache = cache(0);
        for (place, what, ttl, now) in entries {
            let (owner, next) = (NAMES[place], NAMES[(place + 1) % 5]);
            let soa = Some(record(&alloc::format!("x {ttl} SOA x x 1 1 1 1 1")));
            match what {
                0 => keep(&mut cache, &alloc::format!("{owner} {ttl} A 192.0.2.1"), now),
                1 => keep(&mut cache, &alloc::format!("{owner} {ttl} TXT t"), now),
                2 | 3 => keep(&mut cache, &alloc::format!("{owner} {ttl} CNAME {next}"), now),
                4 => cache.keep(&name(owner), RecordType::A, Known::NoName(soa), Duration::from_secs(ttl), at(now)),
                _ => cache.keep(&name(owner), RecordType::TXT, Known::NoData(soa), Duration::from_secs(ttl), at(now)),
            }
        }
        let query = Query { name: name("a.x"), kind: [RecordType::A, RecordType::TXT, RecordType::CNAME][usize::from(kind)] };
        let known = Reply::known(&cache, &query, at(when));
        let mode = Mode::Recursive { servers: vec!["192.0.2.53:53".parse().expect("an address")] };
        let settings = Settings { mode, ..Settings::default() };
        let mut cx = Context { now: at(when), cache: &mut cache, random: &mut SplitMix::new(1), journey: &mut Journey::default() };
        let mut ask = Ask::new(&settings, query, &mut cx);
        match (known, ask.poll_output()) {
            (Some(known), Some(Output::Done(walked))) => prop_assert_eq!(known, Reply { source: Source::Cache, ..walked }),
            (None, Some(Output::Send(_))) => {}
            // A circle: the walk says so, and that is the failure to be kept.
            (None, Some(Output::Done(walked))) => prop_assert_eq!(walked.code, SERVFAIL),
            (known, output) => prop_assert!(false, "{:?} and {:?}", known, output),
        }
    }
}
