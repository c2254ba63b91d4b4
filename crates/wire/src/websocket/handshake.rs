//! The opening handshake (RFC 6455 §4), both sides of it, and the proxy's view between them.

use super::extension::{EXTENSIONS, agreed_deflate, check_offers};
use super::{DeflateParameters, HandshakeRule};
use crate::http::{FieldWriter, Fields, Known, Method, RequestHead, ResponseHead, Version};
use crate::http1::{is_token_text, members, write_field};
use alloc::vec::Vec;
use sha1::{Digest, Sha1};

const KEY: &[u8] = b"Sec-WebSocket-Key";
const ACCEPT: &[u8] = b"Sec-WebSocket-Accept";
const PROTOCOL: &[u8] = b"Sec-WebSocket-Protocol";
const VERSION: &[u8] = b"Sec-WebSocket-Version";

/// Subprotocols in one request that are read. Each is compared with all others.
const MOST_PROTOCOLS: usize = 32;

/// The value of `Sec-WebSocket-Accept` for a key, which is taken as it stands in the request (RFC 6455 §4.2.2).
pub fn accept_key(key: &[u8]) -> [u8; 28] {
    let digest = Sha1::new().chain_update(key).chain_update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    base64(&digest)
}

/// Judges a client's request for a WebSocket (RFC 6455 §4.2.1). Returns its key, 24 characters. What the request asks for besides, an
/// origin or a path, is for the caller to judge; `Host` was judged when the head was parsed.
pub fn check_opening(head: &RequestHead) -> Result<&[u8], HandshakeRule> {
    let fields = &head.fields;
    if head.method != Method::Get {
        return Err(HandshakeRule::Method);
    }
    if head.version < Version::Http11 {
        return Err(HandshakeRule::HttpVersion);
    }
    if !lists(fields, Known::Upgrade, b"websocket") {
        return Err(HandshakeRule::UpgradeMissing);
    }
    if !lists(fields, Known::Connection, b"upgrade") {
        return Err(HandshakeRule::ConnectionMissing);
    }
    check_version(fields)?;
    let key = match single(fields, KEY) {
        Ok(Some(key)) => key,
        Ok(None) => return Err(HandshakeRule::KeyMissing),
        Err(Repeated) => return Err(HandshakeRule::KeyRepeated),
    };
    if !is_key(key) {
        return Err(HandshakeRule::KeySyntax);
    }
    check_protocols(fields)?;
    check_offers(fields)?;
    Ok(key)
}

/// Judges the same request as HTTP/2 has it: an extended CONNECT, which has no key (RFC 8441 §5).
pub fn check_connect(head: &RequestHead) -> Result<(), HandshakeRule> {
    if head.method != Method::Connect || !head.protocol.eq_ignore_ascii_case(b"websocket") {
        return Err(HandshakeRule::ConnectMissing);
    }
    check_version(&head.fields)?;
    check_protocols(&head.fields)?;
    check_offers(&head.fields)
}

/// The subprotocols that a client offers, in the order in which it would have them.
pub fn offered_protocols(request: &Fields) -> impl Iterator<Item = &[u8]> {
    request.named(PROTOCOL).flat_map(members)
}

/// What a server has answered to an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted<'a> {
    /// The subprotocol it has chosen.
    pub protocol: Option<&'a [u8]>,
    /// What it has agreed to of permessage-deflate.
    pub deflate: Option<DeflateParameters>,
}

/// Judges the answer of a server to a request with these fields (RFC 6455 §4.1), which has passed [`check_opening`] or was written with
/// [`write_opening`].
pub fn check_answer<'a>(request: &Fields, answer: &'a ResponseHead) -> Result<Accepted<'a>, HandshakeRule> {
    let fields = &answer.fields;
    if answer.status != 101 {
        return Err(HandshakeRule::AnswerStatus);
    }
    let mut protocols = fields.all(Known::Upgrade).flat_map(members);
    if !protocols.next().is_some_and(|name| name.eq_ignore_ascii_case(b"websocket")) || protocols.next().is_some() {
        return Err(HandshakeRule::AnswerUpgrade);
    }
    if !lists(fields, Known::Connection, b"upgrade") {
        return Err(HandshakeRule::AnswerConnection);
    }
    let accept = match single(fields, ACCEPT) {
        Ok(Some(accept)) => accept,
        Ok(None) => return Err(HandshakeRule::AcceptMissing),
        Err(Repeated) => return Err(HandshakeRule::AcceptRepeated),
    };
    let key = request.named(KEY).next().unwrap_or_default();
    if accept != accept_key(key) {
        return Err(HandshakeRule::AcceptDiffers);
    }
    let protocol = single(fields, PROTOCOL).map_err(|Repeated| HandshakeRule::ProtocolRepeated)?;
    // Subprotocols are compared with their case, unlike all other names here.
    if protocol.is_some_and(|name| !offered_protocols(request).any(|offered| offered == name)) {
        return Err(HandshakeRule::ProtocolNotOffered);
    }
    Ok(Accepted { protocol, deflate: agreed_deflate(request, fields)? })
}

/// The value of `Sec-WebSocket-Key` for a nonce, which is random and never used twice (RFC 6455 §4.1).
pub fn opening_key(nonce: [u8; 16]) -> [u8; 24] {
    base64(&nonce)
}

/// Appends the fields of a client's request that open a WebSocket: all but `Host`. `nonce` is random and never used twice.
pub fn write_opening(nonce: [u8; 16], protocols: &[&[u8]], deflate: Option<&DeflateParameters>, out: &mut Vec<u8>) {
    write_field(b"Upgrade", b"websocket", out);
    write_field(b"Connection", b"Upgrade", out);
    write_field(KEY, &opening_key(nonce), out);
    write_field(VERSION, b"13", out);
    if !protocols.is_empty() {
        debug_assert!(protocols.iter().all(|name| is_token_text(name)), "a subprotocol is a token");
        write_field(PROTOCOL, &protocols.join(&b", "[..]), out);
    }
    if let Some(deflate) = deflate {
        write_field(EXTENSIONS, &deflate.offer(), out);
    }
}

/// Writes the fields of a server's answer: of 101 to a request with this `key`, or of 200 to an extended CONNECT, which has none.
/// `protocol` is one that the request offers, and `deflate` what [`super::agree_deflate`] has made of its offers.
pub fn write_answer(key: Option<&[u8]>, protocol: Option<&[u8]>, deflate: Option<&DeflateParameters>, out: &mut impl FieldWriter) {
    if let Some(key) = key {
        out.known(Known::Upgrade, b"websocket");
        out.known(Known::Connection, b"Upgrade");
        out.field(ACCEPT, &accept_key(key));
    }
    if let Some(protocol) = protocol {
        out.field(PROTOCOL, protocol);
    }
    if let Some(deflate) = deflate {
        out.field(EXTENSIONS, &deflate.answer());
    }
}

/// Whether a list of names, over all its fields, holds this one in any case.
fn lists(fields: &Fields, known: Known, name: &[u8]) -> bool {
    fields.all(known).flat_map(members).any(|member| member.eq_ignore_ascii_case(name))
}

/// A field came more than once that must not.
struct Repeated;

/// The value of a field that comes at most once.
fn single<'a>(fields: &'a Fields, name: &'a [u8]) -> Result<Option<&'a [u8]>, Repeated> {
    let mut values = fields.named(name);
    let first = values.next();
    if values.next().is_some() { Err(Repeated) } else { Ok(first) }
}

/// Sixteen bytes in base64: 22 characters that hold them and two that fill up.
fn is_key(key: &[u8]) -> bool {
    key.len() == 24 && key.ends_with(b"==") && key[..22].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// RFC 6455 §4.2.2, §4.4
fn check_version(fields: &Fields) -> Result<(), HandshakeRule> {
    if matches!(single(fields, VERSION), Ok(Some(b"13"))) { Ok(()) } else { Err(HandshakeRule::Version) }
}

fn check_protocols(fields: &Fields) -> Result<(), HandshakeRule> {
    for (place, name) in offered_protocols(fields).enumerate() {
        if place == MOST_PROTOCOLS {
            return Err(HandshakeRule::TooManyProtocols);
        }
        // RFC 6455 §4.1: "MUST all be unique strings".
        if !is_token_text(name) || offered_protocols(fields).take(place).any(|before| before == name) {
            return Err(HandshakeRule::ProtocolSyntax);
        }
    }
    Ok(())
}

/// RFC 4648 §4, for lengths that are no multiple of three. `N` is the length of the text.
fn base64<const N: usize>(bytes: &[u8]) -> [u8; N] {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    debug_assert_eq!(bytes.len().div_ceil(3) * 4, N);
    let mut text = [b'='; N];
    for (group, four) in bytes.chunks(3).zip(text.chunks_mut(4)) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (place, character) in four.iter_mut().take(group.len() + 1).enumerate() {
            *character = ALPHABET[(bits >> (18 - 6 * place)) as usize & 63];
        }
    }
    text
}

#[cfg(test)]
mod tests;
