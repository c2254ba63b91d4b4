//! Pushes: the origin's word that URLs have changed, and content that it hands over.

use super::feed::{self, Wanted};
use super::parameters::Parameters;
use super::{Refusal, bad, done};
use decide::cache::{KeyRules, Uri, key};
use decide::config::Config;
use decide::time::Calendar;
use host::Host;
use node::asked::{self, Asked};
use node::{Answer, Pushable, Pushed, Reason, Server};
use serde_json::json;
use std::sync::Arc;
use wire::http::{Field, Fields, Known, RequestHead, ResponseHead, Version};
use wire::http1::Limits;

/// What a push changes.
enum Push {
    /// These URLs, as purges name them, have changed.
    Notice { urls: Vec<String>, soft: bool },
    /// This is the content of one.
    Content(Box<Pushable>),
}

/// What has become of it: its place among purges, and what was stored.
struct Accepted {
    sequence: decide::cache::Sequence,
    pushed: Option<Pushed>,
}

/// The one place where a push is accepted: whoever is told of its sequence number gets nothing older any more.
async fn accept(server: Arc<Server>, now: Calendar, push: Push) -> Accepted {
    carried_out(&server, now, push)
}

/// It takes effect. May be called on any thread.
fn carried_out(server: &Server, now: Calendar, push: Push) -> Accepted {
    match push {
        Push::Notice { urls, soft } => Accepted { sequence: server.notice(&urls, soft, now), pushed: None },
        Push::Content(pushable) => {
            let pushed = server.push(*pushable, now);
            Accepted { sequence: pushed.sequence, pushed: Some(pushed) }
        }
    }
}

/// `POST /cache/push`: what is stored of the URLs is gone when this answers, or serves until the new answers are there; they are asked for
/// at once.
pub(super) fn notice(server: &Arc<Server>, host: &Host, parameters: &Parameters, body: &[u8]) -> Result<Answer, Refusal> {
    parameters.only(&["url", "soft", "wait", "header", "rate", "simultaneous"])?;
    let snapshot = server.snapshot();
    let wanted = Wanted::of(parameters, body, &snapshot.config)?;
    if wanted.urls.is_empty() {
        return Err(bad("say which URLs changed: ?url=, as often as needed, or one a line in the body".to_string()));
    }
    let limits = limits(&snapshot.config);
    let urls = wanted.urls.iter().map(|url| named(url, &limits)).collect::<Result<_, _>>()?;
    let (soft, wait) = (parameters.has("soft"), parameters.has("wait"));
    let (server, host) = (server.clone(), host.clone());
    Ok(Answer::Later(Box::pin(async move {
        let sequence = accept(server.clone(), host.calendar(), Push::Notice { urls, soft }).await.sequence;
        let plan = wanted.plan(Reason::Notice { since: sequence, soft });
        match server.feed(&host, plan) {
            Ok(job) => feed::begun(&server, job, wait, Some(sequence.0)).await,
            // It has been taken: what is named is gone, and will be asked for by the next client.
            Err(refused) => feed::refused(refused, Some(sequence.0)).answer(),
        }
    })))
}

/// `PUT /cache/content`: the content of a URL, with the fields of an answer.
pub(super) fn content(
    server: &Arc<Server>,
    host: &Host,
    request: &RequestHead,
    parameters: &Parameters,
    body: &[u8],
) -> Result<Answer, Refusal> {
    parameters.only(&["url", "header", "field"])?;
    let snapshot = server.snapshot();
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
    let (server, push) = (server.clone(), Push::Content(Box::new(pushable)));
    Ok(Answer::Later(Box::pin(async move {
        let Accepted { sequence, pushed } = accept(server, now, push).await;
        let pushed = pushed.expect("content comes to something stored");
        done(&json!({ "ok": true, "sequence": sequence.0, "bytes": pushed.bytes, "ttl": pushed.ttl }))
    })))
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

/// A URL as purges name it.
fn named(url: &str, limits: &Limits) -> Result<String, Refusal> {
    let Asked { head, scheme, .. } = asked_with(url, &[], limits)?;
    let mut out = Vec::new();
    key(&Uri { scheme, authority: &head.authority, target: &head.target }, &KeyRules::default(), &mut out);
    Ok(String::from_utf8_lossy(&out[b"GET ".len()..]).into_owned())
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
