//! Pushes: the origin's word that URLs have changed, and content that it hands over.

use super::feed::{self, Wanted};
use super::parameters::Parameters;
use super::{Refusal, Shared, bad, done, forbidden};
use crate::journal::{self, Journal, Record};
use decide::cache::{KeyRules, Uri, key};
use decide::config::Config;
use decide::time::Calendar;
use host::Host;
use node::asked::{self, Asked};
use node::{Answer, Pushable, Pushed, Reason, Server};
use serde_json::json;
use std::ops::RangeInclusive;
use std::sync::Arc;
use wire::http::{Field, Fields, Known, RequestHead, ResponseHead, Version};
use wire::http1::Limits;

/// What a push changes.
enum Push {
    /// These URLs, as purges name them, have changed, each at one site or at any.
    Notice { urls: Vec<(String, Option<String>)>, soft: bool },
    /// This is the content of one; and what is written of it.
    Content(Box<Pushable>, journal::Push),
}

/// What has become of it: its place among purges, and what was stored.
struct Accepted {
    sequence: decide::cache::Sequence,
    pushed: Option<Pushed>,
}

/// Its numbers, and what has become of it.
struct Numbered {
    numbers: RangeInclusive<u64>,
    accepted: Accepted,
}

/// The one place where a push is accepted: whoever is told of its sequence number gets nothing older any more.
async fn accept(journal: &Journal, server: Arc<Server>, now: Calendar, push: Push) -> Result<Numbered, Refusal> {
    let (records, push) = match push {
        Push::Notice { urls, soft } => {
            let of = |(url, site): &(String, Option<String>)| Record::Changed { site: site.clone(), url: url.clone(), soft };
            (urls.iter().map(of).collect(), Carried::Notice { urls, soft })
        }
        Push::Content(pushable, record) => (vec![Record::Push(record)], Carried::Content(pushable)),
    };
    let count = records.len() as u64;
    let apply = move |first: u64| {
        server.purges_go_on_at(first - 1);
        let accepted = carried_out(&server, now, push);
        server.purges_go_on_at(first + count - 1);
        accepted
    };
    let (last, accepted) = journal.append(records, now, apply).await.map_err(refused)?;
    Ok(Numbered { numbers: last + 1 - count..=last, accepted })
}

pub(super) fn refused(journal::Refused { why, too_long }: journal::Refused) -> Refusal {
    Refusal { status: if too_long { 413 } else { 503 }, why }
}

/// A push that is on disk.
enum Carried {
    Notice { urls: Vec<(String, Option<String>)>, soft: bool },
    Content(Box<Pushable>),
}

/// It takes effect. May be called on any thread.
fn carried_out(server: &Server, now: Calendar, push: Carried) -> Accepted {
    match push {
        Carried::Notice { urls, soft } => Accepted { sequence: server.notice(&urls, soft, now), pushed: None },
        Carried::Content(pushable) => {
            let pushed = server.push(*pushable, now);
            Accepted { sequence: pushed.sequence, pushed: Some(pushed) }
        }
    }
}

/// `POST /cache/push`: what is stored of the URLs is gone when this answers, or serves until the new answers are there; they are asked for
/// at once.
pub(super) fn notice(shared: &Shared<'_>, host: &Host, parameters: &Parameters, body: &[u8]) -> Result<Answer, Refusal> {
    parameters.only(&["url", "soft", "wait", "header", "rate", "simultaneous"])?;
    let Shared { snapshot, who, .. } = shared;
    let wanted = Wanted::of(parameters, body, &snapshot.config)?;
    if wanted.urls.is_empty() {
        return Err(bad("say which URLs changed: ?url=, as often as needed, or one a line in the body".to_string()));
    }
    let limits = limits(&snapshot.config);
    let mut urls = Vec::new();
    for url in &wanted.urls {
        let (name, host) = named(url, &limits)?;
        let sites = who.reaches(Some(&host), None, snapshot)?.into_iter();
        urls.extend(sites.map(|site| (name.clone(), site.map(|site| snapshot.config.sites[site].name.clone()))));
    }
    let (soft, wait, only) = (parameters.has("soft"), parameters.has("wait"), who.only(&snapshot.config));
    let (server, journal, host) = (shared.server.clone(), shared.journal.clone(), host.clone());
    Ok(Answer::Later(Box::pin(async move {
        let accepted = accept(&journal, server.clone(), host.calendar(), Push::Notice { urls, soft }).await;
        let Numbered { numbers, accepted } = match accepted {
            Ok(numbered) => numbered,
            Err(refusal) => return refusal.answer(),
        };
        let last = *numbers.end();
        let plan = wanted.plan(Reason::Notice { since: accepted.sequence, soft }, only);
        match server.feed(&host, plan) {
            Ok(job) => {
                journal::done_with(&host, server.clone(), journal, job, numbers.collect());
                feed::begun(&server, job, wait, Some(last)).await
            }
            // It has been taken: what is named is gone, and will be asked for by the next client.
            Err(refused) => {
                journal.done(&numbers.collect::<Vec<u64>>(), host.calendar());
                feed::refused(refused, Some(last)).answer()
            }
        }
    })))
}

/// `PUT /cache/content`: the content of a URL, with the fields of an answer.
pub(super) fn content(
    shared: &Shared<'_>,
    host: &Host,
    request: &RequestHead,
    parameters: &Parameters,
    body: &[u8],
) -> Result<Answer, Refusal> {
    parameters.only(&["url", "header", "field"])?;
    let Shared { server, snapshot, who, .. } = shared;
    let most = snapshot.config.cache.feed.content;
    if body.len() as u64 > most {
        return Err(Refusal {
            status: 413,
            why: format!("a content that is pushed has {most} bytes at the most (push-content under [cache])"),
        });
    }
    let url = parameters.first("url").ok_or_else(|| bad("say whose content it is: ?url=".to_string()))?;
    let limits = limits(&snapshot.config);
    let fields: Vec<&str> = parameters.all("header").collect();
    // A variant among others is one for the clients that the route names first.
    let mut asked = asked_with(url, &fields, &limits)?;
    if !asked.head.fields.has(Known::AcceptEncoding)
        && let Some(usual) = server.usual_encoding(&asked)
    {
        asked.head.fields.push_known(Known::AcceptEncoding, usual.as_bytes());
    }
    let response = response(request, parameters, body.len())?;
    let now = host.calendar();
    let pushable = server.pushable(&asked, &response, body, now);
    let pushable = pushable.map_err(|why| Refusal { status: 422, why: format!("not stored: {why}") })?;
    let own = snapshot.config.sites.iter().position(|site| site.name == pushable.site());
    if !own.is_some_and(|site| who.has(site)) {
        return Err(forbidden(format!("{url:?} is another site's than this token is for")));
    }
    let record = journal::Push {
        site: pushable.site().to_string(),
        url: pushable.url(),
        request: pairs(&asked.head.fields),
        status: response.status,
        fields: pairs(&response.fields),
        body: body.to_vec(),
        alone: pushable.is_alone(),
    };
    let (server, journal, push) = (Arc::clone(server), shared.journal.clone(), Push::Content(Box::new(pushable), record));
    Ok(Answer::Later(Box::pin(async move {
        match accept(&journal, server, now, push).await {
            Ok(Numbered { numbers, accepted }) => {
                let pushed = accepted.pushed.expect("content comes to something stored");
                done(&json!({ "ok": true, "sequence": numbers.end(), "bytes": pushed.bytes, "ttl": pushed.ttl }))
            }
            Err(refusal) => refusal.answer(),
        }
    })))
}

fn pairs(fields: &Fields) -> Vec<(Vec<u8>, Vec<u8>)> {
    fields.iter().map(|field| (field.name.to_vec(), field.value.to_vec())).collect()
}

/// The head of the answer that is handed over: the request's own fields, but those that are about the request, and those in the query.
fn response(request: &RequestHead, parameters: &Parameters, length: usize) -> Result<ResponseHead, Refusal> {
    let mut fields = Fields::new();
    for field in request.fields.iter().filter(is_of_content) {
        fields.push_as(field.known, field.name, field.value);
    }
    for line in parameters.all("field") {
        let (name, value) = feed::field(line)?;
        fields.push(name.as_bytes(), value.as_bytes());
    }
    fields.push_known(Known::ContentLength, length.to_string().as_bytes());
    Ok(ResponseHead { status: 200, version: Version::Http11, fields, ..ResponseHead::default() })
}

/// Fields of a request that say nothing of its content (RFC 9110 §7, §10.1, §11, §12.5, §13.1).
fn is_of_content(field: &Field<'_>) -> bool {
    use Known::*;
    let about_request = [
        Host,
        Connection,
        ContentLength,
        TransferEncoding,
        KeepAlive,
        ProxyConnection,
        ProxyAuthorization,
        Te,
        Trailer,
        Upgrade,
        Expect,
        Via,
        Forwarded,
        XForwardedFor,
        XForwardedHost,
        XForwardedProto,
        XRequestId,
        UserAgent,
        Referer,
        Accept,
        AcceptEncoding,
        AcceptLanguage,
        Authorization,
        Cookie,
        IfMatch,
        IfModifiedSince,
        IfNoneMatch,
        IfRange,
        IfUnmodifiedSince,
        MaxForwards,
        Range,
    ];
    let name = field.name.to_ascii_lowercase();
    let others: [&[u8]; 4] = [b"x-throughline-admin", b"origin", b"accept-charset", b"from"];
    !about_request.contains(&field.known) && !others.contains(&&*name) && !name.starts_with(b"sec-")
}

/// A URL as purges name it, and its host.
fn named(url: &str, limits: &Limits) -> Result<(String, Vec<u8>), Refusal> {
    let Asked { head, scheme, .. } = asked_with(url, &[], limits)?;
    let mut out = Vec::new();
    key(&Uri { scheme, authority: &head.authority, target: &head.target }, &KeyRules::default(), &mut out);
    Ok((String::from_utf8_lossy(&out[b"GET ".len()..]).into_owned(), head.host().to_vec()))
}

fn asked_with(url: &str, fields: &[&str], limits: &Limits) -> Result<Asked, Refusal> {
    if !url.contains("://") {
        return Err(bad(format!("{url:?} has no scheme: what is pushed is of http or of https")));
    }
    asked::of(url, "GET", fields, limits).map_err(bad)
}

fn limits(config: &Config) -> Limits {
    let limits = &config.limits;
    Limits { target_bytes: limits.target_bytes, head_bytes: limits.head_bytes, fields: limits.head_fields }
}

#[cfg(test)]
mod tests;
