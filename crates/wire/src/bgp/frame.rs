//! Messages in a stream (RFC 4271 §4.1).

use super::{Agreed, Family, Fault, Flaw, Message, Notification, Open, Update};
use crate::cursor::Cursor;
use crate::gathered::Gathered;
use alloc::vec::Vec;

/// The header's length: marker, length, type.
pub const HEADER_BYTES: usize = 19;
/// The longest message.
pub const MESSAGE_BYTES: usize = 4096;
/// The longest where long ones were agreed on (RFC 8654).
pub const LONG_MESSAGE_BYTES: usize = 65535;

pub(super) const OPEN: u8 = 1;
pub(super) const UPDATE: u8 = 2;
pub(super) const NOTIFICATION: u8 = 3;
pub(super) const KEEPALIVE: u8 = 4;
pub(super) const ROUTE_REFRESH: u8 = 5;

/// A stream's bytes in, its messages out. It holds less than one message, and what was pushed last.
#[derive(Clone, Debug, Default)]
pub struct Framer {
    gathered: Gathered,
}

impl Framer {
    /// Takes in the next bytes; then [`Framer::message`] until there is no more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.gathered.push(bytes);
    }

    /// The next message, if it is there whole. A fault here ends the session: tell the peer [`Fault::notification`]; the stream cannot be
    /// read on. Faults that cost less are in [`Update::faults`].
    pub fn message(&mut self, agreed: &Agreed) -> Result<Option<Message<'_>>, Fault> {
        let pending = self.gathered.pending();
        let most = if agreed.long { LONG_MESSAGE_BYTES } else { MESSAGE_BYTES };
        // A stream that is no BGP is told from one that is slow by its first bytes.
        if pending.iter().take(16).any(|byte| *byte != 0xFF) {
            return Err(Flaw::Marker.resets());
        }
        let Some(length) = pending.get(16..18).map(|length| u16::from_be_bytes([length[0], length[1]])) else { return Ok(None) };
        if !(HEADER_BYTES..=most).contains(&usize::from(length)) {
            return Err(Flaw::Length(length).resets());
        }
        if pending.len() < usize::from(length) {
            return Ok(None);
        }
        Message::read(self.gathered.take(usize::from(length)), agreed).map(Some)
    }

    /// Whether part of a message is there: where the stream ends with it, it was cut off.
    pub fn is_inside(&self) -> bool {
        !self.gathered.pending().is_empty()
    }
}

impl<'a> Message<'a> {
    /// Reads one, whole, header and all.
    pub fn read(bytes: &'a [u8], agreed: &Agreed) -> Result<Message<'a>, Fault> {
        let mut cursor = Cursor(bytes);
        let marker = cursor.take(16).ok_or(Flaw::Length(0).resets())?;
        if marker.iter().any(|byte| *byte != 0xFF) {
            return Err(Flaw::Marker.resets());
        }
        let length = cursor.u16().ok_or(Flaw::Length(0).resets())?;
        let kind = cursor.u8().filter(|_| usize::from(length) == bytes.len()).ok_or(Flaw::Length(length).resets())?;
        let body = cursor.0;
        let wrong_length = Flaw::Length(length).resets();
        match kind {
            // RFC 8654 §4: an OPEN is never long.
            OPEN if bytes.len() > MESSAGE_BYTES => Err(wrong_length),
            OPEN => Open::read(body).map(Message::Open),
            UPDATE => Update::read(body, agreed).map(Message::Update),
            NOTIFICATION => Notification::read(body).map(Message::Notification).ok_or(wrong_length),
            KEEPALIVE => body.is_empty().then_some(Message::Keepalive).ok_or(wrong_length),
            ROUTE_REFRESH => refresh(body).ok_or(wrong_length),
            _ => Err(Flaw::Kind(kind).resets()),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Message::Open(_) => "OPEN",
            Message::Update(_) => "UPDATE",
            Message::Notification(_) => "NOTIFICATION",
            Message::Keepalive => "KEEPALIVE",
            Message::RouteRefresh { .. } => "ROUTE-REFRESH",
        }
    }
}

/// RFC 2918 §3; the byte between is the subtype of RFC 7313 §3.2. What may follow are filters, which are nothing to us (RFC 5291 §4).
fn refresh<'a>(body: &[u8]) -> Option<Message<'a>> {
    let [high, low, subtype, subsequent, ..] = *body else { return None };
    Some(Message::RouteRefresh { family: Family { address: u16::from_be_bytes([high, low]), subsequent }, subtype })
}

/// Writes a message around its body, which keeps to the longest there is.
pub(super) fn write(kind: u8, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend([0xFF; 16]);
    out.extend([0, 0, kind]);
    body(out);
    let length = u16::try_from(out.len() - begin).expect("who writes keeps to the longest message");
    out[begin + 16..begin + 18].copy_from_slice(&length.to_be_bytes());
}
