//! What a decision about names is given besides its input: the time, what was learned before, randomness, and a place for its steps.

use super::cache::Cache;
use crate::random::Random;
use crate::step::{DnsStep, Journey, Text};
use crate::time::Instant;
use alloc::string::String;
use core::fmt::{Display, Write};

/// What a decision is given.
pub struct Context<'a> {
    /// The time.
    pub now: Instant,
    /// What was learned before.
    pub cache: &'a mut Cache,
    /// For ids of queries, which nobody must guess, and for the choice among servers.
    pub random: &'a mut dyn Random,
    /// Where the steps go.
    pub journey: &'a mut Journey,
}

impl Context<'_> {
    /// Keeps a text for a step.
    pub(super) fn text(&mut self, what: &dyn Display) -> Text {
        let mut text = String::new();
        write!(text, "{what}").expect("a string takes everything");
        self.journey.keep(text.as_bytes())
    }

    /// Adds a step.
    pub(super) fn tell(&mut self, step: DnsStep) {
        self.journey.add(self.now, step.into());
    }
}

/// Things in one line, with spaces between them.
pub(super) fn listed<T: Display>(things: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for thing in things {
        let space = if text.is_empty() { "" } else { " " };
        write!(text, "{space}{thing}").expect("a string takes everything");
    }
    text
}
