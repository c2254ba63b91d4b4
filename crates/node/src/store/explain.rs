//! What is stored under the key of a request, and what it is good for: for people.

use super::Store;
use super::judge::{Naming, ask_for_codings, judged};
use super::look::{Ask, Look, Looking};
use crate::proxy::key_of;
use crate::server::Server;
use decide::cache::{Exchange, Life, Parts, Policy, Record, Sequence, Standing, Times, Wishes};
use decide::config::{Action, Config};
use decide::encoding;
use decide::multipart::content_range;
use decide::step::RouteRef;
use decide::time::Calendar;
use host::Host;
use std::sync::Arc;
use wire::http::{Field, Fields, RequestHead, ResponseHead};

/// What the cache has for a request.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What the answer is stored under.
    pub key: String,
    /// What is stored there.
    pub stored: Vec<StoredAnswer>,
    /// The answer comes from the cache.
    pub hit: bool,
    /// In one word: `hit`, or why the origin is asked as `fwd` of RFC 9211 says it.
    pub verdict: &'static str,
    /// The rule that decided.
    pub rule: &'static str,
    /// Every question on the way.
    pub record: Record,
    /// How what is stored would go to this client; on routes that compress, where something serves.
    pub encoding: Option<encoding::Choice>,
    /// How often it was asked for lately while it was not stored, on a route with peers.
    pub asked_for: u64,
}

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Its status.
    pub status: u16,
    /// Bytes of its content that are stored.
    pub length: u64,
    /// Which, where they are not all of it: as `Content-Range` says it.
    pub parts: String,
    /// In seconds.
    pub age: u64,
    /// Seconds for which it is fresh still; negative, for how long it has been stale.
    pub ttl: i64,
    /// Where its lifetime was said.
    pub basis: &'static str,
    /// The fields of requests that select it, with their values.
    pub selected_by: String,
    /// What the origin calls it.
    pub tags: Vec<String>,
    /// What purges have made of it: `current`, `stale`, `gone`.
    pub standing: &'static str,
    /// The codings of it that are there, with their lengths in bytes.
    pub codings: Vec<(&'static str, u64)>,
}

/// What becomes of an answer.
#[derive(Clone, Debug)]
pub struct AnswerExplained {
    /// What it is stored under.
    pub key: String,
    /// Whether it is stored.
    pub stored: bool,
    /// The rule that decided.
    pub rule: &'static str,
    /// Which part of the whole it is, if it is one: as `Content-Range` says it.
    pub part: String,
    /// How long it is fresh, how old it was when it came, and for how long it may be used after that: while it is validated, and if the
    /// backends fail.
    pub life: Life,
    /// The fields of requests that select it, with their values.
    pub selected_by: String,
    /// What it can be purged by.
    pub tags: Vec<String>,
    /// The fields that are kept, as `name: value`.
    pub fields: Vec<String>,
    /// Names of those that are not.
    pub left_out: Vec<String>,
    /// Every question on the way.
    pub record: Record,
}

/// What becomes of an answer to such a request on this route, were it to come now; `None` where the route stores nothing.
pub fn explain_answer(
    config: &Config,
    route: RouteRef,
    request: &RequestHead,
    scheme: &str,
    response: &ResponseHead,
    now: Calendar,
) -> Option<AnswerExplained> {
    let (key, policy) = cache_key(config, route, request, scheme)?;
    let mut record = Record::on();
    let mut sent = request.clone();
    ask_for_codings(policy.vary.accept_encoding, &mut sent.fields);
    let times = Times { requested: now, received: now };
    let exchange = Exchange { request: &sent, scheme, response, times };
    let naming = Naming { names: &Arc::default(), born: Sequence::default() };
    let judged = judged(&exchange, &Wishes::of(&request.fields, policy), &naming, policy, &mut record);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (mut selected_by, mut tags, mut fields) = (Vec::new(), Vec::new(), Fields::new());
    if let Some(object) = &judged.object {
        object.selecting.write(&mut selected_by);
        tags = object.names.tags.iter().map(|tag| text(tag)).collect();
        fields.clone_from(&object.head.fields);
    }
    let is_kept = |field: &Field<'_>| fields.iter().any(|kept| kept.name.eq_ignore_ascii_case(field.name));
    let left_out = response.fields.iter().filter(|field| !is_kept(field)).map(|field| text(field.name)).collect();
    Some(AnswerExplained {
        key: text(&key),
        stored: judged.object.is_some(),
        rule: judged.rule.word(),
        part: judged.part.map(|part| content_range(part.span, part.complete_length)).unwrap_or_default(),
        life: judged.life,
        selected_by: selected(&selected_by),
        tags,
        left_out,
        fields: fields.iter().map(|field| format!("{}: {}", text(field.name), text(field.value))).collect(),
        record,
    })
}

/// Fields and values, one a line, on one line.
fn selected(lines: &[u8]) -> String {
    let text = String::from_utf8_lossy(lines);
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches(',')).collect();
    lines.join(", ")
}

fn in_words(parts: &Parts) -> String {
    let spans = parts.spans().iter().map(|span| format!("{}-{}", span.start, span.end() - 1));
    let length = parts.complete_length().map_or("*".to_string(), |length| length.to_string());
    format!("bytes {}/{length}", spans.collect::<Vec<_>>().join(","))
}

impl Server {
    /// What the cache has for a request that this route serves; `None` where the route stores nothing.
    pub fn explain_cache(&self, host: &Host, route: RouteRef, request: &RequestHead, scheme: &str) -> Option<Explained> {
        let (snapshot, now) = (self.snapshot(), host.calendar());
        let (key, policy) = cache_key(&snapshot.config, route, request, scheme)?;
        let compress = snapshot.config.sites.get(usize::from(route.site))?.routes.get(usize::from(route.route))?.compress.as_ref();
        let explained = self.store().explain(&key, policy, compress, request, now);
        let asked_for = self.store().popularity(&key, host.now(), snapshot.config.cache.hot.window);
        Some(Explained { asked_for, ..explained })
    }
}

/// The key of a request that this route serves, and the rules that hold for it; `None` where the route stores nothing.
pub fn cache_key<'c>(config: &'c Config, route: RouteRef, request: &RequestHead, scheme: &str) -> Option<(Vec<u8>, &'c Policy)> {
    let site = config.sites.get(usize::from(route.site))?;
    let route = site.routes.get(usize::from(route.route))?;
    let (Some(policy), Some(pool)) = (&route.cache, route.action.pool()) else { return None };
    let scheme = if matches!(route.action, Action::Proxy(_)) { "http" } else { scheme };
    Some((key_of(site, route, &config.pools[pool].name, request, scheme, policy), policy))
}

impl Store {
    fn explain(&self, key: &[u8], policy: &Policy, compress: Option<&encoding::Policy>, request: &RequestHead, now: Calendar) -> Explained {
        let mut record = Record::on();
        let wishes = Wishes::of(&request.fields, policy);
        let looking = Looking { request, with_content: false, key, wishes: &wishes, policy, now };
        let mut served = None;
        let (hit, verdict, rule) = match self.look(&looking, &mut record) {
            Look::Serve { rule, object, .. } => {
                served = Some(object);
                (true, "hit", rule)
            }
            Look::Pass(forwarded, rule) | Look::Ask(Ask { forwarded, rule, .. }) => (false, forwarded.word(), rule),
        };
        let encoding = compress.zip(served).map(|(compress, object)| {
            let answer = encoding::Answer { head: &object.head, length: Some(object.content.len()), shared: true };
            encoding::choose(compress, request, &answer)
        });
        let found = self.variants(key);
        let objects = found.as_ref().map(|found| found.objects()).unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let stored = objects.iter().map(|object| {
            let mut selected_by = Vec::new();
            object.selecting.write(&mut selected_by);
            StoredAnswer {
                status: object.head.status,
                length: object.content.len(),
                parts: object.parts.as_ref().map(|parts| in_words(parts)).unwrap_or_default(),
                age: object.life.age(now).as_secs(),
                ttl: object.life.ttl(now),
                basis: object.life.basis.word(),
                selected_by: selected(&selected_by),
                tags: object.names.tags.iter().map(|tag| text(tag)).collect(),
                standing: match self.standing(object) {
                    Standing::Current => "current",
                    Standing::StaleSince(_) => "stale",
                    Standing::Gone => "gone",
                },
                codings: object.coded.lengths().map(|(coding, length)| (coding.token(), length)).collect(),
            }
        });
        Explained { key: text(key), stored: stored.collect(), hit, verdict, rule: rule.word(), record, encoding, asked_for: 0 }
    }
}
