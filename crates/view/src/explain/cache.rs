//! What the cache makes of a request.

use crate::text::{shown, size, span};
use decide::cache::{Parameters, Policy, Record, SetCookie};
use decide::time::Duration;
use std::fmt::Write;

/// What an answer is stored under, and the owner's rules where they are not the protocol's.
pub fn cache_rules(key: &str, policy: &Policy) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "key        {}", shown(&key.trim_end().replace('\n', " | ")));
    let mut rule = |text: String| {
        let _ = writeln!(out, "policy     {text}");
    };
    match &policy.key.parameters {
        Parameters::All => {}
        Parameters::Only(names) => rule(format!("of the query only {} count", shown(&names.join(", ")))),
        Parameters::Except(names) => rule(format!("of the query {} do not count", shown(&names.join(", ")))),
    }
    if policy.key.sort {
        rule("the order of query parameters does not count".to_string());
    }
    rule(match policy.heuristic_percent {
        0 => "an answer that does not say how long it is fresh is stale at once".to_string(),
        percent => {
            format!(
                "fresh for {percent} % of the time since Last-Modified where nothing is said, at most {}",
                span(policy.heuristic_most.as_secs())
            )
        }
    });
    for (what, time) in [
        ("fresh where nothing is said at all", policy.assumed),
        ("served stale while it is validated", policy.stale_while_revalidate),
        ("served stale if the backends fail", policy.stale_if_error),
    ] {
        if time > Duration::ZERO {
            rule(format!("{what}: for {}", span(time.as_secs())));
        }
    }
    if policy.follow_links {
        rule("what its answers name in Link as wanted next is fetched ahead".to_string());
    }
    for name in &policy.targeted {
        rule(format!("{} counts in place of Cache-Control", shown(name)));
    }
    rule(format!("Cache-Control of requests is {}", if policy.obey_requests { "obeyed" } else { "ignored" }));
    rule(
        match policy.set_cookie {
            SetCookie::Refuse => "an answer with Set-Cookie is not stored",
            SetCookie::Strip => "an answer with Set-Cookie is stored without it",
            SetCookie::StoreExplicit => "an answer with Set-Cookie is stored with it where it says how long it is fresh",
        }
        .to_string(),
    );
    rule(format!("content of more than {} is not stored", size(policy.largest)));
    out
}

/// Every question that was asked, with its answer.
pub fn asked(record: &Record) -> String {
    record.asked().iter().fold(String::new(), |mut out, asked| {
        let _ = writeln!(out, "  {}", shown(&asked.to_string()));
        out
    })
}
