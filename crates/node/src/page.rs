//! From the bytes of an answer to what a person sees: its type, its characters, and if it is a document, what that asks for.
//!
//! - [`Reading`]: takes the content as it comes, codings undone; decides by `decide::content` and hands on.
//! - `document`: the HTML parser's findings; `resources`: what its elements ask for.
//! - [`rendered`]: the document as text for a terminal.

mod document;
mod reading;
mod resources;

pub use document::{Document, Mistake};
pub use reading::{Guessed, Reading, Seen};
pub use resources::{Resource, ResourceKind};

/// Columns below which text cannot be laid out.
const NARROWEST: usize = 20;

/// A document as text in lines of at most `width` columns. `None`: it cannot be laid out.
pub fn rendered(html: &str, width: usize) -> Option<String> {
    let plain = html2text::config::plain().allow_width_overflow();
    plain.string_from_read(html.as_bytes(), width.max(NARROWEST)).ok()
}

#[cfg(test)]
mod tests;
