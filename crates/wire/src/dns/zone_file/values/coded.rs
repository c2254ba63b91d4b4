//! Bytes in digits.

use super::super::{Mistake, Word};
use crate::dns::RecordType;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub(super) fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()).collect()
}

/// RFC 4648 §4; what is missing of the padding is not missed.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    digits(text.trim_end_matches('='), 6, digit)
}

/// RFC 4648 §7.
fn base32(text: &str) -> Option<Vec<u8>> {
    digits(text, 5, |byte| char::from(byte).to_digit(32).and_then(|digit| u8::try_from(digit).ok()))
}

fn digits(text: &str, bits: u32, digit: impl Fn(u8) -> Option<u8>) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut held, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        held = held << bits | u32::from(digit(byte)?);
        count += bits;
        if count >= 8 {
            count -= 8;
            bytes.push((held >> count) as u8);
            held &= (1 << count) - 1;
        }
    }
    // What is left is less than a digit, and zero.
    (count < bits && held == 0).then_some(bytes)
}

pub(super) fn salt(text: &str) -> Option<Vec<u8>> {
    let bytes = if text == "-" { Vec::new() } else { hexadecimal(text)? };
    with_length(bytes)
}

pub(super) fn hash(text: &str) -> Option<Vec<u8>> {
    with_length(base32(text)?)
}

fn with_length(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let len = u8::try_from(bytes.len()).ok()?;
    bytes.insert(0, len);
    Some(bytes)
}

/// So many groups of hexadecimal digits.
pub(super) fn apart(text: &str, between: char, digits: usize, groups: usize) -> Option<Vec<u8>> {
    let parts: Vec<_> = text.split(between).collect();
    let whole = parts.len() == groups && parts.iter().all(|part| part.len() == digits);
    whole.then(|| parts.concat()).and_then(|text| hexadecimal(&text))
}

/// Seconds since 1970, modulo 2^32 (RFC 4034 §3.1.5).
pub(super) fn moment(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() != 14 || !digits {
        return text.parse().ok().filter(|_| digits);
    }
    let number = |range: core::ops::Range<usize>| text[range].parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    let (hour, minute, second) = (number(8..10)?, number(10..12)?, number(12..14)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days before the month, with the year beginning in March, so that a leap day is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    u32::try_from((days * 86_400 + hour * 3600 + minute * 60 + second).rem_euclid(1 << 32)).ok()
}

/// RFC 4034 §4.1.2.
pub(super) fn types(words: &[Word<'_>], bytes: &mut Vec<u8>) -> Result<(), Mistake> {
    let mut kinds = Vec::new();
    for word in words {
        let kind = core::str::from_utf8(word.raw).ok().and_then(RecordType::parse);
        let wrong = || word.mistake(format!("a type of records was expected, and here is {}", String::from_utf8_lossy(word.raw)));
        kinds.push(kind.ok_or_else(wrong)?);
    }
    kinds.sort_unstable();
    kinds.dedup();
    for window in kinds.chunk_by(|one, other| one.0 >> 8 == other.0 >> 8) {
        let last = window.last().map_or(0, |kind| kind.0 & 0xff);
        let mut map = vec![0_u8; usize::from(last / 8) + 1];
        window.iter().for_each(|kind| map[usize::from((kind.0 & 0xff) / 8)] |= 0x80 >> (kind.0 % 8));
        bytes.push(window[0].0.to_be_bytes()[0]);
        bytes.push(u8::try_from(map.len()).expect("a window has 32 bytes at the most"));
        bytes.extend(map);
    }
    Ok(())
}
