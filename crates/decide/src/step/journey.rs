//! The steps of one request, in order.

use super::{Step, Text};
use crate::time::{Calendar, Instant};
use alloc::vec::Vec;

/// The identity of one request: 128 random bits, written as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JourneyId(pub u128);

/// Texts that steps point to; as they came, not checked to be UTF-8.
#[derive(Clone, Debug, Default)]
pub struct Texts(Vec<u8>);

impl Texts {
    /// Keeps a text for a step.
    pub fn keep(&mut self, text: &[u8]) -> Text {
        let start = u32::try_from(self.0.len()).expect("texts of one request stay under 4 GiB");
        self.0.extend_from_slice(text);
        Text { start, len: u32::try_from(text.len()).expect("texts of one request stay under 4 GiB") }
    }

    /// The bytes of a kept text.
    pub fn get(&self, text: Text) -> &[u8] {
        &self.0[text.start as usize..(text.start + text.len) as usize]
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
        self.texts.0.clear();
    }

    /// Keeps a text for a step that is about to be added.
    pub fn keep(&mut self, text: &[u8]) -> Text {
        self.texts.keep(text)
    }

    /// The bytes of a kept text; as the client sent them, not checked to be UTF-8.
    pub fn text(&self, text: Text) -> &[u8] {
        self.texts.get(text)
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
