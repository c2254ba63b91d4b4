//! The decisions of an HTTP cache shared by many clients (RFC 9111): functions over plain data. What is stored, and how, is not known here.
//!
//! A decision returns its choice and the [`Rule`] that decided; every question on the way goes into a [`Record`], which keeps them for
//! `explain` or, being off, costs nothing.
//!
//! Order of calls for one request:
//!
//! 1. [`admission`]: some requests only pass. [`Wishes::of`] reads what the client asks of caches.
//! 2. [`key`] names what to look up. Of the responses stored under it, [`Purges::standing`] tells which are gone, and [`select`] which one
//!    the request's fields select.
//! 3. [`reuse`]: is it good for an answer, and when not, for what. If it is, [`answer`] says what the client gets by its conditions and
//!    ranges, with [`Life::age`] as `Age`.
//! 4. Otherwise [`refuses_origin`] may end it; [`join`] says whether to wait for another's answer ([`release`] frees who waits).
//! 5. [`conditions`] make the request to the origin one of validation; [`rest`] asks only for what is missing of stored parts, [`rested`]
//!    says whether that came, and [`can_combine`] and [`Parts::add`] join it to them.
//! 6. [`validated`] says what the answer means: [`freshen`] what is stored and work out its [`Life`] again, or use the new response.
//! 7. For a new response, [`Directives::of`] and [`Life::of`] read it, [`storable`] decides, [`stored_fields`] are kept with
//!    [`Selecting::of`] and [`tags()`]; when its content has ended, [`kept`] says what of it remains. [`head`] and [`invalidated`] are
//!    for the methods that are not stored.
//! 8. [`write_status`] tells the client.

mod collapse;
mod directives;
mod freshness;
mod hot;
mod invalidate;
mod key;
mod lookup;
mod policy;
mod preload;
mod range;
mod record;
mod reference;
mod status;
mod store;
mod tags;
mod tiers;
mod validate;
mod vary;

pub use collapse::{Join, Progress, Release, Uncacheable, is_shareable_range, join, release};
pub use directives::{Directives, Extent, Seconds, Source, Wishes};
pub use freshness::{Basis, Life, Reuse, Times, date_of, reuse};
pub use hot::Popularity;
pub use invalidate::invalidated;
pub use key::{KeyRules, Parameters, Uri, key, keyed_query, url};
pub use lookup::{Admission, admission, refuses_origin};
pub use policy::{Collapse, Policy, SetCookie};
pub use preload::{MOST_PRELOADS, preloads};
pub use range::{MOST_PARTS, Missing, Part, Parts, can_combine, content_range, sole_range};
pub use record::{Asked, MOST_ASKED, Record, Rule};
pub use status::{Forwarded, Status, write as write_status};
pub use store::{Exchange, Kept, Storing, content_length, kept, storable, stored_fields};
pub use tags::{LONGEST_TAG, MOST_MARKS, MOST_TAGS, Purge, Purges, Sequence, Standing, Tag, tags};
pub use tiers::{Tier, first as first_tier, ring_key};
pub use validate::{
    Answer, Conditions, Content, HeadEffect, Outcome, Rest, Rested, Stored, answer, conditions, freshen, goes_with_not_modified, head,
    is_failure, rest, rested, validated,
};
pub use vary::{AcceptEncoding, MOST_NAMES, Normalise, Selecting, Variant, forwarded_accept_encoding, select};

#[cfg(test)]
mod tests;
