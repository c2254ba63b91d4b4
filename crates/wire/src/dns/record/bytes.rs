//! The data of a record as bytes, without compression, and back (RFC 1035 §3.2.1, RFC 3597 §4).

use super::{Binding, Data, RecordType, Soa};
use crate::dns::Name;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

impl Data {
    /// Reads data that has no compressed names. `None` if it is none of this type.
    pub fn from_wire(kind: RecordType, bytes: &[u8]) -> Option<Data> {
        let name = |bytes| Name::from_wire(bytes);
        Some(match kind {
            RecordType::A => Data::A(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
            RecordType::AAAA => Data::Aaaa(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
            RecordType::NS => Data::Ns(name(bytes)?),
            RecordType::CNAME => Data::Cname(name(bytes)?),
            RecordType::DNAME => Data::Dname(name(bytes)?),
            RecordType::SOA => Data::Soa(soa(bytes)?),
            RecordType::MX => {
                let (preference, exchange) = bytes.split_first_chunk::<2>()?;
                Data::Mx { preference: u16::from_be_bytes(*preference), exchange: name(exchange)? }
            }
            RecordType::TXT => Data::Txt(texts(bytes)?),
            RecordType::SVCB => Data::Svcb(binding(bytes)?),
            RecordType::HTTPS => Data::Https(binding(bytes)?),
            other => Data::Other(other, bytes.to_vec()),
        })
    }

    /// The data as bytes, without compression.
    pub fn to_wire(&self) -> Vec<u8> {
        match self {
            Data::A(address) => address.octets().to_vec(),
            Data::Aaaa(address) => address.octets().to_vec(),
            Data::Ns(name) | Data::Cname(name) | Data::Dname(name) => name.as_wire().to_vec(),
            Data::Soa(soa) => {
                let mut bytes = [soa.primary.as_wire(), soa.mailbox.as_wire()].concat();
                for number in [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum] {
                    bytes.extend(number.to_be_bytes());
                }
                bytes
            }
            Data::Mx { preference, exchange } => [&preference.to_be_bytes(), exchange.as_wire()].concat(),
            Data::Txt(texts) => texts.iter().flat_map(|text| [&[short(text)], text.as_slice()].concat()).collect(),
            Data::Svcb(binding) | Data::Https(binding) => {
                let mut bytes = [&binding.priority.to_be_bytes(), binding.target.as_wire()].concat();
                for (key, value) in &binding.params {
                    bytes.extend(key.to_be_bytes());
                    bytes.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
                    bytes.extend(value);
                }
                bytes
            }
            Data::Other(_, bytes) => bytes.clone(),
        }
    }
}

/// The length of a text; whoever makes one has seen to it that it fits.
fn short(text: &[u8]) -> u8 {
    u8::try_from(text.len()).unwrap_or(u8::MAX)
}

/// The name at the beginning, and what is behind it.
pub(in crate::dns) fn name_before(bytes: &[u8]) -> Option<(Name, &[u8])> {
    let mut end = 0;
    loop {
        let len = usize::from(*bytes.get(end)?);
        end += 1 + len;
        if len == 0 {
            return Some((Name::from_wire(bytes.get(..end)?)?, bytes.get(end..)?));
        }
    }
}

fn soa(bytes: &[u8]) -> Option<Soa> {
    let (primary, rest) = name_before(bytes)?;
    let (mailbox, rest) = name_before(rest)?;
    let (numbers, []) = rest.as_chunks::<4>() else { return None };
    let [serial, refresh, retry, expire, minimum] = *numbers else { return None };
    let [serial, refresh, retry, expire, minimum] = [serial, refresh, retry, expire, minimum].map(u32::from_be_bytes);
    Some(Soa { primary, mailbox, serial, refresh, retry, expire, minimum })
}

/// One text or more.
pub(in crate::dns) fn texts(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut texts = Vec::new();
    while let Some((len, rest)) = bytes.split_first() {
        let (text, rest) = rest.split_at_checked(usize::from(*len))?;
        texts.push(text.to_vec());
        bytes = rest;
    }
    (!texts.is_empty()).then_some(texts)
}

/// RFC 9460 §2.2: keys ascend, and none is twice.
fn binding(bytes: &[u8]) -> Option<Binding> {
    let (priority, rest) = bytes.split_first_chunk::<2>()?;
    let (target, mut rest) = name_before(rest)?;
    let mut params: Vec<(u16, Vec<u8>)> = Vec::new();
    while let Some((&[key0, key1, len0, len1], more)) = rest.split_first_chunk::<4>() {
        let key = u16::from_be_bytes([key0, key1]);
        let (value, more) = more.split_at_checked(usize::from(u16::from_be_bytes([len0, len1])))?;
        if params.last().is_some_and(|(last, _)| *last >= key) {
            return None;
        }
        params.push((key, value.to_vec()));
        rest = more;
    }
    rest.is_empty().then_some(Binding { priority: u16::from_be_bytes(*priority), target, params })
}
