//! From header blocks to fields.

use super::reader::{Reader, Text};
use super::table::Table;
use super::{Header, HpackError, Kind, huffman, static_table};
use alloc::vec::Vec;
use core::ops::Range;

/// The size of a table before anything was said about it (RFC 9113 §6.5.2).
const INITIAL_TABLE_BYTES: usize = 4096;

/// A scratch that grew above this is given back at the end of its block.
const SCRATCH_KEPT_BYTES: usize = 1024;

/// Decodes the header blocks of one direction of one connection.
pub(crate) struct Decoder {
    table: Table<Kind>,
    /// What we announced: the most that the peer may set the table to.
    max_table_bytes: usize,
    /// Huffman-coded strings of one field, decoded.
    scratch: Vec<u8>,
}

/// A literal field (RFC 7541 §6.2), by what becomes of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Literal {
    /// It goes into the table.
    Indexed,
    /// It does not.
    Passing,
    /// It goes into no table, on no hop.
    Sensitive,
}

/// Where the name of a literal stands.
enum NamePlace<'b> {
    Static(&'static static_table::Entry),
    Dynamic { age: usize },
    Here(Place<'b>),
}

/// Where a string stands.
enum Place<'b> {
    Block(&'b [u8]),
    Scratch(Range<usize>),
}

impl Place<'_> {
    #[inline]
    fn text<'s>(&'s self, scratch: &'s [u8]) -> &'s [u8] {
        match self {
            Place::Block(text) => text,
            Place::Scratch(range) => &scratch[range.clone()],
        }
    }
}

impl Decoder {
    /// `max_table_bytes` is the SETTINGS_HEADER_TABLE_SIZE that we announce. The table begins with the size of a connection on which
    /// nothing was announced yet, as the peer's does: it changes the size when it has read ours.
    pub(crate) fn new(max_table_bytes: u32) -> Decoder {
        Decoder { table: Table::new(INITIAL_TABLE_BYTES), max_table_bytes: max_table_bytes as usize, scratch: Vec::new() }
    }

    /// Decodes one whole header block and tells `each` every field, in order. After an error of `each` the rest is read for what it does
    /// to the table only, in time that grows with the block and not with what it stands for; the error is returned at the end.
    pub(crate) fn decode<E>(
        &mut self,
        block: &[u8],
        mut each: impl FnMut(Header<'_>) -> Result<(), E>,
    ) -> Result<Result<(), E>, HpackError> {
        let mut reader = Reader::new(block);
        let mut verdict = Ok(());
        let mut at_start = true;
        while let Some(first) = reader.peek() {
            match first {
                0x80.. => {
                    let index = reader.integer(0x7f)? as usize;
                    let header = self.indexed(index)?;
                    if verdict.is_ok() {
                        verdict = each(header);
                    }
                }
                0x40.. => self.literal(&mut reader, Literal::Indexed, &mut each, &mut verdict)?,
                0x20.. => {
                    self.resize(&mut reader, at_start)?;
                    continue;
                }
                0x10.. => self.literal(&mut reader, Literal::Sensitive, &mut each, &mut verdict)?,
                _ => self.literal(&mut reader, Literal::Passing, &mut each, &mut verdict)?,
            }
            at_start = false;
        }
        if self.scratch.capacity() > SCRATCH_KEPT_BYTES {
            self.scratch = Vec::new();
        }
        Ok(verdict)
    }

    /// A field that is in one of the tables as a whole (RFC 7541 §6.1).
    #[inline(always)]
    fn indexed(&self, index: usize) -> Result<Header<'_>, HpackError> {
        if let Some(entry) = static_table::entry(index) {
            return Ok(Header { name: entry.kind.name(entry.name), value: entry.value, sensitive: false });
        }
        let age = index.checked_sub(static_table::LEN + 1).ok_or(HpackError::IndexZero)?;
        let found = self.table.get(age).ok_or(HpackError::IndexPastTable)?;
        Ok(Header { name: found.tag.name(found.name), value: found.value, sensitive: false })
    }

    /// RFC 7541 §6.3
    fn resize(&mut self, reader: &mut Reader<'_>, at_start: bool) -> Result<(), HpackError> {
        let max_size = reader.integer(0x1f)? as usize;
        // RFC 7541 §4.2
        if !at_start {
            return Err(HpackError::ResizeLate);
        }
        if max_size > self.max_table_bytes {
            return Err(HpackError::ResizeTooLarge);
        }
        self.table.set_max_size(max_size);
        Ok(())
    }

    fn literal<E>(
        &mut self,
        reader: &mut Reader<'_>,
        literal: Literal,
        each: &mut impl FnMut(Header<'_>) -> Result<(), E>,
        verdict: &mut Result<(), E>,
    ) -> Result<(), HpackError> {
        let index = reader.integer(if literal == Literal::Indexed { 0x3f } else { 0x0f })? as usize;
        if verdict.is_err() && literal != Literal::Indexed {
            return self.pass_over(reader, index);
        }
        self.scratch.clear();
        let name = match (index, static_table::entry(index)) {
            (0, _) => NamePlace::Here(self.place(reader.string()?)?),
            (_, Some(entry)) => NamePlace::Static(entry),
            (_, None) => NamePlace::Dynamic { age: index - static_table::LEN - 1 },
        };
        let value = self.place(reader.string()?)?;
        let value = value.text(&self.scratch);
        let here;
        let (kind, text) = match &name {
            NamePlace::Static(entry) => (entry.kind, entry.name),
            NamePlace::Dynamic { age } => {
                let found = self.table.get(*age).ok_or(HpackError::IndexPastTable)?;
                (found.tag, found.name)
            }
            NamePlace::Here(place) => {
                here = place.text(&self.scratch);
                (Kind::of(here), here)
            }
        };
        if verdict.is_ok() {
            *verdict = each(Header { name: kind.name(text), value, sensitive: literal == Literal::Sensitive });
        }
        if literal == Literal::Indexed {
            match name {
                NamePlace::Dynamic { age } => self.table.insert_alike(age, value),
                NamePlace::Static(entry) => self.table.insert(kind, entry.name, value),
                NamePlace::Here(place) => self.table.insert(kind, place.text(&self.scratch), value),
            }
        }
        Ok(())
    }

    /// A string where it can be read: in the block, or decoded into the scratch.
    #[inline]
    fn place<'b>(&mut self, text: Text<'b>) -> Result<Place<'b>, HpackError> {
        match text {
            Text::Plain(text) => Ok(Place::Block(text)),
            Text::Huffman(coded) => {
                let start = self.scratch.len();
                huffman::decode(coded, &mut self.scratch)?;
                Ok(Place::Scratch(start..self.scratch.len()))
            }
        }
    }

    /// The rest of a literal that nobody is told of and that goes into no table: its strings are not even decoded.
    fn pass_over(&self, reader: &mut Reader<'_>, index: usize) -> Result<(), HpackError> {
        if index == 0 {
            reader.string()?;
        } else if static_table::entry(index).is_none() {
            self.table.get(index - static_table::LEN - 1).ok_or(HpackError::IndexPastTable)?;
        }
        reader.string().map(|_| ())
    }
}

#[cfg(test)]
mod tests;
