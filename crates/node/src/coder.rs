//! Coding content, piece by piece: one of three libraries, behind one face. It works into memory and never waits.

use decide::files::Coding;
use decide::time::Duration;
use host::Host;
use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;

/// Of content whose length is not known: windows of 2^20 bytes. Longer ones gain little on pages, and every stream pays for its own.
const USUAL_WINDOW: u32 = 20;
/// No window is shorter.
const LEAST_WINDOW: u32 = 16;
/// Brotli works on pieces of this size.
const BROTLI_BUFFER_BYTES: usize = 4096;

/// Contents that are coded at once on one thread, at the most: each has its window and its tables, up to some MiB of them. Beyond, an
/// answer goes as it is to whoever takes it so.
const MOST_AT_ONCE: usize = 64;

/// So much content is coded before other connections have their turn: at the default levels half a millisecond of work, or, where a library
/// gathers it into blocks of its own, one and a half every few slices.
pub(crate) const SLICE_BYTES: usize = 16 * 1024;

/// Counts the contents that are coded at once on one thread.
#[derive(Default)]
pub(crate) struct Places(Rc<Cell<usize>>);

/// A place among them, until dropped.
pub(crate) struct Place(Rc<Cell<usize>>);

impl Places {
    /// One, if there is one left.
    pub(crate) fn take(&self) -> Option<Place> {
        let taken = self.0.get();
        (taken < MOST_AT_ONCE).then(|| {
            self.0.set(taken + 1);
            Place(self.0.clone())
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Content in the making.
pub(crate) struct Coder {
    inner: Option<Inner>,
    out: Vec<u8>,
    /// What went in since the last flush has not all come out.
    holds: bool,
    host: Host,
    /// The work so far.
    pub(crate) work: Work,
    _place: Option<Place>,
}

/// What has been done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub(crate) coding: Coding,
    /// Bytes that went in.
    pub(crate) before: u64,
    /// Bytes that came out.
    pub(crate) after: u64,
    pub(crate) took: Duration,
}

enum Inner {
    Zstd(Box<zstd::stream::write::Encoder<'static, Vec<u8>>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Gzip(Box<flate2::write::GzEncoder<Vec<u8>>>),
}

/// Writing into memory fails for nothing.
const INTO_MEMORY: &str = "memory takes every byte";

impl Coder {
    /// For content of this length, where it is known.
    pub(crate) fn new(host: &Host, coding: Coding, level: u8, length: Option<u64>, place: Option<Place>) -> Coder {
        let window = length.map_or(USUAL_WINDOW, |length| (u64::BITS - length.leading_zeros()).clamp(LEAST_WINDOW, USUAL_WINDOW));
        let inner = match coding {
            Coding::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), i32::from(level)).expect("a level that the settings allow");
                encoder.window_log(window).expect("a window that the format has");
                Inner::Zstd(Box::new(encoder))
            }
            Coding::Brotli => {
                let encoder = brotli::CompressorWriter::new(Vec::new(), BROTLI_BUFFER_BYTES, u32::from(level), window);
                Inner::Brotli(Box::new(encoder))
            }
            Coding::Gzip => {
                let level = flate2::Compression::new(u32::from(level));
                Inner::Gzip(Box::new(flate2::write::GzEncoder::new(Vec::new(), level)))
            }
            Coding::Identity => unreachable!("nothing is to be coded"),
        };
        let work = Work { coding, before: 0, after: 0, took: Duration::ZERO };
        Coder { inner: Some(inner), out: Vec::new(), holds: false, host: host.clone(), work, _place: place }
    }

    /// Takes content.
    pub(crate) fn write(&mut self, content: &[u8]) {
        self.work.before += content.len() as u64;
        self.holds = true;
        self.timed(|coder| coder.writer().write_all(content).expect(INTO_MEMORY));
    }

    /// Whether some of what went in would stay here if nothing followed.
    pub(crate) fn holds(&self) -> bool {
        self.holds
    }

    /// Lets out all that went in: the far end can read it without what follows.
    pub(crate) fn flush(&mut self) {
        self.holds = false;
        self.timed(|coder| coder.writer().flush().expect(INTO_MEMORY));
    }

    /// The content has ended.
    pub(crate) fn finish(&mut self) {
        self.holds = false;
        self.timed(|coder| {
            coder.out = match coder.inner.take() {
                Some(Inner::Zstd(encoder)) => encoder.finish().expect(INTO_MEMORY),
                Some(Inner::Brotli(encoder)) => encoder.into_inner(),
                Some(Inner::Gzip(encoder)) => encoder.finish().expect(INTO_MEMORY),
                None => Vec::new(),
            };
        });
    }

    /// What has come out and was not taken yet: the caller empties it.
    pub(crate) fn output(&mut self) -> &mut Vec<u8> {
        match &mut self.inner {
            Some(Inner::Zstd(encoder)) => encoder.get_mut(),
            Some(Inner::Brotli(encoder)) => encoder.get_mut(),
            Some(Inner::Gzip(encoder)) => encoder.get_mut(),
            None => &mut self.out,
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self.inner.as_mut().expect("nothing follows the end") {
            Inner::Zstd(encoder) => encoder,
            Inner::Brotli(encoder) => encoder,
            Inner::Gzip(encoder) => encoder,
        }
    }

    fn timed(&mut self, work: impl FnOnce(&mut Coder)) {
        let (began, before) = (self.host.now_afresh(), self.output().len());
        work(self);
        self.work.took += self.host.now_afresh().since(began);
        self.work.after += (self.output().len() - before) as u64;
    }
}

#[cfg(test)]
mod tests;
