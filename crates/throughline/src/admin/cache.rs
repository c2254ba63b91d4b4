//! Purges, as the admin side takes them.

use super::parameters::Parameters;
use super::{Refusal, bad, done};
use decide::cache::{KeyRules, Purge, Uri, key};
use decide::config::Limits;
use host::Host;
use node::{Answer, Purged, Purging, Server, asked};
use serde_json::json;
use wire::http1;

/// `POST /cache/purge`: what is named is gone when this answers, or stale.
pub(super) fn purge(server: &Server, host: &Host, parameters: &Parameters) -> Result<Answer, Refusal> {
    parameters.only(&["url", "prefix", "tag", "site", "all", "soft"])?;
    let snapshot = server.snapshot();
    let site = parameters.first("site");
    if let Some(name) = site.filter(|name| !snapshot.config.sites.iter().any(|site| site.name == *name)) {
        return Err(Refusal { status: 404, why: format!("there is no site {name:?}") });
    }
    let purge = if parameters.has("soft") { Purge::Soft } else { Purge::Hard };
    let mut sequence = 0;
    for which in named(parameters, &snapshot.config.limits)? {
        let purging = Purging { which, site: site.map(str::to_string), purge };
        let deep = || bad("such a prefix is too deep to be purged by; name a shorter one".to_string());
        sequence = server.purge(host.calendar(), &purging).ok_or_else(deep)?;
    }
    Ok(done(&json!({ "ok": true, "sequence": sequence, "soft": purge == Purge::Soft })))
}

/// What is to be purged: one thing, or two where a URL names no scheme.
fn named(parameters: &Parameters, limits: &Limits) -> Result<Vec<Purged>, Refusal> {
    let named = ["url", "prefix", "tag", "all"].map(|name| parameters.first(name));
    match named {
        [Some(url), None, None, None] => Ok(urls(url, limits)?.into_iter().map(Purged::Url).collect()),
        [None, Some(prefix), None, None] if !prefix.ends_with('/') => {
            Err(bad(format!("a prefix ends with a slash, and is purged with all below it; {prefix:?} does not")))
        }
        [None, Some(prefix), None, None] => Ok(urls(prefix, limits)?.into_iter().map(Purged::Prefix).collect()),
        [None, None, Some(tag), None] => Ok(vec![Purged::Tag(tag.to_string())]),
        [None, None, None, Some(_)] => Ok(vec![Purged::All]),
        [None, None, None, None] if parameters.has("site") => Ok(vec![Purged::All]),
        _ => Err(bad("say one thing to purge: ?url=, ?prefix=, ?tag=, ?site= or ?all".to_string())),
    }
}

/// A URL as the store knows it. Without a scheme it is that of both.
fn urls(url: &str, limits: &Limits) -> Result<Vec<String>, Refusal> {
    let limits = http1::Limits { target_bytes: limits.target_bytes, head_bytes: limits.head_bytes, fields: limits.head_fields };
    let request = asked::of(url, "GET", &[], &limits).map_err(bad)?.head;
    let written = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let schemes = ["http", "https"].into_iter().filter(|scheme| written.as_deref().is_none_or(|written| written == *scheme));
    let of = |scheme: &str| {
        let mut out = Vec::new();
        key(&Uri { scheme, authority: &request.authority, target: &request.target }, &KeyRules::default(), &mut out);
        String::from_utf8_lossy(&out[b"GET ".len()..]).into_owned()
    };
    Ok(schemes.map(of).collect())
}
