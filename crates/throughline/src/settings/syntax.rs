//! What the TOML parser objects to, in words of ours.

use super::mistake::{Mistakes, Rank};
use super::read::Span;
use toml::de::DeValue;

/// Notes the errors of the parser; false if what it could read of the document is not to be trusted.
///
/// Three kinds of error leave the rest intact: a key written twice, a text without its quotes, and a bare value that is none. After any
/// other, the parser guesses where the next value begins, and what it says then is about its guess: the first such error ends the reading.
pub(super) fn note(mut errors: Vec<toml::de::Error>, text: &str, mistakes: &mut Mistakes<'_>) -> bool {
    errors.sort_by_key(|error| error.span().map(|span| span.start));
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let written = mistakes.text(&span);
        if error.message() == "duplicate key" {
            mistakes.error(&span, format!("{written:?} is written twice"));
        } else if error.message().starts_with("string values must be quoted") && !written.is_empty() {
            // Read as the text it would be with quotes; if that is wrong as well, only the latter helps.
            mistakes.ranked(Rank::Yields, &span, "a text without quotes").help(format!("write {written:?}"));
        } else if let Some(span) = bare_value(text, &span) {
            let written = mistakes.text(&span);
            mistakes.ranked(Rank::Wins, &span, format!("{written} is no value")).expected("a number, true, false or a text in quotes");
        } else {
            mistakes.retain_before_line_of(span.start);
            let told = error.message().replace('`', "\"");
            let (message, expected) = told.split_once(", expected ").unwrap_or((&told, ""));
            mistakes.error(&span, message).expected(if expected == "nothing" { "" } else { expected });
            return false;
        }
    }
    true
}

/// The bare value around a place, if there is one and the parser's objection is to it alone: it stands where a value may, and is none.
fn bare_value(text: &str, place: &Span) -> Option<Span> {
    let ends = |c: char| c.is_whitespace() || "=,[]{}#\"'".contains(c);
    let (before, after) = (text.get(..place.start)?, text.get(place.start..)?);
    let start = before.rfind(ends).map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    let end = place.start + after.find(ends).unwrap_or(after.len());
    let before = text[..start].trim_end_matches([' ', '\t']);
    // The bracket of a list stands behind something; that of a header does not.
    let in_list = before.ends_with('[') && before.trim_end_matches(['[', ' ', '\t']).ends_with(['=', ',']);
    let introduced = in_list || before.ends_with(['=', ',']);
    let closed = text[end..].trim_start_matches([' ', '\t']);
    let closed = closed.is_empty() || closed.starts_with(['\n', '\r', ',', ']', '}', '#']);
    (introduced && closed && start < end && DeValue::parse(&text[start..end]).is_err()).then_some(start..end)
}
