//! Header blocks in and out (RFC 9113 §4.3, §6.2, §6.10, §8).

use super::receive::Outcome;
use super::{Connection, FRAME_BYTES};
use crate::http::{Field, FieldWriter, Fields, Known, Method, RequestHead, ResponseHead, TargetForm};
use crate::http2::flood::ANSWERED;
use crate::http2::frame::{self, FrameHeader, HEADER_BYTES, Kind, flag, number};
use crate::http2::hpack::{Encoder, Header, Pseudo};
use crate::http2::message::{RequestReader, ResponseReader, TrailerReader};
use crate::http2::stream::{Asked, Half, Late, Place, Stream};
use crate::http2::{Breach, ErrorCode, Event, ResponseMeta, Role, Rule, StreamId};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A header block of which not all has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenBlock {
    pub(super) stream: StreamId,
    ends: bool,
    self_dependent: bool,
    /// CONTINUATION frames so far.
    parts: usize,
}

/// Frames that one header block may be cut into, besides those that its size needs. An honest sender fills them.
const PARTS: usize = 32;

/// Interim responses that wait for somebody to take them.
const INTERIMS: usize = 8;

impl Connection {
    pub(super) fn on_headers(&mut self, header: FrameHeader, payload: &[u8]) -> Outcome {
        // RFC 9113 §5.1.1: the client's numbers are odd, and the server opens no streams.
        match header.stream {
            0 => return Err(Breach::StreamRequired),
            id if id.is_multiple_of(2) => return Err(Breach::StreamParity),
            _ => {}
        }
        let mut fragment = header.unpad(payload)?;
        let mut self_dependent = false;
        if header.has(flag::PRIORITY) {
            let Some(([d0, d1, d2, d3, _], rest)) = fragment.split_first_chunk::<5>() else { return Err(Breach::FrameLength) };
            self_dependent = number([*d0, *d1, *d2, *d3]) == header.stream;
            fragment = rest;
        }
        let block = OpenBlock { stream: header.stream, ends: header.has(flag::END_STREAM), self_dependent, parts: 0 };
        if header.has(flag::END_HEADERS) {
            return self.on_block(block, fragment);
        }
        self.block.clear();
        self.open_block = Some(block);
        self.extend_block(fragment)?;
        Ok(None)
    }

    pub(super) fn on_continuation(&mut self, header: FrameHeader, payload: &[u8]) -> Outcome {
        let Some(mut block) = self.open_block else { return Err(Breach::ContinuationUnexpected) };
        block.parts += 1;
        if block.parts > PARTS + self.most_block_bytes() / FRAME_BYTES {
            return Err(Breach::BlockTooLarge);
        }
        self.open_block = Some(block);
        self.extend_block(payload)?;
        if !header.has(flag::END_HEADERS) {
            return Ok(None);
        }
        self.open_block = None;
        let fragments = core::mem::take(&mut self.block);
        let event = self.on_block(block, &fragments);
        self.block = fragments;
        event
    }

    fn extend_block(&mut self, fragment: &[u8]) -> Result<(), Breach> {
        if self.block.len() + fragment.len() > self.most_block_bytes() {
            return Err(Breach::BlockTooLarge);
        }
        self.block.extend_from_slice(fragment);
        Ok(())
    }

    /// The size up to which a header block is decompressed, even if its list then turns out to be too large: twice what a list may have.
    /// Beyond it nothing but the end of the connection keeps the compression in step.
    fn most_block_bytes(&self) -> usize {
        self.config.limits.head_bytes.saturating_mul(2).max(FRAME_BYTES)
    }

    /// A whole header block.
    fn on_block(&mut self, block: OpenBlock, fragments: &[u8]) -> Outcome {
        match (self.role, self.streams.locate(block.stream)) {
            (Role::Server, Place::Idle) => self.on_request(block, fragments),
            (Role::Client, Place::Idle) => Err(Breach::StreamIdle),
            (_, Place::Closed) => self.on_late_block(block, fragments),
            (_, Place::Open(index)) => {
                let stream = &self.streams[index];
                match stream.remote {
                    _ if block.self_dependent => self.refuse_block(index, Rule::SelfDependency, fragments),
                    Half::Head => self.on_response(index, block, fragments),
                    Half::Open => self.on_trailers(index, block, fragments),
                    Half::Ended => self.refuse_block(index, Rule::StreamEnded, fragments),
                }
            }
        }
    }

    fn refuse_block(&mut self, index: usize, rule: Rule, fragments: &[u8]) -> Outcome {
        self.skip_block(fragments)?;
        self.refuse(index, rule)
    }

    /// Decompresses a block for nothing but to keep the compression in step (RFC 9113 §4.3).
    fn skip_block(&mut self, fragments: &[u8]) -> Result<(), Breach> {
        let skipped = self.decoder.decode(fragments, |_| Ok::<(), ()>(()));
        skipped.map(drop).map_err(|_| Breach::Compression)
    }

    /// A block on a stream that is over.
    fn on_late_block(&mut self, block: OpenBlock, fragments: &[u8]) -> Outcome {
        if block.stream <= self.accepted && self.streams.late(block.stream, 0, block.ends) == Late::Wrong {
            // RFC 9113 §5.1.1: a number that was passed over cannot be used any more.
            return Err(if self.streams.was_skipped(block.stream) { Breach::StreamOrder } else { Breach::StreamEnded });
        }
        self.count_late()?;
        self.skip_block(fragments)?;
        Ok(None)
    }

    /// A block that opens a stream.
    fn on_request(&mut self, block: OpenBlock, fragments: &[u8]) -> Outcome {
        let OpenBlock { stream: id, ends, .. } = block;
        self.streams.begin(id);
        if id > self.accepted {
            // RFC 9113 §6.8: ignored.
            self.flood.control(ANSWERED, self.now)?;
            self.skip_block(fragments)?;
            return Ok(None);
        }
        let most = self.config.max_streams as usize;
        // Streams that are over and still held cost memory too: a client that resets what it opens gets no further by it.
        if self.streams.open() >= most || self.streams.held() >= most.saturating_mul(2) {
            self.flood.control(ANSWERED, self.now)?;
            self.skip_block(fragments)?;
            // RFC 9113 §5.1.2
            self.reset_unheld(id, ErrorCode::REFUSED_STREAM, ends);
            return Ok(None);
        }
        let limits = &self.config.limits;
        let mut reader = RequestReader::new(&mut self.request, &mut self.cookie, limits, self.config.connect_protocol);
        let read = self.decoder.decode(fragments, |header: Header<'_>| reader.take(header)).map_err(|_| Breach::Compression)?;
        let facts = match read.and_then(|()| reader.finish(ends)) {
            Ok(_) if block.self_dependent => return self.refuse_request(id, ends, Rule::SelfDependency),
            Ok(facts) => facts,
            Err(rule) => return self.refuse_request(id, ends, rule),
        };
        let mut stream = Stream::new(id, self.peer.stream_window, self.first_receive_window());
        stream.remote = if ends { Half::Ended } else { Half::Open };
        stream.due = facts.length;
        stream.priority = facts.priority;
        if self.request.method == Method::Connect {
            stream.asked = Asked::Connect;
        }
        if !self.early.is_empty() {
            self.apply_early(&mut stream);
        }
        self.streams.push(stream);
        let length = if ends { Some(0) } else { facts.length };
        Ok(Some(Event::Request { stream: id, end: ends, length }))
    }

    /// RFC 9218 §7.1: what came before its stream, and is newer than the stream's field. Those that were passed over are dropped.
    fn apply_early(&mut self, stream: &mut Stream) {
        if let Some((_, priority)) = self.early.iter().find(|(id, _)| *id == stream.id) {
            stream.priority = *priority;
        }
        self.early.retain(|(id, _)| *id > stream.id);
    }

    /// A request that is not handed on.
    #[cold]
    fn refuse_request(&mut self, id: StreamId, ended: bool, rule: Rule) -> Outcome {
        self.count_reset()?;
        let code = match rule.status() {
            // RFC 9113 §8.1.1
            400 => rule.code(),
            status => {
                let at = self.begin_block();
                self.encoder.status(status, self.out.bytes());
                self.end_block(at, id, true);
                // RFC 9113 §8.1: the rest of the request is not wanted.
                ErrorCode::NO_ERROR
            }
        };
        if code != ErrorCode::NO_ERROR || !ended {
            self.reset_unheld(id, code, ended);
        }
        Ok(Some(Event::Malformed { stream: id, rule }))
    }

    /// A block on a stream whose content may have begun.
    fn on_trailers(&mut self, index: usize, block: OpenBlock, fragments: &[u8]) -> Outcome {
        let mut reader = TrailerReader::new(&self.config.limits);
        let read = self.decoder.decode(fragments, |header: Header<'_>| reader.take(header)).map_err(|_| Breach::Compression)?;
        let stream = &mut self.streams[index];
        let rule = match read {
            // RFC 9113 §8.5
            _ if stream.asked == Asked::Connect => Some(Rule::TrailersInTunnel),
            Err(rule) => Some(rule),
            // RFC 9113 §8.1
            Ok(()) if !block.ends => Some(Rule::TrailersNotLast),
            Ok(()) if stream.due.is_some_and(|due| due > 0) => Some(Rule::LengthDisagrees),
            Ok(()) => None,
        };
        if let Some(rule) = rule {
            return self.refuse(index, rule);
        }
        let fields = reader.finish();
        stream.trailers = (!fields.is_empty()).then(|| Box::new(fields));
        stream.remote = Half::Ended;
        self.settle(index);
        Ok(Some(Event::Readable { stream: block.stream }))
    }

    /// A block of a response of which the final head has not come.
    fn on_response(&mut self, index: usize, block: OpenBlock, fragments: &[u8]) -> Outcome {
        self.keep_untaken();
        let mut reader = ResponseReader::new(&mut self.response, &self.config.limits);
        let read = self.decoder.decode(fragments, |header: Header<'_>| reader.take(header)).map_err(|_| Breach::Compression)?;
        let facts = match read.and_then(|()| reader.finish()) {
            Ok(facts) => facts,
            Err(rule) => return self.refuse(index, rule),
        };
        let (id, status) = (block.stream, self.response.status);
        let stream = &mut self.streams[index];
        if status < 200 {
            self.flood.control(ANSWERED, self.now)?;
            // RFC 9113 §8.1
            if block.ends {
                return self.refuse(index, Rule::InterimEnds);
            }
            if stream.heads.as_ref().is_some_and(|heads| heads.0.len() >= INTERIMS) {
                return self.refuse(index, Rule::TooManyInterims);
            }
            self.response_of = Some((id, ResponseMeta { length: Some(0), end: false }));
            return Ok(Some(Event::Response { stream: id }));
        }
        let length = match (stream.asked, status) {
            // RFC 9110 §6.4.1: what the fields tell is of another response.
            (Asked::Head, _) | (_, 204 | 304) => Some(0),
            // RFC 9110 §9.3.6
            (Asked::Connect, 200..300) => None,
            _ => {
                // It did not become a tunnel.
                stream.asked = Asked::Content;
                facts.length
            }
        };
        if block.ends && length.unwrap_or(0) != 0 {
            return self.refuse(index, Rule::LengthDisagrees);
        }
        stream.due = length;
        stream.remote = if block.ends { Half::Ended } else { Half::Open };
        self.settle(index);
        let length = if block.ends { Some(0) } else { length };
        self.response_of = Some((id, ResponseMeta { length, end: block.ends }));
        Ok(Some(Event::Response { stream: id }))
    }

    /// The head that came last moves to its stream, if nobody has taken it, and makes room for the next.
    fn keep_untaken(&mut self) {
        let Some((id, meta)) = self.response_of.take() else { return };
        if let Some(index) = self.streams.find(id) {
            let head = core::mem::take(&mut self.response);
            self.streams[index].heads.get_or_insert_default().0.push_back((head, meta));
        }
    }

    /// Server: the head of the request of which [`Event::Request`] has just told. Swaps the two heads, so that memory is used again.
    pub fn take_request(&mut self, into: &mut RequestHead) {
        core::mem::swap(&mut self.request, into);
    }

    /// Client: the next head of the response, interim or final, if one has come that was not taken.
    pub fn take_response(&mut self, id: StreamId, into: &mut ResponseHead) -> Option<ResponseMeta> {
        let index = self.streams.find(id)?;
        let heads = &mut self.streams[index].heads;
        if let Some(queue) = heads {
            let next = queue.0.pop_front();
            if queue.0.is_empty() {
                *heads = None;
            }
            if let Some((head, meta)) = next {
                *into = head;
                return Some(meta);
            }
        }
        let (of, meta) = self.response_of?;
        if of != id {
            return None;
        }
        self.response_of = None;
        core::mem::swap(&mut self.response, into);
        Some(meta)
    }

    /// Server: begins an interim or the final response. Its fields go through the writer; nothing is sent before that is at its end.
    pub fn begin_response(&mut self, id: StreamId, status: u16) -> HeadWriter<'_> {
        debug_assert!(self.role == Role::Server && (100..1000).contains(&status) && status != 101);
        let Some(index) = self.writable(id) else { return HeadWriter::nowhere(self) };
        assert!(self.streams[index].local == Half::Head, "one final response to a request");
        let at = self.begin_block();
        self.encoder.status(status, self.out.bytes());
        let what = if status < 200 { What::Interim } else { What::Response };
        HeadWriter { connection: self, at, stream: id, what, ends: false }
    }

    /// Client: the number of a new stream. `None`: there are as many open as the server allows, or it takes no more at all.
    ///
    /// Its request has to begin before that of any stream that is opened later.
    pub fn open(&mut self) -> Option<StreamId> {
        if !self.may_open() {
            return None;
        }
        let id = if self.streams.last() == 0 { 1 } else { self.streams.last() + 2 };
        self.streams.begin(id);
        self.streams.push(Stream::new(id, self.peer.stream_window, self.first_receive_window()));
        Some(id)
    }

    /// Client: begins the request of a stream: method, scheme, authority and path (of CONNECT only method and authority), and the
    /// protocol if the head has one. Its fields go through the writer.
    pub fn begin_request(&mut self, id: StreamId, head: &RequestHead, target: &[u8], authority: &[u8], scheme: &[u8]) -> HeadWriter<'_> {
        debug_assert!(self.role == Role::Client);
        let Some(index) = self.writable(id) else { return HeadWriter::nowhere(self) };
        let stream = &mut self.streams[index];
        assert!(stream.local == Half::Head, "one request to a stream");
        stream.asked = match head.method {
            Method::Head => Asked::Head,
            Method::Connect => Asked::Connect,
            _ => Asked::Content,
        };
        let at = self.begin_block();
        let (encoder, out) = (&mut self.encoder, self.out.bytes());
        encoder.pseudo(Pseudo::Method, head.method.as_str().as_bytes(), out);
        // RFC 9113 §8.5
        if head.form != TargetForm::Authority {
            encoder.pseudo(Pseudo::Scheme, scheme, out);
            encoder.pseudo(Pseudo::Path, target, out);
        }
        encoder.pseudo(Pseudo::Authority, authority, out);
        if !head.protocol.is_empty() {
            encoder.pseudo(Pseudo::Protocol, &head.protocol, out);
        }
        HeadWriter { connection: self, at, stream: id, what: What::Request, ends: false }
    }

    /// Where the stream is in the table, if something may still be sent on it.
    fn writable(&self, id: StreamId) -> Option<usize> {
        self.streams.find(id).filter(|index| self.streams[*index].is_open())
    }

    pub(super) fn write_trailers(&mut self, index: usize, trailers: &Fields) {
        let id = self.streams[index].id;
        let at = self.begin_block();
        for Field { name, value, known, .. } in trailers.iter() {
            if !is_forbidden(known, value) {
                write_field(&mut self.encoder, known, name, value, self.out.bytes());
            }
        }
        self.end_block(at, id, true);
    }

    /// Leaves room for a frame header, and begins a block behind it. Returns where.
    fn begin_block(&mut self) -> usize {
        let out = self.out.bytes();
        let at = out.len();
        out.extend_from_slice(&[0; HEADER_BYTES]);
        self.encoder.begin(out);
        at
    }

    /// Makes frames of the block.
    fn end_block(&mut self, at: usize, stream: StreamId, ends: bool) {
        let most = FRAME_BYTES.min(self.peer.max_frame_bytes as usize);
        let first = at + HEADER_BYTES;
        let len = self.out.bytes().len() - first;
        let flags = if ends { flag::END_STREAM } else { 0 };
        if len <= most {
            self.out.set_header(at, FrameHeader { len, kind: Kind::Headers, flags: flags | flag::END_HEADERS, stream });
            return;
        }
        let rest = self.out.bytes().split_off(first + most);
        self.out.set_header(at, FrameHeader { len: most, kind: Kind::Headers, flags, stream });
        let mut parts = rest.chunks(most).peekable();
        while let Some(part) = parts.next() {
            let flags = if parts.peek().is_none() { flag::END_HEADERS } else { 0 };
            frame::write(Kind::Continuation, flags, stream, part, self.out.bytes());
        }
    }
}

/// What a header block of ours is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Interim,
    Response,
    Request,
}

/// Writes the fields of a head into its header block. What HTTP/2 has no place for is left out: the fields of RFC 9113 §8.2.2, and `Host`
/// in a request, which has its authority already.
///
/// On a stream that is over everything goes nowhere. A writer that is dropped ends its head, and not the stream.
pub struct HeadWriter<'c> {
    connection: &'c mut Connection,
    /// Where the block's first frame begins in the output.
    at: usize,
    stream: StreamId,
    what: What,
    ends: bool,
}

/// [`HeadWriter::at`] where nothing is written.
const NOWHERE: usize = usize::MAX;

impl<'c> HeadWriter<'c> {
    fn nowhere(connection: &'c mut Connection) -> Self {
        HeadWriter { connection, at: NOWHERE, stream: 0, what: What::Interim, ends: false }
    }

    /// The head is whole. `end_stream`: so is the message (interim responses apart, after which another always follows).
    pub fn end(mut self, end_stream: bool) {
        self.ends = end_stream && self.what != What::Interim;
    }

    fn write(&mut self, known: Known, name: &[u8], value: &[u8]) {
        let left_out = is_forbidden(known, value)
            || match known {
                Known::Host => self.what == What::Request,
                Known::Te => self.what != What::Request,
                _ => false,
            };
        if self.at != NOWHERE && !left_out {
            write_field(&mut self.connection.encoder, known, name, value, self.connection.out.bytes());
        }
    }
}

impl FieldWriter for HeadWriter<'_> {
    fn field(&mut self, name: &[u8], value: &[u8]) {
        self.write(Known::of(name), name, value);
    }

    fn known(&mut self, known: Known, value: &[u8]) {
        debug_assert!(known != Known::Other);
        self.write(known, b"", value);
    }

    fn pass(&mut self, field: Field<'_>) {
        self.write(field.known, field.name, field.value);
    }
}

impl Drop for HeadWriter<'_> {
    fn drop(&mut self) {
        if self.at == NOWHERE {
            return;
        }
        let connection = &mut *self.connection;
        let place = connection.out.place_of(self.at);
        connection.end_block(self.at, self.stream, self.ends);
        if self.what == What::Interim {
            return;
        }
        let index = connection.streams.find(self.stream).expect("nothing happened to the stream meanwhile");
        let stream = &mut connection.streams[index];
        stream.local = Half::Open;
        stream.last_frame = place;
        if self.ends {
            connection.end_local(index);
        }
    }
}

/// RFC 9113 §8.2.2
fn is_forbidden(known: Known, value: &[u8]) -> bool {
    match known {
        Known::Connection | Known::KeepAlive | Known::ProxyConnection | Known::TransferEncoding | Known::Upgrade => true,
        Known::Te => !value.eq_ignore_ascii_case(b"trailers"),
        _ => false,
    }
}

fn write_field(encoder: &mut Encoder, known: Known, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    match known {
        Known::Other => encoder.field(name, value, out),
        _ => encoder.known(known, value, out),
    }
}
