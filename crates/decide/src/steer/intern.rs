//! What stands for equal things: each is kept once, and has a number.

use alloc::vec;
use alloc::vec::Vec;

const FREE: u32 = u32::MAX;

/// Finds the number of a thing by its hash. The things themselves are its owner's; it is only ever asked, never listed, so that no order can
/// come of it.
#[derive(Debug)]
pub(super) struct Index {
    slots: Vec<u32>,
    used: usize,
}

impl Index {
    /// With room for so many things.
    pub(super) fn with_room(things: usize) -> Index {
        Index { slots: vec![FREE; (things * 2).next_power_of_two().max(64)], used: 0 }
    }

    /// The number of a thing: of an equal one that is known, or else the new one, which is known from now on.
    pub(super) fn number(&mut self, hash: u64, new: u32, same: impl Fn(u32) -> bool, hash_of: impl Fn(u32) -> u64) -> u32 {
        if self.used * 2 >= self.slots.len() {
            self.grow(hash_of);
        }
        let last = self.slots.len() - 1;
        let mut at = hash as usize & last;
        while self.slots[at] != FREE {
            if same(self.slots[at]) {
                return self.slots[at];
            }
            at = (at + 1) & last;
        }
        self.slots[at] = new;
        self.used += 1;
        new
    }

    fn grow(&mut self, hash_of: impl Fn(u32) -> u64) {
        let larger = vec![FREE; self.slots.len() * 2];
        let last = larger.len() - 1;
        for number in core::mem::replace(&mut self.slots, larger) {
            if number != FREE {
                let mut at = hash_of(number) as usize & last;
                while self.slots[at] != FREE {
                    at = (at + 1) & last;
                }
                self.slots[at] = number;
            }
        }
    }
}

/// Remembers what came of the last questions (four MB of them), so that most need no second search. It forgets at will.
#[derive(Debug)]
pub(super) struct Memory(Vec<(u64, u32)>);

impl Memory {
    const ANSWERS: usize = 1 << 18;
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
