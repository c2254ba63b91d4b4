//! Parts: which are stored, which are asked for, which are missing (RFC 9111 §3.3, §3.4; RFC 9110 §14).

use crate::conditional::Etag;
use crate::range::{Requested, Span, requested};
use alloc::format;
use alloc::vec::Vec;
use wire::http::{Fields, Known};

/// More separate parts than this of one response are not kept: the oldest store would have to look through all of them.
pub const MOST_PARTS: usize = 64;

/// One part of a representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its bytes.
    pub span: Span,
    /// Bytes of the whole, if that is known.
    pub complete_length: Option<u64>,
}

/// Reads a `Content-Range` (RFC 9110 §14.4); `None` for another unit, for `*` in place of the range, and for what is invalid.
pub fn content_range(value: &[u8]) -> Option<Part> {
    let unit = value.iter().position(|byte| *byte == b' ')?;
    if !value[..unit].eq_ignore_ascii_case(b"bytes") {
        return None;
    }
    let rest = &value[unit + 1..];
    let slash = rest.iter().position(|byte| *byte == b'/')?;
    let (range, complete) = (&rest[..slash], &rest[slash + 1..]);
    let dash = range.iter().position(|byte| *byte == b'-')?;
    let (first, last) = (number(&range[..dash])?, number(&range[dash + 1..])?);
    let complete_length = if complete == b"*" { None } else { Some(number(complete)?) };
    // RFC 9110 §14.4: invalid if it ends before it begins, or not within the whole.
    let valid = first <= last && last < complete_length.unwrap_or(u64::MAX);
    valid.then(|| Part { span: Span { start: first, len: last - first + 1 }, complete_length })
}

/// Digits that fit.
fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

/// The parts of one response that are stored: apart from each other, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    spans: Vec<Span>,
    complete_length: Option<u64>,
}

impl Parts {
    /// The parts of a response of which one is there.
    pub fn new(part: Part) -> Parts {
        Parts { spans: alloc::vec![part.span], complete_length: part.complete_length }
    }

    /// Adds one of the same representation ([`can_combine`] has said so). `false`: it contradicts the others' length, or there are too many
    /// by now; nothing was added.
    pub fn add(&mut self, part: Part) -> bool {
        if self.contradicts(&part) {
            return false;
        }
        let mut spans = self.spans.clone();
        spans.push(part.span);
        spans.sort_unstable_by_key(|span| span.start);
        let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match joined.last_mut() {
                Some(last) if span.start <= last.end() => last.len = last.end().max(span.end()) - last.start,
                _ => joined.push(span),
            }
        }
        if joined.len() > MOST_PARTS {
            return false;
        }
        (self.spans, self.complete_length) = (joined, self.complete_length.or(part.complete_length));
        true
    }

    /// Whether such a part cannot be of the same representation: it says another length, or one of them reaches beyond the end.
    pub fn contradicts(&self, part: &Part) -> bool {
        let agrees = self.complete_length.is_none() || part.complete_length.is_none() || self.complete_length == part.complete_length;
        let complete_length = self.complete_length.or(part.complete_length);
        let ends = self.spans.iter().chain([&part.span]).map(|span| span.end()).max().unwrap_or_default();
        !agrees || complete_length.is_some_and(|length| ends > length)
    }

    /// Bytes that are there.
    pub fn held(&self) -> u64 {
        self.spans.iter().map(|span| span.len).sum()
    }

    /// Bytes of memory that they take besides their own.
    pub fn memory(&self) -> usize {
        self.spans.capacity() * size_of::<Span>()
    }

    /// Where a span begins among the bytes that are there, laid one after the other; `None` where it is not there.
    pub fn place(&self, wanted: Span) -> Option<u64> {
        let index = self.spans.iter().position(|span| span.start <= wanted.start && wanted.end() <= span.end())?;
        let before: u64 = self.spans[..index].iter().map(|span| span.len).sum();
        Some(before + (wanted.start - self.spans[index].start))
    }

    /// The parts.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Bytes of the whole, if that is known.
    pub fn complete_length(&self) -> Option<u64> {
        self.complete_length
    }

    /// Whether they are the whole.
    pub fn is_complete(&self) -> bool {
        self.complete_length.is_some_and(|len| len == 0 || self.covers(Span { start: 0, len }))
    }

    /// Whether all bytes of a span are there.
    pub fn covers(&self, wanted: Span) -> bool {
        self.spans.iter().any(|span| span.start <= wanted.start && wanted.end() <= span.end())
    }

    /// What a `Range` comes to, given what is stored; `None` where bytes are missing that it asks for, or where it asks for the whole.
    pub fn requested(&self, value: &[u8]) -> Option<Requested> {
        // Of an unknown length, the end is nowhere: only ranges with both ends can be found to be there.
        match requested(value, self.complete_length.unwrap_or(u64::MAX)) {
            Requested::Spans(spans) => spans.iter().all(|span| self.covers(*span)).then_some(Requested::Spans(spans)),
            Requested::Unsatisfiable => self.complete_length.map(|_| Requested::Unsatisfiable),
            Requested::Whole => None,
        }
    }

    /// The one range to ask the origin for, so that `wanted` (`None`: the whole) is there afterwards: from the first byte that is missing
    /// to the last. `None`: nothing is missing.
    pub fn missing(&self, wanted: Option<Span>) -> Option<Missing> {
        let (mut start, end) = match wanted {
            Some(span) => (span.start, Some(span.end())),
            None => (0, self.complete_length),
        };
        if let Some(span) = self.spans.iter().find(|span| span.start <= start && start < span.end()) {
            start = span.end();
        }
        let Some(mut end) = end else { return Some(Missing { start, end: None }) };
        if start >= end {
            return None;
        }
        if let Some(span) = self.spans.iter().find(|span| span.start < end && end <= span.end()) {
            end = span.start.max(start);
        }
        let open = self.complete_length == Some(end) || wanted.is_none() && self.complete_length.is_none();
        Some(Missing { start, end: (!open).then_some(end) })
    }
}

/// A range that is asked of the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The first byte.
    pub start: u64,
    /// The byte after the last; `None`: to the end.
    pub end: Option<u64>,
}

impl Missing {
    /// As the value of `Range`.
    pub fn value(&self) -> Vec<u8> {
        match self.end {
            Some(end) => format!("bytes={}-{}", self.start, end - 1).into_bytes(),
            None => format!("bytes={}-", self.start).into_bytes(),
        }
    }
}

/// Whether two responses are parts of one representation: both have the same strong validator (RFC 9111 §3.4). A date does not count: it
/// would need the origin's word that nothing changed twice in a second. An origin that gives two codings one tag breaks RFC 9110 §8.8.3.3;
/// bytes of both would be neither.
pub fn can_combine(stored: &Fields, new: &Fields) -> bool {
    let same_tag = matches!((etag(stored), etag(new)), (Some(one), Some(other)) if one.is_strongly(&other));
    same_tag && stored.all(Known::ContentEncoding).eq(new.all(Known::ContentEncoding))
}

/// The `Range` of a request that one part can answer: it stands alone, and asks for one run of bytes. Of several, the answer would be in a
/// form that is not taken apart (`multipart/byteranges`).
pub fn sole_range(fields: &Fields) -> Option<&[u8]> {
    let mut values = fields.all(Known::Range);
    let value = values.next()?;
    let alone = values.next().is_none() && !value.contains(&b',');
    // Of the longest there can be, a range is either of its bytes or none of them: one that is not well formed is the whole.
    (alone && requested(value, u64::MAX) != Requested::Whole).then_some(value)
}

/// Whether there is a tag that can vouch for bytes.
pub(super) fn has_strong_etag(fields: &Fields) -> bool {
    etag(fields).is_some_and(|etag| !etag.weak)
}

/// The one well-formed tag of a response.
pub(super) fn etag(fields: &Fields) -> Option<Etag<'_>> {
    let (etag, rest) = Etag::parse(fields.get(Known::ETag)?)?;
    rest.is_empty().then_some(etag)
}

#[cfg(test)]
mod tests;
