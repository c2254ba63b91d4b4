//! Zone files (RFC 1035 §5, RFC 2308 §4, RFC 3597 §5), both ways. A file is read to its end, whatever is wrong with it, and every
//! mistake has its line and column.
//!
//! `$INCLUDE` and `$GENERATE` are refused: a zone is one file, and what writes long ones writes them whole.

mod lines;
mod names;
mod values;
mod write;

use super::{Data, Name, RecordType};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use lines::{Lines, Word};

pub use write::{in_file, write};

/// A record of a zone file, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose.
    pub owner: Name,
    /// How long it may be kept, in seconds.
    pub ttl: u32,
    /// What it says.
    pub data: Data,
    /// The line on which it begins, from 1.
    pub line: u32,
    /// The character of that line at which it begins, from 1.
    pub column: u32,
}

/// Something that is wrong in a zone file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: u32,
    /// The character of the line, from 1.
    pub column: u32,
    /// What is wrong, and what was expected.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.what)
    }
}

/// The longest time to live (RFC 2181 §8).
const LONGEST_TTL: u32 = u32::MAX >> 1;

/// Mistakes that are told of one file; behind them nothing more is read.
const MOST_MISTAKES: usize = 100;

/// Reads a zone file. Names without a dot at their end are below `origin`, until the file says otherwise; records without a time to live
/// have the one that `$TTL` says, else that of the record before, else `default_ttl`. What can be read is read, also beside mistakes.
pub fn read(text: &[u8], origin: &Name, default_ttl: u32) -> (Vec<Entry>, Vec<Mistake>) {
    let mut reader = Reader {
        origin: origin.clone(),
        default: None,
        last: default_ttl,
        owner: None,
        lost: false,
        entries: Vec::new(),
        mistakes: Vec::new(),
    };
    let mut lines = Lines::new(text);
    while reader.mistakes.len() < MOST_MISTAKES {
        match lines.next() {
            Some(Ok(line)) => {
                if let Err(mistake) = reader.line(&line.words, line.indented) {
                    reader.mistakes.push(mistake);
                }
            }
            Some(Err(mistake)) => reader.mistakes.push(mistake),
            None => break,
        }
    }
    (reader.entries, reader.mistakes)
}

/// Reads what stands behind the type in a zone file: the data of one record. Names without a dot at their end are below `origin`.
pub fn data(text: &str, kind: RecordType, origin: &Name) -> Result<Data, Mistake> {
    let mut lines = Lines::new(text.as_bytes());
    let words = lines.next().transpose()?.map(|line| line.words).unwrap_or_default();
    if let Some(more) = lines.next().transpose()? {
        return Err(more.words[0].mistake("one record was expected, and here begins another line"));
    }
    values::data(kind, &words, origin, (1, 1))
}

struct Reader {
    origin: Name,
    /// What `$TTL` says.
    default: Option<u32>,
    /// The time to live of the record before.
    last: u32,
    /// Whose the record before was.
    owner: Option<Name>,
    /// That could not be read: the records below are nobody's, which has been told.
    lost: bool,
    entries: Vec<Entry>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn line(&mut self, words: &[Word<'_>], indented: bool) -> Result<(), Mistake> {
        let Some((first, rest)) = words.split_first() else { return Ok(()) };
        if !indented && first.raw.starts_with(b"$") {
            return self.directive(first, rest);
        }
        let rest = if indented {
            words
        } else {
            // Should it be none, the records below have no owner rather than a wrong one.
            self.lost = true;
            self.owner = Some(names::name(first, &self.origin)?);
            self.lost = false;
            rest
        };
        self.record(first, rest)
    }

    /// What is behind the owner: time to live and class, in either order, then type and data.
    fn record(&mut self, first: &Word<'_>, mut words: &[Word<'_>]) -> Result<(), Mistake> {
        let (mut ttl, mut class) = (None, false);
        let mut end = first;
        while let Some((word, rest)) = words.split_first() {
            if ttl.is_none() && !word.quoted && word.raw.first().is_some_and(u8::is_ascii_digit) {
                ttl = Some(values::span(word).and_then(|ttl| within_ttl(word, ttl))?);
            } else if let Some(code) = (!class).then(|| class_of(word)).flatten() {
                class = true;
                if code != 1 {
                    return Err(word.mistake("only class IN is served: write IN, or leave the class out"));
                }
            } else {
                break;
            }
            (words, end) = (rest, word);
        }
        let Some((kind_word, words)) = words.split_first() else {
            return Err(end.after("a type was expected, such as A or MX"));
        };
        let text = kind_word.text();
        let Some(kind) = core::str::from_utf8(&text).ok().and_then(RecordType::parse) else {
            let text = String::from_utf8_lossy(&text).into_owned();
            return Err(
                kind_word.mistake(format!("{text} is no type of records: a type was expected, such as A, or TYPE731 for a new one"))
            );
        };
        let ttl = ttl.or(self.default).unwrap_or(self.last);
        self.last = ttl;
        let Some(owner) = self.owner.clone().or_else(|| self.lost.then(Name::root)) else {
            return Err(
                first.mistake("whose is this record? A line that begins with a space has the owner of the one before; here is none")
            );
        };
        let data = values::data(kind, words, &self.origin, kind_word.end())?;
        if self.lost {
            return Ok(());
        }
        self.entries.push(Entry { owner, ttl, data, line: first.line, column: first.column });
        Ok(())
    }

    fn directive(&mut self, first: &Word<'_>, words: &[Word<'_>]) -> Result<(), Mistake> {
        let name = String::from_utf8_lossy(first.raw).to_ascii_uppercase();
        let one = || match words {
            [word] => Ok(word),
            [] => Err(first.after(format!("{name} needs a value"))),
            [_, second, ..] => Err(second.mistake(format!("{name} has one value, and this is another"))),
        };
        match name.as_str() {
            "$ORIGIN" => self.origin = names::name(one()?, &self.origin)?,
            "$TTL" => self.default = Some(values::span(one()?).and_then(|ttl| within_ttl(words.first().unwrap_or(first), ttl))?),
            "$INCLUDE" => {
                return Err(first.mistake("$INCLUDE is not supported: a zone is one file here; put the other file's lines in its place"));
            }
            "$GENERATE" => return Err(first.mistake("$GENERATE is not supported: write the records out")),
            _ => return Err(first.mistake(format!("{name} is not known: $ORIGIN and $TTL are"))),
        }
        Ok(())
    }
}

fn within_ttl(word: &Word<'_>, ttl: u32) -> Result<u32, Mistake> {
    let long = || word.mistake(format!("a time to live is {LONGEST_TTL} seconds at the most (RFC 2181 §8)"));
    if ttl > LONGEST_TTL { Err(long()) } else { Ok(ttl) }
}

fn class_of(word: &Word<'_>) -> Option<u16> {
    let text = core::str::from_utf8(word.raw).ok()?.to_ascii_uppercase();
    match text.as_str() {
        "IN" => Some(1),
        "CS" => Some(2),
        "CH" => Some(3),
        "HS" => Some(4),
        other => other.strip_prefix("CLASS")?.parse().ok(),
    }
}

impl Word<'_> {
    fn mistake(&self, what: impl ToString) -> Mistake {
        Mistake { line: self.line, column: self.column, what: what.to_string() }
    }

    /// A mistake behind this word.
    fn after(&self, what: impl ToString) -> Mistake {
        let (line, column) = self.end();
        Mistake { line, column, what: what.to_string() }
    }
}

#[cfg(test)]
mod tests;
