//! The same reports for programs: one JSON object each, of one line. `docs/guide/explain-json.md` describes them.

use super::name::NameExplained;
use crate::object::Object;
use crate::step_json;
use decide::balance;
use decide::config::Config;
use decide::route::{Outcome, Record};
use decide::zone::Set;

/// The versions of what is written. Fields are added under the same version; nothing is renamed or taken away.
const ROUTE: &str = "throughline.explain-route/1";
const BALANCE: &str = "throughline.explain-balance/1";
const DNS: &str = "throughline.explain-dns/1";

/// What [`super::name`] tells.
pub fn name_json(explained: &NameExplained<'_>, config: &Config) -> String {
    let NameExplained { asked, client, reply, .. } = explained;
    let mut out = Object::of(DNS);
    out.text("name", &asked.name.to_string());
    out.text("type", &asked.kind.to_string());
    out.text("client", &client.to_string());
    if let Some(subnet) = explained.subnet {
        out.text("subnet", &subnet.to_string());
    }
    for (key, name) in [("zone", reply.why.zone), ("at", reply.why.at)] {
        if let Some(name) = name {
            out.text(key, &name.to_string());
        }
    }
    out.text("rule", reply.why.rule.name());
    out.text("sentence", &reply.why.to_string());
    out.plain("aliases", reply.why.aliases);
    if let Some(scope) = reply.scope {
        out.plain("scope", scope);
    }
    let mut choices = String::new();
    step_json::list(explained.texts, explained.choices, &|_| String::new(), &mut choices);
    out.raw("choices", &choices);
    let known = config.pops.iter().zip(explained.loads).filter_map(|(pop, load)| Some((pop, (*load)?)));
    out.list(
        "loads",
        known.map(|(pop, load)| {
            let mut of = Object::new();
            of.text("place", &pop.name);
            of.plain("load", load);
            of.plain("capacity", pop.capacity);
            of
        }),
    );
    out.text("code", &reply.code.to_string());
    out.plain("authoritative", reply.authoritative);
    for (section, sets) in [("answer", &reply.answer), ("authority", &reply.authority), ("additional", &reply.additional)] {
        out.list(section, sets.iter().flat_map(records));
    }
    out.texts("missing", explained.missing.iter().map(String::as_str));
    out.text("source", explained.source);
    out.into_text() + "\n"
}

fn records<'a>(set: &'a Set<'_>) -> impl Iterator<Item = Object> + 'a {
    set.data.iter().map(|data| {
        let mut record = Object::new();
        record.text("name", &set.owner.to_string());
        record.text("type", &set.kind.to_string());
        record.plain("ttl", set.ttl);
        record.text("data", &data.to_string());
        record
    })
}

/// What [`super::route`] tells, of a request at this listener.
pub fn route_json(listener: &str, record: &Record) -> String {
    let mut out = Object::of(ROUTE);
    out.text("listener", listener);
    out.text("host", &record.host);
    out.list(
        "sites",
        record.sites.iter().map(|considered| {
            let mut site = Object::new();
            site.text("pattern", &considered.pattern);
            site.text("site", &considered.name);
            site.plain("fits", considered.holds);
            site.plain("chosen", considered.holds && record.site == Some(considered.site));
            site
        }),
    );
    out.text("path", &record.path);
    out.list(
        "rules",
        record.rules.iter().map(|considered| {
            let mut rule = Object::new();
            rule.text("rule", &considered.name);
            rule.text("rank", &considered.rank);
            let (outcome, why) = match &considered.outcome {
                Outcome::Holds => ("holds", None),
                Outcome::Fails(failure) => ("fails", Some(failure.to_string())),
                Outcome::NotReached => ("not-reached", None),
            };
            rule.text("outcome", outcome);
            if let Some(why) = why {
                rule.text("why", &why);
            }
            rule
        }),
    );
    out.text("verdict", &record.verdict);
    out.into_text() + "\n"
}

/// What a balancer has decided.
pub struct Balanced<'a> {
    /// The pool's name.
    pub pool: &'a str,
    /// Its algorithm.
    pub algorithm: &'a str,
    /// What of the request is hashed, and the hash, if the request has it.
    pub key: Option<(String, Option<String>)>,
    /// Too few backends are healthy, so that health is ignored.
    pub panic: bool,
    /// All scores.
    pub record: balance::Record,
    /// The names of the pool's backends.
    pub names: Vec<&'a str>,
    /// Whom it chose.
    pub chosen: Option<usize>,
    /// Where this is from: `configuration` or `server`.
    pub source: &'static str,
}

/// What it has decided, for programs.
pub fn balance_json(balanced: &Balanced<'_>) -> String {
    let name = |index: usize| balanced.names.get(index).copied().unwrap_or("?");
    let mut out = Object::of(BALANCE);
    out.text("pool", balanced.pool);
    out.text("algorithm", balanced.algorithm);
    if let Some((of, hash)) = &balanced.key {
        out.text("hashed", of);
        hash.iter().for_each(|hash| out.text("key", hash));
    }
    out.plain("panic", balanced.panic);
    out.text("score", balanced.record.meaning);
    let scored = balanced.record.scores.iter().map(|score| {
        let mut row = Object::new();
        row.text("backend", name(score.backend));
        row.plain("chosen", balanced.chosen == Some(score.backend));
        // There is no number without an end in JSON.
        if score.score.is_finite() {
            row.plain("score", score.score);
        }
        row.text("note", score.note);
        row
    });
    let left_out = balanced.record.left_out.iter().map(|left| {
        let mut row = Object::new();
        row.text("backend", name(left.backend));
        row.plain("chosen", balanced.chosen == Some(left.backend));
        row.text("why", left.why);
        row
    });
    out.list("candidates", scored.chain(left_out));
    if let Some(chosen) = balanced.chosen {
        out.text("chosen", name(chosen));
    }
    out.text("why", balanced.record.why);
    out.text("source", balanced.source);
    out.into_text() + "\n"
}
