//! Markup that only we write, and texts of anybody, escaped.

use crate::text::is_hostile;

/// A page while it is written.
pub(crate) struct Mark(String);

impl Mark {
    pub(crate) fn new() -> Mark {
        Mark(String::with_capacity(64 * 1024))
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// Markup of ours.
    pub(crate) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// A text, whoever wrote it. Line breaks are ours: those of others came here as escapes.
    pub(crate) fn text(&mut self, text: &str) {
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
    pub(crate) fn element(&mut self, name: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        self.raw(&format!("<{name}{class}>"));
        self.text(text);
        self.raw(&format!("</{name}>"));
    }

    /// A sentence of our own documentation: what stands between backticks is code.
    pub(crate) fn doc(&mut self, text: &str) {
        for (number, piece) in text.trim().split('`').enumerate() {
            if number % 2 == 0 { self.text(piece) } else { self.element("code", "", piece) }
        }
    }
}

/// JSON that cannot end the element it stands in: these three stand in strings alone, where an escape means the same (RFC 8259 §7).
pub(crate) fn json(json: &str) -> String {
    json.trim_end().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}
