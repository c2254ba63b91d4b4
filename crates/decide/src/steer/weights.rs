//! How much each network counts when versions are compared.

use super::bits::Bits;
use super::prefixes::Table;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use wire::network::Network;

/// What is moved, in numbers.
#[derive(Clone, Debug, Default)]
pub enum Weights {
    /// Each /24 of IPv4 and each /48 of IPv6 counts one, within networks that any router has told of; where none has, everywhere.
    #[default]
    Blocks,
    /// Each of these counts as much as stands beside it, spread evenly over its addresses; one within another counts besides.
    Given(Given),
}

/// Networks and what each counts.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub(super) table: Table,
    pub(super) weights: Vec<f64>,
}

/// What is wrong with a list of weights, in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadWeight {
    /// The line, from one.
    pub line: usize,
    /// The text that cannot be read.
    pub text: String,
    /// What it should be.
    pub wanted: &'static str,
}

impl Weights {
    /// Reads `NETWORK WEIGHT` line by line; `#` begins a comment. The lines of one network add up.
    pub fn parse(text: &str) -> Result<Weights, BadWeight> {
        let mut networks: Vec<(Network, f64)> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let mut words = line.split('#').next().unwrap_or("").split_whitespace();
            let Some(network) = words.next() else { continue };
            let bad = |text: &str, wanted| BadWeight { line: index + 1, text: text.to_string(), wanted };
            let weight = words.next().unwrap_or("");
            let number = weight.parse().ok().filter(|weight: &f64| weight.is_finite() && *weight >= 0.0);
            let parsed = Network::parse(network).map_err(|_| bad(network, "a network, as 192.0.2.0/24, without bits behind its prefix"))?;
            networks.push((parsed, number.ok_or_else(|| bad(weight, "a weight, which is a number of zero or more"))?));
            if let Some(more) = words.next() {
                return Err(bad(more, "the end of the line behind a network and its weight"));
            }
        }
        networks.sort_by_key(|(network, _)| *network);
        let mut given = Given::default();
        let mut last = None;
        for (network, weight) in networks {
            if last == Some(network) {
                *given.weights.last_mut().expect("there is a last one") += weight;
            } else {
                given.table.push(network, given.weights.len() as u32);
                given.weights.push(weight);
            }
            last = Some(network);
        }
        Ok(Weights::Given(given))
    }
}

impl Given {
    /// What each address of a network counts.
    pub(super) fn density<A: Bits>(&self, index: usize) -> f64 {
        let table = A::of(&self.table);
        let (first, bits) = (table.addresses[index], table.bits[index]);
        self.weights[table.values[index] as usize] / first.count(first.last(bits))
    }
}
