//! Datagrams.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use tokio::io::Interest;
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
    /// The kernel's UDP. What comes from elsewhere does not arrive, and a far end where nobody listens is an error at once.
    Udp(Udp),
    /// A virtual machine's.
    Virtual(Box<dyn DatagramSocket>),
}

/// A connected socket of the kernel.
pub struct Udp {
    socket: Rc<UdpSocket>,
    far: SocketAddr,
    /// Waits until there is something to be read, or an error, which the event loop tells apart from that.
    news: Option<Pin<Box<dyn Future<Output = io::Result<()>>>>>,
}

impl Udp {
    pub(crate) fn new(socket: UdpSocket, far: SocketAddr) -> Udp {
        Udp { socket: Rc::new(socket), far, news: None }
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        const NEWS: Interest = Interest::READABLE.add(Interest::ERROR);
        loop {
            // The event loop knows each of the two for itself, and forgets it where the kernel has nothing to say after all.
            for interest in [Interest::READABLE, Interest::ERROR] {
                let receive = || Ok(rustix::net::recv(&*self.socket, &mut *into, rustix::net::RecvFlags::empty())?.1);
                match self.socket.try_io(interest, receive) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    other => return Poll::Ready(other),
                }
            }
            let socket = self.socket.clone();
            let news = self.news.get_or_insert_with(|| Box::pin(async move { socket.ready(NEWS).await.map(|_| ()) }));
            let came = ready!(news.as_mut().poll(cx));
            self.news = None;
            came?;
        }
    }
}

impl Datagrams {
    /// Sends to the far end.
    pub fn poll_send(&mut self, cx: &mut Context<'_>, datagram: &[u8]) -> Poll<io::Result<()>> {
        match self {
            Datagrams::Udp(udp) => udp.socket.poll_send(cx, datagram).map_ok(|_| ()),
            Datagrams::Virtual(socket) => Poll::Ready(socket.send(datagram)),
        }
    }

    /// The next datagram: its size, of which no more than fits is in `into`, and where it came from, which need not be the far end.
    pub fn poll_receive(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        match self {
            Datagrams::Udp(udp) => udp.poll_receive(cx, into).map_ok(|len| (len.min(into.len()), udp.far)),
            Datagrams::Virtual(socket) => socket.poll_receive(cx, into),
        }
    }
}
