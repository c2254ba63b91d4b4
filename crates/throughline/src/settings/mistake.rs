//! A mistake in a config file, and how it is shown.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// What a mistake leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file is used; something that it names will not do its work.
    Fault,
    /// The file is used; the owner should know.
    Warning,
}

/// One mistake: where, what, what was expected, and what to write.
///
/// Shown as a compiler does: one line that says it all, then the line of the file with the place underlined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What it leads to.
    pub severity: Severity,
    /// The file, as it was named by the caller.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes of the file it is about.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What may stand there; empty where the message says it.
    pub expected: String,
    /// The nearest right name, or what to write.
    pub help: Option<String>,
    /// The line of the file.
    pub source: String,
}

impl Mistake {
    /// Says what may stand there.
    pub(super) fn expected(&mut self, expected: impl Into<String>) -> &mut Self {
        self.expected = expected.into();
        self
    }

    /// Says what to write.
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Asks whether the name nearest to the wrong one was meant, if one is near.
    pub(super) fn nearest<'a>(&mut self, wrong: &str, right: impl IntoIterator<Item = &'a str>) -> &mut Self {
        if let Some(name) = super::nearest::nearest(wrong, right) {
            self.help = Some(format!("did you mean {name:?}?"));
        }
        self
    }

    /// Characters to underline on the first line of the span; at least one.
    fn underline(&self) -> usize {
        let left = self.source.chars().count().saturating_sub(self.column - 1);
        let wanted = self.source.chars().skip(self.column - 1).scan(0, |bytes, c| {
            let at = *bytes;
            *bytes += c.len_utf8();
            (at < self.span.len()).then_some(())
        });
        wanted.count().min(left).max(1)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "",
            Severity::Fault => "fault: ",
            Severity::Warning => "warning: ",
        };
        write!(f, "{}:{}:{}: {word}{}", self.file, self.line, self.column, self.message)?;
        if !self.expected.is_empty() {
            write!(f, ", expected {}", self.expected)?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        let gutter = self.line.to_string().len();
        // Tabs stay, so that the underline stands where the terminal puts the text; nothing else may steer the terminal.
        let shown: String = self.source.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
        let indent: String = self.source.chars().take(self.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        write!(f, "\n{:gutter$} |\n{} | {shown}\n{:gutter$} | {indent}{}", "", self.line, "", "^".repeat(self.underline()))
    }
}

impl std::error::Error for Mistake {}

/// Which mistakes are shown where several are about the same bytes: those of the first rank there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The others follow from it.
    Wins,
    /// As all others.
    Plain,
    /// Any other says more.
    Yields,
}

/// The mistakes found so far in one file.
pub(super) struct Mistakes<'a> {
    file: &'a str,
    text: &'a str,
    /// Where each line starts, in bytes.
    starts: Vec<usize>,
    found: Vec<(Rank, Mistake)>,
}

impl<'a> Mistakes<'a> {
    /// None yet.
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file, text, starts, found: Vec::new() }
    }

    /// Notes an error.
    pub(super) fn error(&mut self, span: &Range<usize>, message: impl Into<String>) -> &mut Mistake {
        self.note(Rank::Plain, Severity::Error, span, message.into())
    }

    /// Notes an error of this rank.
    pub(super) fn ranked(&mut self, rank: Rank, span: &Range<usize>, message: impl Into<String>) -> &mut Mistake {
        self.note(rank, Severity::Error, span, message.into())
    }

    /// Notes a warning.
    pub(super) fn warning(&mut self, span: &Range<usize>, message: impl Into<String>) -> &mut Mistake {
        self.note(Rank::Plain, Severity::Warning, span, message.into())
    }

    /// Notes a fault.
    pub(super) fn fault(&mut self, span: &Range<usize>, message: impl Into<String>) -> &mut Mistake {
        self.note(Rank::Plain, Severity::Fault, span, message.into())
    }

    /// The line a byte is on, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at)
    }

    /// The text of a span; empty if it is not one.
    pub(super) fn text(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// Forgets those on the line of this byte and after it.
    pub(super) fn retain_before_line_of(&mut self, at: usize) {
        let line = self.line(at);
        self.found.retain(|(_, mistake)| mistake.line < line);
    }

    /// All of them in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Mistake> {
        self.found.sort_by_key(|(_, mistake)| mistake.span.start);
        let mut best: BTreeMap<(usize, usize), Rank> = BTreeMap::new();
        for (rank, mistake) in &self.found {
            let first = best.entry((mistake.span.start, mistake.span.end)).or_insert(*rank);
            *first = (*first).min(*rank);
        }
        let is_shown = |(rank, mistake): &(Rank, Mistake)| best[&(mistake.span.start, mistake.span.end)] == *rank;
        self.found.into_iter().filter(is_shown).map(|(_, mistake)| mistake).collect()
    }

    fn note(&mut self, rank: Rank, severity: Severity, span: &Range<usize>, message: String) -> &mut Mistake {
        let start = (0..=span.start.min(self.text.len())).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0);
        let line = self.line(start);
        let line_start = self.starts[line - 1];
        let source = self.text[line_start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let column = self.text[line_start..start].chars().count() + 1;
        let mistake = Mistake {
            severity,
            file: self.file.to_string(),
            line,
            column,
            span: start..span.end.max(start),
            message,
            expected: String::new(),
            help: None,
            source: source.to_string(),
        };
        self.found.push((rank, mistake));
        &mut self.found.last_mut().expect("one was just pushed").1
    }
}
