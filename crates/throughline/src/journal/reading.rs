//! What a start makes of the files.
//!
//! The last write of a process that was killed, or whose machine lost its power, may be there in part: nobody was told that it was
//! accepted, and it is cut off. Each frame tells up to which number all was on disk when it was written; so where a broken frame stands
//! before whole ones, it is known whether it had been acknowledged. If it had, the disk has lost it: that is told, the file is put aside,
//! and content handed over before is forgotten, because a purge of it may be among what is lost.

use super::Event;
use super::files::{Directory, Name};
use super::frame::{Frames, Stamp};
use super::keep::{Keep, Place};
use std::io;

/// What the files hold.
#[derive(Default)]
pub(super) struct Found {
    pub(super) keep: Keep,
    /// The last number given.
    pub(super) last: u64,
    pub(super) files: Vec<Name>,
    /// Those of them that are to be put aside.
    pub(super) broken: Vec<Name>,
    pub(super) events: Vec<Event>,
}

/// Reads all files.
pub(super) fn read(directory: &Directory) -> io::Result<Found> {
    let mut found = Found { files: directory.list()?, ..Found::default() };
    let files = found.files.clone();
    for (index, name) in files.iter().enumerate() {
        if let Name::Log(first) = name
            && *first > found.last + 1
        {
            let missing = format!("numbers {} to {} are missing before {}", found.last + 1, first - 1, directory.path(*name).display());
            found.lost(missing);
            found.last = first - 1;
        }
        let is_last = index + 1 == files.len();
        found.read_file(directory, *name, is_last)?;
        if let Name::Base(last) = name {
            found.last = *last;
        }
    }
    Ok(found)
}

impl Found {
    fn read_file(&mut self, directory: &Directory, name: Name, is_last: bool) -> io::Result<()> {
        let file = directory.path(name).display().to_string();
        let mut frames = Frames::of(directory.read(name)?)?;
        loop {
            while let Some(framed) = frames.next()? {
                let place = Place { file: name, offset: framed.offset, len: framed.len };
                self.take(name, framed.stamp, place, &framed.record);
            }
            let (at, left) = (frames.at(), frames.left());
            if left == 0 {
                return Ok(());
            }
            // Nobody writes into a base once it has its name, and into a log only as long as it is the last file.
            let unfinished = is_last && matches!(name, Name::Log(_));
            match frames.resume()? {
                Some(next) if !unfinished || next.durable > self.last => {
                    let until = next.sequence.saturating_sub(1);
                    self.lost(format!("{file} is broken at byte {at}: numbers {} to {until} are lost", self.last + 1));
                    self.broken(name);
                    self.last = self.last.max(until);
                }
                _ if unfinished => {
                    self.events.push(Event::Cut { file, bytes: left });
                    return Ok(());
                }
                _ => {
                    self.lost(format!("{file} is broken from byte {at} on: numbers from {} on are lost there", self.last + 1));
                    self.broken(name);
                    return Ok(());
                }
            }
        }
    }

    fn take(&mut self, name: Name, stamp: Stamp, place: Place, record: &super::Record) {
        match name {
            // Of a base most numbers are missing, because they are of no use any more.
            Name::Base(_) => {}
            // What could neither be made sure of nor taken back was refused, and its number given anew.
            Name::Log(_) if stamp.sequence <= self.last => return,
            Name::Log(_) if stamp.sequence > self.last + 1 => {
                let (first, until) = (self.last + 1, stamp.sequence - 1);
                self.lost(format!("numbers {first} to {until} are missing"));
            }
            Name::Log(_) => {}
        }
        self.last = self.last.max(stamp.sequence);
        self.keep.add(stamp.sequence, place, record);
    }

    fn broken(&mut self, name: Name) {
        if !self.broken.contains(&name) {
            self.broken.push(name);
        }
    }

    fn lost(&mut self, what: String) {
        let forgotten = self.keep.forget_pushes();
        let more = if forgotten > 0 {
            format!("; {forgotten} pushed contents are not stored again, for a purge may be among them")
        } else {
            String::new()
        };
        self.events.push(Event::Damaged(format!("{what}{more}")));
    }
}
