//! Lines of fields, of a header or a trailer section (RFC 9112 §5), and the classes of bytes they are made of.

use super::Rule;
use super::scan::{colon_near, control_at};
use crate::http::{Fields, Known};
use core::ops::Range;

/// Why reading stopped before the end of what was to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The input ended first, and nothing is wrong so far.
    More,
    /// A rule was broken.
    Broken(Rule),
}

impl From<Rule> for Stop {
    fn from(rule: Rule) -> Self {
        Stop::Broken(rule)
    }
}

/// One line of a section, as ranges of the input.
pub(super) enum Line {
    /// `name: value`; the value is without the white space around it. The next line begins at `next`.
    Field { name: Range<usize>, value: Range<usize>, next: usize },
    /// The empty line that ends the section, and where it ends.
    End { next: usize },
}

/// Reads field lines from `at` on, marks them in `fields` and shows each to `note`. Returns where the section ends.
pub(super) fn read_section(
    input: &[u8],
    mut at: usize,
    cap: usize,
    fields: &mut Fields,
    mut note: impl FnMut(Known, Range<usize>) -> Result<(), Rule>,
) -> Result<usize, Stop> {
    // RFC 9112 §2.2: white space before the first field line has hidden fields from one of two parsers; refused, not skipped.
    if matches!(input.get(at), Some(b' ' | b'\t')) {
        return Err(Rule::LeadingSpace.into());
    }
    loop {
        if let [b'\r', b'\n', ..] = input[at..] {
            return Ok(at + 2);
        }
        let (known, name, value, next) = match quick_name(input, at) {
            Some((known, colon)) => {
                let (value, next) = read_value(input, colon)?;
                (known, at..colon, value, next)
            }
            None => match read_line(input, at)? {
                Line::End { next } => return Ok(next),
                Line::Field { name, value, next } => (Known::of(&input[name.clone()]), name, value, next),
            },
        };
        if fields.len() == cap {
            return Err(Rule::TooManyFields.into());
        }
        if known != Known::Other {
            note(known, value.clone())?;
        }
        fields.mark(known, name, value);
        at = next;
    }
}

/// The name of the field that begins at `at`, recognised, and where its colon stands. What it finds is what [`read_line`] would find;
/// `None` says nothing, and leaves the line to it: the end of a section, a long name, a wrong one.
#[inline(always)]
fn quick_name(input: &[u8], at: usize) -> Option<(Known, usize)> {
    let colon = at + colon_near(&input[at..])?;
    let name = &input[at..colon];
    let known = Known::of(name);
    // The names we know are made of token characters: those need not be looked at one by one.
    (known != Known::Other || is_token_text(name)).then_some((known, colon))
}

/// Reads the line that begins at `at`.
#[cold]
#[inline(never)]
pub(super) fn read_line(input: &[u8], at: usize) -> Result<Line, Stop> {
    let name_len = input[at..].iter().position(|byte| !is_token(*byte)).ok_or(Stop::More)?;
    let colon = at + name_len;
    if name_len == 0 || input[colon] != b':' {
        return no_field(input, at, colon);
    }
    let (value, next) = read_value(input, colon)?;
    Ok(Line::Field { name: at..colon, value, next })
}

/// Reads the rest of a field line, from the colon on: the value without the white space around it, and where the next line begins.
#[inline(always)]
fn read_value(input: &[u8], colon: usize) -> Result<(Range<usize>, usize), Stop> {
    // Nearly every line has one space before its value and none behind, and ends as it should: all else is looked into only then.
    let start = match input[colon + 1..] {
        [b' ', 0x21..=0xff, ..] => colon + 2,
        _ => colon + 1 + space_len(&input[colon + 1..]),
    };
    let line_end = text_end(input, start);
    let next = match input[line_end..] {
        [b'\r', b'\n', ..] => line_end + 2,
        _ => line_break(input, line_end, Rule::FieldValueByte)?,
    };
    let end = match input[start..line_end] {
        [.., 0x21..=0xff] => line_end,
        _ => start + input[start..line_end].trim_ascii_end().len(),
    };
    Ok((start..end, next))
}

/// The length of the white space at the start of `text` (RFC 9110 §5.6.3).
#[cold]
fn space_len(text: &[u8]) -> usize {
    text.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(text.len())
}

/// A line that does not begin with a name and a colon: the empty line, or a broken one. `stop` is its first byte that no name holds.
#[cold]
fn no_field(input: &[u8], at: usize, stop: usize) -> Result<Line, Stop> {
    let rule = match input[stop] {
        b'\r' if stop == at => return line_break(input, at, Rule::BareCr).map(|next| Line::End { next }),
        // RFC 9112 §5.2
        b' ' | b'\t' if stop == at => Rule::ObsFold,
        b':' => Rule::FieldNameEmpty,
        // RFC 9112 §5.1
        b' ' | b'\t' => Rule::SpaceBeforeColon,
        b'\n' => Rule::BareLf,
        b'\r' => {
            line_break(input, stop, Rule::BareCr)?;
            Rule::FieldNoColon
        }
        _ => Rule::FieldNameByte,
    };
    Err(rule.into())
}

/// Expects CRLF at `at`, returns where it ends. Any byte other than CR or LF breaks rule `other`.
pub(super) fn line_break(input: &[u8], at: usize, other: Rule) -> Result<usize, Stop> {
    match (input.get(at), input.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => Ok(at + 2),
        (None, _) | (Some(b'\r'), None) => Err(Stop::More),
        (Some(b'\r'), Some(_)) => Err(Rule::BareCr.into()),
        (Some(b'\n'), _) => Err(Rule::BareLf.into()),
        _ => Err(other.into()),
    }
}

/// The first position from `at` on that text cannot hold (RFC 9110 §5.5: visible characters, SP, HTAB, bytes above ASCII), or the end.
#[inline(always)]
pub(crate) fn text_end(input: &[u8], mut at: usize) -> usize {
    loop {
        at += control_at(&input[at..]);
        if input.get(at) != Some(&b'\t') {
            return at;
        }
        at += 1;
    }
}

/// RFC 9110 §5.6.2: what methods, field names and coding names are made of.
#[inline]
pub(crate) fn is_token(byte: u8) -> bool {
    TOKEN[byte as usize]
}

/// Every byte is a token character, and there is one.
pub(crate) fn is_token_text(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| is_token(*byte))
}

static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128u8 {
        table[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~');
        byte += 1;
    }
    table
};

/// The members of a comma-separated list, without the white space around them. Empty ones are shown too.
pub(crate) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests;
