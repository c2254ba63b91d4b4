//! The table, with bars.

use super::{Change, Measure, Sharing, number, percent};
use crate::text::{Align, Columns, shown, thousands};
use decide::steer::{Load, Move};
use std::cmp::Ordering;
use std::fmt::Write;

/// How it is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// In colours (ECMA-48).
    pub colour: bool,
    /// All moves; else the largest.
    pub verbose: bool,
}

/// Moves that are shown unless all are asked for.
const MOST_MOVES: usize = 20;
/// The narrowest bar.
const LEAST_BAR: usize = 8;
const GREEN: u8 = 32;
const YELLOW: u8 = 33;
const RED: u8 = 31;

/// The text, line end included.
pub fn table(sharing: &Sharing<'_>, look: Look) -> String {
    let mut out = String::new();
    let (ipv4, ipv6) = sharing.networks;
    fact(&mut out, "steering", sharing.steering);
    match sharing.change {
        Change::Nothing => {}
        Change::Without(pop) => fact(&mut out, "without", pop),
        Change::Between(old, new) => {
            fact(&mut out, "from", old);
            fact(&mut out, "to", new);
        }
    }
    fact(&mut out, "routes to", &format!("{} networks of IPv4, {} of IPv6", thousands(ipv4 as u64), thousands(ipv6 as u64)));
    fact(&mut out, "counted", sharing.counted());
    for measure in sharing.measures() {
        bars(sharing, measure, look, &mut out);
    }
    if sharing.changes() {
        flows(sharing, &mut out);
        largest(sharing, look, &mut out);
    } else {
        layers(sharing, &mut out);
    }
    out.push('\n');
    for note in sharing.missing {
        fact(&mut out, "not known", note);
    }
    for overload in sharing.overloads() {
        let text = format!("{:<10} {}", "overload", shown(&overload));
        let _ = writeln!(out, "{}", painted(&text, RED, look));
    }
    let _ = writeln!(out, "=>         {}", sharing.sentence());
    out
}

fn fact(out: &mut String, label: &str, text: &str) {
    let _ = writeln!(out, "{label:<10} {}", shown(text));
}

fn painted(text: &str, colour: u8, look: Look) -> String {
    if look.colour && !text.is_empty() { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_string() }
}

/// A line for each place: what stays, what leaves, what comes, and the numbers.
fn bars(sharing: &Sharing<'_>, measure: Measure, look: Look, out: &mut String) {
    let whole = measure.whole(sharing);
    let loads = &sharing.diff.loads;
    let numbers: Vec<String> = loads.iter().map(|load| numbers(sharing, measure, load, whole)).collect();
    let name = loads.iter().map(|load| shown(sharing.name(load.pop)).chars().count()).max().unwrap_or(0);
    let numbers_width = numbers.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let width = look.width.saturating_sub(name + numbers_width + 6).clamp(LEAST_BAR, 60);
    let most = loads.iter().map(|load| measure.of(load.before).max(measure.of(load.after))).fold(0.0, f64::max);
    let key = if sharing.changes() { "  █ stays  ▒ comes  ░ leaves" } else { "" };
    let _ = writeln!(out, "\n{}{key}", measure.label);
    for (load, numbers) in loads.iter().zip(numbers) {
        let came: f64 = sharing.diff.flows.iter().filter(|flow| flow.to == load.pop).map(|flow| measure.of(flow.weight)).sum();
        let before = measure.of(load.before);
        let stays = (measure.of(load.after) - came).max(0.0);
        let ends = [stays, stays + came, stays + came + (before - stays).max(0.0)].map(|end| cells(end, most, width));
        let pieces = [("█", ends[0], GREEN), ("▒", ends[1] - ends[0], YELLOW), ("░", ends[2].min(width) - ends[1].min(width), RED)];
        let bar: String = pieces.iter().map(|(sign, count, colour)| painted(&sign.repeat(*count), *colour, look)).collect();
        let padding = " ".repeat(width.saturating_sub(ends[2]));
        let numbers = if load.overloads() { painted(&numbers, RED, look) } else { numbers };
        let _ = writeln!(out, "  {:<name$}  {bar}{padding}  {numbers}", shown(sharing.name(load.pop)));
    }
}

/// How many cells of a bar; what is there at all has one.
fn cells(part: f64, most: f64, width: usize) -> usize {
    if part <= 0.0 || most <= 0.0 {
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "no more than a line has")]
    let cells = (part / most * width as f64).round() as usize;
    cells.clamp(1, width)
}

fn numbers(sharing: &Sharing<'_>, measure: Measure, load: &Load, whole: f64) -> String {
    let (before, after) = (measure.of(load.before), measure.of(load.after));
    let mut text = format!("{:>7}", percent(before, whole));
    if sharing.changes() {
        text += &format!(" → {:>7}", percent(after, whole));
    } else {
        text += &format!("  {}", number(before));
    }
    if let Some(load) = sharing.load(load) {
        text += &format!("  load {load}");
    }
    text
}

/// What each layer gives to each place.
fn layers(sharing: &Sharing<'_>, out: &mut String) {
    out.push_str("\nby layer\n");
    let measures = sharing.measures();
    let mut rows = Columns::new([Align::Left, Align::Left, Align::Right, Align::Left, Align::Right, Align::Right]);
    let mut last = None;
    for share in sharing.shares {
        let name = if last == Some(share.pop) { String::new() } else { shown(sharing.name(share.pop)).into_owned() };
        last = Some(share.pop);
        let networks = if share.networks > 0 { thousands(share.networks as u64) } else { "-".to_string() };
        let parts = |index: usize| {
            let part = |measure: &Measure| format!("{} {}", measure.label, percent(measure.of(share.weight), measure.whole(sharing)));
            measures.get(index).map_or_else(String::new, part)
        };
        rows.row([name, share.layer.word().to_string(), networks, "networks".to_string(), parts(0), parts(1)]);
    }
    rows.write_plain("  ", out);
}

fn flows(sharing: &Sharing<'_>, out: &mut String) {
    if sharing.diff.flows.is_empty() {
        return;
    }
    out.push_str("\nwhat moves\n");
    let measures = sharing.measures();
    let mut rows = Columns::new([Align::Left, Align::Right, Align::Left, Align::Right, Align::Right]);
    for flow in &sharing.diff.flows {
        let way = format!("{} → {}", shown(sharing.name(flow.from)), shown(sharing.name(flow.to)));
        let part = |index: usize| {
            let part = |measure: &Measure| format!("{} {}", measure.label, percent(measure.of(flow.weight), measure.whole(sharing)));
            measures.get(index).map_or_else(String::new, part)
        };
        rows.row([way, thousands(flow.moves as u64), "networks".to_string(), part(0), part(1)]);
    }
    rows.write_plain("  ", out);
}

/// The largest moves first; of equal ones, in the order of addresses.
pub(super) fn by_size<'a>(sharing: &Sharing<'a>) -> Vec<&'a Move> {
    let mut moves: Vec<&Move> = sharing.diff.moves.iter().collect();
    // Blocks of the families do not compare: IPv4 goes first.
    let six = |moved: &Move| !sharing.weighed && moved.network.address().is_ipv6();
    moves.sort_by(|a, b| six(a).cmp(&six(b)).then(b.weight.partial_cmp(&a.weight).unwrap_or(Ordering::Equal)));
    moves
}

fn largest(sharing: &Sharing<'_>, look: Look, out: &mut String) {
    let moves = by_size(sharing);
    if moves.is_empty() {
        return;
    }
    let most = if look.verbose { moves.len() } else { MOST_MOVES };
    out.push_str(if moves.len() > most { "\nthe largest moves\n" } else { "\nthe moves\n" });
    let mut rows = Columns::new([Align::Left, Align::Left, Align::Right]);
    for moved in moves.iter().take(most) {
        let way = format!("{} → {}", shown(sharing.name(moved.from)), shown(sharing.name(moved.to)));
        rows.row([moved.network.to_string(), way, number(moved.weight)]);
    }
    rows.write_plain("  ", out);
    if let Some(more) = moves.len().checked_sub(most).filter(|more| *more > 0) {
        let _ = writeln!(out, "  and {} more; -v shows all", thousands(more as u64));
    }
}
