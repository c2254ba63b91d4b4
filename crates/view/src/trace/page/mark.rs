//! Markup that only we write, and texts of anybody, escaped.

use crate::text::is_hostile;
use crate::trace::read::Span;
use decide::time::Duration;

/// A page while it is written.
pub(super) struct Mark(String);

impl Mark {
    pub(super) fn new() -> Mark {
        Mark(String::with_capacity(64 * 1024))
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// Markup of ours.
    pub(super) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// A text, whoever wrote it. Line breaks are ours: those of others came here as escapes.
    pub(super) fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' => self.0.push('\n'),
                hostile if is_hostile(hostile) => self.0.extend(hostile.escape_default()),
                plain => self.0.push(plain),
            }
        }
    }

    /// A text in an element, of a class unless that is empty.
    pub(super) fn element(&mut self, name: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        self.raw(&format!("<{name}{class}>"));
        self.text(text);
        self.raw(&format!("</{name}>"));
    }

    /// A sentence of our own documentation: what stands between backticks is code.
    pub(super) fn doc(&mut self, text: &str) {
        for (number, piece) in text.trim().split('`').enumerate() {
            if number % 2 == 0 { self.text(piece) } else { self.element("code", "", piece) }
        }
    }
}

/// JSON that cannot end the element it stands in: these three stand in strings alone, where an escape means the same (RFC 8259 §7).
pub(super) fn json(json: &str) -> String {
    json.trim_end().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

/// Where a span begins and how wide it is, in percent of the whole. What is too short to be seen is made as wide as can be seen.
pub(super) fn percent(span: Span, total: Duration) -> (String, String) {
    const WHOLE: u128 = 100_000;
    const LEAST: u128 = 300;
    let of = |at: Duration| (at.as_nanos() * WHOLE).checked_div(total.as_nanos()).unwrap_or(0).min(WHOLE);
    let width = of(span.end).saturating_sub(of(span.start)).max(LEAST);
    let start = of(span.start).min(WHOLE - width);
    let written = |thousandths: u128| format!("{}.{:03}%", thousandths / 1000, thousandths % 1000);
    (written(start), written(width))
}
