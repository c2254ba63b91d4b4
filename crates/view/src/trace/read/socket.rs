//! A WebSocket: what its handshake agreed on, and each frame.

use super::{Place, Reader, Span, Tone};
use crate::trace::quantity::{count, size, time};
use decide::step::{Bytes, SocketStep, Step, Text};
use decide::time::Instant;

/// Without `-v` so many frames have rows of their own.
const MOST_ROWS: u64 = 20;

/// What has passed so far.
#[derive(Default)]
pub(super) struct Passed {
    up: u64,
    down: u64,
    /// Frames without rows of their own, and their bytes.
    hidden: (u64, u64),
    /// How it was closed.
    closed: Option<String>,
}

/// A frame, as its step has it.
struct Frame {
    from: &'static str,
    kind: &'static str,
    size: Bytes,
    compressed: bool,
    last: bool,
    text: Text,
}

impl Reader<'_> {
    pub(super) fn socket(&mut self, at: Instant, step: &Step) -> bool {
        let Step::Socket(step) = *step else { return false };
        match step {
            SocketStep::SocketOpened { offered, protocol, deflate_offered, extensions } => {
                self.opened(at, (offered, protocol), deflate_offered, extensions);
            }
            SocketStep::SocketFrame { from, kind, size, compressed, last, text } => {
                self.frame(at, &Frame { from, kind, size, compressed, last, text });
            }
            SocketStep::SocketFramesUntold { frames, size } => self.hide(frames, size.0),
            SocketStep::SocketPinged { answered, took } => {
                let span = self.before(at, took);
                match answered {
                    true => self.say_at(span, "ping", format!("answered after {}", time(took)), Tone::Good),
                    false => self.say_at(span, "ping", "not answered", Tone::Warning),
                }
            }
            SocketStep::SocketClosed { by, code, meaning, reason, answer, took } => {
                self.tell_hidden();
                let span = self.before(at, took);
                self.socket_closed(span, (by, code, meaning), reason, answer);
            }
        }
        true
    }

    /// The rules were kept: in words, at the station of the handshake; then the next station begins.
    fn opened(&mut self, at: Instant, (offered, protocol): (Text, Text), deflate_offered: bool, extensions: Text) {
        let (offered, protocol, extensions) = (self.text(offered), self.text(protocol), self.text(extensions));
        self.say("accept", "the server has read our key: Sec-WebSocket-Accept is its answer (RFC 6455 §4.1)", Tone::Good);
        match (offered.is_empty(), protocol.is_empty()) {
            (true, _) => self.say("protocol", "no subprotocol was offered", Tone::Plain),
            (false, true) => self.say("protocol", format!("{offered} was offered, and the server has chosen none"), Tone::Warning),
            (false, false) => self.say("protocol", format!("{protocol}, of {offered}"), Tone::Plain),
        }
        match (deflate_offered, extensions.is_empty()) {
            (false, true) => self.say("deflate", "no compression was offered", Tone::Plain),
            (true, true) => self.say("deflate", "compression was offered (permessage-deflate), and the server does without", Tone::Plain),
            (_, false) => self.say("deflate", format!("messages may be compressed: {extensions}"), Tone::Plain),
        }
        self.close(at);
        self.socket = Passed::default();
        self.open(Place::Socket, at);
        self.set_text("open".to_string());
    }

    fn frame(&mut self, at: Instant, frame: &Frame) {
        let ours = frame.from == "client";
        match ours {
            true => self.socket.up += 1,
            false => self.socket.down += 1,
        }
        if !self.options.verbose && self.socket.up + self.socket.down - self.socket.hidden.0 > MOST_ROWS && frame.kind != "close" {
            return self.hide_one(frame.size.0);
        }
        let mut says = format!("{}, {}", frame.kind, size(frame.size.0));
        if frame.compressed {
            says.push_str(", compressed");
        }
        if !frame.last {
            says.push_str(", more of its message follows");
        }
        self.say_at(self.point(at), if ours { "sent" } else { "received" }, says, Tone::Plain);
        if self.options.verbose {
            self.text_lines(frame.text).into_iter().for_each(|line| self.say("", line, Tone::Quoted));
        }
        self.count_frames();
    }

    fn hide_one(&mut self, bytes: u64) {
        let (frames, all) = self.socket.hidden;
        self.socket.hidden = (frames + 1, all + bytes);
        self.count_frames();
    }

    /// Frames that were never told one by one.
    fn hide(&mut self, frames: u64, bytes: u64) {
        self.say("", format!("{} more, {}, not told one by one", count_of(frames), size(bytes)), Tone::Plain);
    }

    fn tell_hidden(&mut self) {
        let (frames, bytes) = std::mem::take(&mut self.socket.hidden);
        if frames > 0 {
            self.say("", format!("{} more, {} (-v shows them)", count_of(frames), size(bytes)), Tone::Plain);
        }
    }

    fn count_frames(&mut self) {
        let text = format!("{} sent, {} received", count_of(self.socket.up), self.socket.down);
        let text = match &self.socket.closed {
            Some(closed) => format!("{text}, {closed}"),
            None => text,
        };
        self.set_text(text);
    }

    fn socket_closed(&mut self, span: Span, (by, code, meaning): (&str, u16, &str), reason: Text, answer: u16) {
        let reason = self.text(reason);
        let who = if by == "client" { "by us" } else { "by the server" };
        let mut says = format!("{who} first: {}", named(code));
        if code != 0 {
            says.push_str(&format!(" ({meaning})"));
        }
        if !reason.is_empty() {
            says.push_str(&format!(", {reason:?}"));
        }
        if by == "client" && answer != code {
            says.push_str(&format!("; the server answered with {}", named(answer)));
        }
        let good = by == "client" || matches!(code, 0 | 1000 | 1001 | 3000..);
        self.say_at(span, "closing", says, if good { Tone::Good } else { Tone::Bad });
        self.socket.closed = Some(format!("closed {who}: {}", named(code)));
        self.count_frames();
        let end = self.journey.began + span.end;
        self.close(end);
    }

    /// Ends what is still open of a WebSocket.
    pub(super) fn socket_ended(&mut self) {
        if self.station().is_some_and(|station| station.place == Place::Socket) {
            self.tell_hidden();
        }
    }
}

fn named(code: u16) -> String {
    if code == 0 { "without a code".to_string() } else { code.to_string() }
}

fn count_of(frames: u64) -> String {
    count(usize::try_from(frames).unwrap_or(usize::MAX), "frame", "frames")
}
