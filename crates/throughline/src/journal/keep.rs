//! Which records are still of use: what a restart does again.
//!
//! Handed over content is, until it is handed over anew or purged for good; a purge is as long as content is kept that was handed over
//! before it; a notice is until its URL is asked for. What else was stored is not there after a restart, so that no purge need find it.

use super::files::Name;
use super::record::Record;
use decide::cache::Purge;
use node::{Purging, purge_marks};
use std::collections::{BTreeMap, BTreeSet};

/// Where a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: Name,
    pub(super) offset: u64,
    pub(super) len: u64,
}

/// The records of use.
#[derive(Debug, Default)]
pub(super) struct Keep {
    /// By number.
    kept: BTreeMap<u64, Kept>,
    /// The number of the one that each name stands for.
    names: BTreeMap<Vec<u8>, u64>,
    bytes: u64,
    pushes: u64,
}

#[derive(Debug)]
struct Kept {
    name: Vec<u8>,
    place: Place,
    /// Site and URL of content.
    push: Option<(String, String)>,
}

impl Keep {
    /// Bytes of their frames.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether the frame at this place is of use.
    pub(super) fn holds(&self, sequence: u64, file: Name, offset: u64) -> bool {
        self.kept.get(&sequence).is_some_and(|kept| kept.place.file == file && kept.place.offset == offset)
    }

    /// Where frames of use begin in a file.
    pub(super) fn offsets(&self, file: Name) -> BTreeSet<u64> {
        self.kept.values().filter(|kept| kept.place.file == file).map(|kept| kept.place.offset).collect()
    }

    /// A frame is somewhere else from now on.
    pub(super) fn moved(&mut self, sequence: u64, place: Place) {
        if let Some(kept) = self.kept.get_mut(&sequence) {
            kept.place = place;
        }
    }

    /// A record was accepted. What it makes useless goes.
    pub(super) fn add(&mut self, sequence: u64, place: Place, record: &Record) {
        let (name, push) = match record {
            Record::Done { of } => return self.remove(*of),
            // Nothing that it could be about would be there after a restart.
            Record::Purge(_) if self.pushes == 0 => return,
            Record::Purge(purging) => (purge_name(purging), None),
            Record::Changed { site, url, .. } => {
                ([b"n", site.as_deref().unwrap_or_default().as_bytes(), b"\n", url.as_bytes()].concat(), None)
            }
            Record::Push(push) => {
                let under = [b"c", push.site.as_bytes(), b"\n", push.url.as_bytes(), b"\n"].concat();
                if push.alone {
                    let of_url = self.names.range(under.clone()..).take_while(|(name, _)| name.starts_with(&under));
                    let replaced: Vec<u64> = of_url.map(|(_, sequence)| *sequence).collect();
                    replaced.into_iter().for_each(|sequence| self.remove(sequence));
                }
                let mut name = under;
                for (field, value) in &push.request {
                    name.extend([&field[..], b": ", value, b"\n"].concat());
                }
                (name, Some((push.site.clone(), push.url.clone())))
            }
        };
        if let Some(earlier) = self.names.get(&name).copied() {
            self.remove(earlier);
        }
        self.bytes += place.len;
        self.pushes += u64::from(push.is_some());
        self.names.insert(name.clone(), sequence);
        self.kept.insert(sequence, Kept { name, place, push });
    }

    fn remove(&mut self, sequence: u64) {
        let Some(kept) = self.kept.remove(&sequence) else { return };
        self.names.remove(&kept.name);
        self.bytes -= kept.place.len;
        self.pushes -= u64::from(kept.push.is_some());
    }

    /// All content goes: among records that are lost may be a purge of it.
    pub(super) fn forget_pushes(&mut self) -> u64 {
        let pushes: Vec<u64> = self.kept.iter().filter(|(_, kept)| kept.push.is_some()).map(|(sequence, _)| *sequence).collect();
        pushes.iter().for_each(|sequence| self.remove(*sequence));
        self.forget_purges();
        pushes.len() as u64
    }

    /// Drops what nothing needs, and then the oldest content until no more than `most` bytes are left. Says how many contents there was no
    /// room for.
    pub(super) fn trim(&mut self, most: u64) -> u64 {
        let gone = |(sequence, kept): (&u64, &Kept)| {
            let (site, url) = kept.push.as_ref()?;
            let purged = |mark: &[u8]| self.names.get(&[b"ph", mark].concat()).is_some_and(|purge| purge > sequence);
            purge_marks(site, url).iter().any(|mark| purged(mark)).then_some(*sequence)
        };
        let purged: Vec<u64> = self.kept.iter().filter_map(gone).collect();
        purged.into_iter().for_each(|sequence| self.remove(sequence));
        self.forget_purges();
        let mut dropped = 0;
        while self.bytes > most {
            // Beside content there is little: what is left of it goes too, oldest first.
            let content = self.kept.iter().find(|(_, kept)| kept.push.is_some()).map(|(sequence, _)| *sequence);
            let Some(sequence) = content.or(self.kept.keys().next().copied()) else { break };
            self.remove(sequence);
            dropped += 1;
            self.forget_purges();
        }
        dropped
    }

    /// Purges before all content have nothing to be about.
    fn forget_purges(&mut self) {
        let first = self.kept.iter().find(|(_, kept)| kept.push.is_some()).map_or(u64::MAX, |(sequence, _)| *sequence);
        let useless = |(sequence, kept): (&u64, &Kept)| kept.name.starts_with(b"p") && *sequence < first;
        let moot: Vec<u64> =
            self.kept.iter().take_while(|(sequence, _)| **sequence < first).filter(|kept| useless(*kept)).map(|kept| *kept.0).collect();
        moot.into_iter().for_each(|sequence| self.remove(sequence));
    }
}

/// A later purge of the same makes an earlier one useless.
fn purge_name(purging: &Purging) -> Vec<u8> {
    let kind: &[u8] = if purging.purge == Purge::Hard { b"ph" } else { b"ps" };
    [kind, &purging.mark()].concat()
}

#[cfg(test)]
mod tests;
