//! The rules of the cache by name, and the record of which were asked: what `explain cache` prints.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

macro_rules! rules {
    ($($variant:ident $word:literal $section:literal $sentence:literal,)*) => {
        /// A question that a decision asks. Its sentence is what is so if the answer is yes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $sentence] $variant,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Rule] = &[$(Rule::$variant),*];

            /// The word for logs and for `detail` in `Cache-Status`: of a rule that decides by not holding, what is so then.
            pub const fn word(self) -> &'static str {
                match self { $(Rule::$variant => $word),* }
            }

            /// Where it is written; empty for the owner's and our own.
            pub const fn section(self) -> &'static str {
                match self { $(Rule::$variant => $section),* }
            }

            /// What is so if the answer is yes.
            pub const fn sentence(self) -> &'static str {
                match self { $(Rule::$variant => $sentence),* }
            }
        }
    };
}

rules! {
    Method "method" "RFC 9111 §4" "the method is one that a stored response can answer",
    OriginsCondition "origins-condition" "RFC 9111 §4.3.2" "the request has a condition that only the origin can judge",
    UpgradeAsked "upgrade" "RFC 9110 §7.8" "the request asks for another protocol",
    WithContent "with-content" "" "the request has content, which is in no key",
    Found "nothing-stored" "RFC 9111 §2" "something is stored under the key",
    Matches "no-variant" "RFC 9111 §4.1" "the request's fields are those that a stored response was selected by",
    Purged "purged" "" "it was purged",
    PurgedSoftly "purged-softly" "" "it was purged softly: it is stale",
    NoCache "no-cache" "RFC 9111 §5.2.2.4" "the response must be validated before every use",
    RequestNoCache "request-no-cache" "RFC 9111 §5.2.1.4" "the client wants nothing unvalidated",
    Fresh "fresh" "RFC 9111 §4.2" "it is fresh",
    RequestMaxAge "request-max-age" "RFC 9111 §5.2.1.1" "it is older than the client wants",
    RequestMinFresh "request-min-fresh" "RFC 9111 §5.2.1.3" "it is fresh for less time than the client wants",
    StaleForbidden "stale-forbidden" "RFC 9111 §4.2.4" "the response forbids its use when it is stale",
    RequestMaxStale "request-max-stale" "RFC 9111 §5.2.1.2" "the client takes it though it is stale",
    StaleWhileRevalidate "stale-while-revalidate" "RFC 5861 §3" "it may be used while it is being validated",
    StaleIfError "stale-if-error" "RFC 5861 §4" "it may be used if the origin fails",
    Stale "stale" "RFC 9111 §4.2.4" "it is stale, and nothing allows its use",
    OnlyIfCached "only-if-cached" "RFC 9111 §5.2.1.7" "the client wants nothing from the origin",
    Partial "partial" "RFC 9111 §3.3" "the parts that are stored hold what is asked for",
    RestJoins "rest-joins" "RFC 9111 §3.4" "what is missing can be joined to the parts that are stored",
    MethodStored "method-stored" "RFC 9111 §3" "the method is one whose responses can be stored",
    PostForGet "post-for-get" "RFC 9110 §9.3.3" "the response to POST says that it is what GET would get, and for how long",
    StatusFinal "status-final" "RFC 9111 §3" "the status code is final",
    StatusUnderstood "status-understood" "RFC 9111 §3" "the status code is understood, or need not be",
    AboutRequest "about-request" "RFC 9110 §15.5" "the status is about what this request alone said, not about the resource",
    PartStored "part-stored" "RFC 9111 §3.3" "it is one part that can be stored as one",
    NoStore "no-store" "RFC 9111 §5.2.2.5" "the response must not be stored",
    RequestNoStore "request-no-store" "RFC 9111 §5.2.1.5" "the client wants nothing stored",
    Private "private" "RFC 9111 §5.2.2.7" "the response is for one user",
    Authorized "authorized" "RFC 9111 §3.5" "the request had credentials, and the response does not say that others may have it",
    VaryAny "vary-any" "RFC 9111 §4.1" "the response depends on more than fields of the request",
    SaysSo "says-nothing" "RFC 9111 §3" "the response says that it can be stored, or its status does",
    Storable "storable" "RFC 9111 §3" "nothing forbids that it is stored",
    SetsCookie "sets-cookie" "RFC 9111 §7.3" "the response sets a cookie, and the owner does not want it stored so",
    Disguised "disguised" "" "the content is not what the path pretends",
    TooLarge "too-large" "" "the content is larger than the owner allows",
    TooManyTags "too-many-tags" "" "it has more tags, or longer ones, than a purge could find it by",
    OfNoUse "of-no-use" "RFC 9111 §4.2" "it could never be used: stale, and without a validator",
    OriginFailed "origin-failed" "RFC 9111 §4.3.3" "the origin failed",
    NotModified "not-modified" "RFC 9111 §4.3.4" "the origin says that what is stored is current",
    Unselected "unselected" "RFC 9111 §4.3.4" "the origin's 304 is about none of the stored responses",
    Replaced "replaced" "RFC 9111 §4.3.3" "the origin sent another response",
    HeadMatches "head-matches" "RFC 9111 §4.3.5" "the response to HEAD is about what is stored",
    Unsafe "unsafe" "RFC 9111 §4.4" "the method may have changed the resource, and the origin reports no error",
    SafeToWait "safe-to-wait" "" "another's answer may serve this request too",
    Uncacheable "uncacheable" "" "answers under this key could not be stored lately",
    Crowded "crowded" "" "as many wait already as may",
    WaitedLongEnough "waited" "" "the longest wait is over",
    KeptElsewhere "kept-elsewhere" "" "another edge of this POP keeps it, and it is not asked for often enough here to be kept here too",
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The question.
    pub rule: Rule,
    /// The answer.
    pub holds: bool,
    /// Figures or names, where they say more; else empty.
    pub detail: String,
}

/// Every question that was asked, in order. A record that is [off](Record::off) keeps nothing and costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    asked: Option<Vec<Asked>>,
}

/// A key may have many variants, each with its questions: what comes after so many is not written down.
pub const MOST_ASKED: usize = 256;

impl Record {
    /// One that keeps nothing.
    pub const fn off() -> Record {
        Record { asked: None }
    }

    /// One that keeps all.
    pub const fn on() -> Record {
        Record { asked: Some(Vec::new()) }
    }

    /// The questions so far.
    pub fn asked(&self) -> &[Asked] {
        self.asked.as_deref().unwrap_or_default()
    }

    /// Notes a question, and hands its answer on.
    pub fn ask(&mut self, rule: Rule, holds: bool) -> bool {
        self.ask_with(rule, holds, String::new)
    }

    /// The same with a detail, which is only made if it is kept.
    pub fn ask_with(&mut self, rule: Rule, holds: bool, detail: impl FnOnce() -> String) -> bool {
        if let Some(asked) = self.asked.as_mut().filter(|asked| asked.len() < MOST_ASKED) {
            asked.push(Asked { rule, holds, detail: detail() });
        }
        holds
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = if self.holds { "yes" } else { "no" };
        write!(f, "{answer:<3} {}", self.rule.sentence())?;
        for more in [self.detail.as_str(), self.rule.section()].into_iter().filter(|more| !more.is_empty()) {
            write!(f, " ({more})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.asked().iter().try_for_each(|asked| writeln!(f, "{asked}"))
    }
}

#[cfg(test)]
mod tests;
