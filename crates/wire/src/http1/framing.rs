//! What the fields of a head say about the rest of the message (RFC 9112 §6, §9; RFC 9110 §7.6, §7.8, §10.1.1).

use super::section::{is_token_text, members};
use super::{Framing, Rule};
use crate::http::{Known, Version};

/// The facts collected while a head is read, so that its fields are walked once.
#[derive(Default)]
pub(super) struct Facts<'a> {
    /// The value of `Host`.
    pub(super) host: Option<&'a [u8]>,
    length: Option<u64>,
    coding: Coding,
    /// `Connection: close`
    pub(super) close: bool,
    /// `Connection: keep-alive`
    pub(super) keep_alive: bool,
    /// `Connection: upgrade`
    pub(super) upgrade_option: bool,
    /// An `Upgrade` field is there and names something.
    pub(super) upgrade_field: bool,
    /// `Expect: 100-continue`
    pub(super) expects_continue: bool,
}

/// The transfer codings, all `Transfer-Encoding` lines taken as one list.
#[derive(Default)]
struct Coding {
    there: bool,
    chunked: u32,
    others: bool,
    chunked_last: bool,
}

impl<'a> Facts<'a> {
    /// Takes note of one field of a request.
    pub(super) fn note_request(&mut self, known: Known, value: &'a [u8]) -> Result<(), Rule> {
        match known {
            // RFC 9112 §3.2
            Known::Host if self.host.is_some() => return Err(Rule::HostRepeated),
            Known::Host => self.host = Some(value),
            Known::Expect => self.note_expect(value)?,
            _ => self.note_response(known, value)?,
        }
        Ok(())
    }

    /// Takes note of one field that means the same in both directions.
    #[inline(always)]
    pub(super) fn note_response(&mut self, known: Known, value: &[u8]) -> Result<(), Rule> {
        match known {
            Known::Connection => self.note_connection(value),
            Known::ContentLength => self.note_length(value)?,
            Known::TransferEncoding => self.coding.note(value)?,
            Known::Upgrade => self.upgrade_field |= !value.is_empty(),
            _ => {}
        }
        Ok(())
    }

    #[inline(never)]
    fn note_connection(&mut self, value: &[u8]) {
        // What nearly all servers write, and no list.
        if value == b"keep-alive" {
            self.keep_alive = true;
            return;
        }
        for option in members(value) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            self.upgrade_option |= option.eq_ignore_ascii_case(b"upgrade");
        }
    }

    #[inline(never)]
    fn note_length(&mut self, value: &[u8]) -> Result<(), Rule> {
        // RFC 9112 §6.3 lets equal ones be folded into one; no honest sender repeats it, so we do not.
        if self.length.is_some() {
            return Err(Rule::LengthRepeated);
        }
        if value.is_empty() {
            return Err(Rule::LengthSyntax);
        }
        let mut length = Some(0u64);
        for byte in value {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Err(Rule::LengthSyntax);
            }
            length = length.and_then(|sum| sum.checked_mul(10)?.checked_add(u64::from(digit)));
        }
        self.length = Some(length.ok_or(Rule::LengthTooLarge)?);
        Ok(())
    }

    fn note_expect(&mut self, value: &[u8]) -> Result<(), Rule> {
        // RFC 9110 §10.1.1: 100-continue is the only expectation there is.
        if !members(value).all(|member| member.eq_ignore_ascii_case(b"100-continue")) {
            return Err(Rule::Expectation);
        }
        self.expects_continue = true;
        Ok(())
    }

    /// The framing the fields name, which every message has to get right even where it has no body: `None` where they name none.
    pub(super) fn framing(&self, version: Version) -> Result<Option<Framing>, Rule> {
        if !self.coding.there {
            return Ok(self.length.map(|length| if length == 0 { Framing::None } else { Framing::Exact(length) }));
        }
        // RFC 9112 §6.1: the mark of an attempt to smuggle a request.
        if self.length.is_some() {
            return Err(Rule::LengthAndCoding);
        }
        if version == Version::Http10 {
            return Err(Rule::CodingInHttp10);
        }
        // RFC 9112 §6.3: without chunked at the end nobody knows where the body ends.
        if !self.coding.chunked_last {
            return Err(Rule::CodingNotLast);
        }
        if self.coding.chunked > 1 {
            return Err(Rule::CodingRepeated);
        }
        if self.coding.others {
            return Err(Rule::CodingUnknown);
        }
        Ok(Some(Framing::Chunked))
    }

    /// Whether the sender lets the connection live (RFC 9112 §9.3).
    pub(super) fn persists(&self, version: Version) -> bool {
        !self.close && (version == Version::Http11 || self.keep_alive)
    }
}

impl Coding {
    fn note(&mut self, value: &[u8]) -> Result<(), Rule> {
        self.there = true;
        for member in members(value) {
            let name_len = memchr::memchr(b';', member).unwrap_or(member.len());
            let name = member[..name_len].trim_ascii_end();
            let is_chunked = name.eq_ignore_ascii_case(b"chunked");
            // RFC 9112 §7.1: chunked takes no parameters.
            if !is_token_text(name) || (is_chunked && name_len != member.len()) {
                return Err(Rule::CodingSyntax);
            }
            self.chunked += u32::from(is_chunked);
            self.others |= !is_chunked;
            self.chunked_last = is_chunked;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
