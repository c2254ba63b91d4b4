//! The parsing algorithms of RFC 8941 §4.2, as they stand there.

use super::{Bare, Dictionary, Item, MOST, Malformed, Member, Parameters};
use crate::http1::is_token as is_token_character;
use alloc::string::String;
use alloc::vec::Vec;

type Parsed<T> = Result<T, Malformed>;

/// What is left of the text.
struct Rest<'a>(&'a [u8]);

/// RFC 8941 §4.2, §4.2.2
pub(super) fn dictionary(text: &[u8]) -> Parsed<Dictionary> {
    let mut rest = Rest(text);
    rest.skip(b" ");
    let mut members: Vec<(String, Member)> = Vec::new();
    while !rest.0.is_empty() {
        let key = key(&mut rest)?;
        let member = if rest.take(b'=') { member(&mut rest)? } else { Member::Item(truth(&mut rest)?) };
        set(&mut members, key, member);
        rest.skip(b" \t");
        if rest.0.is_empty() {
            break;
        }
        if !rest.take(b',') {
            // Blanks at the very end were skipped: what stands here is no dictionary's.
            return Err(Malformed);
        }
        rest.skip(b" \t");
        // A comma with nothing behind it.
        if rest.0.is_empty() {
            return Err(Malformed);
        }
    }
    Ok(Dictionary { members })
}

/// RFC 8941 §4.2, §4.2.1
pub(super) fn list(text: &[u8]) -> Parsed<Vec<Member>> {
    let mut rest = Rest(text);
    rest.skip(b" ");
    let mut members = Vec::new();
    while !rest.0.is_empty() {
        members.push(member(&mut rest)?);
        rest.skip(b" \t");
        if rest.0.is_empty() {
            break;
        }
        if !rest.take(b',') {
            return Err(Malformed);
        }
        rest.skip(b" \t");
        if rest.0.is_empty() {
            return Err(Malformed);
        }
    }
    Ok(members)
}

/// The last value of a key counts, at the place of the first.
fn set<T>(into: &mut Vec<(String, T)>, key: String, value: T) {
    match into.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => into.push((key, value)),
    }
}

fn truth(rest: &mut Rest<'_>) -> Parsed<Item> {
    Ok(Item { bare: Bare::Boolean(true), parameters: parameters(rest)? })
}

/// RFC 8941 §4.2.1.1, §4.2.1.2
fn member(rest: &mut Rest<'_>) -> Parsed<Member> {
    if !rest.take(b'(') {
        return Ok(Member::Item(item(rest)?));
    }
    let mut items = Vec::new();
    loop {
        rest.skip(b" ");
        if rest.take(b')') {
            return Ok(Member::List(items, parameters(rest)?));
        }
        items.push(item(rest)?);
        if !matches!(rest.0.first(), Some(b' ' | b')')) {
            return Err(Malformed);
        }
    }
}

/// RFC 8941 §4.2.3
fn item(rest: &mut Rest<'_>) -> Parsed<Item> {
    Ok(Item { bare: bare(rest)?, parameters: parameters(rest)? })
}

/// RFC 8941 §4.2.3.2
fn parameters(rest: &mut Rest<'_>) -> Parsed<Parameters> {
    let mut parameters = Vec::new();
    while rest.take(b';') {
        rest.skip(b" ");
        let key = key(rest)?;
        let value = if rest.take(b'=') { bare(rest)? } else { Bare::Boolean(true) };
        set(&mut parameters, key, value);
    }
    Ok(parameters)
}

/// RFC 8941 §4.2.3.3
fn key(rest: &mut Rest<'_>) -> Parsed<String> {
    if !matches!(rest.0.first(), Some(b'a'..=b'z' | b'*')) {
        return Err(Malformed);
    }
    Ok(rest.text_while(is_key_byte))
}

/// RFC 8941 §4.2.3.1
fn bare(rest: &mut Rest<'_>) -> Parsed<Bare> {
    match rest.0.first() {
        Some(b'-' | b'0'..=b'9') => number(rest),
        Some(b'"') => string(rest),
        Some(b'*' | b'a'..=b'z' | b'A'..=b'Z') => Ok(Bare::Token(rest.text_while(is_token_byte))),
        Some(b':') => bytes(rest),
        Some(b'?') => match rest.0 {
            [_, value @ (b'0' | b'1'), after @ ..] => {
                rest.0 = after;
                Ok(Bare::Boolean(*value == b'1'))
            }
            _ => Err(Malformed),
        },
        _ => Err(Malformed),
    }
}

/// RFC 8941 §4.2.4
fn number(rest: &mut Rest<'_>) -> Parsed<Bare> {
    let sign = if rest.take(b'-') { -1 } else { 1 };
    let whole = rest.bytes_while(|byte| byte.is_ascii_digit());
    if whole.is_empty() {
        return Err(Malformed);
    }
    if rest.0.first() != Some(&b'.') {
        let number = digits(whole, 15)?;
        debug_assert!(number <= MOST);
        return Ok(Bare::Integer(sign * number));
    }
    rest.take(b'.');
    let fraction = rest.bytes_while(|byte| byte.is_ascii_digit());
    if fraction.is_empty() || fraction.len() > 3 {
        return Err(Malformed);
    }
    let thousandths = digits(fraction, 3)? * [100, 10, 1][fraction.len() - 1];
    Ok(Bare::Decimal(sign * (digits(whole, 12)? * 1000 + thousandths)))
}

fn digits(text: &[u8], most: usize) -> Parsed<i64> {
    if text.len() > most {
        return Err(Malformed);
    }
    Ok(text.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

/// RFC 8941 §4.2.5
fn string(rest: &mut Rest<'_>) -> Parsed<Bare> {
    rest.take(b'"');
    let mut text = String::new();
    loop {
        match rest.0 {
            [b'"', after @ ..] => {
                rest.0 = after;
                return Ok(Bare::String(text));
            }
            [b'\\', escaped @ (b'"' | b'\\'), after @ ..] => {
                text.push(char::from(*escaped));
                rest.0 = after;
            }
            [b'\\', ..] => return Err(Malformed),
            [byte @ b' '..=b'~', after @ ..] => {
                text.push(char::from(*byte));
                rest.0 = after;
            }
            _ => return Err(Malformed),
        }
    }
}

/// RFC 8941 §4.2.7. Padding may be missing, and bits that padding leaves over may be set: both are for the recipient to forgive.
fn bytes(rest: &mut Rest<'_>) -> Parsed<Bare> {
    rest.take(b':');
    let end = rest.0.iter().position(|byte| *byte == b':').ok_or(Malformed)?;
    let (mut text, after) = (&rest.0[..end], &rest.0[end + 1..]);
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    text = &text[..text.len() - padding];
    // What was left out at the end can be one letter's or two letters' worth, never three.
    if text.len() % 4 == 1 || padding > 0 && !(text.len() + padding).is_multiple_of(4) || padding > 2 {
        return Err(Malformed);
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.chunks(4) {
        let mut group = 0;
        for letter in chunk {
            group = group << 6 | u32::from(sextet(*letter)?);
        }
        group <<= 6 * (4 - chunk.len());
        bytes.extend_from_slice(&group.to_be_bytes()[1..chunk.len()]);
    }
    rest.0 = after;
    Ok(Bare::Bytes(bytes))
}

fn sextet(letter: u8) -> Parsed<u8> {
    match letter {
        b'A'..=b'Z' => Ok(letter - b'A'),
        b'a'..=b'z' => Ok(letter - b'a' + 26),
        b'0'..=b'9' => Ok(letter - b'0' + 52),
        b'+' => Ok(62),
        b'/' => Ok(63),
        _ => Err(Malformed),
    }
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte)
}

fn is_token_byte(byte: u8) -> bool {
    matches!(byte, b':' | b'/') || is_token_character(byte)
}

/// Whether the text is a key (RFC 8941 §3.1.2).
pub(super) fn is_key(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'a'..=b'z' | b'*')) && text.iter().all(|byte| is_key_byte(*byte))
}

/// Whether the text is a token (RFC 8941 §3.3.4).
pub(super) fn is_token(text: &[u8]) -> bool {
    text.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'*') && text.iter().all(|byte| is_token_byte(*byte))
}

impl<'a> Rest<'a> {
    fn take(&mut self, byte: u8) -> bool {
        let there = self.0.first() == Some(&byte);
        self.0 = &self.0[usize::from(there)..];
        there
    }

    fn skip(&mut self, blanks: &[u8]) {
        self.bytes_while(|byte| blanks.contains(&byte));
    }

    fn bytes_while(&mut self, fits: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|byte| !fits(*byte)).unwrap_or(self.0.len());
        let (taken, after) = self.0.split_at(end);
        self.0 = after;
        taken
    }

    /// The bytes that `fits` allows, which are ASCII.
    fn text_while(&mut self, fits: impl Fn(u8) -> bool) -> String {
        self.bytes_while(fits).iter().map(|byte| char::from(*byte)).collect()
    }
}
