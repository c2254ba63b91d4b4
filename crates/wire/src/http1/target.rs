//! Request targets and authorities (RFC 9112 §3.2, RFC 3986 §3.2).

use super::Rule;
use crate::http::{Method, TargetForm};
use core::net::Ipv6Addr;

/// A request target, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    pub(super) form: TargetForm,
    /// As written, where the form has one.
    pub(super) authority: &'a [u8],
    /// What [`crate::http::RequestHead::target`] begins with; empty for the authority form.
    pub(super) path: &'static [u8],
    /// The rest of it.
    pub(super) rest: &'a [u8],
    /// The port that `authority` means where it names none.
    pub(super) default_port: Option<u16>,
}

impl<'a> Target<'a> {
    /// Takes a target apart. Its bytes have been checked: visible ASCII without `#`, at least one.
    pub(super) fn of(method: &Method, raw: &'a [u8]) -> Result<Self, Rule> {
        let plain = Target { form: TargetForm::Origin, authority: b"", path: b"", rest: raw, default_port: None };
        match raw {
            // RFC 9112 §3.2.3: CONNECT takes the authority form and no other.
            [b'/', ..] if *method == Method::Connect => Err(Rule::AuthorityForm),
            [b'/', ..] => Ok(plain),
            // RFC 9112 §3.2.4
            b"*" if *method == Method::Options => Ok(Target { form: TargetForm::Asterisk, ..plain }),
            b"*" => Err(Rule::AsteriskForm),
            _ if *method == Method::Connect => Self::of_connect(raw),
            _ => Self::absolute(method, raw),
        }
    }

    fn of_connect(raw: &'a [u8]) -> Result<Self, Rule> {
        if raw.contains(&b'@') {
            return Err(Rule::TargetUserinfo);
        }
        if raw.contains(&b'/') || raw.contains(&b'?') {
            return Err(Rule::AuthorityForm);
        }
        // RFC 9110 §9.3.6: a CONNECT without a valid port is refused.
        match Authority::of(raw) {
            Some(Authority { port: Some(1..), .. }) => {
                Ok(Target { form: TargetForm::Authority, authority: raw, path: b"", rest: b"", default_port: None })
            }
            _ => Err(Rule::TargetAuthority),
        }
    }

    fn absolute(method: &Method, raw: &'a [u8]) -> Result<Self, Rule> {
        let Some((scheme, after)) = split_scheme(raw) else {
            let host_and_port = Authority::of(raw).is_some_and(|authority| authority.port.is_some());
            return Err(if host_and_port { Rule::AuthorityForm } else { Rule::TargetForm });
        };
        let default_port = match scheme {
            _ if scheme.eq_ignore_ascii_case(b"http") => 80,
            _ if scheme.eq_ignore_ascii_case(b"https") => 443,
            _ => return Err(Rule::TargetScheme),
        };
        let end = after.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(after.len());
        let (authority, rest) = after.split_at(end);
        // RFC 9110 §4.2.4: a user name before the host is a way to mislead about the host.
        if authority.contains(&b'@') {
            return Err(Rule::TargetUserinfo);
        }
        if Authority::of(authority).is_none() {
            return Err(Rule::TargetAuthority);
        }
        let path: &[u8] = match rest {
            // RFC 9112 §3.2.4: OPTIONS for a whole server.
            [] if *method == Method::Options => b"*",
            // RFC 9112 §3.2.1: an empty path is sent as `/`.
            [] | [b'?', ..] => b"/",
            _ => b"",
        };
        Ok(Target { form: TargetForm::Absolute, authority, path, rest, default_port: Some(default_port) })
    }

    /// Whether a valid `Host` field names the same server as the target does. A target without authority agrees with any.
    pub(super) fn agrees_with(&self, host: &Authority<'_>) -> bool {
        if self.form == TargetForm::Origin {
            return true;
        }
        let Some(ours) = Authority::of(self.authority) else { return true };
        let same_port = match self.default_port {
            Some(default) => ours.port.unwrap_or(default) == host.port.unwrap_or(default),
            // CONNECT: there is no default, so only a port that is there can be wrong.
            None => host.port.is_none() || host.port == ours.port,
        };
        same_port && ours.host.eq_ignore_ascii_case(host.host)
    }
}

/// `scheme://rest` (RFC 3986 §3.1).
fn split_scheme(raw: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', raw)?;
    let after = raw[colon + 1..].strip_prefix(b"//")?;
    let scheme = &raw[..colon];
    let valid = scheme.first()?.is_ascii_alphabetic()
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    valid.then_some((scheme, after))
}

/// A host with an optional port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    pub(crate) host: &'a [u8],
    /// `None` too where the colon is there and the digits are not (RFC 3986 §3.2.3).
    pub(crate) port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// `None` where the text is not valid.
    ///
    /// Narrower than RFC 3986 §3.2.2, whose registered names may hold `%` and `,;=!$&'()*+`: no host that is reached through DNS does, and
    /// two programs that read such a name differently are what an attacker looks for. No user name, no IPv6 zone, no IPvFuture either.
    pub(crate) fn of(text: &'a [u8]) -> Option<Self> {
        let host_len = match text {
            [b'[', ..] => literal_len(text)?,
            _ => name_len(text)?,
        };
        let (host, rest) = text.split_at(host_len);
        let port = match rest {
            [] | b":" => None,
            [b':', digits @ ..] => Some(port_of(digits)?),
            _ => return None,
        };
        Some(Authority { host, port })
    }
}

fn port_of(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0u16, |port, digit| {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        port.checked_mul(10)?.checked_add(digit)
    })
}

/// The length of the IPv6 literal that `text` begins with, brackets included.
fn literal_len(text: &[u8]) -> Option<usize> {
    let end = memchr::memchr(b']', text)?;
    let address = core::str::from_utf8(&text[1..end]).ok()?;
    address.parse::<Ipv6Addr>().is_ok().then_some(end + 1)
}

/// The length of the name or IPv4 address that `text` begins with. No label is empty, but one dot at the end is the root of DNS.
fn name_len(text: &[u8]) -> Option<usize> {
    let mut label_at = 0;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match HOST[*byte as usize] {
            HostByte::Letter => {}
            HostByte::Dot if at > label_at => label_at = at + 1,
            HostByte::Dot => return None,
            HostByte::Other => break,
        }
        at += 1;
    }
    (1..=255).contains(&at).then_some(at)
}

/// What a byte is to the name of a host.
#[derive(Clone, Copy)]
enum HostByte {
    Letter,
    Dot,
    Other,
}

static HOST: [HostByte; 256] = {
    let mut table = [HostByte::Other; 256];
    let mut byte = 0;
    while byte < 128u8 {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
            table[byte as usize] = HostByte::Letter;
        }
        byte += 1;
    }
    table[b'.' as usize] = HostByte::Dot;
    table
};

#[cfg(test)]
mod tests;
