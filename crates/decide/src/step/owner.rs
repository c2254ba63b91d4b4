//! The steps of what owners ask of the cache: purges, pushes, prefetches, and the journal of them.

use super::{Bytes, FieldInfo, FieldType, StepInfo, Text, Value};
use crate::time::Duration;

steps! {
    /// One thing that came of what an owner asked.
    OwnerStep:
    /// Stored answers were purged.
    Purged "purged" {
        /// What is named: `url`, `prefix`, `tag`, `site`, `all`.
        by: &'static str,
        /// They are stale, and not gone.
        soft: bool,
        /// Its number. Whoever asked for it may have been told a lower one, where the cache has purged by itself since the start.
        sequence: u64,
    }
    /// What owners had asked for before this start, and is still of use, was done again.
    JournalReplayed "journal-replayed" {
        /// Purges, pushes and notices done again.
        records: u64,
        /// Of those, contents that are not stored any more, because the configuration has changed.
        outdated: u64,
        /// The last number that was ever given.
        sequence: u64,
        /// How long it took.
        took: Duration,
    }
    /// The last write into the journal was not whole when an earlier process ended. Nobody was told that it was accepted; it was cut off.
    JournalCut "journal-cut" {
        /// Of which file.
        file: Text,
        /// How much.
        bytes: Bytes,
    }
    /// The disk has lost records of the journal that had been accepted.
    JournalDamaged "journal-damaged" {
        /// Which, and what becomes of it.
        what: Text,
    }
    /// The journal cannot be written: purges and pushes are refused until it can.
    JournalFailed "journal-failed" {
        /// Why.
        why: Text,
    }
    /// The journal can be written again.
    JournalRecovered "journal-recovered" {
        /// The last number given.
        sequence: u64,
    }
    /// The journal had no room for all the content that was pushed: a restart will not store the oldest again.
    JournalTrimmed "journal-trimmed" {
        /// How many contents.
        contents: u64,
    }
    /// The origin has said that URLs changed, or has handed new content over.
    PushAccepted "push-accepted" {
        /// Which of the two: `notice`, `content`.
        by: &'static str,
        /// How many URLs.
        urls: u64,
        /// The old answers serve until the new ones are there.
        soft: bool,
        /// Its number since the start, among purges.
        sequence: u64,
    }
    /// URLs are to be asked for without a client's asking.
    FeedBegan "feed-began" {
        /// For what: `notice`, `prefetch`.
        by: &'static str,
        /// The job's number since the start.
        job: u64,
        /// How many URLs are known so far.
        urls: u64,
    }
    /// A URL that no client had asked for was asked for.
    Fed "fed" {
        /// For what: `notice`, `prefetch`, `link`.
        by: &'static str,
        /// The URL.
        url: Text,
        /// What came of it: `stored`, `current`, `fresh`, `not-stored`, `failed`, `unserved`.
        outcome: &'static str,
        /// The origin's status; 0 for none.
        status: u16,
        /// Bytes of content that came.
        bytes: Bytes,
        /// How long it took.
        took: Duration,
    }
    /// Such a job is over.
    FeedEnded "feed-ended" {
        /// For what.
        by: &'static str,
        /// The job's number since the start.
        job: u64,
        /// URLs that are in the cache now.
        good: u64,
        /// URLs that are not.
        bad: u64,
        /// It was cancelled, or ended with the process.
        cancelled: bool,
    }
}
