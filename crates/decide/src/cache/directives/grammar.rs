//! `cache-directive = token [ "=" ( token / quoted-string ) ]`, in a list (RFC 9111 §5.2).

use super::{NAMES, Name, Seconds, delta_seconds};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// One element of the list.
pub(super) struct Directive<'a> {
    name: &'a [u8],
    /// What stands behind `=`.
    argument: Option<Cow<'a, [u8]>>,
    broken: bool,
}

impl Directive<'_> {
    /// Names are compared without case (RFC 9111 §5.2).
    pub(super) fn known(&self) -> Option<Name> {
        NAMES.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(self.name)).map(|(_, known)| *known)
    }

    /// What stands behind `=`, without quotes. RFC 9111 §5.2: both forms are read alike.
    pub(super) fn argument(&self) -> Option<Cow<'_, [u8]>> {
        self.argument.as_deref().map(Cow::Borrowed)
    }

    /// Whether it breaks the grammar.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// The argument as delta-seconds; without one, or broken, it is invalid.
    pub(super) fn seconds(&self) -> Seconds {
        let number = self.argument.as_deref().filter(|_| !self.broken).and_then(delta_seconds);
        number.map_or(Seconds::Invalid, Seconds::Of)
    }
}

/// The elements of a value, in order. Empty ones are passed over (RFC 9110 §5.6.1.2).
pub(super) fn directives(value: &[u8]) -> impl Iterator<Item = Directive<'_>> {
    let mut rest = value;
    core::iter::from_fn(move || {
        while let [b' ' | b'\t' | b',', after @ ..] = rest {
            rest = after;
        }
        if rest.is_empty() {
            return None;
        }
        let element = &rest[..element_end(rest)];
        rest = &rest[element.len()..];
        Some(directive(element))
    })
}

/// Where an element ends: at a comma outside of quotes. Quotes that nobody closes quote nothing: the commas inside count, so that they
/// hide no directive.
fn element_end(text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() && text[at] != b',' {
        at += match text[at] {
            b'"' => quoted(&text[at..]).map_or(1, |(_, len)| len),
            _ => 1,
        };
    }
    at
}

/// The text of a quoted-string (RFC 9110 §5.6.4) and how many bytes it takes.
fn quoted(text: &[u8]) -> Option<(Cow<'_, [u8]>, usize)> {
    let inside = text.strip_prefix(b"\"")?;
    let plain = inside.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    if inside[plain] == b'"' {
        return Some((Cow::Borrowed(&inside[..plain]), plain + 2));
    }
    let mut unescaped = Vec::new();
    let mut at = 0;
    while at < inside.len() {
        match inside[at..] {
            [b'"', ..] => return Some((Cow::Owned(unescaped), at + 2)),
            [b'\\', escaped, ..] => {
                unescaped.push(escaped);
                at += 2;
            }
            [byte, ..] => {
                unescaped.push(byte);
                at += 1;
            }
            [] => {}
        }
    }
    None
}

fn directive(element: &[u8]) -> Directive<'_> {
    let element = element.trim_ascii_end();
    let name_end = element.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(element.len());
    let (name, rest) = element.split_at(name_end);
    let (argument, broken) = match rest {
        [] => (None, name.is_empty()),
        [b'=', value @ ..] if is_token(value) => (Some(Cow::Borrowed(value)), false),
        [b'=', value @ ..] => match quoted(value) {
            Some((text, len)) => (Some(text), len != value.len()),
            None => (Some(Cow::Borrowed(value)), true),
        },
        // No white space around `=`, and nothing else behind a name.
        _ => (None, true),
    };
    Directive { name, argument, broken }
}

/// Whether the text is a token (RFC 9110 §5.6.2).
pub(super) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| is_token_byte(*byte))
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
