//! The journal of the server that runs: opened, its missed records done again, and what happens to it told.

use crate::journal::{self, Event, Journal, Push, Record};
use crate::sitemap;
use decide::cache::Sequence;
use decide::step::{Bytes, OwnerStep, Step, Texts};
use decide::time::Calendar;
use host::Host;
use node::{Plan, Reason, Server, asked};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;
use wire::http::{Fields, Known, ResponseHead, Version};
use wire::http1::Limits;

/// What is to be fetched again once there are workers.
pub(super) struct Missed {
    notices: Vec<Notice>,
}

struct Notice {
    number: u64,
    url: String,
    site: Option<String>,
    since: Sequence,
    soft: bool,
}

/// Opens the journal of the configuration and does again what is still of use of it: before any request is served, so that what was
/// accepted holds for all of them. The error is a sentence.
pub(super) fn open(server: &Arc<Server>, host: &Host) -> Result<(Arc<Journal>, Missed), String> {
    let settings = server.snapshot().config.journal.clone();
    let teller = server.clone();
    let kept = settings.is_some();
    let journal = Journal::open(settings, Arc::new(move |event| tell(&teller, event)))?;
    let (began, mut missed, mut outdated) = (host.now(), Missed { notices: Vec::new() }, 0);
    let replayed = journal.replay(|sequence, at, record| {
        server.purges_go_on_at(sequence - 1);
        match record {
            Record::Purge(purging) => drop(server.purge(at, &purging)),
            Record::Push(push) => outdated += u64::from(!store(server, &push, at)),
            Record::Changed { site, url, soft } => {
                let since = server.notice(&[(url.clone(), site.clone())], soft, at);
                missed.notices.push(Notice { number: sequence, url, site, since, soft });
            }
            Record::Done { .. } => {}
        }
    })?;
    server.purges_go_on_at(replayed.last);
    if kept {
        let took = host.now().since(began);
        let records = replayed.records;
        server.tell(host.calendar(), Step::Owner(OwnerStep::JournalReplayed { records, outdated, sequence: replayed.last, took }));
    }
    Ok((Arc::new(journal), missed))
}

/// Stores content again, as it was when it came. False: it is not to be stored any more, because the configuration has changed since.
fn store(server: &Server, push: &Push, at: Calendar) -> bool {
    let limits = &server.snapshot().config.limits;
    let limits = Limits { target_bytes: limits.target_bytes, head_bytes: limits.head_bytes, fields: limits.head_fields };
    let line =
        |(name, value): &(Vec<u8>, Vec<u8>)| Some(format!("{}: {}", std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?));
    let Some(lines) = push.request.iter().map(line).collect::<Option<Vec<String>>>() else { return false };
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let Ok(asked) = asked::of(&push.url, "GET", &lines, &limits) else { return false };
    let mut fields = Fields::new();
    push.fields.iter().filter(|(name, _)| Known::of(name) != Known::ContentLength).for_each(|(name, value)| fields.push(name, value));
    fields.push_known(Known::ContentLength, push.body.len().to_string().as_bytes());
    let response = ResponseHead { status: push.status, version: Version::Http11, fields, ..ResponseHead::default() };
    match server.pushable(&asked, &response, &push.body, at) {
        // A host may have become another's.
        Ok(pushable) if pushable.site() == push.site => {
            server.push(pushable, at);
            true
        }
        _ => false,
    }
}

impl Missed {
    /// Has fetched what notices were about whose fetching nobody has seen the end of. To be called once workers run.
    pub(super) fn fetch(self, server: &Arc<Server>, host: &Host, journal: &Arc<Journal>) {
        let mut together: BTreeMap<(Option<String>, bool), Vec<Notice>> = BTreeMap::new();
        for notice in self.notices {
            together.entry((notice.site.clone(), notice.soft)).or_default().push(notice);
        }
        let most = server.snapshot().config.cache.feed.urls.max(1);
        for ((site, soft), notices) in &together {
            for notices in notices.chunks(most) {
                let numbers: Vec<u64> = notices.iter().map(|notice| notice.number).collect();
                let plan = Plan {
                    // The last word on any of them: that others are asked for anew without need does no harm.
                    reason: Reason::Notice { since: notices.iter().map(|notice| notice.since).max().unwrap_or_default(), soft: *soft },
                    urls: notices.iter().map(|notice| notice.url.clone()).collect(),
                    lists: Vec::new(),
                    read: sitemap::read,
                    fields: Vec::new(),
                    rate: None,
                    simultaneous: None,
                    only: site.clone().map(|site| [site].into()),
                };
                match server.feed(host, plan) {
                    Ok(job) => journal::done_with(host, server.clone(), journal.clone(), job, numbers),
                    // The next client asks for it.
                    Err(_) => journal.done(&numbers, host.calendar()),
                }
            }
        }
    }
}

fn tell(server: &Server, event: Event) {
    let at = Calendar(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
    let mut texts = Texts::default();
    let step = match event {
        Event::Cut { file, bytes } => Step::Owner(OwnerStep::JournalCut { file: texts.keep(file.as_bytes()), bytes: Bytes(bytes) }),
        Event::Damaged(what) => Step::Owner(OwnerStep::JournalDamaged { what: texts.keep(what.as_bytes()) }),
        Event::Failed(why) => Step::Owner(OwnerStep::JournalFailed { why: texts.keep(why.as_bytes()) }),
        Event::Recovered { sequence } => Step::Owner(OwnerStep::JournalRecovered { sequence }),
        Event::Trimmed(contents) => Step::Owner(OwnerStep::JournalTrimmed { contents }),
    };
    server.tell_with(at, step, &texts);
}
