//! Media types as browsers read them (WHATWG MIME Sniffing §4): more forgiving than RFC 9110 §8.3.1, and what decides what users see.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

/// Parameters that are kept of one media type; a real one has one or two.
const MOST_PARAMETERS: usize = 16;

/// A media type: `text/html; charset=utf-8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// The main type, in lower case: `text`.
    pub main: String,
    /// The sub type, in lower case: `html`.
    pub sub: String,
    /// Names in lower case, and values as they came without their quotes; the first of each name, in order.
    pub parameters: Vec<(String, String)>,
}

impl MediaType {
    /// One without parameters.
    pub fn new(main: &str, sub: &str) -> MediaType {
        MediaType { main: main.into(), sub: sub.into(), parameters: Vec::new() }
    }

    /// Reads one. `None`: there is no main type, no slash, or no sub type, or they are not made of token characters.
    pub fn parse(text: &[u8]) -> Option<MediaType> {
        let text = trim(text, is_space);
        let slash = text.iter().position(|byte| *byte == b'/')?;
        let (main, rest) = (&text[..slash], &text[slash + 1..]);
        let end = rest.iter().position(|byte| *byte == b';').unwrap_or(rest.len());
        let sub = trim_end(&rest[..end]);
        let mut found = MediaType { main: token(main)?, sub: token(sub)?, parameters: Vec::new() };
        let mut rest = &rest[end..];
        while let [b';', after @ ..] = rest {
            rest = found.read_parameter(after);
        }
        Some(found)
    }

    /// Reads one parameter behind its semicolon, and returns what follows it. What is no parameter is skipped.
    fn read_parameter<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let start = text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len());
        let text = &text[start..];
        let end = text.iter().position(|byte| matches!(byte, b';' | b'=')).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let [b'=', rest @ ..] = rest else { return rest };
        let (value, rest) = match rest {
            [b'"', quoted @ ..] => {
                let (value, rest) = unquote(quoted);
                // What stands between the closing quote and the next semicolon is ignored.
                (value, &rest[rest.iter().position(|byte| *byte == b';').unwrap_or(rest.len())..])
            }
            _ => {
                let (value, rest) = rest.split_at(rest.iter().position(|byte| *byte == b';').unwrap_or(rest.len()));
                let value = trim_end(value);
                if value.is_empty() {
                    return rest;
                }
                (value.to_vec(), rest)
            }
        };
        let is_new = |name: &String| self.parameters.iter().all(|(known, _)| known != name);
        if let Some(name) = token(name).filter(is_new)
            && value.iter().all(|byte| is_value(*byte))
            && self.parameters.len() < MOST_PARAMETERS
        {
            // A byte is a code point here (isomorphic decoding).
            self.parameters.push((name, value.iter().map(|byte| char::from(*byte)).collect()));
        }
        rest
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is `main/sub`, whatever its parameters.
    pub fn is(&self, main: &str, sub: &str) -> bool {
        self.main == main && self.sub == sub
    }

    /// Whether it is XML (§4.6).
    pub fn is_xml(&self) -> bool {
        self.sub.ends_with("+xml") || self.is("text", "xml") || self.is("application", "xml")
    }

    /// Whether it is JSON (§4.6).
    pub fn is_json(&self) -> bool {
        self.sub.ends_with("+json") || self.is("application", "json") || self.is("text", "json")
    }

    /// Whether it is JavaScript (§4.6).
    pub fn is_javascript(&self) -> bool {
        matches!(&*self.sub, "javascript" | "ecmascript" | "x-javascript" | "x-ecmascript") && matches!(&*self.main, "text" | "application")
    }

    /// Whether its content is characters, so that an encoding of them matters.
    pub fn is_text(&self) -> bool {
        self.main == "text" || self.is_xml() || self.is_json() || self.is_javascript()
    }
}

/// As it is written: a value in quotes where it needs them.
impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.main, self.sub)?;
        for (name, value) in &self.parameters {
            write!(f, ";{name}=")?;
            if !value.is_empty() && value.chars().all(|one| u8::try_from(one).is_ok_and(is_token_byte)) {
                f.write_str(value)?;
                continue;
            }
            f.write_char('"')?;
            for one in value.chars() {
                if matches!(one, '"' | '\\') {
                    f.write_char('\\')?;
                }
                f.write_char(one)?;
            }
            f.write_char('"')?;
        }
        Ok(())
    }
}

/// The value of a quoted string behind its opening quote, and what follows the closing one.
fn unquote(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    let mut rest = text;
    loop {
        match rest {
            [] => return (value, rest),
            [b'"', after @ ..] => return (value, after),
            [b'\\', byte, after @ ..] => {
                value.push(*byte);
                rest = after;
            }
            // A backslash at the very end stands for itself.
            [byte, after @ ..] => {
                value.push(*byte);
                rest = after;
            }
        }
    }
}

/// In lower case, if it is made of token characters.
fn token(text: &[u8]) -> Option<String> {
    let sound = !text.is_empty() && text.iter().all(|byte| is_token_byte(*byte));
    sound.then(|| text.iter().map(|byte| char::from(byte.to_ascii_lowercase())).collect())
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// HTTP quoted-string token code points.
fn is_value(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

/// HTTP white space.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [before @ .., last] = text
        && is_space(*last)
    {
        text = before;
    }
    text
}

fn trim(mut text: &[u8], is_space: fn(u8) -> bool) -> &[u8] {
    while let [first, after @ ..] = text
        && is_space(*first)
    {
        text = after;
    }
    trim_end(text)
}

#[cfg(test)]
mod tests;
