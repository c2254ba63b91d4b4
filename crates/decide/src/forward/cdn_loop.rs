//! `CDN-Loop` (RFC 8586): a request that has passed this cache goes round in a circle.
//!
//! `Via` cannot tell that: several of us in a row, an edge and its shield, have one name there and are no circle. Here each has its own.

use alloc::vec::Vec;
use wire::http::cdn_loop::{CdnInfo, members, write as write_member};
use wire::http::{FieldWriter, Fields, Known};

/// Caches that a request may have passed: far more than any sensible row of them has. A circle through one that strips what it got would
/// else go on until the head is too large.
const MOST_CACHES: usize = 32;

/// Bytes that the field may have in all.
const MOST_BYTES: usize = 4096;

macro_rules! circles {
    ($($(#[doc = $doc:literal])* $variant:ident $status:literal $sentence:literal,)*) => {
        /// Why a request goes no further.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Circle { $($(#[doc = $doc])* $variant,)* }

        impl Circle {
            /// The status answered.
            pub const fn status(self) -> u16 {
                match self { $(Circle::$variant => $status,)* }
            }

            /// What to tell whoever asks.
            pub const fn sentence(self) -> &'static str {
                match self { $(Circle::$variant => $sentence,)* }
            }
        }
    };
}

circles! {
    /// RFC 8586 §2, RFC 5842 §7.2: it has been here.
    Here 508 "the request has passed this cache before: a shield, a peer or an origin in the configuration leads back here (CDN-Loop)",
    /// It has passed more caches than there can be.
    TooMany 508 "the request has passed more caches than there can be on its way: it goes round in a circle (CDN-Loop)",
    /// The field breaks its grammar: what we add behind it might not be found again.
    Malformed 400 "the request's CDN-Loop is not a list of caches as RFC 8586 writes it",
}

/// Whether a request may go on from the cache of this id.
pub fn may_go_on(fields: &Fields, id: &str) -> Result<(), Circle> {
    if !fields.has(Known::CdnLoop) {
        return Ok(());
    }
    let bytes: usize = fields.all(Known::CdnLoop).map(<[u8]>::len).sum();
    let passed = members(fields.all(Known::CdnLoop)).map_err(|_| Circle::Malformed)?;
    if passed.iter().any(|member| member.is(id)) {
        return Err(Circle::Here);
    }
    if passed.len() >= MOST_CACHES || bytes > MOST_BYTES { Err(Circle::TooMany) } else { Ok(()) }
}

/// Whether a request has passed one of these caches.
pub fn has_passed<'a>(fields: &Fields, mut ids: impl Iterator<Item = &'a str>) -> bool {
    let passed = members(fields.all(Known::CdnLoop)).unwrap_or_default();
    !passed.is_empty() && ids.any(|id| passed.iter().any(|member| member.is(id)))
}

/// Appends our own member as a line behind those that stand already.
pub(super) fn write(id: &str, out: &mut impl FieldWriter) {
    let mut value = Vec::new();
    write_member(&CdnInfo { id: id.as_bytes(), parameters: b"" }, &mut value);
    out.known(Known::CdnLoop, &value);
}

#[cfg(test)]
mod tests;
