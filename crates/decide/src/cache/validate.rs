//! Validation (RFC 9111 §4.3): what the origin is asked, what its answer means for what is stored, and what a client's own conditions and
//! ranges come to.

use super::freshness::{Reuse, date_of};
use super::range::{Missing, Part, Parts, etag};
use super::record::{Record, Rule};
use crate::conditional::{Precondition, Validators, evaluate_stored};
use crate::date;
use crate::range::{Requested, Span, requested};
use crate::time::{Calendar, Duration};
use alloc::string::String;
use alloc::vec::Vec;
use wire::http::{Field, Fields, Known, Method, RequestHead, ResponseHead};

/// The most tags that are offered to the origin at once.
const MOST_TAGS: usize = 16;

/// `Last-Modified` so long before `Date` tells of no second change within its second (RFC 9110 §8.8.2.2), however the two clocks differ.
const SETTLED: Duration = Duration::from_secs(60);

/// A stored response, as far as a decision needs it.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Its status.
    pub status: u16,
    /// Its fields.
    pub fields: &'a Fields,
    /// When it arrived.
    pub received: Calendar,
    /// Its content.
    pub content: Content<'a>,
}

/// The content of a stored response.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// All of it: so many bytes.
    Whole(u64),
    /// Some of it.
    Parts(&'a Parts),
}

/// The conditions of a request to the origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The value of `If-None-Match`; empty for none.
    pub if_none_match: Vec<u8>,
    /// The value of `If-Modified-Since`; empty for none.
    pub if_modified_since: Vec<u8>,
    /// Tags of the client's stand among ours: a 304 may be about what the client has.
    pub of_client: bool,
    /// The value of `Range`; empty for none.
    pub range: Vec<u8>,
    /// The value of `If-Range`; empty for none.
    pub if_range: Vec<u8>,
}

/// Makes the conditions from the validators of stored responses: of the one that the request selects, or, where it selects none, of all
/// under its key, so that the origin can say that it is one of them (RFC 9111 §4.1). Its client's tags are added (§4.3.2): what it has need
/// not be sent.
pub fn conditions<'a>(request: &RequestHead, stored: impl Iterator<Item = &'a Fields>) -> Conditions {
    let mut conditions = Conditions::default();
    let (mut count, mut tags) = (0, 0);
    for fields in stored {
        count += 1;
        // RFC 9111 §4.3.1: a tag must be sent, weak or strong.
        if let Some(tag) = fields.get(Known::ETag).filter(|_| etag(fields).is_some() && tags < MOST_TAGS) {
            tags += 1;
            list(&mut conditions.if_none_match, tag);
        }
        // RFC 9111 §4.3.1: the date where a single response is validated.
        let dated = |value: &&[u8]| date::parse_in_any_case(value, Calendar::default()).is_some();
        let modified = fields.get(Known::LastModified).filter(dated);
        conditions.if_modified_since = modified.filter(|_| count == 1).unwrap_or_default().to_vec();
    }
    if conditions.if_none_match.is_empty() {
        return conditions;
    }
    // `*` would be answered for any representation at all, and a client's date is judged by us afterwards.
    for value in request.fields.all(Known::IfNoneMatch).filter(|value| *value != b"*") {
        list(&mut conditions.if_none_match, value);
        conditions.of_client = true;
    }
    conditions
}

fn list(into: &mut Vec<u8>, element: &[u8]) {
    if !into.is_empty() {
        into.extend_from_slice(b", ");
    }
    into.extend_from_slice(element);
}

impl Conditions {
    /// The client's own range, which is to be stored as a part: with the condition under which it wants that part.
    #[must_use]
    pub fn with_range_of(self, client: &Fields) -> Conditions {
        let of = |known: Known| client.get(known).unwrap_or_default().to_vec();
        Conditions { range: of(Known::Range), if_range: of(Known::IfRange), ..self }
    }

    /// What is missing of parts, if it is of what they are of (RFC 9110 §13.1.5): else the origin sends what there is now.
    pub fn for_rest(rest: &Rest, stored: &Fields) -> Conditions {
        let tag = stored.get(Known::ETag).unwrap_or_default().to_vec();
        Conditions { range: rest.missing.value(), if_range: tag, ..Conditions::default() }
    }

    /// Whether there is nothing to ask by: the request goes on as if nothing were stored.
    pub fn is_empty(&self) -> bool {
        self.if_none_match.is_empty() && self.if_modified_since.is_empty()
    }

    /// Puts them in place of the client's: the answer is for the cache, which answers the client by it.
    pub fn apply(&self, fields: &mut Fields) {
        fields.retain(|field| !matches!(field.known, Known::IfNoneMatch | Known::IfModifiedSince | Known::IfRange | Known::Range));
        let all = [
            (Known::IfNoneMatch, &self.if_none_match),
            (Known::IfModifiedSince, &self.if_modified_since),
            (Known::Range, &self.range),
            (Known::IfRange, &self.if_range),
        ];
        for (known, value) in all {
            if !value.is_empty() {
                fields.push_known(known, value);
            }
        }
    }
}

/// What the origin's answer to a validation means (RFC 9111 §4.3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// These stored responses are current: [`freshen`] them; the client gets the one that its request selects, or the first, which
    /// from now on is selected by such a request too.
    Freshen(Vec<usize>),
    /// The 304 is for the client: it has what is current.
    PassOn,
    /// The 304 is about nothing that is stored: the request must be made again without conditions.
    AskAgain,
    /// The origin failed, and the stale response may be used.
    ServeStale,
    /// The response itself is the answer.
    Use,
}

/// Decides that, and names the rule. `stored` are the responses that `sent` was made of; `reuse` is what the selected one was found to be
/// good for; `status` is `None` where no response came at all.
pub fn validated(
    stored: &[Stored<'_>],
    sent: &Conditions,
    reuse: Reuse,
    response: Option<&ResponseHead>,
    received: Calendar,
    record: &mut Record,
) -> (Outcome, Rule) {
    let failed = response.is_none_or(|response| is_failure(response.status));
    if record.ask(Rule::OriginFailed, failed) && reuse == Reuse::StaleIfError {
        return (Outcome::ServeStale, Rule::OriginFailed);
    }
    let Some(response) = response.filter(|response| response.status == 304) else {
        return (Outcome::Use, if failed { Rule::OriginFailed } else { Rule::Replaced });
    };
    let selected = selected_for_update(stored, sent, &response.fields, received);
    if record.ask(Rule::NotModified, !selected.is_empty()) {
        return (Outcome::Freshen(selected), Rule::NotModified);
    }
    match sent.of_client {
        true => (Outcome::PassOn, Rule::Unselected),
        false => (Outcome::AskAgain, Rule::Unselected),
    }
}

/// The statuses by which an origin says that it failed (RFC 5861 §4).
pub const fn is_failure(status: u16) -> bool {
    matches!(status, 500 | 502 | 503 | 504)
}

/// Which stored responses a 304 is about (RFC 9111 §4.3.4).
fn selected_for_update(stored: &[Stored<'_>], sent: &Conditions, fields: &Fields, received: Calendar) -> Vec<usize> {
    let which = |same: &dyn Fn(&Stored<'_>) -> bool| -> Vec<usize> {
        stored.iter().enumerate().filter(|(_, stored)| same(stored)).map(|(index, _)| index).collect()
    };
    let newest = |indices: Vec<usize>| -> Vec<usize> {
        let date = |index: &usize| date_of(stored[*index].fields, stored[*index].received);
        indices.into_iter().max_by_key(date).into_iter().collect()
    };
    if let Some(tag) = etag(fields) {
        // All with the same strong validator; of those with a weak one, the most recent.
        return match tag.weak {
            false => which(&|stored| etag(stored.fields).is_some_and(|known| known.is_strongly(&tag))),
            true => newest(which(&|stored| etag(stored.fields).is_some_and(|known| known.is_weakly(&tag)))),
        };
    }
    let modified = |fields: &Fields| fields.get(Known::LastModified).and_then(|value| date::parse_in_any_case(value, received));
    if let Some(date) = modified(fields) {
        return newest(which(&|stored| modified(stored.fields) == Some(date)));
    }
    // Without any validator: the only one. Ours were the only conditions, so that it can be about nothing else.
    if stored.len() == 1 && !sent.of_client { alloc::vec![0] } else { Vec::new() }
}

/// Updates a stored response's fields by those of a newer one (RFC 9111 §3.2): a 304, a matching response to HEAD, or another part. `fresh`
/// are the newer one's fields as [`super::store::stored_fields`] gives them.
pub fn freshen(stored: &mut Fields, fresh: &Fields) {
    let updates = |field: &Field<'_>| {
        // The length must not be updated; coding and range say how the stored bytes are to be read, and these stay.
        !matches!(field.known, Known::ContentLength | Known::ContentEncoding | Known::ContentRange)
    };
    let same = |one: &Field<'_>, other: &Field<'_>| one.known == other.known && one.name.eq_ignore_ascii_case(other.name);
    stored.retain(|old| !fresh.iter().any(|new| updates(&new) && same(&old, &new)));
    for field in fresh.iter().filter(updates) {
        stored.push_as(field.known, field.name, field.value);
    }
}

/// What a response to HEAD does to a stored response to GET (RFC 9111 §4.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadEffect {
    /// It is about the same representation: [`freshen`] it.
    Freshen,
    /// It is about another: what is stored is stale.
    MakeStale,
    /// It says nothing about it.
    Nothing,
}

/// Decides that.
pub fn head(stored: &Stored<'_>, response: &ResponseHead, record: &mut Record) -> (HeadEffect, Rule) {
    if response.status != 200 || stored.status != 200 {
        return (HeadEffect::Nothing, Rule::HeadMatches);
    }
    let length = match stored.content {
        Content::Whole(length) => Some(length),
        Content::Parts(parts) => parts.complete_length(),
    };
    // Every one of these that the response has must be as it is stored.
    let agrees = |known: Known| response.fields.get(known).is_none_or(|value| stored.fields.get(known) == Some(value));
    let same_length = super::store::content_length(&response.fields).is_none_or(|said| length.is_none_or(|length| length == said));
    match record.ask(Rule::HeadMatches, agrees(Known::ETag) && agrees(Known::LastModified) && same_length) {
        true => (HeadEffect::Freshen, Rule::HeadMatches),
        false => (HeadEffect::MakeStale, Rule::HeadMatches),
    }
}

/// What a client gets of a stored response that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 304, with the fields that [`goes_with_not_modified`] lets through.
    NotModified,
    /// As it is stored; without the content for HEAD.
    Whole,
    /// 206, these bytes.
    Spans(Vec<Span>),
    /// 416, with the length.
    Unsatisfiable,
    /// It is not all there: the origin must be asked, see [`Parts::missing`].
    Missing,
}

/// Decides that by the request's conditions and range, in their order (RFC 9110 §13.2.2, RFC 9111 §4.3.2).
pub fn answer(request: &RequestHead, stored: &Stored<'_>, now: Calendar) -> Answer {
    let whole = match stored.content {
        Content::Whole(_) => Answer::Whole,
        Content::Parts(parts) if parts.is_complete() || request.method == Method::Head => Answer::Whole,
        Content::Parts(_) => Answer::Missing,
    };
    let value = match wanted(request, stored, now) {
        Wanted::NotModified => return Answer::NotModified,
        Wanted::Whole => return whole,
        Wanted::Range(value) => value,
    };
    let asked = match stored.content {
        Content::Whole(length) => Some(requested(value, length)),
        Content::Parts(parts) => parts.requested(value),
    };
    match asked {
        // Content-Encoding would be said of the multipart body, whose parts alone are coded: any Range may be ignored (RFC 9110 §14.2).
        Some(Requested::Spans(spans)) if spans.len() > 1 && stored.fields.has(Known::ContentEncoding) => whole,
        Some(Requested::Spans(spans)) => Answer::Spans(spans),
        Some(Requested::Unsatisfiable) => Answer::Unsatisfiable,
        Some(Requested::Whole) | None => whole,
    }
}

/// What a request wants of a stored response, by its conditions.
enum Wanted<'a> {
    /// Nothing: it has it.
    NotModified,
    /// All of it.
    Whole,
    /// What this `Range` says.
    Range(&'a [u8]),
}

fn wanted<'a>(request: &'a RequestHead, stored: &Stored<'_>, now: Calendar) -> Wanted<'a> {
    // RFC 9110 §13.2.1, §14.2: conditions and ranges are for what would be a 200.
    let conditional = [Known::IfNoneMatch, Known::IfModifiedSince, Known::Range].iter().any(|known| request.fields.has(*known));
    if !conditional || stored.status != 200 && stored.status != 206 {
        return Wanted::Whole;
    }
    let verdict = evaluate_stored(&request.method, &request.fields, &validators(stored), now);
    if verdict.precondition == Precondition::NotModified {
        return Wanted::NotModified;
    }
    let mut ranges = request.fields.all(Known::Range);
    match (ranges.next(), ranges.next(), verdict.range) {
        (Some(value), None, true) => Wanted::Range(value),
        // RFC 9110 §14.2: two of them are not well formed.
        _ => Wanted::Whole,
    }
}

/// What is missing of stored parts for a request, where the rest can be joined to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// What the client gets.
    pub wanted: Part,
    /// What the origin is asked for.
    pub missing: Missing,
}

/// Decides whether, for a request that stored parts cannot answer, only the rest is asked for. Else the origin is asked for all that the
/// client wants: where the parts have no strong validator (RFC 9111 §3.4), where their length is not known, where nothing would be spared.
pub fn rest(request: &RequestHead, stored: &Stored<'_>, now: Calendar, record: &mut Record) -> Option<Rest> {
    let rest = rest_of(request, stored, now);
    record.ask_with(Rule::RestJoins, rest.is_some(), || match rest {
        Some(rest) => String::from_utf8_lossy(&rest.missing.value()).into_owned(),
        None => String::new(),
    });
    rest
}

fn rest_of(request: &RequestHead, stored: &Stored<'_>, now: Calendar) -> Option<Rest> {
    let Content::Parts(parts) = stored.content else { return None };
    let complete = parts.complete_length().filter(|_| super::range::has_strong_etag(stored.fields))?;
    let all = Span { start: 0, len: complete };
    let span = match wanted(request, stored, now) {
        Wanted::NotModified => return None,
        Wanted::Whole => all,
        Wanted::Range(value) => match requested(value, complete) {
            Requested::Spans(spans) if spans.len() == 1 => spans[0],
            Requested::Whole => all,
            Requested::Spans(_) | Requested::Unsatisfiable => return None,
        },
    };
    let missing = parts.missing(Some(span))?;
    let spares = missing.start > span.start || missing.end.is_some_and(|end| end < span.end());
    spares.then_some(Rest { wanted: Part { span, complete_length: Some(complete) }, missing })
}

/// What the answer to such a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rested {
    /// What was missing.
    Joins,
    /// Another response: it is the answer itself.
    Use,
    /// A part that cannot be joined, or a word about our range alone: the origin must be asked as the client asked.
    AskAgain,
}

/// Decides that. `length` is how many bytes come, where that is known.
pub fn rested(rest: &Rest, stored: &Fields, response: &ResponseHead, length: Option<u64>, record: &mut Record) -> (Rested, Rule) {
    if !matches!(response.status, 206 | 304 | 412 | 416) {
        return (Rested::Use, if is_failure(response.status) { Rule::OriginFailed } else { Rule::Replaced });
    }
    let complete = rest.wanted.complete_length;
    let end = rest.missing.end.or(complete).unwrap_or_default();
    let asked = Span { start: rest.missing.start, len: end - rest.missing.start };
    let is_it = |part: Part| part.span == asked && part.complete_length.is_none_or(|length| Some(length) == complete);
    let joins = response.status == 206
        && super::store::part(response).is_some_and(is_it)
        && length == Some(asked.len)
        && super::range::can_combine(stored, &response.fields);
    match record.ask(Rule::RestJoins, joins) {
        true => (Rested::Joins, Rule::RestJoins),
        false => (Rested::AskAgain, Rule::RestJoins),
    }
}

/// The validators by which a client's conditions are judged.
fn validators<'a>(stored: &Stored<'a>) -> Validators<'a> {
    let date = date_of(stored.fields, stored.received);
    let modified = stored.fields.get(Known::LastModified).and_then(|value| date::parse_in_any_case(value, stored.received));
    Validators {
        etag: etag(stored.fields),
        // RFC 9111 §4.3.2: without Last-Modified, Date, or else when it arrived.
        last_modified: Some(modified.unwrap_or(date)),
        date_is_strong: modified.is_some_and(|modified| date.0.saturating_sub(modified.0) >= SETTLED),
    }
}

/// The fields of a stored response that its 304 has (RFC 9110 §15.4.5), besides `Age`. `targeted` are the owner's names of fields that
/// other caches read as `Cache-Control`.
pub fn goes_with_not_modified(field: &Field<'_>, fields: &Fields, targeted: &[alloc::string::String]) -> bool {
    match field.known {
        Known::CacheControl | Known::ContentLocation | Known::Date | Known::ETag | Known::Expires | Known::Vary => true,
        // Of use where there is no tag.
        Known::LastModified => !fields.has(Known::ETag),
        Known::CacheStatus => true,
        Known::Other => targeted.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(field.name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
