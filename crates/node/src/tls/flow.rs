//! The bytes of a TLS connection that are here and not yet where they belong: records that came, text out of them that nobody has taken,
//! records that wait to be sent. Knows no socket.

use super::spare;
use rustls::Error;
use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus, WriteTraffic};
use std::io::IoSlice;

/// The longest text of one record (RFC 8446 §5.1).
pub(super) const FRAGMENT_BYTES: usize = 16 * 1024;
/// More than the framing of the records of one batch takes.
pub(super) const OVERHEAD_BYTES: usize = 512;

/// rustls' two sides, as one.
pub(super) trait Records {
    type Data;
    fn process<'c, 'i>(&'c mut self, incoming: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data>;
    /// A record is ready that has not been taken.
    fn has_record(&self) -> bool;
}

impl Records for UnbufferedServerConnection {
    type Data = ServerConnectionData;
    fn process<'c, 'i>(&'c mut self, incoming: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, ServerConnectionData> {
        self.process_tls_records(incoming)
    }
    fn has_record(&self) -> bool {
        self.wants_write()
    }
}

impl Records for UnbufferedClientConnection {
    type Data = ClientConnectionData;
    fn process<'c, 'i>(&'c mut self, incoming: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, ClientConnectionData> {
        self.process_tls_records(incoming)
    }
    fn has_record(&self) -> bool {
        self.wants_write()
    }
}

/// What an attempt to send came to.
pub(super) enum Turn {
    /// So many bytes were taken.
    Done(usize),
    /// The connection takes nothing any more.
    Over,
}

/// See the module.
#[derive(Default)]
pub(super) struct Flow {
    incoming: Piece,
    outgoing: Piece,
    /// Text of a record that was longer than the room for it.
    plain: Vec<u8>,
    plain_taken: usize,
    peer_closed: bool,
}

/// A buffer of the thread's, and what is in it.
#[derive(Default)]
struct Piece {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Flow {
    /// The far end has said that it has said all.
    pub(super) fn peer_closed(&self) -> bool {
        self.peer_closed && !self.has_plain()
    }

    pub(super) fn has_plain(&self) -> bool {
        self.plain_taken < self.plain.len()
    }

    /// The first bytes are the beginning of a method, and so of no record of TLS.
    pub(super) fn looks_like_http(&self) -> bool {
        self.incoming.unread().first().is_some_and(u8::is_ascii_alphabetic)
    }

    /// Records that wait to be sent.
    pub(super) fn outgoing(&self) -> &[u8] {
        self.outgoing.unread()
    }

    pub(super) fn sent(&mut self, n: usize) {
        self.outgoing.start += n;
        self.outgoing.release();
    }

    /// Where bytes from the connection go; [`Flow::filled`] tells how many came. `None`: the far end sends something without an end.
    pub(super) fn room(&mut self, long: bool) -> Option<&mut [u8]> {
        let incoming = &mut self.incoming;
        if incoming.bytes.is_empty() {
            incoming.bytes = spare::take(long);
        } else if incoming.bytes.len() - incoming.end < spare::RECORD_BYTES && incoming.start > 0 {
            incoming.compact();
        }
        if incoming.end == incoming.bytes.len() && !incoming.grow() {
            return None;
        }
        Some(&mut incoming.bytes[incoming.end..])
    }

    pub(super) fn filled(&mut self, n: usize) {
        self.incoming.end += n;
    }

    /// The bytes that came last.
    pub(super) fn last(&self, n: usize) -> &[u8] {
        &self.incoming.bytes[self.incoming.end - n..self.incoming.end]
    }

    /// Bytes of memory held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.incoming.bytes.capacity() + self.outgoing.bytes.capacity() + self.plain.capacity()
    }

    /// Gives memory back that nothing is in.
    pub(super) fn release(&mut self) {
        self.incoming.release();
    }

    /// Works on the records that are here until `into` is full or they are used up. Returns how many bytes went into it.
    pub(super) fn read<C: Records>(&mut self, session: &mut C, into: &mut [u8]) -> Result<usize, Error> {
        let mut at = self.take_plain(into);
        while at < into.len() || into.is_empty() {
            let Flow { incoming, outgoing, plain, peer_closed, .. } = &mut *self;
            let UnbufferedStatus { mut discard, state } = session.process(&mut incoming.bytes[incoming.start..incoming.end]);
            let state = match state {
                Ok(state) => state,
                Err(error) => {
                    incoming.start += discard;
                    return Err(error);
                }
            };
            let mut more = true;
            match state {
                ConnectionState::ReadTraffic(mut traffic) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        let fits = record.payload.len().min(into.len() - at);
                        into[at..at + fits].copy_from_slice(&record.payload[..fits]);
                        at += fits;
                        plain.extend_from_slice(&record.payload[fits..]);
                    }
                }
                ConnectionState::EncodeTlsData(mut encode) => outgoing.append(|room| match encode.encode(room) {
                    Ok(written) => Ok(written),
                    Err(EncodeError::InsufficientSize(size)) => Err(size.required_size),
                    Err(EncodeError::AlreadyEncoded) => Ok(0),
                }),
                ConnectionState::TransmitTlsData(transmit) => transmit.done(),
                ConnectionState::PeerClosed => *peer_closed = true,
                ConnectionState::Closed => {
                    *peer_closed = true;
                    more = false;
                }
                // Blocked until more comes, or idle; early data is never offered.
                _ => more = false,
            }
            incoming.start += discard;
            if !more {
                break;
            }
        }
        Ok(at)
    }

    /// Encrypts up to `most` bytes of `from` into as few records as possible.
    pub(super) fn seal<C: Records>(&mut self, session: &mut C, from: &[IoSlice<'_>], most: usize) -> Result<Turn, Error> {
        self.with_traffic(session, |mut traffic, outgoing| {
            each_text(from, most, |text| {
                outgoing.append(|room| match traffic.encrypt(text, room) {
                    Ok(written) => Ok(written),
                    Err(EncryptError::InsufficientSize(size)) => Err(size.required_size),
                    // So many records that nobody has ever sent as many: the next call finds the connection closed.
                    Err(EncryptError::EncryptExhausted) => Ok(0),
                });
            })
        })
    }

    /// Encrypts the end of TLS.
    pub(super) fn seal_end<C: Records>(&mut self, session: &mut C) {
        // A session that is broken has nothing to say.
        let _ = self.with_traffic(session, |mut traffic, outgoing| {
            outgoing.append(|room| match traffic.queue_close_notify(room) {
                Ok(written) => Ok(written),
                Err(EncryptError::InsufficientSize(size)) => Err(size.required_size),
                Err(EncryptError::EncryptExhausted) => Ok(0),
            });
            0
        });
    }

    /// What a broken session has to tell the far end. No record of its is looked at again: rustls would find the same mistake twice.
    pub(super) fn take_alert<C: Records>(&mut self, session: &mut C) {
        while session.has_record() {
            match session.process(&mut []).state {
                Ok(ConnectionState::EncodeTlsData(mut encode)) => self.outgoing.append(|room| match encode.encode(room) {
                    Ok(written) => Ok(written),
                    Err(EncodeError::InsufficientSize(size)) => Err(size.required_size),
                    Err(EncodeError::AlreadyEncoded) => Ok(0),
                }),
                _ => return,
            }
        }
    }

    /// Calls `work` when the session is ready to send. Records that are here are worked on first: rustls has it so.
    fn with_traffic<C: Records>(
        &mut self,
        session: &mut C,
        work: impl FnOnce(WriteTraffic<'_, C::Data>, &mut Piece) -> usize,
    ) -> Result<Turn, Error> {
        self.read(session, &mut [])?;
        let Flow { incoming, outgoing, .. } = self;
        let UnbufferedStatus { discard, state } = session.process(&mut incoming.bytes[incoming.start..incoming.end]);
        let turn = match state? {
            ConnectionState::WriteTraffic(traffic) => Turn::Done(work(traffic, outgoing)),
            _ => Turn::Over,
        };
        incoming.start += discard;
        Ok(turn)
    }

    fn take_plain(&mut self, into: &mut [u8]) -> usize {
        let n = (self.plain.len() - self.plain_taken).min(into.len());
        into[..n].copy_from_slice(&self.plain[self.plain_taken..self.plain_taken + n]);
        self.plain_taken += n;
        if !self.has_plain() {
            (self.plain, self.plain_taken) = (Vec::new(), 0);
        }
        n
    }
}

impl Piece {
    fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    fn release(&mut self) {
        if self.start == self.end {
            spare::give(std::mem::take(&mut self.bytes));
            (self.start, self.end) = (0, 0);
        }
    }

    fn compact(&mut self) {
        self.bytes.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
    }

    /// Takes the long size; false if it has that already. The longest message of a handshake fits in it (64 KiB, in rustls).
    fn grow(&mut self) -> bool {
        if self.bytes.len() >= spare::LONG_BYTES {
            return false;
        }
        let mut larger = spare::take(true);
        let len = self.end - self.start;
        larger[..len].copy_from_slice(self.unread());
        spare::give(std::mem::replace(&mut self.bytes, larger));
        (self.start, self.end) = (0, len);
        true
    }

    /// Lets `write` write behind what is there; it says how many bytes it wrote, or how many it needs.
    fn append(&mut self, mut write: impl FnMut(&mut [u8]) -> Result<usize, usize>) {
        if self.bytes.is_empty() {
            self.bytes = spare::take(false);
        }
        loop {
            match write(&mut self.bytes[self.end..]) {
                Ok(written) => return self.end += written,
                Err(needed) if self.start > 0 && self.bytes.len() - (self.end - self.start) >= needed => self.compact(),
                // A chain of certificates may be longer than any buffer of ours.
                Err(needed) if !self.grow() => {
                    let len = self.end + needed;
                    self.bytes.resize(len, 0);
                }
                Err(_) => {}
            }
        }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        spare::give(std::mem::take(&mut self.bytes));
    }
}

/// Hands up to `most` bytes of some slices to `emit` as texts of records: a long slice as it is, short ones gathered until they fill one.
/// Returns how many bytes there were.
fn each_text(from: &[IoSlice<'_>], most: usize, mut emit: impl FnMut(&[u8])) -> usize {
    let (mut gathered, mut held, mut taken) = (Vec::new(), 0, 0);
    for slice in from {
        let mut rest = &slice[..slice.len().min(most - taken)];
        taken += rest.len();
        while !rest.is_empty() {
            if held == 0 && (rest.len() >= FRAGMENT_BYTES || from.len() == 1) {
                // The beginning of a record's text may be followed by another slice; the end of the only slice by nothing.
                let whole = if from.len() == 1 { rest.len() } else { rest.len() - rest.len() % FRAGMENT_BYTES };
                emit(&rest[..whole]);
                rest = &rest[whole..];
                continue;
            }
            if gathered.is_empty() {
                gathered = spare::take(false);
            }
            let n = rest.len().min(FRAGMENT_BYTES - held);
            gathered[held..held + n].copy_from_slice(&rest[..n]);
            held += n;
            rest = &rest[n..];
            if held == FRAGMENT_BYTES {
                emit(&gathered[..held]);
                held = 0;
            }
        }
    }
    if held > 0 {
        emit(&gathered[..held]);
    }
    spare::give(gathered);
    taken
}

#[cfg(test)]
mod tests;
