//! Why a request goes where it goes: the records of the decisions, as text for a terminal and as JSON.

mod cache;
mod json;
mod name;

pub use cache::{Answer, answer, asked, cache_rules};
pub use json::{Balanced, balance_json, name_json, route_json};
pub use name::{NameExplained, NameSteered, name};

use crate::text::{Align, Columns, shown};
use decide::balance;
use decide::route::{Outcome, Record};
use std::fmt::Write;

/// The record of [`decide::route::Table::decide`]: the host patterns, the path in normal form, every rule in the order tried with the
/// condition that failed, and the verdict.
pub fn route(record: &Record) -> String {
    let mut out = String::new();
    let host = if record.host.is_empty() { "(none)".into() } else { shown(&record.host) };
    let _ = writeln!(out, "host   {host}");
    let mut sites = Columns::new([Align::Left; 3]);
    for considered in &record.sites {
        let result = match considered.holds {
            true if record.site == Some(considered.site) => "fits, chosen",
            true => "fits",
            false => "does not fit",
        };
        sites.row([shown(&considered.pattern), shown(&considered.name), result.into()]);
    }
    sites.write_plain("       ", &mut out);
    if !record.path.is_empty() {
        let _ = writeln!(out, "path   {}", shown(&record.path));
    }
    if !record.rules.is_empty() {
        out.push_str("rules  in the order tried\n");
    }
    let mut rules = Columns::new([Align::Left; 3]);
    for rule in &record.rules {
        let result = match &rule.outcome {
            Outcome::Holds => "holds".to_owned(),
            Outcome::Fails(failure) => failure.to_string(),
            Outcome::NotReached => "not reached".to_owned(),
        };
        rules.row([shown(&rule.name), shown(&rule.rank), shown(&result)]);
    }
    rules.write_plain("       ", &mut out);
    let _ = writeln!(out, "=>     {}", shown(&record.verdict));
    out
}

/// What a balancer has decided: pool, what is hashed, and the record of its choice.
pub fn balanced(balanced: &Balanced<'_>) -> String {
    let mut out = format!("pool       {}\n", shown(balanced.pool));
    if let Some((of, hash)) = &balanced.key {
        let value = hash.as_deref().unwrap_or("the request has none: drawn at random");
        let _ = writeln!(out, "key        {}: {value}", shown(of));
    }
    if balanced.panic {
        out.push_str("panic      too few backends are healthy: health is ignored\n");
    }
    out + &balance(&balanced.record, balanced.algorithm, &balanced.names, balanced.chosen)
}

/// The record of a choice of backend: every candidate with its score, those that were none with the reason, and the choice. `names` are
/// the pool's backends in order; `chosen` is an index into them.
pub fn balance(record: &balance::Record, algorithm: &str, names: &[&str], chosen: Option<usize>) -> String {
    let mut out = String::new();
    let name = |index: usize| names.get(index).map_or_else(|| format!("backend {index}").into(), |name| shown(name));
    let _ = writeln!(out, "algorithm  {algorithm}");
    if !record.meaning.is_empty() {
        let _ = writeln!(out, "score      {}", record.meaning);
    }
    let mut rows = Columns::new([Align::Left, Align::Left, Align::Right, Align::Left]);
    for score in &record.scores {
        let mark = if chosen == Some(score.backend) { "=>" } else { "" };
        rows.row([mark.into(), name(score.backend), number(score.score).into(), score.note.into()]);
    }
    for left in &record.left_out {
        rows.row(["".into(), name(left.backend), "-".into(), left.why.into()]);
    }
    rows.write_plain("  ", &mut out);
    let choice = chosen.map_or("no backend".into(), name);
    match record.why {
        "" => writeln!(out, "=>         {choice}"),
        why => writeln!(out, "=>         {choice}: {why}"),
    }
    .expect("a String takes all");
    out
}

/// Whole numbers as they are, others with three digits after the point, very large and very small ones with an exponent.
fn number(score: f64) -> String {
    if score.fract() == 0.0 && score.abs() < 1e15 {
        return format!("{score:.0}");
    }
    match score.abs() {
        0.001..1e15 => format!("{score:.3}"),
        _ => format!("{score:.3e}"),
    }
}

#[cfg(test)]
mod tests;
