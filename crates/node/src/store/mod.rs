//! What is stored of answers, in memory that all workers share.
//!
//! - `look`: looking at what is stored; `judge`: whether an answer is; `explain`: both for people.
//! - `object`: a stored answer. `part`: parts that are joined. `coded`: its codings. `fill`: an answer that comes in. `purge`: what purges
//!   name.
//! - `storage`: the border behind which answers are kept; `memory`: what is behind it. `slab`: where long contents lie.
//!
//! Order of calls: `Store::look`; where nothing serves, `Store::join` finds another request's answer on its way, or says who asks; the
//! exchange that asks writes into its `Writer`, whose end stores the answer. No lock is held while anything is awaited.

mod coded;
mod explain;
mod fill;
mod judge;
mod look;
mod memory;
mod object;
mod part;
mod purge;
mod slab;
mod storage;

pub(crate) use coded::{Coded, Form, Wanted};
pub use explain::{AnswerExplained, Explained, StoredAnswer, cache_key, explain_answer};
pub(crate) use fill::{Around, Coming, Flow, Made, Over, Reader, Storing, Told, Writer};
pub(crate) use judge::{Judged, Naming, ask_for_codings, exact, judged};
pub(crate) use look::{Ask, Look, Looking};
pub(crate) use object::{Content, INDEX_BYTES, Names, Object, Piece, Stretch, Variants};
pub use purge::{Purged, Purging, purge_marks};

use decide::cache::{self, Join, Policy, Popularity, Purges, Record, Rule, Selecting, Sequence, Standing, Uncacheable};
use decide::config;
use decide::random::Random;
use decide::time::{Calendar, Duration, Instant};
use fill::Fill;
use host::Host;
use memory::Memory;
use slab::Slabs;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, DefaultHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use storage::Storage;
use wire::http::{Known, Method, RequestHead};

/// Answers under one key at the most; beyond, the oldest goes.
const MOST_VARIANTS: usize = 64;
/// The least share of the memory that one part of the index has. Nothing larger than such a share is stored.
const SHARD_BYTES: u64 = 64 << 20;
/// Of the memory, one part in so many is for what comes in.
const FILLING_SHARE: u64 = 4;
/// With so many marks of purges, those that no stored answer can meet any more are looked for.
const MANY_MARKS: usize = 1 << 14;

/// The store.
pub struct Store {
    storage: Memory,
    seed: Seed,
    /// Bytes that the owner lets it have.
    memory: AtomicU64,
    /// Bytes of what comes in.
    filling: Arc<Gauge>,
    /// Bytes of all contents that somebody has: the index, or a client that reads one which is no longer there.
    contents: Arc<Gauge>,
    purges: RwLock<Purges>,
    /// The number of the last purge: with it, most looks need no lock.
    purged: AtomicU64,
    table: Mutex<Table>,
    /// How often is asked for what other edges keep.
    popularity: Mutex<Popularity>,
}

/// What is under way, and what is known not to be worth waiting for.
#[derive(Default)]
struct Table {
    fills: BTreeMap<Box<[u8]>, Vec<Arc<Fill>>>,
    /// How many are under way that began at this place in the sequence of purges, whether others find them or not.
    under_way: BTreeMap<Sequence, usize>,
    uncacheable: Uncacheable,
    /// Marks of purges there were when they were last looked through.
    swept: usize,
}

/// A request that finds nothing usable stored.
pub(crate) struct Asking<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) request: &'a RequestHead,
    pub(crate) policy: &'a Policy,
    /// Another answer under the key, which tells the fields that select answers there.
    pub(crate) like: Option<&'a Object>,
    /// What it found, so that nothing is asked that was stored since.
    pub(crate) found: Option<&'a Variants>,
    pub(crate) now: Instant,
    pub(crate) calendar: Calendar,
}

impl Asking<'_> {
    /// The range that it asks for; `None`: the whole.
    fn range(&self) -> Option<&[u8]> {
        let ranged = self.request.method == Method::Get;
        self.request.fields.get(Known::Range).filter(|_| ranged)
    }
}

/// What such a request does.
pub(crate) enum Joined {
    /// Something was stored since: it looks again.
    Again,
    /// What it wants is coming in.
    Read(Reader, Arc<Coming>),
    /// It waits for the answer to another.
    Wait(Reader, Instant),
    /// It asks, and others may wait for the answer.
    Lead(Writer, Reader),
    /// It asks for itself.
    Alone(Rule),
}

impl Store {
    pub(crate) fn new(host: &Host, config: &config::Cache) -> Arc<Store> {
        let slabs = Slabs::new(host, memory::shards(for_objects(config.memory)));
        Store::seeded(Seed::of(host), slabs, config)
    }

    fn seeded(seed: Seed, slabs: Slabs, config: &config::Cache) -> Arc<Store> {
        Arc::new(Store {
            storage: Memory::new(for_objects(config.memory), seed.clone(), slabs),
            seed,
            memory: AtomicU64::new(config.memory),
            filling: Arc::default(),
            contents: Arc::default(),
            purges: RwLock::default(),
            purged: AtomicU64::new(0),
            table: Mutex::default(),
            popularity: Mutex::default(),
        })
    }

    /// Goes over to another bound.
    pub(crate) fn configure(&self, config: &config::Cache) {
        if self.memory.swap(config.memory, Ordering::Relaxed) != config.memory {
            self.storage.resize(for_objects(config.memory));
        }
    }

    /// Counts a request for what is not stored.
    pub(crate) fn asked_for(&self, key: &[u8], now: Instant, window: Duration) {
        let key = self.seed.hash_one(key);
        self.popularity.lock().expect("no panic while it is held").count(key, now, window);
    }

    /// How many there were lately.
    pub(crate) fn popularity(&self, key: &[u8], now: Instant, window: Duration) -> u64 {
        let key = self.seed.hash_one(key);
        self.popularity.lock().expect("no panic while it is held").within(key, now, window)
    }

    /// Answers stored; keys, not variants.
    pub fn objects(&self) -> usize {
        self.storage.keys()
    }

    /// Bytes of memory that they take, with all that belongs to them, and those of answers that come in.
    pub fn bytes(&self) -> u64 {
        let indexed = self.storage.bytes();
        indexed.max(self.contents.get()) + self.filling.get()
    }

    /// Bytes of content that comes in to be stored.
    pub fn filling(&self) -> u64 {
        self.filling.get()
    }

    /// Bytes of memory that the owner lets it have.
    pub fn memory(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }

    /// What may come in. What slow clients still read and the index has dropped takes its room: else they could have any number of answers
    /// held for them, each of which had its place when it came.
    fn most_filling(&self) -> u64 {
        let indexed = self.storage.bytes().saturating_sub(self.storage.keys() as u64 * object::INDEX_BYTES as u64);
        (self.memory() / FILLING_SHARE).saturating_sub(self.contents.get().saturating_sub(indexed))
    }

    /// Where contents are counted.
    pub(crate) fn contents(&self) -> &Arc<Gauge> {
        &self.contents
    }

    /// What is stored under a key.
    pub(crate) fn variants(&self, key: &[u8]) -> Option<Variants> {
        self.storage.get(key)
    }

    /// What purges have made of a stored answer.
    pub(crate) fn standing(&self, object: &Object) -> Standing {
        let purged = self.purged.load(Ordering::Acquire);
        if object.born.0 >= purged || object.cleared.load(Ordering::Relaxed) >= purged {
            return Standing::Current;
        }
        let purges = self.purges.read().expect("no panic while it is held");
        let standing = purges.standing(&purge::marks(&object.names), object.born);
        if standing == Standing::Current {
            object.cleared.fetch_max(purges.sequence().0, Ordering::Relaxed);
        }
        standing
    }

    /// The purges there have been: what the backend is asked from now on is as new as they are.
    pub(crate) fn sequence(&self) -> Sequence {
        Sequence(self.purged.load(Ordering::Acquire))
    }

    /// The next purge has the number after this one, if that is not given yet.
    pub(crate) fn go_on_at(&self, place: Sequence) {
        let mut purges = self.purges.write().expect("no panic while it is held");
        purges.go_on_at(place);
        self.purged.store(purges.sequence().0, Ordering::Release);
    }

    /// Purges. What it names is gone, or stale, for every look after this returns; `None` where it cannot be named so.
    pub(crate) fn purge(&self, purging: &Purging, now: Calendar) -> Option<Sequence> {
        if !purging.which.is_sound() {
            return None;
        }
        let mut purges = self.purges.write().expect("no panic while it is held");
        let sequence = match (&purging.which, &purging.site) {
            (Purged::All, None) => purges.purge_all(purging.purge, now),
            _ => purges.purge(&purging.mark(), purging.purge, now),
        };
        self.purged.store(sequence.0, Ordering::Release);
        let marks = purges.len();
        drop(purges);
        if marks >= MANY_MARKS {
            self.sweep(marks);
        }
        Some(sequence)
    }

    /// Forgets the marks that nothing can meet any more, when they have become twice as many as were left the last time.
    fn sweep(&self, marks: usize) {
        // Nothing is stored, and nothing begins, while this is held; who holds it may look at purges, and never the other way round.
        let mut table = self.table();
        if marks < 2 * table.swept {
            return;
        }
        let stored = self.storage.oldest();
        let coming = table.under_way.keys().next().copied();
        let mut purges = self.purges.write().expect("no panic while it is held");
        let oldest = stored.into_iter().chain(coming).min().unwrap_or(purges.sequence());
        purges.forget_before(oldest);
        table.swept = purges.len();
    }

    /// Decides what a request does that found nothing usable.
    pub(crate) fn join(self: &Arc<Store>, asking: &Asking<'_>, record: &mut Record) -> Joined {
        let mut table = self.table();
        let purged = self.purged.load(Ordering::Acquire);
        let under_way = table.fills.get(asking.key).map(Vec::as_slice).unwrap_or_default();
        let mut asked = None;
        for fill in under_way.iter().rev() {
            match fill.coming() {
                Some(coming) if self.serves(&coming, asking) && fill.holds(&coming, asking.range()) => {
                    return Joined::Read(fill.read(), coming);
                }
                // What was asked before a purge may be what the purge is about.
                None if fill.born.0 >= purged
                    && fill.may_serve(&asking.request.fields, asking.range(), &asking.policy.vary)
                    && fill.is_asked() =>
                {
                    asked = Some(fill);
                }
                _ => {}
            }
        }
        let stored = self.storage.peek(asking.key);
        let same = |one: &Variants, other: &Variants| Arc::ptr_eq(&one.objects, &other.objects);
        if let Some(stored) = &stored
            && asking.found.is_none_or(|found| !same(found, stored))
        {
            return Joined::Again;
        }
        let uncacheable = !table.uncacheable.is_empty() && table.uncacheable.holds(self.seed.hash_one(asking.key), asking.now);
        let waiting = asked.map(|fill| fill.readers());
        let (join, rule) = cache::join(asking.request, waiting, uncacheable, asking.now, asking.policy, record);
        match (join, asked) {
            (Join::Wait(until), Some(fill)) => Joined::Wait(fill.read(), until),
            (Join::Lead, _) => {
                let expected = |like: &Object| Selecting::of(&like.head.fields, &asking.request.fields, &asking.policy.vary);
                let fill = Fill::new(asking.key, Sequence(purged)).expecting(asking.like.and_then(expected), asking.range());
                let fill = Arc::new(fill);
                let reader = fill.read();
                table.fills.entry(asking.key.into()).or_default().push(fill.clone());
                Joined::Lead(table.begin(fill, self.clone()), reader)
            }
            _ => Joined::Alone(rule),
        }
    }

    /// Whether what comes in is an answer to this request too.
    fn serves(&self, coming: &Coming, asking: &Asking<'_>) -> bool {
        let Some(storing) = &coming.stored else { return false };
        let object = &storing.object;
        object.serves(&asking.request.fields, asking.policy, asking.calendar) && self.standing(object) == Standing::Current
    }

    /// For a request that others are not to wait for, and whose answer may be stored all the same.
    pub(crate) fn ask_alone(self: &Arc<Store>, key: &[u8]) -> (Writer, Reader) {
        let mut table = self.table();
        let fill = Arc::new(Fill::new(key, self.sequence()));
        let reader = fill.read();
        (table.begin(fill, self.clone()), reader)
    }

    /// For a copy of what goes to a client.
    pub(crate) fn copy(self: &Arc<Store>, key: &[u8]) -> Writer {
        let mut table = self.table();
        let fill = Arc::new(Fill::new(key, self.sequence()).copying());
        table.fills.entry(key.into()).or_default().push(fill.clone());
        table.begin(fill, self.clone())
    }

    /// For what nobody waits for: a stale answer was given, and is to be validated. `None`: that is under way.
    pub(crate) fn revalidate(self: &Arc<Store>, key: &[u8], stale: &Object) -> Option<Writer> {
        let mut table = self.table();
        let purged = self.purged.load(Ordering::Acquire);
        let fills = table.fills.entry(key.into()).or_default();
        let expected = Some(stale.selecting.clone());
        if fills.iter().any(|fill| fill.born.0 >= purged && (fill.expected.is_none() || fill.expected == expected)) {
            return None;
        }
        let fill = Arc::new(Fill::new(key, Sequence(purged)).expecting(expected, None).unattended());
        fills.push(fill.clone());
        Some(table.begin(fill, self.clone()))
    }

    /// For what is to be asked for anew whatever is stored or under way: what is under way is older than the word that it changed, and is
    /// not stored. What is stored serves until the answer is there.
    pub(crate) fn ask_anew(self: &Arc<Store>, key: &[u8]) -> (Writer, Reader) {
        let mut table = self.table();
        table.outdate(key);
        let fill = Arc::new(Fill::new(key, self.sequence()));
        let reader = fill.read();
        table.fills.entry(key.into()).or_default().push(fill.clone());
        (table.begin(fill, self.clone()), reader)
    }

    /// Stores content that was handed over. For every look after this returns it is what is stored under the key, and until then what was
    /// there before: there is no moment without. What was asked for before is not stored any more. `instead_of` names what it replaces
    /// beside what the same requests selected. Returns its place among purges.
    pub(crate) fn push(&self, key: &[u8], object: Object, instead_of: Option<&Purging>, now: Calendar) -> Sequence {
        let mut table = self.table();
        table.outdate(key);
        let stored = self.storage.peek(key);
        let mut purges = self.purges.write().expect("no panic while it is held");
        let sequence = match instead_of {
            Some(purging) => purges.purge(&purging.mark(), purging.purge, now),
            None => purges.advance(),
        };
        let beside = stored.as_ref().filter(|_| instead_of.is_none());
        let mut objects: Vec<Arc<Object>> = beside.map(|stored| stored.objects.to_vec()).unwrap_or_default();
        objects.retain(|other| other.selecting != object.selecting);
        if objects.len() >= MOST_VARIANTS {
            objects.remove(0);
        }
        objects.push(Arc::new(Object { born: sequence, ..object }));
        table.uncacheable.clear(self.seed.hash_one(key));
        let gone = self.storage.put(key, Variants::new(key, objects));
        self.purged.store(sequence.0, Ordering::Release);
        drop((purges, table, stored, gone));
        sequence
    }

    /// A place in the sequence of purges without one: what is asked for from now on is newer than all before.
    pub(crate) fn advance(&self) -> Sequence {
        let mut purges = self.purges.write().expect("no panic while it is held");
        let sequence = purges.advance();
        self.purged.store(sequence.0, Ordering::Release);
        sequence
    }

    /// Drops what is stored under a key and was asked for before this place.
    pub(crate) fn discard_older(&self, key: &[u8], than: Sequence) {
        let table = self.table();
        let Some(stored) = self.storage.peek(key) else { return };
        let objects: Vec<_> = stored.objects.iter().filter(|object| object.born >= than).cloned().collect();
        let gone = match objects.len() {
            0 => self.storage.remove(key),
            left if left < stored.objects.len() => self.storage.put(key, Variants::new(key, objects)),
            _ => return,
        };
        drop((table, stored, gone));
    }

    /// An exchange that wrote is over.
    fn end(&self, born: Sequence) {
        let mut table = self.table();
        if let Some(count) = table.under_way.get_mut(&born) {
            *count -= 1;
            if *count == 0 {
                table.under_way.remove(&born);
            }
        }
    }

    /// Nobody is to find it any more.
    fn withdraw(&self, fill: &Arc<Fill>) {
        let mut table = self.table();
        if let Some(fills) = table.fills.get_mut(&fill.key) {
            fills.retain(|other| !Arc::ptr_eq(other, fill));
            if fills.is_empty() {
                table.fills.remove(&fill.key);
            }
        }
    }

    /// Stores an answer, in place of what the same requests selected. Returns whether it did: not where something has changed since it was
    /// asked for.
    pub(crate) fn put(&self, key: &[u8], object: Arc<Object>) -> bool {
        let table = self.table();
        let stored = self.storage.peek(key);
        let mut objects: Vec<Arc<Object>> = stored.as_ref().map(|stored| stored.objects.to_vec()).unwrap_or_default();
        let newer = |other: &Arc<Object>| other.selecting == object.selecting && other.born > object.born;
        // A purge while it came in was about it, or what was asked for since is there already.
        if self.standing(&object) == Standing::Gone || objects.iter().any(newer) {
            return false;
        }
        objects.retain(|other| other.selecting != object.selecting && self.standing(other) != Standing::Gone);
        if objects.len() >= MOST_VARIANTS {
            objects.remove(0);
        }
        objects.push(object);
        let gone = self.storage.put(key, Variants::new(key, objects));
        drop((stored, table, gone));
        true
    }

    /// Puts an answer in the place of one that it was made of. Nothing happens where that is no longer there; returns whether it was.
    pub(crate) fn replace(&self, key: &[u8], old: &Arc<Object>, new: Arc<Object>) -> bool {
        let table = self.table();
        let Some(stored) = self.storage.peek(key) else { return false };
        let mut objects = stored.objects.to_vec();
        let Some(place) = objects.iter_mut().find(|object| Arc::ptr_eq(object, old)) else { return false };
        *place = new;
        let gone = self.storage.put(key, Variants::new(key, objects));
        drop((table, gone));
        true
    }

    /// Weighs the answer anew whose content has come to be there in another coding.
    fn weigh(&self, key: &[u8], coded: &Arc<Coded>) {
        let table = self.table();
        let Some(stored) = self.storage.peek(key) else { return };
        let has_it = stored.objects.iter().any(|object| Arc::ptr_eq(&object.coded, coded));
        let gone = has_it.then(|| self.storage.put(key, Variants::new(key, stored.objects.to_vec())));
        drop((table, gone));
    }

    /// Drops a stored answer that the origin has replaced by one that is not stored.
    pub(crate) fn discard(&self, key: &[u8], old: &Arc<Object>) {
        let table = self.table();
        let Some(stored) = self.storage.peek(key) else { return };
        let mut objects = stored.objects.to_vec();
        objects.retain(|object| !Arc::ptr_eq(object, old));
        let gone = match objects.is_empty() {
            true => self.storage.remove(key),
            false => self.storage.put(key, Variants::new(key, objects)),
        };
        drop((table, gone));
    }

    /// Drops what is stored under a key, and keeps what is under way from being found: it may be older than what made it invalid.
    pub(crate) fn invalidate(&self, key: &[u8]) {
        let mut table = self.table();
        let gone = self.storage.remove(key);
        table.outdate(key);
        drop((table, gone));
    }

    /// Remembers for a time that nobody need wait for the answer under a key, or, without a time, that this is over.
    pub(crate) fn remember_uncacheable(&self, key: &[u8], time: Option<Duration>, now: Instant) {
        let mut table = self.table();
        if time.is_none() && table.uncacheable.is_empty() {
            return;
        }
        let hash = self.seed.hash_one(key);
        match time {
            Some(time) => table.uncacheable.note(hash, time, now),
            None => table.uncacheable.clear(hash),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("no panic while it is held")
    }
}

impl Table {
    /// What is under way for a key is found by nobody any more, and not stored.
    fn outdate(&mut self, key: &[u8]) {
        for fill in self.fills.remove(key).unwrap_or_default() {
            fill.outdate();
        }
    }

    /// An exchange begins to write.
    fn begin(&mut self, fill: Arc<Fill>, store: Arc<Store>) -> Writer {
        *self.under_way.entry(fill.born).or_default() += 1;
        Writer::new(fill, store)
    }
}

/// What of the memory is for stored answers: the rest is for what comes in.
fn for_objects(memory: u64) -> u64 {
    memory - memory / FILLING_SHARE
}

/// A number that goes up and down, from any thread.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Adds, unless it would come to more than `most`.
    pub(super) fn add_within(&self, more: u64, most: u64) -> bool {
        self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, |now| now.checked_add(more).filter(|sum| *sum <= most)).is_ok()
    }

    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn sub(&self, less: u64) {
        self.0.fetch_sub(less, Ordering::Relaxed);
    }
}

/// What one has added to a gauge: taken off it in the end, whatever happens.
#[derive(Default)]
struct Share {
    of: Option<Arc<Gauge>>,
    bytes: u64,
}

impl Share {
    /// Adds, unless the gauge would come to more than `most`.
    fn add_within(&mut self, of: &Arc<Gauge>, more: u64, most: u64) -> bool {
        let fits = of.add_within(more, most);
        if fits {
            self.bytes += more;
            self.of.get_or_insert_with(|| of.clone());
        }
        fits
    }

    fn give_back(&mut self) {
        if let Some(of) = &self.of {
            of.sub(std::mem::take(&mut self.bytes));
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// A hash that nobody outside can foresee: keys are chosen by clients. It has taken in what nobody knows, and every key goes on from there.
#[derive(Clone)]
pub(crate) struct Seed(DefaultHasher);

impl Seed {
    pub(crate) fn of(host: &Host) -> Seed {
        let mut random = host.rng();
        Seed::new([random.next(), random.next()])
    }

    fn new(secret: [u64; 2]) -> Seed {
        let mut hasher = DefaultHasher::new();
        secret.iter().for_each(|word| hasher.write_u64(*word));
        Seed(hasher)
    }
}

impl BuildHasher for Seed {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests;
