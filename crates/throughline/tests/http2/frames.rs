//! Frames of HTTP/2 (RFC 9113 §4.1) as a test writes and reads them: nothing is checked, so that whatever is wrong can be sent too.

use std::fmt;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// Flags, by the frames that have them.
pub(crate) const ACK: u8 = 0x1;
pub(crate) const END_STREAM: u8 = 0x1;
pub(crate) const END_HEADERS: u8 = 0x4;
pub(crate) const PADDED: u8 = 0x8;
pub(crate) const WITH_PRIORITY: u8 = 0x20;
/// A whole request without a body.
pub(crate) const WHOLE: u8 = END_STREAM | END_HEADERS;

/// Settings (§6.5.2).
pub(crate) const HEADER_TABLE_SIZE: u16 = 1;
pub(crate) const ENABLE_PUSH: u16 = 2;
pub(crate) const MAX_CONCURRENT_STREAMS: u16 = 3;
pub(crate) const INITIAL_WINDOW_SIZE: u16 = 4;
pub(crate) const MAX_FRAME_SIZE: u16 = 5;
pub(crate) const MAX_HEADER_LIST_SIZE: u16 = 6;

/// An error code (§7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) u32);

pub(crate) const NO_ERROR: Code = Code(0);
pub(crate) const PROTOCOL_ERROR: Code = Code(1);
pub(crate) const FLOW_CONTROL_ERROR: Code = Code(3);
pub(crate) const STREAM_CLOSED: Code = Code(5);
pub(crate) const FRAME_SIZE_ERROR: Code = Code(6);
pub(crate) const REFUSED_STREAM: Code = Code(7);
pub(crate) const CANCEL: Code = Code(8);
pub(crate) const COMPRESSION_ERROR: Code = Code(9);
pub(crate) const ENHANCE_YOUR_CALM: Code = Code(11);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 14] = [
            "NO_ERROR",
            "PROTOCOL_ERROR",
            "INTERNAL_ERROR",
            "FLOW_CONTROL_ERROR",
            "SETTINGS_TIMEOUT",
            "STREAM_CLOSED",
            "FRAME_SIZE_ERROR",
            "REFUSED_STREAM",
            "CANCEL",
            "COMPRESSION_ERROR",
            "CONNECT_ERROR",
            "ENHANCE_YOUR_CALM",
            "INADEQUATE_SECURITY",
            "HTTP_1_1_REQUIRED",
        ];
        match NAMES.get(self.0 as usize) {
            Some(name) => f.write_str(name),
            None => write!(f, "code {:#x}", self.0),
        }
    }
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// With the reserved bit.
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// Octets before the payload.
pub(crate) const HEAD: usize = 9;

impl Frame {
    pub(crate) fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Frame {
        Frame { kind, flags, stream, payload: payload.into() }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        head(self.payload.len(), self.kind, self.flags, self.stream, out);
        out.extend_from_slice(&self.payload);
    }

    /// Takes the first frame off, if it is there whole.
    pub(crate) fn take(from: &mut Vec<u8>) -> Option<Frame> {
        let [a, b, c, kind, flags, stream @ ..] = *from.first_chunk::<HEAD>()?;
        let end = HEAD + u32::from_be_bytes([0, a, b, c]) as usize;
        if from.len() < end {
            return None;
        }
        let payload = from[HEAD..end].to_vec();
        from.drain(..end);
        Some(Frame { kind, flags, stream: u32::from_be_bytes(stream) & 0x7fff_ffff, payload })
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// It ends its stream.
    pub(crate) fn ends(&self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.has(END_STREAM)
    }

    /// The code of RST_STREAM or GOAWAY.
    pub(crate) fn code(&self) -> Option<Code> {
        let at = match self.kind {
            RST_STREAM => 0,
            GOAWAY => 4,
            _ => return None,
        };
        Some(Code(u32::from_be_bytes(*self.payload.get(at..)?.first_chunk()?)))
    }

    /// What WINDOW_UPDATE adds.
    pub(crate) fn increment(&self) -> Option<u32> {
        if self.kind == WINDOW_UPDATE { self.payload.first_chunk().map(|bytes| u32::from_be_bytes(*bytes)) } else { None }
    }

    /// What DATA or HEADERS carry, without padding and priority.
    pub(crate) fn content(&self) -> &[u8] {
        let mut content = &self.payload[..];
        if self.has(PADDED) {
            let padding = usize::from(content[0]);
            content = &content[1..content.len() - padding];
        }
        if self.kind == HEADERS && self.has(WITH_PRIORITY) {
            content = &content[5..];
        }
        content
    }
}

/// The head of a frame, whose payload may be missing or lie about its length.
pub(crate) fn head(length: usize, kind: u8, flags: u8, stream: u32, out: &mut Vec<u8>) {
    let length = u32::try_from(length).expect("a frame is small").to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
}

pub(crate) fn data(stream: u32, flags: u8, content: impl Into<Vec<u8>>) -> Frame {
    Frame::new(DATA, flags, stream, content)
}

pub(crate) fn priority(stream: u32, on: u32, weight: u8) -> Frame {
    Frame::new(PRIORITY, 0, stream, priority_fields(on, weight))
}

/// The stream depended on, with the exclusive bit, and the weight less one (RFC 7540 §6.3).
pub(crate) fn priority_fields(on: u32, weight: u8) -> Vec<u8> {
    [&on.to_be_bytes()[..], &[weight]].concat()
}

pub(crate) fn rst_stream(stream: u32, code: Code) -> Frame {
    Frame::new(RST_STREAM, 0, stream, code.0.to_be_bytes())
}

pub(crate) fn settings(values: &[(u16, u32)]) -> Frame {
    let payload: Vec<u8> = values.iter().flat_map(|(key, value)| [&key.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
    Frame::new(SETTINGS, 0, 0, payload)
}

pub(crate) fn ping(flags: u8, opaque: [u8; 8]) -> Frame {
    Frame::new(PING, flags, 0, opaque)
}

pub(crate) fn goaway(last: u32, code: Code, debug: &[u8]) -> Frame {
    Frame::new(GOAWAY, 0, 0, [&last.to_be_bytes()[..], &code.0.to_be_bytes(), debug].concat())
}

pub(crate) fn window_update(stream: u32, increment: u32) -> Frame {
    Frame::new(WINDOW_UPDATE, 0, stream, increment.to_be_bytes())
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 10] =
            ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION"];
        match NAMES.get(usize::from(self.kind)) {
            Some(name) => write!(f, "{name}(stream {}", self.stream)?,
            None => write!(f, "frame of type {}(stream {}", self.kind, self.stream)?,
        }
        match self.code() {
            Some(code) => write!(f, ", {code})"),
            None => write!(f, ", flags {:#04x}, {} bytes)", self.flags, self.payload.len()),
        }
    }
}

/// What is written is read; a part of it is not.
#[test]
fn a_frame_is_read_as_it_was_written() {
    let frame = goaway(5, ENHANCE_YOUR_CALM, b"why");
    let mut bytes = Vec::new();
    frame.write(&mut bytes);
    assert_eq!(bytes, b"\0\0\x0b\x07\0\0\0\0\0\0\0\0\x05\0\0\0\x0bwhy");
    let mut cut = bytes[..bytes.len() - 1].to_vec();
    assert_eq!(Frame::take(&mut cut), None);
    ping(ACK, *b"12345678").write(&mut bytes);
    assert_eq!(Frame::take(&mut bytes), Some(frame));
    assert_eq!(Frame::take(&mut bytes), Some(ping(ACK, *b"12345678")));
    assert_eq!(bytes, b"");
    assert_eq!(Frame::new(HEADERS, PADDED | WITH_PRIORITY, 1, *b"\x02\0\0\0\0\x10block\0\0").content(), b"block");
}
