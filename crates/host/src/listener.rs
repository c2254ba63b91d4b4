//! Listeners.

use crate::{Endpoint, Stream};
use std::io;
use std::task::{Context, Poll, ready};
use tokio::net::{TcpListener, UnixListener};

/// A listener that a virtual machine made.
pub trait Accepting {
    /// The next connection and its far end.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, Endpoint)>>;
}

/// Where connections come in. Dropping it stops listening.
pub enum Listener {
    /// The kernel's TCP.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
    /// A virtual machine's.
    Virtual(Box<dyn Accepting>),
}

impl Listener {
    /// The next connection and its far end.
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, Endpoint)>> {
        match self {
            Listener::Tcp(tcp) => {
                let (stream, peer) = ready!(tcp.poll_accept(cx))?;
                Poll::Ready(Ok((Stream::Tcp(stream), Endpoint::Ip(peer))))
            }
            Listener::Unix(unix) => {
                let (stream, _) = ready!(unix.poll_accept(cx))?;
                Poll::Ready(Ok((Stream::Unix(stream), Endpoint::Unix(String::new()))))
            }
            Listener::Virtual(listener) => listener.poll_accept(cx),
        }
    }
}
