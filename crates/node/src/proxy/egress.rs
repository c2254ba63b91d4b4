//! The forward proxy: who may use it, whom they may ask, and tunnels for what it is not to read.

use crate::pool::Pool;
use crate::proxy::exchange::{Exchange, Stage};
use crate::proxy::relay::Progress;
use crate::proxy::reply::Reply;
use crate::proxy::tiers::Way;
use crate::server::Snapshot;
use crate::transport::Transport;
use decide::address::Address;
use decide::config::{Destinations, ForwardProxy};
use decide::egress::{is_listed, is_web_port, may_connect};
use decide::forward::{ProxyError, is_loop};
use decide::pool::Outcome;
use decide::step::{Side, Step};
use decide::time::Instant;
use host::Endpoint;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::Poll;
use wire::http::{Method, ResponseHead, TargetForm, Version};
use wire::http1::{Framing, ResponseMeta};

impl Exchange<'_> {
    /// A request on a route that sends requests wherever their clients say.
    pub(crate) fn proxy_out(&mut self, snapshot: &Snapshot, proxy: &ForwardProxy, stores: bool) -> Stage {
        if let Some(ip) = self.client.caller.endpoint.ip()
            && !proxy.clients.iter().any(|network| network.contains(ip))
        {
            return self.deny("this client may not use the proxy: its address is not in the `allow` of the route", Side::Client);
        }
        let request = &self.scratch.request;
        let connect = request.method == Method::Connect && request.protocol.is_empty();
        let absolute = matches!(request.form, TargetForm::Absolute) || request.version >= Version::Http2;
        if !connect && !absolute {
            return self.refuse(400, "this is a forward proxy: it is asked by absolute URIs (http://host/path) or CONNECT", Side::Client);
        }
        if !connect && request.https {
            return self.refuse(400, "https goes through a forward proxy by CONNECT: the proxy is not to read it", Side::Client);
        }
        if !request.protocol.is_empty() {
            return self.refuse(501, "a forward proxy opens no WebSocket over HTTP/2 for a client; CONNECT does", Side::Client);
        }
        let Some(at) = destination(&request.authority) else {
            return self.refuse(400, "the destination is not a host and port that can be asked", Side::Client);
        };
        let (host, port) = match &at {
            Address::Ip(SocketAddr::V6(ip)) => (format!("[{}]", ip.ip()), ip.port()),
            Address::Ip(ip) => (ip.ip().to_string(), ip.port()),
            Address::Name(name, port) => (name.clone(), *port),
            Address::Unix(_) => unreachable!("an authority names no path"),
        };
        if is_listed(&host, &proxy.denied) {
            return self.deny("the proxy's owner does not let this host be asked", Side::Us);
        }
        if connect && !proxy.connect_ports.contains(&port) {
            return self.deny("the proxy makes no tunnel to this port: it is not in the `connect-ports` of the route", Side::Us);
        }
        if !connect && !is_web_port(port) {
            return self.deny("the proxy sends no request to this port: it is for another service", Side::Us);
        }
        let pool = snapshot.pools[proxy.pool].destination(at);
        if !connect {
            return self.check_forwarding(&pool, stores);
        }
        if is_loop(&self.scratch.request, &snapshot.config.server.name) {
            let error = ProxyError::LoopDetected;
            return self.refuse(error.status(), error.sentence(), error.side());
        }
        if self.meta.framing != Framing::None {
            // RFC 9110 §9.3.6: it would be no content, and another reader might take it for some.
            return self.refuse(400, "CONNECT has no content", Side::Client);
        }
        Stage::Connect(pool)
    }

    /// Refuses what this proxy does not do.
    fn deny(&mut self, why: &'static str, side: Side) -> Stage {
        let status = ProxyError::HttpRequestDenied.status();
        self.step(Step::Refused { status, rule: why, side });
        let mut reply = Reply::problem(status, why, "");
        reply.close = true;
        self.show_proxy_status(ProxyError::HttpRequestDenied, &mut reply);
        Stage::reply(reply)
    }

    /// Makes a tunnel (RFC 9110 §9.3.6).
    pub(crate) async fn tunnel_out(&mut self, pool: Arc<Pool>) -> Stage {
        let ticket = match self.select(&Way::only(pool.clone()), &[]).await {
            Ok(ticket) => ticket,
            Err(unselected) => return self.unselected(unselected),
        };
        let began = self.worker.host.now();
        let upstream = match self.connect(&ticket, false).await {
            Ok(upstream) => upstream,
            Err(error) => {
                self.step(Step::BackendFailed { backend: pool.backend_ref(ticket.backend), error: error.name(), then: "give-up" });
                self.finish(ticket, Outcome::Failure(error), began);
                return self.failed(error);
            }
        };
        let now = self.worker.host.now();
        self.scratch.response = ResponseHead { status: 200, ..ResponseHead::default() };
        let meta = ResponseMeta { framing: Framing::None, keep_alive: false, upgraded: true };
        self.begin_answer(&meta, Framing::None, false);
        self.end.status = 200;
        let progress = Progress { began: now, broken: false, refused: false, sent_at: Some(now) };
        self.tunnel(ticket, upstream, progress, now.since(began)).await
    }

    /// Connects to a server that a client named. Every address is judged in the very moment it is connected to: what a name meant when
    /// somebody looked is not what counts.
    pub(crate) async fn open_destination(&mut self, at: &Address, rules: &Destinations, due: Instant) -> Result<Transport, ProxyError> {
        let (addresses, port) = match at {
            Address::Ip(ip) => (vec![ip.ip()], ip.port()),
            Address::Name(name, port) => (self.addresses_of(name, due).await?, *port),
            Address::Unix(_) => unreachable!("an authority names no path"),
        };
        let mut failed = ProxyError::DestinationIpProhibited;
        for address in addresses {
            if may_connect(address, &rules.private).is_err() {
                continue;
            }
            match self.open_at(&Endpoint::Ip(SocketAddr::new(address, port)), due).await {
                Ok(stream) => return Ok(Transport::Plain(stream)),
                Err(error @ (ProxyError::ConnectionRefused | ProxyError::DestinationIpUnroutable)) => failed = error,
                Err(error) => return Err(error),
            }
        }
        Err(failed)
    }

    async fn addresses_of(&mut self, name: &str, due: Instant) -> Result<Vec<IpAddr>, ProxyError> {
        let mut resolving = self.worker.host.resolve(name);
        let deadline = &mut self.client.deadline;
        deadline.set(due);
        poll_fn(|cx| {
            if let Poll::Ready(result) = resolving.as_mut().poll(cx) {
                return Poll::Ready(match result {
                    Ok(names) => Ok(names.addresses),
                    Err(error) if error.kind() == std::io::ErrorKind::TimedOut => Err(ProxyError::DnsTimeout),
                    Err(_) => Err(ProxyError::DnsError),
                });
            }
            deadline.poll_passed(cx).map(|()| Err(ProxyError::DnsTimeout))
        })
        .await
    }
}

/// Where an authority leads: port 80 if it names none.
fn destination(authority: &[u8]) -> Option<Address> {
    let text = std::str::from_utf8(authority).ok()?;
    let has_port = text.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let text = if has_port { text.to_string() } else { format!("{}:80", text.strip_suffix(':').unwrap_or(text)) };
    match Address::parse(&text).ok()? {
        Address::Unix(_) => None,
        Address::Name(name, port) => Some(Address::Name(name.trim_end_matches('.').to_string(), port)),
        ip @ Address::Ip(_) => Some(ip),
    }
    .filter(|at| !matches!(at, Address::Ip(ip) if ip.port() == 0) && !matches!(at, Address::Name(_, 0)))
}

#[cfg(test)]
mod tests;
