//! What happened on the network, one line each, so that two runs can be compared byte for byte.

use crate::seed::fnv;
use decide::time::Instant;
use std::fmt::{self, Write};

/// So much text is kept; what comes later is in the sum at the end.
const KEEP: usize = 16 << 20;

#[derive(Debug, Default)]
pub(crate) struct Trace {
    text: String,
    /// Of all lines so far.
    sum: u64,
    lines: u64,
    line: String,
}

impl Trace {
    /// Adds a line: the time in nanoseconds, then `what`.
    pub(crate) fn line(&mut self, at: Instant, what: fmt::Arguments<'_>) {
        self.line.clear();
        writeln!(self.line, "{} {what}", at.as_nanos()).expect("a string takes everything");
        self.sum = self.sum.rotate_left(1) ^ fnv(self.line.as_bytes());
        self.lines += 1;
        if self.text.len() < KEEP {
            self.text.push_str(&self.line);
        }
    }

    /// The lines, and a last one that stands for all, those that were not kept too.
    pub(crate) fn text(&self) -> String {
        format!("{}{} lines, sum {:016x}\n", self.text, self.lines, self.sum)
    }

    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }
}
