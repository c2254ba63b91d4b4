//! Whether a response may be stored, and what of it (RFC 9111 §3).

use super::directives::{Directives, Extent, Wishes};
use super::freshness::{Basis, Life, Times, is_heuristically_cacheable};
use super::key::Uri;
use super::policy::{Policy, SetCookie};
use super::range::{Part, content_range};
use super::record::{Record, Rule};
use super::reference::within_origin;
use super::vary;
use crate::date;
use crate::files::media_type;
use crate::forward::hop_by_hop::{Nominated, ends_here};
use crate::range::Span;
use alloc::format;
use wire::http::{Field, Fields, Known, Method, RequestHead, ResponseHead};

/// A request and the head of its response.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// As the client sent it.
    pub request: &'a RequestHead,
    /// `http` or `https`.
    pub scheme: &'a str,
    /// As the origin sent it; not an interim response.
    pub response: &'a ResponseHead,
    /// When.
    pub times: Times,
}

impl<'a> Exchange<'a> {
    /// The target URI.
    pub fn uri(&self) -> Uri<'a> {
        Uri { scheme: self.scheme, authority: &self.request.authority, target: &self.request.target }
    }
}

/// What is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storing {
    /// A complete response.
    Whole,
    /// One part of a response (206).
    Part(Part),
    /// Nothing.
    Refused,
}

/// Decides whether a response may be stored, and names the rule that decides: [`Rule::Storable`] where it may. `directives` and `life` are
/// of this response, `wishes` of its request. A response to HEAD is not stored; see [`super::validate::head`].
pub fn storable(
    exchange: &Exchange<'_>,
    directives: &Directives,
    wishes: &Wishes,
    life: &Life,
    policy: &Policy,
    record: &mut Record,
) -> (Storing, Rule) {
    let storing = match kind(exchange, life, policy, record) {
        Ok(storing) => storing,
        Err(rule) => return (Storing::Refused, rule),
    };
    let refused = refusal(exchange, directives, wishes, life, policy, record);
    record.ask(Rule::Storable, refused.is_none());
    match refused {
        None => (storing, Rule::Storable),
        Some(rule) => (Storing::Refused, rule),
    }
}

/// What the method and the status allow.
fn kind(exchange: &Exchange<'_>, life: &Life, policy: &Policy, record: &mut Record) -> Result<Storing, Rule> {
    let Exchange { request, response, .. } = exchange;
    if request.method == Method::Post {
        // RFC 9110 §9.3.3: with explicit freshness, and Content-Location naming the target itself.
        let named = response.fields.get(Known::ContentLocation).and_then(|reference| within_origin(&exchange.uri(), reference));
        let for_get = life.basis.is_explicit() && response.status == 200 && named.is_some_and(|target| target == request.target);
        if !record.ask(Rule::PostForGet, for_get) {
            return Err(Rule::PostForGet);
        }
    } else if !record.ask(Rule::MethodStored, request.method == Method::Get) {
        return Err(Rule::MethodStored);
    }
    let status = response.status;
    if !record.ask_with(Rule::StatusFinal, status >= 200, || format!("{status}")) {
        return Err(Rule::StatusFinal);
    }
    // RFC 9111 §3: 206 and 304 only by a cache that understands them. A 304 is no response of its own: it freshens one.
    match status {
        206 => {
            let asked = policy.partial && request.fields.has(Known::Range);
            let part = if asked { part(response) } else { None };
            record.ask(Rule::PartStored, part.is_some());
            part.map(Storing::Part).ok_or(Rule::PartStored)
        }
        304 => {
            record.ask(Rule::StatusUnderstood, false);
            Err(Rule::StatusUnderstood)
        }
        // Under the key it would answer requests that never said so.
        _ if record.ask(Rule::AboutRequest, is_about_request(status)) => Err(Rule::AboutRequest),
        _ => Ok(Storing::Whole),
    }
}

/// The statuses that answer fields, size, pace or connection of one request (RFC 9110 §15.5, RFC 6585 §5, RFC 8470 §5.2).
fn is_about_request(status: u16) -> bool {
    matches!(status, 407 | 408 | 412 | 416 | 417 | 421 | 425 | 426 | 431)
}

/// A single part that says which it is. Several in one body (`multipart/byteranges`) are not taken apart.
pub(super) fn part(response: &ResponseHead) -> Option<Part> {
    let mut values = response.fields.all(Known::ContentRange);
    let part = content_range(values.next()?)?;
    values.next().is_none().then_some(part)
}

/// The first rule that forbids storing, after method and status.
fn refusal(
    exchange: &Exchange<'_>,
    directives: &Directives,
    wishes: &Wishes,
    life: &Life,
    policy: &Policy,
    record: &mut Record,
) -> Option<Rule> {
    let Exchange { request, response, .. } = exchange;
    // RFC 9111 §5.2.2.3: must-understand replaces the no-store beside it where the status is understood.
    let understood = !directives.must_understand || is_understood(response.status);
    if !record.ask(Rule::StatusUnderstood, understood) {
        return Some(Rule::StatusUnderstood);
    }
    let credentials = request.fields.has(Known::Authorization);
    let asked = [
        (Rule::NoStore, directives.no_store && !directives.must_understand),
        (Rule::RequestNoStore, wishes.no_store),
        (Rule::Private, directives.private == Extent::Whole),
        // RFC 9111 §3.5
        (Rule::Authorized, credentials && !(directives.must_revalidate || directives.public || directives.s_maxage.is_present())),
        // RFC 9111 §4.1: what always fails to match is not worth its place.
        (Rule::VaryAny, vary::names(&response.fields).is_none()),
        (Rule::SetsCookie, cookie_forbids(&response.fields, life, policy)),
        (Rule::Disguised, policy.refuse_disguised && !directives.is_for_shared_caches() && is_disguised(request, &response.fields)),
        (Rule::TooLarge, content_length(&response.fields).is_some_and(|length| length > policy.largest)),
    ];
    for (rule, forbids) in asked {
        if record.ask(rule, forbids) {
            return Some(rule);
        }
    }
    // RFC 9111 §3: public, Expires, max-age, s-maxage, or a status that can be cached heuristically.
    let says_so = directives.public || life.basis.is_explicit() || is_heuristically_cacheable(response.status);
    if !record.ask_with(Rule::SaysSo, says_so, || format!("fresh for {} s by {}", life.lifetime.as_secs(), life.basis.word())) {
        return Some(Rule::SaysSo);
    }
    let validator = response.fields.has(Known::ETag) || response.fields.has(Known::LastModified);
    record.ask(Rule::OfNoUse, life.is_over_on_arrival() && !validator).then_some(Rule::OfNoUse)
}

/// The status codes of RFC 9110 §15 whose rules this cache follows (RFC 9111 §3, `must-understand`).
fn is_understood(status: u16) -> bool {
    matches!(status, 200..=206 | 300..=303 | 305 | 307 | 308 | 400..=417 | 421 | 422 | 426 | 500..=505)
}

fn cookie_forbids(fields: &Fields, life: &Life, policy: &Policy) -> bool {
    fields.has(Known::SetCookie)
        && match policy.set_cookie {
            SetCookie::StoreExplicit => !matches!(life.basis, Basis::SMaxage | Basis::MaxAge | Basis::Expires),
            SetCookie::Strip => false,
            SetCookie::Refuse => true,
        }
}

/// HTML under a name that no HTML has: `/account/x.css`, invented by somebody who hopes that the page is stored under it and then fetches
/// it himself.
fn is_disguised(request: &RequestHead, fields: &Fields) -> bool {
    let name = request.path().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let Some(expected) = core::str::from_utf8(name).ok().map(media_type) else { return false };
    let is_static = ["image/", "font/", "audio/", "video/", "text/css", "text/javascript"].iter().any(|kind| expected.starts_with(kind));
    let sent = fields.get(Known::ContentType).unwrap_or_default();
    let is_page = [&b"text/html"[..], b"application/xhtml+xml", b"application/json"]
        .iter()
        .any(|page| sent.get(..page.len()).is_some_and(|sent| sent.eq_ignore_ascii_case(page)));
    is_static && is_page
}

/// The `Content-Length`, if it is a number.
pub fn content_length(fields: &Fields) -> Option<u64> {
    core::str::from_utf8(fields.get(Known::ContentLength)?).ok()?.parse().ok()
}

/// The fields to store (RFC 9111 §3.1), in the order they came: all but those for this connection alone, those that `no-cache` and
/// `private` list, and `Age`, which [`Life`] knows. `Date` is there afterwards, whatever was sent (RFC 9110 §6.6.1).
pub fn stored_fields(exchange: &Exchange<'_>, directives: &Directives, policy: &Policy) -> Fields {
    let fields = &exchange.response.fields;
    let nominated = Nominated::of(fields);
    let received = exchange.times.received;
    let is_date = |field: &Field<'_>| date::parse_in_any_case(field.value, received).is_some();
    let is_stored = |field: &Field<'_>| match field.known {
        // A part says which it is; where it is stored, that is known without (RFC 9111 §3.4).
        Known::ContentLength | Known::ContentRange if exchange.response.status == 206 => false,
        // What the origin says of its length is kept; what is sent later has its own.
        Known::ContentLength => true,
        known if ends_here(known) => false,
        Known::Upgrade | Known::Trailer | Known::Age | Known::EndpointLoadMetrics => false,
        Known::SetCookie => policy.set_cookie != SetCookie::Strip,
        Known::Date => is_date(field),
        Known::Other => !nominated.has(field.name) && !field.name.eq_ignore_ascii_case(b"Proxy-Authentication-Info"),
        _ => true,
    };
    let listed = |field: &Field<'_>| directives.no_cache.lists(field.name) || directives.private.lists(field.name);
    let mut stored = Fields::with_room_of(fields);
    for field in fields.iter().filter(|field| is_stored(field) && !listed(field)) {
        stored.push_as(field.known, field.name, field.value);
    }
    if !stored.has(Known::Date) {
        stored.push_known(Known::Date, &date::format_imf(received));
    }
    stored
}

/// What of a response can be kept once its content has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All of it.
    Whole,
    /// These bytes of it. Nothing but ranges within them can be answered, until the rest has come (RFC 9111 §3.3).
    Part(Part),
    /// Nothing.
    Nothing,
}

/// Decides that. `received` is how many bytes came, `clean` whether the end was where the framing said (RFC 9112 §8);
/// `partial`: the owner lets parts be stored.
pub fn kept(storing: Storing, fields: &Fields, received: u64, clean: bool, partial: bool) -> Kept {
    let expected = content_length(fields);
    match storing {
        Storing::Refused => Kept::Nothing,
        Storing::Whole if clean && expected.is_none_or(|expected| expected == received) => Kept::Whole,
        // RFC 9111 §3.4: only a strong validator can tell later that the rest is of the same.
        Storing::Whole if partial && received > 0 && super::range::has_strong_etag(fields) => match expected {
            Some(expected) if received < expected => {
                Kept::Part(Part { span: Span { start: 0, len: received }, complete_length: Some(expected) })
            }
            _ => Kept::Nothing,
        },
        Storing::Whole => Kept::Nothing,
        // More than was announced is something else than what was announced.
        Storing::Part(part) if received == 0 || received > part.span.len => Kept::Nothing,
        Storing::Part(part) => Kept::Part(Part { span: Span { len: received, ..part.span }, ..part }),
    }
}

#[cfg(test)]
mod tests;
