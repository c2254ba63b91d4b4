//! What happened on the network, one line each, so that two runs can be compared byte for byte.

use decide::time::Instant;
use std::fmt::{self, Write};

#[derive(Debug, Default)]
pub(crate) struct Trace {
    text: String,
    lines: u64,
}

impl Trace {
    /// Adds a line: the time in nanoseconds, then `what`.
    pub(crate) fn line(&mut self, at: Instant, what: fmt::Arguments<'_>) {
        writeln!(self.text, "{} {what}", at.as_nanos()).expect("a string takes everything");
        self.lines += 1;
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }
}
