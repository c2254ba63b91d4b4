//! Conditional requests (RFC 9110 §13): the preconditions in their order of precedence.

use crate::date;
use crate::time::{Calendar, Duration};
use wire::http::{Fields, Known, Method};

/// A file left alone this long will not change again within the time stamp it has: clocks of file systems tick in whole seconds at
/// worst, and two seconds on FAT. What was changed more recently gets no strong validator (RFC 9110 §8.8.1, §8.8.2.2).
pub const SETTLED: Duration = Duration::from_secs(2);

/// An entity tag (RFC 9110 §8.8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Etag<'a> {
    /// `W/`: equal tags mean equivalent content, not the same bytes.
    pub weak: bool,
    /// What stands between the quotation marks.
    pub opaque: &'a [u8],
}

impl<'a> Etag<'a> {
    /// Reads one tag at the start of `text` and returns it with what follows it.
    pub fn parse(text: &'a [u8]) -> Option<(Etag<'a>, &'a [u8])> {
        // RFC 9110 §8.8.3: `W/` is case-sensitive.
        let (weak, quoted) = text.strip_prefix(b"W/").map_or((false, text), |quoted| (true, quoted));
        let inside = quoted.strip_prefix(b"\"")?;
        let end = inside.iter().position(|byte| *byte == b'"')?;
        Some((Etag { weak, opaque: &inside[..end] }, &inside[end + 1..]))
    }

    /// Strong comparison (RFC 9110 §8.8.3.2): the same, and neither weak.
    pub fn is_strongly(&self, other: &Etag<'_>) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Weak comparison (RFC 9110 §8.8.3.2): the same, weak or not.
    pub fn is_weakly(&self, other: &Etag<'_>) -> bool {
        self.opaque == other.opaque
    }
}

/// What identifies the selected representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validators<'a> {
    /// Its `ETag`.
    pub etag: Etag<'a>,
    /// Its `Last-Modified`; fractions of a second do not count.
    pub last_modified: Calendar,
}

/// What the preconditions say of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Answer as if there were none.
    Proceed,
    /// 304
    NotModified,
    /// 412
    Failed,
}

/// The outcome of all conditions of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the method is carried out.
    pub precondition: Precondition,
    /// Whether a `Range`, if there is one, counts: the method is GET and no `If-Range` stands against it.
    pub range: bool,
}

/// Evaluates the conditions of a request for a resource that exists, in the order of RFC 9110 §13.2.2.
pub fn evaluate(method: &Method, fields: &Fields, validators: &Validators<'_>, now: Calendar) -> Verdict {
    let reads = matches!(method, Method::Get | Method::Head);
    let precondition = if !holds(fields, validators, now) {
        Precondition::Failed
    } else if is_news(reads, fields, validators, now) {
        Precondition::Proceed
    } else if reads {
        Precondition::NotModified
    } else {
        Precondition::Failed
    };
    // RFC 9110 §14.2: Range is defined for GET alone.
    Verdict { precondition, range: *method == Method::Get && range_holds(fields, validators, now) }
}

/// Steps 1 and 2: the client asks for the state it knows.
fn holds(fields: &Fields, validators: &Validators<'_>, now: Calendar) -> bool {
    if fields.has(Known::IfMatch) {
        // RFC 9110 §13.1.1: strong comparison.
        return lists(fields, Known::IfMatch, |tag| tag.is_strongly(&validators.etag));
    }
    // RFC 9110 §13.1.4: not to be evaluated beside If-Match, and ignored if it is not one valid date.
    only_date(fields, Known::IfUnmodifiedSince, now).is_none_or(|date| seconds(validators.last_modified) <= seconds(date))
}

/// Steps 3 and 4: the client asks for what it does not have yet.
fn is_news(reads: bool, fields: &Fields, validators: &Validators<'_>, now: Calendar) -> bool {
    if fields.has(Known::IfNoneMatch) {
        // RFC 9110 §13.1.2: weak comparison.
        return !lists(fields, Known::IfNoneMatch, |tag| tag.is_weakly(&validators.etag));
    }
    // RFC 9110 §13.1.3: not beside If-None-Match, for GET and HEAD alone, and ignored if it is not one valid date.
    !reads || only_date(fields, Known::IfModifiedSince, now).is_none_or(|date| seconds(validators.last_modified) > seconds(date))
}

/// Step 5: the client asks for the rest of what it has a part of (RFC 9110 §13.1.5).
fn range_holds(fields: &Fields, validators: &Validators<'_>, now: Calendar) -> bool {
    let mut values = fields.all(Known::IfRange);
    let Some(value) = values.next() else { return true };
    if values.next().is_some() {
        return false;
    }
    if let Some((tag, rest)) = Etag::parse(value) {
        return rest.is_empty() && tag.is_strongly(&validators.etag);
    }
    // A date must be the very same, and one that can vouch for bytes: no second change hides in a second that is past (§8.8.2.2).
    let settled = now.0.checked_sub(validators.last_modified.0).is_some_and(|age| age >= SETTLED);
    settled && date::parse(value, now).is_some_and(|date| seconds(date) == seconds(validators.last_modified))
}

/// Whether the field is `*` or lists a tag for which `is_ours` holds. A list counts as far as it is well formed.
fn lists(fields: &Fields, known: Known, is_ours: impl Fn(&Etag<'_>) -> bool) -> bool {
    fields.all(known).any(|value| {
        if value == b"*" {
            return true;
        }
        let mut rest = value;
        loop {
            // RFC 9110 §5.6.1.2: empty elements are passed over.
            while let [b' ' | b'\t' | b',', after @ ..] = rest {
                rest = after;
            }
            let Some((tag, after)) = Etag::parse(rest) else { return false };
            let after = after.trim_ascii_start();
            if !after.is_empty() && after[0] != b',' {
                return false;
            }
            if is_ours(&tag) {
                return true;
            }
            rest = after;
        }
    })
}

fn only_date(fields: &Fields, known: Known, now: Calendar) -> Option<Calendar> {
    let mut values = fields.all(known);
    let value = values.next()?;
    if values.next().is_some() { None } else { date::parse(value, now) }
}

fn seconds(at: Calendar) -> u64 {
    at.0.as_secs()
}

#[cfg(test)]
mod tests;
