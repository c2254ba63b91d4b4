//! Parameters of services (RFC 9460 §2.1 and appendix A).

use super::super::{Mistake, Word};
use super::coded;
use crate::dns::record::key;
use crate::dns::text::KEYS;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

pub(super) fn params(words: &[Word<'_>], bytes: &mut Vec<u8>) -> Result<(), Mistake> {
    let mut found: Vec<(u16, Vec<u8>, &Word<'_>)> = Vec::new();
    for word in words {
        let at = word.raw.iter().position(|byte| *byte == b'=');
        let name = String::from_utf8_lossy(&word.raw[..at.unwrap_or(word.raw.len())]);
        let value = Word { raw: at.map_or(&[], |at| &word.raw[at + 1..]), ..*word }.text();
        let Some(key) = read_key(&name) else {
            return Err(word.mistake(format!("a parameter of a service was expected, as alpn=h2 or key65000=x, and here is {name}")));
        };
        // The number of a key is a way to give its value as bytes.
        let read = if name.starts_with("key") { Some(value) } else { read_value(key, at.is_some(), &value) };
        let wrong = || word.mistake(format!("this is no value of {name}: {}", expected(key)));
        found.push((key, read.ok_or_else(wrong)?, word));
    }
    found.sort_by_key(|(key, ..)| *key);
    if let Some(two) = found.windows(2).find(|two| two[0].0 == two[1].0) {
        return Err(two[1].2.mistake("this parameter is there twice"));
    }
    let has = |key: u16| found.iter().any(|(other, ..)| *other == key);
    for (number, value, word) in &found {
        // RFC 9460 §8: what is mandatory is there.
        let missing = |two: &[u8; 2]| !has(u16::from_be_bytes(*two));
        if *number == key::MANDATORY && value.as_chunks::<2>().0.iter().any(missing) {
            return Err(word.mistake("mandatory names a parameter that is not there"));
        }
        if *number == key::NO_DEFAULT_ALPN && !has(key::ALPN) {
            return Err(word.mistake("no-default-alpn without alpn: then no protocol is left (RFC 9460 §7.1.1)"));
        }
        bytes.extend(number.to_be_bytes());
        let len = u16::try_from(value.len()).map_err(|_| word.mistake("this value is longer than 65535 bytes"))?;
        bytes.extend(len.to_be_bytes());
        bytes.extend(value);
    }
    Ok(())
}

fn read_key(name: &str) -> Option<u16> {
    let known = KEYS.iter().position(|key| *key == name).and_then(|place| u16::try_from(place).ok());
    known.or_else(|| name.strip_prefix("key")?.parse().ok())
}

fn read_value(key: u16, given: bool, value: &[u8]) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(value).ok();
    let mut bytes = Vec::new();
    match key {
        key::MANDATORY => {
            let mut keys = text?.split(',').map(read_key).collect::<Option<Vec<_>>>()?;
            keys.sort_unstable();
            if keys.contains(&key::MANDATORY) || keys.windows(2).any(|two| two[0] == two[1]) {
                return None;
            }
            keys.iter().for_each(|key| bytes.extend(key.to_be_bytes()));
        }
        key::ALPN => {
            for name in list(value) {
                bytes.push(u8::try_from(name.len()).ok().filter(|len| *len > 0)?);
                bytes.extend(name);
            }
        }
        key::NO_DEFAULT_ALPN | key::OHTTP => return (!given || value.is_empty()).then_some(bytes),
        key::PORT => bytes.extend(text?.parse::<u16>().ok()?.to_be_bytes()),
        key::IPV4HINT => {
            for address in text?.split(',') {
                bytes.extend(address.parse::<Ipv4Addr>().ok()?.octets());
            }
        }
        key::IPV6HINT => {
            for address in text?.split(',') {
                bytes.extend(address.parse::<Ipv6Addr>().ok()?.octets());
            }
        }
        key::ECH => bytes = coded::base64(text?).filter(|ech| !ech.is_empty())?,
        _ => bytes = value.to_vec(),
    }
    Some(bytes)
}

fn expected(key: u16) -> &'static str {
    match key {
        key::MANDATORY => "names of other parameters with commas between, none twice",
        key::ALPN => "names of protocols with commas between, as h2,h3",
        key::NO_DEFAULT_ALPN | key::OHTTP => "it has none",
        key::PORT => "a port",
        key::IPV4HINT => "IPv4 addresses with commas between",
        key::IPV6HINT => "IPv6 addresses with commas between",
        key::ECH => "bytes in base 64",
        _ => "a text",
    }
}

/// RFC 9460 appendix A.1: commas stand between, and are escaped with a backslash within, as that is.
fn list(value: &[u8]) -> Vec<Vec<u8>> {
    let mut items = vec![Vec::new()];
    let mut bytes = value.iter();
    while let Some(byte) = bytes.next() {
        let last = items.len() - 1;
        match byte {
            b',' => items.push(Vec::new()),
            b'\\' => items[last].extend(bytes.next()),
            byte => items[last].push(*byte),
        }
    }
    items
}
