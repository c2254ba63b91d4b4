use super::*;
use crate::config::{self, DnsLimits, Order, Source, ZoneRecord};
use crate::random::{Random, SplitMix};
use crate::time::Duration;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::{format, vec::Vec};
use wire::dns::Record;

mod dynamic;
mod lookup;
mod mistakes;
mod prepared;

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(super) fn kind(text: &str) -> RecordType {
    RecordType::parse(text).expect("a type")
}

/// A zone out of lines with absolute names; 300 seconds where none are told.
pub(super) fn zone(apex: &str, lines: &str) -> config::Zone {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let record = |line: &str| {
        let record = Record::parse(line, Duration::from_secs(300)).unwrap_or_else(|| panic!("no record: {line}"));
        ZoneRecord { owner: record.owner, ttl: u32::try_from(record.ttl.as_secs()).expect("seconds"), data: record.data }
    };
    config::Zone {
        name: name(apex),
        at: Vec::new(),
        records: lines.map(record).collect(),
        sets: Vec::new(),
        transfer: Vec::new(),
        notify: Vec::new(),
    }
}

pub(super) fn dns(zones: Vec<config::Zone>) -> config::Dns {
    let limits = DnsLimits {
        datagram: 1232,
        cookies: true,
        cookie_secrets: Vec::new(),
        rate: 0,
        slip: 0,
        connections: 1,
        connections_per_address: 1,
        idle_timeout: Duration::from_secs(1),
    };
    config::Dns { listeners: Vec::new(), limits, zones, keys: Vec::new(), why: Vec::new() }
}

pub(super) fn built(zones: Vec<config::Zone>) -> Zones {
    Zones::build(&dns(zones)).expect("zones without mistakes")
}

/// What tests give.
pub(super) struct Fixed {
    pub(super) random: SplitMix,
    pub(super) turn: u64,
    pub(super) members: Vec<Member>,
    pub(super) ill: Vec<IpAddr>,
    pub(super) nearest: Nearest,
    pub(super) weighs: bool,
}

pub(super) fn fixed() -> Fixed {
    let nearest = Nearest { pop: 0, addresses: Vec::new(), scope: 0 };
    Fixed { random: SplitMix::new(1), turn: 0, members: Vec::new(), ill: Vec::new(), nearest, weighs: false }
}

impl Given for Fixed {
    fn random(&mut self) -> u64 {
        self.random.next()
    }

    fn turn(&mut self, _: SetId) -> u64 {
        self.turn += 1;
        self.turn - 1
    }

    fn pool(&mut self, _: usize) -> Vec<Member> {
        self.members.clone()
    }

    fn is_healthy(&mut self, address: IpAddr) -> bool {
        !self.ill.contains(&address)
    }

    fn nearest(&mut self, _: usize) -> Nearest {
        self.nearest.clone()
    }

    fn weighs(&self) -> bool {
        self.weighs
    }
}

/// The answer on one line: code, AA, rule; then what is in the sections.
pub(super) fn told(reply: &Reply<'_>) -> String {
    let mut text = format!("{}{} {}", reply.code, if reply.authoritative { " aa" } else { "" }, reply.why.rule.name());
    for (section, sets) in [("an", &reply.answer), ("au", &reply.authority), ("ad", &reply.additional)] {
        for set in sets {
            for data in &*set.data {
                text.push_str(&format!("\n{section} {} {} {} {data}", set.owner, set.ttl, set.kind));
            }
        }
    }
    text
}

pub(super) fn ask(zones: &Zones, question: &str) -> String {
    let (asked, of) = question.split_once(' ').expect("a name and a type");
    let (asked, dnssec_ok) = (name(asked), of.ends_with(" do"));
    let kind = kind(of.trim_end_matches(" do"));
    told(&zones.answer(&Asked { name: &asked, kind, dnssec_ok }, &mut fixed()))
}

#[track_caller]
pub(super) fn check_answer(zones: &Zones, question: &str, expected: &str) {
    let expected: Vec<_> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(ask(zones, question), expected.join("\n"), "{question}");
}

#[test]
fn a_transfer_has_everything_once_and_the_soa_twice() {
    let zones = built(vec![zone(
        "example",
        "a.sub.example A 192.0.2.9
         example SOA ns.example admin.example 1 2 3 4 5
         sub.example NS a.sub.example
         example NS ns.example
         *.example TXT x
         ns.example A 192.0.2.1",
    )]);
    let line = |(owner, ttl, data): (&Name, u32, &Data)| format!("{owner} {ttl} {} {data}", data.kind());
    let lines: Vec<_> = zones.transfer(0).map(line).collect();
    let soa = "example 300 SOA ns.example admin.example 1 2 3 4 5";
    let between = [
        "example 300 NS ns.example",
        "*.example 300 TXT \"x\"",
        "ns.example 300 A 192.0.2.1",
        "sub.example 300 NS a.sub.example",
        "a.sub.example 300 A 192.0.2.9",
    ];
    let all: Vec<String> = [soa].into_iter().chain(between).chain([soa]).map(ToString::to_string).collect();
    assert_eq!(lines, all);
}
