//! What stands for equal things: each is kept once, and has a number.

use alloc::vec;
use alloc::vec::Vec;

/// Finds the number of a thing by its hash. The things themselves are its owner's; it is only ever asked, never listed, so that no order
/// can come of it.
#[derive(Clone, Debug)]
pub(super) struct Index {
    /// Half of the hash, and the number: most others are told apart without a look at the things themselves, which are far away in memory.
    slots: Vec<(u32, u32)>,
    used: usize,
}

const FREE: (u32, u32) = (0, u32::MAX);

impl Default for Index {
    fn default() -> Self {
        Index::with_room(0)
    }
}

impl Index {
    /// With room for so many things.
    pub(super) fn with_room(things: usize) -> Index {
        Index { slots: vec![FREE; (things * 2).next_power_of_two().max(64)], used: 0 }
    }

    /// The number of a thing: of an equal one that is known, or else the new one, which is known from now on.
    pub(super) fn number(&mut self, hash: u64, new: u32, same: impl Fn(u32) -> bool) -> u32 {
        if self.used * 2 >= self.slots.len() {
            self.grow();
        }
        let half = (hash >> 32) as u32;
        let mut at = self.place(half);
        while self.slots[at] != FREE {
            let (other, number) = self.slots[at];
            if other == half && same(number) {
                return number;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = (half, new);
        self.used += 1;
        new
    }

    /// The number of things is below 2^31, so that half of a hash is enough to find a place.
    fn place(&self, half: u32) -> usize {
        half as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        let larger = vec![FREE; self.slots.len() * 2];
        for slot in core::mem::replace(&mut self.slots, larger) {
            if slot != FREE {
                let mut at = self.place(slot.0);
                while self.slots[at] != FREE {
                    at = (at + 1) & (self.slots.len() - 1);
                }
                self.slots[at] = slot;
            }
        }
    }
}

/// Remembers what came of the last questions (two MB of them), so that most need no second search. It forgets at will.
#[derive(Debug)]
pub(super) struct Memory(Vec<(u64, u32)>);

impl Memory {
    const ANSWERS: usize = 1 << 17;
    /// No question is this number: see [`Memory::slot`].
    const NONE: u64 = u64::MAX;

    pub(super) fn new() -> Memory {
        Memory(vec![(Memory::NONE, 0); Memory::ANSWERS])
    }

    fn slot(question: u64) -> usize {
        (crate::balance::hash::mix(question) >> 20) as usize % Memory::ANSWERS
    }

    pub(super) fn recall(&self, question: u64) -> Option<u32> {
        let (asked, answer) = self.0[Memory::slot(question)];
        (asked == question && question != Memory::NONE).then_some(answer)
    }

    pub(super) fn keep(&mut self, question: u64, answer: u32) {
        self.0[Memory::slot(question)] = (question, answer);
    }
}
