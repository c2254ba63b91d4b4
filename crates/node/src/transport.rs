//! A connection's two directions of bytes, whatever lies between them and the socket.

use crate::tls::TlsStream;
use host::{File, Stream};
use std::io::{self, IoSlice};
use std::task::{Context, Poll};

/// A connection as bytes go in and out of it. Dropping it closes it.
pub(crate) enum Transport {
    /// As it is.
    Plain(Stream),
    /// Through TLS.
    Tls(Box<TlsStream>),
}

impl Transport {
    /// Reads into `into`; `Ok(0)` is the far end's end of stream.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Transport::Plain(stream) => stream.poll_read(cx, into),
            Transport::Tls(stream) => stream.poll_read(cx, into),
        }
    }

    /// Writes as much of `from` as fits now.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Transport::Plain(stream) => stream.poll_write(cx, from),
            Transport::Tls(stream) => stream.poll_write(cx, from),
        }
    }

    /// Sends on what a write took and still holds. A message is on its way only after that.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Transport::Plain(_) => Poll::Ready(Ok(())),
            Transport::Tls(stream) => stream.poll_flush(cx),
        }
    }

    /// Bytes that a write took and that are still here.
    pub(crate) fn unsent(&self) -> usize {
        match self {
            Transport::Plain(_) => 0,
            Transport::Tls(stream) => stream.unsent(),
        }
    }

    /// Lets the kernel keep no more than so many bytes that it has not sent yet.
    pub(crate) fn limit_unsent(&self, bytes: u32) {
        match self {
            Transport::Plain(stream) => stream.limit_unsent(bytes),
            Transport::Tls(stream) => stream.limit_unsent(bytes),
        }
    }

    /// Sends the end of stream; reading goes on.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Transport::Plain(stream) => stream.poll_shutdown(cx),
            Transport::Tls(stream) => stream.poll_shutdown(cx),
        }
    }

    /// Breaks the connection off: the far end sees an error and not the end of stream.
    pub(crate) fn reset(self) {
        match self {
            Transport::Plain(stream) => stream.reset(),
            Transport::Tls(stream) => stream.reset(),
        }
    }

    /// Sends up to `len` bytes of `file` from `offset` on. Returns how many went; 0 only where the file is shorter than asked.
    pub(crate) fn poll_send_file(&mut self, cx: &mut Context<'_>, file: &File, offset: u64, len: usize) -> Poll<io::Result<usize>> {
        match self {
            Transport::Plain(stream) => stream.poll_send_file(cx, file, offset, len),
            Transport::Tls(stream) => stream.poll_send_file(cx, file, offset, len),
        }
    }

    /// Whether an idle connection can still be used: nothing came, not even the end of stream.
    pub(crate) fn is_quiet(&mut self) -> bool {
        match self {
            Transport::Plain(stream) => stream.is_quiet(),
            Transport::Tls(stream) => stream.is_quiet(),
        }
    }

    /// Moves a connection that another thread opened to the calling thread's event loop.
    pub(crate) fn adopt(self) -> io::Result<Transport> {
        Ok(match self {
            Transport::Plain(stream) => Transport::Plain(stream.adopt()?),
            Transport::Tls(stream) => Transport::Tls(stream.adopt()?),
        })
    }
}
