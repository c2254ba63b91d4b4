//! From bytes to lines of words. A line goes on over the ends of lines that stand in parentheses (RFC 1035 §5.1).

use super::Mistake;
use alloc::vec::Vec;

/// A word, as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'t> {
    /// Its bytes, with quotes and escapes.
    pub(super) raw: &'t [u8],
    /// It begins with a quote: it is a text, whatever it looks like.
    pub(super) quoted: bool,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A line that has words.
pub(super) struct Line<'t> {
    pub(super) words: Vec<Word<'t>>,
    /// It begins with a space: its owner is that of the line before.
    pub(super) indented: bool,
}

impl Word<'_> {
    /// Line and column behind it.
    pub(super) fn end(&self) -> (u32, u32) {
        (self.line, self.column + characters(self.raw))
    }

    /// What it says: without quotes and escapes. `\DDD` is a byte, any other `\X` is X.
    pub(super) fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some((byte, more)) = rest.split_first() {
            rest = more;
            match byte {
                b'"' => {}
                b'\\' => {
                    let (byte, more) = escaped(rest);
                    text.extend(byte);
                    rest = more;
                }
                byte => text.push(*byte),
            }
        }
        text
    }
}

/// The byte that is meant by what stands behind a backslash, and what follows. [`Lines`] has seen to it that digits are a byte.
pub(super) fn escaped(rest: &[u8]) -> (Option<u8>, &[u8]) {
    if let Some(byte) = number(rest) {
        return (Some(byte), &rest[3..]);
    }
    rest.split_first().map_or((None, rest), |(byte, more)| (Some(*byte), more))
}

/// The byte that the first three digits are.
fn number(rest: &[u8]) -> Option<u8> {
    let digits = rest.first_chunk::<3>().filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

fn characters(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()).unwrap_or(u32::MAX)
}

/// Reads lines, one after the other.
pub(super) struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
    /// Where the current line of the file begins.
    start: usize,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t [u8]) -> Lines<'t> {
        // Some editors begin files with a byte order mark.
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        Lines { text, at: 0, line: 1, start: 0 }
    }

    /// The next line that has words, or what is wrong with it; it is left behind then, up to the end of the line of the file.
    pub(super) fn next(&mut self) -> Option<Result<Line<'t>, Mistake>> {
        loop {
            if self.at >= self.text.len() {
                return None;
            }
            match self.line() {
                Ok(line) if line.words.is_empty() => {}
                Ok(line) => return Some(Ok(line)),
                Err(mistake) => {
                    self.skip_comment();
                    return Some(Err(mistake));
                }
            }
        }
    }

    fn line(&mut self) -> Result<Line<'t>, Mistake> {
        let indented = matches!(self.text[self.at], b' ' | b'\t');
        let mut words = Vec::new();
        let mut open: Option<Mistake> = None;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b';' => self.skip_comment(),
                b'\n' => {
                    self.new_line();
                    if open.is_none() {
                        return Ok(Line { words, indented });
                    }
                }
                b'(' => {
                    if open.is_some() {
                        return Err(self.here("a parenthesis within parentheses: close the one before first"));
                    }
                    open = Some(self.here("this parenthesis is never closed"));
                    self.at += 1;
                }
                b')' => {
                    if open.take().is_none() {
                        return Err(self.here("a parenthesis is closed that was never opened"));
                    }
                    self.at += 1;
                }
                _ => words.push(self.word()?),
            }
        }
        open.map_or(Ok(Line { words, indented }), Err)
    }

    fn word(&mut self) -> Result<Word<'t>, Mistake> {
        let begun = self.at;
        let here = self.here("a quote that is not closed on its line");
        let mut quoted = false;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'\n' if quoted => return Err(here),
                b'\\' => self.escape()?,
                b'"' => {
                    quoted = !quoted;
                    // Texts may stand side by side: where one ends, the word does.
                    if !quoted && matches!(self.text.get(begun), Some(b'"')) {
                        self.at += 1;
                        break;
                    }
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b')' if !quoted => break,
                _ => {}
            }
            self.at += 1;
        }
        if quoted && self.at >= self.text.len() {
            return Err(here);
        }
        let raw = &self.text[begun..self.at];
        Ok(Word { raw, quoted: raw.starts_with(b"\""), line: here.line, column: here.column })
    }

    /// At a backslash: goes on to what it stands for, if that is something (RFC 1035 §5.1).
    fn escape(&mut self) -> Result<(), Mistake> {
        match &self.text[self.at + 1..] {
            [] | [b'\n', ..] => Err(self.here("a backslash at the end of a line: nothing is behind it that it could stand for")),
            rest @ [b'0'..=b'9', ..] if number(rest).is_none() => {
                Err(self.here("a backslash and digits that are no byte: three of them were expected, from \\000 to \\255"))
            }
            _ => {
                self.at += 1;
                Ok(())
            }
        }
    }

    fn here(&self, what: &str) -> Mistake {
        Mistake { line: self.line, column: 1 + characters(&self.text[self.start..self.at]), what: what.into() }
    }

    fn new_line(&mut self) {
        self.at += 1;
        self.line = self.line.saturating_add(1);
        self.start = self.at;
    }

    /// To the end of the line of the file.
    fn skip_comment(&mut self) {
        self.at += memchr::memchr(b'\n', &self.text[self.at..]).unwrap_or(self.text.len() - self.at);
    }
}
