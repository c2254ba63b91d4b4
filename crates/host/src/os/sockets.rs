//! Listening sockets of the kernel.

use crate::{Endpoint, Listener};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener as StdUnixListener, UnixStream as StdUnixStream};
use std::sync::Mutex;

/// Unix sockets cannot be opened once per thread as IP ports can (SO_REUSEPORT): all threads share the one that [`bind`] opened.
static UNIX: Mutex<BTreeMap<String, StdUnixListener>> = Mutex::new(BTreeMap::new());

/// An address that is ours while this value lives: what [`bind`] made sure of.
#[derive(Debug)]
pub struct Bound {
    /// The address, with the port that the kernel chose where 0 was asked for.
    pub endpoint: Endpoint,
    /// Holds an IP port without listening, so that nobody is given it between the check and the threads' own listeners, nor after.
    _held: Option<Socket>,
}

/// Makes sure that an address can be listened on, before any thread does: a taken port is an error here, although SO_REUSEPORT would let
/// two processes of one user share it.
pub fn bind(at: &Endpoint) -> io::Result<Bound> {
    match at {
        Endpoint::Ip(address) => {
            let socket = tcp_socket(address)?;
            socket.bind(&SockAddr::from(*address))?;
            // Without a listen(2) a second program that merely bound the port would not be noticed.
            socket.listen(1)?;
            let bound = socket.local_addr()?.as_socket().expect("an IP socket has an IP address");
            // What shares a port must have said so, the first one too; it is closed when another holds the port.
            socket.set_reuse_port(true)?;
            hold(bound)
        }
        Endpoint::Unix(path) => {
            remove_stale(path)?;
            let listener = StdUnixListener::bind(path)?;
            listener.set_nonblocking(true)?;
            UNIX.lock().expect("no thread panics while it holds this").insert(path.clone(), listener);
            Ok(Bound { endpoint: at.clone(), _held: None })
        }
    }
}

/// The same for an address that this process has given up a moment ago: its threads may not have closed their listeners yet, and those are
/// no other program. That nobody else has taken it meanwhile is seen only if he does not share ports.
pub fn bind_again(at: &Endpoint) -> io::Result<Bound> {
    match (bind(at), at) {
        (Err(error), Endpoint::Ip(address)) if error.kind() == io::ErrorKind::AddrInUse => hold(*address),
        (bound, _) => bound,
    }
}

fn hold(address: SocketAddr) -> io::Result<Bound> {
    let held = tcp_socket(&address)?;
    held.set_reuse_port(true)?;
    held.bind(&SockAddr::from(address))?;
    // Else whoever binds it without listening at first would not be refused.
    held.set_reuse_address(false)?;
    Ok(Bound { endpoint: Endpoint::Ip(address), _held: Some(held) })
}

/// The same for an address where datagrams come in beside connections, at the same port. That of the datagrams is not held: who holds it
/// would be sent some of them.
pub fn bind_with_datagrams(at: SocketAddr) -> io::Result<Bound> {
    // A port that the kernel chose among those free for TCP may be taken for UDP.
    const TRIES: usize = 16;
    let mut tries = 0;
    loop {
        tries += 1;
        let bound = bind(&Endpoint::Ip(at))?;
        let Endpoint::Ip(address) = bound.endpoint else { unreachable!("an IP address stays one") };
        match udp_socket(&address)?.bind(&SockAddr::from(address)) {
            Ok(()) => return Ok(bound),
            Err(error) if at.port() != 0 || tries == TRIES => return Err(error),
            Err(_) => {}
        }
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if let Endpoint::Unix(path) = &self.endpoint {
            UNIX.lock().expect("no thread panics while it holds this").remove(path);
            // Best effort: a leftover is recognised as stale at the next start.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A socket file whose owner is gone refuses connections; only such a one is removed.
fn remove_stale(path: &str) -> io::Result<()> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the path exists and is not a socket"));
    }
    match StdUnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        _ => Err(io::ErrorKind::AddrInUse.into()),
    }
}

/// Opens this thread's listener. An IP port is opened by each thread for itself, and the kernel spreads connections over them.
pub(super) fn listen(at: &Endpoint, backlog: u32) -> io::Result<Listener> {
    match at {
        Endpoint::Ip(address) => {
            let socket = tcp_socket(address)?;
            socket.set_reuse_port(true)?;
            socket.set_nonblocking(true)?;
            // A proxy writes whole messages; waiting for more (Nagle) would only delay them. Accepted sockets inherit it.
            socket.set_tcp_nodelay(true)?;
            socket.bind(&SockAddr::from(*address))?;
            socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
            Ok(Listener::Tcp(tokio::net::TcpListener::from_std(socket.into())?))
        }
        Endpoint::Unix(path) => {
            let sockets = UNIX.lock().expect("no thread panics while it holds this");
            let shared = sockets.get(path).ok_or(io::ErrorKind::AddrNotAvailable)?;
            Ok(Listener::Unix(tokio::net::UnixListener::from_std(shared.try_clone()?)?))
        }
    }
}

/// The kernel chooses the port, at random.
pub(super) fn datagrams(far: SocketAddr) -> io::Result<tokio::net::UdpSocket> {
    let own: SocketAddr = match far {
        SocketAddr::V4(_) => (std::net::Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = std::net::UdpSocket::bind(own)?;
    socket.connect(far)?;
    socket.set_nonblocking(true)?;
    tokio::net::UdpSocket::from_std(socket)
}

/// Opens this thread's socket for datagrams; the kernel spreads clients over the threads.
pub(super) fn listen_for_datagrams(at: SocketAddr) -> io::Result<tokio::net::UdpSocket> {
    if at.ip().is_unspecified() {
        // An answer would leave from whatever address the kernel prefers, and its client would not know it.
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "datagrams need an address of this machine, not all of them: write each one",
        ));
    }
    let socket = udp_socket(&at)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    // Room for a burst, as far as the system allows.
    socket.set_recv_buffer_size(1 << 20)?;
    socket.bind(&SockAddr::from(at))?;
    tokio::net::UdpSocket::from_std(socket.into())
}

fn udp_socket(address: &SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(*address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

fn tcp_socket(address: &SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(*address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // `[::]:80` beside `0.0.0.0:80` must work, and mean what is written.
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}
