//! An answer while it comes in: one exchange writes it, and every request that waits for it reads it as it grows.
//!
//! What is to be stored is held whole, so that whoever comes late reads from the beginning. What is not, or has turned out to be too long,
//! is held only as far as the slowest reader is behind, and the backend waits for that one.

use super::coded::Making;
use super::object::{Content, Object, Piece};
use super::slab::Growing;
use super::storage::Storage;
use super::{Gauge, Share, Store};
use decide::cache::{Normalise, Rule, Selecting, Sequence};
use decide::step::{Side, Step};
use decide::time::Instant;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use wire::http::{Fields, ResponseHead};

/// Bytes by which the slowest reader may be behind where the content is not kept.
const WINDOW_BYTES: u64 = 256 * 1024;

/// An answer that comes in.
pub(crate) struct Fill {
    pub(super) key: Box<[u8]>,
    /// The purges there had been when the backend was asked.
    pub(crate) born: Sequence,
    /// Nobody waits for it: it is asked for the sake of later requests.
    unattended: bool,
    /// The fields by which its answer will most likely be selected, where another answer under the key has told them.
    pub(super) expected: Option<Selecting>,
    /// It is no answer, but the content of one that is stored, or comes in, in another coding.
    form: Option<Making>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    told: Option<Told>,
    interims: Vec<ResponseHead>,
    /// What was done for it, until a request that reads it takes it into its journey.
    steps: Vec<(Instant, Step)>,
    /// What is held of the content, each piece with the place where it begins.
    pieces: VecDeque<(u64, Piece)>,
    /// The same once it is whole: its memory is counted as long as somebody reads it here.
    whole: Option<Arc<Content>>,
    len: u64,
    /// All of it is held, and becomes a stored answer.
    kept: bool,
    /// What it is counted with among all that come in, as long as anybody holds it.
    counted: Share,
    /// It was kept up to here, and is not any more.
    kept_until: u64,
    end: Option<Result<(), (&'static str, Side)>>,
    readers: BTreeMap<u64, Seat>,
    /// The number of the next reader. It is never given twice: the first is the one whose request was sent.
    next: u64,
    /// Something has made it out of date: it is not stored.
    outdated: bool,
    /// The exchange is over, and what it brought is stored if it was to be.
    closed: bool,
    writer: Option<Waker>,
}

#[derive(Default)]
struct Seat {
    position: u64,
    waker: Option<Waker>,
}

/// What came of asking the backend.
#[derive(Clone)]
pub(crate) enum Told {
    /// An answer is on its way.
    Coming(Arc<Coming>),
    /// This stored answer is current: the backend has said so.
    Current(Arc<Object>),
    /// There is none: this is said in its place.
    Made(Arc<Made>),
}

/// The head of an answer on its way.
pub(crate) struct Coming {
    /// As the backend sent it, for the request that asked.
    pub(crate) head: ResponseHead,
    /// How long its content is, where that is known.
    pub(crate) length: Option<u64>,
    /// What is stored of it, if it is.
    pub(crate) stored: Option<Storing>,
    /// The rule that decided on that.
    pub(crate) rule: Rule,
}

/// A stored answer that has everything but its content.
pub(crate) struct Storing {
    pub(crate) object: Object,
    /// Bytes of content that the owner lets it have.
    pub(crate) largest: u64,
    /// It stays when it is whole; else only those have it who wait while it comes in.
    pub(crate) keep: bool,
}

/// An answer that was made here because no backend gave one.
pub(crate) struct Made {
    pub(crate) status: u16,
    pub(crate) fields: Fields,
    pub(crate) body: Vec<u8>,
}

/// What is next of the content.
pub(crate) enum Flow {
    /// This piece, from this byte of it on.
    Piece(Piece, u64),
    End,
    Broken(&'static str, Side),
}

/// How what came in ended, for who waits for that alone.
pub(crate) enum Over {
    /// So many bytes came, and are stored if they were to be.
    Whole(u64),
    Broken(&'static str),
    /// Nothing of it is kept.
    Passes,
}

impl Fill {
    pub(super) fn new(key: &[u8], born: Sequence, expected: Option<Selecting>, unattended: bool) -> Arc<Fill> {
        Arc::new(Fill { key: key.into(), born, unattended, expected, form: None, state: Mutex::default() })
    }

    /// For a coding of some content.
    pub(super) fn of_form(key: &[u8], born: Sequence, form: Making, coming: Coming) -> Arc<Fill> {
        let state = State { told: Some(Told::Coming(Arc::new(coming))), kept: true, ..State::default() };
        Arc::new(Fill { key: key.into(), born, unattended: false, expected: None, form: Some(form), state: Mutex::new(state) })
    }

    /// Whether what is held of it is its beginning: somebody can still begin to read it.
    pub(super) fn can_be_begun(&self) -> bool {
        self.lock().kept
    }

    /// It broke off.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.lock().end, Some(Err(_)))
    }

    /// Whether its answer may be one to a request with these fields: who knows that it is not asks beside it, or the requests of many
    /// variants would wait for each other in a row.
    pub(super) fn may_serve(&self, request: &Fields, normalise: &Normalise) -> bool {
        self.expected.as_ref().is_none_or(|expected| expected.match_request(request, &Fields::new(), normalise))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it is held")
    }

    /// Requests that read it or wait for it.
    pub(super) fn readers(&self) -> usize {
        self.lock().readers.len()
    }

    /// The head, where it has come and all of the content is held.
    pub(super) fn coming(&self) -> Option<Arc<Coming>> {
        let state = self.lock();
        match &state.told {
            Some(Told::Coming(coming)) if state.kept => Some(coming.clone()),
            _ => None,
        }
    }

    /// Nothing has come yet, and it can still come.
    pub(super) fn is_asked(&self) -> bool {
        let state = self.lock();
        state.told.is_none() && state.end.is_none()
    }

    /// It may be older than what has just become of the resource.
    pub(super) fn outdate(&self) {
        self.lock().outdated = true;
    }

    pub(super) fn read(self: &Arc<Fill>) -> Reader {
        let mut state = self.lock();
        let id = state.next;
        state.next += 1;
        state.readers.insert(id, Seat::default());
        Reader { fill: self.clone(), id, interims: 0 }
    }
}

impl State {
    fn add(&mut self, piece: Piece) {
        let start = self.len;
        self.len += piece.len();
        self.pieces.push_back((start, piece));
    }

    /// From the one of this number on, the pieces are others, and more. What is kept begins with the first byte.
    fn renew(&mut self, pieces: &[Piece], first: usize) {
        if let Some((start, _)) = self.pieces.get(first) {
            self.len = *start;
        }
        self.pieces.truncate(first);
        pieces.iter().skip(first).for_each(|piece| self.add(piece.clone()));
    }

    /// Whether so many more bytes may be kept; if so, they are counted.
    fn may_hold(&mut self, bytes: u64, growing: &mut Option<Growing>, store: &Store) -> bool {
        let Some(Told::Coming(coming)) = &self.told else { return false };
        let Some(storing) = &coming.stored else { return false };
        let growing = growing.get_or_insert_with(|| store.storage.grow(coming.length));
        let cost = growing.cost(bytes);
        self.len + bytes <= storing.largest && self.counted.add_within(&store.filling, cost, store.most_filling())
    }

    /// Lets go of what every reader has.
    fn drop_read(&mut self) {
        let slowest = self.slowest();
        while self.pieces.front().is_some_and(|(start, piece)| start + piece.len() <= slowest) {
            self.pieces.pop_front();
        }
        if slowest >= self.kept_until {
            self.counted.give_back();
        }
    }

    fn slowest(&self) -> u64 {
        self.readers.values().map(|seat| seat.position).min().unwrap_or(self.len)
    }

    fn wakers(&mut self) -> Vec<Waker> {
        self.readers.values_mut().filter_map(|seat| seat.waker.take()).collect()
    }
}

/// One request's way through an answer.
pub(crate) struct Reader {
    fill: Arc<Fill>,
    id: u64,
    interims: usize,
}

impl Reader {
    /// What came of it. `None`: nothing, and nothing will.
    pub(crate) fn poll_told(&mut self, cx: &Context<'_>) -> Poll<Option<Told>> {
        let mut state = self.fill.lock();
        match (&state.told, &state.end) {
            (Some(told), _) => Poll::Ready(Some(told.clone())),
            (None, Some(_)) => Poll::Ready(None),
            (None, None) => {
                state.wait(self.id, cx);
                Poll::Pending
            }
        }
    }

    /// The next interim answer that this reader has not had.
    pub(crate) fn interim(&mut self) -> Option<ResponseHead> {
        let head = self.fill.lock().interims.get(self.interims).cloned()?;
        self.interims += 1;
        Some(head)
    }

    /// What was done for the answer: for the one that asked, or for another where that one is gone.
    pub(crate) fn take_steps(&self) -> Vec<(Instant, Step)> {
        let mut state = self.fill.lock();
        let first = state.readers.keys().next() == Some(&self.id);
        if first { std::mem::take(&mut state.steps) } else { Vec::new() }
    }

    /// Whether it is the one that asked: what is not stored is for nobody else.
    pub(crate) fn is_first(&self) -> bool {
        self.id == 0
    }

    /// Whether all of it has come, for who does not want the content itself: how many bytes.
    pub(crate) fn poll_over(&mut self, cx: &Context<'_>) -> Poll<Over> {
        let mut state = self.fill.lock();
        match state.end {
            Some(Err((why, _))) => Poll::Ready(Over::Broken(why)),
            // What came to its end is closed once it is stored.
            Some(Ok(())) if state.closed => Poll::Ready(Over::Whole(state.len)),
            _ if state.told.is_some() && !state.kept && !state.closed => Poll::Ready(Over::Passes),
            _ => {
                state.wait(self.id, cx);
                Poll::Pending
            }
        }
    }

    /// The content from `at` on.
    pub(crate) fn poll_next(&mut self, cx: &Context<'_>, at: u64) -> Poll<Flow> {
        let mut state = self.fill.lock();
        state.readers.entry(self.id).or_default().position = at;
        if !state.kept {
            state.drop_read();
            if let Some(writer) = state.writer.take() {
                writer.wake();
            }
        }
        let index = state.pieces.partition_point(|(start, _)| *start <= at);
        if let Some((start, piece)) = index.checked_sub(1).and_then(|index| state.pieces.get(index))
            && at - start < piece.len()
        {
            return Poll::Ready(Flow::Piece(piece.clone(), at - start));
        }
        match state.end {
            Some(Ok(())) => Poll::Ready(Flow::End),
            Some(Err((why, side))) => Poll::Ready(Flow::Broken(why, side)),
            None => {
                state.wait(self.id, cx);
                Poll::Pending
            }
        }
    }
}

impl State {
    fn wait(&mut self, reader: u64, cx: &Context<'_>) {
        let waker = &mut self.readers.entry(reader).or_default().waker;
        match waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.fill.lock();
        state.readers.remove(&self.id);
        if !state.kept {
            state.drop_read();
        }
        if let Some(writer) = state.writer.take() {
            writer.wake();
        }
    }
}

/// The exchange's end of it.
pub(crate) struct Writer {
    fill: Arc<Fill>,
    store: Arc<Store>,
    /// What is stored is to be asked for again, without conditions.
    pub(crate) asks_again: bool,
    /// Bytes of the content before it was coded.
    pub(crate) before: u64,
    /// The content, as far as it is kept.
    growing: Option<Growing>,
}

impl Writer {
    pub(super) fn new(fill: Arc<Fill>, store: Arc<Store>) -> Writer {
        Writer { fill, store, asks_again: false, before: 0, growing: None }
    }

    /// The purges there had been when the backend was asked.
    pub(crate) fn born(&self) -> Sequence {
        self.fill.born
    }

    /// An interim answer.
    pub(crate) fn interim(&self, head: &ResponseHead) {
        let mut state = self.fill.lock();
        state.interims.push(head.clone());
        let wakers = state.wakers();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Says what came of it, and what was done for it.
    pub(crate) fn tell(&self, told: Told, steps: Vec<(Instant, Step)>) {
        let mut state = self.fill.lock();
        state.kept = matches!(&told, Told::Coming(coming) if coming.stored.is_some());
        let kept = state.kept;
        state.told = Some(told);
        state.steps = steps;
        let wakers = state.wakers();
        drop(state);
        if !kept {
            self.store.withdraw(&self.fill);
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    /// What was done for it since.
    pub(crate) fn note(&self, steps: Vec<(Instant, Step)>) {
        self.fill.lock().steps.extend(steps);
    }

    /// Whether all who could read it are gone, and nothing of it is kept; wakes the task when that changes.
    pub(crate) fn is_abandoned(&self, cx: &Context<'_>) -> bool {
        let mut state = self.fill.lock();
        let goes_on = state.kept || (self.fill.unattended && state.told.is_none());
        if state.readers.is_empty() && !goes_on {
            return true;
        }
        state.writer = Some(cx.waker().clone());
        false
    }

    /// Takes content.
    pub(crate) fn poll_write(&mut self, cx: &Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let bytes: usize = from.iter().map(|slice| slice.len()).sum();
        let Writer { fill, store, growing, .. } = self;
        let mut state = fill.lock();
        if state.kept && !state.may_hold(bytes as u64, growing, store) {
            // Too long to be stored: from now on it only passes.
            state.kept = false;
            state.kept_until = state.len;
            *growing = None;
            state.drop_read();
            // Who waits only for its end learns that it will not be stored.
            let wakers = state.wakers();
            drop(state);
            wakers.into_iter().for_each(Waker::wake);
            store.withdraw(fill);
            state = fill.lock();
        }
        let kept = state.kept;
        if !kept {
            if state.readers.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            if state.len - state.slowest() >= WINDOW_BYTES {
                state.writer = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
        drop(state);
        // Readers go on meanwhile: nothing is copied while their lock is held.
        let slices = from.iter().filter(|slice| !slice.is_empty());
        let mut passing = Vec::new();
        let mut first = usize::MAX;
        match growing {
            Some(growing) if kept => slices.for_each(|slice| first = first.min(growing.push(slice))),
            _ => passing.extend(slices.map(|slice| Piece::Memory(slice[..].into()))),
        }
        let mut state = fill.lock();
        match growing {
            Some(growing) if kept => state.renew(growing.pieces(), first),
            _ => passing.into_iter().for_each(|piece| state.add(piece)),
        }
        let wakers = state.wakers();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(bytes))
    }

    /// The content is whole: it is stored, if it is to be.
    pub(crate) fn finish(&mut self) {
        if self.asks_again {
            return;
        }
        let mut state = self.fill.lock();
        if state.end.is_some() {
            return;
        }
        state.end = Some(Ok(()));
        let object = if state.kept && !state.outdated { state.object(self.fill.born, &self.store.contents) } else { None };
        // From here on it counts with the contents.
        let counted = object.is_some().then(|| std::mem::take(&mut state.counted));
        let wakers = state.wakers();
        drop(state);
        self.growing = None;
        match (object, &self.fill.form) {
            (Some(object), None) => self.store.put(&self.fill.key, Arc::new(object)),
            (Some(object), Some(form)) => {
                form.made(&object.content, self.before);
                self.store.weigh(&self.fill.key, &form.coded);
            }
            (None, Some(form)) => form.given_up(),
            (None, None) => {}
        }
        self.store.withdraw(&self.fill);
        drop(counted);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Nothing more comes; what was not finished broke off. Returns the steps that no request has taken.
    pub(crate) fn close(&mut self, why: &'static str, side: Side, steps: Vec<(Instant, Step)>) -> Vec<(Instant, Step)> {
        let mut state = self.fill.lock();
        let failed = state.end.get_or_insert(Err((why, side))).is_err();
        state.closed = true;
        if std::mem::replace(&mut state.kept, false) {
            state.kept_until = state.len;
        }
        state.steps.extend(steps);
        // Who still reads it will take them; with nobody there, they are told without.
        let left = if state.readers.is_empty() { std::mem::take(&mut state.steps) } else { Vec::new() };
        state.drop_read();
        let wakers = state.wakers();
        drop(state);
        if let Some(form) = self.fill.form.as_ref().filter(|_| failed) {
            form.given_up();
        }
        self.growing = None;
        self.store.withdraw(&self.fill);
        wakers.into_iter().for_each(Waker::wake);
        left
    }
}

impl State {
    /// The stored answer that it has become. The readers go on with its content.
    fn object(&mut self, born: Sequence, counted: &Arc<Gauge>) -> Option<Object> {
        let Some(Told::Coming(coming)) = self.told.clone() else { return None };
        let storing = &coming.stored.as_ref().filter(|storing| storing.keep)?.object;
        let content = Arc::new(Content::of(self.pieces.drain(..).map(|(_, piece)| piece).collect(), counted));
        self.len = 0;
        content.pieces().iter().for_each(|piece| self.add(piece.clone()));
        self.whole = Some(content.clone());
        Some(Object { born, ..storing.with_content(content) })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close("the exchange with the backend was given up", Side::Us, Vec::new());
        self.store.end(self.fill.born);
    }
}
