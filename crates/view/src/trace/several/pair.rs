//! Two URLs side by side: what each phase took, what else differs, and one sentence.

use super::phase::ALL;
use super::{Runs, failures, object, plain};
use crate::step_json::{key, seconds, string};
use crate::text::{Align, Columns};
use crate::trace::Options;
use crate::trace::quantity::time;
use decide::time::Duration;

const SCHEMA: &str = "throughline.trace.compare/1";
/// A narrower screen has one under the other.
const LEAST_BESIDE: usize = 100;
/// Less than so many percent of the whole is no difference.
const ALIKE: u128 = 5;

/// One line of the comparison.
struct Line {
    what: &'static str,
    a: String,
    b: String,
    /// What to say of the two; empty where they are the same.
    apart: String,
}

/// The comparison, in lines without line ends.
pub fn compared(pair: &[Runs; 2], options: &Options, ascii: bool) -> Vec<String> {
    let [a, b] = pair;
    let mut lines = vec![format!("A  {} ({})", a.url, a.counted()), format!("B  {} ({})", b.url, b.counted()), String::new()];
    let mut compared = times(pair);
    compared.extend(others(pair));
    lines.extend(if options.width >= LEAST_BESIDE { beside(&compared, options) } else { below(&compared, options) });
    for runs in pair {
        lines.extend(failures(runs, options));
    }
    lines.push(String::new());
    let said = verdict(pair);
    let pieces = crate::trace::layout::wrap(&said, options.width, options.width);
    lines.extend(pieces.iter().map(|piece| super::bold(piece, options)));
    if ascii { lines.into_iter().map(|line| plain(&line)).collect() } else { lines }
}

/// The names of phases of either, in the order of the path.
fn names(pair: &[Runs; 2]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = pair[0].phases.iter().map(|phase| phase.name).collect();
    for (at, phase) in pair[1].phases.iter().enumerate() {
        if !names.contains(&phase.name) {
            names.insert(at.min(names.len()), phase.name);
        }
    }
    names
}

fn times(pair: &[Runs; 2]) -> Vec<Line> {
    let line = |what| {
        let [a, b] = [&pair[0], &pair[1]].map(|runs| runs.median(what));
        let apart = match (a, b) {
            (Some(a), Some(b)) => signed(a, b),
            _ => String::new(),
        };
        let [a, b] = [a, b].map(|median| median.map_or("–".to_string(), time));
        Line { what, a, b, apart }
    };
    names(pair).into_iter().map(line).collect()
}

/// How much longer the second takes.
fn signed(a: Duration, b: Duration) -> String {
    match a.cmp(&b) {
        std::cmp::Ordering::Less => format!("+{}", time(b - a)),
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => format!("−{}", time(a - b)),
    }
}

/// Everything but times.
fn others(pair: &[Runs; 2]) -> Vec<Line> {
    let [a, b] = pair;
    if a.facts.is_empty() || b.facts.is_empty() {
        return Vec::new();
    }
    let mut names: Vec<&'static str> = a.facts.iter().map(|(name, _)| *name).collect();
    for (at, (name, _)) in b.facts.iter().enumerate() {
        if !names.contains(name) {
            names.insert(at.min(names.len()), name);
        }
    }
    let line = |what| {
        let [a, b] =
            [a, b].map(|runs| runs.facts.iter().find(|(name, _)| *name == what).map_or("–".to_string(), |(_, value)| value.clone()));
        let apart = if a == b { String::new() } else { "≠".to_string() };
        Line { what, a, b, apart }
    };
    names.into_iter().map(line).collect()
}

/// A table; what is too long for its column is cut.
fn beside(compared: &[Line], options: &Options) -> Vec<String> {
    const OUTER: usize = 13 + 2 + 2 + 2 + 10;
    let most = (options.width - OUTER) / 2;
    let cut = |text: &str| match text.chars().count() > most {
        true => format!("{}…", text.chars().take(most - 1).collect::<String>()),
        false => text.to_string(),
    };
    let mut table = Columns::new([Align::Left, Align::Left, Align::Left, Align::Left]);
    table.row(["", "A", "B", "B − A"]);
    for Line { what, a, b, apart } in compared {
        table.row([(*what).to_string(), cut(a), cut(b), apart.clone()]);
    }
    let mut text = String::new();
    table.write("", &mut text, |row, column, cell| match (options.colour, row, column) {
        (true, 0, _) | (true, _, 0) => format!("\x1b[2m{cell}\x1b[0m"),
        (true, _, 3) => format!("\x1b[33m{cell}\x1b[0m"),
        _ => cell.to_string(),
    });
    text.lines().map(String::from).collect()
}

/// One under the other, wrapped.
fn below(compared: &[Line], options: &Options) -> Vec<String> {
    let mut lines = Vec::new();
    for Line { what, a, b, apart } in compared {
        lines.push(if apart.is_empty() { (*what).to_string() } else { format!("{what}  {apart}") });
        let sides: &[(&str, &str)] = if a == b { &[("both ", a)] } else { &[("A    ", a), ("B    ", b)] };
        for (lead, text) in sides {
            let room = options.width.saturating_sub(2 + lead.len()).max(16);
            for (number, piece) in crate::trace::layout::wrap(text, room, room).iter().enumerate() {
                lines.push(format!("  {}{piece}", if number == 0 { lead } else { "     " }));
            }
        }
    }
    lines
}

/// What is to be taken home, in one sentence.
fn verdict(pair: &[Runs; 2]) -> String {
    let [a, b] = pair;
    let (Some(of_a), Some(of_b)) = (a.median(ALL), b.median(ALL)) else {
        return match (a.median(ALL), b.median(ALL)) {
            (Some(_), None) => "Only A arrives; B fails.".to_string(),
            (None, Some(_)) => "Only B arrives; A fails.".to_string(),
            _ => "Neither arrives.".to_string(),
        };
    };
    let (faster, slower, less, more) = if of_a <= of_b { (a, b, of_a, of_b) } else { (b, a, of_b, of_a) };
    let percent = ((more - less).as_nanos() * 100).checked_div(more.as_nanos()).unwrap_or(0);
    let little = if a.runs == 1 { "; one journey each says little, --repeat says more" } else { "" };
    if percent < ALIKE {
        return format!("A and B take as long as each other, within {ALIKE} %{little}.");
    }
    let name = if of_a <= of_b { "A" } else { "B" };
    let gain = |phase: &&'static str| {
        let of = |runs: &Runs| runs.median(phase).unwrap_or_default();
        of(slower).saturating_sub(of(faster))
    };
    let most = names(pair).into_iter().filter(|phase| *phase != ALL).max_by_key(gain);
    let most = most.filter(|phase| !gain(phase).is_zero()).map(|phase| format!(", most of that at {phase}")).unwrap_or_default();
    let partly = if a.failed() + b.failed() > 0 { ", where it arrives" } else { "" };
    format!("{name} is faster by {} ({percent} %){partly}{most}{little}.", time(more - less))
}

/// The same as one JSON object, in one line with a line end.
pub fn compared_json(pair: &[Runs; 2]) -> String {
    let mut out = format!("{{\"schema\":\"{SCHEMA}\",\"sides\":[");
    object(&pair[0], &mut out);
    out.push(',');
    object(&pair[1], &mut out);
    out.push_str("],\"phases\":[");
    for (number, what) in names(pair).into_iter().enumerate() {
        out.push_str(if number == 0 { "{\"phase\":" } else { ",{\"phase\":" });
        string(what.as_bytes(), &mut out);
        for (side, runs) in [("a", &pair[0]), ("b", &pair[1])] {
            if let Some(median) = runs.median(what) {
                key(side, &mut out);
                seconds(median, &mut out);
            }
        }
        out.push('}');
    }
    out.push_str("],\"facts\":[");
    for (number, Line { what, a, b, apart }) in others(pair).into_iter().enumerate() {
        out.push_str(if number == 0 { "{\"fact\":" } else { ",{\"fact\":" });
        string(what.as_bytes(), &mut out);
        for (side, value) in [("a", a), ("b", b)] {
            if value != "–" {
                key(side, &mut out);
                string(value.as_bytes(), &mut out);
            }
        }
        out.push_str(if apart.is_empty() { ",\"same\":true}" } else { ",\"same\":false}" });
    }
    out.push_str("],\"verdict\":");
    string(verdict(pair).as_bytes(), &mut out);
    out.push_str("}\n");
    out
}
