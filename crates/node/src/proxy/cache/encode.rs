//! The codings of what is stored, or comes in: each is made once, in a task of its own, and read by everyone who wants it.

use crate::coder::{Coder, SLICE_BYTES, Work};
use crate::proxy::exchange::Exchange;
use crate::proxy::give_way;
use crate::server::{Held, Worker};
use crate::store::{Coming, Content, Flow, Form, Object, Reader, Stretch, Wanted, Writer};
use decide::cache::Rule;
use decide::encoding::{Choice, Reason, takes_identity};
use decide::files::Coding;
use decide::step::{Journey, RouteRef, Side, Step};
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use wire::http::{Fields, Method, ResponseHead};

/// Coded content is put into the store in pieces of this size, as long as nobody waits for less.
const PIECE_BYTES: usize = 16 * 1024;

/// How a stored answer goes to a client.
pub(super) enum Formed {
    /// As it is stored.
    Plain,
    /// In a coding that is there.
    Stored(Arc<Content>),
    /// In one that is being made.
    Coming(Reader),
    /// In one that nobody has made: only the head is asked for.
    Unmade,
}

/// What is read of an answer that comes in.
pub(super) enum Read {
    /// The answer.
    Plain(Reader),
    /// A coding of it.
    Form(Reader),
    /// A coding of it that is whole already.
    Stored(Arc<Content>),
}

/// Where the content comes from.
enum Source {
    Stored(Arc<Content>),
    Coming(Reader),
}

impl Exchange<'_> {
    /// How a stored answer goes to this client, all of it or a part.
    pub(super) fn form_of(&mut self, object: &Arc<Object>, choice: Option<Choice>, whole: bool) -> (Option<Choice>, Formed) {
        let Some(Choice { coding, .. }) = choice.filter(|choice| whole && choice.coding != Coding::Identity) else {
            self.chose(choice);
            return (choice, Formed::Plain);
        };
        if self.scratch.request.method == Method::Head {
            self.chose(choice);
            let form = object.coded.stored(coding).map_or(Formed::Unmade, |content| Formed::Stored(content.clone()));
            return (choice, form);
        }
        let (choice, form) = match self.form(object, coding) {
            Form::Stored(content) => (choice, Formed::Stored(content)),
            Form::Coming(reader) => (choice, Formed::Coming(reader)),
            Form::Missing(writer, reader) => match self.make(Source::Stored(object.content.clone()), writer, coding) {
                Ok(()) => (choice, Formed::Coming(reader)),
                Err(_) => (plain(Reason::NoRoom), Formed::Plain),
            },
            Form::NotShorter => (plain(Reason::NotShorter), Formed::Plain),
            Form::NoRoom => match self.make_alone(Source::Stored(object.content.clone()), coding) {
                Ok(reader) => (choice, Formed::Coming(reader)),
                Err(_) => (plain(Reason::NoRoom), Formed::Plain),
            },
        };
        self.chose(choice);
        if let Formed::Stored(content) = &form {
            self.was_coded(Work::of_others(coding, object.content.len(), content.len()), "stored");
        }
        (choice, form)
    }

    /// How an answer that comes in goes to this client, which has begun to read it.
    pub(super) fn form_of_coming(&mut self, reader: Reader, coming: &Coming, head: &ResponseHead) -> (Option<Choice>, Read) {
        let stored = coming.stored.as_ref().map(|storing| &storing.object);
        let choice = self.choice(head, coming.length, stored.is_some());
        let coded = choice.filter(|choice| choice.coding != Coding::Identity && self.scratch.request.method != Method::Head);
        let Some(Choice { coding, .. }) = coded else {
            self.chose(choice);
            return (choice, Read::Plain(reader));
        };
        let form = stored.map_or(Form::NoRoom, |object| self.form(object, coding));
        let (choice, read) = match form {
            // It was stored since, and coded.
            Form::Stored(content) => (choice, Read::Stored(content)),
            Form::NotShorter => (plain(Reason::NotShorter), Read::Plain(reader)),
            Form::Coming(form) => (choice, Read::Form(form)),
            Form::Missing(writer, form) => match self.make(Source::Coming(reader), writer, coding) {
                Ok(()) => (choice, Read::Form(form)),
                Err(Source::Coming(reader)) => (plain(Reason::NoRoom), Read::Plain(reader)),
                Err(Source::Stored(_)) => unreachable!("it came in"),
            },
            Form::NoRoom => match self.make_alone(Source::Coming(reader), coding) {
                Ok(form) => (choice, Read::Form(form)),
                Err(Source::Coming(reader)) => (plain(Reason::NoRoom), Read::Plain(reader)),
                Err(Source::Stored(_)) => unreachable!("it came in"),
            },
        };
        self.chose(choice);
        if let Read::Stored(content) = &read {
            self.was_coded(Work::of_others(coding, coming.length.unwrap_or(0), content.len()), "stored");
        }
        (choice, read)
    }

    /// The coding that this answer goes out in.
    pub(super) fn coding_chosen(&self) -> Option<Coding> {
        self.scratch.journey.steps().iter().rev().find_map(|(_, step)| match step {
            Step::EncodingChosen { coding, .. } => Coding::ALL.into_iter().find(|known| known.token() == *coding),
            _ => None,
        })
    }

    fn form(&self, object: &Object, coding: Coding) -> Form {
        let snapshot = self.snapshot.clone();
        let largest = self.site_and_route(&snapshot).and_then(|(_, route)| route.cache.as_ref()).map_or(0, |policy| policy.largest);
        let key = &self.cached.as_ref().expect("a route that stores answers").key;
        self.worker.server.store.form(&Wanted { key, object, coding, largest, rule: Rule::Fresh })
    }

    /// For this client alone: what is not kept cannot be shared.
    fn make_alone(&self, source: Source, coding: Coding) -> Result<Reader, Source> {
        let may_stay = takes_identity(&self.scratch.request.fields);
        // What is stored can go as it is. What is not has this one reader, and nobody else has its coding made.
        if matches!(source, Source::Stored(_)) && may_stay {
            return Err(source);
        }
        let key = &self.cached.as_ref().expect("a route that stores answers").key;
        let (writer, reader) = self.worker.server.store.for_one(key);
        self.make(source, writer, coding).map(|()| reader)
    }

    /// Starts the task that makes it. The source comes back where there is no room for another.
    fn make(&self, source: Source, writer: Writer, coding: Coding) -> Result<(), Source> {
        let length = match &source {
            Source::Stored(content) => Some(content.len()),
            Source::Coming(_) => None,
        };
        let Some(coder) = self.coder(coding, length) else { return Err(source) };
        let Some(route) = self.route else { return Err(source) };
        let making = Making {
            source,
            writer,
            coder,
            position: 0,
            ended: false,
            worker: self.worker.clone(),
            snapshot: self.snapshot.clone(),
            route,
        };
        self.worker.host.spawn(making.run());
        Ok(())
    }
}

fn plain(why: Reason) -> Option<Choice> {
    Some(Choice { coding: Coding::Identity, why })
}

/// A coding in the making.
struct Making {
    source: Source,
    writer: Writer,
    coder: Coder,
    /// Bytes of the source that were coded.
    position: u64,
    ended: bool,
    worker: Rc<Worker>,
    snapshot: Rc<Held>,
    route: RouteRef,
}

impl Making {
    async fn run(mut self) {
        loop {
            match poll_fn(|cx| self.poll_slice(cx)).await {
                Ok(true) => give_way().await,
                Ok(false) => return self.finish(),
                Err((why, side)) => return self.close(why, side),
            }
        }
    }

    /// Codes a slice; ready with whether there is more.
    fn poll_slice(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, (&'static str, Side)>> {
        if self.writer.is_abandoned(cx) {
            return Poll::Ready(Err(("nobody reads it any more", Side::Client)));
        }
        loop {
            let enough = if self.ended || !self.coder.holds() { 1 } else { PIECE_BYTES };
            if self.coder.output().len() >= enough
                && let Err(error) = ready!(self.poll_write(cx))
            {
                return Poll::Ready(Err((error, Side::Client)));
            }
            if self.ended {
                return Poll::Ready(Ok(false));
            }
            match self.poll_take(cx) {
                Poll::Ready(Ok(more)) => {
                    if !more {
                        self.coder.finish();
                        self.ended = true;
                    }
                    return Poll::Ready(Ok(true));
                }
                Poll::Ready(Err(broken)) => return Poll::Ready(Err(broken)),
                // Nothing follows at once: what is there is let out.
                Poll::Pending if self.coder.holds() => self.coder.flush(),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Codes what is next; ready with whether it was anything.
    fn poll_take(&mut self, cx: &Context<'_>) -> Poll<Result<bool, (&'static str, Side)>> {
        let piece;
        let rest = match &mut self.source {
            Source::Stored(content) => content.from(self.position),
            Source::Coming(reader) => match ready!(reader.poll_next(cx, self.position)) {
                Flow::Piece(next, at) => {
                    piece = next;
                    piece.from(at)
                }
                Flow::End => Stretch::Memory(&[]),
                Flow::Broken(why, side) => return Poll::Ready(Err((why, side))),
            },
        };
        let mut read = [0; SLICE_BYTES];
        let slice = match rest.up_to(SLICE_BYTES as u64) {
            Stretch::Memory(bytes) => bytes,
            // It lies in memory too, and is copied from there.
            Stretch::File(file, place, len) => match file.read_at(place, &mut read[..usize::try_from(len).unwrap_or(SLICE_BYTES)]) {
                Ok(n @ 1..) => &read[..n],
                _ => return Poll::Ready(Err(("what is stored could not be read", Side::Us))),
            },
        };
        self.coder.write(slice);
        self.position += slice.len() as u64;
        Poll::Ready(Ok(!slice.is_empty()))
    }

    fn poll_write(&mut self, cx: &Context<'_>) -> Poll<Result<(), &'static str>> {
        let output = self.coder.output();
        let written: io::Result<usize> = ready!(self.writer.poll_write(cx, &[IoSlice::new(output)]));
        output.clear();
        Poll::Ready(written.map(drop).map_err(|_| "nobody reads it any more"))
    }

    fn finish(mut self) {
        let mut steps = self.steps_of_source();
        steps.push((self.worker.host.now(), self.coder.work.step("made")));
        self.writer.before = self.coder.work.before;
        self.writer.note(steps);
        self.writer.finish(&Fields::new());
        self.close("complete", Side::Us);
    }

    /// What was done is told by a request that reads it still, or counted without one.
    fn close(mut self, why: &'static str, side: Side) {
        let steps = self.steps_of_source();
        let mut journey = Journey::default();
        journey.add(self.worker.host.now(), Step::Routed { route: self.route, action: "pool" });
        let left = self.writer.close(why, side, steps);
        if left.is_empty() {
            return;
        }
        left.into_iter().for_each(|(at, step)| journey.add(at, step));
        self.snapshot.counters().journey(self.worker.index, &journey);
    }

    fn steps_of_source(&self) -> Vec<(decide::time::Instant, Step)> {
        match &self.source {
            Source::Stored(_) => Vec::new(),
            Source::Coming(reader) => reader.take_steps(),
        }
    }
}
