//! The way to the client of what is stored, or comes in: the content goes from where it lies in memory.

use super::encode::{Formed, Read};
use super::part::part_head;
use crate::channel::Channel;
use crate::coder::Work;
use crate::proxy::encoding::{dress_not_modified, dressed};
use crate::proxy::exchange::{Exchange, STALLED, Stage};
use crate::proxy::half::{Broken, GATHER_BYTES, Half};
use crate::proxy::head::Stored;
use crate::store::{Coming, Content, Flow, Object, Piece, Reader, Stretch};
use decide::cache::{self, Answer, Part, answer, goes_with_not_modified};
use decide::encoding::Choice;
use decide::files::Coding;
use decide::forward::takes_trailers;
use decide::multipart::{self, Multipart};
use decide::random::Random;
use decide::range::Span;
use decide::step::Side;
use decide::time::Calendar;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use wire::http::{Fields, Known, Method, ResponseHead, Version};
use wire::http1::{BodyEncoder, Framing};

/// A run of an answer's content.
enum Run {
    /// Made here: what stands between parts.
    Made(Vec<u8>),
    /// Of what is stored.
    Stored(Span),
}

impl Exchange<'_> {
    /// Sends what is stored, as far as the request's conditions and ranges ask for it.
    pub(crate) async fn serve(&mut self, object: &Arc<Object>) -> Stage {
        let now = self.worker.host.calendar();
        let age = Some(object.life.age(now).as_secs());
        let len = object.complete_length();
        let (said, choice) = self.said_of(object, now);
        if said == Answer::Missing {
            return self.refuse(500, "of what is stored, not all is there that was asked for", Side::Us);
        }
        let (choice, form) = self.form_of(object, choice, said == Answer::Whole);
        let head = dressed(&object.head, choice);
        let form = match form {
            Formed::Coming(reader) => return Box::pin(self.serve_form(reader, &head, age, len.unwrap_or_default())).await,
            form => form,
        };
        let (content, len) = match &form {
            Formed::Plain => (&object.content, len),
            Formed::Stored(content) => (content, Some(content.len())),
            Formed::Unmade => (&object.content, None),
            Formed::Coming(_) => unreachable!("it was served above"),
        };
        // Of parts, only HEAD gets the whole: what GET would have.
        let whole = [Run::Stored(Span { start: 0, len: len.unwrap_or_default() })];
        let other = match &said {
            Answer::Whole | Answer::Missing => None,
            Answer::NotModified => Some((self.not_modified(object, choice), Vec::new())),
            Answer::Spans(spans) => Some(self.partial(object, &head, spans)),
            Answer::Unsatisfiable => Some((unsatisfiable(&object.head, len.unwrap_or_default()), Vec::new())),
        };
        let (head, runs) = other.as_ref().map_or((&*head, &whole[..]), |(head, runs)| (head, runs));
        let tells_length = said != Answer::Whole || len.is_some();
        // What follows the content may be about its bytes, which a coding does not have.
        let trailers = object.trailers.as_deref().filter(|_| said == Answer::Whole && matches!(form, Formed::Plain));
        self.send_stored(Going { head, age, content, runs, tells_length, trailers }).await
    }

    /// What a request comes to on what is stored, and in which coding it would go.
    fn said_of(&self, object: &Object, now: Calendar) -> (Answer, Option<Choice>) {
        let said = answer(&self.scratch.request, &object.stored(), now);
        let choice = self.choice(&object.head, object.complete_length(), true);
        let coded = choice.is_some_and(|choice| choice.coding != Coding::Identity);
        match said {
            // RFC 9110 §14.2: a range may be ignored, and parts of a coding are not told.
            Answer::Spans(_) | Answer::Unsatisfiable if coded && object.parts.is_none() => (Answer::Whole, choice),
            // Parts are of what is not coded, whatever the client takes.
            Answer::Spans(_) | Answer::Unsatisfiable if coded => (said, None),
            said => (said, choice),
        }
    }

    /// Sends what lies in memory.
    async fn send_stored(&mut self, going: Going<'_>) -> Stage {
        let Going { head, age, content, runs, tells_length, trailers } = going;
        let length: u64 = runs.iter().map(Run::len).sum();
        let bodiless = matches!(head.status, 100..=199 | 204 | 304);
        let is_head = self.scratch.request.method == Method::Head;
        let framing = if bodiless || is_head || length == 0 { Framing::None } else { Framing::Exact(length) };
        // RFC 9110 §8.6: with HEAD it tells what GET would have.
        let told = Some(length).filter(|_| !bodiless && tells_length);
        let trailers = trailers.filter(|_| framing != Framing::None && self.takes_trailers());
        // RFC 9112 §7.1.2: in HTTP/1.1, only behind chunks.
        let chunked = trailers.is_some() && matches!(self.client.stream, Channel::Whole(_));
        let framing = if chunked { Framing::Chunked } else { framing };
        let keep = self.begin_stored(&Stored { head, age, framing, told }, self.may_keep_alive());
        if chunked {
            self.scratch.down.append(format!("{length:x}\r\n").as_bytes());
        }
        let runs = if framing == Framing::None { &[] } else { runs };
        let mut sent = self.send_runs(content, runs).await;
        let none = Fields::new();
        let trailers = trailers.unwrap_or(&none);
        if chunked && sent.is_ok() {
            self.scratch.down.append(b"\r\n");
            BodyEncoder::new(Framing::Chunked).finish(trailers, self.scratch.down.head());
            sent = self.flush().await.map_err(|why| (why, Side::Client));
        }
        self.sent(sent, framing, keep, trailers)
    }

    /// Whether the client gets what is stored behind a content: in HTTP/1.1 that costs it the length, so it must have asked.
    fn takes_trailers(&self) -> bool {
        let request = &self.scratch.request;
        request.version >= Version::Http2 || request.version == Version::Http11 && takes_trailers(&request.fields)
    }

    fn not_modified(&self, object: &Object, choice: Option<Choice>) -> ResponseHead {
        let snapshot = self.snapshot.clone();
        let (_, route) = self.site_and_route(&snapshot).expect("a routed request");
        let targeted = route.cache.as_ref().map(|policy| policy.targeted.as_slice()).unwrap_or_default();
        let mut head = ResponseHead { status: 304, version: object.head.version, ..ResponseHead::default() };
        let fields = &object.head.fields;
        for field in fields.iter().filter(|field| goes_with_not_modified(field, fields, targeted)) {
            head.fields.push_as(field.known, field.name, field.value);
        }
        dress_not_modified(&mut head, choice, &self.scratch.request);
        head
    }

    /// Some parts of it (RFC 9110 §15.3.7).
    fn partial(&self, object: &Object, whole: &ResponseHead, spans: &[Span]) -> (ResponseHead, Vec<Run>) {
        let mut head = ResponseHead { reason: Vec::new(), ..whole.clone() };
        let len = object.complete_length();
        let place = |span: Span| Run::Stored(Span { start: object.place(span).expect("the answer is made of what is there"), ..span });
        if let [span] = spans {
            part_head(&mut head, Part { span: *span, complete_length: len });
            return (head, vec![place(*span)]);
        }
        head.status = 206;
        let mut random = self.worker.host.rng();
        let boundary = format!("{:016x}{:016x}", random.next(), random.next());
        let kind = head.fields.get(Known::ContentType).unwrap_or(b"application/octet-stream").to_vec();
        let parts = Multipart::new(spans, len, &String::from_utf8_lossy(&kind), &boundary);
        head.fields.remove(Known::ContentType);
        head.fields.push_known(Known::ContentType, multipart::content_type(&boundary).as_bytes());
        let runs = parts.parts.into_iter().flat_map(|part| [Run::Made(part.head), place(part.span)]);
        (head, runs.chain([Run::Made(parts.end)]).collect())
    }

    async fn send_runs(&mut self, content: &Content, runs: &[Run]) -> Result<(), (&'static str, Side)> {
        if let [run] = runs
            && let Stretch::Memory(bytes) = run.from(content, 0)
            && bytes.len() <= GATHER_BYTES
            && bytes.len() as u64 == run.len()
        {
            self.scratch.down.append(bytes);
            self.end.sent += run.len();
            return self.flush().await.map_err(|why| (why, Side::Client));
        }
        let (mut run, mut at) = (0, 0);
        let send = self.snapshot.config.limits.send_timeout;
        let Exchange { client, scratch, worker, end, .. } = self;
        poll_fn(|cx| {
            let now = worker.host.now();
            loop {
                let stretch = runs.get(run).map_or(Stretch::Memory(&[]), |run| run.from(content, at));
                let moved = match scratch.down.poll_through(cx, stretch, &mut client.stream, now) {
                    Poll::Ready(Ok(moved)) => moved,
                    Poll::Ready(Err(broken)) => return Poll::Ready(Err(broke(&broken))),
                    Poll::Pending => break,
                };
                end.sent += moved;
                at += moved;
                if runs.get(run).is_some_and(|run| run.len() <= at) {
                    (run, at) = (run + 1, 0);
                }
                if run >= runs.len() {
                    return Poll::Ready(Ok(()));
                }
            }
            client.deadline.set(scratch.down.since + send);
            client.deadline.poll_passed(cx).map(|()| Err((STALLED, Side::Client)))
        })
        .await?;
        self.flush().await.map_err(|why| (why, Side::Client))
    }

    /// Sends what comes in, as it comes.
    pub(crate) async fn serve_coming(&mut self, reader: Reader, coming: &Coming) -> Stage {
        let steps = reader.take_steps();
        for (at, step) in steps {
            self.step_at(at, step);
        }
        let now = self.worker.host.calendar();
        let stored = coming.stored.as_ref().map(|storing| &storing.object);
        if let Some(cached) = &mut self.cached {
            let kept = coming.stored.as_ref().is_some_and(|storing| storing.keep);
            cached.status.stored = kept;
            cached.status.ttl = stored.map(|object| object.life.ttl(now));
            cached.status.detail = Some(if kept { cached.status.detail.unwrap_or(coming.rule) } else { coming.rule });
        }
        // Only the one whose request was sent gets what is not for others.
        let own = reader.is_first() || stored.is_none();
        let age = stored.filter(|_| !own).map(|object| object.life.age(now).as_secs());
        let conditions = stored.filter(|_| matches!(coming.head.status, 200 | 206)).map(|object| self.answer_of(object, coming, now));
        if let (Some(Answer::NotModified), Some(object)) = (&conditions, stored) {
            // The content goes on being stored; this client has it already.
            drop(reader);
            let choice = self.choice(&object.head, coming.length, true);
            let head = self.not_modified(object, choice);
            let keep = self.begin_stored(&Stored { head: &head, age, framing: Framing::None, told: None }, self.may_keep_alive());
            let sent = self.flush().await.map_err(|why| (why, Side::Client));
            return self.sent(sent, Framing::None, keep, &Fields::new());
        }
        let head = if own { &coming.head } else { stored.map_or(&coming.head, |object| &object.head) };
        let choice = self.choice(head, coming.length, stored.is_some());
        let coded = choice.is_some_and(|choice| choice.coding != Coding::Identity);
        let slice = match (conditions, coming.part) {
            // One range of the whole that comes in: its bytes, as soon as they are there. As of what is stored, not of a coding.
            (Some(Answer::Spans(spans)), None) if spans.len() == 1 && !coded => {
                Some((Part { span: spans[0], complete_length: coming.length }, spans[0].start))
            }
            (_, Some(part)) if !own && Some(part.span.len) != part.complete_length => Some((part, 0)),
            _ => None,
        };
        if let Some((part, from)) = slice {
            let choice = choice.filter(|_| !coded);
            self.chose(choice);
            let mut head = dressed(head, choice).into_owned();
            part_head(&mut head, part);
            let length = if coming.part.is_some() { coming.length } else { Some(part.span.len) };
            return self.send_as_it_comes(reader, Sent { head: &head, age, length, from }).await;
        }
        let (choice, read) = self.form_of_coming(reader, coming, head);
        let head = &*dressed(head, choice);
        match read {
            Read::Plain(reader) => self.send_as_it_comes(reader, Sent { head, age, length: coming.length, from: 0 }).await,
            Read::Form(reader) => self.serve_form(reader, head, age, coming.length.unwrap_or(0)).await,
            Read::Stored(content) => {
                let runs = [Run::Stored(Span { start: 0, len: content.len() })];
                self.send_stored(Going { head, age, content: &content, runs: &runs, tells_length: true, trailers: None }).await
            }
        }
    }

    /// What a request comes to on an answer that comes in. One that comes in part is what was asked for.
    fn answer_of(&self, object: &Object, coming: &Coming, now: Calendar) -> Answer {
        let stored = match (coming.length, coming.part) {
            (Some(length), None) => cache::Stored { content: cache::Content::Whole(length), ..object.stored() },
            _ => cache::Stored { content: cache::Content::Whole(u64::MAX), ..object.stored() },
        };
        match answer(&self.scratch.request, &stored, now) {
            Answer::Spans(_) | Answer::Unsatisfiable if coming.length.is_none() || coming.part.is_some() => Answer::Whole,
            answer => answer,
        }
    }

    /// Sends a coding of something as it is made; before, that has so many bytes, as far as is known.
    async fn serve_form(&mut self, reader: Reader, head: &ResponseHead, age: Option<u64>, before: u64) -> Stage {
        let shared = !reader.is_first();
        let stage = self.send_as_it_comes(reader, Sent { head, age, length: None, from: 0 }).await;
        if let Some(coding) = self.coding_chosen().filter(|_| shared) {
            self.was_coded(Work::of_others(coding, before, self.end.sent), "shared");
        }
        stage
    }

    async fn send_as_it_comes(&mut self, mut reader: Reader, what: Sent<'_>) -> Stage {
        let Sent { head, age, length, from } = what;
        let version = self.scratch.request.version;
        let is_head = self.scratch.request.method == Method::Head;
        let bodiless = matches!(head.status, 100..=199 | 204 | 304) || is_head;
        let framing = match length {
            Some(0) => Framing::None,
            _ if bodiless => Framing::None,
            Some(bytes) => Framing::Exact(bytes),
            // RFC 9112 §6.1: no transfer coding to an HTTP/1.0 client.
            None if version == Version::Http10 => Framing::UntilClose,
            None => Framing::Chunked,
        };
        let told = length.filter(|_| !matches!(head.status, 100..=199 | 204 | 304));
        let keep = self.begin_stored(&Stored { head, age, framing, told }, self.may_keep_alive());
        let sent = if framing == Framing::None {
            self.flush().await.map_err(|why| (why, Side::Client))
        } else {
            let chunked = framing == Framing::Chunked && matches!(self.client.stream, Channel::Whole(_));
            let end = length.map_or(u64::MAX, |length| from + length);
            self.send_coming(Sending { reader: &mut reader, chunked, piece: None, position: from, end, ended: None }).await
        };
        let steps = reader.take_steps();
        for (at, step) in steps {
            self.step_at(at, step);
        }
        let trailers = if from == 0 { reader.trailers() } else { Fields::new() };
        self.sent(sent, framing, keep, &trailers)
    }

    async fn send_coming(&mut self, mut sending: Sending<'_>) -> Result<(), (&'static str, Side)> {
        let send = self.snapshot.config.limits.send_timeout;
        let Exchange { client, scratch, worker, end, .. } = self;
        poll_fn(|cx| {
            let now = worker.host.now();
            loop {
                // What is there of it goes out with what is staged: a head and a short content are one system call, and one arrival.
                let waits = sending.poll_stage(cx, &mut scratch.down, &mut end.sent).is_pending();
                match scratch.down.poll_through(cx, sending.rest(), &mut client.stream, now) {
                    Poll::Ready(Ok(moved)) => {
                        end.sent += moved;
                        sending.moved(moved, &mut scratch.down);
                    }
                    Poll::Ready(Err(broken)) => return Poll::Ready(Err(broke(&broken))),
                    Poll::Pending => {
                        client.deadline.set(scratch.down.since + send);
                        return client.deadline.poll_passed(cx).map(|()| Err((STALLED, Side::Client)));
                    }
                }
                if let Some(ended) = sending.ended {
                    return Poll::Ready(ended);
                }
                if waits {
                    break;
                }
            }
            let failed = matches!(client.stream.poll_flush(cx), Poll::Ready(Err(_)));
            if failed || client.is_gone(cx) {
                return Poll::Ready(Err(("the client reset the connection", Side::Client)));
            }
            Poll::Pending
        })
        .await?;
        self.flush().await.map_err(|why| (why, Side::Client))
    }

    /// The answer is out, or broke off.
    fn sent(&mut self, sent: Result<(), (&'static str, Side)>, framing: Framing, keep: bool, trailers: &Fields) -> Stage {
        match sent {
            Ok(()) => {
                if framing != Framing::None {
                    self.client.stream.finish(trailers);
                }
                self.next = self.after(keep);
            }
            Err((why, side)) => self.broke_off(why, side),
        }
        Stage::Log
    }
}

impl Run {
    fn len(&self) -> u64 {
        match self {
            Run::Made(bytes) => bytes.len() as u64,
            Run::Stored(span) => span.len,
        }
    }

    /// The bytes from `at` on, as far as they lie together.
    fn from<'a>(&'a self, content: &'a Content, at: u64) -> Stretch<'a> {
        match self {
            Run::Made(bytes) => Stretch::Memory(&bytes[usize::try_from(at).unwrap_or(bytes.len())..]),
            Run::Stored(span) => content.from(span.start + at).up_to(span.len - at),
        }
    }
}

/// What one client gets of what is stored.
struct Going<'a> {
    head: &'a ResponseHead,
    /// In seconds, if it is told.
    age: Option<u64>,
    content: &'a Content,
    runs: &'a [Run],
    /// Whether its length is known.
    tells_length: bool,
    trailers: Option<&'a Fields>,
}

/// What one client gets of an answer that comes in.
struct Sent<'a> {
    head: &'a ResponseHead,
    /// In seconds, if it is told.
    age: Option<u64>,
    /// Bytes, where that is known.
    length: Option<u64>,
    /// The first byte of what comes in.
    from: u64,
}

/// The content of an answer that comes in, on its way to one client.
struct Sending<'r> {
    reader: &'r mut Reader,
    chunked: bool,
    piece: Option<(Piece, u64)>,
    position: u64,
    /// Where it ends for this client, if not where it ends.
    end: u64,
    ended: Option<Result<(), (&'static str, Side)>>,
}

impl Sending<'_> {
    fn rest(&self) -> Stretch<'_> {
        let left = self.end - self.position;
        self.piece.as_ref().map_or(Stretch::Memory(&[]), |(piece, at)| piece.from(*at).up_to(left))
    }

    fn moved(&mut self, moved: u64, down: &mut Half) {
        self.position += moved;
        let Some((piece, at)) = &mut self.piece else { return };
        *at += moved;
        if *at == piece.len() || self.position == self.end {
            self.piece = None;
            if self.chunked {
                down.append(b"\r\n");
            }
        }
    }

    /// Takes what is there, up to a piece that goes by itself; short ones go with what is staged. Pending: nothing more has come.
    fn poll_stage(&mut self, cx: &Context<'_>, down: &mut Half, sent: &mut u64) -> Poll<()> {
        while self.piece.is_none() && self.ended.is_none() && !down.is_full() {
            ready!(self.poll_take(cx, down));
            let short = match self.rest() {
                Stretch::Memory(bytes) if bytes.len() <= GATHER_BYTES => {
                    down.append(bytes);
                    bytes.len() as u64
                }
                _ => 0,
            };
            if short > 0 {
                *sent += short;
                self.moved(short, down);
            }
        }
        Poll::Ready(())
    }

    /// Takes the next piece, or learns of the end.
    fn poll_take(&mut self, cx: &Context<'_>, down: &mut Half) -> Poll<()> {
        if self.position == self.end {
            self.ended = Some(Ok(()));
            return Poll::Ready(());
        }
        match self.reader.poll_next(cx, self.position) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Flow::Piece(piece, at)) => {
                if self.chunked {
                    // RFC 9112 §7.1
                    down.append(format!("{:x}\r\n", piece.len() - at).as_bytes());
                }
                self.piece = Some((piece, at));
            }
            Poll::Ready(Flow::End) => {
                if self.chunked {
                    BodyEncoder::new(Framing::Chunked).finish(&self.reader.trailers(), down.head());
                }
                self.ended = Some(Ok(()));
            }
            Poll::Ready(Flow::Broken(why, side)) => self.ended = Some(Err((why, side))),
        }
        Poll::Ready(())
    }
}

/// Whose fault it is that an answer ends early.
fn broke(broken: &Broken) -> (&'static str, Side) {
    match broken {
        Broken::Sink => ("the client closed before the end of the answer", Side::Client),
        Broken::Source(_) => ("what is stored could not be read", Side::Us),
    }
}

/// RFC 9110 §15.5.17
fn unsatisfiable(stored: &ResponseHead, len: u64) -> ResponseHead {
    let mut head = ResponseHead { status: 416, version: stored.version, ..ResponseHead::default() };
    head.fields.push_known(Known::ContentRange, format!("bytes */{len}").as_bytes());
    head
}
