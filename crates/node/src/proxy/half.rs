//! One direction of an exchange: takes the framing off what comes in, puts the other side's framing on, and writes. Long pieces are written
//! from the input buffer itself; short ones are gathered, so that a hundred small chunks are one system call.

use crate::buffer::{BUFFER_BYTES, Buffer};
use crate::channel::Channel;
use crate::coder::{Coder, Work};
use crate::proxy::exchange::SPARE_BYTES;
use crate::store::{Stretch, Writer};
use decide::encoding::describes_content;
use decide::forward::trailer_passes;
use decide::time::Instant;
use std::io::IoSlice;
use std::task::{Context, Poll, ready};
use wire::http::Fields;
use wire::http1::{BodyDecoder, BodyEncoder, BodyError, Framing, Limits};
use wire::websocket::Follower;

/// Rounds of reading and writing before the task yields.
const MOST_ROUNDS: usize = 16;

/// The same where content is coded on its way, which takes a hundred times as long.
const MOST_CODED_ROUNDS: usize = 1;

/// Pieces up to this size are gathered by copying; a copy of that many bytes costs less than another slice in a system call.
pub(crate) const GATHER_BYTES: usize = 2048;

/// What the kernel is asked to send of a file at once: other connections want their turn.
const FILE_BYTES: usize = 1 << 20;

/// What a direction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitsFor {
    /// More input.
    Source,
    /// Room for output.
    Sink,
}

/// Why a direction broke off.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The side that sends failed: reset, closed early, or broke a framing rule.
    Source(SourceError),
    /// The side that receives failed.
    Sink,
}

/// What the sending side did wrong.
#[derive(Debug)]
pub(crate) enum SourceError {
    /// Its connection failed.
    Io,
    /// Its message did.
    Body(BodyError),
    /// It is longer than the site allows.
    TooLong,
}

/// One direction of an exchange.
pub(crate) struct Half {
    limits: Limits,
    decoder: BodyDecoder,
    encoder: BodyEncoder,
    /// Bytes to write first: a head, gathered pieces with their framing.
    out: Vec<u8>,
    written: usize,
    /// Then this many bytes from the front of the input buffer.
    direct: usize,
    /// Then these: what ends a direct piece.
    tail: Vec<u8>,
    trailers: Fields,
    /// Where the frames of a WebSocket end that passes here.
    pub(crate) follower: Option<Follower>,
    /// What takes a copy of the body, as it comes.
    pub(crate) copy: Option<Writer>,
    /// What codes the content on its way.
    coder: Option<Box<Coder>>,
    finished: bool,
    /// `out` holds interim answers that belong before the next head.
    prelude: bool,
    /// Something was begun since it was last emptied.
    used: bool,
    /// Bytes written so far, framing and all.
    pub(crate) written_in_all: u64,
    /// Bytes of body moved so far, without framing.
    pub(crate) moved: u64,
    /// More than this many is [`SourceError::TooLong`].
    pub(crate) most: u64,
    pub(crate) waits_for: WaitsFor,
    /// When bytes last moved.
    pub(crate) since: Instant,
}

impl Half {
    /// A direction with nothing to do.
    pub(crate) fn idle(limits: Limits) -> Half {
        Half {
            limits,
            decoder: BodyDecoder::new(Framing::None, limits),
            encoder: BodyEncoder::new(Framing::None),
            out: Vec::new(),
            written: 0,
            direct: 0,
            tail: Vec::new(),
            trailers: Fields::new(),
            follower: None,
            copy: None,
            coder: None,
            finished: false,
            prelude: false,
            used: false,
            written_in_all: 0,
            moved: 0,
            most: u64::MAX,
            waits_for: WaitsFor::Source,
            since: Instant::ZERO,
        }
    }

    /// Begins a message: its head is written by the caller into the returned buffer, its body is framed `from` and becomes framed `to`.
    pub(crate) fn begin(&mut self, from: Framing, to: Framing, limits: Limits, now: Instant) -> &mut Vec<u8> {
        (self.limits, self.used) = (limits, true);
        self.decoder = BodyDecoder::new(from, limits);
        self.encoder = BodyEncoder::new(to);
        if self.prelude {
            self.out.drain(..self.written);
        } else {
            self.out.clear();
        }
        self.tail.clear();
        self.trailers.clear();
        (self.follower, self.copy, self.coder) = (None, None, None);
        (self.written, self.direct, self.finished, self.prelude, self.written_in_all) = (0, 0, false, false, 0);
        (self.moved, self.most, self.waits_for, self.since) = (0, u64::MAX, WaitsFor::Source, now);
        &mut self.out
    }

    /// Where the head is written of the message that was begun.
    pub(crate) fn head(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Forgets everything, so that nothing of one exchange can reach the next, however this one ended.
    pub(crate) fn reset(&mut self) {
        if !self.used {
            return;
        }
        self.prelude = false;
        self.begin(Framing::None, Framing::None, self.limits, Instant::ZERO);
        self.used = false;
        self.out.shrink_to(SPARE_BYTES);
        self.tail.shrink_to(SPARE_BYTES);
    }

    /// The content of the message that was begun is coded on its way.
    pub(crate) fn code(&mut self, coder: Coder) {
        self.coder = Some(Box::new(coder));
    }

    /// What coding it came to, so far.
    pub(crate) fn coded(&self) -> Option<Work> {
        self.coder.as_ref().map(|coder| coder.work)
    }

    /// Whether enough is waiting to be written that nothing more should be added.
    pub(crate) fn is_full(&self) -> bool {
        self.out.len() - self.written >= BUFFER_BYTES
    }

    /// For bytes to be sent before the message's own head: interim answers.
    pub(crate) fn prelude(&mut self) -> &mut Vec<u8> {
        if !self.prelude {
            self.out.clear();
            self.written = 0;
            (self.prelude, self.used) = (true, true);
        }
        &mut self.out
    }

    /// The head of the message went out past this direction, in a stream's own frames.
    pub(crate) fn head_is_out(&mut self) {
        self.written_in_all = 1;
    }

    /// Adds bytes after the head of an answer made here.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.used = true;
        self.out.extend_from_slice(bytes);
    }

    /// Adds bytes behind all that is staged.
    pub(crate) fn append_last(&mut self, bytes: &[u8]) {
        self.used = true;
        let end = if self.direct > 0 { &mut self.tail } else { &mut self.out };
        end.extend_from_slice(bytes);
    }

    /// Body bytes still to come, where that is known.
    pub(crate) fn remaining(&self) -> Option<u64> {
        self.decoder.remaining()
    }

    /// Moves what can be moved now. Ready once the message is whole on the other side, or broke off.
    pub(crate) fn poll_move(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut Channel,
        input: &mut Buffer,
        sink: &mut Channel,
        now: Instant,
    ) -> Poll<Result<(), Broken>> {
        // After so many rounds the other direction, and other connections, have their turn.
        let rounds = if self.coder.is_some() { MOST_CODED_ROUNDS } else { MOST_ROUNDS };
        let mut round = 0;
        while round < rounds {
            round += 1;
            // What is in the buffer goes out together with what is staged: a head and a short body are one system call.
            self.stage(input).map_err(Broken::Source)?;
            ready!(self.poll_flush(cx, input, sink, now))?;
            if self.finished {
                if let Some(copy) = &mut self.copy {
                    copy.finish(&self.trailers);
                }
                sink.finish(&self.trailers);
                return Poll::Ready(Ok(()));
            }
            if !input.is_empty() {
                continue;
            }
            self.waits_for = WaitsFor::Source;
            let read = match input.poll_fill(cx, source) {
                Poll::Pending if self.let_out() => continue,
                filled => ready!(filled).map_err(|_| Broken::Source(SourceError::Io))?,
            };
            self.since = now;
            if read == 0 {
                self.decoder.end_of_input().map_err(|error| Broken::Source(SourceError::Body(error)))?;
                if let Some(trailers) = source.trailers() {
                    self.trailers.clone_from(trailers);
                }
                self.finish();
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes all that is staged.
    pub(crate) fn poll_flush(
        &mut self,
        cx: &mut Context<'_>,
        input: &mut Buffer,
        sink: &mut Channel,
        now: Instant,
    ) -> Poll<Result<(), Broken>> {
        let before = sink.unsent();
        let flushed = self.poll_staged(cx, input, sink, now);
        if sink.unsent() < before {
            // Nothing more may fit for long, and yet the far end takes what there is.
            self.since = now;
        }
        flushed
    }

    fn poll_staged(&mut self, cx: &mut Context<'_>, input: &mut Buffer, sink: &mut Channel, now: Instant) -> Poll<Result<(), Broken>> {
        while self.has_staged() {
            self.waits_for = WaitsFor::Sink;
            let head = &self.out[self.written..];
            let direct = &input.unread()[..self.direct];
            let slices = [IoSlice::new(head), IoSlice::new(direct), IoSlice::new(&self.tail)];
            let written = if direct.is_empty() && self.tail.is_empty() {
                ready!(sink.poll_write(cx, &slices[..1]))
            } else if head.is_empty() && self.tail.is_empty() {
                ready!(sink.poll_write(cx, &slices[1..2]))
            } else {
                ready!(sink.poll_write(cx, &slices))
            };
            let mut n = written.map_err(|_| Broken::Sink)?;
            self.since = now;
            self.written_in_all += n as u64;
            let of_head = n.min(head.len());
            n -= of_head;
            self.written += of_head;
            let of_direct = n.min(self.direct);
            n -= of_direct;
            self.direct -= of_direct;
            input.consume(of_direct);
            if n > 0 {
                // The tail only begins when all before it is out: it becomes the head of what is left.
                self.tail.drain(..n);
            }
            if self.written == self.out.len() && self.direct == 0 {
                self.out.clear();
                self.written = 0;
                std::mem::swap(&mut self.out, &mut self.tail);
            }
        }
        sink.poll_flush(cx).map_err(|_| Broken::Sink)
    }

    /// Writes what is staged, and behind it as much of what is stored as goes. Ready with how much of it went, once some did or, of an
    /// empty one, once nothing is staged any more.
    pub(crate) fn poll_through(
        &mut self,
        cx: &mut Context<'_>,
        stretch: Stretch<'_>,
        sink: &mut Channel,
        now: Instant,
    ) -> Poll<Result<u64, Broken>> {
        let before = sink.unsent();
        let through = self.poll_stretch(cx, stretch, sink, now);
        if sink.unsent() < before {
            self.since = now;
        }
        through
    }

    fn poll_stretch(&mut self, cx: &mut Context<'_>, stretch: Stretch<'_>, sink: &mut Channel, now: Instant) -> Poll<Result<u64, Broken>> {
        loop {
            let staged = &self.out[self.written..];
            if staged.is_empty() && stretch.len() == 0 {
                return Poll::Ready(Ok(0));
            }
            self.waits_for = WaitsFor::Sink;
            let n = match stretch {
                Stretch::Memory(piece) if staged.is_empty() => ready!(sink.poll_write(cx, &[IoSlice::new(piece)])),
                Stretch::Memory([]) => ready!(sink.poll_write(cx, &[IoSlice::new(staged)])),
                Stretch::Memory(piece) => ready!(sink.poll_write(cx, &[IoSlice::new(staged), IoSlice::new(piece)])),
                // Not held back for what follows (MSG_MORE): measured, the larger bursts cost more than the segment that it saves.
                Stretch::File(..) if !staged.is_empty() => ready!(sink.poll_write(cx, &[IoSlice::new(staged)])),
                Stretch::File(file, place, len) => {
                    let most = usize::try_from(len).unwrap_or(usize::MAX).min(FILE_BYTES);
                    match ready!(sink.poll_send_file(cx, file, place, most)) {
                        // It is memory of our own, and was written.
                        Ok(0) => return Poll::Ready(Err(Broken::Source(SourceError::Io))),
                        sent => sent,
                    }
                }
            };
            let n = n.map_err(|_| Broken::Sink)?;
            self.since = now;
            let of_staged = n.min(staged.len());
            self.written += of_staged;
            if self.written == self.out.len() {
                self.out.clear();
                self.written = 0;
            }
            if n > of_staged {
                return Poll::Ready(Ok((n - of_staged) as u64));
            }
        }
    }

    /// Stages what is in the input buffer.
    fn stage(&mut self, input: &mut Buffer) -> Result<(), SourceError> {
        while !self.finished && self.direct == 0 && self.out.len() < BUFFER_BYTES {
            if self.decoder.is_done() {
                self.finish();
                return Ok(());
            }
            let piece = self.decoder.decode(input.unread(), &mut self.trailers).map_err(SourceError::Body)?;
            if piece.skip == 0 && piece.data == 0 && !piece.done {
                return Ok(());
            }
            input.consume(piece.skip);
            if piece.data > 0 {
                self.moved += piece.data as u64;
                if self.moved > self.most {
                    return Err(SourceError::TooLong);
                }
                if let Some(follower) = &mut self.follower {
                    follower.pass(&input.unread()[..piece.data]);
                }
                if let Some(copy) = &mut self.copy {
                    copy.copy(&input.unread()[..piece.data]);
                }
                self.stage_content(input, piece.data);
            }
            if piece.done {
                self.finish();
                return Ok(());
            }
        }
        Ok(())
    }

    /// Stages the first bytes of the input, which are content.
    fn stage_content(&mut self, input: &mut Buffer, bytes: usize) {
        if let Some(coder) = &mut self.coder {
            coder.write(&input.unread()[..bytes]);
            input.consume(bytes);
            return self.stage_coded();
        }
        self.encoder.before(bytes, &mut self.out);
        if bytes <= GATHER_BYTES {
            self.out.extend_from_slice(&input.unread()[..bytes]);
            input.consume(bytes);
            self.encoder.after(&mut self.out);
        } else {
            self.direct = bytes;
            self.encoder.after(&mut self.tail);
        }
    }

    /// Lets out what the coder holds when nothing follows at once: whoever sends an event now wants it to be read now. False if there was
    /// nothing.
    fn let_out(&mut self) -> bool {
        let Some(coder) = self.coder.as_mut().filter(|coder| coder.holds()) else { return false };
        coder.flush();
        self.stage_coded();
        true
    }

    fn stage_coded(&mut self) {
        let Some(coder) = &mut self.coder else { return };
        let coded = coder.output();
        if !coded.is_empty() {
            self.encoder.before(coded.len(), &mut self.out);
            self.out.append(coded);
            self.encoder.after(&mut self.out);
        }
    }

    fn finish(&mut self) {
        if !self.finished {
            if let Some(coder) = &mut self.coder {
                coder.finish();
                // They are of the content as it came.
                self.trailers.retain(|field| !describes_content(&field));
                self.stage_coded();
            }
            let end = if self.direct > 0 { &mut self.tail } else { &mut self.out };
            // RFC 9110 §6.5.1: only those that may be merged into the header section without harm.
            self.trailers.retain(trailer_passes);
            self.encoder.finish(&self.trailers, end);
            self.finished = true;
        }
    }

    /// Whether anything waits to be written.
    pub(crate) fn has_staged(&self) -> bool {
        self.written < self.out.len() || self.direct > 0 || !self.tail.is_empty()
    }
}

#[cfg(test)]
mod tests;
