//! How a steering shares out all addresses among its places, and what a change would move: as a table for a terminal, as one page with a
//! picture, and as JSON.

mod json;
mod page;
mod picture;
mod table;

pub use json::json;
pub use page::page;
pub use table::{Look, table};

use crate::text::thousands;
use decide::steer::{Diff, Load, Share};

/// What is shown.
pub struct Sharing<'a> {
    /// The steering's name.
    pub steering: &'a str,
    /// The places' names, by their index in the comparison.
    pub names: &'a [String],
    /// What changes.
    pub change: Change<'a>,
    /// Networks in its routing tables, of IPv4 and of IPv6.
    pub networks: (usize, usize),
    /// How addresses are shared out before the change.
    pub shares: &'a [Share],
    /// What the change does; where there is none, it moves nothing.
    pub diff: &'a Diff,
    /// Weights were given; else blocks of addresses are counted.
    pub weighed: bool,
    /// What is not known, and would change the picture.
    pub missing: &'a [String],
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// Nothing: how it is.
    Nothing,
    /// A place is lost.
    Without(&'a str),
    /// From this to that.
    Between(&'a str, &'a str),
}

/// One way to count: blocks of the families cannot be added up, given weights can.
#[derive(Clone, Copy)]
struct Measure {
    label: &'static str,
    family: Option<usize>,
}

impl Measure {
    fn of(self, weight: [f64; 2]) -> f64 {
        self.family.map_or(weight[0] + weight[1], |family| weight[family])
    }

    fn whole(self, sharing: &Sharing<'_>) -> f64 {
        sharing.diff.loads.iter().map(|load| self.of(load.before)).sum()
    }
}

impl Sharing<'_> {
    fn name(&self, pop: u16) -> &str {
        self.names.get(usize::from(pop)).map_or("?", String::as_str)
    }

    /// The ways to count of which there is anything.
    fn measures(&self) -> Vec<Measure> {
        let all = match self.weighed {
            true => vec![Measure { label: "weight", family: None }],
            false => vec![Measure { label: "IPv4", family: Some(0) }, Measure { label: "IPv6", family: Some(1) }],
        };
        all.into_iter().filter(|measure| measure.whole(self) > 0.0).collect()
    }

    fn changes(&self) -> bool {
        self.change != Change::Nothing
    }

    fn counted(&self) -> &'static str {
        match self.weighed {
            true => "by the weights that were given",
            false => "IPv4 by /24, IPv6 by /48, as far as routers know them, or else all",
        }
    }

    fn title(&self) -> String {
        match self.change {
            Change::Nothing => format!("{}: where clients are led", self.steering),
            Change::Without(pop) => format!("{} without {pop}", self.steering),
            Change::Between(old, new) => format!("{}: from {old} to {new}", self.steering),
        }
    }

    /// One sentence: what becomes of it.
    fn sentence(&self) -> String {
        let measures = self.measures();
        let parts = |of: &dyn Fn(Measure) -> f64| {
            let part = |measure: &Measure| format!("{} of {}", percent(of(*measure), measure.whole(self)), of_label(*measure));
            measures.iter().map(part).collect::<Vec<_>>().join(", ")
        };
        if !self.changes() {
            let places = self.diff.loads.iter().filter(|load| measures.iter().any(|measure| measure.of(load.before) > 0.0)).count();
            return format!("{places} of {} places have clients", self.diff.loads.len());
        }
        if self.diff.moves.is_empty() {
            return "nothing moves".to_string();
        }
        let moved = parts(&|measure| self.diff.flows.iter().map(|flow| measure.of(flow.weight)).sum());
        format!("{} networks move: {moved}", thousands(self.diff.moves.len() as u64))
    }

    /// Who will have too much, in words.
    fn overloads(&self) -> Vec<String> {
        let over = |load: &Load| {
            let expected = load.expected.unwrap_or(0.0);
            let (name, part) = (self.name(load.pop), percent(expected, load.capacity as f64));
            format!("{name} will have {} of the {} that it can bear ({part})", number(expected), thousands(load.capacity))
        };
        self.diff.overloaded().map(over).collect()
    }

    /// What is known of a place's load.
    fn load(&self, load: &Load) -> Option<String> {
        let capacity = thousands(load.capacity);
        let bound = |now: f64| match load.capacity {
            0 => String::new(),
            all => format!(" of {capacity} ({})", percent(now, all as f64)),
        };
        // What is left of a sum of many parts is not always nothing.
        let expected = load.expected.map(|after| if after < 1e-6 { 0.0 } else { after });
        match (load.load, expected) {
            (Some(before), Some(after)) if self.changes() => Some(format!("{} → {}{}", number(before), number(after), bound(after))),
            (Some(before), _) => Some(format!("{}{}", number(before), bound(before))),
            (None, _) => (load.capacity > 0).then(|| format!("not known, of {capacity}")),
        }
    }
}

fn of_label(measure: Measure) -> &'static str {
    if measure.family.is_none() { "the weight" } else { measure.label }
}

fn percent(some: f64, all: f64) -> String {
    let part = if all > 0.0 { some / all * 100.0 } else { 0.0 };
    // What is there is never shown as nothing.
    if part > 0.0 && part < 0.05 { "< 0.1 %".to_string() } else { format!("{part:.1} %") }
}

/// Whole numbers with thousands set apart, small ones with what they have behind the point.
fn number(value: f64) -> String {
    if value >= 100.0 || value.fract().abs() < 1e-9 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "weights are not negative, and have a bound")]
        return thousands(value.round() as u64);
    }
    format!("{value:.2}")
}

#[cfg(test)]
mod tests;
