//! A name server of the simplest kind: what it has is in its script, and it answers as RFC 1034 §4.3.2 has it.

use crate::script::{Made, Reply, Server, Special, Zone};
use std::net::SocketAddr;
use std::time::Duration;
use wire::dns::{ClientSubnet, Data, Edns, Flags, Message, Name, Query, Record, RecordType, ResponseCode, Soa};

/// A message to be sent, and the source it is to have if not the server's own.
pub(crate) struct Sent {
    pub(crate) bytes: Vec<u8>,
    pub(crate) from: Option<SocketAddr>,
}

/// What the server sends for a message that came over `over`, in this order.
pub(crate) fn answer(server: &mut Server, over: &str, bytes: &[u8]) -> Vec<Sent> {
    let Ok(asked) = Message::read(bytes) else { return Vec::new() };
    let Some(query) = asked.question.clone() else { return Vec::new() };
    let fits = |special: &Special| {
        special.times > 0
            && special.name.as_ref().is_none_or(|name| *name == query.name)
            && special.kind.is_none_or(|kind| kind == query.kind)
            && special.over.is_none_or(|special| special == over)
    };
    let place = server.specials.iter().position(fits);
    if let Some(place) = place {
        server.specials[place].times -= 1;
        let server = &*server;
        let reply = |reply: &Reply| match reply {
            Reply::Normal => Sent { bytes: write(normal(server, &asked, &query), over, &asked), from: None },
            Reply::Made(made) => sent(made, &asked, &query, over),
        };
        return server.specials[place].replies.iter().map(reply).collect();
    }
    vec![Sent { bytes: write(normal(server, &asked, &query), over, &asked), from: None }]
}

fn blank(asked: &Message, query: &Query) -> Message {
    let mut message = Message::query(asked.id, query.clone(), asked.flags.recursion_desired, None);
    message.flags.response = true;
    message.edns = asked.edns.as_ref().map(|edns| Edns { size: 1232, subnet: edns.subnet, ..Edns::default() });
    message
}

fn sent(made: &Made, asked: &Message, query: &Query, over: &str) -> Sent {
    let mut message = blank(asked, query);
    message.code = ResponseCode(made.code);
    message.flags = Flags {
        response: !made.query,
        authoritative: made.authoritative,
        recursion_available: made.recursion,
        authentic: made.authentic,
        truncated: made.truncated,
        ..message.flags
    };
    message.id = if made.wrong_id { asked.id.wrapping_add(1) } else { asked.id };
    if let Some(name) = &made.question {
        message.question = Some(Query { name: name.clone(), kind: query.kind });
    }
    if made.no_question {
        message.question = None;
    }
    if let Some(edns) = &mut message.edns {
        edns.errors.clone_from(&made.errors);
        edns.subnet = edns.subnet.map(|subnet| ClientSubnet { scope: made.scope.unwrap_or(0), ..subnet });
    }
    (message.answer, message.authority, message.additional) = (made.answer.clone(), made.authority.clone(), made.additional.clone());
    let mut bytes = write(message, over, asked);
    bytes.truncate(made.cut.unwrap_or(usize::MAX));
    Sent { bytes, from: made.from }
}

fn write(mut message: Message, over: &str, asked: &Message) -> Vec<u8> {
    let bytes = message.write().expect("it fits");
    let most = asked.edns.as_ref().map_or(512, |edns| usize::from(edns.size));
    if over == "tcp" || bytes.len() <= most {
        return bytes;
    }
    message.flags.truncated = true;
    (message.answer, message.authority, message.additional) = (Vec::new(), Vec::new(), Vec::new());
    message.write().expect("it fits")
}

/// What is right.
fn normal(server: &Server, asked: &Message, query: &Query) -> Message {
    let mut message = blank(asked, query);
    if server.plain {
        message.edns = None;
        if asked.edns.is_some() {
            message.code = ResponseCode(1);
            return message;
        }
    }
    let zone = server.zones.iter().filter(|zone| query.name.is_within(&zone.origin)).max_by_key(|zone| zone.origin.depth());
    let Some(zone) = zone else {
        message.code = ResponseCode(5);
        return message;
    };
    message.flags.recursion_available = server.resolver;
    message.flags.authoritative = !server.resolver;
    fill(zone, server, query, &mut message);
    message
}

fn fill(zone: &Zone, server: &Server, query: &Query, message: &mut Message) {
    let mut name = query.name.clone();
    for _ in 0..40 {
        // RFC 4035 §3.1.4.1: a DS record is on the upper side of the cut.
        let above = |cut: &Name| query.kind == RecordType::DS && *cut == name;
        if let Some(cut) = cut(zone, &name).filter(|cut| !server.resolver && !above(cut)) {
            if message.answer.is_empty() {
                message.flags.authoritative = false;
            }
            return refer(zone, &cut, message);
        }
        let at_name = records_at(zone, &name);
        let wanted: Vec<Record> = at_name.iter().filter(|record| record.data.kind() == query.kind).cloned().collect();
        if !wanted.is_empty() {
            message.answer.extend(wanted);
            return;
        }
        let Some((alias, to)) = alias(zone, &name, &at_name) else {
            let exists = !at_name.is_empty() || zone.records.iter().any(|record| record.owner.is_below(&name));
            message.code = ResponseCode(if exists { 0 } else { 3 });
            message.authority.push(soa(zone));
            return;
        };
        message.answer.extend(alias);
        if !to.is_within(&zone.origin) {
            return;
        }
        name = to;
    }
}

fn cut(zone: &Zone, name: &Name) -> Option<Name> {
    let cuts = zone.records.iter().filter(|record| record.data.kind() == RecordType::NS && record.owner.is_below(&zone.origin));
    cuts.filter(|record| name.is_within(&record.owner)).map(|record| record.owner.clone()).min_by_key(Name::depth)
}

fn refer(zone: &Zone, cut: &Name, message: &mut Message) {
    for record in zone.records.iter().filter(|record| record.owner == *cut && record.data.kind() == RecordType::NS) {
        message.authority.push(record.clone());
        let Data::Ns(server) = &record.data else { continue };
        let glue = zone.records.iter().filter(|record| record.owner == *server && record.data.address().is_some());
        message.additional.extend(glue.cloned());
    }
}

/// The records of a name; those of a wildcard if it has none.
fn records_at(zone: &Zone, name: &Name) -> Vec<Record> {
    let own: Vec<Record> = zone.records.iter().filter(|record| record.owner == *name).cloned().collect();
    if !own.is_empty() || zone.records.iter().any(|record| record.owner.is_below(name)) {
        return own;
    }
    let Some(wildcard) = name.parent().and_then(|parent| parent.below("*")) else { return own };
    let of_wildcard = zone.records.iter().filter(|record| record.owner == wildcard);
    of_wildcard.map(|record| Record { owner: name.clone(), ..record.clone() }).collect()
}

fn alias(zone: &Zone, name: &Name, at_name: &[Record]) -> Option<(Vec<Record>, Name)> {
    for record in &zone.records {
        if let Data::Dname(to) = &record.data
            && let Some(to) = name.replace_end(&record.owner, to)
        {
            let cname = Record { owner: name.clone(), ttl: record.ttl, data: Data::Cname(to.clone()) };
            return Some((vec![record.clone(), cname], to));
        }
    }
    at_name.iter().find_map(|record| match &record.data {
        Data::Cname(to) => Some((vec![record.clone()], to.clone())),
        _ => None,
    })
}

fn soa(zone: &Zone) -> Record {
    let own = zone.records.iter().find(|record| record.owner == zone.origin && record.data.kind() == RecordType::SOA);
    own.cloned().unwrap_or_else(|| {
        let name = |label| zone.origin.below(label).expect("it fits");
        let data = Data::Soa(Soa { primary: name("ns"), mailbox: name("admin"), serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 30 });
        Record { owner: zone.origin.clone(), ttl: Duration::from_secs(300), data }
    })
}
