//! The journal's thread: writes what waits, makes sure of it, has it carried out; and from time to time writes what is still of use into a
//! file of its own, so that the rest can go.

use super::files::{Directory, Name};
use super::frame::{self, FILE_HEAD, Frames, Salt, Stamp};
use super::keep::{Keep, Place};
use super::{Event, Missed, Refused, Shared, Tell, Waiting, reading};
use decide::config;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Below this nothing is tidied up.
const LITTLE: u64 = 1 << 20;

pub(super) struct Writer {
    shared: Arc<Shared>,
    tell: Tell,
    directory: Directory,
    size: u64,
    keep: Keep,
    /// The last number on disk.
    last: u64,
    /// The files before the log, and their bytes.
    before: Vec<Name>,
    before_bytes: u64,
    log: Log,
    /// There was no room to tidy up at the start, which comes before anything is written: files to be put aside then.
    unready: Option<Vec<Name>>,
    /// Bytes with which it is tidied up again where the last time did not work.
    patience: u64,
}

/// The file that is written.
struct Log {
    name: Name,
    /// `None`: after a failure it must first be brought into the state that is known.
    file: Option<File>,
    salt: Salt,
    /// Bytes that are on disk for good.
    len: u64,
}

impl Writer {
    /// Takes the directory, reads what is there, and tidies up. Beside the writer: the files with what is to be done again. The error is a
    /// sentence.
    pub(super) fn open(settings: &config::Journal, shared: Arc<Shared>, tell: Tell) -> Result<(Writer, Vec<Missed>), String> {
        let directory = Directory::open(settings)?;
        let place = super::files::directory(settings);
        let unusable = |error: io::Error| format!("cannot use the journal in {}: {error}", place.display());
        let found = reading::read(&directory).map_err(unusable)?;
        let log = Log { name: Name::Log(found.last + 1), file: None, salt: Salt::draw(), len: 0 };
        let mut writer = Writer {
            shared,
            tell,
            directory,
            size: settings.size,
            keep: found.keep,
            last: found.last,
            before: found.files,
            before_bytes: 0,
            log,
            unready: None,
            patience: 0,
        };
        // Without room nothing is accepted, but what is there can be read, and the sites can be served.
        match writer.tidy(&found.broken) {
            Err(error) if is_full(&error) => {
                writer.told_failing(&error);
                writer.unready = Some(found.broken);
            }
            tidied => tidied.map_err(unusable)?,
        }
        // Only now: what is told is not told again by the next start.
        found.events.into_iter().for_each(|event| (writer.tell)(event));
        let shared = &writer.shared;
        [&shared.accepted, &shared.durable].iter().for_each(|count| count.store(writer.last, Ordering::Release));
        shared.failing.store(writer.unready.is_some(), Ordering::Relaxed);
        let missed = |name: &Name| Ok(Missed { file: writer.directory.read(*name)?, offsets: writer.keep.offsets(*name) });
        let missed = writer.before.iter().map(missed).collect::<io::Result<Vec<Missed>>>().map_err(unusable)?;
        Ok((writer, missed))
    }

    pub(super) fn run(mut self) {
        let _end = End(self.shared.clone());
        loop {
            let mut queue = self.shared.queue();
            while queue.waiting.is_empty() && !queue.closed {
                queue = self.shared.wake.wait(queue).expect("no panic while it is held");
            }
            let batch = std::mem::take(&mut queue.waiting);
            queue.bytes = 0;
            drop(queue);
            if batch.is_empty() {
                return;
            }
            self.accept(batch);
            self.tidy_if_due();
        }
    }

    /// Writes all that waits, with one wait for the disk.
    pub(super) fn accept(&mut self, batch: Vec<Waiting>) {
        if let Err(error) = self.make_ready() {
            return self.refuse(batch, &error);
        }
        let (mut frames, mut places, mut sequence) = (Vec::new(), Vec::new(), self.last);
        for waiting in &batch {
            for record in &waiting.records {
                sequence += 1;
                let offset = frames.len() as u64;
                frame::write(&Stamp { sequence, durable: self.last, at: waiting.at }, record, &self.log.salt, &mut frames);
                places.push(Place { file: self.log.name, offset: self.log.len + offset, len: frames.len() as u64 - offset });
            }
        }
        if self.bytes() + frames.len() as u64 > self.size {
            let full = io::Error::new(io::ErrorKind::StorageFull, "it has its full size, and could not be tidied up");
            return self.refuse(batch, &full);
        }
        self.shared.accepted.store(sequence, Ordering::Release);
        if let Err(error) = self.log.write(&frames, &self.directory) {
            self.shared.accepted.store(self.last, Ordering::Release);
            return self.refuse(batch, &error);
        }
        drop(frames);
        self.shared.durable.store(sequence, Ordering::Release);
        self.shared.bytes.store(self.bytes(), Ordering::Release);
        if self.shared.failing.swap(false, Ordering::Relaxed) {
            (self.tell)(Event::Recovered { sequence });
        }
        let mut places = places.into_iter();
        for Waiting { records, done, .. } in batch {
            let first = self.last + 1;
            for record in &records {
                self.last += 1;
                self.keep.add(self.last, places.next().expect("one for each record"), record);
            }
            let told = done(Ok(first));
            self.shared.applied.store(self.last, Ordering::Release);
            told();
        }
    }

    fn make_ready(&mut self) -> io::Result<()> {
        if let Some(broken) = self.unready.take() {
            self.tidy(&broken).inspect_err(|_| self.unready = Some(broken))?;
        }
        self.log.make_ready(&self.directory)
    }

    /// Tells it, once until it works again. Gives the sentence.
    fn told_failing(&self, error: &io::Error) -> String {
        let what = if is_full(error) { "there is no room for the journal" } else { "the journal cannot be written" };
        let why = format!("{what} ({error})");
        if !self.shared.failing.swap(true, Ordering::Relaxed) {
            (self.tell)(Event::Failed(why.clone()));
        }
        why
    }

    fn refuse(&self, batch: Vec<Waiting>, error: &io::Error) {
        let why = self.told_failing(error);
        for waiting in batch {
            self.shared.refused.fetch_add(waiting.records.len() as u64, Ordering::Relaxed);
            (waiting.done)(Err(Refused { why: format!("{why}: nothing was done"), too_long: false }))();
        }
    }

    /// From now on this is written into.
    #[cfg(test)]
    pub(super) fn spoil(&mut self, file: File) {
        self.log.file = Some(file);
    }

    fn bytes(&self) -> u64 {
        self.before_bytes + self.log.len
    }

    fn tidy_if_due(&mut self) {
        let bytes = self.bytes();
        // A third for the log and a third for what is kept leave one for the new file beside the old ones.
        let due = bytes > self.size / 3 * 2 || (bytes > LITTLE && bytes > 2 * self.keep.bytes());
        if !due || bytes < self.patience {
            return;
        }
        self.patience = match self.tidy(&[]) {
            Ok(()) => 0,
            // It goes on as it is, and is tried again when there is more of it.
            Err(_) => bytes + bytes / 8,
        };
    }

    /// Writes what is of use into a file of its own, and begins another log. After an error all is as it was.
    fn tidy(&mut self, broken: &[Name]) -> io::Result<()> {
        let tidied = self.write_anew(broken);
        if tidied.is_err() {
            // What is half written may be what there was no room for.
            let _ = self.directory.remove_unfinished();
        }
        tidied
    }

    fn write_anew(&mut self, broken: &[Name]) -> io::Result<()> {
        let dropped = self.keep.trim(self.size / 3);
        let old: Vec<Name> = self.before.iter().copied().chain((self.log.len > 0).then_some(self.log.name)).collect();
        let (base, log) = (Name::Base(self.last), Name::Log(self.last + 1));
        let mut places = Vec::new();
        let mut bytes = 0;
        if self.last > 0 {
            bytes = self.copy(&old, base, &mut places)?;
        }
        let salt = Salt::draw();
        let mut file = self.directory.create(log)?;
        file.write_all(&salt.head())?;
        file.sync_all()?;
        broken.iter().try_for_each(|name| self.directory.put_aside(*name))?;
        // The base first: without it, the log would begin behind a gap.
        let names = [base, log];
        self.directory.settle(if self.last > 0 { &names } else { &names[1..] })?;
        places.into_iter().for_each(|(sequence, place)| self.keep.moved(sequence, place));
        self.before = if self.last > 0 { vec![base] } else { Vec::new() };
        self.before_bytes = bytes;
        self.log = Log { name: log, file: Some(file), salt, len: FILE_HEAD as u64 };
        self.shared.bytes.store(self.bytes(), Ordering::Release);
        let still = |name: &Name| *name != base && *name != log;
        let useless: Vec<Name> = old.into_iter().filter(still).collect();
        self.directory.remove(&useless)?;
        if dropped > 0 {
            (self.tell)(Event::Trimmed(dropped));
        }
        Ok(())
    }

    /// Copies the frames of use. Gives the bytes written, and the new places.
    fn copy(&self, from: &[Name], base: Name, places: &mut Vec<(u64, Place)>) -> io::Result<u64> {
        let salt = Salt::draw();
        let file = self.directory.create(base)?;
        let mut out = BufWriter::with_capacity(1 << 18, file);
        out.write_all(&salt.head())?;
        let (mut offset, mut buffer) = (FILE_HEAD as u64, Vec::new());
        for name in from.iter().filter(|_| !self.keep.is_empty()) {
            let mut frames = Frames::of(self.directory.read(*name)?)?;
            loop {
                while let Some(framed) = frames.next()? {
                    if self.keep.holds(framed.stamp.sequence, *name, framed.offset) {
                        buffer.clear();
                        frame::write(&framed.stamp, &framed.record, &salt, &mut buffer);
                        out.write_all(&buffer)?;
                        let len = buffer.len() as u64;
                        places.push((framed.stamp.sequence, Place { file: base, offset, len }));
                        offset += len;
                    }
                }
                if frames.resume()?.is_none() {
                    break;
                }
            }
        }
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(offset)
    }
}

/// There may be room again later.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// The end of the thread, whatever ended it: who waits, and who comes later, is told.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.closed = true;
        queue.waiting.clear();
    }
}

impl Log {
    /// Writes frames and makes sure of them. After an error none of them is there: else a record would hold that was refused.
    fn write(&mut self, frames: &[u8], directory: &Directory) -> io::Result<()> {
        let file = self.file.as_mut().expect("it was made ready");
        let written = file.write_all(frames).and_then(|()| file.sync_data());
        if let Err(error) = written {
            self.file = None;
            // If this does not work either, it is done before anything else is written.
            let _ = self.make_ready(directory);
            return Err(error);
        }
        self.len += frames.len() as u64;
        Ok(())
    }

    /// After a failure: cuts off what may have been written of what was refused. What the system still had in memory for the end of the
    /// file is not trusted after an error, so that the file is opened anew.
    fn make_ready(&mut self, directory: &Directory) -> io::Result<()> {
        if self.file.is_none() {
            let mut file = OpenOptions::new().write(true).open(directory.path(self.name))?;
            file.set_len(self.len)?;
            file.sync_all()?;
            file.seek(SeekFrom::Start(self.len))?;
            self.file = Some(file);
        }
        Ok(())
    }
}
