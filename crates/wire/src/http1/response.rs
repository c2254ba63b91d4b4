//! Response heads in.

use super::framing::Facts;
use super::request::read_version;
use super::section::{Stop, line_break, read_section, text_end};
use super::{Framing, Limits, Parsed, Rejection, Rule, view_of};
use crate::http::{Method, ResponseHead};

/// What a response head says about the rest of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseMeta {
    /// How the body ends. `None` for interim responses, 204, 304 and answers to HEAD, whatever their fields say.
    pub framing: Framing,
    /// The server lets the connection live after this message.
    pub keep_alive: bool,
    /// 101 with an `Upgrade` field, or success for CONNECT: from here on the connection is a tunnel.
    pub upgraded: bool,
}

/// Reads a response head to a request of `method` from the start of `input` into `head` (cleared first, and left empty unless the head is
/// complete).
///
/// As strict as [`super::parse_request`], with one exception: the space after the status may be missing where the reason phrase is,
/// as many servers do, since nothing can hide there.
pub fn parse_response(input: &[u8], limits: &Limits, method: &Method, head: &mut ResponseHead) -> Result<Parsed<ResponseMeta>, Rejection> {
    head.clear();
    let view = view_of(input, limits);
    let read = read_head(view, limits, method, head);
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

fn read_head(input: &[u8], limits: &Limits, method: &Method, head: &mut ResponseHead) -> Result<(usize, ResponseMeta), Stop> {
    let fields_at = read_status_line(input, head)?;
    super::refuse_hopeless(input)?;
    let mut facts = Facts::default();
    let len = read_section(input, fields_at, limits.fields, &mut head.fields, |known, value| facts.note_response(known, &input[value]))?;
    // Wrong fields are refused even on a response without a body: the server that sent them is not to be trusted with the next one.
    let framing = facts.framing(head.version)?;
    if head.status == 101 && !facts.upgrade_field {
        return Err(Rule::SwitchWithoutUpgrade.into());
    }
    head.fields.adopt(&input[..len]);
    Ok((len, meta_of(&facts, framing, method, head)))
}

/// RFC 9112 §6.3, in its order.
fn meta_of(facts: &Facts<'_>, named: Option<Framing>, method: &Method, head: &ResponseHead) -> ResponseMeta {
    let persists = facts.persists(head.version);
    let success = (200..300).contains(&head.status);
    let tunnel = head.status == 101 || (*method == Method::Connect && success);
    let bodiless = tunnel || *method == Method::Head || matches!(head.status, 100..=199 | 204 | 304);
    if bodiless {
        // RFC 9110 §8.6, RFC 9112 §6.1: HEAD and 304 may tell of a body that a GET would have; the others must not. A server that does it
        // all the same may well send that body too, so its connection is not used again.
        let may_tell = *method == Method::Head || head.status == 304;
        let told = !matches!(named, None | Some(Framing::None));
        return ResponseMeta { framing: Framing::None, keep_alive: persists && (may_tell || !told), upgraded: tunnel };
    }
    match named {
        Some(framing) => ResponseMeta { framing, keep_alive: persists, upgraded: false },
        None => ResponseMeta { framing: Framing::UntilClose, keep_alive: false, upgraded: false },
    }
}

/// RFC 9112 §4: `HTTP-version SP 3DIGIT SP [ reason-phrase ] CRLF`. Sets all three, returns where the line ends.
fn read_status_line(input: &[u8], head: &mut ResponseHead) -> Result<usize, Stop> {
    let (version, at) = read_version(input, 0, Rule::StatusLine)?;
    let (status, status_end) = read_status(input, at)?;
    let reason_at = status_end + usize::from(input[status_end] == b' ');
    let reason_end = text_end(input, reason_at);
    let line_end = line_break(input, reason_end, Rule::ReasonByte)?;
    head.version = version;
    head.status = status;
    head.reason.extend_from_slice(&input[reason_at..reason_end]);
    Ok(line_end)
}

/// Reads the space before the status and its three digits, and looks at what follows them. Returns where they end.
#[inline]
fn read_status(input: &[u8], at: usize) -> Result<(u16, usize), Stop> {
    let mut status = 0;
    for place in 0..4 {
        status = match (place, input.get(at + place)) {
            (0, Some(b' ')) => 0,
            (1.., Some(digit @ b'0'..=b'9')) => status * 10 + u16::from(digit - b'0'),
            (_, Some(_)) => return Err(Rule::StatusLine.into()),
            (_, None) => return Err(Stop::More),
        };
    }
    match input.get(at + 4) {
        None => Err(Stop::More),
        Some(b' ' | b'\r' | b'\n') if status < 100 => Err(Rule::StatusCode.into()),
        Some(b' ' | b'\r' | b'\n') => Ok((status, at + 4)),
        Some(_) => Err(Rule::StatusLine.into()),
    }
}

#[cfg(test)]
mod tests;
