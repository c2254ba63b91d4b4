//! From names to nodes: a table of hashes, never changed once it is built. Its keys are an owner's own names, so that no stranger chooses
//! what falls together.

use alloc::vec;
use alloc::vec::Vec;

/// Open addressing: a place has the upper half of a hash and a node plus one, or is zero.
#[derive(Debug)]
pub(super) struct Index {
    places: Vec<u64>,
    mask: usize,
}

impl Index {
    /// The table of so many names.
    pub(super) fn of<'a>(names: impl ExactSizeIterator<Item = &'a [u8]>) -> Index {
        let size = (names.len() * 2).next_power_of_two().max(2);
        let mut index = Index { places: vec![0; size], mask: size - 1 };
        for (node, name) in names.enumerate() {
            let hash = hash(name);
            let mut at = hash as usize & index.mask;
            while index.places[at] != 0 {
                at = (at + 1) & index.mask;
            }
            index.places[at] = entry(hash, node);
        }
        index
    }

    /// The first node under this name for which `same` holds.
    pub(super) fn find(&self, name: &[u8], same: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = hash(name);
        let mut at = hash as usize & self.mask;
        loop {
            let place = self.places[at];
            if place == 0 {
                return None;
            }
            let node = (place & u64::from(u32::MAX)) as usize - 1;
            if place >> 32 == hash >> 32 && same(node) {
                return Some(node);
            }
            at = (at + 1) & self.mask;
        }
    }
}

fn entry(hash: u64, node: usize) -> u64 {
    let node = u32::try_from(node + 1).expect("memory ends before four thousand million names");
    hash >> 32 << 32 | u64::from(node)
}

/// Of the letters as small ones; the bytes before labels are below any letter.
pub(super) fn hash(name: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = name.len() as u64;
    let mut mix = |eight: [u8; 8]| {
        let word = u64::from_le_bytes(eight.map(|byte| byte.to_ascii_lowercase()));
        hash = (hash.rotate_left(23) ^ word).wrapping_mul(ODD);
    };
    let (eights, rest) = name.as_chunks::<8>();
    eights.iter().for_each(|eight| mix(*eight));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(last);
    hash ^ hash >> 29
}
