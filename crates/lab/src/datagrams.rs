//! Datagrams: each goes its way alone, is lost where nothing passes, and tells its sender where nobody listens.

use crate::link::Reach;
use crate::network::{HostId, Network, Shared};
use decide::time::Instant;
use host::{DatagramListening, DatagramSocket};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll, Waker};

pub(crate) type SocketId = u64;

/// The sockets, and what is on its way between them.
#[derive(Default)]
pub(crate) struct Datagrams {
    sockets: BTreeMap<SocketId, Socket>,
    opened: SocketId,
    travelling: BTreeMap<u64, Datagram>,
    sent: u64,
}

struct Socket {
    host: HostId,
    at: SocketAddr,
    /// Others may be at the same port that are so too (SO_REUSEPORT): a program's threads.
    shared: bool,
    received: VecDeque<io::Result<(Vec<u8>, SocketAddr)>>,
    receiver: Option<Waker>,
}

#[derive(Clone)]
struct Datagram {
    from: SocketAddr,
    from_host: HostId,
    to: SocketAddr,
    to_host: HostId,
    /// `None`: the news that nobody listens (ICMP).
    bytes: Option<Vec<u8>>,
}

impl Network {
    /// Opens a socket. Port 0 becomes the next free one, and an address of none the host's own of the far end's family.
    fn open_socket(&mut self, host: HostId, at: SocketAddr, far: Option<IpAddr>, shared: bool) -> io::Result<SocketId> {
        let own = |network: &Network| network.nodes[host].addresses.iter().find(|own| own.is_ipv4() == at.is_ipv4()).copied();
        let ip = match far {
            Some(far) if far.is_loopback() => far,
            Some(_) => own(self).ok_or(io::ErrorKind::NetworkUnreachable)?,
            None => at.ip(),
        };
        let at_port = |socket: &Socket, port: u16| socket.at == SocketAddr::new(ip, port) && (!ip.is_loopback() || socket.host == host);
        let taken = |port: u16| self.datagrams.sockets.values().any(|socket| at_port(socket, port) && !(shared && socket.shared));
        let free = if at.port() == 0 { (49152..).find(|port| !taken(*port)) } else { Some(at.port()).filter(|port| !taken(*port)) };
        let at = SocketAddr::new(ip, free.ok_or(io::ErrorKind::AddrInUse)?);
        self.nodes[host].open_descriptor()?;
        self.datagrams.opened += 1;
        let id = self.datagrams.opened;
        self.datagrams.sockets.insert(id, Socket { host, at, shared, received: VecDeque::new(), receiver: None });
        Ok(id)
    }

    /// Sends a datagram that says it is from `from`, true or not.
    fn send_datagram(&mut self, id: SocketId, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        let from_host = self.datagrams.sockets.get(&id).ok_or(io::ErrorKind::NotConnected)?.host;
        let to_host = if to.ip().is_loopback() { from_host } else { self.host_of(to.ip()).ok_or(io::ErrorKind::HostUnreachable)? };
        self.put_on_its_way(Datagram { from, from_host, to, to_host, bytes: Some(bytes.to_vec()) });
        Ok(())
    }

    fn put_on_its_way(&mut self, datagram: Datagram) {
        let len = datagram.bytes.as_ref().map_or(0, Vec::len);
        let (from, to) = (datagram.from, datagram.to);
        self.datagrams.sent += 1;
        let number = self.datagrams.sent;
        // TCP waits where things freeze; a datagram does not.
        if self.links.reach(datagram.from_host, datagram.to_host) >= Reach::Stall {
            return self.note(format_args!("d{number} {from} to {to} {len} bytes lost"));
        }
        self.note(format_args!("d{number} {from} to {to} {len} bytes"));
        let now = self.clock.now();
        let due: Instant = self.links.direction(datagram.from_host, datagram.to_host).arrival(now, len);
        self.datagrams.travelling.insert(number, datagram);
        self.plan_datagram(due, number);
    }

    /// A datagram has come to its end.
    pub(crate) fn datagram_arrives(&mut self, number: u64) {
        let Some(datagram) = self.datagrams.travelling.remove(&number) else { return };
        let refused = self.links.reach(datagram.from_host, datagram.to_host) == Reach::Refuse && datagram.bytes.is_some();
        let takes = |socket: &Socket| {
            let any = socket.at.ip().is_unspecified() && socket.at.port() == datagram.to.port();
            socket.host == datagram.to_host && (any || socket.at == datagram.to)
        };
        // Of several at one port each client always meets the same.
        let takers: Vec<SocketId> = self.datagrams.sockets.iter().filter(|(_, socket)| takes(socket)).map(|(id, _)| *id).collect();
        let one = takers.get(usize::from(datagram.from.port()) % takers.len().max(1));
        let socket = if refused { None } else { one.and_then(|id| self.datagrams.sockets.get_mut(id)) };
        match (socket, datagram.bytes) {
            (Some(socket), bytes) => {
                socket.received.push_back(match bytes {
                    Some(bytes) => Ok((bytes, datagram.from)),
                    None => Err(io::ErrorKind::ConnectionRefused.into()),
                });
                socket.receiver.take().into_iter().for_each(Waker::wake);
            }
            (None, Some(_)) => self.put_on_its_way(Datagram {
                from: datagram.to,
                from_host: datagram.to_host,
                to: datagram.from,
                to_host: datagram.from_host,
                bytes: None,
            }),
            (None, None) => {}
        }
    }
}

/// A socket of a virtual host. Dropping it closes the port.
pub struct VirtualDatagrams {
    network: Shared,
    id: SocketId,
    far: Option<SocketAddr>,
}

impl VirtualDatagrams {
    pub(crate) fn to(network: &Shared, host: HostId, far: SocketAddr) -> io::Result<VirtualDatagrams> {
        let any = if far.is_ipv4() { SocketAddr::from(([0; 4], 0)) } else { SocketAddr::from(([0_u16; 8], 0)) };
        let id = network.lock().open_socket(host, any, Some(far.ip()), false)?;
        Ok(VirtualDatagrams { network: network.clone(), id, far: Some(far) })
    }

    pub(crate) fn at(network: &Shared, host: HostId, at: SocketAddr) -> io::Result<VirtualDatagrams> {
        let id = network.lock().open_socket(host, at, None, false)?;
        Ok(VirtualDatagrams { network: network.clone(), id, far: None })
    }

    /// One of several at the same port.
    pub(crate) fn shared(network: &Shared, host: HostId, at: SocketAddr) -> io::Result<VirtualDatagrams> {
        let id = network.lock().open_socket(host, at, None, true)?;
        Ok(VirtualDatagrams { network: network.clone(), id, far: None })
    }

    /// Sends.
    pub fn send_to(&self, datagram: &[u8], to: SocketAddr) -> io::Result<()> {
        let mut network = self.network.lock();
        let from = network.datagrams.sockets.get(&self.id).ok_or(io::ErrorKind::NotConnected)?.at;
        network.send_datagram(self.id, from, to, datagram)
    }

    /// Sends with a forged source.
    pub fn send_as(&self, datagram: &[u8], from: SocketAddr, to: SocketAddr) -> io::Result<()> {
        self.network.lock().send_datagram(self.id, from, to, datagram)
    }

    /// The next datagram and its source.
    pub async fn receive(&self) -> io::Result<(Vec<u8>, SocketAddr)> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Vec<u8>, SocketAddr)>> {
        let mut network = self.network.lock();
        let socket = network.datagrams.sockets.get_mut(&self.id).ok_or(io::ErrorKind::NotConnected)?;
        match socket.received.pop_front() {
            Some(received) => Poll::Ready(received),
            None => {
                socket.receiver = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl DatagramSocket for VirtualDatagrams {
    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        self.send_to(datagram, self.far.ok_or(io::ErrorKind::NotConnected)?)
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.poll(cx).map_ok(|(bytes, from)| {
            let len = bytes.len().min(into.len());
            into[..len].copy_from_slice(&bytes[..len]);
            (len, from)
        })
    }
}

impl DatagramListening for VirtualDatagrams {
    fn poll_receive(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.poll(cx).map_ok(|(bytes, from)| {
            let len = bytes.len().min(into.len());
            into[..len].copy_from_slice(&bytes[..len]);
            (bytes.len(), from)
        })
    }

    fn send(&mut self, datagram: &[u8], to: SocketAddr) -> io::Result<()> {
        self.send_to(datagram, to)
    }
}

impl Drop for VirtualDatagrams {
    fn drop(&mut self) {
        let mut network = self.network.lock();
        if let Some(socket) = network.datagrams.sockets.remove(&self.id) {
            network.nodes[socket.host].close_descriptor();
        }
    }
}
