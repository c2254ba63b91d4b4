use super::super::cache::Cache;
use super::super::exchange::Failure;
use super::super::settings::{Limits, Mode};
use super::*;
use crate::random::SplitMix;
use crate::step::Journey;
use alloc::vec;
use wire::dns::{Name, RecordType, ResponseCode};

fn query() -> Query {
    Query { name: Name::parse("www.example.org").expect("a name"), kind: RecordType::TXT }
}

fn settings(servers: &[&str]) -> Settings {
    let mode = Mode::Recursive { servers: servers.iter().map(|at| at.parse().expect("an address")).collect() };
    Settings { mode, limits: Limits { time: Duration::from_secs(5), ..Limits::default() }, ..Settings::default() }
}

/// Whatever happens, a walk ends: by its own limits, if by nothing else.
#[test]
fn where_nobody_answers_the_walk_ends_in_time_and_is_not_begun_again_at_once() {
    let mut cache = Cache::new(10);
    let (mut random, mut journey) = (SplitMix::new(1), Journey::default());
    let mut cx = Context { now: Instant::ZERO, cache: &mut cache, random: &mut random, journey: &mut journey };
    let mut ask = Ask::new(&settings(&["192.0.2.1:53", "192.0.2.2:53"]), query(), &mut cx);
    let reply = loop {
        match ask.poll_output() {
            Some(Output::Done(reply)) => break reply,
            Some(_) => {}
            None => {
                cx.now = ask.limit();
                ask.handle(Input::TimePassed, &mut cx);
            }
        }
    };
    assert_eq!(reply.code, ResponseCode(2));
    assert!(cx.now <= Instant::ZERO + Duration::from_secs(5), "{:?}", cx.now);
    assert_eq!(Reply::known(cx.cache, &query(), cx.now).map(|reply| reply.code), Some(ResponseCode(2)));
}

/// A forwarder that does not listen is told from one that does.
#[test]
fn of_two_forwarders_the_other_is_asked() {
    let mut cache = Cache::new(10);
    let (mut random, mut journey) = (SplitMix::new(1), Journey::default());
    let mut cx = Context { now: Instant::ZERO, cache: &mut cache, random: &mut random, journey: &mut journey };
    let mut ask = Ask::new(&settings(&["192.0.2.1:53", "192.0.2.2:53"]), query(), &mut cx);
    let mut asked = vec![];
    while let Some(output) = ask.poll_output() {
        if let Output::Send(query) = output {
            asked.push(query.to);
            if asked.len() == 1 {
                ask.handle(Input::Broke { exchange: query.exchange, failure: Failure::Refused }, &mut cx);
            }
        }
    }
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), 2);
}
