//! An answer while it comes in: one exchange writes it, and every request that waits for it reads it as it grows.
//!
//! What is to be stored is held whole, so that whoever comes late reads from the beginning. What is not, or has turned out to be too long,
//! is held only as far as the slowest reader is behind, and the backend waits for that one.

use super::coded::Making;
use super::object::{Content, Object, Piece};
use super::slab::Growing;
use super::storage::Storage;
use super::{Gauge, Share, Store};
use decide::cache::{self, Kept, Normalise, Part, Parts, Rule, Selecting, Sequence, kept};
use decide::range::{Requested, requested};
use decide::step::{Side, Step};
use decide::time::Instant;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use wire::http::{Fields, ResponseHead};

/// Bytes by which the slowest reader may be behind where the content is not kept.
const WINDOW_BYTES: u64 = 256 * 1024;

/// Why an answer is not kept for which the owner's memory has no place.
const NO_ROOM: &str = "no-room";

/// An answer that comes in.
pub(crate) struct Fill {
    pub(super) key: Box<[u8]>,
    /// The purges there had been when the backend was asked.
    pub(crate) born: Sequence,
    /// Nobody waits for it: it is asked for the sake of later requests.
    unattended: bool,
    /// The fields by which its answer will most likely be selected, where another answer under the key has told them.
    pub(super) expected: Option<Selecting>,
    /// The range that was asked for, where it was not the whole.
    range: Option<Box<[u8]>>,
    /// A copy of what goes to one client: nobody else reads it.
    copies: bool,
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
    /// What followed the content.
    trailers: Fields,
    readers: BTreeMap<u64, Seat>,
    /// The number of the next reader. It is never given twice: the first is the one whose request was sent.
    next: u64,
    /// Something has made it out of date: it is not stored.
    outdated: bool,
    /// The exchange is over, and what it brought is stored if it was to be.
    closed: bool,
    /// Why it was not kept, where it was to be.
    dropped: Option<&'static str>,
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
    /// Which part of the whole the content is; `None`: the whole, or nobody knows.
    pub(crate) part: Option<Part>,
    /// What is there already of it.
    pub(crate) around: Around,
}

/// Stored bytes around those that come in.
#[derive(Default)]
pub(crate) struct Around {
    pub(crate) before: Vec<Piece>,
    pub(crate) after: Vec<Piece>,
}

impl Around {
    fn bytes(&self) -> u64 {
        self.before.iter().chain(&self.after).map(Piece::len).sum()
    }
}

/// A stored answer that has everything but its content.
pub(crate) struct Storing {
    pub(crate) object: Object,
    /// Bytes of content that the owner lets it have.
    pub(crate) largest: u64,
    /// It stays when it is whole; else only those have it who wait while it comes in.
    pub(crate) keep: bool,
    /// The owner lets parts be stored.
    pub(crate) partial: bool,
    /// What follows the content may be stored as well.
    pub(crate) trailers: bool,
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
    pub(super) fn new(key: &[u8], born: Sequence) -> Fill {
        let (key, state) = (key.into(), Mutex::default());
        Fill { key, born, unattended: false, expected: None, range: None, copies: false, form: None, state }
    }

    /// For a coding of some content.
    pub(super) fn of_form(key: &[u8], born: Sequence, form: Making, coming: Coming) -> Arc<Fill> {
        let state = State { told: Some(Told::Coming(Arc::new(coming))), kept: true, ..State::default() };
        Arc::new(Fill { form: Some(form), state: Mutex::new(state), ..Fill::new(key, born) })
    }

    /// What is known of the requests that it is for.
    pub(super) fn expecting(self, expected: Option<Selecting>, range: Option<&[u8]>) -> Fill {
        Fill { expected, range: range.map(Box::from), ..self }
    }

    /// A copy.
    pub(super) fn copying(self) -> Fill {
        Fill { copies: true, ..self }
    }

    /// For nobody who waits.
    pub(super) fn unattended(self) -> Fill {
        Fill { unattended: true, ..self }
    }

    /// Whether what is held of it is its beginning: somebody can still begin to read it.
    pub(super) fn can_be_begun(&self) -> bool {
        self.lock().kept
    }

    /// It broke off.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.lock().end, Some(Err(_)))
    }

    /// Whether its answer may be one to a request with these fields for this range: who knows that it is not asks beside it, or the
    /// requests of many variants would wait for each other in a row.
    pub(super) fn may_serve(&self, request: &Fields, range: Option<&[u8]>, normalise: &Normalise) -> bool {
        self.range.as_deref() == range
            && self.expected.as_ref().is_none_or(|expected| expected.match_request(request, &Fields::new(), normalise))
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
            Some(Told::Coming(coming)) if state.kept && !self.copies => Some(coming.clone()),
            _ => None,
        }
    }

    /// Whether what comes in holds what a request for this range asks for: of a part, it must be the same range; of the whole, it must be
    /// near, or it is asked for itself.
    pub(super) fn holds(&self, coming: &Coming, range: Option<&[u8]>) -> bool {
        match (range, coming.part, coming.length) {
            (range, Some(_), _) => range.is_some() && self.range.as_deref() == range,
            (None, None, _) => true,
            (Some(range), None, Some(length)) => match requested(range, length) {
                Requested::Spans(spans) => spans.iter().all(|span| span.start <= self.lock().len),
                Requested::Whole | Requested::Unsatisfiable => true,
            },
            (Some(_), None, None) => false,
        }
    }

    /// Nothing has come yet, and it can still come.
    pub(super) fn is_asked(&self) -> bool {
        let state = self.lock();
        state.told.is_none() && state.end.is_none() && !self.copies
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

    /// From the one of this number on, the pieces that come in are others, and more. What is kept begins with the first byte.
    fn renew(&mut self, pieces: &[Piece], first: usize) {
        let before = match &self.told {
            Some(Told::Coming(coming)) => coming.around.before.len(),
            _ => 0,
        };
        let place = first.saturating_add(before);
        if let Some((start, _)) = self.pieces.get(place) {
            self.len = *start;
        }
        self.pieces.truncate(place);
        pieces.iter().skip(first).for_each(|piece| self.add(piece.clone()));
    }

    /// Counts bytes that are to be kept; why not, where they are too many.
    fn too_much(&mut self, bytes: u64, growing: &mut Option<Growing>, store: &Store) -> Option<&'static str> {
        let Some(Told::Coming(coming)) = &self.told else { return Some(NO_ROOM) };
        let growing = growing.get_or_insert_with(|| store.storage.grow(coming.length.map(|length| length - coming.around.bytes())));
        let cost = growing.cost(bytes);
        self.exceeds(bytes, cost, store)
    }

    fn exceeds(&mut self, bytes: u64, cost: u64, store: &Store) -> Option<&'static str> {
        let Some(Told::Coming(coming)) = &self.told else { return Some(NO_ROOM) };
        let largest = coming.stored.as_ref().map_or(0, |storing| storing.largest);
        if self.len + bytes > largest {
            return Some(Rule::TooLarge.word());
        }
        let fits = self.counted.add_within(&store.filling, cost, store.most_filling());
        (!fits).then_some(NO_ROOM)
    }

    /// It is not kept any more.
    fn let_go(&mut self) {
        if std::mem::replace(&mut self.kept, false) {
            self.kept_until = self.len;
        }
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

    /// What followed the content; for the one that asked, or where it may be stored.
    pub(crate) fn trailers(&self) -> Fields {
        let state = self.fill.lock();
        let keeps = matches!(&state.told, Some(Told::Coming(coming)) if coming.stored.as_ref().is_some_and(|storing| storing.trailers));
        if keeps || self.is_first() { state.trailers.clone() } else { Fields::new() }
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
    /// Bytes of the answer that was no use.
    swallowed: u64,
    /// The content, as far as it is kept.
    growing: Option<Growing>,
}

impl Writer {
    pub(super) fn new(fill: Arc<Fill>, store: Arc<Store>) -> Writer {
        Writer { fill, store, asks_again: false, before: 0, swallowed: 0, growing: None }
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
        if let Told::Coming(coming) = &told {
            state.kept = coming.stored.is_some();
            // What is there already has its place like all that comes.
            let there: u64 = coming.around.bytes();
            state.told = Some(told.clone());
            if state.kept && there > 0 {
                state.dropped = state.exceeds(there, there, &self.store);
                state.kept = state.dropped.is_none();
            }
            coming.around.before.iter().for_each(|piece| state.add(piece.clone()));
        }
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
        if self.asks_again {
            return Poll::Ready(self.swallow(bytes));
        }
        let Writer { fill, store, growing, .. } = self;
        let mut state = fill.lock();
        if state.kept
            && let Some(why) = state.too_much(bytes as u64, growing, store)
        {
            // Too long to be stored: from now on it only passes.
            state.dropped = Some(why);
            state.let_go();
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
            if state.len.saturating_sub(state.slowest()) >= WINDOW_BYTES {
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

    /// Takes a copy of content that goes past to its client.
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        let Writer { fill, store, growing, .. } = self;
        let mut state = fill.lock();
        if !state.kept {
            return;
        }
        state.dropped = state.too_much(bytes.len() as u64, growing, store);
        match growing {
            Some(growing) if state.dropped.is_none() => {
                let first = growing.push(bytes);
                state.renew(growing.pieces(), first);
            }
            _ => {
                state.let_go();
                state.drop_read();
                *growing = None;
            }
        }
    }

    /// The content of an answer that is no use: a short one leaves its connection for the next question.
    fn swallow(&mut self, bytes: usize) -> io::Result<usize> {
        self.swallowed += bytes as u64;
        if self.swallowed > WINDOW_BYTES { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(bytes) }
    }

    /// Why it was not kept, where it was to be.
    pub(crate) fn dropped(&self) -> Option<&'static str> {
        let state = self.fill.lock();
        let Some(Told::Coming(coming)) = &state.told else { return None };
        coming.stored.as_ref().filter(|storing| storing.keep)?;
        let broke_off = state.kept && state.end.is_none();
        state.dropped.or(state.outdated.then_some("outdated")).or(broke_off.then_some("broke-off"))
    }

    /// The content is whole: it is stored, if it is to be.
    pub(crate) fn finish(&mut self, trailers: &Fields) {
        if self.asks_again {
            return;
        }
        let mut state = self.fill.lock();
        if state.end.is_some() {
            return;
        }
        state.end = Some(Ok(()));
        state.trailers.clone_from(trailers);
        if let Some(Told::Coming(coming)) = state.told.clone() {
            coming.around.after.iter().for_each(|piece| state.add(piece.clone()));
        }
        let object = state.object(self.fill.born, true, &self.store.contents);
        // From here on it counts with the contents.
        let counted = object.is_some().then(|| std::mem::take(&mut state.counted));
        let wakers = state.wakers();
        drop(state);
        self.growing = None;
        match &self.fill.form {
            None => self.keep(object),
            Some(form) => match object {
                Some((object, _)) => {
                    form.made(&object.content, self.before);
                    self.store.weigh(&self.fill.key, &form.coded);
                }
                None => form.given_up(),
            },
        }
        self.store.withdraw(&self.fill);
        drop(counted);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Stores what has become of it.
    fn keep(&self, object: Option<(Object, u64)>) {
        let Some((object, largest)) = object else { return };
        let kept = match object.parts.is_some() {
            true => self.store.put_part(&self.fill.key, object, largest),
            false => self.store.put(&self.fill.key, Arc::new(object)),
        };
        if !kept {
            self.fill.lock().dropped.get_or_insert("outdated");
        }
    }

    /// Nothing more comes; what was not finished broke off. Returns the steps that no request has taken.
    pub(crate) fn close(&mut self, why: &'static str, side: Side, steps: Vec<(Instant, Step)>) -> Vec<(Instant, Step)> {
        let mut state = self.fill.lock();
        let mut object = None;
        if state.end.is_none() {
            state.end = Some(Err((why, side)));
            object = state.object(self.fill.born, false, &self.store.contents);
        }
        let failed = matches!(state.end, Some(Err(_)));
        state.closed = true;
        state.let_go();
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
        self.keep(object);
        self.store.withdraw(&self.fill);
        wakers.into_iter().for_each(Waker::wake);
        left
    }
}

impl State {
    /// The stored answer that it has become, or the part of one, and the most that it may grow to. The readers go on with its content.
    /// `clean`: the end was where the backend had said.
    fn object(&mut self, born: Sequence, clean: bool, counted: &Arc<Gauge>) -> Option<(Object, u64)> {
        let Some(Told::Coming(coming)) = self.told.clone() else { return None };
        let Storing { object: storing, largest, keep: true, partial, trailers } = coming.stored.as_ref()? else { return None };
        if !self.kept || self.outdated {
            return None;
        }
        let storing_as = coming.part.map_or(cache::Storing::Whole, cache::Storing::Part);
        let parts = match kept(storing_as, &storing.head.fields, self.len, clean, *partial) {
            Kept::Whole => None,
            Kept::Part(part) => Some(Arc::new(Parts::new(part))).filter(|parts| !parts.is_complete()),
            Kept::Nothing => return None,
        };
        let (largest, keeps) = (*largest, *trailers);
        let content = Arc::new(Content::of(self.pieces.drain(..).map(|(_, piece)| piece).collect(), counted));
        self.len = 0;
        content.pieces().iter().for_each(|piece| self.add(piece.clone()));
        self.whole = Some(content.clone());
        // Of a part, it says nothing.
        let follows = parts.is_none() && !self.trailers.is_empty();
        let trailers = (keeps && follows).then(|| Arc::new(self.trailers.clone()));
        Some((Object { born, trailers, ..storing.with_content(content, parts) }, largest))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close("the exchange with the backend was given up", Side::Us, Vec::new());
        self.store.end(self.fill.born);
    }
}
