//! What the cache makes of a request.

use crate::text::{shown, size, span};
use decide::cache::{Life, Parameters, Policy, Record, SetCookie};
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
    rule(format!("parts that ranges bring {}", if policy.partial { "are stored and joined" } else { "pass" }));
    out
}

/// What becomes of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// It is stored.
    pub stored: bool,
    /// The rule that decided.
    pub rule: &'a str,
    /// Which part of the whole it is, if it is one.
    pub part: &'a str,
    /// How long it can be used.
    pub life: Life,
    /// The fields of requests that select it.
    pub selected_by: &'a str,
    /// What it can be purged by.
    pub tags: &'a [String],
    /// The fields that are kept, as `name: value`.
    pub fields: &'a [String],
    /// Names of those that are not.
    pub left_out: &'a [String],
}

/// Whether it is stored, for how long it can be used, and what is kept of it.
pub fn answer(answer: &Answer<'_>) -> String {
    let mut out = String::new();
    let mut line = |name: &str, text: String| {
        let _ = writeln!(out, "{name:<10} {}", shown(&text));
    };
    let part = if answer.part.is_empty() { String::new() } else { format!(", as a part: {}", answer.part) };
    line("answer", format!("{} is {}stored{part} ({})", answer.status, if answer.stored { "" } else { "not " }, answer.rule));
    if !answer.stored {
        return out;
    }
    line("life", life(&answer.life));
    for (name, text) in [("selected", answer.selected_by), ("tags", &answer.tags.join(" ")), ("left out", &answer.left_out.join(", "))] {
        if !text.is_empty() {
            line(name, text.to_string());
        }
    }
    for field in answer.fields {
        line("kept", field.clone());
    }
    out
}

fn life(life: &Life) -> String {
    let left = life.lifetime.saturating_sub(life.age_on_arrival);
    let mut text = format!("fresh for {} s by {}", left.as_secs(), life.basis.word());
    if life.age_on_arrival.as_secs() > 0 {
        text += &format!(", {} s old already", life.age_on_arrival.as_secs());
    }
    for (what, window) in [("while it is validated", life.while_revalidate), ("if the backends fail", life.if_error)] {
        if window > Duration::ZERO {
            text += &format!(", then {} s {what}", window.as_secs());
        }
    }
    text += match (life.validate_always, life.may_be_stale) {
        (true, _) => ", and validated before every use",
        (_, false) => ", and never used when it is stale",
        _ => "",
    };
    text
}

/// Every question that was asked, with its answer.
pub fn asked(record: &Record) -> String {
    record.asked().iter().fold(String::new(), |mut out, asked| {
        let _ = writeln!(out, "  {}", shown(&asked.to_string()));
        out
    })
}
