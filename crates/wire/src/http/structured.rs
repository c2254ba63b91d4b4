//! Structured fields (RFC 8941): values that every recipient reads alike. Dictionaries and lists are read and written; items and
//! parameters also by themselves.
//!
//! A value that breaks the grammar anywhere is no value at all (RFC 8941 §4.2): the caller does as if the field were not there.

use super::decimal;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

mod parse;

/// The greatest integer, and the greatest whole part of none of them (RFC 8941 §3.3.1): fifteen digits.
const MOST: i64 = 999_999_999_999_999;

/// A value without parameters (RFC 8941 §3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bare {
    /// At most fifteen digits.
    Integer(i64),
    /// In thousandths; at most twelve digits before the point.
    Decimal(i64),
    /// Printable ASCII.
    String(String),
    /// Begins with a letter or `*`.
    Token(String),
    /// Any bytes; base64 on the wire.
    Bytes(Vec<u8>),
    /// `?1` or `?0`.
    Boolean(bool),
}

/// What stands behind a value, each key once, in the order of first appearance (RFC 8941 §3.1.2).
pub type Parameters = Vec<(String, Bare)>;

/// A value with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The value.
    pub bare: Bare,
    /// What is said about it.
    pub parameters: Parameters,
}

/// What a key of a dictionary stands for (RFC 8941 §3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// One value; a key alone is `Boolean(true)`.
    Item(Item),
    /// An inner list and the parameters of the whole.
    List(Vec<Item>, Parameters),
}

impl Member {
    /// The value, if it is a single one. Parameters are passed over.
    pub fn bare(&self) -> Option<&Bare> {
        match self {
            Member::Item(item) => Some(&item.bare),
            Member::List(..) => None,
        }
    }
}

/// An ordered map, each key once (RFC 8941 §3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    /// Keys are lower case; a key that came twice has its last value at its first place.
    pub members: Vec<(String, Member)>,
}

/// The value breaks the grammar: it counts as absent (RFC 8941 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl Dictionary {
    /// Reads a dictionary from all lines of its field, in order. Lines without anything make an empty one.
    pub fn parse<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Dictionary, Malformed> {
        parse::dictionary(&join(lines))
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Member> {
        self.members.iter().find(|(known, _)| known == key).map(|(_, member)| member)
    }

    /// Appends the dictionary as text. Its content must be what the types promise; [`Dictionary::parse`] makes nothing else.
    pub fn write(&self, out: &mut Vec<u8>) {
        for (index, (key, member)) in self.members.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(key.as_bytes());
            match member {
                // RFC 8941 §4.1.2: true is left out.
                Member::Item(Item { bare: Bare::Boolean(true), parameters }) => write_parameters(parameters, out),
                member => {
                    out.push(b'=');
                    write_member(member, out);
                }
            }
        }
    }
}

/// Reads a list (RFC 8941 §3.1) from all lines of its field, in order. Lines without anything make an empty one.
pub fn parse_list<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Member>, Malformed> {
    parse::list(&join(lines))
}

/// Appends a list as text (RFC 8941 §4.1.1).
pub fn write_list(members: &[Member], out: &mut Vec<u8>) {
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        write_member(member, out);
    }
}

fn write_member(member: &Member, out: &mut Vec<u8>) {
    match member {
        Member::Item(item) => write_item(item, out),
        Member::List(items, parameters) => {
            out.push(b'(');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                write_item(item, out);
            }
            out.push(b')');
            write_parameters(parameters, out);
        }
    }
}

/// RFC 8941 §4.2: the lines of a field as one, joined by commas.
fn join<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut text = Vec::new();
    for (index, line) in lines.enumerate() {
        if index > 0 {
            text.extend_from_slice(b", ");
        }
        text.extend_from_slice(line);
    }
    text
}

/// Appends an item (RFC 8941 §4.1.3).
pub fn write_item(item: &Item, out: &mut Vec<u8>) {
    write_bare(&item.bare, out);
    write_parameters(&item.parameters, out);
}

/// Appends parameters, each with its semicolon (RFC 8941 §4.1.1.2).
pub fn write_parameters(parameters: &[(String, Bare)], out: &mut Vec<u8>) {
    for (key, value) in parameters {
        write_parameter(key, value, out);
    }
}

/// Appends one parameter: `; key=value`, or `; key` for true.
pub fn write_parameter(key: &str, value: &Bare, out: &mut Vec<u8>) {
    debug_assert!(parse::is_key(key.as_bytes()));
    out.extend_from_slice(b"; ");
    out.extend_from_slice(key.as_bytes());
    if *value != Bare::Boolean(true) {
        out.push(b'=');
        write_bare(value, out);
    }
}

/// Appends a value. A number out of range becomes the nearest in range; a character that a string cannot hold becomes `?`; a token that is
/// none is written as a string.
pub fn write_bare(bare: &Bare, out: &mut Vec<u8>) {
    match bare {
        Bare::Integer(number) => write_integer(*number, out),
        Bare::Decimal(thousandths) => write_decimal((*thousandths).clamp(-MOST, MOST), out),
        Bare::String(text) => write_string(text, out),
        Bare::Token(text) => write_token(text, out),
        Bare::Bytes(bytes) => {
            out.push(b':');
            write_base64(bytes, out);
            out.push(b':');
        }
        Bare::Boolean(value) => out.extend_from_slice(if *value { b"?1" } else { b"?0" }),
    }
}

/// Appends an integer, as [`write_bare`] does.
pub fn write_integer(number: i64, out: &mut Vec<u8>) {
    let number = number.clamp(-MOST, MOST);
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(decimal(number.unsigned_abs(), &mut [0; 20]));
}

/// Appends a token, as [`write_bare`] does.
pub fn write_token(text: &str, out: &mut Vec<u8>) {
    if parse::is_token(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
    } else {
        write_string(text, out);
    }
}

/// At least one digit after the point, and no zeros behind (RFC 8941 §4.1.5).
fn write_decimal(thousandths: i64, out: &mut Vec<u8>) {
    if thousandths < 0 {
        out.push(b'-');
    }
    let (whole, rest) = (thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000);
    out.extend_from_slice(whole.to_string().as_bytes());
    out.push(b'.');
    let digits = [rest / 100, rest / 10 % 10, rest % 10].map(|digit| b'0' + digit as u8);
    let used = 3 - digits[1..].iter().rev().take_while(|digit| **digit == b'0').count();
    out.extend_from_slice(&digits[..used]);
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend_from_slice(&[b'\\', character as u8]),
            ' '..='~' => out.push(character as u8),
            _ => out.push(b'?'),
        }
    }
    out.push(b'"');
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 8941 §4.1.8, RFC 4648 §4: with padding, between colons.
/// Appends bytes as base64 with padding (RFC 4648 §4).
pub fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let letters = [18, 12, 6, 0].map(|shift| BASE64[(group >> shift) as usize & 63]);
        out.extend_from_slice(&letters[..chunk.len() + 1]);
        out.extend_from_slice(&b"=="[..3 - chunk.len()]);
    }
}

#[cfg(test)]
mod tests;
