//! `Sec-WebSocket-Extensions` (RFC 6455 §9.1), and how permessage-deflate is agreed on (RFC 7692 §7.1).

use super::HandshakeRule;
use crate::http::Fields;
use crate::http1::{is_token_text, members};
use alloc::vec::Vec;

pub(super) const EXTENSIONS: &[u8] = b"Sec-WebSocket-Extensions";

/// The name of the extension.
const DEFLATE: &[u8] = b"permessage-deflate";

/// Extensions in one message that are read. Each is compared with those of the other side.
const MOST: usize = 16;

/// The parameters of permessage-deflate: what one side is ready for, or what both have agreed on. The default limits nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeflateParameters {
    /// The server compresses every message by itself; else it may refer to messages before.
    pub server_no_context_takeover: bool,
    /// The client compresses every message by itself.
    pub client_no_context_takeover: bool,
    /// The server's window has two to the power of so many bytes, 8 to 15; `None` for 15.
    pub server_max_window_bits: Option<u8>,
    /// The client's window has two to the power of so many bytes, 8 to 15; `None` for 15.
    pub client_max_window_bits: Option<u8>,
}

/// What holds for one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Direction {
    /// The sender's window in bits.
    pub(super) window_bits: u8,
    /// The next message may refer to this one.
    pub(super) takeover: bool,
}

impl DeflateParameters {
    /// What the server sends.
    pub(super) fn by_server(&self) -> Direction {
        Direction { window_bits: self.server_max_window_bits.unwrap_or(15), takeover: !self.server_no_context_takeover }
    }

    /// What the client sends.
    pub(super) fn by_client(&self) -> Direction {
        Direction { window_bits: self.client_max_window_bits.unwrap_or(15), takeover: !self.client_no_context_takeover }
    }

    /// The value of the field in which a server states what was agreed.
    pub(super) fn answer(&self) -> Vec<u8> {
        let mut out = self.common();
        if let Some(bits) = self.client_max_window_bits {
            write_bits(b"; client_max_window_bits", bits, &mut out);
        }
        out
    }

    /// The value of the field in which a client offers what it is ready for.
    pub(super) fn offer(&self) -> Vec<u8> {
        let mut out = self.common();
        match self.client_max_window_bits {
            Some(bits) => write_bits(b"; client_max_window_bits", bits, &mut out),
            // RFC 7692 §7.1.2.2: without it the server could not ask for a smaller window.
            None => out.extend_from_slice(b"; client_max_window_bits"),
        }
        out
    }

    fn common(&self) -> Vec<u8> {
        let mut out = DEFLATE.to_vec();
        if self.server_no_context_takeover {
            out.extend_from_slice(b"; server_no_context_takeover");
        }
        if self.client_no_context_takeover {
            out.extend_from_slice(b"; client_no_context_takeover");
        }
        if let Some(bits) = self.server_max_window_bits {
            write_bits(b"; server_max_window_bits", bits, &mut out);
        }
        out
    }
}

fn write_bits(name: &[u8], bits: u8, out: &mut Vec<u8>) {
    assert!((8..=15).contains(&bits), "a window of 8 to 15 bits");
    out.extend_from_slice(name);
    out.push(b'=');
    if bits > 9 {
        out.push(b'1');
    }
    out.push(b'0' + bits % 10);
}

/// Chooses among the offers of permessage-deflate in a request, of which the first that can be met is taken, and says what is agreed if the
/// server is ready for `ours`. `None`: no compression. The request has passed [`super::check_opening`].
pub fn agree_deflate(request: &Fields, ours: &DeflateParameters) -> Option<DeflateParameters> {
    let agree = |offer: Told| DeflateParameters {
        server_no_context_takeover: offer.server_no_context_takeover || ours.server_no_context_takeover,
        // RFC 7692 §7.1.1.2: a hint in the offer, a duty once it is in the answer, and allowed there without the hint.
        client_no_context_takeover: offer.client_no_context_takeover || ours.client_no_context_takeover,
        // RFC 7692 §7.1.2.1: what was asked for is answered with the same or less.
        server_max_window_bits: least(offer.server_max_window_bits, ours.server_max_window_bits),
        // RFC 7692 §7.1.2.2: only a client that says so can be held to a smaller window.
        client_max_window_bits: offer.client_max_window_bits.and_then(|hint| least(hint, ours.client_max_window_bits)),
    };
    deflate_offers(request).next().map(agree)
}

/// The smaller of two limits, each of which may be missing.
fn least(one: Option<u8>, other: Option<u8>) -> Option<u8> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The offers of permessage-deflate that are valid: RFC 7692 §7.1 has the server decline the others, not the connection.
fn deflate_offers(request: &Fields) -> impl Iterator<Item = Told> {
    extensions(request).take(MOST).flatten().filter(|extension| extension.is_deflate()).filter_map(|extension| Told::of(&extension))
}

/// What the server of this answer and the client of this request have agreed on. `None`: no compression.
pub(super) fn agreed_deflate(request: &Fields, answer: &Fields) -> Result<Option<DeflateParameters>, HandshakeRule> {
    let mut agreed = None;
    for (place, extension) in extensions(answer).enumerate() {
        let extension = extension.ok_or(HandshakeRule::AnswerExtensionSyntax)?;
        if place == MOST || !extensions(request).take(MOST).flatten().any(|offered| offered.has_name(extension.name)) {
            return Err(HandshakeRule::ExtensionNotOffered);
        }
        let before = extensions(answer).take(place).flatten();
        if before.into_iter().any(|other| other.has_name(extension.name)) {
            return Err(HandshakeRule::ExtensionRepeated);
        }
        if extension.is_deflate() {
            let told = Told::of(&extension).ok_or(HandshakeRule::DeflateAnswer)?;
            let fits = deflate_offers(request).find_map(|offer| told.answers(&offer));
            agreed = Some(fits.ok_or(HandshakeRule::DeflateAnswer)?);
        }
    }
    Ok(agreed)
}

/// Judges the extensions that a client offers by their form alone.
pub(super) fn check_offers(request: &Fields) -> Result<(), HandshakeRule> {
    for (place, extension) in extensions(request).enumerate() {
        // RFC 6455 §9.1: what is not of this form fails the connection; unlike an unknown name, which is passed over.
        extension.ok_or(HandshakeRule::ExtensionSyntax)?;
        if place == MOST {
            return Err(HandshakeRule::TooManyExtensions);
        }
    }
    Ok(())
}

/// A member of the list: a name and what follows its semicolon.
struct Extension<'a> {
    name: &'a [u8],
    parameters: Option<&'a [u8]>,
}

/// All members of all fields in order, as one list; `None` for one that is not of the form. No comma or semicolon can hide in quotes: what
/// is in them has to be a token (RFC 6455 §9.1), so that a list cut in the wrong place has a member that is refused.
fn extensions(fields: &Fields) -> impl Iterator<Item = Option<Extension<'_>>> {
    fields.named(EXTENSIONS).flat_map(members).map(|member| {
        let (name, parameters) = match member.iter().position(|byte| *byte == b';') {
            Some(at) => (member[..at].trim_ascii_end(), Some(&member[at + 1..])),
            None => (member, None),
        };
        let extension = Extension { name, parameters };
        (is_token_text(name) && extension.parameters().all(|parameter| parameter.is_some())).then_some(extension)
    })
}

/// A parameter's name and value, quotes and their backslashes taken away.
type Parameter<'a> = (&'a [u8], Option<Vec<u8>>);

impl<'a> Extension<'a> {
    fn has_name(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn is_deflate(&self) -> bool {
        self.has_name(DEFLATE)
    }

    fn parameters(&self) -> impl Iterator<Item = Option<Parameter<'a>>> {
        self.parameters.into_iter().flat_map(|text| text.split(|byte| *byte == b';')).map(parameter)
    }
}

fn parameter(text: &[u8]) -> Option<Parameter<'_>> {
    let text = text.trim_ascii();
    let Some(at) = text.iter().position(|byte| *byte == b'=') else {
        return is_token_text(text).then_some((text, None));
    };
    let name = text[..at].trim_ascii_end();
    let value = match text[at + 1..].trim_ascii_start() {
        [b'"', quoted @ .., b'"'] => unescape(quoted)?,
        plain => plain.to_vec(),
    };
    (is_token_text(name) && is_token_text(&value)).then_some((name, Some(value)))
}

/// Takes the backslash away before each character that has one; `None` if nothing follows the last.
fn unescape(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = quoted.iter();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        out.push(if *byte == b'\\' { *bytes.next()? } else { *byte });
    }
    Some(out)
}

/// The parameters of permessage-deflate as one side states them.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// There, and its value if it has one.
    client_max_window_bits: Option<Option<u8>>,
}

impl Told {
    /// `None` for a parameter that is unknown, repeated, or has a value that it cannot have (RFC 7692 §7.1).
    fn of(extension: &Extension<'_>) -> Option<Told> {
        let mut told = Told::default();
        for parameter in extension.parameters() {
            let (name, value) = parameter?;
            let value = value.as_deref();
            let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
            if is(b"server_no_context_takeover") && value.is_none() && !told.server_no_context_takeover {
                told.server_no_context_takeover = true;
            } else if is(b"client_no_context_takeover") && value.is_none() && !told.client_no_context_takeover {
                told.client_no_context_takeover = true;
            } else if is(b"server_max_window_bits") && told.server_max_window_bits.is_none() {
                told.server_max_window_bits = Some(window_bits(value?)?);
            } else if is(b"client_max_window_bits") && told.client_max_window_bits.is_none() {
                told.client_max_window_bits = Some(match value {
                    Some(value) => Some(window_bits(value)?),
                    None => None,
                });
            } else {
                return None;
            }
        }
        Some(told)
    }

    /// What is agreed, if this answers that offer.
    fn answers(&self, offer: &Told) -> Option<DeflateParameters> {
        // RFC 7692 §7.1.1.1, §7.1.2.1: a server that cannot do what was asked of it declines the offer.
        let keeps_context = offer.server_no_context_takeover && !self.server_no_context_takeover;
        let keeps_window = offer.server_max_window_bits.is_some_and(|most| self.server_max_window_bits.is_none_or(|bits| bits > most));
        if keeps_context || keeps_window {
            return None;
        }
        // RFC 7692 §7.1.2.2: in an answer it has a value, and comes only where it was offered.
        let client_max_window_bits = match (self.client_max_window_bits, offer.client_max_window_bits) {
            (Some(None), _) | (Some(_), None) => return None,
            (Some(limit), Some(hint)) => least(limit, hint),
            (None, hint) => hint.flatten(),
        };
        Some(DeflateParameters {
            server_no_context_takeover: self.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover || offer.client_no_context_takeover,
            server_max_window_bits: self.server_max_window_bits,
            client_max_window_bits,
        })
    }
}

/// RFC 7692 §7.1.2: 8 to 15 in decimal, without zeros before it.
fn window_bits(value: &[u8]) -> Option<u8> {
    match value {
        [digit @ b'8'..=b'9'] => Some(digit - b'0'),
        [b'1', digit @ b'0'..=b'5'] => Some(digit - b'0' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
