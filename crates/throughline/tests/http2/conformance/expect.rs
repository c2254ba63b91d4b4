//! Reactions that a case asks for. Where the suite takes a closed connection for an error of any kind, so does this: a server may close
//! without a word (RFC 9113 §5.4.1).

use super::Talk;
use crate::connection::Event;
use crate::frames::{self, Code, Frame};
use std::fmt;

pub(super) type Verdict = Result<(), Miss>;

/// Why a case did not pass.
pub(super) enum Miss {
    /// It cannot be put to this server.
    Skipped(&'static str),
    Failed {
        wanted: String,
        came: String,
    },
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Miss::Skipped(why) => write!(f, "skipped: {why}"),
            Miss::Failed { wanted, came } => write!(f, "wanted {wanted}; came {came}"),
        }
    }
}

impl Talk<'_> {
    /// A connection error: GOAWAY with one of these codes, or a closed connection (§5.4.1).
    pub(super) fn connection_error(&mut self, codes: &[Code]) -> Verdict {
        self.until(
            || format!("GOAWAY with {}, or closed", list(codes)),
            |event| match event {
                Event::Closed => Some(true),
                Event::Frame(frame) if frame.kind == frames::GOAWAY => has(frame, codes).then_some(true),
                _ => None,
            },
        )
    }

    /// A stream error: RST_STREAM with one of these codes (§5.4.2); or a connection error, which a stream error may be made.
    pub(super) fn stream_error(&mut self, codes: &[Code]) -> Verdict {
        self.until(
            || format!("RST_STREAM or GOAWAY with {}, or closed", list(codes)),
            |event| match event {
                Event::Closed => Some(true),
                Event::Frame(frame) if matches!(frame.kind, frames::GOAWAY | frames::RST_STREAM) => has(frame, codes).then_some(true),
                _ => None,
            },
        )
    }

    /// Closed, after whatever else.
    pub(super) fn closed(&mut self) -> Verdict {
        self.until(|| "closed".to_string(), |event| matches!(event, Event::Closed).then_some(true))
    }

    /// The first frame of this type must be like this.
    pub(super) fn first(&mut self, kind: u8, wanted: &str, like: impl Fn(&Frame) -> bool) -> Verdict {
        self.until(
            || wanted.to_string(),
            |event| match event {
                Event::Frame(frame) if frame.kind == kind => Some(like(frame)),
                Event::Closed => Some(false),
                _ => None,
            },
        )
    }

    /// The head of an answer on this stream.
    pub(super) fn answer(&mut self, stream: u32) -> Verdict {
        self.first(frames::HEADERS, &format!("HEADERS(stream {stream})"), |frame| frame.stream == stream)
    }

    /// DATA of any length.
    pub(super) fn data(&mut self) -> Verdict {
        self.first(frames::DATA, "DATA", |_| true)
    }

    /// DATA of one octet, since the window has one.
    pub(super) fn one_octet(&mut self) -> Verdict {
        self.first(frames::DATA, "DATA of 1 byte", |frame| frame.payload.len() == 1)
    }

    /// Our settings are acknowledged (§6.5.3).
    pub(super) fn acknowledged(&mut self) -> Verdict {
        self.first(frames::SETTINGS, "SETTINGS with ACK", |frame| frame.has(frames::ACK))
    }

    /// Our PING comes back (§6.7).
    pub(super) fn pong(&mut self, opaque: [u8; 8]) -> Verdict {
        self.first(frames::PING, "PING with ACK and our octets", |frame| frame.has(frames::ACK) && frame.payload == opaque)
    }

    /// The same, or closed: where the client has said that it is done.
    pub(super) fn pong_or_closed(&mut self, opaque: [u8; 8]) -> Verdict {
        self.until(
            || "PING with ACK and our octets, or closed".to_string(),
            |event| match event {
                Event::Closed => Some(true),
                Event::Frame(frame) if frame.kind == frames::PING => (frame.has(frames::ACK) && frame.payload == opaque).then_some(true),
                _ => None,
            },
        )
    }

    /// The answer is complete: the stream is closed if our side was.
    pub(super) fn ended(&mut self) -> Verdict {
        self.until(
            || "the end of the answer".to_string(),
            |event| match event {
                Event::Frame(frame) if frame.ends() => Some(true),
                Event::Frame(frame) if frame.kind == frames::RST_STREAM => (frame.code() == Some(frames::NO_ERROR)).then_some(true),
                Event::Closed => Some(false),
                _ => None,
            },
        )
    }

    /// Reads until an event decides.
    fn until(&mut self, wanted: impl Fn() -> String, decides: impl Fn(&Event) -> Option<bool>) -> Verdict {
        loop {
            let event = self.with.event();
            let passed = match (decides(&event), &event) {
                (Some(passed), _) => passed,
                (None, Event::Frame(_)) => continue,
                (None, _) => false,
            };
            return if passed { Ok(()) } else { Err(Miss::Failed { wanted: wanted(), came: self.with.came() }) };
        }
    }
}

fn has(frame: &Frame, codes: &[Code]) -> bool {
    frame.code().is_some_and(|code| codes.contains(&code))
}

fn list(codes: &[Code]) -> String {
    codes.iter().map(Code::to_string).collect::<Vec<_>>().join(" or ")
}
