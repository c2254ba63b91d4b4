//! The other end of a WebSocket, where it is code in this process.

use crate::signal::Signal;
use decide::time::Duration;
use host::Host;
use std::sync::Arc;
use wire::websocket::{CloseCode, Connection, Refused};

/// One WebSocket as an application holds it: what it says to what comes. Called on the thread of its connection, one call at a time: quick,
/// and without waiting.
///
/// Pings are sent and answered by themselves, and messages come whole, up to a mebibyte and to the site's cap on bodies. What waits to be
/// written has a bound. While it is reached, nothing is read of the client, and neither [`Conversation::tick`] nor
/// [`Conversation::changed`] is called: what happened meanwhile is told once, when there is room again. So whatever is said first in a call
/// is taken. A client that takes nothing for as long as `send-timeout` is cut off.
pub trait Conversation {
    /// How often [`Conversation::tick`] is called, at most once in a millisecond; `None`: never. Asked once, at the beginning.
    fn interval(&self) -> Option<Duration> {
        None
    }

    /// What wakes this conversation from elsewhere, as from another request on another thread: whenever it is raised,
    /// [`Conversation::changed`] is called. Asked once, at the beginning; what was raised before does not count.
    fn signal(&self) -> Option<Arc<Signal>> {
        None
    }

    /// The WebSocket is open.
    fn opened(&mut self, _socket: &mut Socket<'_>) {}

    /// A text has come. One that takes none closes with 1003.
    fn text(&mut self, socket: &mut Socket<'_>, _text: &str) {
        socket.close(CloseCode::UNSUPPORTED_DATA, "no text is taken here");
    }

    /// A binary message has come. One that takes none closes with 1003.
    fn binary(&mut self, socket: &mut Socket<'_>, _data: &[u8]) {
        socket.close(CloseCode::UNSUPPORTED_DATA, "no binary message is taken here");
    }

    /// The interval is over.
    fn tick(&mut self, _socket: &mut Socket<'_>) {}

    /// The signal was raised, once or several times.
    fn changed(&mut self, _socket: &mut Socket<'_>) {}

    /// The WebSocket is closed, with the code of the first close frame; 1005 if it had none, 1006 if there was no close frame.
    fn closed(&mut self, _code: u16) {}
}

/// An open WebSocket during a call of its [`Conversation`].
pub struct Socket<'s> {
    host: &'s Host,
    connection: &'s mut Connection,
    /// Messages taken in this call.
    pub(crate) said: u64,
    /// The code with which this call has closed.
    pub(crate) closed: Option<CloseCode>,
}

impl<'s> Socket<'s> {
    pub(crate) fn new(host: &'s Host, connection: &'s mut Connection) -> Socket<'s> {
        Socket { host, connection, said: 0, closed: None }
    }

    /// The machine's clock and randomness.
    pub fn host(&self) -> &Host {
        self.host
    }

    /// Sends a text. One that is refused is dropped: [`Refused::Full`] comes where one call says more than may wait to be written. That
    /// does no harm where the next message tells all anew; who cannot do without it closes, with [`CloseCode::POLICY`].
    pub fn text(&mut self, text: &str) -> Result<(), Refused> {
        self.connection.text(text).inspect(|()| self.said += 1)
    }

    /// Sends bytes; likewise.
    pub fn binary(&mut self, data: &[u8]) -> Result<(), Refused> {
        self.connection.binary(data).inspect(|()| self.said += 1)
    }

    /// Closes, behind all that was said. A reason of more than 123 bytes is cut. Nothing is called after that but
    /// [`Conversation::closed`].
    pub fn close(&mut self, code: CloseCode, reason: &str) {
        if self.connection.is_open() {
            self.connection.close(code, reason);
            self.closed = Some(code);
        }
    }
}
