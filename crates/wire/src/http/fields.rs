//! An ordered list of header or trailer fields in one allocation that is kept from message to message.

use super::Known;
use alloc::vec::Vec;
use core::ops::Range;

/// Fields in the order they came, names in the case they came in. Clearing keeps the memory.
#[derive(Clone, Default)]
pub struct Fields {
    /// Field lines as HTTP/1.1 writes them, so that most can be sent on in one piece.
    text: Vec<u8>,
    spans: Vec<Span>,
    /// A bit for every name that was put in and may still be there: most questions are for names that are not.
    names: u64,
    /// `text` is not what the lines of the fields come to, in their order: something was taken out, or it was adopted.
    patched: bool,
}

/// Some of the names that we know.
#[derive(Clone, Copy, Debug)]
pub struct Names(u64);

impl Names {
    /// These.
    pub const fn of(names: &[Known]) -> Names {
        let (mut bits, mut at) = (0, 0);
        while at < names.len() {
            bits |= bit(names[at]);
            at += 1;
        }
        Names(bits)
    }

    /// And this one.
    pub const fn and(self, name: Known) -> Names {
        Names(self.0 | bit(name))
    }
}

const _: () = assert!(Known::ALL.len() < 64, "a bit for every name");

/// Where a field stands in `text`. Name and value need not touch: a parsed head is kept as it came, in one copy.
#[derive(Clone, Copy)]
struct Span {
    name_at: u32,
    name_end: u32,
    value_at: u32,
    value_end: u32,
    known: Known,
}

/// One field, borrowed from its list.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The name as written.
    pub name: &'a [u8],
    /// The value without surrounding white space.
    pub value: &'a [u8],
    /// The name, recognised.
    pub known: Known,
    /// The text of the list from the name on.
    rest: &'a [u8],
    /// The value begins two bytes after the name.
    adjoins: bool,
}

impl<'a> Field<'a> {
    /// The field as it stands in its list, where that is `name: value` and CRLF to the byte.
    pub(crate) fn line(&self) -> Option<&'a [u8]> {
        let colon = self.name.len();
        let end = colon + 2 + self.value.len();
        let line = self.rest.get(..end + 2)?;
        let as_written = self.adjoins && line[colon..].starts_with(b": ") && line[end..] == *b"\r\n";
        as_written.then_some(line)
    }
}

impl Fields {
    /// An empty list; allocates nothing.
    pub const fn new() -> Self {
        Self { text: Vec::new(), spans: Vec::new(), names: 0, patched: false }
    }

    /// An empty list with room for as much as another holds, and a field more.
    pub fn with_room_of(other: &Fields) -> Self {
        const ONE_MORE: usize = 64;
        Self { text: Vec::with_capacity(other.text.len() + ONE_MORE), spans: Vec::with_capacity(other.spans.len() + 1), ..Self::new() }
    }

    /// Empties the list and keeps its memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
        (self.names, self.patched) = (0, false);
    }

    /// Bytes of memory that the list takes beside itself, as they are asked for.
    pub fn memory(&self) -> usize {
        self.text.capacity() + self.spans.capacity() * size_of::<Span>()
    }

    /// Appends a field. The caller has checked that name and value are valid (a parser has, a constant is).
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        self.push_as(Known::of(name), name, value);
    }

    /// Appends a field whose name is one of ours. `known` is not `Other`.
    pub fn push_known(&mut self, known: Known, value: &[u8]) {
        debug_assert!(known != Known::Other);
        self.push_as(known, known.name().as_bytes(), value);
    }

    /// Appends a field that has been recognised already.
    pub fn push_as(&mut self, known: Known, name: &[u8], value: &[u8]) {
        let name_at = self.text.len();
        let value_at = name_at + name.len() + 2;
        assert!(u32::try_from(value_at + value.len()).is_ok(), "a header section under 4 GiB");
        self.text.extend_from_slice(name);
        self.text.extend_from_slice(b": ");
        self.text.extend_from_slice(value);
        self.text.extend_from_slice(b"\r\n");
        self.mark(known, name_at..value_at - 2, value_at..value_at + value.len());
    }

    /// Notes where a field stands in a text that [`Fields::adopt`] brings afterwards. Only for a list that was cleared before, and
    /// a text under 4 GiB.
    pub(crate) fn mark(&mut self, known: Known, name: Range<usize>, value: Range<usize>) {
        self.names |= bit(known);
        self.spans.push(Span {
            name_at: name.start as u32,
            name_end: name.end as u32,
            value_at: value.start as u32,
            value_end: value.end as u32,
            known,
        });
    }

    /// Copies the text to which the marks point: one copy for all the fields of a head.
    pub(crate) fn adopt(&mut self, text: &[u8]) {
        self.patched = true;
        debug_assert!(self.text.is_empty());
        self.text.extend_from_slice(text);
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// No fields at all.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Field<'_>> + ExactSizeIterator {
        self.spans.iter().map(|span| self.field(*span))
    }

    /// The value of the first field of this name.
    pub fn get(&self, known: Known) -> Option<&[u8]> {
        self.all(known).next()
    }

    /// The values of every field of this name, in order.
    pub fn all(&self, known: Known) -> impl Iterator<Item = &[u8]> {
        let spans = if self.names & bit(known) == 0 { &[] } else { &self.spans[..] };
        spans.iter().filter(move |span| span.known == known).map(|span| self.field(*span).value)
    }

    /// Whether a field of this name is there.
    pub fn has(&self, known: Known) -> bool {
        self.names & bit(known) != 0 && self.spans.iter().any(|span| span.known == known)
    }

    /// Whether a field of one of these names may be there; `false` is certain.
    pub fn may_have(&self, names: Names) -> bool {
        self.names & names.0 != 0
    }

    /// The lines of all fields but those of this name, in two pieces, where they lie so that one field parts them at the most.
    pub(crate) fn lines_but(&self, known: Known) -> Option<[&[u8]; 2]> {
        if self.patched {
            return None;
        }
        if self.names & bit(known) == 0 {
            return Some([&self.text, &[]]);
        }
        let mut of_name = self.spans.iter().filter(|span| span.known == known);
        match (of_name.next(), of_name.next()) {
            (None, _) => Some([&self.text, &[]]),
            (Some(span), None) => Some([&self.text[..span.name_at as usize], &self.text[span.value_end as usize + 2..]]),
            (Some(_), Some(_)) => None,
        }
    }

    /// The first value under a name given as text, in any case: for names that a user configured.
    pub fn named<'a>(&'a self, name: &[u8]) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }

    /// Keeps the fields for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(Field<'_>) -> bool) {
        let (text, before) = (&self.text, self.spans.len());
        self.spans.retain(|span| keep(field_in(text, *span)));
        self.patched |= self.spans.len() < before;
    }

    /// Removes every field of this name.
    pub fn remove(&mut self, known: Known) {
        if self.names & bit(known) != 0 {
            self.names &= !bit(known);
            self.retain(|field| field.known != known);
        }
    }

    fn field(&self, span: Span) -> Field<'_> {
        field_in(&self.text, span)
    }
}

fn field_in(text: &[u8], span: Span) -> Field<'_> {
    let name = &text[span.name_at as usize..span.name_end as usize];
    let value = &text[span.value_at as usize..span.value_end as usize];
    let adjoins = span.value_at == span.name_end + 2;
    Field { name, value, known: span.known, rest: &text[span.name_at as usize..], adjoins }
}

/// The name's bit in [`Fields::names`].
const fn bit(known: Known) -> u64 {
    1 << known as u8
}

impl core::fmt::Debug for Fields {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let lossy = |bytes| alloc::string::String::from_utf8_lossy(bytes).into_owned();
        f.debug_map().entries(self.iter().map(|field| (lossy(field.name), lossy(field.value)))).finish()
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other.iter()).all(|(a, b)| a.name == b.name && a.value == b.value)
    }
}

#[cfg(test)]
mod tests;
