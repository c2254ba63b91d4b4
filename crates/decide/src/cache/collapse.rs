//! Requests that wait for another's answer instead of asking the origin for the same (RFC 9111 §4): who may, for how long, and what frees
//! them.

use super::policy::Policy;
use super::range::sole_range;
use super::record::{Record, Rule};
use crate::time::{Duration, Instant};
use alloc::collections::{BTreeMap, VecDeque};
use wire::http::{Known, Method, RequestHead};

/// What a request does that finds nothing usable stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// It asks the origin, and others may wait for its answer.
    Lead,
    /// It waits for the answer that another has asked for, until then at the latest.
    Wait(Instant),
    /// It asks the origin for itself alone.
    Alone,
}

/// Decides that, and names the rule. `waiting` is how many wait already for the answer under way; `None`: none is under way. `uncacheable`:
/// [`Uncacheable`] remembers the key.
pub fn join(
    request: &RequestHead,
    waiting: Option<usize>,
    uncacheable: bool,
    now: Instant,
    policy: &Policy,
    record: &mut Record,
) -> (Join, Rule) {
    // Only what an answer to another's GET can serve: HEAD too, but nothing with credentials, which may get an answer of its own, and no
    // range, for which the whole would be a long wait, unless its part is stored and others ask for the same one.
    let (fields, rules) = (&request.fields, &policy.collapse);
    let ranged = fields.has(Known::Range) && !(policy.partial && is_shareable_range(request));
    let plain = matches!(request.method, Method::Get | Method::Head) && !fields.has(Known::Authorization) && !ranged;
    if !record.ask(Rule::SafeToWait, rules.enabled && plain) {
        return (Join::Alone, Rule::SafeToWait);
    }
    if record.ask(Rule::Uncacheable, uncacheable) {
        return (Join::Alone, Rule::Uncacheable);
    }
    match waiting {
        // The answer to HEAD is not stored: nobody could have it.
        None if request.method == Method::Head => (Join::Alone, Rule::MethodStored),
        None => (Join::Lead, Rule::SafeToWait),
        Some(waiting) if record.ask(Rule::Crowded, waiting >= rules.most) => (Join::Alone, Rule::Crowded),
        Some(_) => (Join::Wait(now + rules.longest), Rule::SafeToWait),
    }
}

/// Whether the answer to a request for a range is one to every request for the same range: who says what it has (`If-Range`) may get the
/// whole.
pub fn is_shareable_range(request: &RequestHead) -> bool {
    request.method == Method::Get && sole_range(&request.fields).is_some() && !request.fields.has(Known::IfRange)
}

/// How far the answer has come that others wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing yet.
    Asked,
    /// Its head has come, and it is being stored.
    Storing,
    /// It cannot be stored, or not be used for anybody else.
    NotStored,
    /// No origin could be asked, or none answered.
    Failed,
}

/// What a waiting request does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// It goes on waiting.
    Wait,
    /// It looks again: what comes in can be sent on to it as it comes, if it selects it (§4.1) and may use it.
    Lookup,
    /// The failure is its answer too.
    Share,
    /// It asks for itself.
    Alone,
}

/// Decides that, and names the rule.
pub fn release(progress: Progress, until: Instant, now: Instant, record: &mut Record) -> (Release, Rule) {
    match progress {
        Progress::Storing => (Release::Lookup, Rule::Storable),
        // All at once: their answers cannot be stored either, and one after the other the last would wait for all of them.
        Progress::NotStored => (Release::Alone, Rule::Uncacheable),
        // What we say ourselves holds for all who asked: sent to the origin one after the other, the last would wait for all of them; sent
        // at once, they would not help it.
        Progress::Failed => (Release::Share, Rule::OriginFailed),
        Progress::Asked if record.ask(Rule::WaitedLongEnough, now >= until) => (Release::Alone, Rule::WaitedLongEnough),
        Progress::Asked => (Release::Wait, Rule::SafeToWait),
    }
}

/// Keys whose answers could not be stored lately, by their hashes: requests for them do not wait for each other. Of two keys with one hash
/// the second goes alone once without need; nothing worse.
#[derive(Clone, Debug, Default)]
pub struct Uncacheable {
    until: BTreeMap<u64, Instant>,
    /// In the order they were noted, which is the order in which they end, as long as the time is one.
    order: VecDeque<(Instant, u64)>,
}

/// Keys remembered at the most; beyond, the oldest are forgotten.
const MOST_REMEMBERED: usize = 8192;

impl Uncacheable {
    /// Notes that an answer could not be stored.
    pub fn note(&mut self, key: u64, time: Duration, now: Instant) {
        self.forget(now);
        if self.order.len() >= MOST_REMEMBERED
            && let Some((until, oldest)) = self.order.pop_front()
        {
            self.remove(oldest, until);
        }
        self.until.insert(key, now + time);
        self.order.push_back((now + time, key));
    }

    /// Notes that one could.
    pub fn clear(&mut self, key: u64) {
        self.until.remove(&key);
    }

    /// Whether none is remembered, so that no hash need be made to ask for one.
    pub fn is_empty(&self) -> bool {
        self.until.is_empty()
    }

    /// Whether the key is remembered.
    pub fn holds(&self, key: u64, now: Instant) -> bool {
        self.until.get(&key).is_some_and(|until| now < *until)
    }

    fn forget(&mut self, now: Instant) {
        while let Some((until, key)) = self.order.front().copied().filter(|(until, _)| *until <= now) {
            self.order.pop_front();
            self.remove(key, until);
        }
    }

    /// Unless it was noted again since.
    fn remove(&mut self, key: u64, until: Instant) {
        if self.until.get(&key) == Some(&until) {
            self.until.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
