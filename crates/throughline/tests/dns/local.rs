use crate::ask::{Ask, Said, said};
use decide::config::{self, Dns, DnsLimits, ZoneRecord};
use decide::zone::{Asked, Given, Member, Nearest, Prepared, SetId, Zones};
use std::net::IpAddr;
use wire::dns::server::{AnswerWriter, OptWriter, QueryView, Section, bit};
use wire::dns::{Name, zone_file};

struct Nothing;
impl Given for Nothing {
    fn random(&mut self) -> u64 {
        0
    }
    fn turn(&mut self, _: SetId) -> u64 {
        0
    }
    fn pool(&mut self, _: usize) -> Vec<Member> {
        vec![]
    }
    fn is_healthy(&mut self, _: IpAddr) -> bool {
        true
    }
    fn nearest(&mut self, _: usize) -> Nearest {
        unreachable!()
    }
}

pub(crate) fn zones(all: &[(String, String)]) -> Zones {
    let zones = all
        .iter()
        .map(|(apex, text)| {
            let name = Name::parse(apex).unwrap();
            let (entries, mistakes) = zone_file::read(text.as_bytes(), &name, 3600);
            assert!(mistakes.is_empty(), "{mistakes:?}\n{text}");
            let records = entries.into_iter().map(|e| ZoneRecord { owner: e.owner, ttl: e.ttl, data: e.data }).collect();
            config::Zone { name, records, sets: vec![], transfer: vec![], notify: vec![] }
        })
        .collect();
    let limits = DnsLimits {
        datagram: 1232,
        cookies: true,
        rate: 0,
        slip: 0,
        connections: 1,
        connections_per_address: 1,
        idle_timeout: std::time::Duration::from_secs(1),
    };
    Zones::build(&Dns { listeners: vec![], limits, zones, keys: vec![], why: vec![] }).unwrap_or_else(|m| panic!("{m:?}"))
}

pub(crate) fn ask(zones: &Zones, ask: &Ask, prepared: bool) -> Said {
    let query = ask.bytes(1);
    let view = QueryView::read(&query).unwrap();
    let mut out = Vec::new();
    let mut answer = AnswerWriter::new(&mut out, &view, 65535, OptWriter::default());
    let mut done = false;
    if prepared && let Some(Prepared::Tail(tail)) = zones.prepared(view.name(), view.kind, ask.edns == Some(true), &mut Nothing) {
        answer.set_code(tail.code);
        if tail.authoritative {
            answer.set_flags(bit::AUTHORITATIVE);
        }
        done = tail.write(&mut answer);
    }
    if !done {
        let name = Name::from_wire(view.name()).unwrap();
        let reply = zones.answer(&Asked { name: &name, kind: view.kind, dnssec_ok: ask.edns == Some(true) }, &mut Nothing);
        answer.set_code(reply.code);
        if reply.authoritative {
            answer.set_flags(bit::AUTHORITATIVE);
        }
        for (section, sets) in
            [(Section::Answer, &reply.answer), (Section::Authority, &reply.authority), (Section::Additional, &reply.additional)]
        {
            for set in sets.iter() {
                for data in set.data.iter() {
                    assert!(answer.record(section, set.owner.as_wire(), set.kind, set.ttl, |to| to.data(data)));
                }
            }
        }
    }
    answer.finish();
    said(&out)
}
