//! Field lists to messages: the rules of RFC 9113 §8.
//!
//! A reader takes one header list, field by field as it is decompressed, and is asked at the end what it read.

use super::hpack::{Header, Name, Pseudo};
use super::{Priority, Rule};
use crate::http::{Fields, Known, Method, RequestHead, ResponseHead, TargetForm, Version};
use crate::http1::{Authority, Limits, is_token, is_token_text, members, target_end, text_end};
use alloc::vec::Vec;

/// What a request says of the rest of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestFacts {
    /// Bytes of content, where the request says so.
    pub(super) length: Option<u64>,
    pub(super) priority: Priority,
}

/// Reads a request (RFC 9113 §8.3.1, §8.5, RFC 8441 §4).
pub(super) struct RequestReader<'a> {
    head: &'a mut RequestHead,
    /// The crumbs of `Cookie` so far.
    cookie: &'a mut Vec<u8>,
    list: List<'a>,
    /// `:protocol` is understood.
    protocols: bool,
    seen: u8,
    https: bool,
    host: bool,
    priority: Priority,
}

const METHOD: u8 = 1;
const SCHEME: u8 = 2;
const AUTHORITY: u8 = 4;
const PATH: u8 = 8;
const PROTOCOL: u8 = 16;

impl<'a> RequestReader<'a> {
    /// Reads into `head`, which is cleared first. `cookie` is a scratch.
    pub(super) fn new(head: &'a mut RequestHead, cookie: &'a mut Vec<u8>, limits: &'a Limits, protocols: bool) -> Self {
        head.clear();
        head.version = Version::Http2;
        cookie.clear();
        let list = List::new(limits);
        RequestReader { head, cookie, list, protocols, seen: 0, https: false, host: false, priority: Priority::DEFAULT }
    }

    /// Takes the next field.
    #[inline]
    pub(super) fn take(&mut self, header: Header<'_>) -> Result<(), Rule> {
        match header.name {
            Name::Field(known, name) => {
                self.list.field(known, name, header.value)?;
                self.field(known, name, header.value)
            }
            Name::Pseudo(pseudo) => {
                self.list.pseudo(pseudo, header.value)?;
                self.pseudo(pseudo, header.value)
            }
        }
    }

    fn pseudo(&mut self, pseudo: Pseudo, value: &[u8]) -> Result<(), Rule> {
        let bit = match pseudo {
            Pseudo::Method => METHOD,
            Pseudo::Scheme => SCHEME,
            Pseudo::Authority => AUTHORITY,
            Pseudo::Path => PATH,
            Pseudo::Protocol => PROTOCOL,
            Pseudo::Status | Pseudo::Unknown => return Err(Rule::PseudoUnknown),
        };
        if self.seen & bit != 0 {
            return Err(Rule::PseudoRepeated);
        }
        self.seen |= bit;
        match pseudo {
            Pseudo::Method => self.method(value)?,
            Pseudo::Scheme => self.scheme(value)?,
            Pseudo::Path => self.path(value)?,
            Pseudo::Authority => {
                check_authority(value)?;
                self.head.authority.extend_from_slice(value);
            }
            _ if is_token_text(value) => self.head.protocol.extend_from_slice(value),
            _ => return Err(Rule::Protocol),
        }
        Ok(())
    }

    fn method(&mut self, value: &[u8]) -> Result<(), Rule> {
        self.head.method = match core::str::from_utf8(value) {
            Ok("GET") => Method::Get,
            Ok(token) if is_token_text(value) => Method::of(token),
            _ => return Err(Rule::MethodByte),
        };
        Ok(())
    }

    fn scheme(&mut self, value: &[u8]) -> Result<(), Rule> {
        self.https = match value {
            b"https" => true,
            b"http" => false,
            // RFC 3986 §3.1: a scheme in capitals is the same one.
            _ if value.eq_ignore_ascii_case(b"https") => true,
            _ if value.eq_ignore_ascii_case(b"http") => false,
            _ => return Err(Rule::Scheme),
        };
        self.head.https = self.https;
        Ok(())
    }

    fn path(&mut self, value: &[u8]) -> Result<(), Rule> {
        if value.len() > self.list.limits.target_bytes {
            return Err(Rule::PathTooLong);
        }
        if target_end(value) != value.len() {
            return Err(Rule::PathByte);
        }
        self.head.target.extend_from_slice(value);
        Ok(())
    }

    #[inline]
    fn field(&mut self, known: Known, name: &[u8], value: &[u8]) -> Result<(), Rule> {
        match known {
            Known::Other if name == b"priority" => self.priority = Priority::parse(value),
            Known::Host => return self.host(value),
            Known::Cookie => {
                // RFC 9113 §8.2.3: crumbs become one field again.
                self.cookie.extend_from_slice(if self.cookie.is_empty() { b"" } else { b"; " });
                self.cookie.extend_from_slice(value);
                return Ok(());
            }
            // RFC 9113 §8.2.2
            Known::Te if !value.eq_ignore_ascii_case(b"trailers") => return Err(Rule::Te),
            // RFC 9110 §10.1.1: the only expectation there is.
            Known::Expect if !members(value).all(|member| member.eq_ignore_ascii_case(b"100-continue")) => return Err(Rule::Expectation),
            _ => {}
        }
        self.head.fields.push_as(known, name, value);
        Ok(())
    }

    fn host(&mut self, value: &[u8]) -> Result<(), Rule> {
        if self.host {
            return Err(Rule::HostRepeated);
        }
        self.host = true;
        let host = check_authority(value)?;
        if self.seen & AUTHORITY == 0 {
            // RFC 9113 §8.3.1: as if it were `:authority`.
            self.head.authority.extend_from_slice(value);
            self.head.fields.push_as(Known::Host, b"host", value);
            return Ok(());
        }
        let same = self.head.authority == value || self.agrees(&host);
        if same { Ok(()) } else { Err(Rule::HostDisagrees) }
    }

    /// Whether `Host` names the server of `:authority`, after normalisation (RFC 9113 §8.3.1).
    fn agrees(&self, host: &Authority<'_>) -> bool {
        let Some(ours) = Authority::of(&self.head.authority) else { return false };
        let default = if self.https { 443 } else { 80 };
        ours.host.eq_ignore_ascii_case(host.host) && ours.port.unwrap_or(default) == host.port.unwrap_or(default)
    }

    /// The list is at its end; `ends`: the stream is too.
    pub(super) fn finish(mut self, ends: bool) -> Result<RequestFacts, Rule> {
        if self.seen & METHOD == 0 {
            return Err(Rule::PseudoMissing);
        }
        let connect = self.head.method == Method::Connect;
        if connect && self.seen & PROTOCOL == 0 {
            self.finish_connect()?;
        } else {
            self.finish_target(connect)?;
        }
        if !self.cookie.is_empty() {
            self.head.fields.push_as(Known::Cookie, b"cookie", self.cookie);
        }
        // RFC 9110 §9.3.6: what follows a CONNECT is no content, whatever Content-Length says.
        let length = self.list.length.filter(|_| !connect);
        if ends && length.unwrap_or(0) != 0 {
            return Err(Rule::LengthDisagrees);
        }
        Ok(RequestFacts { length, priority: self.priority })
    }

    /// RFC 9113 §8.5
    fn finish_connect(&mut self) -> Result<(), Rule> {
        let named = Authority::of(&self.head.authority).is_some_and(|authority| authority.port.is_some_and(|port| port > 0));
        if self.seen & (SCHEME | PATH) != 0 || self.seen & AUTHORITY == 0 || !named {
            return Err(Rule::Connect);
        }
        self.head.form = TargetForm::Authority;
        Ok(())
    }

    fn finish_target(&mut self, connect: bool) -> Result<(), Rule> {
        // RFC 8441 §4
        if self.seen & PROTOCOL != 0 && (!connect || !self.protocols) {
            return Err(Rule::Protocol);
        }
        if self.seen & (SCHEME | PATH) != SCHEME | PATH {
            return Err(Rule::PseudoMissing);
        }
        if self.head.authority.is_empty() {
            return Err(Rule::AuthorityMissing);
        }
        self.head.form = match self.head.target[..] {
            [b'/', ..] => TargetForm::Origin,
            [b'*'] if self.head.method == Method::Options => TargetForm::Asterisk,
            _ => return Err(Rule::PathForm),
        };
        Ok(())
    }
}

/// What a response says of the rest of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ResponseFacts {
    /// Bytes of content, where the response says so. It may speak of the content that a GET would have.
    pub(super) length: Option<u64>,
}

/// Reads a response (RFC 9113 §8.3.2).
pub(super) struct ResponseReader<'a> {
    head: &'a mut ResponseHead,
    list: List<'a>,
}

impl<'a> ResponseReader<'a> {
    /// Reads into `head`, which is cleared first.
    pub(super) fn new(head: &'a mut ResponseHead, limits: &'a Limits) -> Self {
        head.clear();
        head.version = Version::Http2;
        ResponseReader { head, list: List::new(limits) }
    }

    /// Takes the next field.
    pub(super) fn take(&mut self, header: Header<'_>) -> Result<(), Rule> {
        match header.name {
            Name::Field(known, name) => {
                self.list.field(known, name, header.value)?;
                // RFC 9113 §8.2.2: only a request may have it.
                if known == Known::Te {
                    return Err(Rule::ConnectionField);
                }
                self.head.fields.push_as(known, name, header.value);
                Ok(())
            }
            Name::Pseudo(pseudo) => {
                self.list.pseudo(pseudo, header.value)?;
                if pseudo != Pseudo::Status {
                    return Err(Rule::PseudoUnknown);
                }
                if self.head.status != 0 {
                    return Err(Rule::PseudoRepeated);
                }
                self.head.status = status_of(header.value)?;
                Ok(())
            }
        }
    }

    /// The list is at its end.
    pub(super) fn finish(self) -> Result<ResponseFacts, Rule> {
        if self.head.status == 0 {
            return Err(Rule::PseudoMissing);
        }
        Ok(ResponseFacts { length: self.list.length })
    }
}

fn status_of(value: &[u8]) -> Result<u16, Rule> {
    match value {
        // RFC 9113 §8.6
        b"101" => Err(Rule::SwitchingProtocols),
        [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] => Ok(value.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'))),
        _ => Err(Rule::StatusSyntax),
    }
}

/// Reads a trailer section (RFC 9113 §8.1).
pub(super) struct TrailerReader<'a> {
    fields: Fields,
    list: List<'a>,
}

impl<'a> TrailerReader<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        TrailerReader { fields: Fields::new(), list: List::new(limits) }
    }

    /// Takes the next field.
    pub(super) fn take(&mut self, header: Header<'_>) -> Result<(), Rule> {
        let Name::Field(known, name) = header.name else { return Err(Rule::PseudoInTrailers) };
        // RFC 9110 §6.5.1: what frames or routes a message comes before its content or not at all.
        if matches!(known, Known::ContentLength | Known::Host) {
            return Err(Rule::TrailerForbidden);
        }
        self.list.field(known, name, header.value)?;
        // RFC 9113 §8.2.2
        if known == Known::Te {
            return Err(Rule::ConnectionField);
        }
        self.fields.push_as(known, name, header.value);
        Ok(())
    }

    /// The list is at its end.
    pub(super) fn finish(self) -> Fields {
        self.fields
    }
}

/// What is the same in every list: its caps, and what a name and a value may hold.
struct List<'a> {
    limits: &'a Limits,
    /// As SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113 §6.5.2).
    bytes: usize,
    fields: usize,
    length: Option<u64>,
}

impl<'a> List<'a> {
    fn new(limits: &'a Limits) -> Self {
        List { limits, bytes: 0, fields: 0, length: None }
    }

    fn grow(&mut self, name: usize, value: usize) -> Result<(), Rule> {
        self.bytes += name + value + 32;
        if self.bytes > self.limits.head_bytes { Err(Rule::HeadTooLarge) } else { Ok(()) }
    }

    #[inline]
    fn pseudo(&mut self, pseudo: Pseudo, value: &[u8]) -> Result<(), Rule> {
        // The shortest name of a pseudo-field stands for all: nothing hangs on a few bytes.
        self.grow(":path".len(), value.len())?;
        // RFC 9113 §8.3
        if self.fields > 0 { Err(if pseudo == Pseudo::Unknown { Rule::PseudoUnknown } else { Rule::PseudoLate }) } else { Ok(()) }
    }

    #[inline]
    fn field(&mut self, known: Known, name: &[u8], value: &[u8]) -> Result<(), Rule> {
        self.grow(name.len(), value.len())?;
        if self.fields == self.limits.fields {
            return Err(Rule::TooManyFields);
        }
        self.fields += 1;
        // A known name was recognised to the byte.
        if known == Known::Other && !is_lower_token(name) {
            return Err(Rule::NameByte);
        }
        // RFC 9113 §8.2.1 forbids NUL, LF and CR; RFC 9110 §5.5 other controls too, and nothing good comes of passing them on.
        if text_end(value, 0) != value.len() {
            return Err(Rule::ValueByte);
        }
        if matches!(value, [b' ' | b'\t', ..] | [.., b' ' | b'\t']) {
            return Err(Rule::ValueSpace);
        }
        match known {
            // RFC 9113 §8.2.2
            Known::Connection | Known::KeepAlive | Known::ProxyConnection | Known::TransferEncoding | Known::Upgrade => {
                Err(Rule::ConnectionField)
            }
            Known::ContentLength => self.length(value),
            _ => Ok(()),
        }
    }

    fn length(&mut self, value: &[u8]) -> Result<(), Rule> {
        if self.length.is_some() {
            return Err(Rule::LengthRepeated);
        }
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(Rule::LengthSyntax);
        }
        let add = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
        self.length = Some(value.iter().try_fold(0, add).ok_or(Rule::LengthTooLarge)?);
        Ok(())
    }
}

/// A host with an optional port, and nothing else.
fn check_authority(value: &[u8]) -> Result<Authority<'_>, Rule> {
    match Authority::of(value) {
        Some(authority) => Ok(authority),
        // RFC 9113 §8.3.1
        None if value.contains(&b'@') => Err(Rule::Userinfo),
        None => Err(Rule::AuthoritySyntax),
    }
}

/// A field name of RFC 9113 §8.2.1.
fn is_lower_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| is_token(*byte) && !byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests;
