//! Records in a file (RFC 6396 §2, §3).

use super::{BGP4MP_ET, HEADER_BYTES, OldEntries, TABLE_DUMP};
use crate::cursor::Cursor;
use crate::gathered::Gathered;
use core::fmt;

/// A record, not yet looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When, in seconds since 1970.
    pub at: u32,
    /// And millionths, where the record tells them (§3).
    pub micros: u32,
    /// What it is.
    pub kind: u16,
    /// What of that.
    pub subtype: u16,
    /// What it holds.
    pub body: &'a [u8],
}

/// A file's bytes in, its records out. It holds less than one record, and what was pushed last.
#[derive(Clone, Debug)]
pub struct Reader {
    gathered: Gathered,
    most: usize,
    /// Where in the file the next record begins.
    offset: u64,
}

/// Why a file cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the file the record begins that cannot be read; what is before it was good.
    pub offset: u64,
    /// Why.
    pub flaw: Flaw,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The first record is none: the file is something else.
    Foreign,
    /// The file is compressed, and nobody has undone that.
    Compressed(Compression),
    /// A record of that length, over the bound.
    Length(u32),
    /// The file ends within a record.
    Torn,
}

/// What a file is compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// gzip (RFC 1952).
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Zstandard (RFC 8878).
    Zstd,
}

impl Compression {
    /// What a file with these first bytes, four or more, is compressed with.
    pub fn of(bytes: &[u8]) -> Option<Compression> {
        match bytes {
            [0x1F, 0x8B, ..] => Some(Compression::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Compression::Bzip2),
            [0xFD, b'7', b'z', b'X', ..] => Some(Compression::Xz),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Compression::Zstd),
            _ => None,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Bzip2 => "bzip2",
            Compression::Xz => "xz",
            Compression::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset;
        match self.flaw {
            Flaw::Foreign => f.write_str("no MRT file: it does not begin with a record of a known type"),
            Flaw::Compressed(with) => write!(f, "compressed with {}: decompress it first", with.name()),
            Flaw::Length(length) => {
                write!(f, "the record at byte {offset} has a length of {length} bytes, which none has: the file is damaged")
            }
            Flaw::Torn => write!(f, "the file ends within the record that begins at byte {offset}"),
        }
    }
}

impl Reader {
    /// One that takes records of so many bytes at the most, see [`super::RECORD_BYTES`].
    pub fn new(most: usize) -> Reader {
        Reader { gathered: Gathered::default(), most, offset: 0 }
    }

    /// Takes in the file's next bytes; then [`Reader::record`] until there is no more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.gathered.push(bytes);
    }

    /// The next record, if it is there whole. After a fault nothing behind it can be found.
    pub fn record(&mut self) -> Result<Option<Record<'_>>, Fault> {
        let pending = self.gathered.pending();
        let fault = |flaw| Fault { offset: self.offset, flaw };
        let mut cursor = Cursor(pending);
        let Some((at, kind, subtype, length)) = header(&mut cursor) else { return Ok(None) };
        if self.offset == 0 && !is_known(kind) {
            return Err(fault(Compression::of(pending).map_or(Flaw::Foreign, Flaw::Compressed)));
        }
        let mut bytes = usize::try_from(length).ok().filter(|bytes| *bytes <= self.most).ok_or(fault(Flaw::Length(length)))?;
        if kind == TABLE_DUMP && cursor.0.get(..bytes).is_some_and(|body| OldEntries::lack_four(body, subtype == 2)) {
            bytes += 4;
        }
        if cursor.0.len() < bytes {
            return Ok(None);
        }
        self.offset += (HEADER_BYTES + bytes) as u64;
        let mut body = Cursor(&self.gathered.take(HEADER_BYTES + bytes)[HEADER_BYTES..]);
        // The millionths count as part of the record (§3).
        let micros = if kind == BGP4MP_ET { body.u32().unwrap_or(0) } else { 0 };
        Ok(Some(Record { at, micros, kind, subtype, body: body.0 }))
    }

    /// The file has ended.
    pub fn finish(&self) -> Result<(), Fault> {
        let pending = self.gathered.pending();
        let flaw = if self.offset == 0 { Compression::of(pending).map_or(Flaw::Torn, Flaw::Compressed) } else { Flaw::Torn };
        if pending.is_empty() { Ok(()) } else { Err(Fault { offset: self.offset, flaw }) }
    }

    /// How much of the file was read, up to the last whole record.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

fn header(cursor: &mut Cursor<'_>) -> Option<(u32, u16, u16, u32)> {
    Some((cursor.u32()?, cursor.u16()?, cursor.u16()?, cursor.u32()?))
}

/// Whether there is such a type (§4, §5, and those of the past in appendix B).
fn is_known(kind: u16) -> bool {
    matches!(kind, 0..=17 | 32 | 33 | 48 | 49)
}
