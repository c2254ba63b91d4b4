//! How long a response is fresh, how old it is, and whether it may be used now (RFC 9111 §4.2).

use super::directives::{Directives, Seconds, Source, Wishes, delta_seconds};
use super::policy::Policy;
use super::record::{Record, Rule};
use crate::date;
use crate::time::{Calendar, Duration};
use alloc::format;
use wire::http::{Fields, Known, ResponseHead};

/// When an exchange with the origin took place, by our own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The request left us.
    pub requested: Calendar,
    /// The header section of the response had arrived.
    pub received: Calendar,
}

/// What a lifetime was taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// `s-maxage`.
    SMaxage,
    /// `max-age`.
    MaxAge,
    /// `Expires` less `Date`.
    Expires,
    /// A part of the time since `Last-Modified`.
    Heuristic,
    /// The owner's word.
    Assumed,
    /// The origin said something that is none: it counts as stale.
    Invalid,
    /// Nobody said anything.
    #[default]
    Nothing,
}

impl Basis {
    /// Whether the origin said it.
    pub const fn is_explicit(self) -> bool {
        matches!(self, Basis::SMaxage | Basis::MaxAge | Basis::Expires | Basis::Invalid)
    }

    /// The word in records.
    pub const fn word(self) -> &'static str {
        match self {
            Basis::SMaxage => "s-maxage",
            Basis::MaxAge => "max-age",
            Basis::Expires => "Expires",
            Basis::Heuristic => "Last-Modified",
            Basis::Assumed => "the owner's rule",
            Basis::Invalid => "something that is no time",
            Basis::Nothing => "nothing",
        }
    }
}

/// All that decides about a stored response over the years, worked out once when it is stored or freshened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// When it arrived.
    pub received: Calendar,
    /// How old it was then.
    pub age_on_arrival: Duration,
    /// How old it may become and be fresh.
    pub lifetime: Duration,
    /// Where that was said.
    pub basis: Basis,
    /// How long after that it may be used while it is being validated.
    pub while_revalidate: Duration,
    /// How long after that it may be used when the origin fails.
    pub if_error: Duration,
    /// Never to be used without asking the origin.
    pub validate_always: bool,
    /// Nothing forbids its use when it is stale.
    pub may_be_stale: bool,
    /// Does not change while it is fresh (RFC 8246).
    pub immutable: bool,
}

impl Life {
    /// Works it out. The directives are those of the same response; `arrived` are the fields as they came: the response's own, or those of
    /// the 304 that freshened it, whose `Age` counts.
    pub fn of(response: &ResponseHead, arrived: &Fields, directives: &Directives, times: Times, policy: &Policy) -> Life {
        let date = date_of(&response.fields, times.received);
        let (lifetime, basis) = lifetime(response, directives, date, times.received, policy);
        // RFC 9111 §4.2.4, §5.2.2.10: s-maxage forbids stale use as proxy-revalidate does.
        let may_be_stale = !directives.forbids_stale() && (!directives.s_maxage.is_present() || policy.stale_beside_s_maxage);
        let window = |said: Seconds, owners: Duration| match said {
            _ if !may_be_stale => Duration::ZERO,
            // The owner's own windows are for answers that do not say when they end for shared caches.
            Seconds::Absent if directives.s_maxage.is_present() => Duration::ZERO,
            Seconds::Absent => owners,
            said => said.or_zero(),
        };
        Life {
            received: times.received,
            age_on_arrival: age_on_arrival(arrived, date, times),
            lifetime,
            basis,
            while_revalidate: window(directives.stale_while_revalidate, policy.stale_while_revalidate),
            if_error: window(directives.stale_if_error, policy.stale_if_error),
            validate_always: directives.no_cache == super::Extent::Whole,
            may_be_stale,
            immutable: directives.immutable,
        }
    }

    /// `current_age` (RFC 9111 §4.2.3). In whole seconds it is the `Age` of every answer from the cache (§5.1).
    pub fn age(&self, now: Calendar) -> Duration {
        self.age_on_arrival.saturating_add(now.0.saturating_sub(self.received.0))
    }

    /// Whether it is fresh (RFC 9111 §4.2).
    pub fn is_fresh(&self, now: Calendar) -> bool {
        self.lifetime > self.age(now)
    }

    /// Seconds for which it is fresh still; negative, for how long it has been stale.
    pub fn ttl(&self, now: Calendar) -> i64 {
        let whole = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        whole(self.lifetime).saturating_sub(whole(self.age(now)))
    }

    /// Whether it is of no use at all without a validator: stale at once, and never to be used so.
    pub fn is_over_on_arrival(&self) -> bool {
        let usable = self.lifetime.saturating_add(self.while_revalidate.max(self.if_error));
        self.validate_always || self.age_on_arrival >= usable
    }
}

/// The `Date` of a response, or when it came, where that says nothing (RFC 9110 §6.6.1).
pub fn date_of(fields: &Fields, received: Calendar) -> Calendar {
    fields.get(Known::Date).and_then(|value| date::parse_in_any_case(value, received)).unwrap_or(received)
}

/// `corrected_initial_age` (RFC 9111 §4.2.3). `Date` has whole seconds, and so has what is compared with it.
fn age_on_arrival(fields: &Fields, date: Calendar, times: Times) -> Duration {
    let apparent = Duration::from_secs(times.received.0.as_secs().saturating_sub(date.0.as_secs()));
    let delay = times.received.0.saturating_sub(times.requested.0);
    apparent.max(age_value(fields).saturating_add(delay))
}

/// RFC 9111 §5.1: of a list the first member, and what is no number is ignored.
fn age_value(fields: &Fields) -> Duration {
    let first = fields.get(Known::Age).and_then(|value| value.split(|byte| *byte == b',').next());
    first.and_then(|member| delta_seconds(member.trim_ascii())).unwrap_or_default()
}

/// `freshness_lifetime` (RFC 9111 §4.2.1), and where it was said.
fn lifetime(response: &ResponseHead, directives: &Directives, date: Calendar, received: Calendar, policy: &Policy) -> (Duration, Basis) {
    for (said, basis) in [(directives.s_maxage, Basis::SMaxage), (directives.max_age, Basis::MaxAge)] {
        match said {
            Seconds::Of(duration) => return (duration, basis),
            // RFC 9111 §4.2.1: invalid freshness information is stale.
            Seconds::Invalid => return (Duration::ZERO, Basis::Invalid),
            Seconds::Absent => {}
        }
    }
    // RFC 9213 §2.2: beside a targeted field, Expires does not count.
    let expires = response.fields.get(Known::Expires).filter(|_| !matches!(directives.source, Source::Targeted(_)));
    if let Some(value) = expires {
        // RFC 9111 §5.3: what is no date, `0` above all, is in the past.
        return match date::parse_in_any_case(value, received) {
            Some(expires) => (expires.0.saturating_sub(date.0), Basis::Expires),
            None => (Duration::ZERO, Basis::Invalid),
        };
    }
    // RFC 9111 §4.2.2: not where the status says nothing of itself, unless the origin calls it public.
    if !is_heuristically_cacheable(response.status) && !directives.public {
        return (Duration::ZERO, Basis::Nothing);
    }
    let modified = response.fields.get(Known::LastModified).and_then(|value| date::parse_in_any_case(value, received));
    match modified {
        Some(modified) if policy.heuristic_percent > 0 => {
            let since = date.0.saturating_sub(modified.0);
            let part = Duration::from_secs(since.as_secs().saturating_mul(u64::from(policy.heuristic_percent)) / 100);
            (part.min(policy.heuristic_most), Basis::Heuristic)
        }
        _ if policy.assumed > Duration::ZERO => (policy.assumed, Basis::Assumed),
        _ => (Duration::ZERO, Basis::Nothing),
    }
}

/// The status codes that are heuristically cacheable (RFC 9110 §15.1).
pub(super) fn is_heuristically_cacheable(status: u16) -> bool {
    matches!(status, 200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// What a stored response is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// It is the answer.
    Fresh,
    /// It is stale, and the answer all the same: the client takes it so.
    StaleAllowed,
    /// It is the answer, and is to be validated meanwhile.
    StaleWhileRevalidate,
    /// It is to be validated first; should the origin fail, it is the answer.
    StaleIfError,
    /// It is to be validated first, and is nothing without.
    MustValidate,
}

impl Reuse {
    /// Whether the client gets it without waiting for the origin.
    pub const fn is_hit(self) -> bool {
        matches!(self, Reuse::Fresh | Reuse::StaleAllowed | Reuse::StaleWhileRevalidate)
    }
}

/// Whether a stored response that was selected may be used now (RFC 9111 §4), and the rule that decides. `purged_softly` is when, if it
/// was: it is stale since then at the latest.
pub fn reuse(life: &Life, wishes: &Wishes, purged_softly: Option<Calendar>, now: Calendar, record: &mut Record) -> (Reuse, Rule) {
    // RFC 9111 §5.2.2.4
    if record.ask(Rule::NoCache, life.validate_always) {
        return (Reuse::MustValidate, Rule::NoCache);
    }
    // RFC 9111 §5.2.1.4
    if record.ask(Rule::RequestNoCache, wishes.no_cache) {
        return (Reuse::MustValidate, Rule::RequestNoCache);
    }
    let age = life.age(now);
    let purged_for = purged_softly.map(|at| now.0.saturating_sub(at.0));
    record.ask(Rule::PurgedSoftly, purged_for.is_some());
    let fresh = life.is_fresh(now) && purged_for.is_none();
    let age_in_words = || format!("{} s old, fresh for {} s by {}", age.as_secs(), life.lifetime.as_secs(), life.basis.word());
    if record.ask_with(Rule::Fresh, fresh, age_in_words) {
        return match unfulfilled(life, wishes, age, record) {
            None => (Reuse::Fresh, Rule::Fresh),
            Some(rule) => (after_failure(life, wishes, Duration::ZERO), rule),
        };
    }
    let stale_for = age.saturating_sub(life.lifetime).max(purged_for.unwrap_or_default());
    // RFC 9111 §4.2.4
    if record.ask(Rule::StaleForbidden, !life.may_be_stale) {
        return (Reuse::MustValidate, Rule::StaleForbidden);
    }
    // RFC 9111 §5.2.1.2
    if record.ask(Rule::RequestMaxStale, wishes.max_stale.is_some_and(|most| stale_for <= most)) {
        return (Reuse::StaleAllowed, Rule::RequestMaxStale);
    }
    let within = |window: Duration| window > Duration::ZERO && stale_for <= window;
    let stale_in_words = || format!("stale for {} s", stale_for.as_secs());
    // RFC 5861 §3. RFC 9111 §5.2.1.1: who names an age does not take anything stale.
    let takes_stale = !wishes.max_age.is_present() && !wishes.min_fresh.is_present();
    if record.ask_with(Rule::StaleWhileRevalidate, takes_stale && within(life.while_revalidate), stale_in_words) {
        return (Reuse::StaleWhileRevalidate, Rule::StaleWhileRevalidate);
    }
    let reuse = after_failure(life, wishes, stale_for);
    // RFC 5861 §4
    match record.ask_with(Rule::StaleIfError, reuse == Reuse::StaleIfError, stale_in_words) {
        true => (reuse, Rule::StaleIfError),
        false => (reuse, Rule::Stale),
    }
}

/// What a client wishes beyond a fresh response and does not find.
fn unfulfilled(life: &Life, wishes: &Wishes, age: Duration, record: &mut Record) -> Option<Rule> {
    let too_old = match wishes.max_age {
        // RFC 8246 §2: nothing new is to be had while it is fresh.
        Seconds::Of(_) if life.immutable => false,
        Seconds::Of(most) => age > most,
        Seconds::Absent | Seconds::Invalid => false,
    };
    // RFC 9111 §5.2.1.1
    if record.ask(Rule::RequestMaxAge, too_old) {
        return Some(Rule::RequestMaxAge);
    }
    // RFC 9111 §5.2.1.3
    let ends_too_soon = life.lifetime.saturating_sub(age) < wishes.min_fresh.or_zero();
    record.ask(Rule::RequestMinFresh, ends_too_soon).then_some(Rule::RequestMinFresh)
}

fn after_failure(life: &Life, wishes: &Wishes, stale_for: Duration) -> Reuse {
    let window = life.if_error.max(wishes.stale_if_error.or_zero());
    let allowed = life.may_be_stale && window > Duration::ZERO && stale_for <= window;
    if allowed { Reuse::StaleIfError } else { Reuse::MustValidate }
}

#[cfg(test)]
mod tests;
