//! Datagrams.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

/// An exchange of datagrams that a virtual machine made.
pub trait DatagramSocket {
    /// Sends to the far end.
    fn send(&mut self, datagram: &[u8]) -> io::Result<()>;
    /// The next datagram: its size, and where it came from.
    fn poll_receive(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>>;
}

/// A port of its own, for an exchange of datagrams with one far end. Dropping it closes the port.
pub enum Datagrams {
    /// The kernel's UDP. It is connected: what comes from elsewhere does not arrive, and a far end where nobody listens is an error at once.
    Udp(UdpSocket),
    /// A virtual machine's.
    Virtual(Box<dyn DatagramSocket>),
}

impl Datagrams {
    /// Sends to the far end.
    pub fn poll_send(&mut self, cx: &mut Context<'_>, datagram: &[u8]) -> Poll<io::Result<()>> {
        match self {
            Datagrams::Udp(udp) => udp.poll_send(cx, datagram).map_ok(|_| ()),
            Datagrams::Virtual(socket) => Poll::Ready(socket.send(datagram)),
        }
    }

    /// The next datagram: its size, of which no more than fits is in `into`, and where it came from, which need not be the far end.
    pub fn poll_receive(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        match self {
            Datagrams::Udp(udp) => {
                let mut buffer = ReadBuf::new(into);
                let from = ready!(udp.poll_recv_from(cx, &mut buffer))?;
                Poll::Ready(Ok((buffer.filled().len(), from)))
            }
            Datagrams::Virtual(socket) => socket.poll_receive(cx, into),
        }
    }
}
