//! Ports of a test's own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A port that nobody has now, and that the kernel does not give away by itself: others that run beside this test leave it alone until
/// whoever it is for listens there.
pub(crate) fn free_address() -> SocketAddr {
    let [address] = free_addresses();
    address
}

/// Several, no two of them the same.
pub(crate) fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    std::array::from_fn(|_| free_at(&[Ipv4Addr::LOCALHOST]))
}

/// One that is free at each of these addresses; the first of them with it.
pub(crate) fn free_at(ips: &[Ipv4Addr]) -> SocketAddr {
    let all_are_free = |port: &u16| ips.iter().all(|ip| is_free(SocketAddr::new(IpAddr::V4(*ip), *port)));
    let port = std::iter::repeat_with(next_port).take(PORTS.1).find(all_are_free).expect("a free port on loopback");
    SocketAddr::new(IpAddr::V4(ips[0]), port)
}

fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}

/// The first port to choose from, and how many there are: beside those that the kernel gives away, below them if there is room.
static PORTS: LazyLock<(usize, usize)> = LazyLock::new(|| {
    let told = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut bounds = told.split_whitespace().filter_map(|bound| bound.parse::<usize>().ok());
    let (first, last) = (bounds.next().unwrap_or(32_768), bounds.next().unwrap_or(60_999));
    match () {
        () if first >= 12_000 => (10_000, first - 10_000),
        () if last <= 63_000 => (last + 1, 65_535 - last),
        // It gives away nearly all. Then others may be faster now and then.
        () => (10_000, 22_000),
    }
});

/// Each once, beginning somewhere else in each process.
fn next_port() -> u16 {
    static TAKEN: AtomicUsize = AtomicUsize::new(0);
    let (first, count) = *PORTS;
    // The numbers of processes that run beside each other are often neighbours: their ports should be far apart.
    let number = std::process::id() as usize * 4099 + TAKEN.fetch_add(1, Ordering::Relaxed);
    u16::try_from(first + number % count).expect("a port")
}
