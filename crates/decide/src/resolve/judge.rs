//! What a message says to a question, and which of its records are not believed.

use super::zone::{NameServer, Zone};
use crate::time::Duration;
use alloc::vec::Vec;
use core::net::SocketAddr;
use wire::dns::{Data, Message, Name, Query, Record, RecordType, ResponseCode};

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The records asked for, at the end of the aliases.
    Records(Vec<Record>),
    /// The aliases lead to where this server is not believed: ask for the last one anew.
    Alias,
    /// There is no such name; the SOA that says so, its time to live being how long this may be believed.
    NoName(Option<Record>),
    /// The name is there, and has no such record.
    NoData(Option<Record>),
    /// Others are to be asked.
    Referral {
        /// The zone and its servers.
        zone: Zone,
        /// How long that holds.
        ttl: Duration,
    },
    /// The server is no use for this zone.
    Lame(&'static str),
}

/// An alias that a message told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alias {
    pub(super) from: Name,
    pub(super) to: Name,
    pub(super) by: &'static str,
    pub(super) ttl: Duration,
    /// The DNAME that says so, if it is one.
    pub(super) dname: Option<Record>,
}

/// What a message says, and what is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// From the name asked for on.
    pub(super) aliases: Vec<Alias>,
    /// Records that are not believed, and why.
    pub(super) rejected: Vec<(Record, &'static str)>,
    /// Addresses of servers that are not believed, and why.
    pub(super) rejected_glue: Vec<(Record, &'static str)>,
}

const NXDOMAIN: ResponseCode = ResponseCode(3);
/// Where the records of a name that was not believed come from.
const OUTSIDE: &str = "out-of-bailiwick";
/// So many aliases of one message are followed; more are asked for anew, and counted there.
const LONGEST_CHAIN: usize = 32;

/// An answer of a server of `zone`. Its code is NOERROR or NXDOMAIN; servers that it refers to listen at `port`.
pub(super) fn of_server(message: &Message, query: &Query, zone: &Name, port: u16) -> Judged {
    let (believed, outside): (Vec<&Record>, Vec<&Record>) = message.answer.iter().partition(|record| record.owner.is_within(zone));
    let mut judged = Judged {
        verdict: Verdict::Alias,
        aliases: Vec::new(),
        rejected: outside.into_iter().map(|record| (record.clone(), OUTSIDE)).collect(),
        rejected_glue: Vec::new(),
    };
    let name = follow(&believed, query, Some(zone), &mut judged);
    if !believed.is_empty() && !message.flags.authoritative {
        judged.verdict = Verdict::Lame("it answers, but does not have the zone");
        return judged;
    }
    let records = of_kind(&believed, &name, query.kind);
    if !records.is_empty() {
        judged.verdict = Verdict::Records(records);
    } else if !judged.aliases.is_empty() {
        // What the alias stands for may be in a zone below, or in another: its own servers are asked. Unless that is in the zone, and a
        // SOA says that there is nothing; RFC 6604 §3: a code NXDOMAIN is about the last name.
        if let (true, Some(soa)) = (name.is_within(zone), absence(message, &name, zone)) {
            judged.verdict = if message.code == NXDOMAIN { Verdict::NoName(Some(soa)) } else { Verdict::NoData(Some(soa)) };
        }
    } else if message.code == NXDOMAIN {
        let soa = absence(message, &name, zone);
        judged.verdict = if message.flags.authoritative {
            Verdict::NoName(soa)
        } else {
            Verdict::Lame("it denies the name, but does not have the zone")
        };
    } else {
        judged.verdict = without_records(message, query, zone, port, &mut judged.rejected_glue);
    }
    judged
}

/// An answer of a resolver: it has walked for us, and is believed.
pub(super) fn of_resolver(message: &Message, query: &Query) -> Judged {
    let mut judged = Judged { verdict: Verdict::Alias, aliases: Vec::new(), rejected: Vec::new(), rejected_glue: Vec::new() };
    let all: Vec<&Record> = message.answer.iter().collect();
    let name = follow(&all, query, None, &mut judged);
    let records = of_kind(&all, &name, query.kind);
    let soa = absence(message, &name, &Name::root());
    judged.verdict = if !records.is_empty() {
        Verdict::Records(records)
    } else if message.code == NXDOMAIN {
        Verdict::NoName(soa)
    } else if soa.is_none() && !message.flags.authoritative && message.authority.iter().any(|record| record.data.kind() == RecordType::NS) {
        Verdict::Lame("it refers to others: it does not walk for us")
    } else if judged.aliases.last().is_some_and(|last| judged.aliases.iter().any(|alias| alias.from == last.to)) {
        // The caller sees the circle.
        Verdict::Alias
    } else {
        Verdict::NoData(soa)
    };
    judged
}

/// Follows aliases from the name asked for, and returns the last name. Their order in the message means nothing.
fn follow(records: &[&Record], query: &Query, zone: Option<&Name>, judged: &mut Judged) -> Name {
    let mut name = query.name.clone();
    if query.kind == RecordType::CNAME {
        return name;
    }
    while judged.aliases.len() < LONGEST_CHAIN && of_kind(records, &name, query.kind).is_empty() {
        let Some(alias) = alias_at(records, &name, judged) else { break };
        let to = alias.to.clone();
        let circle = to == query.name || judged.aliases.iter().any(|earlier| earlier.from == to);
        judged.aliases.push(alias);
        name = to;
        if circle || zone.is_some_and(|zone| !name.is_within(zone)) {
            break;
        }
    }
    name
}

/// RFC 6672 §3.1: a DNAME above the name says what the name stands for; a CNAME that comes with it only repeats that.
fn alias_at(records: &[&Record], name: &Name, judged: &mut Judged) -> Option<Alias> {
    let cname = records.iter().find_map(|record| match &record.data {
        Data::Cname(to) if record.owner == *name => Some((*record, to)),
        _ => None,
    });
    let dname = records.iter().find_map(|record| match &record.data {
        Data::Dname(to) => name.replace_end(&record.owner, to).map(|to| (*record, to)),
        _ => None,
    });
    if let Some((record, to)) = dname {
        if let Some((cname, other)) = cname
            && *other != to
        {
            judged.rejected.push((cname.clone(), "not-from-dname"));
        }
        return Some(Alias { from: name.clone(), to, by: "DNAME", ttl: record.ttl, dname: Some(record.clone()) });
    }
    cname.map(|(record, to)| Alias { from: name.clone(), to: to.clone(), by: "CNAME", ttl: record.ttl, dname: None })
}

fn of_kind(records: &[&Record], name: &Name, kind: RecordType) -> Vec<Record> {
    records.iter().filter(|record| record.owner == *name && record.data.kind() == kind).map(|record| (*record).clone()).collect()
}

/// RFC 2308 §5: the start of its zone, if it is told, with how long the absence of a name or record may be believed: the lesser of the
/// SOA's own time to live and its field MINIMUM.
fn absence(message: &Message, name: &Name, zone: &Name) -> Option<Record> {
    message.authority.iter().find_map(|record| match &record.data {
        Data::Soa(soa) if name.is_within(&record.owner) && record.owner.is_within(zone) => {
            Some(Record { ttl: record.ttl.min(Duration::from_secs(soa.minimum.into())), ..record.clone() })
        }
        _ => None,
    })
}

/// NOERROR, and no record of the name: a referral, or the name has no such record, or the server is of no use.
fn without_records(message: &Message, query: &Query, zone: &Name, port: u16, rejected: &mut Vec<(Record, &'static str)>) -> Verdict {
    let soa = absence(message, &query.name, zone);
    let mut servers = message.authority.iter().filter_map(|record| match &record.data {
        Data::Ns(server) => Some((record, server)),
        _ => None,
    });
    let closer = servers.clone().find(|(record, _)| record.owner.is_below(zone) && query.name.is_within(&record.owner));
    match closer {
        Some((first, _)) if soa.is_none() => refer(message, &first.owner, zone, port, rejected),
        _ if soa.is_some() || message.flags.authoritative => Verdict::NoData(soa),
        _ => match servers.next() {
            Some((record, _)) if zone.is_within(&record.owner) => Verdict::Lame("it refers back to where we come from"),
            Some(_) => Verdict::Lame("it refers to a zone that does not hold the name"),
            None => Verdict::Lame("it says nothing"),
        },
    }
}

/// The servers of the zone below, with those of their addresses that a server of `zone` is believed about: names in it. All else would
/// let it speak for other zones.
fn refer(message: &Message, to: &Name, zone: &Name, port: u16, rejected: &mut Vec<(Record, &'static str)>) -> Verdict {
    let mut below = Zone { name: to.clone(), servers: Vec::new() };
    let mut ttl = Duration::MAX;
    for record in message.authority.iter().filter(|record| record.owner == *to) {
        if let Data::Ns(server) = &record.data {
            ttl = ttl.min(record.ttl);
            let name = Some(server.clone());
            if below.servers.iter().all(|known| known.name != name) {
                below.servers.push(NameServer { name, addresses: Vec::new() });
            }
        }
    }
    for record in &message.additional {
        let Some(address) = record.data.address() else { continue };
        let server = below.servers.iter_mut().find(|server| server.name.as_ref() == Some(&record.owner));
        match server {
            None => rejected.push((record.clone(), "not-a-server")),
            Some(_) if !record.owner.is_within(zone) => rejected.push((record.clone(), OUTSIDE)),
            Some(server) => {
                ttl = ttl.min(record.ttl);
                server.addresses.push(SocketAddr::new(address, port));
            }
        }
    }
    Verdict::Referral { zone: below, ttl }
}

#[cfg(test)]
mod tests;
