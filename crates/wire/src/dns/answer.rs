//! From the records of an answer to what they say.

use super::{Answer, Family, LONGEST_CHAIN, Question, ResponseCode, Unusable};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;
use domain::base::iana::{Class, Opcode, OptRcode, Rtype};
use domain::base::wire::ParseError;
use domain::base::{Message, Name, ParsedName, Record, ToName, Ttl};
use domain::rdata::{A, Aaaa, Cname, Soa};

/// Judges a message: is it for us, did the server answer, what do its records say.
pub(super) fn read(question: &Question, id: u16, message: &[u8]) -> Result<Answer, Unusable> {
    let message = Message::from_slice(message).map_err(|_| Unusable::Stray)?;
    let header = message.header();
    if header.id() != id || !header.qr() || header.opcode() != Opcode::QUERY {
        return Err(Unusable::Stray);
    }
    let code = message.opt_rcode();
    let failed = !matches!(code, OptRcode::NOERROR | OptRcode::NXDOMAIN);
    // A server that could not read the question has none to repeat.
    let repeats_nothing = failed && message.header_counts().qdcount() == 0;
    if !repeats_nothing && !repeats(question, message) {
        return Err(Unusable::Stray);
    }
    if failed {
        return Ok(Answer::Failed(ResponseCode(code.to_int())));
    }
    // RFC 2181 §9: what is left of a truncated answer is not used.
    if header.tc() {
        return Ok(Answer::Truncated);
    }
    said(question, message, code == OptRcode::NXDOMAIN).map_err(|_| Unusable::Malformed)
}

/// RFC 5452 §9.1: the question has to be ours. Letters compare without regard to case (RFC 4343).
fn repeats(question: &Question, message: &Message<[u8]>) -> bool {
    message.sole_question().is_ok_and(|repeated| {
        repeated.qtype() == question.record_type() && repeated.qclass() == Class::IN && repeated.qname().name_eq(&question.name)
    })
}

fn said(question: &Question, message: &Message<[u8]>, no_name: bool) -> Result<Answer, ParseError> {
    let found = records(question, message)?;
    let (name, chain) = follow(question, &found)?;
    if no_name {
        // RFC 6604 §3: with aliases, it is the last name that does not exist. For us that is the same.
        return Ok(Answer::NoName { ttl: shorter(chain, negative_ttl(&name, message)?) });
    }
    let mut addresses = Vec::new();
    let mut ttl = chain;
    for record in &found {
        if let Data::Address(address) = record.data
            && record.owner.name_eq(&name)
        {
            addresses.push(address);
            ttl = Some(ttl.map_or(record.ttl, |ttl| ttl.min(record.ttl)));
        }
    }
    if let (Some(ttl), false) = (ttl, addresses.is_empty()) {
        return Ok(Answer::Addresses { addresses, ttl });
    }
    let negative = negative_ttl(&name, message)?;
    if negative.is_none() && !message.header().aa() && names_other_servers(message)? {
        return Ok(Answer::Referral);
    }
    Ok(Answer::NoData { ttl: shorter(chain, negative) })
}

/// A record that can lead to an address.
struct Step {
    owner: Name<Vec<u8>>,
    ttl: Duration,
    data: Data,
}

enum Data {
    Alias(Name<Vec<u8>>),
    Address(IpAddr),
}

/// The aliases of the answer section, and its addresses of the family that was asked for.
fn records(question: &Question, message: &Message<[u8]>) -> Result<Vec<Step>, ParseError> {
    let mut found = Vec::new();
    for record in message.answer()? {
        let record = record?;
        if record.class() != Class::IN {
            continue;
        }
        let data = match (record.rtype(), question.family) {
            (Rtype::CNAME, _) => record.to_record::<Cname<ParsedName<&[u8]>>>()?.map(|alias| Data::Alias(alias.data().cname().to_vec())),
            (Rtype::A, Family::V4) => record.to_record::<A>()?.map(|v4| Data::Address(v4.data().addr().into())),
            (Rtype::AAAA, Family::V6) => record.to_record::<Aaaa>()?.map(|v6| Data::Address(v6.data().addr().into())),
            _ => None,
        };
        found.extend(data.map(|data| Step { owner: record.owner().to_vec(), ttl: span(record.ttl()), data }));
    }
    Ok(found)
}

/// Follows the aliases from the name that was asked for; their order in the message means nothing. Returns the name at the end and the
/// least time to live on the way.
fn follow(question: &Question, found: &[Step]) -> Result<(Name<Vec<u8>>, Option<Duration>), ParseError> {
    let mut name = question.name.clone();
    let mut ttl: Option<Duration> = None;
    for _ in 0..=LONGEST_CHAIN {
        let alias = found.iter().find_map(|step| match &step.data {
            Data::Alias(to) if step.owner.name_eq(&name) => Some((to, step.ttl)),
            _ => None,
        });
        let Some((to, span)) = alias else { return Ok((name, ttl)) };
        name = to.clone();
        ttl = Some(ttl.map_or(span, |ttl| ttl.min(span)));
    }
    Err(ParseError::form_error("the aliases do not end"))
}

/// RFC 2308 §5: the lesser of the SOA's own time to live and its field MINIMUM, where the SOA is of a zone that holds the name.
fn negative_ttl(name: &Name<Vec<u8>>, message: &Message<[u8]>) -> Result<Option<Duration>, ParseError> {
    for record in message.authority()?.limit_to_in::<Soa<ParsedName<&[u8]>>>() {
        let record: Record<ParsedName<&[u8]>, _> = record?;
        if name.ends_with(record.owner()) {
            return Ok(Some(span(record.ttl()).min(span(record.data().minimum()))));
        }
    }
    Ok(None)
}

fn names_other_servers(message: &Message<[u8]>) -> Result<bool, ParseError> {
    for record in message.authority()? {
        if record?.rtype() == Rtype::NS {
            return Ok(true);
        }
    }
    Ok(false)
}

fn shorter(chain: Option<Duration>, negative: Option<Duration>) -> Option<Duration> {
    negative.map(|negative| chain.map_or(negative, |chain| chain.min(negative)))
}

/// RFC 2181 §8: with the highest bit set, a time to live is zero.
fn span(ttl: Ttl) -> Duration {
    let seconds = ttl.as_secs();
    Duration::from_secs(if seconds > u32::MAX >> 1 { 0 } else { seconds.into() })
}
