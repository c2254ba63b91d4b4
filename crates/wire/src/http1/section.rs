//! Lines of fields, of a header or a trailer section (RFC 9112 §5), and the classes of bytes they are made of.

use super::Rule;
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
        match read_line(input, at)? {
            Line::End { next } => return Ok(next),
            Line::Field { name, value, next } => {
                if fields.len() == cap {
                    return Err(Rule::TooManyFields.into());
                }
                let known = Known::of(&input[name.clone()]);
                if known != Known::Other {
                    note(known, value.clone())?;
                }
                fields.mark(known, name, value);
                at = next;
            }
        }
    }
}

/// Reads the line that begins at `at`.
#[inline]
pub(super) fn read_line(input: &[u8], at: usize) -> Result<Line, Stop> {
    let name_len = input[at..].iter().position(|byte| !is_token(*byte)).ok_or(Stop::More)?;
    let colon = at + name_len;
    if name_len == 0 || input[colon] != b':' {
        return no_field(input, at, colon);
    }
    let mut start = colon + 1;
    while matches!(input.get(start), Some(b' ' | b'\t')) {
        start += 1;
    }
    let line_end = text_end(input, start);
    let next = line_break(input, line_end, Rule::FieldValueByte)?;
    let mut end = line_end;
    while end > start && matches!(input[end - 1], b' ' | b'\t') {
        end -= 1;
    }
    Ok(Line::Field { name: at..colon, value: start..end, next })
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
#[inline]
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
#[inline]
pub(super) fn text_end(input: &[u8], mut at: usize) -> usize {
    loop {
        at = control_at(input, at);
        if input.get(at) != Some(&b'\t') {
            return at;
        }
        at += 1;
    }
}

/// The first control character from `at` on, or the end.
#[inline]
fn control_at(input: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // Eight bytes at a time: the top bit of each byte of `stops` says whether that byte is under 0x20 or is DEL. A borrow can set a
    // bit wrongly only above a right one, and the lowest one is all that is used.
    while let Some(word) = input.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        let del = word ^ (ONES * 0x7f);
        let stops = ((word.wrapping_sub(ONES * 0x20) & !word) | (del.wrapping_sub(ONES) & !del)) & HIGH;
        if stops != 0 {
            return at + stops.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while input.get(at).is_some_and(|byte| !byte.is_ascii_control()) {
        at += 1;
    }
    at
}

/// RFC 9110 §5.6.2: what methods, field names and coding names are made of.
#[inline]
pub(super) fn is_token(byte: u8) -> bool {
    TOKEN[byte as usize]
}

/// Every byte is a token character, and there is one.
pub(super) fn is_token_text(text: &[u8]) -> bool {
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
pub(super) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests;
