//! Why a session ends (RFC 4271 §4.5).

use super::frame;
use alloc::vec::Vec;
use core::fmt;

/// What one side tells the other before it closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The kind of the error.
    pub code: u8,
    /// The error.
    pub subcode: u8,
    /// What there is to say about it.
    pub data: Vec<u8>,
}

impl Notification {
    /// An end that is no error (RFC 4486), without more words.
    pub const CEASE: u8 = 6;

    /// One without data.
    pub fn new(code: u8, subcode: u8) -> Notification {
        Notification { code, subcode, data: Vec::new() }
    }

    pub(super) fn read(body: &[u8]) -> Option<Notification> {
        let [code, subcode, data @ ..] = body else { return None };
        Some(Notification { code: *code, subcode: *subcode, data: data.to_vec() })
    }

    /// Writes it, as a whole message. Data that no message has room for is cut.
    pub fn write(&self, out: &mut Vec<u8>) {
        let room = frame::MESSAGE_BYTES - frame::HEADER_BYTES - 2;
        frame::write(frame::NOTIFICATION, out, |out| {
            out.extend([self.code, self.subcode]);
            out.extend_from_slice(&self.data[..self.data.len().min(room)]);
        });
    }

    /// What an operator wrote on the other side, where he did (RFC 9003 §2).
    pub fn communication(&self) -> Option<&str> {
        let (length, text) = self.data.split_first().filter(|_| self.code == Self::CEASE && matches!(self.subcode, 2 | 4))?;
        core::str::from_utf8(text.get(..usize::from(*length))?).ok().filter(|text| !text.is_empty())
    }

    fn subcode_words(&self) -> Option<&'static str> {
        let words: &[&str] = match self.code {
            // RFC 4271 §6.1
            1 => &["", "connection not synchronized", "bad message length", "bad message type"],
            // RFC 4271 §6.2, RFC 5492 §5; 5 is of the past, 11 is RFC 9234's.
            2 => &[
                "",
                "unsupported version",
                "bad peer AS",
                "bad BGP identifier",
                "unsupported optional parameter",
                "",
                "unacceptable hold time",
                "unsupported capability",
                "",
                "",
                "",
                "role mismatch",
            ],
            // RFC 4271 §6.3; 7 is of the past.
            3 => &[
                "",
                "malformed attribute list",
                "unrecognized well-known attribute",
                "missing well-known attribute",
                "attribute flags error",
                "attribute length error",
                "invalid ORIGIN",
                "",
                "invalid NEXT_HOP",
                "optional attribute error",
                "invalid network field",
                "malformed AS_PATH",
            ],
            // RFC 6608
            5 => &["", "unexpected message in OpenSent", "unexpected message in OpenConfirm", "unexpected message in Established"],
            // RFC 4486, RFC 8538, RFC 9384
            6 => &[
                "",
                "maximum number of prefixes reached",
                "administrative shutdown",
                "peer de-configured",
                "administrative reset",
                "connection rejected",
                "other configuration change",
                "connection collision resolution",
                "out of resources",
                "hard reset",
                "BFD down",
            ],
            7 => &["", "invalid message length"],
            _ => &[],
        };
        words.get(usize::from(self.subcode)).copied().filter(|words| !words.is_empty())
    }
}

impl fmt::Display for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.code {
            1 => "message header error",
            2 => "OPEN message error",
            3 => "UPDATE message error",
            4 => "hold timer expired",
            5 => "finite state machine error",
            6 => "cease",
            7 => "ROUTE-REFRESH message error",
            _ => "unknown error",
        })?;
        match self.subcode_words() {
            Some(words) => write!(f, ": {words} ({}/{})", self.code, self.subcode)?,
            None => write!(f, " ({}/{})", self.code, self.subcode)?,
        }
        // The text is another's: nothing in it may steer a terminal.
        self.communication().map_or(Ok(()), |text| write!(f, ": “{}”", text.escape_debug()))
    }
}
