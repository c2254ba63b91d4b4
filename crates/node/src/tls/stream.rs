//! A connection through TLS: rustls turns records into bytes and back, and this moves both. While nothing is on its way it holds no buffer.
//!
//! rustls' unbuffered connection works on memory that its caller lends, call by call; so this can give the memory back in between, read
//! as much at once as is there, and put what is gathered from several slices into one record.

use super::backend::Contact;
use super::flow::{Flow, Turn};
use super::spare;
use super::store::take_asked_name;
use super::trouble::Trouble;
use super::{Secured, flow};
use decide::time::Duration;
use host::{File, Stream};
use rustls::client::UnbufferedClientConnection;
use rustls::server::UnbufferedServerConnection;
use rustls::{CommonState, Error, ServerConfig};
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// What is read of a file at once, and encrypted at once of anything.
const BATCH_BYTES: usize = 4 * flow::FRAGMENT_BYTES;
/// A reader that brings this much room is in the middle of a long body.
const LONG_READ_BYTES: usize = 64 * 1024;

/// A connection through TLS. Dropping it tells the far end that nothing more comes, and closes.
pub(crate) struct TlsStream {
    /// `None` once the connection was taken out of it.
    stream: Option<Stream>,
    session: Session,
    flow: Flow,
    asked_name: Option<Box<str>>,
    /// A byte has come.
    heard: bool,
    /// The far end's connection ended; whether TLS had ended before, `flow` knows.
    cut: bool,
    /// Nothing more may be sent: the end was, or the session is broken.
    closed: bool,
    /// What broke the session.
    broken: Option<Error>,
    /// What passes below TLS, for whoever looks on.
    tap: Option<Tap>,
}

/// Bytes that passed below TLS, in their order.
pub(crate) type Tap = Vec<Passed>;

/// Some bytes, one way.
pub(crate) enum Passed {
    /// To the far end.
    Out(Vec<u8>),
    /// From it.
    In(Vec<u8>),
}

enum Session {
    Server(UnbufferedServerConnection),
    Client(UnbufferedClientConnection),
}

impl Session {
    fn state(&self) -> &CommonState {
        match self {
            Session::Server(server) => server,
            Session::Client(client) => client,
        }
    }
}

impl TlsStream {
    /// The server's side of a connection that was just accepted.
    pub(crate) fn server(stream: Stream, config: Arc<ServerConfig>) -> Result<Box<TlsStream>, Trouble> {
        Ok(TlsStream::new(stream, Session::Server(UnbufferedServerConnection::new(config).map_err(Trouble::Tls)?)))
    }

    /// The client's side of a connection that was just opened.
    pub(super) fn client(stream: Stream, contact: Contact) -> Result<Box<TlsStream>, Trouble> {
        let client = UnbufferedClientConnection::new(contact.config, contact.name).map_err(Trouble::Tls)?;
        Ok(TlsStream::new(stream, Session::Client(client)))
    }

    fn new(stream: Stream, session: Session) -> Box<TlsStream> {
        Box::new(TlsStream {
            stream: Some(stream),
            session,
            flow: Flow::default(),
            asked_name: None,
            heard: false,
            cut: false,
            closed: false,
            broken: None,
            tap: None,
        })
    }

    /// Ready once both sides have agreed. What the handshake has to say last may still lie here; the next write or read sends it.
    pub(crate) fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        loop {
            if self.flow.looks_like_http() {
                return Poll::Ready(Err(Trouble::NotTls));
            }
            self.turn(&mut []).map_err(|error| self.fail(error))?;
            if !self.session.state().is_handshaking() {
                return Poll::Ready(Ok(()));
            }
            if let Poll::Ready(Err(_)) = self.poll_flush(cx) {
                return Poll::Ready(Err(Trouble::Connection));
            }
            if self.cut || self.flow.peer_closed() {
                return Poll::Ready(Err(if self.heard { Trouble::Connection } else { Trouble::Nothing }));
            }
            ready!(self.poll_fill(cx, false)).map_err(|_| if self.heard { Trouble::Connection } else { Trouble::Nothing })?;
        }
    }

    /// Begins to keep what passes below, for the handshake of one who looks on; and what has passed since the last time.
    pub(super) fn tapped(&mut self) -> Tap {
        self.tap.replace(Tap::new()).unwrap_or_default()
    }

    /// Keeps nothing any more.
    pub(super) fn untap(&mut self) {
        self.tap = None;
    }

    /// What was agreed; to be asked after the handshake.
    pub(crate) fn secured(&mut self, took: Duration) -> Secured {
        Secured::of(self.session.state(), self.asked_name.take(), took)
    }

    /// Reads into `into`; `Ok(0)` is the far end's end of TLS. A connection that ends without it was cut: an error.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            let read = self.turn(into).map_err(|error| self.fail(error).into_io())?;
            if read > 0 {
                return Poll::Ready(Ok(read));
            }
            if self.flow.peer_closed() {
                return Poll::Ready(Ok(0));
            }
            if self.cut {
                // RFC 8446 §6.1: anybody can end a connection, but only the far end can say that it has said all.
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            // Session tickets, and answers to changes of keys. That they do not fit now keeps nobody from reading.
            if let Poll::Ready(Err(error)) = self.poll_flush(cx) {
                return Poll::Ready(Err(error));
            }
            ready!(self.poll_fill(cx, into.len() >= LONG_READ_BYTES))?;
        }
    }

    /// Takes as much of `from` as is encrypted at once, and sends what fits.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        ready!(self.poll_room(cx))?;
        let taken = self.seal(from)?;
        if let Poll::Ready(Err(error)) = self.poll_flush(cx) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(taken))
    }

    /// Sends on what was encrypted.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.flow.outgoing().is_empty() {
            let stream = self.stream.as_mut().expect("it is there until taken out");
            let sent = ready!(stream.poll_write(cx, &[IoSlice::new(self.flow.outgoing())]))?;
            if let Some(tap) = &mut self.tap {
                tap.push(Passed::Out(self.flow.outgoing()[..sent].to_vec()));
            }
            self.flow.sent(sent);
        }
        Poll::Ready(Ok(()))
    }

    /// Bytes that were encrypted and not sent.
    pub(crate) fn unsent(&self) -> usize {
        self.flow.outgoing().len()
    }

    /// Lets the kernel keep no more than so many bytes that it has not sent yet.
    pub(crate) fn limit_unsent(&self, bytes: u32) {
        self.stream.as_ref().expect("it is there until taken out").limit_unsent(bytes);
    }

    /// Sends the end of TLS, and then that of the stream; reading goes on.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.say_goodbye();
        ready!(self.poll_flush(cx))?;
        self.stream.as_mut().expect("it is there until taken out").poll_shutdown(cx)
    }

    /// Breaks the connection off: the far end sees an error and not the end of TLS.
    pub(crate) fn reset(mut self) {
        self.closed = true;
        self.stream.take().expect("it is there until taken out").reset();
    }

    /// The connection below, for words that TLS has none for.
    pub(crate) fn into_stream(mut self) -> Stream {
        self.closed = true;
        self.stream.take().expect("it is there until taken out")
    }

    /// Sends up to `len` bytes of `file` from `offset` on, which have to pass through here. Returns how many went; 0 only where the file is
    /// shorter than asked.
    pub(crate) fn poll_send_file(&mut self, cx: &mut Context<'_>, file: &File, offset: u64, len: usize) -> Poll<io::Result<usize>> {
        ready!(self.poll_room(cx))?;
        let mut piece = spare::take(len > flow::FRAGMENT_BYTES);
        let wanted = len.min(BATCH_BYTES).min(piece.len());
        let result = match file.read_at(offset, &mut piece[..wanted]) {
            Ok(0) => Poll::Ready(Ok(0)),
            Ok(got) => self.poll_write(cx, &[IoSlice::new(&piece[..got])]),
            Err(error) => Poll::Ready(Err(error)),
        };
        spare::give(piece);
        result
    }

    /// Whether an idle connection can still be used. What a server sends unasked, session tickets above all, is taken and kept.
    pub(crate) fn is_quiet(&mut self) -> bool {
        loop {
            match self.turn(&mut [0; 1]) {
                Ok(0) if !self.flow.peer_closed() && !self.flow.has_plain() => {}
                _ => return false,
            }
            let stream = self.stream.as_mut().expect("it is there until taken out");
            let Some(room) = self.flow.room(false) else { return false };
            match stream.try_read(room) {
                Ok(n) if n > 0 => self.flow.filled(n),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.flow.release();
                    return true;
                }
                _ => return false,
            }
        }
    }

    /// Moves a connection that another thread opened to the calling thread's event loop.
    pub(crate) fn adopt(mut self: Box<TlsStream>) -> io::Result<Box<TlsStream>> {
        let stream = self.stream.take().expect("it is there until taken out");
        match stream.adopt() {
            Ok(stream) => self.stream = Some(stream),
            Err(error) => {
                self.closed = true;
                return Err(error);
            }
        }
        Ok(self)
    }

    /// Works on the records that are here. Returns how many of their bytes went into `into`.
    fn turn(&mut self, into: &mut [u8]) -> Result<usize, Error> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let asks = self.asked_name.is_none() && self.session.state().is_handshaking();
        if asks {
            // A handshake that failed on this thread has left its name.
            drop(take_asked_name());
        }
        let read = match &mut self.session {
            Session::Server(server) => self.flow.read(server, into)?,
            Session::Client(client) => self.flow.read(client, into)?,
        };
        if asks {
            self.asked_name = take_asked_name();
        }
        Ok(read)
    }

    /// Encrypts as much of `from` as goes out at once.
    fn seal(&mut self, from: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let sealed = match &mut self.session {
            Session::Server(server) => self.flow.seal(server, from, BATCH_BYTES),
            Session::Client(client) => self.flow.seal(client, from, BATCH_BYTES),
        };
        match sealed {
            Ok(Turn::Done(taken)) => Ok(taken),
            Ok(Turn::Over) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(error) => Err(self.fail(error).into_io()),
        }
    }

    /// There is room for a batch.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.flow.outgoing().len() > spare::LONG_BYTES - BATCH_BYTES - flow::OVERHEAD_BYTES {
            ready!(self.poll_flush(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads once. The end of the connection is no error here.
    fn poll_fill(&mut self, cx: &mut Context<'_>, long: bool) -> Poll<io::Result<()>> {
        let stream = self.stream.as_mut().expect("it is there until taken out");
        let Some(room) = self.flow.room(long) else { return Poll::Ready(Err(io::ErrorKind::InvalidData.into())) };
        let read = stream.poll_read(cx, room);
        if read.is_pending() {
            self.flow.release();
        }
        match ready!(read)? {
            0 => self.cut = true,
            n => {
                self.heard = true;
                self.flow.filled(n);
                if let Some(tap) = &mut self.tap {
                    tap.push(Passed::In(self.flow.last(n).to_vec()));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Encrypts the end of TLS, once.
    fn say_goodbye(&mut self) {
        if std::mem::replace(&mut self.closed, true) || self.session.state().is_handshaking() {
            return;
        }
        match &mut self.session {
            Session::Server(server) => self.flow.seal_end(server),
            Session::Client(client) => self.flow.seal_end(client),
        }
    }

    /// The session is broken: the far end is told why, as far as that goes out at once.
    fn fail(&mut self, error: Error) -> Trouble {
        if self.broken.is_none() {
            self.closed = true;
            self.broken = Some(error.clone());
            match &mut self.session {
                Session::Server(server) => self.flow.take_alert(server),
                Session::Client(client) => self.flow.take_alert(client),
            }
            self.send_at_once();
        }
        Trouble::Tls(error)
    }

    fn send_at_once(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        while !self.flow.outgoing().is_empty() {
            match stream.try_write(self.flow.outgoing()) {
                Ok(sent) if sent > 0 => {
                    if let Some(tap) = &mut self.tap {
                        tap.push(Passed::Out(self.flow.outgoing()[..sent].to_vec()));
                    }
                    self.flow.sent(sent);
                }
                _ => return,
            }
        }
    }
}

impl Drop for TlsStream {
    fn drop(&mut self) {
        if !self.closed && self.stream.is_some() {
            self.say_goodbye();
            self.send_at_once();
        }
    }
}

#[cfg(test)]
mod tests;
