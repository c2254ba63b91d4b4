//! Where connections come in.

use crate::connection::Side;
use crate::network::{ConnectionId, HostId, ListenerId, Network, Shared};
use crate::stream::VirtualStream;
use host::{Accepting, Endpoint, Stream};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, Waker};

/// A listener, as the network knows it.
pub(crate) struct Waiting {
    pub(crate) host: HostId,
    pub(crate) at: Endpoint,
    pub(crate) backlog: usize,
    pub(crate) half_open: usize,
    pub(crate) complete: VecDeque<ConnectionId>,
    pub(crate) acceptor: Option<Waker>,
}

impl Waiting {
    /// Whether a connection to `to` on `host` is for this listener.
    pub(crate) fn takes(&self, host: HostId, to: &Endpoint) -> bool {
        let any = match (&self.at, to) {
            (Endpoint::Ip(at), Endpoint::Ip(to)) => at.ip().is_unspecified() && at.is_ipv4() == to.is_ipv4() && at.port() == to.port(),
            _ => false,
        };
        self.host == host && (any || self.at == *to)
    }
}

impl Network {
    /// Listens. Port 0 becomes the next free one from 49152 on. As the kernel's SO_REUSEPORT, the same address may be listened on several
    /// times, once per thread of a program, and connections are spread over the listeners.
    pub(crate) fn listen(&mut self, host: HostId, at: &Endpoint, backlog: u32) -> io::Result<ListenerId> {
        let node = &mut self.nodes[host];
        let at = match at {
            Endpoint::Ip(address) => {
                let ip = address.ip();
                if !ip.is_unspecified() && !ip.is_loopback() && !node.addresses.contains(&ip) {
                    return Err(io::ErrorKind::AddrNotAvailable.into());
                }
                let port = if address.port() == 0 { node.next_listening_port } else { address.port() };
                if address.port() == 0 {
                    node.next_listening_port = if port == u16::MAX { 49152 } else { port + 1 };
                }
                Endpoint::Ip(SocketAddr::new(ip, port))
            }
            Endpoint::Unix(_) => at.clone(),
        };
        node.open_descriptor()?;
        self.listened += 1;
        let id = self.listened;
        self.trace.line(self.clock.now(), format_args!("{} listens at {at}", self.nodes[host].name));
        let backlog = usize::try_from(backlog).unwrap_or(usize::MAX).max(1);
        self.listeners.insert(id, Waiting { host, at, backlog, half_open: 0, complete: VecDeque::new(), acceptor: None });
        Ok(id)
    }

    fn accept(&mut self, listener: ListenerId, cx: &mut Context<'_>) -> Poll<io::Result<(ConnectionId, Endpoint)>> {
        let Some(waiting) = self.listeners.get_mut(&listener) else {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::NotConnected, "the host was killed")));
        };
        if waiting.complete.is_empty() {
            waiting.acceptor = Some(cx.waker().clone());
            return Poll::Pending;
        }
        self.nodes[waiting.host].open_descriptor()?;
        let id = waiting.complete.pop_front().expect("not empty");
        let connection = self.connection(id);
        connection.listener = None;
        Poll::Ready(Ok((id, connection.from.clone())))
    }
}

/// A listener of a virtual host. Dropping it stops listening; connections that were not accepted are reset.
pub struct VirtualListener {
    network: Shared,
    host: HostId,
    id: ListenerId,
}

impl VirtualListener {
    pub(crate) fn new(network: &Shared, host: HostId, at: &Endpoint, backlog: u32) -> io::Result<VirtualListener> {
        let id = network.lock().listen(host, at, backlog)?;
        Ok(VirtualListener { network: network.clone(), host, id })
    }

    /// The next connection and its far end.
    pub async fn accept(&mut self) -> io::Result<(VirtualStream, Endpoint)> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(VirtualStream, Endpoint)>> {
        let accepted = self.network.lock().accept(self.id, cx);
        accepted.map_ok(|(id, from)| (VirtualStream::new(self.network.clone(), self.host, id, Side::Server), from))
    }
}

impl Accepting for VirtualListener {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, Endpoint)>> {
        self.poll(cx).map_ok(|(stream, from)| (Stream::Virtual(Box::new(stream)), from))
    }
}

impl Drop for VirtualListener {
    fn drop(&mut self) {
        let mut network = self.network.lock();
        network.nodes[self.host].close_descriptor();
        network.unlisten(self.id);
    }
}
