//! Content codings made here: which of an answer's codings a client gets (RFC 9110 §12.5.3), which answers may be coded at all, and what
//! becomes of their fields.
//!
//! Order of calls: [`choose`] before the head is written, [`coded`] for the fields of an answer that is coded, [`varies`] for one that is
//! not and yet depends on what the client accepts.

mod fields;
mod policy;

pub use fields::{coded, describes_content, tagged_as_asked, varies};
pub use policy::{Level, Policy};

use crate::cache::{Directives, Extent};
use crate::files::{Coding, rate};
use crate::time::Duration;
use wire::http::{Fields, Known, Method, RequestHead, ResponseHead};

/// An answer, as far as the choice needs it.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Status and fields, as they would go out.
    pub head: &'a ResponseHead,
    /// Bytes of content, where that is known.
    pub length: Option<u64>,
    /// It is stored, and given to everybody.
    pub shared: bool,
}

/// How an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The coding to make; [`Coding::Identity`] for none.
    pub coding: Coding,
    /// The rule that decided.
    pub why: Reason,
}

/// Why an answer is coded, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client takes it, and of what it takes it is what the owner wants most.
    Accepted,
    /// The answer has no content to code, or its status gives the content another meaning.
    Status,
    /// RFC 9111 §5.2.2.6 in the answer, or §5.2.1.6 in the request.
    NoTransform,
    /// The backend has coded it.
    AlreadyCoded,
    /// It is a part of something (RFC 9110 §14.4).
    Partial,
    /// The owner does not want this type coded.
    Type,
    /// It is too short to gain by it.
    Short,
    /// It may be for one person only: what others put into such an answer can make its length tell of secrets in it (BREACH).
    Personal,
    /// A part is asked for: the parts of what is not coded are the ones that can be put together (RFC 9110 §15.3.7.3).
    RangeAsked,
    /// The client names no coding.
    NothingAsked,
    /// The client takes none of the codings made here, or likes it better without.
    NotAccepted,
    /// Its coded form was not shorter.
    NotShorter,
    /// There is no room for another coded form now.
    NoRoom,
}

impl Reason {
    /// The word in steps.
    pub const fn word(self) -> &'static str {
        match self {
            Reason::Accepted => "accepted",
            Reason::Status => "status",
            Reason::NoTransform => "no-transform",
            Reason::AlreadyCoded => "already-coded",
            Reason::Partial => "partial",
            Reason::Type => "type",
            Reason::Short => "short",
            Reason::Personal => "personal",
            Reason::RangeAsked => "range-asked",
            Reason::NothingAsked => "nothing-asked",
            Reason::NotAccepted => "not-accepted",
            Reason::NotShorter => "not-shorter",
            Reason::NoRoom => "no-room",
        }
    }

    /// Whether another client could have got the same answer coded, so that `Vary` must say so (RFC 9110 §12.5.5).
    pub const fn varies(self) -> bool {
        match self {
            Reason::Accepted | Reason::RangeAsked | Reason::NothingAsked | Reason::NotAccepted | Reason::NotShorter | Reason::NoRoom => {
                true
            }
            Reason::Status
            | Reason::NoTransform
            | Reason::AlreadyCoded
            | Reason::Partial
            | Reason::Type
            | Reason::Short
            | Reason::Personal => false,
        }
    }
}

/// Decides how an answer to this request is sent.
pub fn choose(policy: &Policy, request: &RequestHead, answer: &Answer<'_>) -> Choice {
    let plain = |why| Choice { coding: Coding::Identity, why };
    if let Some(why) = forbids(policy, request, answer) {
        return plain(why);
    }
    let (coding, why) = preferred(policy, &request.fields);
    // RFC 9110 §14.2: a range may be ignored, and is where nothing but a coded form will do.
    if request.method == Method::Get && request.fields.has(Known::Range) && takes_identity(&request.fields) {
        return plain(Reason::RangeAsked);
    }
    Choice { coding, why }
}

/// Whether the client takes an answer that is not coded (RFC 9110 §12.5.3).
pub fn takes_identity(request: &Fields) -> bool {
    rate(request, Coding::Identity) > 0
}

/// What stands against coding this answer for anybody.
fn forbids(policy: &Policy, request: &RequestHead, answer: &Answer<'_>) -> Option<Reason> {
    let fields = &answer.head.fields;
    let said = Directives::of_cache_control(fields);
    match () {
        // RFC 9110 §6.4.1, §15.3.5, §15.3.6, §15.4.5
        () if matches!(answer.head.status, 100..=199 | 204 | 205 | 304) || request.method == Method::Connect => Some(Reason::Status),
        () if answer.head.status == 206 || fields.has(Known::ContentRange) => Some(Reason::Partial),
        () if fields.has(Known::ContentEncoding) => Some(Reason::AlreadyCoded),
        () if said.no_transform || Directives::of_cache_control(&request.fields).no_transform => Some(Reason::NoTransform),
        () if !policy.takes_type(fields.get(Known::ContentType).unwrap_or_default()) => Some(Reason::Type),
        () if answer.length.is_some_and(|length| length < policy.least) => Some(Reason::Short),
        () if !policy.personal && !answer.shared && is_personal(&request.fields, fields, &said) => Some(Reason::Personal),
        () => None,
    }
}

/// Whether an answer may be for one person: it says so, sets a cookie, or answers to a name or a cookie and does not say that others may
/// have it too.
fn is_personal(request: &Fields, response: &Fields, said: &Directives) -> bool {
    let named = request.has(Known::Authorization) || request.has(Known::Cookie);
    // RFC 9111 §3: whoever says how long it is fresh expects shared caches to keep it.
    let fresh = said.max_age.or_zero() > Duration::ZERO || said.s_maxage.or_zero() > Duration::ZERO;
    let for_all = said.public || fresh && !request.has(Known::Authorization);
    said.private != Extent::Absent || said.no_store || response.has(Known::SetCookie) || named && !for_all
}

/// The coding that the client likes most; of equals the one that the owner likes most, and any of them more than none.
fn preferred(policy: &Policy, request: &Fields) -> (Coding, Reason) {
    if !request.has(Known::AcceptEncoding) {
        return (Coding::Identity, Reason::NothingAsked);
    }
    let mut best = (rate(request, Coding::Identity), Coding::Identity);
    for level in policy.codings.iter().rev() {
        let rating = rate(request, level.coding);
        if rating > 0 && rating >= best.0 {
            best = (rating, level.coding);
        }
    }
    match best.1 {
        Coding::Identity => (Coding::Identity, Reason::NotAccepted),
        coding => (coding, Reason::Accepted),
    }
}

#[cfg(test)]
mod tests;
