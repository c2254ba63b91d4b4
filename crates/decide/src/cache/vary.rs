//! Which of the responses stored under a key a request selects (RFC 9111 §4.1).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use wire::http::{Fields, Known};

/// More names than this in one `Vary` count as `*`: every request is compared with all of them.
pub const MOST_NAMES: usize = 32;

/// How the fields that `Vary` names are compared. White space around commas and the lines of a field never count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Normalise {
    /// `Accept-Encoding`.
    pub accept_encoding: AcceptEncoding,
    /// Read `Accept-Language` as a set of weighted ranges: their order and case do not count.
    pub accept_language: bool,
    /// Answer from a response whose `Content-Language` is the one language that a request wants most, even if its other wishes are not
    /// those the response was selected by.
    pub content_language: bool,
}

/// How `Accept-Encoding` is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AcceptEncoding {
    /// As it is written.
    #[default]
    Exact,
    /// As a set of weighted codings.
    Sorted,
    /// Only which of `br`, `zstd` and `gzip` are accepted. The origin must be asked with that and no more: [`forwarded_accept_encoding`].
    Reduced,
    /// Not at all: the origin is asked for content that is not coded, and codings are made here ([`crate::encoding`]).
    Unasked,
}

/// The fields of a request that selected a response, normalised: its secondary key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selecting(Vec<Selector>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Selector {
    /// In lower case.
    name: Box<[u8]>,
    /// `None`: the request had no such field.
    value: Option<Box<[u8]>>,
}

/// The names that a response's `Vary` lists, in lower case and order, each once; `None` for `*`, anywhere among them.
pub(super) fn names(fields: &Fields) -> Option<Vec<Box<[u8]>>> {
    let mut names: Vec<Box<[u8]>> = Vec::new();
    for value in fields.all(Known::Vary) {
        for name in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|name| !name.is_empty()) {
            // RFC 9110 §12.5.5
            if name == b"*" {
                return None;
            }
            names.push(name.to_ascii_lowercase().into_boxed_slice());
        }
    }
    names.sort_unstable();
    names.dedup();
    (names.len() <= MOST_NAMES).then_some(names)
}

impl Selecting {
    /// Takes them from a request for a response. `None`: the response varies on `*`, and no request ever selects it.
    pub fn of(response: &Fields, request: &Fields, normalise: &Normalise) -> Option<Selecting> {
        let selector = |name: Box<[u8]>| {
            let value = normalised(request, &name, normalise).map(|value| value.into_owned().into_boxed_slice());
            Selector { name, value }
        };
        Some(Selecting(names(response)?.into_iter().map(selector).collect()))
    }

    /// Whether a request selects the response that these stand for. `response` is that one's fields.
    pub fn match_request(&self, request: &Fields, response: &Fields, normalise: &Normalise) -> bool {
        self.0.iter().all(|selector| {
            let same = normalised(request, &selector.name, normalise).as_deref() == selector.value.as_deref();
            same || normalise.content_language && *selector.name == *b"accept-language" && wants_language_of(request, response)
        })
    }

    /// Bytes of memory that it takes beside itself, as they are asked for.
    pub fn memory(&self) -> usize {
        let texts = |selector: &Selector| selector.name.len() + selector.value.as_ref().map_or(0, |value| value.len());
        self.0.capacity() * size_of::<Selector>() + self.0.iter().map(texts).sum::<usize>()
    }

    /// The names, in lower case.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|selector| &*selector.name)
    }

    /// Appends all of it in one unambiguous piece of bytes, for a store that looks variants up.
    pub fn write(&self, out: &mut Vec<u8>) {
        for Selector { name, value } in &self.0 {
            out.extend_from_slice(name);
            // No name and no value holds a line break.
            out.extend_from_slice(if value.is_some() { b":" } else { b"" });
            out.extend_from_slice(value.as_deref().unwrap_or_default());
            out.push(b'\n');
        }
    }
}

/// One of the responses stored under a key.
#[derive(Clone, Copy, Debug)]
pub struct Variant<'a> {
    /// What it was selected by.
    pub selecting: &'a Selecting,
    /// Its fields.
    pub fields: &'a Fields,
    /// Its `Date`.
    pub date: crate::time::Calendar,
}

/// The one that a request selects, by index: of several the most recent (RFC 9111 §4.1), and of those the last.
pub fn select<'a>(variants: impl Iterator<Item = Variant<'a>>, request: &Fields, normalise: &Normalise) -> Option<usize> {
    let matching = variants.enumerate().filter(|(_, variant)| variant.selecting.match_request(request, variant.fields, normalise));
    matching.max_by_key(|(_, variant)| variant.date).map(|(index, _)| index)
}

/// What the origin is to be asked with where [`AcceptEncoding::Reduced`] holds; `None`: no such field at all.
pub fn forwarded_accept_encoding(request: &Fields) -> Option<Vec<u8>> {
    let accepted = crate::files::Preference::of(request);
    let mut tokens: Vec<&str> =
        accepted.iter().filter(|coding| *coding != crate::files::Coding::Identity).map(crate::files::Coding::token).collect();
    tokens.sort_unstable();
    (!tokens.is_empty()).then(|| tokens.join(", ").into_bytes())
}

/// A field of a request as it is compared; `None` where there is none.
fn normalised<'a>(request: &'a Fields, name: &[u8], normalise: &Normalise) -> Option<Cow<'a, [u8]>> {
    let known = Known::of(name);
    if known == Known::AcceptEncoding && normalise.accept_encoding == AcceptEncoding::Unasked {
        return None;
    }
    if known == Known::AcceptEncoding && normalise.accept_encoding == AcceptEncoding::Reduced {
        return forwarded_accept_encoding(request).map(Cow::Owned);
    }
    let combined = if known == Known::Other { combined(request.named(name))? } else { combined(request.all(known))? };
    let as_set = match known {
        Known::AcceptEncoding => normalise.accept_encoding == AcceptEncoding::Sorted,
        Known::AcceptLanguage => normalise.accept_language,
        _ => false,
    };
    match weighted_set(&combined).filter(|_| as_set) {
        Some(set) => Some(Cow::Owned(write_set(&set))),
        None => Some(combined),
    }
}

/// The lines of a field in one, without white space at its ends and around its commas (RFC 9111 §4.1: combining lines, and white space
/// where the syntax allows it; inside of quotes it stays).
fn combined<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> Option<Cow<'a, [u8]>> {
    let first = lines.next()?.trim_ascii();
    let mut second = lines.next();
    if second.is_none() && !first.contains(&b',') {
        return Some(Cow::Borrowed(first));
    }
    let mut out = Vec::with_capacity(first.len() + 16);
    squeeze(first, &mut out);
    while let Some(line) = second {
        out.push(b',');
        squeeze(line.trim_ascii(), &mut out);
        second = lines.next();
    }
    Some(Cow::Owned(out))
}

fn squeeze(line: &[u8], out: &mut Vec<u8>) {
    let mut quoted = false;
    let mut at = 0;
    while at < line.len() {
        let byte = line[at];
        match byte {
            b'\\' if quoted && at + 1 < line.len() => {
                out.extend_from_slice(&line[at..at + 2]);
                at += 2;
                continue;
            }
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                while let Some(b' ' | b'\t') = out.last() {
                    out.pop();
                }
            }
            b' ' | b'\t' if !quoted && out.last() == Some(&b',') => {
                at += 1;
                continue;
            }
            _ => {}
        }
        out.push(byte);
        at += 1;
    }
}

/// The elements of an `Accept-*` field with their weights in thousandths, in order of their names, each once; `None` if one is malformed.
fn weighted_set(value: &[u8]) -> Option<Vec<(Vec<u8>, u16)>> {
    let mut set = Vec::new();
    for element in value.split(|byte| *byte == b',').filter(|element| !element.is_empty()) {
        let (name, weight) = crate::files::weighted(element)?;
        set.push((name.to_ascii_lowercase(), weight));
    }
    // Of an element that comes twice the first counts.
    set.sort_by(|(one, _), (other, _)| one.cmp(other));
    set.dedup_by(|later, earlier| later.0 == earlier.0);
    Some(set)
}

fn write_set(set: &[(Vec<u8>, u16)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, weight) in set {
        out.extend_from_slice(name);
        if *weight != 1000 {
            out.push(b';');
            out.extend_from_slice(weight.to_string().as_bytes());
        }
        out.push(b',');
    }
    out
}

/// Whether a response is in the one language that a request wants more than any other.
fn wants_language_of(request: &Fields, response: &Fields) -> bool {
    let Some(language) = response.get(Known::ContentLanguage).filter(|language| !language.contains(&b',')) else { return false };
    let wanted = combined(request.all(Known::AcceptLanguage)).and_then(|value| weighted_set(&value)).unwrap_or_default();
    let Some(most) = wanted.iter().map(|(_, weight)| *weight).max().filter(|most| *most > 0) else { return false };
    let mut best = wanted.iter().filter(|(_, weight)| *weight == most);
    let first = best.next().is_some_and(|(name, _)| name.eq_ignore_ascii_case(language.trim_ascii()));
    first && best.next().is_none()
}

#[cfg(test)]
mod tests;
