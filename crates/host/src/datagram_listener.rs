//! Ports where datagrams of everybody come in, many at a time.

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6, recvmmsg, sendmmsg};
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, RawFd};
use std::task::{Context, Poll, ready};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Datagrams that are taken in or sent at once, at the most.
pub const MOST_DATAGRAMS: usize = 32;
/// A datagram that comes in has no more than this; what is longer is cut, and says so.
pub const LONGEST_DATAGRAM: usize = 2048;

/// A port that a virtual machine listens at.
pub trait DatagramListening {
    /// The next datagram: how long it was, of which no more than fits is in `into`, and where it came from.
    fn poll_receive(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>>;
    /// Sends one.
    fn send(&mut self, datagram: &[u8], to: SocketAddr) -> io::Result<()>;
}

/// Where datagrams come in, and answers go out. Dropping it stops listening.
pub enum DatagramListener {
    /// The kernel's UDP.
    Udp(Box<KernelDatagrams>),
    /// A virtual machine's.
    Virtual(Box<dyn DatagramListening>),
}

/// What has come in at once.
pub struct Received {
    bytes: Box<[u8]>,
    each: [(usize, SocketAddr); MOST_DATAGRAMS],
    count: usize,
}

impl Default for Received {
    fn default() -> Received {
        let nobody = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        Received { bytes: vec![0; MOST_DATAGRAMS * LONGEST_DATAGRAM].into(), each: [(0, nobody); MOST_DATAGRAMS], count: 0 }
    }
}

impl Received {
    /// How many.
    pub fn count(&self) -> usize {
        self.count
    }

    /// One of them, and where it came from. `None` in place of its bytes: it was longer than [`LONGEST_DATAGRAM`].
    pub fn get(&self, index: usize) -> (Option<&[u8]>, SocketAddr) {
        let (len, from) = self.each[..self.count][index];
        let room = &self.bytes[index * LONGEST_DATAGRAM..][..LONGEST_DATAGRAM];
        (room.get(..len), from)
    }
}

/// What is to go out at once.
#[derive(Default)]
pub struct Outgoing {
    bytes: Vec<u8>,
    /// Where each ends, and where it goes.
    each: Vec<(usize, SocketAddr)>,
    sent: usize,
}

impl Outgoing {
    /// Nothing more is to go out: the next datagram begins here. What is appended belongs to it until [`Outgoing::finish`].
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        if self.sent > 0 && self.sent == self.each.len() {
            self.clear();
        }
        &mut self.bytes
    }

    /// Where the datagram that is being written begins.
    pub fn begun(&self) -> usize {
        self.each.last().map_or(0, |(end, _)| *end)
    }

    /// The datagram is whole, and goes there. An empty one is none.
    pub fn finish(&mut self, to: SocketAddr) {
        if self.bytes.len() > self.begun() {
            self.each.push((self.bytes.len(), to));
        }
    }

    /// How many wait to be sent.
    pub fn waiting(&self) -> usize {
        self.each.len() - self.sent
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.each.clear();
        self.sent = 0;
    }

    /// One of those that wait.
    fn get(&self, index: usize) -> (&[u8], SocketAddr) {
        let (end, to) = self.each[index];
        let begin = index.checked_sub(1).map_or(0, |before| self.each[before].0);
        (&self.bytes[begin..end], to)
    }
}

impl DatagramListener {
    /// Takes in what has come, at least one. An error is of the socket.
    pub fn poll_receive(&mut self, cx: &mut Context<'_>, into: &mut Received) -> Poll<io::Result<()>> {
        into.count = 0;
        match self {
            DatagramListener::Udp(udp) => udp.poll_receive(cx, into),
            DatagramListener::Virtual(socket) => loop {
                let room = &mut into.bytes[into.count * LONGEST_DATAGRAM..][..LONGEST_DATAGRAM];
                match socket.poll_receive(cx, room) {
                    Poll::Ready(Ok(one)) => {
                        into.each[into.count] = one;
                        into.count += 1;
                        if into.count == MOST_DATAGRAMS {
                            return Poll::Ready(Ok(()));
                        }
                    }
                    // News of a client that is gone is none of the socket.
                    Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending if into.count > 0 => return Poll::Ready(Ok(())),
                    Poll::Pending => return Poll::Pending,
                }
            },
        }
    }

    /// Sends all that waits. One that cannot be sent (its client is out of reach) is left out, and counted in what is returned.
    pub fn poll_send(&mut self, cx: &mut Context<'_>, outgoing: &mut Outgoing) -> Poll<usize> {
        let mut unsent = 0;
        while outgoing.waiting() > 0 {
            let sent = match self {
                DatagramListener::Udp(udp) => ready!(udp.poll_send(cx, outgoing)),
                DatagramListener::Virtual(socket) => {
                    let (datagram, to) = outgoing.get(outgoing.sent);
                    socket.send(datagram, to).map(|()| 1)
                }
            };
            match sent {
                Ok(count) => outgoing.sent += count,
                Err(_) => {
                    outgoing.sent += 1;
                    unsent += 1;
                }
            }
        }
        outgoing.clear();
        Poll::Ready(unsent)
    }
}

/// A socket of the kernel, with what recvmmsg(2) and sendmmsg(2) need beside it.
pub struct KernelDatagrams {
    socket: UdpSocket,
    family: Family,
}

enum Family {
    V4(Headers<SockaddrIn>),
    V6(Headers<SockaddrIn6>),
}

struct Headers<S> {
    receive: MultiHeaders<S>,
    send: MultiHeaders<S>,
}

/// The kernel's form of an address.
trait KernelAddress: nix::sys::socket::SockaddrLike + Copy {
    fn to_std(self) -> SocketAddr;
    /// `None`: of the other family, which cannot be reached from this socket.
    fn of(address: SocketAddr) -> Option<Self>;
}

impl KernelAddress for SockaddrIn {
    fn to_std(self) -> SocketAddr {
        SocketAddrV4::from(self).into()
    }

    fn of(address: SocketAddr) -> Option<SockaddrIn> {
        match address {
            SocketAddr::V4(v4) => Some(v4.into()),
            SocketAddr::V6(_) => None,
        }
    }
}

impl KernelAddress for SockaddrIn6 {
    fn to_std(self) -> SocketAddr {
        SocketAddrV6::from(self).into()
    }

    fn of(address: SocketAddr) -> Option<SockaddrIn6> {
        match address {
            SocketAddr::V6(v6) => Some(v6.into()),
            SocketAddr::V4(_) => None,
        }
    }
}

impl<S: KernelAddress> Headers<S> {
    fn new() -> Headers<S> {
        Headers { receive: MultiHeaders::preallocate(MOST_DATAGRAMS, None), send: MultiHeaders::preallocate(MOST_DATAGRAMS, None) }
    }

    fn receive(&mut self, fd: RawFd, into: &mut Received) -> io::Result<()> {
        let mut rooms = into.bytes.chunks_exact_mut(LONGEST_DATAGRAM);
        let mut slices: [[IoSliceMut<'_>; 1]; MOST_DATAGRAMS] =
            std::array::from_fn(|_| [IoSliceMut::new(rooms.next().expect("there is room for as many"))]);
        // With MSG_TRUNC the length told is the datagram's own, although it was cut.
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
        let mut count = 0;
        for message in recvmmsg(fd, &mut self.receive, &mut slices, flags, None)? {
            into.each[count] = (message.bytes, message.address.expect("a datagram of IP says where it is from").to_std());
            count += 1;
        }
        into.count = count;
        Ok(())
    }

    fn send(&mut self, fd: RawFd, outgoing: &Outgoing) -> io::Result<usize> {
        let count = outgoing.waiting().min(MOST_DATAGRAMS);
        let mut addresses = [None; MOST_DATAGRAMS];
        let slices: [[IoSlice<'_>; 1]; MOST_DATAGRAMS] = std::array::from_fn(|index| {
            if index >= count {
                return [IoSlice::new(&[])];
            }
            let (datagram, to) = outgoing.get(outgoing.sent + index);
            addresses[index] = S::of(to);
            [IoSlice::new(datagram)]
        });
        if addresses[0].is_none() {
            return Err(io::ErrorKind::AddrNotAvailable.into());
        }
        // One of the other family among them begins the next call, and fails there.
        let count = addresses[..count].iter().position(Option::is_none).unwrap_or(count);
        Ok(sendmmsg(fd, &mut self.send, &slices[..count], &addresses[..count], [], MsgFlags::MSG_DONTWAIT)?.count())
    }
}

impl KernelDatagrams {
    pub(crate) fn new(socket: UdpSocket) -> io::Result<KernelDatagrams> {
        let family = match socket.local_addr()? {
            SocketAddr::V4(_) => Family::V4(Headers::new()),
            SocketAddr::V6(_) => Family::V6(Headers::new()),
        };
        Ok(KernelDatagrams { socket, family })
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>, into: &mut Received) -> Poll<io::Result<()>> {
        loop {
            ready!(self.socket.poll_recv_ready(cx))?;
            let fd = self.socket.as_raw_fd();
            let family = &mut self.family;
            let took = self.socket.try_io(Interest::READABLE, || match family {
                Family::V4(headers) => headers.receive(fd, into),
                Family::V6(headers) => headers.receive(fd, into),
            });
            match took {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(()) => {
                    if into.count == 1 {
                        // There was no more: the event loop tells when there is, and the call that would only say so is saved. Where several
                        // came at once, more will have come until they are answered, and the event loop need not be asked.
                        let empty: io::Result<()> = self.socket.try_io(Interest::READABLE, || Err(io::ErrorKind::WouldBlock.into()));
                        drop(empty);
                    }
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, outgoing: &Outgoing) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.socket.poll_send_ready(cx))?;
            let fd = self.socket.as_raw_fd();
            let family = &mut self.family;
            let sent = self.socket.try_io(Interest::WRITABLE, || match family {
                Family::V4(headers) => headers.send(fd, outgoing),
                Family::V6(headers) => headers.send(fd, outgoing),
            });
            match sent {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                other => return Poll::Ready(other),
            }
        }
    }
}
