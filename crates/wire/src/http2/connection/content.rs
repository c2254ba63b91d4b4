//! Content in both directions, and its flow control (RFC 9113 §6.1, §6.9).

use super::receive::Outcome;
use super::{Connection, FRAME_BYTES};
use crate::http::Fields;
use crate::http2::flood::NOTED;
use crate::http2::frame::{self, FrameHeader, HEADER_BYTES, Kind, flag};
use crate::http2::settings::DEFAULT_WINDOW;
use crate::http2::stream::{Half, Late, Place};
use crate::http2::{Breach, Event, Read, Reason, Rule, StreamId, Write};

/// A DATA frame of which the header has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming {
    stream: StreamId,
    /// Bytes of content that are still to come.
    content: usize,
    /// Bytes of padding behind them.
    padding: usize,
    /// It ends the stream.
    ends: bool,
}

#[cfg(test)]
impl Incoming {
    /// What was taken from the window and is neither kept nor given back.
    pub(super) fn unaccounted(&self) -> usize {
        self.content
    }
}

impl Connection {
    /// The header of a DATA frame, and what of its payload is there.
    pub(super) fn on_data(&mut self, header: FrameHeader, input: &[u8]) -> Result<(usize, Option<Event>), Breach> {
        let (mut padding, mut taken) = (0, HEADER_BYTES);
        if header.has(flag::PADDED) {
            if header.len == 0 {
                return Err(Breach::FrameLength);
            }
            let Some(pad) = input.get(HEADER_BYTES) else { return Ok((0, None)) };
            padding = usize::from(*pad);
            taken += 1;
        }
        let content = (header.len + HEADER_BYTES - taken).checked_sub(padding).ok_or(Breach::Padding)?;
        let ends = header.has(flag::END_STREAM);
        let place = match header.stream {
            0 => return Err(Breach::StreamRequired),
            id => self.streams.locate(id),
        };
        // RFC 9113 §6.9: padding counts, and frames count that nobody reads.
        if place != Place::Idle && !self.receive.take(header.len) {
            return Err(Breach::WindowExceeded);
        }
        let event = match place {
            Place::Idle => return Err(Breach::StreamIdle),
            Place::Open(index) => self.on_open_data(index, header, content, ends)?,
            Place::Closed => {
                self.on_late_data(header, ends)?;
                None
            }
        };
        if content == 0 && !ends {
            self.flood.control(NOTED, self.now)?;
        }
        self.give_back(header.len - content);
        let incoming = Incoming { stream: header.stream, content, padding, ends };
        if event.is_some() {
            // What is still to come of the frame goes nowhere.
            self.incoming = (content + padding > 0).then_some(incoming);
            return Ok((taken, event));
        }
        self.incoming = Some(incoming);
        let (more, event) = self.take_content(&input[taken..]);
        Ok((taken + more, event))
    }

    /// The header of a DATA frame on a stream that is open.
    fn on_open_data(&mut self, index: usize, header: FrameHeader, content: usize, ends: bool) -> Outcome {
        let stream = &mut self.streams[index];
        match stream.remote {
            Half::Open => {}
            Half::Head => return self.refuse(index, Rule::DataBeforeHead),
            Half::Ended => return self.refuse(index, Rule::StreamEnded),
        }
        // RFC 9113 §6.9.1: nobody does this by mistake, so it is the connection that ends.
        if !stream.receive.take(header.len) {
            return Err(Breach::WindowExceeded);
        }
        if let Some(due) = &mut stream.due {
            // RFC 9113 §8.1.1
            match due.checked_sub(content as u64) {
                Some(left) if !ends || left == 0 => *due = left,
                _ => return self.refuse(index, Rule::LengthDisagrees),
            }
        }
        let padding = header.len - content;
        if padding > 0 && !ends {
            self.announce(index, padding);
        }
        if content > 0 {
            self.flood.data(content, false);
        }
        Ok(None)
    }

    /// The header of a DATA frame on a stream that is over.
    fn on_late_data(&mut self, header: FrameHeader, ends: bool) -> Result<(), Breach> {
        if header.stream > self.accepted {
            // RFC 9113 §6.8: ignored, but counted.
            return self.flood.control(NOTED, self.now);
        }
        match self.streams.late(header.stream, header.len, ends) {
            Late::Ignore => Ok(()),
            Late::Doubtful => self.count_late(),
            // RFC 9113 §5.1
            Late::Wrong => Err(Breach::StreamEnded),
        }
    }

    /// A part of the payload of the DATA frame that is coming in.
    pub(super) fn take_content(&mut self, input: &[u8]) -> (usize, Option<Event>) {
        let Some(incoming) = &mut self.incoming else { return (0, None) };
        let id = incoming.stream;
        let content = incoming.content.min(input.len());
        incoming.content -= content;
        let padding = incoming.padding.min(input.len() - content);
        incoming.padding -= padding;
        let (whole, ends) = (incoming.content == 0 && incoming.padding == 0, incoming.ends);
        if whole {
            self.incoming = None;
        }
        let taken = content + padding;
        let Place::Open(index) = self.streams.locate(id) else {
            self.give_back(content);
            return (taken, None);
        };
        let stream = &mut self.streams[index];
        if content > 0 {
            stream.content.append(&input[..content], &mut self.spare);
            self.progress += content as u64;
        }
        let ended = whole && ends;
        if ended {
            stream.remote = Half::Ended;
            self.settle(index);
        }
        (taken, (content > 0 || ended).then_some(Event::Readable { stream: id }))
    }

    /// Takes content that has come, and opens the windows for more. `into` is not empty.
    pub fn read(&mut self, id: StreamId, into: &mut [u8]) -> Read {
        debug_assert!(!into.is_empty());
        let Some(index) = self.streams.find(id) else { return Read::Failed(Reason::ConnectionOver) };
        let stream = &mut self.streams[index];
        if stream.content.len() > 0 {
            let n = stream.content.read(into, &mut self.spare);
            self.announce(index, n);
            self.give_back(n);
            return Read::Bytes(n);
        }
        match (stream.remote, stream.failure) {
            (Half::Ended, _) => Read::End,
            (_, Some(reason)) => Read::Failed(reason),
            _ => Read::Pending,
        }
    }

    /// The trailers of a stream whose content is at its end, if it has any and nobody took them.
    pub fn take_trailers(&mut self, id: StreamId) -> Option<Fields> {
        let index = self.streams.find(id)?;
        self.streams[index].trailers.take().map(|fields| *fields)
    }

    /// So many bytes of a stream's window are free again.
    fn announce(&mut self, index: usize, bytes: usize) {
        let stream = &mut self.streams[index];
        if stream.remote == Half::Ended || !stream.is_open() {
            return;
        }
        if let Some(increment) = stream.receive.give_back(bytes, self.config.stream_window) {
            let id = stream.id;
            self.out.answer(|out| frame::write_window_update(id, increment, out));
        }
    }

    /// So many bytes of the connection's window are free again.
    pub(super) fn give_back(&mut self, bytes: usize) {
        if bytes == 0 || self.over {
            return;
        }
        let size = self.config.connection_window.max(DEFAULT_WINDOW);
        if let Some(increment) = self.receive.give_back(bytes, size) {
            self.out.answer(|out| frame::write_window_update(0, increment, out));
        }
    }

    /// Puts content into the output, as much as the windows, the output and more urgent streams leave room for. The stream's head has
    /// gone before, and `from` is not empty.
    pub fn write(&mut self, id: StreamId, from: &[u8]) -> Write {
        debug_assert!(!from.is_empty());
        let Some(index) = self.streams.find(id) else { return Write::Failed(Reason::ConnectionOver) };
        let stream = &self.streams[index];
        if let Some(reason) = stream.failure {
            return Write::Failed(reason);
        }
        assert!(stream.local == Half::Open, "content goes between a head and its end");
        let may = self.turn_of(index);
        self.leave_queue(index);
        let mut accepted = 0;
        while may.frames > 0 && accepted < from.len() && self.out.len() < self.config.output_bytes {
            let n = self.write_frame(index, &from[accepted..]);
            if n == 0 {
                break;
            }
            accepted += n;
            if may.shares {
                self.streams[index].served = true;
                break;
            }
        }
        if accepted > 0 {
            self.progress += accepted as u64;
            return Write::Accepted(accepted);
        }
        self.streams[index].waits = true;
        self.waiting += 1;
        Write::Pending
    }

    /// Writes one DATA frame, as far as the windows reach.
    fn write_frame(&mut self, index: usize, from: &[u8]) -> usize {
        let stream = &mut self.streams[index];
        let window = stream.send.room().min(self.send.room());
        let whole = from.len().min(FRAME_BYTES.min(self.peer.max_frame_bytes as usize));
        let n = whole.min(window);
        if n == 0 {
            return 0;
        }
        stream.send.spend(n);
        self.send.spend(n);
        stream.last_frame = self.out.place();
        frame::write(Kind::Data, 0, stream.id, &from[..n], self.out.bytes());
        self.flood.data(n, n < whole);
        n
    }

    /// Ends our side of the stream, with trailers or without. Its head has gone before. Nothing happens if the stream has failed.
    ///
    /// END_STREAM goes onto the last frame if that was not sent yet, so that it costs no frame of its own.
    pub fn finish(&mut self, id: StreamId, trailers: &Fields) {
        let Some(index) = self.streams.find(id) else { return };
        let stream = &mut self.streams[index];
        if !stream.is_open() {
            return;
        }
        assert!(stream.local == Half::Open, "the end of a stream comes after its head, and once");
        if !trailers.is_empty() {
            self.write_trailers(index, trailers);
        } else if !self.out.set_flag(stream.last_frame, flag::END_STREAM) {
            frame::write(Kind::Data, flag::END_STREAM, id, b"", self.out.bytes());
        }
        self.end_local(index);
    }

    /// Our side of the stream is at its end.
    pub(super) fn end_local(&mut self, index: usize) {
        self.leave_queue(index);
        self.streams[index].local = Half::Ended;
        self.settle(index);
    }
}
