//! Bytes in digits.

use crate::dns::RecordType;
use alloc::string::String;
use core::fmt::Write;

pub(super) fn hexadecimal(bytes: &[u8], text: &mut String) {
    bytes.iter().for_each(|byte| text.extend(hexadecimal_digits(*byte)));
}

fn hexadecimal_digits(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'))
}

pub(super) fn base64(bytes: &[u8], text: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    digits(bytes, 6, text, |digit| char::from(DIGITS[digit]));
    text.extend(core::iter::repeat_n('=', (3 - bytes.len() % 3) % 3));
}

/// RFC 4648 §7, without padding.
pub(super) fn base32(bytes: &[u8], text: &mut String) {
    digits(bytes, 5, text, |digit| char::from_digit(digit as u32, 32).unwrap_or('0').to_ascii_uppercase());
}

fn digits(bytes: &[u8], bits: u32, text: &mut String, digit: impl Fn(usize) -> char) {
    let (mut held, mut count) = (0_u32, 0);
    let mask = (1 << bits) - 1;
    for byte in bytes {
        held = (held << 8 | u32::from(*byte)) & 0xffff;
        count += 8;
        while count >= bits {
            count -= bits;
            text.push(digit((held >> count & mask) as usize));
        }
    }
    if count > 0 {
        text.push(digit((held << (bits - count) & mask) as usize));
    }
}

/// Groups of so many bytes, in digits.
pub(super) fn apart(bytes: &[u8], between: char, group: usize, text: &mut String) {
    for (place, group) in bytes.chunks(group).enumerate() {
        text.extend((place > 0).then_some(between));
        hexadecimal(group, text);
    }
}

/// A moment of the years 1970 to 2106, as `YYYYMMDDHHmmSS`.
pub(super) fn moment(seconds: u32) -> String {
    let (days, second) = (i64::from(seconds / 86_400), seconds % 86_400);
    // Eras of 400 years that begin in March, so that a leap day is the last of its year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    let month = (day * 5 + 2) / 153;
    let day = day - (month * 153 + 2) / 5 + 1;
    let year = year + era * 400 + i64::from(month >= 10);
    let month = if month < 10 { month + 3 } else { month - 9 };
    let mut text = String::new();
    let _written_always = write!(text, "{year:04}{month:02}{day:02}{:02}{:02}{:02}", second / 3600, second / 60 % 60, second % 60);
    text
}

/// RFC 4034 §4.1.2: windows ascend, none is empty, and none ends with an empty byte.
pub(super) fn types(mut rest: &[u8], text: &mut String) -> Option<()> {
    let mut before = None;
    let mut first = true;
    while let [window, len, more @ ..] = rest {
        let (map, more) = more.split_at_checked(usize::from(*len))?;
        if !(1..=32).contains(len) || map.last() == Some(&0) || before.replace(*window).is_some_and(|before| before >= *window) {
            return None;
        }
        for (place, byte) in map.iter().enumerate() {
            for bit in (0..8).filter(|bit| byte & 0x80 >> bit != 0) {
                let low = u8::try_from(place * 8 + bit).ok()?;
                text.push_str(if first { "" } else { " " });
                write!(text, "{}", RecordType(u16::from_be_bytes([*window, low]))).ok()?;
                first = false;
            }
        }
        rest = more;
    }
    rest.is_empty().then_some(())
}
