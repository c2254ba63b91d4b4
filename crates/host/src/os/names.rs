//! Names, resolved as getaddrinfo resolves them on a plain machine, but with the time to live of each answer, which getaddrinfo does not
//! tell: `/etc/hosts` first, then the name servers of `/etc/resolv.conf`. Both files are read anew for each name: they are short, a name
//! is asked for once a second at the most, and what was edited holds at once.
//!
//! Not read: `/etc/nsswitch.conf`, so no sources but these two (no mDNS, no NIS), and no variables of the environment.

mod ask;

use crate::Names;
use decide::time::Duration;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::pin::pin;
use std::task::Poll;
use wire::dns::{Answer, Family, Question};
use wire::resolver_files::{NameServer, ResolvConf, addresses_in_hosts, candidates};

/// How long an answer holds that came from a file: an edit is to be seen soon.
const FILE_TTL: Duration = Duration::from_secs(5);

/// The addresses of `name`: [`io::ErrorKind::NotFound`] if there are none, [`io::ErrorKind::TimedOut`] if no server answered.
///
/// Those of IPv4 come first, then those of IPv6, each in the order of its answer; addresses to which this machine has no route are left
/// out, unless it has a route to none.
pub(super) async fn resolve(name: String) -> io::Result<Names> {
    if let Some(names) = without_asking(&read("/etc/hosts")?, &name) {
        return Ok(routed(names));
    }
    let settings = Settings::of(ResolvConf::parse(&read("/etc/resolv.conf")?));
    look_up(&settings, &name).await.map(routed)
}

/// A missing file is an empty one. Any other error is one of ours, such as too many open files, and must not change what a name means.
fn read(path: &str) -> io::Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

fn without_asking(hosts: &[u8], name: &str) -> Option<Names> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let mut addresses: Vec<IpAddr> = name.parse().into_iter().collect();
    if addresses.is_empty() {
        addresses = addresses_in_hosts(hosts, name);
    }
    // RFC 6761 §6.3: these names are never asked for.
    let last = name.rsplit('.').next().unwrap_or(name);
    if addresses.is_empty() && last.eq_ignore_ascii_case("localhost") {
        addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    }
    (!addresses.is_empty()).then_some(Names { addresses, ttl: FILE_TTL })
}

/// Whom to ask, and how patiently.
struct Settings {
    servers: Vec<SocketAddr>,
    search: Vec<String>,
    ndots: u8,
    /// For one answer of one server.
    timeout: Duration,
    attempts: u8,
}

impl Settings {
    fn of(conf: ResolvConf) -> Settings {
        // A server behind an interface that is not there now cannot be asked.
        let servers = conf.servers.iter().filter_map(|server| address_of(server).ok()).collect();
        Settings { servers, search: conf.search, ndots: conf.ndots, timeout: conf.timeout, attempts: conf.attempts }
    }

    /// For all that one name takes, the search list included.
    fn limit(&self) -> Duration {
        let servers = u32::try_from(self.servers.len()).unwrap_or(u32::MAX);
        self.timeout.saturating_mul(u32::from(self.attempts)).saturating_mul(servers)
    }
}

fn address_of(server: &NameServer) -> io::Result<SocketAddr> {
    const PORT: u16 = 53;
    match (server.address, &server.zone) {
        (IpAddr::V6(v6), Some(zone)) => {
            let index = match zone.parse() {
                Ok(index) => index,
                Err(_) => rustix::net::netdevice::name_to_index(std::net::UdpSocket::bind("[::]:0")?, zone)?,
            };
            Ok(SocketAddrV6::new(v6, PORT, 0, index).into())
        }
        (address, _) => Ok((address, PORT).into()),
    }
}

/// Tries what `name` may stand for, until one of them has an address.
async fn look_up(settings: &Settings, name: &str) -> io::Result<Names> {
    if settings.servers.is_empty() {
        return Err(io::Error::other("none of the name servers can be asked from here"));
    }
    let trying = async {
        let mut outcome = Err(not_found());
        for candidate in candidates(name, &settings.search, settings.ndots) {
            match addresses(settings, &candidate).await {
                Ok(names) => return Ok(names),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                // Nobody answers: the next would wait in vain too.
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(error),
                // A server may refuse one domain and know the next. If none is found, this is why.
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    };
    tokio::time::timeout(settings.limit(), trying).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Asks for both families at once.
async fn addresses(settings: &Settings, name: &str) -> io::Result<Names> {
    let (Some(v4), Some(v6)) = (Question::new(name, Family::V4), Question::new(name, Family::V6)) else { return Err(not_found()) };
    let (v4, v6) = both(ask::ask(settings, &v4), ask::ask(settings, &v6)).await;
    together(v4, v6)
}

/// What the answers for two families say of a name. One that has addresses is enough: a network that answers for one family alone must not
/// hide the other. How long a family stays without addresses counts for nothing, or a zone that forbids to keep that would forbid all.
fn together(v4: io::Result<Answer>, v6: io::Result<Answer>) -> io::Result<Names> {
    let mut found: Option<Names> = None;
    for answer in [&v4, &v6] {
        if let Ok(Answer::Addresses { addresses, ttl }) = answer {
            let names = found.get_or_insert(Names { addresses: Vec::new(), ttl: *ttl });
            names.ttl = names.ttl.min(*ttl);
            for address in addresses {
                if !names.addresses.contains(address) {
                    names.addresses.push(*address);
                }
            }
        }
    }
    match (found, v4, v6) {
        (Some(names), ..) => Ok(names),
        // RFC 8020 §2: a name that does not exist has nothing of any type, so this one answer is enough.
        (None, Ok(Answer::NoName { .. }), _) | (None, _, Ok(Answer::NoName { .. })) => Err(not_found()),
        (None, Err(error), _) | (None, _, Err(error)) => Err(error),
        (None, Ok(_), Ok(_)) => Err(not_found()),
    }
}

fn not_found() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the name has no address")
}

/// RFC 6724 §6, rule 1: what cannot be reached is not used. Connecting a UDP socket sends nothing; it asks the kernel for a route.
fn routed(names: Names) -> Names {
    let has_route = |address: &IpAddr| {
        let own: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        std::net::UdpSocket::bind((own, 0)).and_then(|socket| socket.connect((*address, 53))).is_ok()
    };
    let routed: Vec<IpAddr> = names.addresses.iter().copied().filter(has_route).collect();
    if routed.is_empty() { names } else { Names { addresses: routed, ..names } }
}

/// Waits for two futures at once.
async fn both<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none()
            && let Poll::Ready(value) = a.as_mut().poll(cx)
        {
            first = Some(value);
        }
        if second.is_none()
            && let Poll::Ready(value) = b.as_mut().poll(cx)
        {
            second = Some(value);
        }
        match (first.take(), second.take()) {
            (Some(one), Some(two)) => Poll::Ready((one, two)),
            (one, two) => {
                (first, second) = (one, two);
                Poll::Pending
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests;
