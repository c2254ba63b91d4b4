//! Names written once, and pointed at after that (RFC 1035 §4.1.4).

/// Names of a message that later ones may point at. Of a long message only the first are remembered: what repeats in answers is the name
/// asked about and the zone's.
pub(super) struct Names {
    offsets: [u16; REMEMBERED],
    /// How many pointers each leads over.
    hops: [u8; REMEMBERED],
    count: usize,
}

const REMEMBERED: usize = 48;
/// Who reads a name follows no more than ten pointers in the strictest libraries, Go's among them. Names that grow out of each other, as
/// under a DNAME that leads below itself, would make longer chains.
const MOST_HOPS: u8 = 8;
/// A pointer has fourteen bits.
const FARTHEST: usize = 0x3fff;

impl Names {
    pub(super) fn new() -> Names {
        Names { offsets: [0; REMEMBERED], hops: [0; REMEMBERED], count: 0 }
    }

    /// How many there are, to come back to.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Only the first so many are known again.
    pub(super) fn back_to(&mut self, count: usize) {
        self.count = count;
    }

    /// Remembers the name that lies at `at`, which has no pointer, and all its ends.
    pub(super) fn remember(&mut self, message: &[u8], at: usize) {
        self.keep(message, at, 0);
    }

    /// The same down to where it becomes a pointer, over so many of them in all.
    fn keep(&mut self, message: &[u8], mut at: usize, hops: u8) {
        while let Some(&label) = message.get(at) {
            if label == 0 || label >= 0xc0 || at > FARTHEST || self.count == REMEMBERED {
                return;
            }
            self.offsets[self.count] = u16::try_from(at).expect("fourteen bits");
            self.hops[self.count] = hops;
            self.count += 1;
            at += 1 + usize::from(label);
        }
    }

    /// Writes a name to the end of `out`, whose message begins at `start`; with a pointer where an end of it is there already, in whichever
    /// case of letters.
    pub(super) fn write(&mut self, out: &mut alloc::vec::Vec<u8>, start: usize, name: &[u8]) {
        let begun = out.len() - start;
        let mut at = 0;
        while name[at] != 0 {
            let message = &out[start..];
            let mut known = self.offsets[..self.count].iter().zip(&self.hops);
            let known = known.find(|(offset, hops)| **hops < MOST_HOPS && is_at(message, usize::from(**offset), &name[at..]));
            if let Some((offset, hops)) = known {
                let (pointer, hops) = (0xc000 | *offset, *hops + 1);
                out.extend_from_slice(&name[..at]);
                out.extend_from_slice(&pointer.to_be_bytes());
                self.keep(&out[start..], begun, hops);
                return;
            }
            at += 1 + usize::from(name[at]);
        }
        out.extend_from_slice(name);
        self.keep(&out[start..], begun, 0);
    }
}

/// Whether `name` lies at `at` of our own message, whose pointers lead backward.
fn is_at(message: &[u8], mut at: usize, mut name: &[u8]) -> bool {
    loop {
        let Some(&label) = message.get(at) else { return false };
        if label >= 0xc0 {
            let Some(low) = message.get(at + 1) else { return false };
            let to = usize::from(u16::from_be_bytes([label & 0x3f, *low]));
            if to >= at {
                return false;
            }
            at = to;
            continue;
        }
        let len = 1 + usize::from(label);
        let (Some(there), Some(here)) = (message.get(at..at + len), name.get(..len)) else { return false };
        if !there.eq_ignore_ascii_case(here) {
            return false;
        }
        if label == 0 {
            return true;
        }
        at += len;
        name = &name[len..];
    }
}
