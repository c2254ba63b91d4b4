//! What an exchange reads a message from and writes one to: a connection of its own, or one stream among others.

use crate::http2::StreamHandle;
use crate::store::Writer;
use crate::transport::Transport;
use host::File;
use std::io::{self, IoSlice};
use std::task::{Context, Poll};
use wire::http::Fields;
use wire::http1::Framing;

/// Something that bytes are read from.
pub(crate) trait Incoming {
    /// Reads into `into`; `Ok(0)` is the end.
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>>;
}

/// One side of an exchange.
pub(crate) enum Channel {
    /// A connection that carries one message after another (HTTP/1).
    Whole(Transport),
    /// A stream of a connection that carries many at once (HTTP/2).
    Stream(StreamHandle),
    /// Memory, in the place of a client: what is written is stored, and read by whoever waits for it.
    Fill(Writer),
}

impl Incoming for Transport {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Transport::poll_read(self, cx, into)
    }
}

impl Incoming for Channel {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Channel::Whole(transport) => transport.poll_read(cx, into),
            Channel::Stream(stream) => stream.poll_read(cx, into),
            // What is asked for the cache has no content.
            Channel::Fill(_) => Poll::Ready(Ok(0)),
        }
    }
}

impl Channel {
    /// How a body that is framed so stands among the bytes that are read or written here: a stream has frames for it below.
    pub(crate) fn framing(&self, framing: Framing) -> Framing {
        match (self, framing) {
            (Channel::Whole(_), framing) => framing,
            (_, Framing::None) => Framing::None,
            (Channel::Stream(_) | Channel::Fill(_), _) => Framing::UntilClose,
        }
    }

    /// Writes as much of `from` as fits now.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Channel::Whole(transport) => transport.poll_write(cx, from),
            Channel::Stream(stream) => stream.poll_write(cx, from),
            Channel::Fill(writer) => writer.poll_write(cx, from),
        }
    }

    /// Bytes that a write took and that are still here.
    pub(crate) fn unsent(&self) -> usize {
        match self {
            Channel::Whole(transport) => transport.unsent(),
            Channel::Stream(_) | Channel::Fill(_) => 0,
        }
    }

    /// Sends on what a write took and still holds.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Channel::Whole(transport) => transport.poll_flush(cx),
            Channel::Stream(_) | Channel::Fill(_) => Poll::Ready(Ok(())),
        }
    }

    /// A message is whole. Where its framing has not said so, this does.
    pub(crate) fn finish(&mut self, trailers: &Fields) {
        match self {
            Channel::Whole(_) => {}
            Channel::Stream(stream) => stream.finish(trailers),
            Channel::Fill(writer) => writer.finish(trailers),
        }
    }

    /// The trailers of a message that was read to its end, where its framing had none of them.
    pub(crate) fn trailers(&self) -> Option<&Fields> {
        match self {
            Channel::Whole(_) | Channel::Fill(_) => None,
            Channel::Stream(stream) => stream.trailers(),
        }
    }

    /// Sends the end of stream; reading goes on.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Channel::Whole(transport) => transport.poll_shutdown(cx),
            Channel::Stream(stream) => {
                stream.finish(&Fields::new());
                Poll::Ready(Ok(()))
            }
            Channel::Fill(_) => Poll::Ready(Ok(())),
        }
    }

    /// Sends up to `len` bytes of `file` from `offset` on. Returns how many went; 0 only where the file is shorter than asked.
    pub(crate) fn poll_send_file(&mut self, cx: &mut Context<'_>, file: &File, offset: u64, len: usize) -> Poll<io::Result<usize>> {
        match self {
            Channel::Whole(transport) => transport.poll_send_file(cx, file, offset, len),
            Channel::Stream(stream) => stream.poll_send_file(cx, file, offset, len),
            Channel::Fill(_) => Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        }
    }
}
