//! When a certificate is ordered: now, or not before when, and why.

use crate::random::{Random, SplitMix};
use crate::time::{Calendar, Duration};
use alloc::string::String;
use core::fmt;

/// The first wait after a failure; each further failure in a row doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait after a failure.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// What an authority that asks for patience gets at most. It is the longest span over which a public authority counts orders.
const LONGEST_PATIENCE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A certificate that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The host names it is for, in lower case.
    pub names: alloc::vec::Vec<String>,
    /// From when it holds.
    pub not_before: Calendar,
    /// Until when it holds.
    pub not_after: Calendar,
}

/// When the authority would like a certificate to be renewed (RFC 9773 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its beginning.
    pub start: Calendar,
    /// Its end.
    pub end: Calendar,
}

/// Orders that failed, one after the other, since the last that succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many; with none, the rest says nothing.
    pub count: u32,
    /// When the last one failed.
    pub last: Calendar,
    /// The authority asked to be left alone until then (`Retry-After`).
    pub not_until: Option<Calendar>,
}

impl Failures {
    /// These, and one more.
    #[must_use]
    pub fn and(self, at: Calendar, not_until: Option<Calendar>) -> Failures {
        Failures { count: self.count.saturating_add(1), last: at, not_until }
    }

    /// Until when nothing is ordered: a minute after the first failure, twice as long after each further one, up to a day; up to a
    /// quarter longer, as `random` (uniform) has it, so that many who failed together do not come back together.
    pub fn until(&self, random: u64) -> Option<Calendar> {
        if self.count == 0 {
            return None;
        }
        let doublings = (self.count - 1).min(31);
        let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
        // Each failure draws its own number, and the same one whenever it is asked.
        let drawn = SplitMix::new(random ^ u64::from(self.count)).next();
        let own = after(self.last, wait + share(wait / 4, drawn));
        let asked = self.not_until.map(|until| until.min(after(self.last, LONGEST_PATIENCE)));
        Some(asked.map_or(own, |asked| asked.max(own)))
    }

    /// The same, but a failure that lies ahead of `now` holds nothing up: the clock was put back since.
    fn holds_up(&self, now: Calendar, random: u64) -> Option<Calendar> {
        self.until(random).filter(|until| self.last <= now && *until > now)
    }
}

/// Why a certificate is ordered, or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is none.
    Missing,
    /// The one there is lacks this name.
    Lacks(String),
    /// The one there is no longer holds.
    Expired,
    /// Two thirds of its life are over.
    Old,
    /// The authority asks for it.
    Asked,
    /// It is time, but the last orders failed.
    Failed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Missing => f.write_str("there is none"),
            Reason::Lacks(name) => write!(f, "the one there is lacks {name}"),
            Reason::Expired => f.write_str("the one there is has expired"),
            Reason::Old => f.write_str("two thirds of its life are over"),
            Reason::Asked => f.write_str("the authority asks for it"),
            Reason::Failed => f.write_str("the last orders failed"),
        }
    }
}

/// What to do about one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Order it now.
    Order(Reason),
    /// Ask again then.
    Wait {
        /// Always after the `now` of the question.
        until: Calendar,
        /// What it will be ordered for, or what holds it up.
        reason: Reason,
    },
}

/// What to do about the certificate for `wanted`. A name that it holds too many is no reason to order: the next renewal drops it.
///
/// `of_order` are the failures of these names, `of_authority` those that would hit any name. `random` is uniform; the caller keeps one
/// number per certificate, so that asking again gives the same answer.
pub fn decide(
    wanted: &[String],
    held: Option<&Held>,
    window: Option<&Window>,
    (of_order, of_authority): (&Failures, &Failures),
    now: Calendar,
    random: u64,
) -> Decision {
    let (due, reason) = due(wanted, held, window, now, random);
    if due > now {
        return Decision::Wait { until: due, reason };
    }
    match of_order.holds_up(now, random).max(of_authority.holds_up(now, random)) {
        Some(until) => Decision::Wait { until, reason: Reason::Failed },
        None => Decision::Order(reason),
    }
}

/// When the certificate is to be ordered, failures aside, and why.
fn due(wanted: &[String], held: Option<&Held>, window: Option<&Window>, now: Calendar, random: u64) -> (Calendar, Reason) {
    let Some(held) = held else { return (now, Reason::Missing) };
    if let Some(lacking) = wanted.iter().find(|name| !held.names.contains(name)) {
        return (now, Reason::Lacks(lacking.clone()));
    }
    if held.not_after <= now {
        return (now, Reason::Expired);
    }
    match window.and_then(|window| within(window, held, random)) {
        Some(asked) => (asked, Reason::Asked),
        None => (renewal(held, random), Reason::Old),
    }
}

/// RFC 9773 §4.2: a uniformly chosen point of the window. A window that ends before it begins, or after the certificate, says nothing.
fn within(window: &Window, held: &Held, random: u64) -> Option<Calendar> {
    if window.end <= window.start || window.end > held.not_after {
        return None;
    }
    Some(after(window.start, share(window.end.0 - window.start.0, random)))
}

/// At two thirds of a certificate's life, and up to a thirtieth of it earlier, as `random` (uniform) has it.
pub fn renewal(held: &Held, random: u64) -> Calendar {
    let life = held.not_after.0.saturating_sub(held.not_before.0);
    let early = share(life / 30, random);
    after(held.not_before, life / 3 * 2 - early)
}

/// The part of a span that a uniform number picks; less than the whole unless both are zero.
fn share(span: Duration, random: u64) -> Duration {
    const NANOS: u128 = 1_000_000_000;
    // A span has less than 2^94 nanoseconds: with 32 bits more it still fits.
    let nanos = (span.as_nanos() * u128::from(random >> 32)) >> 32;
    let seconds = u64::try_from(nanos / NANOS).expect("less than the span, whose seconds fit");
    Duration::new(seconds, u32::try_from(nanos % NANOS).expect("less than a second"))
}

fn after(at: Calendar, span: Duration) -> Calendar {
    Calendar(at.0.saturating_add(span))
}

#[cfg(test)]
mod tests;
