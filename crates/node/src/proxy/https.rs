//! What is done for the sake of TLS in answers: clients are kept to it, and authorities are shown that a name is ours.

use crate::proxy::exchange::Exchange;
use crate::proxy::reply::Reply;
use crate::server::Snapshot;
use decide::address::Address;
use decide::config::Site;
use wire::http::Known;

/// Where an authority asks (RFC 8555 §8.3).
const CHALLENGES: &[u8] = b"/.well-known/acme-challenge/";

impl Exchange<'_> {
    /// The answer to an authority that makes sure of a name.
    pub(crate) fn challenge(&self) -> Option<Reply> {
        let request = &self.scratch.request;
        let token = request.path().strip_prefix(CHALLENGES)?;
        let answer = self.worker.server.tls().answer_for(request.host(), token)?;
        Some(Reply::fixed(200, "application/octet-stream", &answer))
    }

    /// The way to the same address with TLS, for who came without it where the site wants it. Authorities come without.
    pub(crate) fn https_instead(&mut self, snapshot: &Snapshot, index: u16, site: &Site) -> Option<Reply> {
        let request = &self.scratch.request;
        if !site.https_redirect || self.is_secured(site) || request.path().starts_with(CHALLENGES) {
            return None;
        }
        if request.authority.is_empty() {
            // There is no address to send it to, and nothing is told in the clear.
            return Some(Reply::problem(400, "the request names no host, and is not answered without TLS", ""));
        }
        let template = match https_port(snapshot, index) {
            Some(port) if port != 443 => format!("https://{{host}}:{port}{{path}}{{query}}"),
            _ => "https://{host}{path}{query}".to_string(),
        };
        let scratch = &mut *self.scratch;
        Some(Reply::redirect(308, &template, "https", &scratch.request, &mut scratch.text))
    }

    /// The value of `Strict-Transport-Security` on an answer (RFC 6797 §7.2: only where the client came by TLS).
    pub(crate) fn hsts(&self, site: &Site) -> Option<String> {
        let span = site.hsts.filter(|_| self.is_secured(site))?;
        Some(format!("max-age={}", span.as_secs()))
    }

    /// The client came by TLS, to us or to a trusted proxy in front.
    fn is_secured(&self, site: &Site) -> bool {
        let by_front =
            || self.scratch.request.fields.get(Known::XForwardedProto).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https"));
        self.client.caller.peer.scheme() == "https" || (site.forward.trust_client && by_front())
    }
}

/// The port of the first listener that serves a site with TLS.
fn https_port(snapshot: &Snapshot, site: u16) -> Option<u16> {
    let mut serving = snapshot.config.listeners.iter().filter(|listener| listener.tls && listener.sites.contains(&usize::from(site)));
    serving.find_map(|listener| match &listener.at {
        Address::Ip(ip) => Some(ip.port()),
        _ => None,
    })
}
