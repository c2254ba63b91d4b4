//! The data of records in zone files.

mod coded;
mod service;

use super::names::name;
use super::{Mistake, Word};
use crate::dns::fields::{self, ALGORITHMS, Field};
use crate::dns::text::spell;
use crate::dns::{Data, Name, RecordType};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

/// Reads the data of a record; `end` is where its words would begin, if there are none.
pub(super) fn data(kind: RecordType, words: &[Word<'_>], origin: &Name, end: (u32, u32)) -> Result<Data, Mistake> {
    let at = words.first().map_or(end, |word| (word.line, word.column));
    let wrong = |what: String| Mistake { line: at.0, column: at.1, what };
    let bytes = match (words.split_first(), fields::of(kind)) {
        (Some((mark, rest)), fields) if mark.raw == b"\\#" => {
            let bytes = as_bytes(mark, rest)?;
            // RFC 3597 §5: of a type that is known, they are held against what is known of it.
            if fields.is_some_and(|fields| spell(fields, &bytes, true).is_none()) {
                return Err(wrong(format!("these bytes are no data of type {kind}")));
            }
            bytes
        }
        (_, Some(fields)) => read(kind, fields, &mut Words { words, end, origin })?,
        (_, None) => {
            let what = "is only known as bytes: write it as `\\# LENGTH HEXADECIMAL` (RFC 3597 §5)";
            return Err(wrong(format!("the data of type {kind} {what}")));
        }
    };
    if bytes.len() > usize::from(u16::MAX) {
        return Err(wrong(format!("{} bytes are more than a record has room for", bytes.len())));
    }
    Data::from_wire(kind, &bytes).ok_or_else(|| wrong(format!("this is no data of type {kind}")))
}

/// The words of a record's data that are still to be read.
struct Words<'w, 't> {
    words: &'w [Word<'t>],
    end: (u32, u32),
    origin: &'w Name,
}

impl<'w, 't> Words<'w, 't> {
    fn one(&mut self, kind: RecordType, field: Field) -> Result<&'w Word<'t>, Mistake> {
        let Some((word, rest)) = self.words.split_first() else {
            let (line, column) = self.end;
            return Err(Mistake { line, column, what: format!("{} was expected, as a part of {kind} data", expected(field)) });
        };
        (self.words, self.end) = (rest, word.end());
        Ok(word)
    }

    /// All that are left, without spaces between.
    fn joined(&mut self) -> String {
        let words = core::mem::take(&mut self.words);
        words.iter().map(|word| String::from_utf8_lossy(word.raw)).collect()
    }
}

fn read(kind: RecordType, fields: &[Field], words: &mut Words<'_, '_>) -> Result<Vec<u8>, Mistake> {
    let mut bytes = Vec::new();
    for field in fields {
        match field {
            Field::Texts => {
                // One at least.
                bytes.extend(text(words.one(kind, *field)?)?);
                while !words.words.is_empty() {
                    bytes.extend(text(words.one(kind, *field)?)?);
                }
            }
            Field::Types => coded::types(core::mem::take(&mut words.words), &mut bytes)?,
            Field::Params => service::params(core::mem::take(&mut words.words), &mut bytes)?,
            Field::Hex | Field::Base64 => {
                let first = *words.one(kind, *field)?;
                let text = format!("{}{}", String::from_utf8_lossy(first.raw), words.joined());
                let decoded = if *field == Field::Hex { coded::hexadecimal(&text) } else { coded::base64(&text) };
                bytes.extend(decoded.ok_or_else(|| first.mistake(format!("{} was expected", expected(*field))))?);
            }
            _ => one(kind, *field, words, &mut bytes)?,
        }
    }
    match words.words.first() {
        Some(word) => Err(word.mistake(format!("this is too much: the data of type {kind} ends before it"))),
        None => Ok(bytes),
    }
}

/// A part that is one word.
fn one(kind: RecordType, field: Field, words: &mut Words<'_, '_>, bytes: &mut Vec<u8>) -> Result<(), Mistake> {
    let word = words.one(kind, field)?;
    let wrong = || word.mistake(format!("{} was expected, and here is {}", expected(field), String::from_utf8_lossy(word.raw)));
    let plain = core::str::from_utf8(word.raw).map_err(|_| wrong());
    match field {
        Field::Number8 => bytes.push(plain?.parse().map_err(|_| wrong())?),
        Field::Number16 => bytes.extend(plain?.parse::<u16>().map_err(|_| wrong())?.to_be_bytes()),
        Field::Number32 => bytes.extend(plain?.parse::<u32>().map_err(|_| wrong())?.to_be_bytes()),
        Field::Span => bytes.extend(span(word)?.to_be_bytes()),
        Field::Name => bytes.extend(name(word, words.origin)?.as_wire()),
        Field::V4 => bytes.extend(plain?.parse::<Ipv4Addr>().map_err(|_| wrong())?.octets()),
        Field::V6 => bytes.extend(plain?.parse::<Ipv6Addr>().map_err(|_| wrong())?.octets()),
        Field::Text => bytes.extend(text(word)?),
        Field::Rest => bytes.extend(word.text()),
        Field::Type => bytes.extend(RecordType::parse(plain?).ok_or_else(wrong)?.0.to_be_bytes()),
        Field::Algorithm => {
            let plain = plain?;
            let known = ALGORITHMS.iter().find(|(name, _)| name.eq_ignore_ascii_case(plain)).map(|(_, number)| *number);
            bytes.push(known.or_else(|| plain.parse().ok()).ok_or_else(wrong)?);
        }
        Field::Moment => bytes.extend(coded::moment(plain?).ok_or_else(wrong)?.to_be_bytes()),
        Field::Salt => bytes.extend(coded::salt(plain?).ok_or_else(wrong)?),
        Field::Hash => bytes.extend(coded::hash(plain?).ok_or_else(wrong)?),
        Field::Hyphened(len) => bytes.extend(coded::apart(plain?, '-', 2, usize::from(len)).ok_or_else(wrong)?),
        Field::Groups => bytes.extend(coded::apart(plain?, ':', 4, 4).ok_or_else(wrong)?),
        Field::Texts | Field::Types | Field::Params | Field::Hex | Field::Base64 => unreachable!("these take all words that are left"),
    }
    Ok(())
}

fn expected(field: Field) -> &'static str {
    match field {
        Field::Number8 => "a number from 0 to 255",
        Field::Number16 => "a number from 0 to 65535",
        Field::Number32 => "a number from 0 to 4294967295",
        Field::Span => "a time, in seconds or as 1h30m",
        Field::Name => "a name",
        Field::V4 => "an IPv4 address",
        Field::V6 => "an IPv6 address",
        Field::Text | Field::Texts | Field::Rest => "a text",
        Field::Type => "a type of records",
        Field::Algorithm => "the number or the name of an algorithm",
        Field::Moment => "a moment, as YYYYMMDDHHmmSS",
        Field::Hex => "bytes in hexadecimal digits",
        Field::Base64 => "bytes in base 64",
        Field::Salt => "a salt in hexadecimal digits, or -",
        Field::Hash => "a hash in base 32",
        Field::Types => "types of records",
        Field::Params => "parameters of a service",
        Field::Hyphened(_) => "bytes with hyphens between, as 00-00-5e-00-53-2a",
        Field::Groups => "four groups of four digits, as 0014:4fff:ff20:ee64",
    }
}

/// A text with its length before it.
fn text(word: &Word<'_>) -> Result<Vec<u8>, Mistake> {
    let mut text = word.text();
    let Ok(len) = u8::try_from(text.len()) else {
        return Err(word.mistake(format!("a text of {} bytes: one has 255 at the most; write several, each in its quotes", text.len())));
    };
    text.insert(0, len);
    Ok(text)
}

/// Seconds, or numbers with units, of which each is there once at the most: weeks, days, hours, minutes, seconds.
pub(super) fn span(word: &Word<'_>) -> Result<u32, Mistake> {
    let wrong = || word.mistake(format!("a time was expected, in seconds or as 1h30m, and here is {}", String::from_utf8_lossy(word.raw)));
    let (mut total, mut number) = (0_u64, None::<u64>);
    for byte in word.raw {
        match byte {
            b'0'..=b'9' => number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(u64::from(byte - b'0'))),
            unit => {
                let seconds = match unit.to_ascii_lowercase() {
                    b'w' => 604_800,
                    b'd' => 86_400,
                    b'h' => 3600,
                    b'm' => 60,
                    b's' => 1,
                    _ => return Err(wrong()),
                };
                total = total.saturating_add(number.take().ok_or_else(wrong)?.saturating_mul(seconds));
            }
        }
    }
    // A number without a unit is seconds only where it stands alone.
    let total = match number {
        Some(number) if total == 0 => number,
        Some(_) => return Err(wrong()),
        None => total,
    };
    u32::try_from(total).ok().filter(|_| !word.raw.is_empty()).ok_or_else(wrong)
}

/// RFC 3597 §5.
fn as_bytes(mark: &Word<'_>, words: &[Word<'_>]) -> Result<Vec<u8>, Mistake> {
    let Some((first, rest)) = words.split_first() else {
        return Err(mark.after("a length was expected: the number of bytes that follow"));
    };
    let len: u16 = core::str::from_utf8(first.raw)
        .ok()
        .and_then(|len| len.parse().ok())
        .ok_or_else(|| first.mistake("a length was expected: the number of bytes that follow"))?;
    let text: String = rest.iter().map(|word| String::from_utf8_lossy(word.raw)).collect();
    let bytes =
        coded::hexadecimal(&text).ok_or_else(|| rest.first().unwrap_or(first).mistake("bytes in hexadecimal digits were expected"))?;
    if bytes.len() == usize::from(len) {
        Ok(bytes)
    } else {
        Err(first.mistake(format!("{len} bytes were announced, and {} are there", bytes.len())))
    }
}
