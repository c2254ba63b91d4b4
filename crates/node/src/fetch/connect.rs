//! To one of the server's addresses, by the race that [`decide::connect`] decides.

use super::limit::{CONNECT, Limit};
use super::telling::Telling;
use decide::connect::{Next, Race, order};
use decide::fetch::fault::{Fault, Station, Whose};
use decide::step::Step;
use decide::time::Instant;
use host::{Connecting, Deadline, Endpoint, Host, Stream};
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};

/// Connects to whichever address answers first. The addresses have one port.
pub(super) async fn connect(
    host: &Host,
    addresses: &[SocketAddr],
    limit: &Limit,
    telling: &mut Telling<'_>,
) -> Result<(Stream, SocketAddr), Fault> {
    let port = addresses.first().map_or(0, SocketAddr::port);
    let ips: Vec<IpAddr> = addresses.iter().map(SocketAddr::ip).collect();
    let ordered = order(&ips);
    let began = telling.now();
    let mut race =
        Running { host, port, race: Race::new(ordered.clone()), flights: Vec::new(), failures: Vec::new(), deadline: host.deadline() };
    let late = || timed_out(&ordered, port);
    let won = limit.within(host, Station::Connect, CONNECT, poll_fn(|cx| race.poll(cx, telling)), late).await;
    race.give_up(telling, won.is_ok());
    let (stream, winner) = won?.ok_or_else(|| lost(&race.failures, port))?;
    let local = stream.ends().map(|ends| ends.local.to_string()).unwrap_or_default();
    let (local, remote) = (telling.keep(local), telling.keep(winner.1.to_string()));
    let took = telling.now().since(began);
    telling.step(Step::ConnectionOpened { attempt: winner.0, local, remote, took });
    Ok((stream, winner.1))
}

struct Flight {
    attempt: u16,
    address: SocketAddr,
    began: Instant,
    future: Connecting,
}

/// A race while it runs.
struct Running<'a> {
    host: &'a Host,
    port: u16,
    race: Race,
    flights: Vec<Flight>,
    failures: Vec<(SocketAddr, &'static str)>,
    deadline: Deadline,
}

impl Running<'_> {
    /// Ready with the connection and its attempt; with nothing once all have failed.
    fn poll(&mut self, cx: &mut Context<'_>, telling: &mut Telling<'_>) -> Poll<Option<(Stream, (u16, SocketAddr))>> {
        loop {
            let mut at = 0;
            while at < self.flights.len() {
                match self.flights[at].future.as_mut().poll(cx) {
                    Poll::Pending => at += 1,
                    Poll::Ready(Ok(stream)) => {
                        let flight = self.flights.remove(at);
                        return Poll::Ready(Some((stream, (flight.attempt, flight.address))));
                    }
                    Poll::Ready(Err(error)) => {
                        let flight = self.flights.remove(at);
                        let why = word(&error);
                        tell_failure(&flight, why, telling);
                        self.failures.push((flight.address, why));
                        self.race.failed();
                    }
                }
            }
            match self.race.next(self.host.now()) {
                Next::Start { attempt, address, why } => {
                    let address = SocketAddr::new(address, self.port);
                    let attempt = u16::try_from(attempt + 1).unwrap_or(u16::MAX);
                    let text = telling.keep(address.to_string());
                    telling.step(Step::ConnectStarted { attempt, address: text, why: why.word() });
                    let future = self.host.connect(&Endpoint::Ip(address));
                    self.flights.push(Flight { attempt, address, began: telling.now(), future });
                }
                Next::Wait(until) => {
                    self.deadline.set(until);
                    if self.deadline.poll_passed(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
                Next::WaitForAnswers => return Poll::Pending,
                Next::Lost => return Poll::Ready(None),
            }
        }
    }

    /// Ends what is still under way: another was faster, or nobody waits any more.
    fn give_up(&mut self, telling: &mut Telling<'_>, overtaken: bool) {
        let why = if overtaken { "overtaken" } else { "timeout" };
        for flight in self.flights.drain(..) {
            tell_failure(&flight, why, telling);
        }
    }
}

fn tell_failure(flight: &Flight, why: &'static str, telling: &mut Telling<'_>) {
    let address = telling.keep(flight.address.to_string());
    let took = telling.now().since(flight.began);
    telling.step(Step::ConnectFailed { attempt: flight.attempt, address, why, took });
}

fn word(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "refused",
        io::ErrorKind::TimedOut => "timeout",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "unreachable",
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => "reset",
        io::ErrorKind::PermissionDenied => "forbidden",
        io::ErrorKind::AddrNotAvailable => "no-local-address",
        _ => "failed",
    }
}

/// Every address has failed.
fn lost(failures: &[(SocketAddr, &'static str)], port: u16) -> Fault {
    let fault = |whose, word, why, remedy: &str| Fault::new(Station::Connect, whose, word, why, remedy);
    let ips: Vec<IpAddr> = failures.iter().map(|(address, _)| address.ip()).collect();
    let all = |word: &str| failures.iter().all(|(_, why)| *why == word);
    if failures.is_empty() {
        return fault(Whose::Names, "no-address", "there is no address to connect to".to_string(), "look at what the name means");
    }
    if all("timeout") {
        return timed_out(&ips, port);
    }
    let many = list(&ips);
    if all("refused") {
        let why = format!("{many} refused: nothing listens on port {port} there");
        return fault(Whose::Server, "refused", why, "look whether the server runs and whether the port is right");
    }
    if all("unreachable") {
        let why = format!("there is no route to {many}");
        return fault(Whose::Network, "unreachable", why, "look at this machine's network, and whether it has IPv6 where that is meant");
    }
    if all("forbidden") {
        let why = format!("this machine may not connect to {many}");
        return fault(Whose::Machine, "forbidden", why, "look at its firewall");
    }
    let each: Vec<String> = failures.iter().map(|(address, why)| format!("{} {}", address.ip(), why.replace('-', " "))).collect();
    let why = format!("none of its addresses can be reached at port {port} ({})", each.join(", "));
    let first = failures[0].1;
    fault(Whose::Server, first, why, "look whether the server runs, whether the port is right, and whether something on the way blocks it")
}

fn timed_out(addresses: &[IpAddr], port: u16) -> Fault {
    let why = format!("{} did not answer at port {port} within {} s: neither yes nor no", list(addresses), CONNECT.as_secs());
    let remedy = "a firewall may drop what you send, or the machine is down: try another port of it, or from another network";
    Fault::new(Station::Connect, Whose::Network, "timeout", why, remedy)
}

fn list(addresses: &[IpAddr]) -> String {
    let all: Vec<String> = addresses.iter().take(4).map(IpAddr::to_string).collect();
    let more = if addresses.len() > 4 { format!(" and {} more", addresses.len() - 4) } else { String::new() };
    format!("{}{more}", all.join(" and "))
}
