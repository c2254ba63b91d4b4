//! One end of a connection: what comes in, what goes out, and how it closes (RFC 6455 §5.5, §7).

use super::frame::CONTROL_BYTES;
use super::mask::MaskKeys;
use super::receive::{Delivery, Event, Receiver};
use super::send::{Refused, Sender};
use super::{CloseCode, DeflateParameters, Kind, Violation};
use alloc::vec::Vec;

/// Which end this is.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// The one that was asked.
    Server,
    /// The one that asked: it masks what it sends.
    Client {
        /// What the masks are made from: bytes of a random source that is fit for secrets (RFC 6455 §10.3), for this connection alone.
        mask_seed: [u8; 32],
    },
}

/// What is allowed on a connection, and what was agreed on in its handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a message that comes in; of a compressed one, those that come of it.
    pub message_bytes: usize,
    /// Bytes that may wait to be written when a further message is taken: at most so many wait, and one message.
    pub output_bytes: usize,
    /// How messages that come in are handed over.
    pub delivery: Delivery,
    /// The only kind of message that is taken; `None` for both.
    pub only: Option<Kind>,
    /// The agreed parameters of permessage-deflate; `None` where it was not agreed on.
    pub deflate: Option<DeflateParameters>,
}

/// One end of a connection after the handshake.
pub struct Connection {
    receiver: Receiver,
    sender: Sender,
    /// Our close frame is in the output, or before it.
    close_sent: bool,
    /// Nothing more is read: the peer has closed, or has broken a rule.
    deaf: bool,
}

impl Connection {
    /// The machine for this end of a connection.
    pub fn new(role: Role, settings: &Settings) -> Self {
        let (by_server, by_client) = match &settings.deflate {
            Some(deflate) => (Some(deflate.by_server()), Some(deflate.by_client())),
            None => (None, None),
        };
        let (is_server, keys, incoming, outgoing) = match role {
            Role::Server => (true, None, by_client, by_server),
            Role::Client { mask_seed } => (false, Some(MaskKeys::new(mask_seed)), by_server, by_client),
        };
        Connection {
            receiver: Receiver::new(is_server, incoming, settings.message_bytes, settings.delivery, settings.only),
            sender: Sender::new(keys, outgoing, settings.output_bytes),
            close_sent: false,
            deaf: false,
        }
    }

    /// Takes bytes that were read, from the start of `input` on, and tells the first thing that comes of them: how many bytes it took, and
    /// an event. Call it again with the rest, even if nothing is left, until there is no event: then all of it was taken, and more input
    /// is needed. Events may put answers into the output.
    ///
    /// After an error a close frame with the code of the [`Violation`] is in the output, unless one was sent before. From then on, and
    /// after the peer has closed, what is read is thrown away.
    pub fn receive(&mut self, input: &[u8]) -> Result<(usize, Option<Event>), Violation> {
        // RFC 6455 §1.4, §7.1.7
        if self.deaf {
            return Ok((input.len(), None));
        }
        let (taken, event) = self.receiver.receive(input).inspect_err(|violation| {
            self.deaf = true;
            self.send_close(Some(violation.code()), violation.sentence());
        })?;
        match &event {
            // RFC 6455 §5.5.3
            Some(Event::Ping(payload)) if !self.close_sent => self.sender.pong(payload),
            Some(Event::Close(close)) => {
                self.deaf = true;
                // RFC 6455 §5.5.1: with the code that came.
                self.send_close(close.as_ref().map(|close| close.code), "");
            }
            _ => {}
        }
        Ok((taken, event))
    }

    /// Sends a text.
    pub fn text(&mut self, text: &str) -> Result<(), Refused> {
        self.text_piece(text, true)
    }

    /// Sends bytes.
    pub fn binary(&mut self, data: &[u8]) -> Result<(), Refused> {
        self.binary_piece(data, true)
    }

    /// Sends a piece of a text: each as a frame of its own, the message ends with the `last`. Panics if a binary message was begun and
    /// has not ended: that is our own bug.
    pub fn text_piece(&mut self, text: &str, last: bool) -> Result<(), Refused> {
        self.piece(Kind::Text, text.as_bytes(), last)
    }

    /// Sends a piece of a binary message, likewise.
    pub fn binary_piece(&mut self, data: &[u8], last: bool) -> Result<(), Refused> {
        self.piece(Kind::Binary, data, last)
    }

    /// Sends a ping of at most 125 bytes. Panics if there are more.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Refused> {
        if self.is_open() { self.sender.ping(payload) } else { Err(Refused::Closed) }
    }

    /// Closes: this end sends nothing more, and reads on until the peer has closed too. A reason of more than 123 bytes is cut. Nothing
    /// happens if this end has closed before.
    pub fn close(&mut self, code: CloseCode, reason: &str) {
        self.send_close(Some(code), reason);
    }

    /// The bytes that wait to be written.
    pub fn output(&self) -> &[u8] {
        self.sender.output()
    }

    /// So many bytes of the output were written. Panics if there are not so many. More output may follow from it: a pong that had to wait.
    pub fn written(&mut self, bytes: usize) {
        self.sender.written(bytes);
    }

    /// Neither end has closed: messages can be sent.
    pub fn is_open(&self) -> bool {
        !self.close_sent
    }

    /// Nothing more is read and nothing more is sent: when the output has been written, the transport can be closed. A transport that ends
    /// before this was not closed as it should be, and the last message may be cut short (RFC 6455 §7.1.5: code 1006).
    pub fn is_finished(&self) -> bool {
        self.deaf && self.close_sent
    }

    fn piece(&mut self, kind: Kind, data: &[u8], last: bool) -> Result<(), Refused> {
        if self.is_open() { self.sender.piece(kind, data, last) } else { Err(Refused::Closed) }
    }

    fn send_close(&mut self, code: Option<CloseCode>, reason: &str) {
        if self.close_sent {
            return;
        }
        self.close_sent = true;
        let mut payload = Vec::with_capacity(CONTROL_BYTES);
        if let Some(code) = code {
            payload.extend_from_slice(&code.number().to_be_bytes());
            let cut = reason.floor_char_boundary(CONTROL_BYTES - payload.len());
            payload.extend_from_slice(&reason.as_bytes()[..cut]);
        }
        self.sender.close(&payload);
    }
}

#[cfg(test)]
mod tests;
