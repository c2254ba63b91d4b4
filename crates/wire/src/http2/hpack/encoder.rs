//! From fields to header blocks.

use super::names::{Habit, OWN, Own, SLOTS, slot_of, slot_of_known, slot_of_pseudo};
use super::reader::{write_integer, write_plain, write_shorter};
use super::table::Table;
use super::{Pseudo, static_table};
use crate::http::Known;
use alloc::vec::Vec;

/// The size of the peer's table before it said anything, and the most that we use of a larger one: more would be memory of ours too.
const TABLE_BYTES: u32 = 4096;

/// Values above this are not put into the table, of which they would take a fourth.
const VALUE_BYTES: usize = 1024;

/// As many values of one name are looked through, newest first: pictures, scripts and styles come mixed.
const REMEMBERED: usize = 4;

/// A name whose values were put in so many times without one coming again is not worth entries for now.
const PATIENCE: u8 = 8;

/// And is tried again after so many messages.
const PAUSE: u8 = 64;

/// The first octets of the representations (RFC 7541 §6), and the bits in them where their integers begin.
const INDEXED: (u8, u8) = (0x80, 0x7f);
const LITERAL_INTO_TABLE: (u8, u8) = (0x40, 0x3f);
const LITERAL: (u8, u8) = (0x00, 0x0f);
const LITERAL_NEVER_INDEXED: (u8, u8) = (0x10, 0x0f);
const RESIZE: (u8, u8) = (0x20, 0x1f);

/// Encodes the header blocks of one direction of one connection.
///
/// Values that repeat from message to message stand in the table and take an octet or two. All others are written as they are: Huffman
/// coding takes a fourth off a string, but several times as long as a copy on our side and more on the other, for every message anew.
/// What goes into the table is coded, for that is written once and costs nothing later.
pub(crate) struct Encoder {
    /// The peer's table.
    table: Table<Sent>,
    /// Entries put in so far, modulo 2^32: the number of the next one.
    inserted: u32,
    slots: [Slot; SLOTS],
    /// Sizes to be announced at the beginning of the next block: the smallest of them, and the last.
    resize: Option<(u32, u32)>,
}

/// Of an entry: its name's slot, and the number of the entry before it in that.
#[derive(Clone, Copy)]
struct Sent {
    slot: u8,
    before: u32,
}

const _: () = assert!(SLOTS <= u8::MAX as usize, "a slot has eight bits");

/// What we know of a name.
#[derive(Clone, Copy)]
struct Slot {
    /// The number of its newest entry. That may have been evicted, and be no entry of this name at all before the first.
    newest: u32,
    /// Values written since one was found in the table.
    misses: u8,
}

impl Encoder {
    /// For a peer that has announced nothing yet. Allocates nothing.
    pub(crate) fn new() -> Encoder {
        let slots = [Slot { newest: 0, misses: 0 }; SLOTS];
        Encoder { table: Table::new(TABLE_BYTES as usize), inserted: 0, slots, resize: None }
    }

    /// The peer's SETTINGS_HEADER_TABLE_SIZE. It holds from the next block on.
    pub(crate) fn set_max_table_bytes(&mut self, max_table_bytes: u32) {
        let last = max_table_bytes.min(TABLE_BYTES);
        self.resize = match self.resize {
            // RFC 7541 §4.2: the smallest of several sizes has to be announced too, as it evicts.
            Some((smallest, _)) => Some((smallest.min(last), last)),
            None => (last as usize != self.table.max_size()).then_some((last, last)),
        };
    }

    /// Begins a block.
    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) {
        let Some((smallest, last)) = self.resize.take() else { return };
        if smallest < last {
            self.announce(smallest, out);
        }
        self.announce(last, out);
    }

    fn announce(&mut self, size: u32, out: &mut Vec<u8>) {
        write_integer(size as usize, RESIZE.1, RESIZE.0, out);
        self.table.set_max_size(size as usize);
    }

    /// A pseudo-header field; not `Unknown`.
    pub(crate) fn pseudo(&mut self, pseudo: Pseudo, value: &[u8], out: &mut Vec<u8>) {
        let index = match (pseudo, value) {
            (Pseudo::Method, b"GET") => 2,
            (Pseudo::Method, b"POST") => 3,
            (Pseudo::Path, b"/") => 4,
            (Pseudo::Path, b"/index.html") => 5,
            (Pseudo::Scheme, b"http") => 6,
            (Pseudo::Scheme, b"https") => 7,
            _ => return self.write(slot_of_pseudo(pseudo), value, out),
        };
        out.push(INDEXED.0 | index);
    }

    /// `:status`. Of three digits.
    pub(crate) fn status(&mut self, status: u16, out: &mut Vec<u8>) {
        debug_assert!((100..1000).contains(&status), "a status of three digits");
        let index = match status {
            200 => 8,
            204 => 9,
            206 => 10,
            304 => 11,
            400 => 12,
            404 => 13,
            500 => 14,
            _ => {
                let digits = [status / 100, status / 10, status].map(|value| b'0' + (value % 10) as u8);
                return self.write(slot_of_pseudo(Pseudo::Status), &digits, out);
            }
        };
        out.push(INDEXED.0 | index);
    }

    /// A field whose name is one of ours; not `Other`.
    #[inline]
    pub(crate) fn known(&mut self, known: Known, value: &[u8], out: &mut Vec<u8>) {
        self.write(slot_of_known(known), value, out);
    }

    /// Any field; the name in any case. It is written in lower case (RFC 9113 §8.2).
    pub(crate) fn field(&mut self, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        if let Some(slot) = slot_of(name) {
            return self.write(slot, value, out);
        }
        // What it means nobody knows here: its value may repeat, and may be a secret.
        out.push(LITERAL.0);
        write_integer(name.len(), 0x7f, 0, out);
        out.extend(name.iter().map(u8::to_ascii_lowercase));
        write_plain(value, out);
    }

    #[inline]
    fn write(&mut self, slot: usize, value: &[u8], out: &mut Vec<u8>) {
        let own = &OWN[slot];
        match own.habit {
            Habit::Sensitive => write_literal(LITERAL_NEVER_INDEXED, own.index as usize, own, value, out),
            Habit::Differs if own.index != 0 => write_literal(LITERAL, own.index as usize, own, value, out),
            Habit::Differs | Habit::Repeats => self.write_remembered(slot, own, value, out),
        }
    }

    /// A field that may be in the table, or its name.
    fn write_remembered(&mut self, slot: usize, own: &Own, value: &[u8], out: &mut Vec<u8>) {
        let mut name_index = own.index as usize;
        let mut number = self.slots[slot].newest;
        for _ in 0..REMEMBERED {
            let age = self.inserted.wrapping_sub(number).wrapping_sub(1) as usize;
            let Some(found) = self.table.get(age).filter(|found| found.tag.slot as usize == slot) else { break };
            let index = static_table::LEN + 1 + age;
            if found.value == value {
                self.slots[slot].misses = 0;
                return write_integer(index, INDEXED.1, INDEXED.0, out);
            }
            if name_index == 0 {
                name_index = index;
            }
            number = found.tag.before;
        }
        if self.is_worth_an_entry(slot, own, value, name_index) {
            write_name(LITERAL_INTO_TABLE, name_index, own, out);
            write_shorter(value, out);
            self.table.insert(Sent { slot: slot as u8, before: self.slots[slot].newest }, own.name(), value);
            self.slots[slot].newest = self.inserted;
            self.inserted = self.inserted.wrapping_add(1);
        } else {
            write_literal(LITERAL, name_index, own, value, out);
        }
    }

    fn is_worth_an_entry(&mut self, slot: usize, own: &Own, value: &[u8], name_index: usize) -> bool {
        let misses = &mut self.slots[slot].misses;
        let is_patient = *misses < PATIENCE;
        *misses = (*misses + 1) % PAUSE;
        // The name alone is worth one where there is no shorter way to write it.
        let wanted = name_index == 0 || own.habit == Habit::Repeats && is_patient;
        // An entry that does not fit would empty the table (RFC 7541 §4.4).
        wanted && value.len() <= VALUE_BYTES && self.table.fits(own.name().len(), value.len())
    }
}

/// A literal that goes into no table.
#[inline]
fn write_literal(kind: (u8, u8), name_index: usize, own: &Own, value: &[u8], out: &mut Vec<u8>) {
    write_name(kind, name_index, own, out);
    write_plain(value, out);
}

/// The beginning of a literal: its name by its index, or in letters where that is zero.
#[inline]
fn write_name((first, mask): (u8, u8), name_index: usize, own: &Own, out: &mut Vec<u8>) {
    write_integer(name_index, mask, first, out);
    if name_index == 0 {
        out.extend_from_slice(own.string());
    }
}

#[cfg(test)]
mod tests;
