//! Early hints (RFC 8297): what the page will need is told in a 103 while its origin still thinks. What that is was learnt from the `Link`
//! fields of its earlier answers.

use crate::cache::{Directives, Extent};
use alloc::boxed::Box;
use alloc::vec::Vec;
use wire::http::{Known, Method, RequestHead, ResponseHead, Version};

/// Links that are remembered of one answer, at the most.
pub const MOST_LINKS: usize = 16;
/// Bytes of them, all told. A 103 should fit into the first packets.
pub const MOST_BYTES: usize = 2048;

/// The rules of one route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Also to clients of HTTP/1.1. Some take any interim response they do not know for the answer itself (RFC 8297 §3).
    pub http1: bool,
    /// Only where a browser opens a page: it uses hints for nothing else.
    pub navigations: bool,
}

/// Whether a client that asks so is sent hints.
pub fn wanted(policy: &Policy, request: &RequestHead) -> bool {
    // RFC 9110 §15.2: never to HTTP/1.0.
    let spoken = request.version >= Version::Http2 || policy.http1 && request.version == Version::Http11;
    let mut modes = request.fields.named(b"Sec-Fetch-Mode");
    request.method == Method::Get && spoken && (!policy.navigations || modes.next() == Some(b"navigate"))
}

/// The links of an answer that later requests for it are told early; none where they may be meant for one person.
pub fn learnt(request: &RequestHead, response: &ResponseHead) -> Vec<Box<[u8]>> {
    let said = Directives::of_cache_control(&response.fields);
    if response.status != 200 || said.no_store || said.private != Extent::Absent || request.fields.has(Known::Authorization) {
        return Vec::new();
    }
    let links = response.fields.named(b"Link").flat_map(links).filter(|link| is_hint(link));
    let mut bytes = 0;
    let fits = |link: &&[u8]| {
        bytes += link.len();
        bytes <= MOST_BYTES
    };
    links.take(MOST_LINKS).take_while(fits).map(Box::from).collect()
}

/// The elements of a `Link` field (RFC 8288 §3). A comma in the target or in quotes does not end one.
fn links(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = value;
    core::iter::from_fn(move || {
        while let [b' ' | b'\t' | b',', after @ ..] = rest {
            rest = after;
        }
        let (link, after) = rest.split_at(end(rest, b','));
        rest = after;
        (!link.is_empty()).then(|| link.trim_ascii_end())
    })
}

/// Where the byte stands for the first time outside of `<…>` and `"…"`, or the end.
fn end(text: &[u8], byte: u8) -> usize {
    let (mut until, mut at) = (None, 0);
    while at < text.len() {
        match (until, text[at]) {
            (Some(b'"'), b'\\') => at += 1,
            (Some(close), here) if here == close => until = None,
            (Some(_), _) => {}
            (None, b'<') => until = Some(b'>'),
            (None, b'"') => until = Some(b'"'),
            (None, here) if here == byte => return at,
            (None, _) => {}
        }
        at += 1;
    }
    text.len()
}

/// Whether the link is one that a browser can act on before it has the page: `rel` names `preload` or `preconnect`. The link stands about
/// the page itself: an `anchor` would make it another's.
fn is_hint(link: &[u8]) -> bool {
    if !link.starts_with(b"<") {
        return false;
    }
    let (mut rest, mut rel) = (&link[end(link, b';')..], None);
    while let [b';', after @ ..] = rest {
        let (parameter, next) = after.split_at(end(after, b';'));
        rest = next;
        let parameter = parameter.trim_ascii();
        let equals = parameter.iter().position(|byte| *byte == b'=').unwrap_or(parameter.len());
        let (name, value) = (parameter[..equals].trim_ascii_end(), parameter.get(equals + 1..).unwrap_or_default().trim_ascii());
        if name.eq_ignore_ascii_case(b"anchor") {
            return false;
        }
        // RFC 8288 §3.3: of several the first counts.
        if name.eq_ignore_ascii_case(b"rel") && rel.is_none() {
            rel = Some(value);
        }
    }
    let value = rel.unwrap_or_default();
    let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    let mut kinds = value.split(u8::is_ascii_whitespace);
    kinds.any(|kind| kind.eq_ignore_ascii_case(b"preload") || kind.eq_ignore_ascii_case(b"preconnect"))
}

#[cfg(test)]
mod tests;
