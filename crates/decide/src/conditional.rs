//! Conditional requests (RFC 9110 §13): the preconditions in their order of precedence.

use crate::date;
use crate::time::Calendar;
use wire::http::{Fields, Known, Method};

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
    /// Its `ETag`, if it has one.
    pub etag: Option<Etag<'a>>,
    /// Its `Last-Modified`, if it has one; fractions of a second do not count.
    pub last_modified: Option<Calendar>,
    /// Whether that date can vouch for bytes: no second change can hide in the second that it names (RFC 9110 §8.8.2.2).
    pub date_is_strong: bool,
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
    let verdict = evaluate_stored(method, fields, validators, now);
    if holds(fields, validators, now) { verdict } else { Verdict { precondition: Precondition::Failed, ..verdict } }
}

/// The same without `If-Match` and `If-Unmodified-Since`, which are for the origin alone to judge (RFC 9111 §4.3.2).
pub fn evaluate_stored(method: &Method, fields: &Fields, validators: &Validators<'_>, now: Calendar) -> Verdict {
    let reads = matches!(method, Method::Get | Method::Head);
    let precondition = if is_news(reads, fields, validators, now) {
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
        return lists(fields, Known::IfMatch, |tag| validators.etag.is_some_and(|etag| tag.is_strongly(&etag)));
    }
    // RFC 9110 §13.1.4: not to be evaluated beside If-Match, and ignored if it is not one valid date or there is none to compare with.
    compared(fields, Known::IfUnmodifiedSince, validators, now).is_none_or(|(modified, date)| modified <= date)
}

/// Steps 3 and 4: the client asks for what it does not have yet.
fn is_news(reads: bool, fields: &Fields, validators: &Validators<'_>, now: Calendar) -> bool {
    if fields.has(Known::IfNoneMatch) {
        // RFC 9110 §13.1.2: weak comparison.
        return !lists(fields, Known::IfNoneMatch, |tag| validators.etag.is_some_and(|etag| tag.is_weakly(&etag)));
    }
    // RFC 9110 §13.1.3: not beside If-None-Match, for GET and HEAD alone, and ignored as above.
    !reads || compared(fields, Known::IfModifiedSince, validators, now).is_none_or(|(modified, date)| modified > date)
}

/// Step 5: the client asks for the rest of what it has a part of (RFC 9110 §13.1.5).
fn range_holds(fields: &Fields, validators: &Validators<'_>, now: Calendar) -> bool {
    let mut values = fields.all(Known::IfRange);
    let Some(value) = values.next() else { return true };
    if values.next().is_some() {
        return false;
    }
    if let Some((tag, rest)) = Etag::parse(value) {
        return rest.is_empty() && validators.etag.is_some_and(|etag| tag.is_strongly(&etag));
    }
    // A date must be the very same, and one that can vouch for bytes (§8.8.2.2).
    let same = |(date, modified): (Calendar, Calendar)| seconds(date) == seconds(modified);
    validators.date_is_strong && date::parse(value, now).zip(validators.last_modified).is_some_and(same)
}

/// Whether the field is `*` or lists a tag for which `is_ours` holds. A list counts as far as it is well formed.
pub(crate) fn lists(fields: &Fields, known: Known, is_ours: impl Fn(&Etag<'_>) -> bool) -> bool {
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

/// What we have and what the client names, in whole seconds, if both are there.
fn compared(fields: &Fields, known: Known, validators: &Validators<'_>, now: Calendar) -> Option<(u64, u64)> {
    let mut values = fields.all(known);
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    Some((seconds(validators.last_modified?), seconds(date::parse(value, now)?)))
}

fn seconds(at: Calendar) -> u64 {
    at.0.as_secs()
}

#[cfg(test)]
mod tests;
