//! The dynamic table (RFC 7541 §2.3.2, §4): of a decoder, and as an encoder sees it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// What an entry counts above its name and its value (RFC 7541 §4.1).
const OVERHEAD: usize = 32;

/// Entries, first in, first out, each with what its owner wants to know of it.
pub(super) struct Table<T> {
    /// Name and value of every entry, oldest first and without gaps. Before them stands what evicted ones left; it is dropped when room
    /// is needed, so that an octet is moved once, at most, for each that is put in.
    text: Vec<u8>,
    /// Octets dropped from the front of the text so far, modulo the size of a word.
    dropped: usize,
    /// Oldest first.
    entries: VecDeque<Entry<T>>,
    size: usize,
    max_size: usize,
}

struct Entry<T> {
    /// Where its name begins, counted from the first octet that was ever put in.
    at: usize,
    name_len: u32,
    value_len: u32,
    tag: T,
}

/// An entry, borrowed from its table.
pub(super) struct Found<'t, T> {
    pub(super) tag: T,
    pub(super) name: &'t [u8],
    pub(super) value: &'t [u8],
}

impl<T: Copy> Table<T> {
    /// An empty table; allocates nothing.
    pub(super) fn new(max_size: usize) -> Table<T> {
        Table { text: Vec::new(), dropped: 0, entries: VecDeque::new(), size: 0, max_size }
    }

    pub(super) fn max_size(&self) -> usize {
        self.max_size
    }

    /// An entry by the number of those that were put in after it.
    #[inline]
    pub(super) fn get(&self, age: usize) -> Option<Found<'_, T>> {
        let place = self.entries.len().checked_sub(age)?.checked_sub(1)?;
        let entry = self.entries.get(place)?;
        let name_at = entry.at.wrapping_sub(self.dropped);
        let value_at = name_at + entry.name_len as usize;
        Some(Found {
            tag: entry.tag,
            name: &self.text[name_at..value_at],
            value: &self.text[value_at..value_at + entry.value_len as usize],
        })
    }

    /// Whether an entry of such a name and value can be in the table, alone at least.
    pub(super) fn fits(&self, name_len: usize, value_len: usize) -> bool {
        name_len + value_len + OVERHEAD <= self.max_size
    }

    /// Changes the maximum size, and evicts what is too much (RFC 7541 §4.3).
    pub(super) fn set_max_size(&mut self, max_size: usize) {
        self.max_size = max_size;
        self.evict(0);
        if self.entries.is_empty() {
            *self = Table { dropped: self.dropped.wrapping_add(self.text.len()), ..Table::new(max_size) };
        }
    }

    /// Puts an entry in. One that is larger than the table empties it and is not in it (RFC 7541 §4.4).
    pub(super) fn insert(&mut self, tag: T, name: &[u8], value: &[u8]) {
        if self.admit(name.len(), value.len()) {
            let at = self.end();
            self.text.extend_from_slice(name);
            self.push(at, name.len(), value, tag);
        }
    }

    /// Puts an entry in that has its name and tag from another, which may be evicted for it (RFC 7541 §4.4). `age` is one that
    /// [`Table::get`] finds.
    pub(super) fn insert_alike(&mut self, age: usize, value: &[u8]) {
        let Entry { at: from, name_len, tag, .. } = self.entries[self.entries.len() - 1 - age];
        let name_len = name_len as usize;
        if self.admit(name_len, value.len()) {
            let at = self.end();
            let from = from.wrapping_sub(self.dropped);
            self.text.extend_from_within(from..from + name_len);
            self.push(at, name_len, value, tag);
        }
    }

    /// Makes room for an entry, in the memory and then in the table: evicted entries stand in the text until the next call, so that a name
    /// can be copied from one.
    fn admit(&mut self, name_len: usize, value_len: usize) -> bool {
        let admitted = self.fits(name_len, value_len);
        if admitted {
            self.reserve(name_len + value_len);
            self.evict(name_len + value_len + OVERHEAD);
        } else {
            self.entries.clear();
            self.size = 0;
        }
        admitted
    }

    fn reserve(&mut self, more: usize) {
        if self.text.len() + more <= self.text.capacity() {
            return;
        }
        let dead = self.entries.front().map_or(self.text.len(), |oldest| oldest.at.wrapping_sub(self.dropped));
        self.text.drain(..dead);
        self.dropped = self.dropped.wrapping_add(dead);
        // Half of the memory is to be free, or as much as the table holds: then the next move is as far away as this one was long. Live
        // text and the new entry are each smaller than the table.
        let wanted = (2 * (self.text.len() + more)).min(3 * self.max_size);
        if wanted > self.text.capacity() {
            self.text.reserve_exact(wanted - self.text.len());
        }
    }

    /// Evicts the oldest entries until there is room for one of such a size.
    fn evict(&mut self, room: usize) {
        while self.size + room > self.max_size
            && let Some(oldest) = self.entries.pop_front()
        {
            self.size -= oldest.size();
        }
    }

    fn push(&mut self, at: usize, name_len: usize, value: &[u8], tag: T) {
        self.text.extend_from_slice(value);
        // It was admitted, so both fit the table, whose size was given in 32 bits.
        let entry = Entry { at, name_len: name_len as u32, value_len: value.len() as u32, tag };
        self.size += entry.size();
        self.entries.push_back(entry);
    }

    /// Where the next octet of the text stands.
    fn end(&self) -> usize {
        self.dropped.wrapping_add(self.text.len())
    }
}

impl<T> Entry<T> {
    fn size(&self) -> usize {
        self.name_len as usize + self.value_len as usize + OVERHEAD
    }
}

#[cfg(test)]
mod tests;
