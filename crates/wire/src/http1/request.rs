//! Request heads in.

use super::framing::Facts;
use super::scan::target_end;
use super::section::{Stop, is_token, line_break, read_section};
use super::target::{Authority, Target};
use super::{Framing, Limits, Parsed, Rejection, Rule, view_of};
use crate::http::{Method, RequestHead, Version};

/// What a request head says about the rest of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestMeta {
    /// How the body ends.
    pub framing: Framing,
    /// The client lets the connection live (RFC 9112 §9.3): HTTP/1.1 without `close`, or HTTP/1.0 with `keep-alive`.
    pub keep_alive: bool,
    /// `Expect: 100-continue` from an HTTP/1.1 client (RFC 9110 §10.1.1).
    pub expects_continue: bool,
    /// `Upgrade` is there and listed in `Connection` (RFC 9110 §7.8), HTTP/1.1 only.
    pub upgrade: bool,
}

/// Reads a request head from the start of `input` into `head` (cleared first, and left empty unless the head is complete).
///
/// One empty line before the request line is skipped and counts as part of the head. An absolute target is taken apart: its host goes
/// to `authority`, path and query to `target`, and OPTIONS for a bare `http://host` gets the target `*` (RFC 9112 §3.2.4).
///
/// A head that is not whole yet is judged as far as it goes, so that a client that speaks another protocol is refused at its first
/// bytes. What is refused in part would have been refused whole, though perhaps for a second reason.
pub fn parse_request(input: &[u8], limits: &Limits, head: &mut RequestHead) -> Result<Parsed<RequestMeta>, Rejection> {
    head.clear();
    let view = view_of(input, limits);
    let read = read_head(view, limits, head);
    if read.is_err() {
        head.clear();
    }
    match read {
        Ok((len, meta)) => Ok(Parsed::Complete { len, meta }),
        Err(Stop::Broken(rule)) => Err(rule.into()),
        Err(Stop::More) if view.len() >= limits.head_bytes => Err(Rule::HeadTooLarge.into()),
        Err(Stop::More) => Ok(Parsed::Partial),
    }
}

fn read_head(input: &[u8], limits: &Limits, head: &mut RequestHead) -> Result<(usize, RequestMeta), Stop> {
    let start = skip_empty_line(input)?;
    let (target, fields_at) = read_request_line(input, start, limits, head)?;
    super::refuse_hopeless(input)?;
    let mut facts = Facts::default();
    let len = read_section(input, fields_at, limits.fields, &mut head.fields, |known, value| facts.note_request(known, &input[value]))?;
    let framing = facts.framing(head.version)?.unwrap_or(Framing::None);
    check_host(&facts, &target, head.version)?;
    head.fields.adopt(&input[..len]);
    head.form = target.form;
    head.https = target.default_port == Some(443);
    // RFC 9112 §3.3: the authority of the target, else that of Host.
    head.authority.extend_from_slice(if target.authority.is_empty() { facts.host.unwrap_or_default() } else { target.authority });
    head.target.extend_from_slice(target.path);
    head.target.extend_from_slice(target.rest);
    let current = head.version == Version::Http11;
    let meta = RequestMeta {
        framing,
        keep_alive: facts.persists(head.version),
        // RFC 9110 §10.1.1 and §7.8: both are ignored in an HTTP/1.0 request.
        expects_continue: current && facts.expects_continue,
        upgrade: current && facts.upgrade_option && facts.upgrade_field,
    };
    Ok((len, meta))
}

/// RFC 9112 §2.2: at least one empty line before a request is ignored, for clients that end a body with one too many. We ignore one.
fn skip_empty_line(input: &[u8]) -> Result<usize, Stop> {
    match input {
        [b'\r' | b'\n', ..] => {
            let start = line_break(input, 0, Rule::MethodByte)?;
            match input.get(start) {
                Some(b'\r' | b'\n') => Err(Rule::EmptyLines.into()),
                _ => Ok(start),
            }
        }
        _ => Ok(0),
    }
}

/// RFC 9112 §3: `method SP request-target SP HTTP-version CRLF`. Sets method and version, returns the target and where the line ends.
fn read_request_line<'a>(input: &'a [u8], start: usize, limits: &Limits, head: &mut RequestHead) -> Result<(Target<'a>, usize), Stop> {
    let (method, target_at) = read_method(input, start)?;
    let target_end = read_target(input, target_at, limits.target_bytes)?;
    let version_at = target_end + 1;
    let (version, version_end) = read_version(input, version_at, Rule::RequestLine)?;
    let line_end = line_break(input, version_end, Rule::VersionSyntax)?;
    head.method = method;
    head.version = version;
    Ok((Target::of(&head.method, &input[target_at..target_end])?, line_end))
}

/// The longest method registered with IANA has 17 characters.
const METHOD_CAP: usize = 32;

/// Returns the method and where the target begins.
fn read_method(input: &[u8], start: usize) -> Result<(Method, usize), Stop> {
    let rest = &input[start..];
    if rest.starts_with(b"GET ") {
        return Ok((Method::Get, start + 4));
    }
    let rest = &rest[..rest.len().min(METHOD_CAP + 1)];
    match rest.iter().position(|byte| !is_token(*byte)) {
        Some(0) => Err(Rule::MethodByte.into()),
        Some(len) if rest[len] == b' ' => {
            let method = core::str::from_utf8(&rest[..len]).expect("token characters are ASCII");
            Ok((Method::of(method), start + len + 1))
        }
        Some(len) if matches!(rest[len], b'\r' | b'\n') => {
            line_break(input, start + len, Rule::MethodByte)?;
            Err(Rule::RequestLine.into())
        }
        Some(_) => Err(Rule::MethodByte.into()),
        None if rest.len() > METHOD_CAP => Err(Rule::MethodTooLong.into()),
        None => Err(Stop::More),
    }
}

/// Finds the space that ends the target.
fn read_target(input: &[u8], start: usize, cap: usize) -> Result<usize, Stop> {
    let rest = &input[start..];
    let len = target_end(&rest[..rest.len().min(cap.saturating_add(1))]);
    if len > cap || len == rest.len() {
        return Err(if len > cap { Rule::TargetTooLong.into() } else { Stop::More });
    }
    match rest[len] {
        b' ' if len > 0 => Ok(start + len),
        b' ' => Err(Rule::RequestLine.into()),
        b'\r' | b'\n' => {
            line_break(input, start + len, Rule::TargetByte)?;
            // A request of HTTP/0.9 ends here.
            Err(Rule::RequestLine.into())
        }
        b'#' => Err(Rule::TargetFragment.into()),
        _ => Err(Rule::TargetByte.into()),
    }
}

/// Reads `HTTP/1.x` at `at`. What is not even `HTTP/` in any case breaks rule `other`.
#[inline]
pub(super) fn read_version(input: &[u8], at: usize, other: Rule) -> Result<(Version, usize), Stop> {
    let rest = &input[at..];
    if rest.starts_with(b"HTTP/1.1") { Ok((Version::Http11, at + 8)) } else { other_version(rest, at, other) }
}

fn other_version(rest: &[u8], at: usize, other: Rule) -> Result<(Version, usize), Stop> {
    for (place, byte) in rest.iter().take(8).enumerate() {
        let fits = match place {
            5 | 7 => byte.is_ascii_digit(),
            6 => *byte == b'.',
            _ => *byte == b"HTTP/"[place],
        };
        if !fits {
            let in_any_case = place >= 5 || byte.eq_ignore_ascii_case(&b"HTTP/"[place]);
            return Err(if in_any_case { Rule::VersionSyntax } else { other }.into());
        }
    }
    match rest {
        [_, _, _, _, _, b'1', _, b'0', ..] => Ok((Version::Http10, at + 8)),
        // RFC 9110 §2.5: a higher minor version is read as the highest we know.
        [_, _, _, _, _, b'1', _, _, ..] => Ok((Version::Http11, at + 8)),
        [_, _, _, _, _, _, _, _, ..] => Err(Rule::VersionUnsupported.into()),
        _ => Err(Stop::More),
    }
}

fn check_host(facts: &Facts<'_>, target: &Target<'_>, version: Version) -> Result<(), Rule> {
    let Some(host) = facts.host else {
        // RFC 9112 §3.2
        return if version == Version::Http11 { Err(Rule::HostMissing) } else { Ok(()) };
    };
    // An empty Host belongs to a target without authority, which no http or https resource has (RFC 9110 §4.2.1).
    let host = Authority::of(host).ok_or(Rule::HostSyntax)?;
    if target.agrees_with(&host) { Ok(()) } else { Err(Rule::HostDisagrees) }
}

#[cfg(test)]
mod tests;
