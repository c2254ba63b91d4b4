//! Records as text: one to a line, every name absolute, without its last dot. [`super::zone_file`] has them as zone files need them.

mod coded;

use super::fields::{self, Field};
use super::record::bytes::name_before;
use super::record::key;
use super::{Data, Name, Record, RecordType, zone_file};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::time::Duration;

impl Record {
    /// Reads a line: the owner, a time to live (else `ttl`), the class IN if it is named, the type, the data; names with or without their
    /// last dot. `None` if it is not such a line.
    pub fn parse(line: &str, ttl: Duration) -> Option<Record> {
        let ttl = u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX >> 1);
        let (entries, mistakes) = zone_file::read(line.as_bytes(), &Name::root(), ttl);
        let [entry] = <[zone_file::Entry; 1]>::try_from(entries).ok().filter(|_| mistakes.is_empty())?;
        Some(Record { owner: entry.owner, ttl: Duration::from_secs(entry.ttl.into()), data: entry.data })
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.owner, self.ttl.as_secs(), self.data.kind(), self.data)
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_data(f, self, false)
    }
}

/// Writes the data; names with their last dot, if they are to have it.
pub(super) fn write_data(f: &mut impl Write, data: &Data, dot: bool) -> fmt::Result {
    let bytes = data.to_wire();
    if let Some(text) = fields::of(data.kind()).and_then(|fields| spell(fields, &bytes, dot)) {
        return f.write_str(&text);
    }
    // RFC 3597 §5.
    write!(f, "\\# {}", bytes.len())?;
    f.write_str(if bytes.is_empty() { "" } else { " " })?;
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// A name with all escapes that a zone file needs.
pub(super) fn write_name(f: &mut impl Write, name: &Name, dot: bool) -> fmt::Result {
    if name.is_root() {
        return f.write_char('.');
    }
    for (place, label) in name.labels().enumerate() {
        f.write_str(if place == 0 { "" } else { "." })?;
        for byte in label {
            match byte {
                b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => write!(f, "\\{}", char::from(*byte))?,
                b'!'..=b'~' => f.write_char(char::from(*byte))?,
                other => write!(f, "\\{other:03}")?,
            }
        }
    }
    f.write_str(if dot { "." } else { "" })
}

/// The data of a type in words. `None` if these bytes are no such data.
pub(super) fn spell(fields: &[Field], bytes: &[u8], dot: bool) -> Option<String> {
    let mut text = String::new();
    let mut rest = bytes;
    for (place, field) in fields.iter().enumerate() {
        let before = text.len();
        if place > 0 {
            text.push(' ');
        }
        rest = spell_one(*field, rest, dot, &mut text)?;
        // Types and parameters may be none.
        if text.len() == before + 1 && place > 0 {
            text.pop();
        }
    }
    rest.is_empty().then_some(text)
}

fn spell_one<'b>(field: Field, bytes: &'b [u8], dot: bool, text: &mut String) -> Option<&'b [u8]> {
    let rest = match field {
        Field::Name => {
            let (name, rest) = name_before(bytes)?;
            write_name(text, &name, dot).ok()?;
            rest
        }
        Field::V4 => {
            let (address, rest) = bytes.split_first_chunk::<4>()?;
            write!(text, "{}", core::net::Ipv4Addr::from(*address)).ok()?;
            rest
        }
        Field::V6 => {
            let (address, rest) = bytes.split_first_chunk::<16>()?;
            write!(text, "{}", core::net::Ipv6Addr::from(*address)).ok()?;
            rest
        }
        Field::Text => {
            let (quoted, rest) = with_length(bytes)?;
            write_quoted(text, quoted).ok()?;
            rest
        }
        Field::Salt | Field::Hash => {
            let (value, rest) = with_length(bytes)?;
            match (field, value) {
                (Field::Salt, []) => text.push('-'),
                (Field::Salt, value) => coded::hexadecimal(value, text),
                (_, []) => return None,
                (_, value) => coded::base32(value, text),
            }
            rest
        }
        Field::Hyphened(len) => {
            let (value, rest) = bytes.split_at_checked(usize::from(len))?;
            coded::apart(value, '-', 1, text);
            rest
        }
        Field::Groups => {
            let (value, rest) = bytes.split_at_checked(8)?;
            coded::apart(value, ':', 2, text);
            rest
        }
        Field::Texts | Field::Rest | Field::Hex | Field::Base64 | Field::Types | Field::Params => {
            spell_rest(field, bytes, text)?;
            &[]
        }
        Field::Number8 | Field::Algorithm => spell_number(field, bytes, 1, text)?,
        Field::Number16 | Field::Type => spell_number(field, bytes, 2, text)?,
        Field::Number32 | Field::Span | Field::Moment => spell_number(field, bytes, 4, text)?,
    };
    Some(rest)
}

fn spell_number<'b>(field: Field, bytes: &'b [u8], len: usize, text: &mut String) -> Option<&'b [u8]> {
    let (number, rest) = bytes.split_at_checked(len)?;
    let number = number.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    match field {
        Field::Type => write!(text, "{}", RecordType(u16::try_from(number).ok()?)).ok()?,
        Field::Moment => text.push_str(&coded::moment(number)),
        _ => write!(text, "{number}").ok()?,
    }
    Some(rest)
}

/// A part that goes on to the end.
fn spell_rest(field: Field, bytes: &[u8], text: &mut String) -> Option<()> {
    match field {
        Field::Texts => {
            for (place, quoted) in super::record::bytes::texts(bytes)?.iter().enumerate() {
                text.push_str(if place == 0 { "" } else { " " });
                write_quoted(text, quoted).ok()?;
            }
        }
        Field::Rest => write_quoted(text, bytes).ok()?,
        Field::Hex if !bytes.is_empty() => coded::hexadecimal(bytes, text),
        Field::Base64 if !bytes.is_empty() => coded::base64(bytes, text),
        Field::Types => coded::types(bytes, text)?,
        Field::Params => params(bytes, text)?,
        _ => return None,
    }
    Some(())
}

fn with_length(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*len))
}

fn write_quoted(f: &mut impl Write, bytes: &[u8]) -> fmt::Result {
    f.write_char('"')?;
    write_bytes(f, bytes)?;
    f.write_char('"')
}

fn write_bytes(f: &mut impl Write, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| match byte {
        b'"' | b'\\' | b';' => write!(f, "\\{}", char::from(*byte)),
        b' '..=b'~' => f.write_char(char::from(*byte)),
        other => write!(f, "\\{other:03}"),
    })
}

/// The names of the keys of services, by number; every other key is `keyN`.
pub(super) const KEYS: [&str; 9] = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"];

fn params(mut rest: &[u8], text: &mut String) -> Option<()> {
    let (mut before, mut known) = (None, Vec::new());
    while let Some((&[key0, key1, len0, len1], more)) = rest.split_first_chunk::<4>() {
        let key = u16::from_be_bytes([key0, key1]);
        let (value, more) = more.split_at_checked(usize::from(u16::from_be_bytes([len0, len1])))?;
        // RFC 9460 §2.2: keys ascend.
        if before.replace(key).is_some_and(|before| before >= key) {
            return None;
        }
        text.push_str(if text.ends_with(' ') { "" } else { " " });
        param(key, value, text).ok()?;
        known.push((key, value));
        rest = more;
    }
    let has = |key: u16| known.iter().any(|(other, _)| *other == key);
    let mandatory = known.iter().filter(|(key, _)| *key == key::MANDATORY).flat_map(|(_, value)| value.as_chunks::<2>().0);
    // RFC 9460 §8 and §7.1.1.
    let whole = mandatory.into_iter().all(|two| has(u16::from_be_bytes(*two))) && (!has(key::NO_DEFAULT_ALPN) || has(key::ALPN));
    (rest.is_empty() && whole).then_some(())
}

fn param(key: u16, value: &[u8], text: &mut String) -> fmt::Result {
    let (fours, no_four) = value.as_chunks::<4>();
    let (sixteens, no_sixteen) = value.as_chunks::<16>();
    match (key, value) {
        (key::NO_DEFAULT_ALPN | key::OHTTP, []) => text.write_str(KEYS[usize::from(key)]),
        (key::PORT, [high, low]) => write!(text, "port={}", u16::from_be_bytes([*high, *low])),
        (key::ALPN, _) if plain_alpn(value).is_some() => write!(text, "alpn={}", plain_alpn(value).unwrap_or_default().join(",")),
        (key::IPV4HINT, [_, ..]) if no_four.is_empty() => {
            listed(text, "ipv4hint", fours.iter().map(|four| core::net::Ipv4Addr::from(*four)))
        }
        (key::IPV6HINT, [_, ..]) if no_sixteen.is_empty() => {
            listed(text, "ipv6hint", sixteens.iter().map(|sixteen| core::net::Ipv6Addr::from(*sixteen)))
        }
        (key::MANDATORY, _) if plain_keys(value).is_some() => listed(text, "mandatory", plain_keys(value).unwrap_or_default().into_iter()),
        _ => {
            write!(text, "key{key}=\"")?;
            write_bytes(text, value)?;
            text.write_str("\"")
        }
    }
}

fn listed(text: &mut String, key: &str, values: impl Iterator<Item = impl fmt::Display>) -> fmt::Result {
    text.write_str(key)?;
    values.enumerate().try_for_each(|(place, value)| write!(text, "{}{value}", if place == 0 { '=' } else { ',' }))
}

/// A list of keys, if it is in order (RFC 9460 §8).
fn plain_keys(value: &[u8]) -> Option<Vec<String>> {
    let (keys, []) = value.as_chunks::<2>() else { return None };
    let keys: Vec<_> = keys.iter().map(|two| u16::from_be_bytes(*two)).collect();
    let ascending = !keys.is_empty() && keys[0] != key::MANDATORY && keys.windows(2).all(|two| two[0] < two[1]);
    let name = |key: &u16| KEYS.get(usize::from(*key)).map_or_else(|| format!("key{key}"), |name| String::from(*name));
    ascending.then(|| keys.iter().map(name).collect())
}

/// A list of protocols, if it can be written as their names with commas between them.
fn plain_alpn(value: &[u8]) -> Option<Vec<&str>> {
    let mut rest = value;
    let mut names = Vec::new();
    while let Some((name, more)) = with_length(rest).filter(|_| !rest.is_empty()) {
        let plain = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-./_".contains(byte));
        names.push(core::str::from_utf8(name).ok().filter(|_| plain)?);
        rest = more;
    }
    (rest.is_empty() && !names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests;
