//! Range requests (RFC 9110 §14): which bytes a `Range` field asks for.

use alloc::vec::Vec;

/// With more parts than this, the whole is the answer: a request must not make us seek and frame without end (RFC 9110 §17.15).
pub const MAX_RANGES: usize = 16;

/// Bytes of a representation: never empty, never beyond its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: u64,
    /// How many.
    pub len: u64,
}

impl Span {
    /// The byte after the last.
    pub const fn end(self) -> u64 {
        self.start + self.len
    }
}

/// What a `Range` field comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requested {
    /// The field is ignored.
    Whole,
    /// Nothing it asks for is there: 416.
    Unsatisfiable,
    /// These bytes, at least one span and at most [`MAX_RANGES`]. Spans neither overlap nor touch, and stand in the order in which
    /// the client first asked for one of their bytes.
    Spans(Vec<Span>),
}

/// Reads a `Range` value for a representation of `size` bytes.
pub fn requested(value: &[u8], size: u64) -> Requested {
    // RFC 9110 §14.2: a unit that is not understood, or a set that is not well formed, is ignored.
    let Some(specs) = specs(value) else { return Requested::Whole };
    if size == 0 && specs.iter().any(|spec| matches!(spec, Spec::Last(1..))) {
        // A suffix of nothing is satisfiable (§14.1.2), but no Content-Range can say so.
        return Requested::Whole;
    }
    let spans: Vec<Span> = specs.into_iter().filter_map(|spec| spec.within(size)).collect();
    if spans.is_empty() {
        return Requested::Unsatisfiable;
    }
    let spans = coalesce(spans);
    if spans.len() > MAX_RANGES { Requested::Whole } else { Requested::Spans(spans) }
}

/// One element of the set (RFC 9110 §14.1.2).
#[derive(Clone, Copy)]
enum Spec {
    /// `first-` or `first-last`, both included.
    From(u64, u64),
    /// `-length`
    Last(u64),
}

impl Spec {
    fn parse(text: &[u8]) -> Option<Spec> {
        let dash = text.iter().position(|byte| *byte == b'-')?;
        let (first, last) = (&text[..dash], &text[dash + 1..]);
        if first.is_empty() {
            return Some(Spec::Last(number(last)?));
        }
        let first = number(first)?;
        let last = if last.is_empty() { u64::MAX } else { number(last)? };
        // RFC 9110 §14.1.1: a last position before the first makes the whole set invalid.
        (first <= last).then_some(Spec::From(first, last))
    }

    /// The bytes that exist of it.
    fn within(self, size: u64) -> Option<Span> {
        let (start, end) = match self {
            Spec::From(first, last) => (first, last.saturating_add(1).min(size)),
            Spec::Last(length) => (size.saturating_sub(length), size),
        };
        (start < end).then(|| Span { start, len: end - start })
    }
}

fn specs(value: &[u8]) -> Option<Vec<Spec>> {
    let equals = value.iter().position(|byte| *byte == b'=')?;
    // RFC 9110 §14.1: unit names in any case.
    if !value[..equals].eq_ignore_ascii_case(b"bytes") {
        return None;
    }
    let mut specs = Vec::new();
    for element in value[equals + 1..].split(|byte| *byte == b',') {
        let element = trim(element);
        // RFC 9110 §5.6.1.2: empty elements are passed over.
        if !element.is_empty() {
            specs.push(Spec::parse(element)?);
        }
    }
    (!specs.is_empty()).then_some(specs)
}

/// Takes optional white space (RFC 9110 §5.6.3) off both ends.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Digits as a number; what is larger than any file is as good as the largest.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))))
}

/// Joins spans that overlap or touch (RFC 9110 §15.3.7.2 allows it), each standing where the first of its members stood.
fn coalesce(spans: Vec<Span>) -> Vec<Span> {
    let mut by_start: Vec<(usize, Span)> = spans.into_iter().enumerate().collect();
    by_start.sort_unstable_by_key(|(asked, span)| (span.start, *asked));
    let mut joined: Vec<(usize, Span)> = Vec::with_capacity(by_start.len());
    for (asked, span) in by_start {
        match joined.last_mut() {
            Some((first_asked, last)) if span.start <= last.end() => {
                *first_asked = asked.min(*first_asked);
                last.len = last.end().max(span.end()) - last.start;
            }
            _ => joined.push((asked, span)),
        }
    }
    joined.sort_unstable_by_key(|(asked, _)| *asked);
    joined.into_iter().map(|(_, span)| span).collect()
}

#[cfg(test)]
mod tests;
