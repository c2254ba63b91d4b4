//! `Cache-Control` (RFC 9111 §5.2), the directives of RFC 5861 and RFC 8246, and targeted fields (RFC 9213).
//!
//! `Pragma` is nowhere read: RFC 9111 §5.4 leaves it no meaning. Nor is any targeted field that the owner did not list.
//!
//! A directive that breaks the grammar never makes a response more cacheable: what restricts counts for as long as it can be recognised,
//! and a broken lifetime is one that has passed (RFC 9111 §4.2.1).

use super::policy::Policy;
use crate::time::Duration;
use alloc::boxed::Box;
use alloc::vec::Vec;
use wire::http::structured::{Bare, Dictionary, Member};
use wire::http::{Fields, Known};

mod grammar;

/// The most that a lifetime or age can say (RFC 9111 §1.2.2): what is longer means as much.
const MOST_SECONDS: u64 = 1 << 31;

/// A directive whose argument is a number of seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seconds {
    /// Not there.
    #[default]
    Absent,
    /// There, and no number.
    Invalid,
    /// So long.
    Of(Duration),
}

impl Seconds {
    /// The time it says; zero where it says none.
    pub fn or_zero(self) -> Duration {
        match self {
            Seconds::Of(duration) => duration,
            Seconds::Absent | Seconds::Invalid => Duration::ZERO,
        }
    }

    /// Whether it is there, valid or not.
    pub fn is_present(self) -> bool {
        self != Seconds::Absent
    }
}

/// A directive that may be about some fields only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Not there.
    #[default]
    Absent,
    /// About these fields, in lower case.
    Listed(Vec<Box<[u8]>>),
    /// About all of the response.
    Whole,
}

/// Which field the directives of a response were read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// There is none.
    #[default]
    Nothing,
    /// `Cache-Control`.
    CacheControl,
    /// A targeted field, by its place in [`Policy::targeted`]. `Cache-Control` and `Expires` count for nothing beside it.
    Targeted(usize),
}

/// The directives of a response, as they count here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// Where they stood.
    pub source: Source,
    /// Do not store (§5.2.2.5).
    pub no_store: bool,
    /// Do not use without asking the origin (§5.2.2.4).
    pub no_cache: Extent,
    /// Not for shared caches (§5.2.2.7).
    pub private: Extent,
    /// For shared caches too, whatever else would speak against it (§5.2.2.9).
    pub public: bool,
    /// Never use when stale (§5.2.2.2).
    pub must_revalidate: bool,
    /// The same, for shared caches (§5.2.2.8).
    pub proxy_revalidate: bool,
    /// Store only if the status code is understood (§5.2.2.3).
    pub must_understand: bool,
    /// The content is to stay as it is (§5.2.2.6).
    pub no_transform: bool,
    /// Will not change while it is fresh (RFC 8246 §2).
    pub immutable: bool,
    /// Fresh for so long (§5.2.2.1).
    pub max_age: Seconds,
    /// The same, for shared caches (§5.2.2.10).
    pub s_maxage: Seconds,
    /// Usable for so long after that, while it is being validated (RFC 5861 §3).
    pub stale_while_revalidate: Seconds,
    /// Usable for so long after that, when the origin fails (RFC 5861 §4).
    pub stale_if_error: Seconds,
}

impl Directives {
    /// Reads them from a response's fields.
    pub fn of(fields: &Fields, policy: &Policy) -> Directives {
        // RFC 9213 §2.2: the first of the target list that is well formed and not empty decides alone.
        let mut targeted = policy.targeted.iter().enumerate();
        let chosen = targeted.find_map(|(rank, name)| Some((rank, targeted_field(fields, name)?)));
        if let Some((rank, dictionary)) = chosen {
            return Self::of_dictionary(&dictionary, rank);
        }
        Self::of_cache_control(fields)
    }

    /// Reads them from `Cache-Control` alone: what is said to everybody, be it in a response or in a request.
    pub(crate) fn of_cache_control(fields: &Fields) -> Directives {
        let mut directives = Self::default();
        for value in fields.all(Known::CacheControl) {
            directives.source = Source::CacheControl;
            for directive in grammar::directives(value) {
                directives.add(&directive);
            }
        }
        directives
    }

    /// Whether the response must not be used stale, whatever anybody else says (RFC 9111 §4.2.4).
    pub fn forbids_stale(&self) -> bool {
        self.must_revalidate || self.proxy_revalidate || self.no_cache == Extent::Whole
    }

    /// Whether it says itself that shared caches may have it.
    pub fn is_for_shared_caches(&self) -> bool {
        self.public || self.s_maxage.is_present() || matches!(self.source, Source::Targeted(_))
    }

    fn add(&mut self, directive: &grammar::Directive<'_>) {
        let seconds = |old: Seconds| match old {
            // RFC 9111 §4.2.1: of several values the first is used.
            Seconds::Absent => directive.seconds(),
            old => old,
        };
        match directive.known() {
            // Extensions that are not known are ignored (RFC 9111 §5.2.3).
            None => {}
            Some(Name::NoStore) => self.no_store = true,
            Some(Name::NoCache) => self.no_cache.add(directive),
            Some(Name::Private) => self.private.add(directive),
            Some(Name::MustRevalidate) => self.must_revalidate = true,
            Some(Name::ProxyRevalidate) => self.proxy_revalidate = true,
            Some(Name::NoTransform) => self.no_transform = true,
            Some(Name::MaxAge) => self.max_age = seconds(self.max_age),
            Some(Name::SMaxage) => self.s_maxage = seconds(self.s_maxage),
            // The rest permits: broken, it says nothing.
            Some(_) if directive.is_broken() => {}
            Some(Name::Public) => self.public = true,
            Some(Name::MustUnderstand) => self.must_understand = true,
            Some(Name::Immutable) => self.immutable = true,
            Some(Name::StaleWhileRevalidate) => self.stale_while_revalidate = seconds(self.stale_while_revalidate),
            Some(Name::StaleIfError) => self.stale_if_error = seconds(self.stale_if_error),
            Some(Name::OnlyIfCached | Name::MinFresh | Name::MaxStale) => {}
        }
    }

    /// RFC 9213 §2.1: a member of another type than the directive's is not consumed; of a lifetime then nothing is known but that the
    /// origin meant to say something.
    fn of_dictionary(dictionary: &Dictionary, rank: usize) -> Directives {
        let bare = |key: &str| dictionary.get(key).and_then(Member::bare);
        let is_set = |key: &str| bare(key) == Some(&Bare::Boolean(true));
        let seconds = |key: &str| match (dictionary.get(key), bare(key)) {
            (None, _) => Seconds::Absent,
            (_, Some(Bare::Integer(number @ 0..))) => Seconds::Of(capped(number.unsigned_abs())),
            _ => Seconds::Invalid,
        };
        let extent = |key: &str| match bare(key) {
            Some(Bare::Boolean(true)) => Extent::Whole,
            Some(Bare::String(names) | Bare::Token(names)) => Extent::of_names(names.as_bytes()),
            _ => Extent::Absent,
        };
        Directives {
            source: Source::Targeted(rank),
            no_store: is_set("no-store"),
            no_cache: extent("no-cache"),
            private: extent("private"),
            public: is_set("public"),
            must_revalidate: is_set("must-revalidate"),
            proxy_revalidate: is_set("proxy-revalidate"),
            must_understand: is_set("must-understand"),
            no_transform: is_set("no-transform"),
            immutable: is_set("immutable"),
            max_age: seconds("max-age"),
            s_maxage: seconds("s-maxage"),
            stale_while_revalidate: seconds("stale-while-revalidate"),
            stale_if_error: seconds("stale-if-error"),
        }
    }
}

/// The value of a targeted field, if it is there, well formed and not empty (RFC 9213 §2.2).
fn targeted_field(fields: &Fields, name: &str) -> Option<Dictionary> {
    Dictionary::parse(fields.named(name.as_bytes())).ok().filter(|dictionary| !dictionary.members.is_empty())
}

impl Extent {
    fn add(&mut self, directive: &grammar::Directive<'_>) {
        // RFC 9111 §5.2.2.4: the argument is a quoted list, and a token is read alike.
        let added = match directive.argument() {
            Some(names) if !directive.is_broken() => Extent::of_names(&names),
            _ => Extent::Whole,
        };
        match (&mut *self, added) {
            (Extent::Listed(names), Extent::Listed(more)) => names.extend(more),
            // The stricter of two holds (RFC 9111 §4.2.1).
            (Extent::Whole, _) => {}
            (_, added) => *self = added,
        }
    }

    /// A list without a single name, or with what is no name, is about everything.
    fn of_names(list: &[u8]) -> Extent {
        let names = list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|name| !name.is_empty());
        let names: Option<Vec<Box<[u8]>>> =
            names.map(|name| grammar::is_token(name).then(|| name.to_ascii_lowercase().into_boxed_slice())).collect();
        match names {
            Some(names) if !names.is_empty() => Extent::Listed(names),
            _ => Extent::Whole,
        }
    }

    /// Whether the directive is about the field of this name.
    pub fn lists(&self, name: &[u8]) -> bool {
        matches!(self, Extent::Listed(names) if names.iter().any(|listed| listed.eq_ignore_ascii_case(name)))
    }
}

/// What a client asks of caches (RFC 9111 §5.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Nothing that was not asked of the origin just now.
    pub no_cache: bool,
    /// Store nothing of this exchange.
    pub no_store: bool,
    /// What is stored, or nothing.
    pub only_if_cached: bool,
    /// No older than this.
    pub max_age: Seconds,
    /// Fresh for at least this long still.
    pub min_fresh: Seconds,
    /// Stale for at most this long; `Some(Duration::MAX)` where no limit is named.
    pub max_stale: Option<Duration>,
    /// Stale for at most this long, if the origin fails (RFC 5861 §4).
    pub stale_if_error: Seconds,
}

impl Wishes {
    /// Reads a request's `Cache-Control`; no wishes at all where the owner does not obey them.
    pub fn of(fields: &Fields, policy: &Policy) -> Wishes {
        let mut wishes = Wishes::default();
        if !policy.obey_requests {
            return wishes;
        }
        for directive in fields.all(Known::CacheControl).flat_map(grammar::directives) {
            wishes.add(&directive);
        }
        wishes
    }

    fn add(&mut self, directive: &grammar::Directive<'_>) {
        match directive.known() {
            Some(Name::NoCache) => self.no_cache = true,
            Some(Name::NoStore) => self.no_store = true,
            Some(Name::OnlyIfCached) => self.only_if_cached = true,
            Some(Name::MaxAge) if !self.max_age.is_present() => self.max_age = directive.seconds(),
            Some(Name::MinFresh) if !self.min_fresh.is_present() => self.min_fresh = directive.seconds(),
            Some(Name::StaleIfError) if !self.stale_if_error.is_present() => self.stale_if_error = directive.seconds(),
            Some(Name::MaxStale) if self.max_stale.is_none() => {
                // RFC 9111 §5.2.1.2: without an argument, stale by any time.
                self.max_stale = match (directive.argument(), directive.seconds()) {
                    (None, _) if !directive.is_broken() => Some(Duration::MAX),
                    (_, Seconds::Of(most)) => Some(most),
                    _ => None,
                };
            }
            _ => {}
        }
    }
}

/// The directives with a meaning here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    NoStore,
    NoCache,
    Private,
    Public,
    MustRevalidate,
    ProxyRevalidate,
    MustUnderstand,
    NoTransform,
    Immutable,
    MaxAge,
    SMaxage,
    StaleWhileRevalidate,
    StaleIfError,
    OnlyIfCached,
    MinFresh,
    MaxStale,
}

/// Their names.
const NAMES: [(&str, Name); 16] = [
    ("no-store", Name::NoStore),
    ("no-cache", Name::NoCache),
    ("private", Name::Private),
    ("public", Name::Public),
    ("must-revalidate", Name::MustRevalidate),
    ("proxy-revalidate", Name::ProxyRevalidate),
    ("must-understand", Name::MustUnderstand),
    ("no-transform", Name::NoTransform),
    ("immutable", Name::Immutable),
    ("max-age", Name::MaxAge),
    ("s-maxage", Name::SMaxage),
    ("stale-while-revalidate", Name::StaleWhileRevalidate),
    ("stale-if-error", Name::StaleIfError),
    ("only-if-cached", Name::OnlyIfCached),
    ("min-fresh", Name::MinFresh),
    ("max-stale", Name::MaxStale),
];

/// Seconds as a duration, no more than anybody needs (RFC 9111 §1.2.2).
fn capped(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(MOST_SECONDS))
}

/// A delta-seconds value (RFC 9111 §1.2.2).
pub(super) fn delta_seconds(text: &[u8]) -> Option<Duration> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(capped(text.iter().fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')))))
}

#[cfg(test)]
mod tests;
