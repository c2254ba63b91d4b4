//! Records and the messages in them.

use super::Kind;
use alloc::vec::Vec;

/// The longest record: a sealed one of TLS 1.2 (RFC 5246 §6.2.3).
const RECORD_BYTES: usize = 16 * 1024 + 2048;
/// A longer message of a handshake is not waited for.
const MESSAGE_BYTES: usize = 64 * 1024;

/// Something that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<'a> {
    /// A whole message of a handshake, in clear.
    Message {
        /// Its kind (RFC 8446 §4).
        kind: u8,
        /// What is in it.
        body: &'a [u8],
    },
    /// An alert, in clear.
    Alert {
        /// It is fatal.
        fatal: bool,
        /// What it says (RFC 8446 §6).
        description: u8,
    },
    /// From here on what is sent in this direction is sealed, in TLS 1.2; a relict in TLS 1.3.
    ChangeCipherSpec,
    /// A record that is sealed.
    Sealed {
        /// Its length, header and all.
        bytes: usize,
    },
}

/// One direction of a connection. After bytes that are no record, nothing more is seen.
#[derive(Debug, Default)]
pub struct Reader {
    record: Vec<u8>,
    message: Vec<u8>,
    sealed: bool,
    lost: bool,
}

impl Reader {
    /// Takes in the next bytes.
    pub fn push(&mut self, mut bytes: &[u8], mut see: impl FnMut(Seen<'_>)) {
        while !self.lost && !bytes.is_empty() {
            let wanted = match self.record.get(3..5) {
                Some(length) => 5 + usize::from(u16::from_be_bytes([length[0], length[1]])),
                None => 5,
            };
            if wanted > RECORD_BYTES + 5 || !(20..=23).contains(self.record.first().unwrap_or(&bytes[0])) {
                return self.lost = true;
            }
            let n = (wanted - self.record.len()).min(bytes.len());
            self.record.extend_from_slice(&bytes[..n]);
            bytes = &bytes[n..];
            let whole =
                self.record.len() >= 5 && self.record.len() == 5 + usize::from(u16::from_be_bytes([self.record[3], self.record[4]]));
            if whole {
                let record = core::mem::take(&mut self.record);
                self.record(Kind(record[0]), &record[5..], &mut see);
                self.record = record;
                self.record.clear();
            }
        }
    }

    fn record(&mut self, kind: Kind, content: &[u8], see: &mut impl FnMut(Seen<'_>)) {
        match kind {
            Kind::CHANGE_CIPHER_SPEC => {
                self.sealed = true;
                see(Seen::ChangeCipherSpec);
            }
            Kind::ALERT if !self.sealed && content.len() == 2 => see(Seen::Alert { fatal: content[0] == 2, description: content[1] }),
            Kind::HANDSHAKE if !self.sealed => {
                self.message.extend_from_slice(content);
                self.messages(see);
            }
            _ => see(Seen::Sealed { bytes: content.len() + 5 }),
        }
    }

    fn messages(&mut self, see: &mut impl FnMut(Seen<'_>)) {
        let mut at = 0;
        while let Some([kind, a, b, c]) = self.message[at..].first_chunk::<4>() {
            let len = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            if len > MESSAGE_BYTES {
                self.lost = true;
                break;
            }
            let Some(body) = self.message[at + 4..].get(..len) else { break };
            see(Seen::Message { kind: *kind, body });
            at += 4 + len;
        }
        self.message.drain(..at);
    }
}

/// Appends a record of at most 2^14 bytes.
pub fn write_record(kind: Kind, content: &[u8], out: &mut Vec<u8>) {
    debug_assert!(content.len() <= 16 * 1024, "a record's content is limited");
    out.push(kind.0);
    // RFC 8446 §5.1: this number means nothing any more.
    out.extend_from_slice(&[3, 3]);
    out.extend_from_slice(&(content.len() as u16).to_be_bytes());
    out.extend_from_slice(content);
}

/// Appends a message of a handshake, to be put into records.
pub fn write_message(kind: u8, body: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(&(body.len() as u32).to_be_bytes()[1..]);
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests;
