//! Answers for one name and type, found at once: what most questions ask. Name, node, its types and its answer are at four places of
//! memory, and in a large zone none of them is near the processor. So each answer has a note right before it, which says all that there is
//! to know.

use super::super::{SetId, index};
use super::{Prepared, Tail, TailAt, Tails};
use alloc::vec;
use alloc::vec::Vec;
use wire::dns::{Name, RecordType, ResponseCode};

/// Bytes of a note before its name: type, counts, code, flags, length of the answer, length of the name.
const NOTE: usize = 2 + 6 + 2 + 1 + 2 + 1;
const AUTHORITATIVE: u8 = 1;
/// The zone is signed: who asks for signatures is answered otherwise.
const SIGNED: u8 = 2;
/// The set is a steering's: in place of an answer there are the numbers of the set and of the steering, and the time to live.
const NEAREST: u8 = 4;

/// Open addressing: a place has the upper half of a hash and where the note is plus one, or is zero.
#[derive(Debug)]
pub(super) struct Exact {
    places: Vec<u64>,
}

impl Default for Exact {
    fn default() -> Exact {
        Exact { places: vec![0] }
    }
}

fn hash(name: &[u8], kind: RecordType) -> u64 {
    let mixed = (index::hash(name) ^ u64::from(kind.0)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ mixed >> 32
}

impl Tails {
    /// Writes the note of a set that is a steering's, and what stands in place of its answer.
    pub(super) fn nearest(&mut self, name: &Name, kind: RecordType, (set, steering, ttl): (SetId, usize, u32)) -> Option<u32> {
        let numbers = [u32::try_from(set.0).ok()?, u32::try_from(steering).ok()?, ttl];
        let base = u8::try_from(name.as_wire().len()).ok()?;
        let (len, code) = (size_of_val(&numbers) as u16, ResponseCode(0));
        let mut at = TailAt { start: 0, len, first_pointer: 0, pointers: 0, counts: [0; 3], code, authoritative: true, base };
        let flags = self.bytes.len() + 10;
        self.note(name, kind, &at);
        self.bytes[flags] |= NEAREST;
        at.start = u32::try_from(self.bytes.len()).ok()?;
        self.bytes.extend(numbers.into_iter().flat_map(u32::to_be_bytes));
        self.place(at)
    }

    /// Writes the note of the answer that comes next.
    pub(super) fn note(&mut self, name: &Name, kind: RecordType, at: &TailAt) {
        self.bytes.extend_from_slice(&kind.0.to_be_bytes());
        at.counts.iter().for_each(|count| self.bytes.extend_from_slice(&count.to_be_bytes()));
        self.bytes.extend_from_slice(&at.code.0.to_be_bytes());
        self.bytes.push(if at.authoritative { AUTHORITATIVE } else { 0 });
        self.bytes.extend_from_slice(&at.len.to_be_bytes());
        self.bytes.push(at.base);
        self.bytes.extend_from_slice(name.as_wire());
    }

    /// Has these answers found by their name and type: the place of each, and whether its zone is signed.
    pub(super) fn find_exactly(&mut self, all: &[(u32, bool)]) {
        let mask = (all.len() * 2).next_power_of_two() - 1;
        let mut places = vec![0; mask + 1];
        for (place, signed) in all {
            let at = &self.places[*place as usize];
            let note = at.start as usize - usize::from(at.base) - NOTE;
            if *signed {
                self.bytes[note + 10] |= SIGNED;
            }
            let kind = RecordType(u16::from_be_bytes([self.bytes[note], self.bytes[note + 1]]));
            let hash = hash(&self.bytes[note + NOTE..at.start as usize], kind);
            let mut slot = hash as usize & mask;
            while places[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            places[slot] = hash >> 32 << 32 | (note as u64 + 1);
        }
        self.exact = Exact { places };
    }

    /// The answer for a name, in any case of letters, and a type.
    pub(super) fn exact(&self, name: &[u8], kind: RecordType, dnssec_ok: bool) -> Option<Prepared<'_>> {
        let (places, hash) = (&self.exact.places, hash(name, kind));
        let mut slot = hash as usize & (places.len() - 1);
        loop {
            let place = places[slot];
            if place == 0 {
                return None;
            }
            let note = &self.bytes[(place & u64::from(u32::MAX)) as usize - 1..];
            if place >> 32 == hash >> 32
                && let Some((&fixed, rest)) = note.split_first_chunk::<NOTE>()
                && let [k0, k1, a0, a1, b0, b1, c0, c1, code0, code1, flags, len0, len1, base] = fixed
                && u16::from_be_bytes([k0, k1]) == kind.0
                && usize::from(base) == name.len()
                && rest[..name.len()].eq_ignore_ascii_case(name)
            {
                if dnssec_ok && flags & SIGNED != 0 {
                    return None;
                }
                let len = usize::from(u16::from_be_bytes([len0, len1]));
                let bytes = &rest[name.len()..name.len() + len];
                if flags & NEAREST != 0 {
                    return nearest(bytes);
                }
                return Some(Prepared::Tail(Tail {
                    bytes,
                    pointers: &[],
                    shift: 0,
                    counts: [u16::from_be_bytes([a0, a1]), u16::from_be_bytes([b0, b1]), u16::from_be_bytes([c0, c1])],
                    code: ResponseCode(u16::from_be_bytes([code0, code1])),
                    authoritative: flags & AUTHORITATIVE != 0,
                }));
            }
            slot = (slot + 1) & (places.len() - 1);
        }
    }
}

fn nearest(numbers: &[u8]) -> Option<Prepared<'static>> {
    let (numbers, _) = numbers.as_chunks::<4>();
    let &[set, steering, ttl] = numbers else { return None };
    let number = |bytes| u32::from_be_bytes(bytes);
    Some(Prepared::Nearest { set: SetId(number(set) as usize), steering: number(steering) as usize, ttl: number(ttl) })
}
