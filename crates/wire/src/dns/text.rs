//! Records as zone files write them (RFC 1035 §5.1, RFC 9460 §2.1): one to a line, every name absolute, with or without its last dot.

use super::Name;
use super::record::{Binding, Data, Record, RecordType, Soa, key};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::net::{Ipv4Addr, Ipv6Addr};
use core::time::Duration;

impl Record {
    /// Reads a line: the owner, a time to live in seconds (else `ttl`), the class IN if it is named, the type, the data. `None` if it is
    /// not such a line.
    pub fn parse(line: &str, ttl: Duration) -> Option<Record> {
        let mut words = words(line)?.into_iter().peekable();
        let owner = Name::parse(&text(&words.next()?)?)?;
        let mut span = ttl;
        if let Some(seconds) = words.peek().and_then(|word| text(word)?.parse::<u32>().ok()) {
            span = Duration::from_secs(seconds.into());
            words.next();
        }
        words.next_if(|word| word.eq_ignore_ascii_case(b"IN"));
        let kind = RecordType::parse(&text(&words.next()?)?.to_ascii_uppercase())?;
        Some(Record { owner, ttl: span, data: data(kind, &words.collect::<Vec<_>>())? })
    }
}

fn text(word: &[u8]) -> Option<String> {
    String::from_utf8(word.to_vec()).ok()
}

/// The words of a line up to a comment. Quotes hold spaces together; `\DDD` is a byte, any other `\X` is X.
fn words(line: &str) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quoted = false;
    let mut rest = line.as_bytes();
    while let Some((byte, more)) = rest.split_first() {
        rest = more;
        match byte {
            b'"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            b'\\' => {
                let (byte, more) = escaped(rest)?;
                word.get_or_insert_default().push(byte);
                rest = more;
            }
            b';' if !quoted => break,
            b' ' | b'\t' | b'\r' if !quoted => words.extend(word.take()),
            byte => word.get_or_insert_default().push(*byte),
        }
    }
    words.extend(word);
    (!quoted).then_some(words)
}

fn escaped(rest: &[u8]) -> Option<(u8, &[u8])> {
    match rest.split_first_chunk::<3>() {
        Some((digits, more)) if digits.iter().all(u8::is_ascii_digit) => {
            let number = core::str::from_utf8(digits).ok()?.parse().ok()?;
            Some((number, more))
        }
        _ => rest.split_first().map(|(byte, more)| (*byte, more)),
    }
}

fn data(kind: RecordType, words: &[Vec<u8>]) -> Option<Data> {
    let word = |place: usize| words.get(place).and_then(|word| text(word));
    let name = |place: usize| Name::parse(&word(place)?);
    let number = |place: usize| word(place)?.parse::<u32>().ok();
    let only = |count: usize, data: Data| (words.len() == count).then_some(data);
    match kind {
        RecordType::A => only(1, Data::A(word(0)?.parse().ok()?)),
        RecordType::AAAA => only(1, Data::Aaaa(word(0)?.parse().ok()?)),
        RecordType::NS => only(1, Data::Ns(name(0)?)),
        RecordType::CNAME => only(1, Data::Cname(name(0)?)),
        RecordType::DNAME => only(1, Data::Dname(name(0)?)),
        RecordType::MX => only(2, Data::Mx { preference: word(0)?.parse().ok()?, exchange: name(1)? }),
        RecordType::TXT => (!words.is_empty() && words.iter().all(|word| word.len() <= 255)).then(|| Data::Txt(words.to_vec())),
        RecordType::SOA => {
            let soa = Soa {
                primary: name(0)?,
                mailbox: name(1)?,
                serial: number(2)?,
                refresh: number(3)?,
                retry: number(4)?,
                expire: number(5)?,
                minimum: number(6)?,
            };
            only(7, Data::Soa(soa))
        }
        RecordType::SVCB => Some(Data::Svcb(binding(words)?)),
        RecordType::HTTPS => Some(Data::Https(binding(words)?)),
        _ => None,
    }
}

fn binding(words: &[Vec<u8>]) -> Option<Binding> {
    let [priority, target, params @ ..] = words else { return None };
    let mut found: Vec<(u16, Vec<u8>)> = Vec::new();
    for param in params {
        let at = param.iter().position(|byte| *byte == b'=').unwrap_or(param.len());
        let (key, value) = (text(&param[..at])?, param.get(at + 1..).unwrap_or_default());
        found.push(read_param(&key, value)?);
    }
    found.sort();
    let twice = found.windows(2).any(|two| two[0].0 == two[1].0);
    let priority = text(priority)?.parse().ok()?;
    (!twice).then_some(Binding { priority, target: Name::parse(&text(target)?)?, params: found })
}

/// The names of the keys, by number; every other key is `keyN`.
const KEYS: [&str; 7] = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"];

fn read_key(name: &str) -> Option<u16> {
    let known = KEYS.iter().position(|key| *key == name).and_then(|place| u16::try_from(place).ok());
    known.or_else(|| name.strip_prefix("key")?.parse().ok())
}

fn read_param(name: &str, value: &[u8]) -> Option<(u16, Vec<u8>)> {
    // The number of a key is a way to give its value as bytes.
    if name.starts_with("key") {
        return Some((read_key(name)?, value.to_vec()));
    }
    let key = read_key(name)?;
    let list = || text(value).map(|text| text.split(',').map(String::from).collect::<Vec<_>>());
    let mut bytes = Vec::new();
    match key {
        key::MANDATORY => {
            for name in list()? {
                bytes.extend(read_key(&name)?.to_be_bytes());
            }
        }
        key::ALPN => {
            for name in list()? {
                bytes.push(u8::try_from(name.len()).ok().filter(|len| *len > 0)?);
                bytes.extend(name.bytes());
            }
        }
        key::NO_DEFAULT_ALPN if value.is_empty() => {}
        key::PORT => bytes.extend(text(value)?.parse::<u16>().ok()?.to_be_bytes()),
        key::IPV4HINT => {
            for address in list()? {
                bytes.extend(address.parse::<Ipv4Addr>().ok()?.octets());
            }
        }
        key::IPV6HINT => {
            for address in list()? {
                bytes.extend(address.parse::<Ipv6Addr>().ok()?.octets());
            }
        }
        _ => return None,
    }
    Some((key, bytes))
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.owner, self.ttl.as_secs(), self.data.kind(), self.data)
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Data::A(address) => address.fmt(f),
            Data::Aaaa(address) => address.fmt(f),
            Data::Ns(name) | Data::Cname(name) | Data::Dname(name) => name.fmt(f),
            Data::Soa(soa) => {
                let Soa { primary, mailbox, serial, refresh, retry, expire, minimum } = soa;
                write!(f, "{primary} {mailbox} {serial} {refresh} {retry} {expire} {minimum}")
            }
            Data::Mx { preference, exchange } => write!(f, "{preference} {exchange}"),
            Data::Txt(texts) => {
                for (place, text) in texts.iter().enumerate() {
                    f.write_str(if place == 0 { "\"" } else { " \"" })?;
                    write_bytes(f, text)?;
                    f.write_str("\"")?;
                }
                Ok(())
            }
            Data::Svcb(binding) | Data::Https(binding) => write_binding(f, binding),
            // RFC 3597 §5.
            Data::Other(_, data) => {
                write!(f, "\\# {}", data.len())?;
                f.write_str(if data.is_empty() { "" } else { " " })?;
                data.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| match byte {
        b'"' | b'\\' | b';' => write!(f, "\\{}", char::from(*byte)),
        b' '..=b'~' => f.write_char(char::from(*byte)),
        other => write!(f, "\\{other:03}"),
    })
}

fn write_binding(f: &mut fmt::Formatter<'_>, binding: &Binding) -> fmt::Result {
    write!(f, "{} {}", binding.priority, binding.target)?;
    for (key, value) in &binding.params {
        match (*key, value.as_slice()) {
            (key::NO_DEFAULT_ALPN, []) => f.write_str(" no-default-alpn")?,
            (key::PORT, [high, low]) => write!(f, " port={}", u16::from_be_bytes([*high, *low]))?,
            (key::ALPN, _) if is_plain_alpn(value) => write!(f, " alpn={}", binding.alpn().join(","))?,
            (key::IPV4HINT, _) if !value.is_empty() && value.len() % 4 == 0 => write_hints(f, binding, "ipv4hint", true)?,
            (key::IPV6HINT, _) if !value.is_empty() && value.len() % 16 == 0 => write_hints(f, binding, "ipv6hint", false)?,
            _ => {
                write!(f, " key{key}=\"")?;
                write_bytes(f, value)?;
                f.write_str("\"")?;
            }
        }
    }
    Ok(())
}

/// Whether a list of protocols can be written as their names with commas between them.
fn is_plain_alpn(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some((len, more)) = rest.split_first() {
        let Some((name, more)) = more.split_at_checked(usize::from(*len)) else { return false };
        if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-./_".contains(byte)) {
            return false;
        }
        rest = more;
    }
    !value.is_empty()
}

fn write_hints(f: &mut fmt::Formatter<'_>, binding: &Binding, key: &str, v4: bool) -> fmt::Result {
    write!(f, " {key}")?;
    for (place, address) in binding.hints().iter().filter(|address| address.is_ipv4() == v4).enumerate() {
        write!(f, "{}{address}", if place == 0 { '=' } else { ',' })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
