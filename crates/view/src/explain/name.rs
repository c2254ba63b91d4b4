//! What the name server answers to whom, and why.

use crate::text::shown;
use decide::config::{Config, Layer};
use decide::steer::{Candidate, Decision};
use decide::step::{List, Texts};
use decide::zone::{Asked, Reply, Set};
use std::fmt::Write;
use std::net::IpAddr;
use wire::network::Network;

/// An answer, and what it is made of.
pub struct NameExplained<'a> {
    /// The question.
    pub asked: &'a Asked<'a>,
    /// Whom it is for.
    pub client: IpAddr,
    /// The network that was told of him (RFC 7871); `None`: it is his address.
    pub subnet: Option<Network>,
    /// The answer.
    pub reply: &'a Reply<'a>,
    /// What steerings decided for it.
    pub steered: Vec<NameSteered>,
    /// The load of each place, by its index in [`Config::pops`]; `None` where it is not known.
    pub loads: &'a [Option<u64>],
    /// What is not known, and would change the answer.
    pub missing: &'a [String],
    /// What sets chose, and among what, for programs.
    pub choices: List,
    /// What that points to.
    pub texts: &'a Texts,
    /// Where all this is from: `configuration` or `server`.
    pub source: &'static str,
}

/// A decision for an answer.
pub struct NameSteered {
    /// Which steering (index into [`Config::steerings`]).
    pub steering: usize,
    /// What it decided.
    pub decision: Decision,
}

/// The answer and its reasons, for a terminal.
pub fn name(explained: &NameExplained<'_>, config: &Config) -> String {
    let NameExplained { asked, client, reply, .. } = explained;
    let mut out = String::new();
    line(&mut out, "name", &format!("{} {}", asked.name, asked.kind));
    let told = explained.subnet.map_or_else(String::new, |network| format!("{network}, by its first address "));
    line(&mut out, "client", &format!("{told}{client}"));
    if let Some(zone) = reply.why.zone {
        line(&mut out, "zone", &zone.to_string());
    }
    line(&mut out, "rule", &format!("{}: {}", reply.why.rule.name(), reply.why));
    for steered in &explained.steered {
        write_steered(&mut out, explained, steered, config);
    }
    for (index, candidate) in reply.why.weighed.iter().flat_map(|weighed| &weighed.candidates).enumerate() {
        let mark = candidate.given.map_or_else(String::new, |place| format!("{place}."));
        let text = format!("{mark:<2} {}  {}: {}", candidate.data, candidate.why, candidate.meaning());
        line(&mut out, if index == 0 { "records" } else { "" }, &text);
        line(&mut out, "", &format!("   {}", candidate.facts()));
    }
    for note in explained.missing {
        line(&mut out, "not known", note);
    }
    let authoritative = if reply.authoritative { ", authoritative" } else { "" };
    line(&mut out, "=>", &format!("{}{authoritative}", reply.code));
    let sections = [("", &reply.answer), ("authority", &reply.authority), ("beside", &reply.additional)];
    for (label, sets) in sections {
        for (index, record) in sets.iter().flat_map(records).enumerate() {
            line(&mut out, if index == 0 { label } else { "" }, &record);
        }
    }
    out
}

fn records<'a>(set: &'a Set<'_>) -> impl Iterator<Item = String> + 'a {
    set.data.iter().map(|data| format!("{} {} {} {data}", set.owner, set.ttl, set.kind))
}

fn line(out: &mut String, label: &str, text: &str) {
    let _ = writeln!(out, "{}", format!("{label:<10} {}", shown(text)).trim_end());
}

fn write_steered(out: &mut String, explained: &NameExplained<'_>, steered: &NameSteered, config: &Config) {
    let decision = &steered.decision;
    let Some(steering) = config.steerings.get(steered.steering) else { return };
    line(out, "steering", &format!("{}, version {} of its tables", steering.name, decision.version));
    let mut label = "layer";
    for (layer, why) in &decision.passed {
        line(out, label, &format!("{:<9}  passed: {why}, {}", layer.word(), Decision::passed_because(why)));
        label = "";
    }
    let by = decision.prefix.map_or_else(String::new, |prefix| format!(", by {prefix}"));
    line(out, label, &format!("{:<9}  decides{by}", decision.layer.word()));
    let mut behind = steering.layers.iter().skip_while(|layer| **layer != decision.layer).skip(1).filter(|layer| **layer != Layer::Default);
    if let Some(next) = behind.next() {
        let more: Vec<&str> = std::iter::once(next).chain(behind).map(|layer| layer.word()).collect();
        line(out, "", &format!("not asked  {}", more.join(", ")));
    }
    if let Some(unit) = decision.unit {
        line(out, "sheds", &format!("some place does: {unit} goes or stays as a whole"));
    }
    let width = decision.candidates.iter().map(|candidate| name_of(config, candidate.pop).chars().count()).max().unwrap_or(0);
    for (index, candidate) in decision.candidates.iter().enumerate() {
        let name = name_of(config, candidate.pop);
        let mark = if candidate.chosen { "=>" } else { "" };
        let label = if index == 0 { "place" } else { "" };
        line(out, label, &format!("{mark:<2} {name:<width$}  {}: {}", candidate.why, candidate.meaning()));
        line(out, "", &format!("   {:<width$}  {}", "", facts(candidate, explained.loads, config)));
    }
    decision.remarks().for_each(|remark| line(out, "note", remark));
    line(out, "scope", &scope(decision.answer.scope, explained));
}

fn name_of(config: &Config, pop: u16) -> &str {
    config.pops.get(usize::from(pop)).map_or("?", |pop| &pop.name)
}

fn facts(candidate: &Candidate, loads: &[Option<u64>], config: &Config) -> String {
    let mut facts = candidate.facts();
    let index = usize::from(candidate.pop);
    let load = loads.get(index).copied().flatten();
    let capacity = config.pops.get(index).map_or(0, |pop| pop.capacity);
    match (load, capacity) {
        (Some(load), 0) => facts.push(format!("load {load}, no bound")),
        (Some(load), capacity) => facts.push(format!("load {load} of {capacity} ({} %)", load.saturating_mul(100) / capacity)),
        (None, 0) => {}
        (None, capacity) => facts.push(format!("load not known, of {capacity}")),
    }
    facts.join(", ")
}

/// For whom the answer holds; and whether that is all whom it was asked for.
fn scope(bits: u8, explained: &NameExplained<'_>) -> String {
    let same = match bits {
        0 => "the same for everybody of this family".to_string(),
        bits => format!("the same for all of {}", Network::of(explained.client, bits)),
    };
    let narrower = explained.subnet.is_some_and(|network| network.bits() < bits);
    let rest = if narrower { "; for others of the client's network it may be another" } else { "" };
    format!("/{bits}: {same}{rest}")
}

#[cfg(test)]
mod tests;
