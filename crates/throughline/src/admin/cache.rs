//! Purges, as the admin side takes them.

use super::parameters::Parameters;
use super::push;
use super::{Refusal, Shared, bad, done, forbidden};
use crate::journal::Record;
use decide::cache::{KeyRules, LONGEST_TAG, Purge, Uri, key};
use decide::config::Limits;
use host::Host;
use node::{Answer, Purged, Purging, asked};
use serde_json::json;
use wire::http1;

/// `POST /cache/purge`: what is named is gone when this answers, or stale, and the journal has it on disk.
pub(super) fn purge(shared: &Shared<'_>, host: &Host, parameters: &Parameters) -> Result<Answer, Refusal> {
    parameters.only(&["url", "prefix", "tag", "site", "all", "soft"])?;
    let purgings = purgings(shared, parameters)?;
    let (server, now) = (shared.server.clone(), host.calendar());
    let records = purgings.iter().cloned().map(Record::Purge).collect();
    let accepted = shared.journal.append(records, now, move |first| {
        for (number, purging) in (first..).zip(&purgings) {
            server.purges_go_on_at(number - 1);
            server.purge(now, purging).expect("it was looked at before");
        }
    });
    let soft = parameters.has("soft");
    Ok(Answer::Later(Box::pin(async move {
        match accepted.await {
            Ok((sequence, ())) => done(&json!({ "ok": true, "sequence": sequence, "soft": soft })),
            Err(refused) => push::refused(refused).answer(),
        }
    })))
}

/// The purges that are asked for, as far as whoever asks may have them: at least one.
fn purgings(shared: &Shared<'_>, parameters: &Parameters) -> Result<Vec<Purging>, Refusal> {
    let config = &shared.snapshot.config;
    let purge = if parameters.has("soft") { Purge::Soft } else { Purge::Hard };
    let site = parameters.first("site").map(|name| shared.who.site(name, config)).transpose()?;
    let Named { which, host } = named(parameters, &config.limits)?;
    if parameters.has("all") && site.is_none() && !shared.who.has_all() {
        return Err(forbidden("everything is for a token of [admin] to purge; name your site: ?site=NAME".to_string()));
    }
    let sites = shared.who.reaches(host.as_deref(), site, shared.snapshot)?;
    let mut purgings = Vec::new();
    for site in sites {
        let site = site.map(|site| config.sites[site].name.clone());
        purgings.extend(which.iter().map(|which| Purging { which: which.clone(), site: site.clone(), purge }));
    }
    match purgings.iter().all(|purging| purging.which.is_sound()) {
        true => Ok(purgings),
        false => Err(bad("such a prefix is too deep to be purged by; name a shorter one".to_string())),
    }
}

/// What a purge names: one thing, or two where a URL names no scheme; and the host of a URL.
struct Named {
    which: Vec<Purged>,
    host: Option<Vec<u8>>,
}

fn named(parameters: &Parameters, limits: &Limits) -> Result<Named, Refusal> {
    let named = ["url", "prefix", "tag", "all"].map(|name| parameters.first(name));
    let whole = |which| Ok(Named { which: vec![which], host: None });
    match named {
        [Some(url), None, None, None] => urls(url, limits, Purged::Url),
        [None, Some(prefix), None, None] if !prefix.ends_with('/') => {
            Err(bad(format!("a prefix ends with a slash, and is purged with all below it; {prefix:?} does not")))
        }
        [None, Some(prefix), None, None] => urls(prefix, limits, Purged::Prefix),
        [None, None, Some(tag), None] if !is_tag(tag) => {
            Err(bad(format!("{tag:?} is no tag that an answer can have: a word without spaces and commas, of at most {LONGEST_TAG} bytes")))
        }
        [None, None, Some(tag), None] => whole(Purged::Tag(tag.to_string())),
        [None, None, None, Some(_)] => whole(Purged::All),
        [None, None, None, None] if parameters.has("site") => whole(Purged::All),
        _ => Err(bad("say one thing to purge: ?url=, ?prefix=, ?tag=, ?site= or ?all".to_string())),
    }
}

/// Whether an answer can have it.
fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.len() <= LONGEST_TAG && !tag.bytes().any(|byte| byte.is_ascii_control() || matches!(byte, b' ' | b','))
}

/// A URL as the store knows it. Without a scheme it is that of both.
fn urls(url: &str, limits: &Limits, of: fn(String) -> Purged) -> Result<Named, Refusal> {
    let limits = http1::Limits { target_bytes: limits.target_bytes, head_bytes: limits.head_bytes, fields: limits.head_fields };
    let request = asked::of(url, "GET", &[], &limits).map_err(bad)?.head;
    let written = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let schemes = ["http", "https"].into_iter().filter(|scheme| written.as_deref().is_none_or(|written| written == *scheme));
    let stored = |scheme: &str| {
        let mut out = Vec::new();
        key(&Uri { scheme, authority: &request.authority, target: &request.target }, &KeyRules::default(), &mut out);
        String::from_utf8_lossy(&out[b"GET ".len()..]).into_owned()
    };
    let host = Some(request.host().to_vec());
    Ok(Named { which: schemes.map(stored).map(of).collect(), host })
}
