//! A list of URLs that are fetched one after the other, at a pace.

use super::place::Only;
use crate::asked::Asked;
use decide::cache::Sequence;
use decide::config;
use decide::step::{OwnerStep, Step};
use decide::time::{Calendar, Duration, Instant};
use std::borrow::Cow;
use std::collections::VecDeque;

/// Bytes of all URLs of one job: what it may take of memory, whatever lists it is made of.
const MOST_TEXT: usize = 16 << 20;
/// Lists of URLs that one job reads, those that other lists name included.
const MOST_LISTS: usize = 512;
/// Lists may name lists, and those no further ones: the protocol has an index and what is in it.
const DEEPEST_LIST: u8 = 1;
/// What is remembered of what went wrong with lists.
const MOST_REMARKS: usize = 32;

/// Why URLs are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The origin says that they changed. `since` is the place of its word among purges; with `soft`, what is stored serves until the new
    /// answer is there.
    Notice {
        /// What was asked for before is old.
        since: Sequence,
        /// What is stored serves meanwhile.
        soft: bool,
    },
    /// They will be wanted. What is stored and fresh is left as it is.
    Prefetch,
}

impl Reason {
    /// The word in steps.
    pub const fn word(&self) -> &'static str {
        match self {
            Reason::Notice { .. } => "notice",
            Reason::Prefetch => "prefetch",
        }
    }
}

/// What a list of URLs names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A URL to fetch.
    Page(String),
    /// Another list.
    List(String),
}

/// What is to be fetched.
pub struct Plan {
    /// Why.
    pub reason: Reason,
    /// Absolute URLs.
    pub urls: Vec<String>,
    /// URLs of lists of more, at sites that are served here.
    pub lists: Vec<String>,
    /// Reads such a list. The error is a sentence.
    pub read: fn(&[u8]) -> Result<Vec<Listed>, String>,
    /// Fields to ask with, in place of what the route says.
    pub fields: Vec<(String, String)>,
    /// URLs a second; the configuration's unless said, and never more.
    pub rate: Option<u32>,
    /// URLs at once, likewise.
    pub simultaneous: Option<usize>,
    /// Nothing of another site is asked for, nor are its lists read.
    pub only: Only,
}

/// Why a job does not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// So many jobs are under way.
    Busy {
        /// The bound.
        jobs: usize,
    },
    /// There are more URLs than one job may have.
    TooMany {
        /// The bound.
        urls: usize,
    },
    /// The server ends.
    Draining,
}

/// What came of one URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// In one word.
    pub outcome: Outcome,
    /// The origin's status, or that of what is stored; 0 for none.
    pub status: u16,
    /// Bytes of content that came.
    pub bytes: u64,
    /// How long it took.
    pub took: Duration,
    /// Seconds since the origin made what is stored.
    pub age: u64,
    /// Seconds for which that is fresh still.
    pub ttl: i64,
    /// The rule that decided, or what went wrong.
    pub why: Cow<'static, str>,
}

/// In one word what came of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// What was stored is fresh: nobody was asked.
    Fresh,
    /// The origin says that what is stored is current.
    Current,
    /// The answer is stored.
    Stored,
    /// There was an answer, and it may not be stored.
    NotStored,
    /// Nothing here serves and stores it.
    Unserved,
    /// There was no answer, or not all of it.
    Failed,
}

impl Outcome {
    /// The word in steps.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Fresh => "fresh",
            Outcome::Current => "current",
            Outcome::Stored => "stored",
            Outcome::NotStored => "not-stored",
            Outcome::Unserved => "unserved",
            Outcome::Failed => "failed",
        }
    }
}

impl Fetched {
    /// Nobody was asked.
    pub(crate) fn without(outcome: Outcome, why: impl Into<Cow<'static, str>>) -> Fetched {
        Fetched { outcome, status: 0, bytes: 0, took: Duration::ZERO, age: 0, ttl: 0, why: why.into() }
    }

    /// It is in the cache now, and no error.
    pub fn is_good(&self) -> bool {
        matches!(self.outcome, Outcome::Fresh | Outcome::Current | Outcome::Stored) && self.status < 400
    }
}

/// What can be seen of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its number.
    pub id: u64,
    /// Why: `notice`, `prefetch`.
    pub by: &'static str,
    /// URLs known so far.
    pub urls: usize,
    /// Of those, what is in the cache now,
    pub good: usize,
    /// what is not,
    pub bad: usize,
    /// and what is being asked for.
    pub under_way: usize,
    /// Lists that are still to be read.
    pub lists: usize,
    /// URLs a second.
    pub rate: Option<u32>,
    /// Nothing more of it begins.
    pub cancelled: bool,
    /// When it began.
    pub began: Calendar,
    /// When it was over, if it is.
    pub ended: Option<Calendar>,
    /// What went wrong with its lists.
    pub remarks: Vec<String>,
    /// The sites that it is confined to.
    pub only: Only,
}

/// One thing to do.
pub(super) enum Task {
    Url { job: u64, index: usize, url: String, reason: Reason, fields: Vec<(String, String)>, only: Only },
    List { job: u64, url: String, depth: u8, read: fn(&[u8]) -> Result<Vec<Listed>, String>, only: Only },
    Link(Asked),
}

/// A job.
pub(super) struct Job {
    reason: Reason,
    urls: Vec<Box<str>>,
    results: Vec<Option<Fetched>>,
    /// Bytes of all URLs.
    text: usize,
    next: usize,
    under_way: usize,
    good: usize,
    bad: usize,
    /// Lists that wait, and how deep they were named.
    lists: VecDeque<(String, u8)>,
    lists_named: usize,
    reading: bool,
    read: fn(&[u8]) -> Result<Vec<Listed>, String>,
    remarks: Vec<String>,
    fields: Vec<(String, String)>,
    rate: Option<u32>,
    simultaneous: usize,
    /// The next may begin then.
    due: Instant,
    most: usize,
    began: Calendar,
    cancelled: bool,
    ended: Option<Calendar>,
    only: Only,
}

impl Job {
    pub(super) fn new(plan: Plan, bounds: &config::Feed, now: Instant, calendar: Calendar) -> Result<Job, Refused> {
        // A notice is told at once: its places are its only bound.
        let rate = match plan.reason {
            Reason::Notice { .. } => plan.rate,
            Reason::Prefetch => Some(plan.rate.unwrap_or(bounds.rate).min(bounds.rate)),
        };
        let mut job = Job {
            reason: plan.reason,
            urls: Vec::new(),
            results: Vec::new(),
            text: 0,
            next: 0,
            under_way: 0,
            good: 0,
            bad: 0,
            lists: plan.lists.into_iter().map(|url| (url, 0)).collect(),
            lists_named: 0,
            reading: false,
            read: plan.read,
            remarks: Vec::new(),
            fields: plan.fields,
            rate: rate.map(|rate| rate.max(1)),
            simultaneous: plan.simultaneous.unwrap_or(bounds.simultaneous).clamp(1, bounds.simultaneous.max(1)),
            due: now,
            most: bounds.urls,
            began: calendar,
            cancelled: false,
            ended: None,
            only: plan.only,
        };
        let all = plan.urls.into_iter().all(|url| job.add(url));
        if all && job.lists.len() <= MOST_LISTS { Ok(job) } else { Err(Refused::TooMany { urls: bounds.urls }) }
    }

    /// False: there is no room for another.
    fn add(&mut self, url: String) -> bool {
        if self.urls.len() >= self.most || self.text + url.len() > MOST_TEXT {
            return false;
        }
        self.text += url.len();
        self.urls.push(url.into_boxed_str());
        self.results.push(None);
        true
    }

    pub(super) fn is_notice(&self) -> bool {
        matches!(self.reason, Reason::Notice { .. })
    }

    pub(super) fn under_way(&self) -> usize {
        self.under_way + usize::from(self.reading)
    }

    pub(super) fn is_reading(&self) -> bool {
        self.reading
    }

    pub(super) fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    pub(super) fn results(&self) -> impl Iterator<Item = (&str, Option<&Fetched>)> {
        self.urls.iter().map(|url| &**url).zip(self.results.iter().map(Option::as_ref))
    }

    /// When the next may begin, where it only has to wait for its time.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        (self.has_next() && self.under_way < self.simultaneous && self.due > now).then_some(self.due)
    }

    fn has_next(&self) -> bool {
        !self.cancelled && self.next < self.urls.len()
    }

    /// The next thing to do, if its time has come; a list only where it `may_read` one.
    pub(super) fn begin(&mut self, id: u64, now: Instant, may_read: bool) -> Option<Task> {
        if !self.cancelled
            && may_read
            && let Some((url, depth)) = self.lists.pop_front()
        {
            self.reading = true;
            self.lists_named += 1;
            return Some(Task::List { job: id, url, depth, read: self.read, only: self.only.clone() });
        }
        if !self.has_next() || self.under_way >= self.simultaneous || self.due > now {
            return None;
        }
        if let Some(rate) = self.rate {
            self.due = self.due.max(now) + Duration::from_secs(1) / rate;
        }
        let index = self.next;
        self.next += 1;
        self.under_way += 1;
        let (url, fields) = (self.urls[index].to_string(), self.fields.clone());
        Some(Task::Url { job: id, index, url, reason: self.reason, fields, only: self.only.clone() })
    }

    /// What came of a URL.
    pub(super) fn fetched(&mut self, index: usize, fetched: Fetched) {
        self.under_way -= 1;
        *if fetched.is_good() { &mut self.good } else { &mut self.bad } += 1;
        self.results[index] = Some(fetched);
    }

    /// What a list says.
    pub(super) fn listed(&mut self, url: &str, depth: u8, listed: Result<Vec<Listed>, String>) {
        self.reading = false;
        let listed = match listed {
            Ok(listed) => listed,
            Err(why) => return self.remark(format!("{url}: {why}")),
        };
        let (mut pages, mut lists) = (0, 0);
        for one in listed {
            match one {
                Listed::Page(page) => pages += usize::from(!self.add(page)),
                Listed::List(list) if depth < DEEPEST_LIST && self.lists_named + self.lists.len() < MOST_LISTS => {
                    self.lists.push_back((list, depth + 1));
                }
                Listed::List(_) => lists += 1,
            }
        }
        if pages > 0 {
            self.remark(format!("{url}: {pages} URLs are left out, because one job may have {} (`job-urls` under [cache])", self.most));
        }
        if lists > 0 {
            self.remark(format!("{url}: {lists} lists are left out: too many, or named by a list that a list names"));
        }
    }

    fn remark(&mut self, remark: String) {
        self.bad += 1;
        if self.remarks.len() < MOST_REMARKS {
            self.remarks.push(remark);
        }
    }

    pub(super) fn cancel(&mut self) {
        if !self.is_over() {
            self.cancelled = self.cancelled || self.next < self.urls.len() || !self.lists.is_empty() || self.under_way() > 0;
            self.lists.clear();
        }
    }

    /// Ends it, if there is nothing more to do. The step that tells it, once.
    pub(super) fn end(&mut self, id: u64, now: Calendar) -> Option<Step> {
        if self.is_over() || self.under_way() > 0 || self.has_next() || !self.lists.is_empty() {
            return None;
        }
        self.ended = Some(now);
        let (good, bad) = (self.good as u64, self.bad as u64);
        Some(Step::Owner(OwnerStep::FeedEnded { by: self.reason.word(), job: id, good, bad, cancelled: self.cancelled }))
    }

    pub(super) fn progress(&self, id: u64) -> Progress {
        Progress {
            id,
            by: self.reason.word(),
            urls: self.urls.len(),
            good: self.good,
            bad: self.bad,
            under_way: self.under_way,
            lists: self.lists.len() + usize::from(self.reading),
            rate: self.rate,
            cancelled: self.cancelled,
            began: self.began,
            ended: self.ended,
            remarks: self.remarks.clone(),
            only: self.only.clone(),
        }
    }
}
