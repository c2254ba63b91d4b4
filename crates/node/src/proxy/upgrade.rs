//! Changes of protocol (RFC 9110 §7.8), WebSockets above all: judged on both sides before the connection becomes a tunnel.

use crate::channel::Channel;
use crate::pool::Pool;
use crate::proxy::exchange::{Exchange, Scratch, Stage};
use crate::proxy::reply::Reply;
use decide::config::Protocol;
use decide::forward::{ProxyError, upgrade_passes};
use decide::step::{Side, Step};
use wire::http::{Known, RequestHead, Version};
use wire::http1::ResponseMeta;
use wire::websocket::{self, HandshakeRule};

/// Whether the request asks for a WebSocket, in either version's words.
pub(crate) fn is_websocket(request: &RequestHead) -> bool {
    let named = |name: &[u8]| name.trim_ascii().eq_ignore_ascii_case(b"websocket");
    named(&request.protocol) || request.fields.all(Known::Upgrade).flat_map(|value| value.split(|byte| *byte == b',')).any(named)
}

impl Exchange<'_> {
    /// Judges a wish to change the protocol. Returns the stage to go on with where it may not be passed on.
    pub(crate) fn check_upgrade(&mut self, pool: &Pool) -> Option<Stage> {
        let route = self.site_and_route(&self.snapshot).map(|(_, route)| &route.request.fields);
        self.meta.upgrade &= upgrade_passes(&self.scratch.request, route.expect("a routed request"));
        // RFC 9113 §8.2.2: HTTP/2 has no `Upgrade`, and a recipient may always leave it.
        self.meta.upgrade &= pool.config.protocol == Protocol::Http1;
        if !self.meta.upgrade {
            let extended = !self.scratch.request.protocol.is_empty();
            return extended.then(|| self.refuse(501, "this protocol does not lead to the backends of this route", Side::Us));
        }
        if self.upgrade_is_ambiguous() {
            // They would be taken for the new protocol by one server and for a request by another.
            return Some(self.refuse(400, "bytes follow an upgrade request before it was answered", Side::Client));
        }
        let request = &mut self.scratch.request;
        if !is_websocket(request) {
            return None;
        }
        let extended = !request.protocol.is_empty();
        let judged = if extended { websocket::check_connect(request) } else { websocket::check_opening(request).map(drop) };
        if let Err(rule) = judged {
            return Some(self.refuse_handshake(rule));
        }
        if extended {
            // RFC 8441 §5: HTTP/2 has no need of the key, but the backend has.
            let nonce = self.worker.next_id().to_be_bytes();
            request.fields.retain(|field| !field.name.eq_ignore_ascii_case(b"Sec-WebSocket-Key"));
            request.fields.push(b"Sec-WebSocket-Key", &websocket::opening_key(nonce));
        }
        None
    }

    /// Refuses to open a WebSocket.
    pub(crate) fn refuse_handshake(&mut self, rule: HandshakeRule) -> Stage {
        let status = match (rule.status(), self.scratch.request.version) {
            // RFC 9110 §15.5.22: it goes with `Upgrade`, which HTTP/2 has not.
            (426, Version::Http2) => 400,
            (status, _) => status,
        };
        self.step(Step::Refused { status, rule: rule.sentence(), side: Side::Client });
        let mut reply = Reply::problem(status, rule.sentence(), rule.section());
        rule.fields().iter().for_each(|(name, value)| reply.field(name, value));
        reply.close = true;
        Stage::reply(reply)
    }

    /// The client asked for another protocol and sent more without waiting: nobody can say what those bytes are. On a stream of its own
    /// they can be nothing else than that protocol.
    pub(crate) fn upgrade_is_ambiguous(&self) -> bool {
        self.meta.upgrade && !self.client.input.is_empty() && matches!(self.client.stream, Channel::Whole(_))
    }

    /// Judges the backend's answer to it, and puts it into the words of the client's version: there, success is 200 in HTTP/2, without the
    /// fields that make an upgrade of HTTP/1.1 (RFC 8441 §5).
    pub(crate) fn settle_upgrade(&mut self, meta: &ResponseMeta) -> Result<(), ProxyError> {
        let Scratch { request, response, .. } = &mut *self.scratch;
        if meta.upgraded && is_websocket(request) && websocket::check_answer(&request.fields, response).is_err() {
            return Err(ProxyError::HttpUpgradeFailed);
        }
        if request.protocol.is_empty() {
            return Ok(());
        }
        if !meta.upgraded {
            // It would be taken for the success of the CONNECT.
            return if (200..300).contains(&response.status) { Err(ProxyError::HttpUpgradeFailed) } else { Ok(()) };
        }
        response.status = 200;
        response.reason.clear();
        response.fields.remove(Known::Upgrade);
        response.fields.retain(|field| !field.name.eq_ignore_ascii_case(b"Sec-WebSocket-Accept"));
        Ok(())
    }
}
