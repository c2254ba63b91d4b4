//! What passes on a WebSocket, as steps.

use super::super::telling::Telling;
use super::frames::Frame;
use decide::step::{Bytes, SocketStep};
use decide::time::Instant;
use std::collections::VecDeque;
use std::io;
use wire::websocket::{Close, CloseCode, Event, Kind, Opcode};

/// More frames are not told one by one.
pub(super) const MOST_TOLD: u64 = 1000;
/// So much of a text is kept to be shown.
const SAMPLE_BYTES: usize = 200;

/// Who was first to close, with what, and when.
pub(super) struct Closing {
    pub(super) by: &'static str,
    code: Option<CloseCode>,
    reason: String,
    at: Instant,
}

/// Tells what passes.
pub(super) struct Record<'a, 'w> {
    pub(super) telling: &'a mut Telling<'w>,
    /// Data frames of the server's.
    pub(super) frames: u64,
    /// All frames of the server's.
    pub(super) all_frames: u64,
    told: u64,
    untold: (u64, u64),
    /// Our ping, while no pong has come.
    pub(super) ping: Option<([u8; 8], Instant)>,
    pub(super) closing: Option<Closing>,
    /// The beginning of what the present frame holds.
    sample: Vec<u8>,
    /// What our own frames hold, in order.
    pub(super) own: VecDeque<String>,
    /// The body could not be put where it was to go.
    pub(super) sink: io::Result<()>,
}

impl<'a, 'w> Record<'a, 'w> {
    pub(super) fn new(telling: &'a mut Telling<'w>) -> Record<'a, 'w> {
        Record {
            telling,
            frames: 0,
            all_frames: 0,
            told: 0,
            untold: (0, 0),
            ping: None,
            closing: None,
            sample: Vec::new(),
            own: VecDeque::new(),
            sink: Ok(()),
        }
    }

    /// Something came of what the server has sent.
    pub(super) fn event(&mut self, event: Event) {
        match event {
            Event::Data { kind, data, .. } => {
                if kind == Kind::Text {
                    self.sampled(&data);
                }
                if self.sink.is_ok() {
                    self.sink = self.telling.body(&data);
                }
            }
            Event::Ping(_) => {}
            Event::Pong(payload) => {
                if let Some((_, since)) = self.ping.take_if(|(own, _)| payload == *own) {
                    let took = self.telling.now().since(since);
                    self.step(SocketStep::SocketPinged { answered: true, took });
                }
            }
            Event::Close(close) => self.closed(close),
        }
    }

    fn sampled(&mut self, data: &[u8]) {
        let room = SAMPLE_BYTES.saturating_sub(self.sample.len());
        self.sample.extend_from_slice(&data[..room.min(data.len())]);
    }

    /// A frame of the server's has ended, and its events were told.
    pub(super) fn received(&mut self, frame: Frame) {
        self.all_frames += 1;
        self.frames += u64::from(!frame.opcode.is_control());
        let sample = std::mem::take(&mut self.sample);
        self.frame("server", frame, &sample);
    }

    /// A frame of ours is out.
    pub(super) fn sent(&mut self, frame: Frame) {
        let own = if frame.opcode == Opcode::Text { self.own.pop_front().unwrap_or_default() } else { String::new() };
        self.frame("client", frame, own.as_bytes());
    }

    fn frame(&mut self, from: &'static str, frame: Frame, text: &[u8]) {
        if self.told == MOST_TOLD && frame.opcode != Opcode::Close {
            self.untold = (self.untold.0 + 1, self.untold.1 + frame.size);
            return;
        }
        self.told = (self.told + 1).min(MOST_TOLD);
        let text = self.telling.keep(shortened(text));
        let (kind, size) = (word(frame.opcode), Bytes(frame.size));
        self.step(SocketStep::SocketFrame { from, kind, size, compressed: frame.compressed, last: frame.last, text });
    }

    /// We close first.
    pub(super) fn close(&mut self, code: CloseCode) {
        self.closing = Some(Closing { by: "client", code: Some(code), reason: String::new(), at: self.telling.now() });
    }

    /// The server closes, first or second.
    fn closed(&mut self, close: Option<Close>) {
        let now = self.telling.now();
        let code = close.as_ref().map(|close| close.code);
        let reason = close.map(|close| close.reason).unwrap_or_default();
        self.sampled(reason.as_bytes());
        let first = self.closing.get_or_insert(Closing { by: "server", code, reason, at: now });
        let (by, first_code, took) = (first.by, first.code, now.since(first.at));
        let reason = self.telling.keep(&first.reason);
        self.step(SocketStep::SocketClosed {
            by,
            code: number(first_code),
            meaning: meaning(first_code),
            reason,
            answer: number(code),
            took,
        });
    }

    /// Nothing more passes.
    pub(super) fn end(&mut self) {
        let (frames, size) = std::mem::take(&mut self.untold);
        if frames > 0 {
            self.step(SocketStep::SocketFramesUntold { frames, size: Bytes(size) });
        }
        if let Some((_, since)) = self.ping.take() {
            let took = self.telling.now().since(since);
            self.step(SocketStep::SocketPinged { answered: false, took });
        }
    }

    fn step(&mut self, step: SocketStep) {
        self.telling.step(step.into());
    }
}

/// A text's beginning, cut between two characters.
fn shortened(text: &[u8]) -> &[u8] {
    let cut = &text[..text.len().min(SAMPLE_BYTES)];
    match std::str::from_utf8(cut) {
        // The last character is not whole.
        Err(error) if error.error_len().is_none() => &cut[..error.valid_up_to()],
        _ => cut,
    }
}

fn number(code: Option<CloseCode>) -> u16 {
    code.map_or(0, CloseCode::number)
}

/// RFC 6455 §7.4.1, and the registry.
fn meaning(code: Option<CloseCode>) -> &'static str {
    match number(code) {
        0 => "no code was given",
        1000 => "the purpose is fulfilled",
        1001 => "the endpoint goes away",
        1002 => "the other end broke the protocol",
        1003 => "messages of this kind are not taken",
        1007 => "a message does not hold what its kind says",
        1008 => "a message breaks a policy",
        1009 => "a message is too large",
        1010 => "an extension that is needed was not agreed on",
        1011 => "the server met something it did not expect",
        1012 => "the service restarts",
        1013 => "the service is too busy: try again later",
        1014 => "a gateway had a bad answer from the server behind it",
        3000..=3999 => "a registered code of libraries and frameworks",
        _ => "a code of the application's own",
    }
}

fn word(opcode: Opcode) -> &'static str {
    match opcode {
        Opcode::Continuation => "continuation",
        Opcode::Text => "text",
        Opcode::Binary => "binary",
        Opcode::Close => "close",
        Opcode::Ping => "ping",
        Opcode::Pong => "pong",
    }
}
