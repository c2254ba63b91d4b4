//! Prometheus' text format, version 0.0.4: families of samples, each with its help and its type before them.

use node::metrics::{HistogramCounts, LATENCY_BOUNDS};
use std::fmt::{Display, Write};

/// The media type of the format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Names and values of a sample's labels.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

/// What a family's samples are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only ever rises; the name ends in `_total`.
    Counter,
    /// Rises and falls.
    Gauge,
}

/// A text that grows family by family.
#[derive(Default)]
pub(super) struct Exposition(String);

/// One family, while its samples are written.
pub(super) struct Family<'e> {
    text: &'e mut String,
    name: &'e str,
}

impl Exposition {
    /// A family of plain numbers. All samples of a family must stand together, so they are written here and nowhere else.
    pub(super) fn family(&mut self, kind: Kind, name: &str, help: &str, samples: impl FnOnce(&mut Family<'_>)) {
        debug_assert_eq!(kind == Kind::Counter, name.ends_with("_total"), "{name}");
        self.head(name, if kind == Kind::Counter { "counter" } else { "gauge" }, help);
        samples(&mut Family { text: &mut self.0, name });
    }

    /// A family of one number.
    pub(super) fn single(&mut self, kind: Kind, name: &str, help: &str, value: impl Display) {
        self.family(kind, name, help, |family| family.sample(&[], value));
    }

    /// A family of histograms of time; the name ends in `_seconds`.
    pub(super) fn histograms(&mut self, name: &str, help: &str, samples: impl FnOnce(&mut Family<'_>)) {
        debug_assert!(name.ends_with("_seconds"), "{name}");
        self.head(name, "histogram", help);
        samples(&mut Family { text: &mut self.0, name });
    }

    /// A family of histograms of whole numbers.
    pub(super) fn numbers(&mut self, name: &str, help: &str, samples: impl FnOnce(&mut Family<'_>)) {
        self.head(name, "histogram", help);
        samples(&mut Family { text: &mut self.0, name });
    }

    /// The whole text.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }
}

impl Family<'_> {
    /// One sample.
    pub(super) fn sample(&mut self, labels: Labels<'_>, value: impl Display) {
        self.line("", labels, None, value);
    }

    /// One histogram: its buckets, each with all that are below it, then sum and count.
    pub(super) fn histogram(&mut self, labels: Labels<'_>, histogram: &HistogramCounts) {
        let mut below = 0;
        for (bound, count) in LATENCY_BOUNDS.iter().zip(histogram.buckets) {
            below += count;
            self.line("_bucket", labels, Some(&bound.as_secs_f64().to_string()), below);
        }
        self.line("_bucket", labels, Some("+Inf"), histogram.count());
        self.line("_sum", labels, None, histogram.sum.as_secs_f64());
        self.line("_count", labels, None, histogram.count());
    }

    /// One histogram of whole numbers: `counts` says of each, from 0 on, how often it was. The last bound is the largest of them.
    pub(super) fn numbers(&mut self, labels: Labels<'_>, bounds: &[usize], counts: &[u64]) {
        let (mut below, mut next, mut sum) = (0, bounds.iter().peekable(), 0);
        for (number, count) in counts.iter().enumerate() {
            (below, sum) = (below + count, sum + count * number as u64);
            if next.next_if(|bound| **bound == number).is_some() {
                self.line("_bucket", labels, Some(&number.to_string()), below);
            }
        }
        self.line("_bucket", labels, Some("+Inf"), below);
        self.line("_sum", labels, None, sum);
        self.line("_count", labels, None, below);
    }

    fn line(&mut self, suffix: &str, labels: Labels<'_>, bound: Option<&str>, value: impl Display) {
        let _ = write!(self.text, "{}{suffix}", self.name);
        let bound = bound.map(|bound| ("le", bound));
        for (number, (name, value)) in labels.iter().copied().chain(bound).enumerate() {
            let _ = write!(self.text, "{}{name}=\"", if number == 0 { '{' } else { ',' });
            self.escaped(value);
            self.text.push('"');
        }
        let close = if labels.is_empty() && bound.is_none() { "" } else { "}" };
        let _ = writeln!(self.text, "{close} {value}");
    }

    fn escaped(&mut self, value: &str) {
        for character in value.chars() {
            match character {
                '\\' => self.text.push_str("\\\\"),
                '"' => self.text.push_str("\\\""),
                '\n' => self.text.push_str("\\n"),
                other => self.text.push(other),
            }
        }
    }
}
