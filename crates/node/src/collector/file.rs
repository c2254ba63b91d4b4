//! Files of routing tables: read at the start, and whenever they have changed.
//!
//! Read is on the collectors' thread, piece by piece, so that sessions and stations go on in between; no request waits for it.

use super::outlet::Outlet;
use super::session::Damaged;
use super::{One, give_way};
use crate::decode::Decoder;
use crate::signal::{Listening, Signal};
use decide::collect::{Delivery, End, Loaded, MrtCounts, MrtFile};
use decide::content::Layer;
use decide::steer::RouterTable;
use decide::step::CollectorStep;
use decide::time::{Calendar, Duration, Instant};
use host::{File, Found, Opened};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use wire::mrt::Compression;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// Read at a time: it stays near the processor until it is taken in.
const PIECE: usize = 64 << 10;

/// What a file is known by: when it was changed, and how long it is.
type Version = (Calendar, u64);

/// Who reads: one at a time.
#[derive(Default)]
pub(super) struct Reading {
    taken: Cell<bool>,
    free: Signal,
}

/// The right to read, until it is dropped.
struct Turn<'a>(&'a Reading);

impl Reading {
    async fn turn(&self) -> Turn<'_> {
        loop {
            let seen = self.free.number();
            if !self.taken.replace(true) {
                return Turn(self);
            }
            self.free.after(seen).await;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.taken.set(false);
        self.0.free.raise();
    }
}

/// One file.
struct Watched<'a> {
    one: &'a One,
    path: &'a str,
    peer: Option<IpAddr>,
    outlet: Rc<Outlet>,
    /// What was read or refused last.
    settled: Option<Version>,
    /// What was seen last: a file is read when it has stopped changing.
    seen: Option<Version>,
    /// Its table is used.
    held: bool,
    /// The file is gone: until when its table is used all the same.
    until: Option<Instant>,
    damaged: Damaged,
}

/// What came of reading.
enum Read {
    Whole(Box<RouterTable>, MrtCounts),
    /// The file was changed meanwhile.
    Changed,
    /// Why it cannot be used.
    Refused(String),
}

/// Collects until it is to end.
pub(super) async fn collect(one: &One, path: &str, peer: Option<IpAddr>) {
    let Some(outlet) = Outlet::new(&one.all, &one.wanted.pop, &one.wanted.name()) else {
        one.becomes("refused", Some("there are too many sources of routing tables"));
        one.end.after(0).await;
        return;
    };
    outlet.becomes("lost", "not read yet");
    let (settled, seen, until) = (None, None, None);
    let mut watched = Watched { one, path, peer, outlet, settled, seen, held: false, until, damaged: Damaged::default() };
    let mut end = Listening::to(&*one.end, 0);
    {
        let mut watching = pin!(watched.watch());
        poll_fn(|cx| if end.poll(cx).is_ready() { Poll::Ready(()) } else { watching.as_mut().poll(cx) }).await;
    }
    watched.clear("it is not collected any more").await;
}

impl Watched<'_> {
    /// Looks, and reads, for ever.
    async fn watch(&mut self) {
        loop {
            match self.one.all.host.open_named(self.path) {
                Ok(Opened::File(found)) => self.found(found).await,
                Ok(_) => self.absent("it is no regular file").await,
                Err(error) => self.absent(&error.to_string()).await,
            }
            self.one.all.host.sleep(LOOK).await;
        }
    }

    async fn found(&mut self, found: Found) {
        self.until = None;
        let version = version_of(&found);
        // The first time, what lies there is read at once: if it is half a file, it is refused, and read when it has changed again.
        let quiet = self.seen.is_none_or(|seen| seen == version);
        self.seen = Some(version);
        if self.settled == Some(version) || !quiet {
            return;
        }
        let one = self.one;
        let host = &one.all.host;
        // Half-read tables of all files at once would take their memory at once; and no table would be there before the last. The turn is
        // over when the table is handed on: whoever holds the tables is not to be far behind.
        let _turn = one.all.reading.turn().await;
        let began = host.now_afresh();
        let read = self.read(&found.file).await;
        match read {
            Read::Changed => {}
            Read::Refused(why) => {
                self.settled = Some(version);
                self.one.becomes("refused", Some(&why));
                if !self.held {
                    self.outlet.becomes("lost", &why);
                }
                self.one.tell(|pop, keep| CollectorStep::RouteFileRefused { pop, file: keep(self.path), why: keep(&why) });
            }
            Read::Whole(whole, counts) => {
                self.settled = Some(version);
                self.held = true;
                self.one.becomes("read", Some(""));
                let took = host.now_afresh().since(began);
                let loaded = Loaded { networks: whole.len(), beyond: counts.beyond, end: End::File, took };
                self.outlet.give(Delivery::Whole(*whole, loaded), "").await;
                let wrong = counts.malformed_records + counts.damaged;
                if wrong > 0 {
                    let what =
                        format!("{wrong} of {} records or entries are malformed, and were passed over", counts.records.max(counts.entries));
                    self.damaged.count(self.one, &self.outlet.source.name, &what);
                }
            }
        }
    }

    /// There is no file: what was read of it is used for a while.
    async fn absent(&mut self, why: &str) {
        let now = self.one.all.host.now();
        self.one.becomes("absent", Some(why));
        (self.settled, self.seen) = (None, Some(Version::default()));
        if !self.held {
            return self.outlet.becomes("lost", why);
        }
        self.outlet.becomes("kept", why);
        let until = *self.until.get_or_insert(now + self.one.wanted.keep);
        if until <= now {
            self.clear(why).await;
        }
    }

    async fn clear(&mut self, why: &str) {
        self.until = None;
        if std::mem::take(&mut self.held) {
            self.outlet.give(Delivery::Gone, why).await;
        }
    }

    async fn read(&self, file: &File) -> Read {
        let host = &self.one.all.host;
        let mut tables = MrtFile::new(self.peer, self.one.wanted.most);
        let mut piece = vec![0; PIECE];
        let (mut at, mut decoder, mut fault) = (0, None, None);
        loop {
            let length = match file.read_at(at, &mut piece) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) => return Read::Refused(error.to_string()),
            };
            let bytes = &piece[..length];
            if at == 0 {
                decoder = layer_of(bytes).map(|layer| Decoder::new(&[layer]));
            }
            match &mut decoder {
                None => fault = tables.push(bytes).err(),
                Some(decoder) => decoder.push(bytes, &|| host.now(), &mut |bytes| fault = tables.push(bytes).err().or(fault)),
            }
            if let Some(fault) = fault {
                return Read::Refused(fault.to_string());
            }
            at += length as u64;
            give_way().await;
        }
        if !matches!(host.open_named(self.path), Ok(Opened::File(found)) if Some(version_of(&found)) == self.seen) {
            return Read::Changed;
        }
        if let Some(word) = decoder.and_then(|decoder| decoder.finish().first()?.fault).map(|fault| fault.word()) {
            return Read::Refused(format!("its compression is {word}: the file is damaged, or was still being written"));
        }
        self.judge(tables)
    }

    /// Whether what was read can be used.
    fn judge(&self, tables: MrtFile) -> Read {
        let tables = tables.finish();
        if let Some(fault) = tables.fault {
            return Read::Refused(fault.to_string());
        }
        let counts = tables.counts;
        let whole = tables.best();
        if !whole.is_empty() {
            return Read::Whole(Box::new(whole), counts);
        }
        // A router without a route is less likely than a mistake.
        Read::Refused(match self.peer {
            Some(peer) => format!("it has no networks of peer {peer}; {} entries are of other peers", counts.other_peers),
            None => "it has no networks".to_string(),
        })
    }
}

fn version_of(found: &Found) -> Version {
    (found.modified, found.size)
}

fn layer_of(bytes: &[u8]) -> Option<Layer> {
    match Compression::of(bytes)? {
        Compression::Gzip => Some(Layer::Gzip),
        Compression::Zstd => Some(Layer::Zstd),
        Compression::Bzip2 | Compression::Xz => None,
    }
}
