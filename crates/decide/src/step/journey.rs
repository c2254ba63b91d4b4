//! The steps of one request, in order.

use super::{Field, List, Step, Text};
use crate::time::{Calendar, Instant};
use alloc::vec::Vec;
use core::ops::Range;

/// The identity of one request: 128 random bits, written as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JourneyId(pub u128);

/// Texts and lists that steps point to; texts as they came, not checked to be UTF-8.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    bytes: Vec<u8>,
    /// The fields of all rows.
    fields: Vec<Field>,
    rows: Vec<Range<u32>>,
}

impl Texts {
    /// Keeps a text for a step.
    pub fn keep(&mut self, text: &[u8]) -> Text {
        let start = u32::try_from(self.bytes.len()).expect("texts of one request stay under 4 GiB");
        self.bytes.extend_from_slice(text);
        Text { start, len: u32::try_from(text.len()).expect("texts of one request stay under 4 GiB") }
    }

    /// The bytes of a kept text.
    pub fn get(&self, text: Text) -> &[u8] {
        &self.bytes[text.start as usize..(text.start + text.len) as usize]
    }

    /// Keeps a list for a step, row by row. Lists and texts that stand in its rows are kept before it.
    pub fn list(&mut self, rows: impl IntoIterator<Item = Vec<Field>>) -> List {
        let number = |len: usize| u32::try_from(len).expect("rows of one request stay under 2^32");
        let start = number(self.rows.len());
        for row in rows {
            let from = number(self.fields.len());
            self.fields.extend(row);
            self.rows.push(from..number(self.fields.len()));
        }
        List { start, len: number(self.rows.len()) - start }
    }

    /// The rows of a kept list, each with its fields in order.
    pub fn rows(&self, list: List) -> impl ExactSizeIterator<Item = &[Field]> {
        let rows = &self.rows[list.start as usize..(list.start + list.len) as usize];
        rows.iter().map(|row| &self.fields[row.start as usize..row.end as usize])
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.fields.clear();
        self.rows.clear();
    }
}

/// All the steps of one request, with the texts they point to. Memory is kept from request to request: [`Journey::clear`].
#[derive(Clone, Debug, Default)]
pub struct Journey {
    /// Whose journey.
    pub id: JourneyId,
    /// When it began, in the calendar.
    pub calendar: Calendar,
    /// When it began, on the host's clock: the first byte of the request.
    pub began: Instant,
    steps: Vec<(Instant, Step)>,
    texts: Texts,
}

impl Journey {
    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.id = JourneyId::default();
        self.calendar = Calendar::default();
        self.began = Instant::ZERO;
        self.steps.clear();
        self.texts.clear();
    }

    /// Keeps a text for a step that is about to be added.
    pub fn keep(&mut self, text: &[u8]) -> Text {
        self.texts.keep(text)
    }

    /// The bytes of a kept text; as the client sent them, not checked to be UTF-8.
    pub fn text(&self, text: Text) -> &[u8] {
        self.texts.get(text)
    }

    /// All that its steps point to.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The same, to keep more for a step that is about to be added.
    pub fn texts_mut(&mut self) -> &mut Texts {
        &mut self.texts
    }

    /// Adds a step.
    pub fn add(&mut self, at: Instant, step: Step) {
        self.steps.push((at, step));
    }

    /// Takes all steps out, for the journey of another request that they were done for.
    pub fn take_steps(&mut self) -> Vec<(Instant, Step)> {
        core::mem::take(&mut self.steps)
    }

    /// The steps in the order they happened.
    pub fn steps(&self) -> &[(Instant, Step)] {
        &self.steps
    }
}
