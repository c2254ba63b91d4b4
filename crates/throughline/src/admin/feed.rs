//! Prefetches, and what is under way of them and of notices.

use super::parameters::Parameters;
use super::who::Who;
use super::{JSON, Refusal, Shared, bad, done};
use decide::config::Config;
use host::Host;
use node::{Answer, Fetched, Only, Plan, Progress, Reason, Refused, Server, Snapshot, asked};
use serde_json::{Value, json};
use std::sync::Arc;
use wire::http1::Limits;

/// Results in one answer at the most; `from` asks for later ones.
const MOST_RESULTS: usize = 1000;

/// What a request wants fetched.
pub(super) struct Wanted {
    pub(super) urls: Vec<String>,
    lists: Vec<String>,
    fields: Vec<(String, String)>,
    rate: Option<u32>,
    simultaneous: Option<usize>,
}

impl Wanted {
    /// URLs are in the query, and one a line in the body; what follows a `#` at the beginning of a line is for people.
    pub(super) fn of(parameters: &Parameters, body: &[u8], config: &Config) -> Result<Wanted, Refusal> {
        let listed = std::str::from_utf8(body).map_err(|_| bad("the list of URLs is no UTF-8".to_string()))?;
        let listed = listed.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let most = config.cache.feed.urls;
        let urls: Vec<String> = parameters.all("url").chain(listed).map(str::to_string).take(most + 1).collect();
        if urls.len() > most {
            return Err(too_many(most));
        }
        Ok(Wanted {
            urls,
            lists: parameters.all("sitemap").map(str::to_string).collect(),
            fields: parameters.all("header").map(asked_with).collect::<Result<_, _>>()?,
            rate: number(parameters, "rate")?,
            simultaneous: number(parameters, "simultaneous")?.map(|most: u32| most as usize),
        })
    }

    pub(super) fn plan(self, reason: Reason, only: Only) -> Plan {
        let Wanted { urls, lists, fields, rate, simultaneous } = self;
        Plan { reason, urls, lists, read: crate::sitemap::read, fields, rate, simultaneous, only }
    }

    /// A list may name what it likes, and only what is theirs is asked for; but what is named here must be theirs.
    fn must_be_of(&self, who: &Who, snapshot: &Snapshot) -> Result<(), Refusal> {
        let limits = &snapshot.config.limits;
        let limits = Limits { target_bytes: limits.target_bytes, head_bytes: limits.head_bytes, fields: limits.head_fields };
        // What cannot be read as a URL is told of as such, later.
        let named = self.urls.iter().chain(&self.lists).filter_map(|url| asked::of(url, "GET", &[], &limits).ok());
        for asked in named {
            who.reaches(Some(asked.head.host()), None, snapshot)?;
        }
        Ok(())
    }
}

/// A field to ask with. The host is the URL's: else what is asked for could be another's than the URL says.
fn asked_with(line: &str) -> Result<(String, String), Refusal> {
    let (name, value) = field(line)?;
    if name.eq_ignore_ascii_case("host") { Err(bad("the host is that of the URL; write it there".to_string())) } else { Ok((name, value)) }
}

/// `Name: value`.
pub(super) fn field(line: &str) -> Result<(String, String), Refusal> {
    let wrong = || bad(format!("a field is written `Name: value`, not {line:?}"));
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    let value = value.trim();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_text = |byte: u8| byte == b'\t' || (byte >= 0x20 && byte != 0x7f);
    let sound = !name.is_empty() && name.bytes().all(is_token) && value.bytes().all(is_text);
    if sound { Ok((name.to_string(), value.to_string())) } else { Err(wrong()) }
}

fn number(parameters: &Parameters, name: &str) -> Result<Option<u32>, Refusal> {
    let wrong = |text: &str| bad(format!("{name} is a number from 1 on, not {text:?}"));
    let read = |text: &str| text.parse().ok().filter(|number| *number > 0).ok_or_else(|| wrong(text));
    parameters.first(name).map(read).transpose()
}

/// `POST /cache/prefetch`: begins a job, or cancels one.
pub(super) fn prefetch(shared: &Shared<'_>, host: &Host, parameters: &Parameters, body: &[u8]) -> Result<Answer, Refusal> {
    let Shared { server, snapshot, who, .. } = shared;
    if parameters.has("cancel") {
        parameters.only(&["cancel"])?;
        let job = job(parameters, "cancel")?;
        if server.fetching().progress(job).is_some_and(|known| !who.may_see(&known, &snapshot.config)) {
            return Err(unknown(job));
        }
        let cancelled = server.cancel_feed(host.calendar(), job);
        return Ok(done(&json!({ "ok": true, "job": job, "cancelled": cancelled })));
    }
    parameters.only(&["url", "sitemap", "wait", "header", "rate", "simultaneous"])?;
    let wanted = Wanted::of(parameters, body, &snapshot.config)?;
    if wanted.urls.is_empty() && wanted.lists.is_empty() {
        return Err(bad("say what to fetch: ?url= or ?sitemap=, as often as needed, or URLs one a line in the body".to_string()));
    }
    wanted.must_be_of(who, snapshot)?;
    let job = server.feed(host, wanted.plan(Reason::Prefetch, who.only(&snapshot.config))).map_err(|why| refused(why, None))?;
    let (server, wait) = (Arc::clone(server), parameters.has("wait"));
    Ok(Answer::Later(Box::pin(async move { begun(&server, job, wait, None).await })))
}

/// `GET /cache/prefetch`: all jobs, or one with what came of its URLs.
pub(super) fn shown(shared: &Shared<'_>, parameters: &Parameters) -> Result<Answer, Refusal> {
    parameters.only(&["id", "from", "most"])?;
    let Shared { server, snapshot, who, .. } = shared;
    if !parameters.has("id") {
        let jobs: Vec<Value> = server.fetching().jobs().iter().filter(|known| who.may_see(known, &snapshot.config)).map(progress).collect();
        return Ok(done(&json!({ "jobs": jobs })));
    }
    let id = job(parameters, "id")?;
    let known = server.fetching().progress(id).filter(|known| who.may_see(known, &snapshot.config)).ok_or_else(|| unknown(id))?;
    let from = parameters.first("from").map_or(Ok(0), |text| text.parse().map_err(|_| bad(format!("from is a number, not {text:?}"))))?;
    let most = number(parameters, "most")?.map_or(MOST_RESULTS, |most| most as usize).min(MOST_RESULTS);
    Ok(done(&with_results(server, &known, from, most)))
}

fn unknown(job: u64) -> Refusal {
    Refusal { status: 404, why: format!("there is no job {job}, or not any more") }
}

/// A job has begun: its number at once, or what came of it when it is over.
pub(super) async fn begun(server: &Server, job: u64, wait: bool, sequence: Option<u64>) -> Answer {
    if wait {
        server.fed(job).await;
    }
    let known = server.fetching().progress(job);
    let mut told = match (&known, wait) {
        (Some(known), true) => with_results(server, known, 0, MOST_RESULTS),
        _ => json!({}),
    };
    let good = known.as_ref().is_none_or(|known| known.bad == 0 && !known.cancelled);
    told["ok"] = json!(good || !wait);
    told["job"] = json!(job);
    if let Some(sequence) = sequence {
        told["sequence"] = json!(sequence);
    }
    Answer::text(if wait { 200 } else { 202 }, JSON, format!("{told}\n"))
}

/// A job that does not begin. `sequence`: what was pushed has been taken all the same.
pub(super) fn refused(why: Refused, sequence: Option<u64>) -> Refusal {
    let refusal = match why {
        Refused::TooMany { urls } => too_many(urls),
        Refused::Busy { jobs } => {
            let why = format!("{jobs} prefetches and pushes are under way, as many as may be (`jobs` under [cache]); try again later");
            Refusal { status: 503, why }
        }
        Refused::Draining => Refusal { status: 503, why: "the server drains".to_string() },
    };
    match sequence {
        Some(sequence) => {
            Refusal { why: format!("the old answers are gone ({sequence}), and the new are not fetched: {}", refusal.why), ..refusal }
        }
        None => refusal,
    }
}

fn too_many(urls: usize) -> Refusal {
    Refusal { status: 413, why: format!("one job has {urls} URLs at the most, and 16 MiB of them (`job-urls` under [cache])") }
}

fn job(parameters: &Parameters, name: &str) -> Result<u64, Refusal> {
    let text = parameters.first(name).unwrap_or_default();
    text.parse().map_err(|_| bad(format!("a job is a number, not {text:?}")))
}

fn with_results(server: &Server, known: &Progress, from: usize, most: usize) -> Value {
    let mut told = progress(known);
    let result = |(url, fetched): (String, Option<Fetched>)| match fetched {
        Some(fetched) => json!({
            "url": url,
            "outcome": fetched.outcome.word(),
            "good": fetched.is_good(),
            "status": fetched.status,
            "bytes": fetched.bytes,
            "took_ms": fetched.took.as_secs_f64() * 1e3,
            "age": fetched.age,
            "ttl": fetched.ttl,
            "why": fetched.why,
        }),
        None => json!({ "url": url }),
    };
    told["from"] = json!(from);
    told["results"] = server.fetching().results(known.id, from, most).into_iter().map(result).collect();
    told
}

fn progress(known: &Progress) -> Value {
    json!({
        "id": known.id,
        "by": known.by,
        "urls": known.urls,
        "good": known.good,
        "bad": known.bad,
        "under_way": known.under_way,
        "lists": known.lists,
        "rate": known.rate,
        "cancelled": known.cancelled,
        "over": known.ended.is_some(),
        "remarks": known.remarks,
    })
}

#[cfg(test)]
mod tests;
