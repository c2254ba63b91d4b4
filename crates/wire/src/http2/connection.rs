//! The machine: what is open, what is to be sent, what is to be told.

mod content;
mod heads;
mod receive;
mod schedule;

pub use heads::HeadWriter;

use super::flood::Flood;
use super::flow::{ReceiveWindow, SendWindow};
use super::frame::{self, Kind, PREFACE};
use super::hpack::{Decoder, Encoder};
use super::output::Output;
use super::settings::{self, DEFAULT_WINDOW, MAX_WINDOW, PeerSettings};
use super::stream::{Half, Streams};
use super::{Config, ConnectionError, ErrorCode, Event, Priority, Reason, ResponseMeta, Role, StreamId};
use crate::http::{RequestHead, ResponseHead};
use alloc::vec::Vec;
use content::Incoming;
use core::time::Duration;
use heads::OpenBlock;

/// Payload bytes of a frame of ours, even where the peer would take more: streams take turns by frames.
const FRAME_BYTES: usize = 1 << 14;

/// Unsent answers to control frames beyond which nothing more is taken in.
const ANSWER_BYTES: usize = 16 * 1024;

/// Unsent output past [`Config::output_bytes`] beyond which nothing more is taken in: heads are not held back by `write`.
const HEAD_BYTES: usize = 256 * 1024;

/// What our PING carries.
const PING: [u8; 8] = *b"rtt-ping";

/// One side of an HTTP/2 connection.
pub struct Connection {
    role: Role,
    config: Config,
    stage: Stage,
    /// The time of the last call that told.
    now: Duration,
    peer: PeerSettings,
    /// The peer has acknowledged our settings.
    acknowledged: bool,
    decoder: Decoder,
    encoder: Encoder,
    streams: Streams,
    out: Output,
    send: SendWindow,
    receive: ReceiveWindow,
    /// The DATA frame that is coming in.
    incoming: Option<Incoming>,
    /// The header block that is coming in, in more than one frame.
    open_block: Option<OpenBlock>,
    block: Vec<u8>,
    /// Server: the head of the request just told of.
    request: RequestHead,
    /// Client: the head that came last, and the stream it is for, unless it was taken.
    response: ResponseHead,
    response_of: Option<(StreamId, ResponseMeta)>,
    cookie: Vec<u8>,
    /// Memory for the next content.
    spare: Vec<u8>,
    /// Priorities of streams that have not begun (RFC 9218 §7.1).
    early: Vec<(StreamId, Priority)>,
    flood: Flood,
    /// Streams that wait to write.
    waiting: usize,
    /// Streams whose failure is untold.
    untold: usize,
    /// Room that was promised to streams which were woken and have not tried to write yet.
    promised: usize,
    /// How often, since one of them last tried, nobody could be woken for that.
    doubts: u8,
    /// The stream that was woken last among those that take turns.
    turn: StreamId,
    goodbye: Goodbye,
    /// Server: the highest stream that is answered.
    accepted: StreamId,
    /// The peer has sent GOAWAY.
    peer_going: bool,
    pinging: bool,
    /// The connection failed, on either side, or was closed.
    over: bool,
    error: Option<ConnectionError>,
    progress: u64,
}

/// How far the connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The client's preface is due.
    Preface,
    /// The first SETTINGS frame is due.
    Settings,
    Open,
}

/// What our GOAWAYs have said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goodbye {
    Unsaid,
    /// That there will be another.
    Announced,
    /// Which streams are the last.
    Final,
}

impl Connection {
    /// A connection at its very beginning. [`Connection::output`] holds what our side says first.
    pub fn new(role: Role, config: Config) -> Connection {
        let mut out = Output::default();
        if role == Role::Client {
            out.bytes().extend_from_slice(PREFACE);
        }
        settings::write(role, &config, out.bytes());
        let window = config.connection_window.max(DEFAULT_WINDOW);
        if window > DEFAULT_WINDOW {
            frame::write_window_update(0, window - DEFAULT_WINDOW, out.bytes());
        }
        Connection {
            role,
            config,
            stage: if role == Role::Server { Stage::Preface } else { Stage::Settings },
            now: Duration::ZERO,
            peer: PeerSettings::new(),
            acknowledged: false,
            decoder: Decoder::new(config.header_table_bytes),
            encoder: Encoder::new(),
            streams: Streams::default(),
            out,
            send: SendWindow::new(DEFAULT_WINDOW),
            receive: ReceiveWindow::new(window),
            incoming: None,
            open_block: None,
            block: Vec::new(),
            request: RequestHead::default(),
            response: ResponseHead::default(),
            response_of: None,
            cookie: Vec::new(),
            spare: Vec::new(),
            early: Vec::new(),
            flood: Flood::new(),
            waiting: 0,
            untold: 0,
            promised: 0,
            doubts: 0,
            turn: 0,
            goodbye: Goodbye::Unsaid,
            accepted: MAX_WINDOW,
            peer_going: false,
            pinging: false,
            over: false,
            error: None,
            progress: 0,
        }
    }

    /// Takes in the next frame, or a part of a DATA frame. Returns how much of the input that was, and what happened by it.
    ///
    /// `(0, None)`: more bytes are needed (never more than 9 and [`Config::max_frame_bytes`]), or the output must be sent first
    /// ([`Connection::output_blocked`]). To be called again, with the rest, until then. After an error a GOAWAY is in the output, every
    /// stream has failed, and nothing more is taken in.
    pub fn receive(&mut self, input: &[u8], now: Duration) -> Result<(usize, Option<Event>), ConnectionError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.over {
            return Ok((input.len(), None));
        }
        if self.output_blocked() {
            return Ok((0, None));
        }
        self.now = now;
        self.take_in(input).map_err(|breach| {
            let error = ConnectionError::from(breach);
            self.error = Some(error);
            self.say_goodbye(breach.code(), breach.name());
            self.end();
            error
        })
    }

    /// So much waits to be sent that nothing is taken in until the peer reads: it asks, and does not listen.
    pub fn output_blocked(&self) -> bool {
        self.out.answers() > ANSWER_BYTES || self.out.len() > self.config.output_bytes.saturating_add(HEAD_BYTES)
    }

    /// A header block has begun and is not whole: its sender is held to the time of a head.
    pub fn mid_head(&self) -> bool {
        self.open_block.is_some()
    }

    /// The peer's bytes are at their end: nothing more can come, and what is open fails.
    pub fn closed(&mut self) {
        self.end();
    }

    /// What happened besides the frames received: streams that have failed with others, streams that may write again, in the order of
    /// their priority (RFC 9218).
    ///
    /// To be called until there is nothing more, whenever bytes have been received or sent, and again when streams that were told of have
    /// tried to write: only as many are told as there is room for. One that is told tries, or is let go.
    pub fn poll_event(&mut self) -> Option<Event> {
        if self.untold > 0
            && let Some(stream) = self.streams.iter_mut().find(|stream| stream.untold)
        {
            stream.untold = false;
            self.untold -= 1;
            return Some(Event::Failed { stream: stream.id });
        }
        self.wake().map(|stream| Event::Writable { stream })
    }

    /// What is to be sent, all of it.
    pub fn output(&self) -> &[u8] {
        self.out.waiting()
    }

    /// So many bytes from the front of [`Connection::output`] are sent.
    pub fn sent(&mut self, n: usize) {
        self.out.send(n);
    }

    /// Gives back the memory that an idle connection has no use for. What is in use stays.
    pub fn release(&mut self) {
        self.out.release();
        self.streams.release();
        self.spare = Vec::new();
        self.cookie = Vec::new();
        self.early.shrink_to_fit();
        self.request = RequestHead::default();
        if self.open_block.is_none() {
            self.block = Vec::new();
        }
        if self.response_of.is_none() {
            self.response = ResponseHead::default();
        }
    }

    /// Begins to end the connection, or goes on with it (RFC 9113 §6.8).
    ///
    /// A server's first call tells the client to open no more streams; those that are under way are still answered. The second call, a
    /// round trip later, names the last stream; what comes after it is ignored. A client has nothing to name: one call is enough.
    pub fn drain(&mut self) {
        if self.over {
            return;
        }
        match (self.role, self.goodbye) {
            (Role::Server, Goodbye::Unsaid) => {
                frame::write_goaway(MAX_WINDOW, ErrorCode::NO_ERROR, "", self.out.bytes());
                self.goodbye = Goodbye::Announced;
            }
            (_, Goodbye::Unsaid | Goodbye::Announced) => self.say_goodbye(ErrorCode::NO_ERROR, ""),
            (_, Goodbye::Final) => {}
        }
    }

    /// Ends the connection: GOAWAY with the code, and every stream fails.
    pub fn fail(&mut self, code: ErrorCode) {
        if !self.over {
            self.say_goodbye(code, "");
            self.end();
        }
    }

    /// Streams on which something may still come or go.
    pub fn open_streams(&self) -> usize {
        self.streams.open()
    }

    /// The connection has failed, or it was drained and every stream was let go: it is closed as soon as the output is sent.
    pub fn is_over(&self) -> bool {
        let drained = self.goodbye == Goodbye::Final || self.peer_going;
        self.over || (drained && self.streams.held() == 0)
    }

    /// Client: [`Connection::open`] would give a stream now.
    pub fn may_open(&self) -> bool {
        let room = self.streams.open() < self.peer.max_streams as usize && self.streams.last() < MAX_WINDOW;
        self.role == Role::Client && room && !self.over && !self.peer_going && self.goodbye == Goodbye::Unsaid
    }

    /// The peer's first settings have come: before, [`Connection::open`] does not know how many streams it takes.
    pub fn knows_peer(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Client: the server takes a CONNECT that names a protocol (RFC 8441).
    pub fn takes_protocols(&self) -> bool {
        self.peer.connect_protocol
    }

    /// Bytes of content that have come or were put into the output since the beginning: a connection with streams on which this does not
    /// grow is stalled.
    pub fn progress(&self) -> u64 {
        self.progress
    }

    /// Some stream has content to send, and the peer's windows hold it back.
    pub fn is_blocked(&self) -> bool {
        self.waiting > 0 && self.streams.iter().any(|stream| stream.waits && (self.send.room() == 0 || stream.send.room() == 0))
    }

    /// Sends a PING, unless one is under way.
    pub fn ping(&mut self) {
        if !self.pinging && !self.over {
            self.pinging = true;
            frame::write(Kind::Ping, 0, 0, &PING, self.out.bytes());
        }
    }

    /// A PING of ours is not answered yet.
    pub fn awaits_pong(&self) -> bool {
        self.pinging
    }

    /// Puts the last GOAWAY into the output.
    fn say_goodbye(&mut self, code: ErrorCode, debug: &str) {
        let last = match self.role {
            Role::Server => self.streams.last().min(self.accepted),
            // It has taken no stream of the server's, for there are none.
            Role::Client => 0,
        };
        frame::write_goaway(last, code, debug, self.out.bytes());
        self.goodbye = Goodbye::Final;
        if self.role == Role::Server {
            self.accepted = last;
        }
    }

    /// Nothing more comes in.
    fn end(&mut self) {
        self.over = true;
        self.open_block = None;
        self.incoming = None;
        for index in 0..self.streams.held() {
            self.abandon_untold(index, Reason::ConnectionOver);
        }
    }

    /// A stream fails by something that concerned others too: an event will tell of it.
    fn abandon_untold(&mut self, index: usize, reason: Reason) {
        if self.streams[index].is_open() {
            self.abandon(index, reason);
            self.streams[index].untold = true;
            self.untold += 1;
        }
    }

    /// A stream fails. What its peer had sent stays readable only if it was all.
    fn abandon(&mut self, index: usize, reason: Reason) {
        self.leave_queue(index);
        let stream = &mut self.streams[index];
        stream.failure = stream.failure.or(Some(reason));
        if stream.remote != Half::Ended {
            let unread = stream.content.discard(&mut self.spare);
            stream.trailers = None;
            self.give_back(unread);
        }
        self.streams.settle(index);
    }

    /// Counts a stream as closed, if it is.
    fn settle(&mut self, index: usize) {
        if self.streams.settle(index) {
            self.flood.exchange();
        }
    }

    /// Resets an open stream, and lets what may be under way for it pass.
    fn reset_open(&mut self, index: usize, code: ErrorCode, reason: Reason) {
        let stream = &self.streams[index];
        let (id, idle, ended, left) = (stream.id, stream.is_idle(), stream.remote == Half::Ended, stream.receive.left());
        // RFC 9113 §6.4: not on a stream that the peer does not know of.
        if !idle {
            self.out.answer(|out| frame::write_rst_stream(id, code, out));
        }
        if !idle && !ended {
            self.streams.remember(id, left);
        }
        self.abandon(index, reason);
    }

    /// Resets a stream that is not in the table; `ended`: the peer sends no more on it.
    fn reset_unheld(&mut self, id: StreamId, code: ErrorCode, ended: bool) {
        self.out.answer(|out| frame::write_rst_stream(id, code, out));
        if !ended {
            self.streams.remember(id, self.first_receive_window() as i32);
        }
    }

    /// What a peer may send on a new stream.
    fn first_receive_window(&self) -> u32 {
        // RFC 9113 §6.5.3: until it has acknowledged our settings it may not know of them.
        if self.acknowledged { self.config.stream_window } else { self.config.stream_window.max(DEFAULT_WINDOW) }
    }

    /// Resets the stream, unless it is over. Reading and writing fail from then on.
    pub fn reset(&mut self, id: StreamId, code: ErrorCode) {
        if let Some(index) = self.streams.find(id)
            && self.streams[index].is_open()
            && !self.over
        {
            // An event need not tell those who did it.
            self.reset_open(index, code, Reason::Reset(code));
        }
    }

    /// The exchange needs the stream no more; the id means nothing after that. What is not at its end is reset: after a whole response
    /// a request that still goes on is not wanted (RFC 9113 §8.1), anything else was broken off.
    pub fn let_go(&mut self, id: StreamId) {
        let Some(index) = self.streams.find(id) else { return };
        let stream = &self.streams[index];
        if stream.is_open() && !self.over {
            let code = match (self.role, stream.local) {
                (Role::Server, Half::Ended) => ErrorCode::NO_ERROR,
                (Role::Server, _) => ErrorCode::INTERNAL_ERROR,
                (Role::Client, _) => ErrorCode::CANCEL,
            };
            self.reset_open(index, code, Reason::Reset(code));
        }
        self.leave_queue(index);
        let mut stream = self.streams.remove(index);
        self.untold -= usize::from(stream.untold);
        if self.response_of.is_some_and(|(of, _)| of == id) {
            self.response_of = None;
        }
        let unread = stream.content.discard(&mut self.spare);
        self.give_back(unread);
    }

    /// Why the stream was over before its end, if it was.
    pub fn failure(&self, id: StreamId) -> Option<Reason> {
        self.streams.find(id).and_then(|index| self.streams[index].failure)
    }
}

impl core::fmt::Debug for Connection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Connection { role, stage, goodbye, over, .. } = self;
        f.debug_struct("Connection")
            .field("role", role)
            .field("stage", stage)
            .field("streams", &self.streams.open())
            .field("unsent", &self.out.len())
            .field("goodbye", goodbye)
            .field("over", over)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
