//! Visits as they are recorded, told over a WebSocket to every page that is open.

use super::server;
use super::visits::Visits;
use node::{Conversation, Signal, Socket};
use std::sync::Arc;
use wire::http::{Known, RequestHead};
use wire::websocket::CloseCode;

/// One page that listens. It says nothing itself.
pub(super) struct Live {
    server: &'static str,
    visits: Arc<Visits>,
}

impl Live {
    pub(super) fn new(server: &'static str, visits: Arc<Visits>) -> Live {
        Live { server, visits }
    }

    /// Tells all that there is to know, so that nothing is missed by one that was not told of a visit before.
    fn tell(&self, socket: &mut Socket<'_>) {
        match self.visits.told(|visits| Ok(server::all(visits)?.to_string())) {
            // What has no room is told with the next visit.
            Ok(visits) => drop(socket.text(&format!("{{\"served_by\":\"{}\",\"visits\":{visits}}}", self.server))),
            Err(_) => socket.close(CloseCode::INTERNAL_ERROR, "the database failed"),
        }
    }
}

impl Conversation for Live {
    fn signal(&self) -> Option<Arc<Signal>> {
        Some(self.visits.recorded().clone())
    }

    fn opened(&mut self, socket: &mut Socket<'_>) {
        self.tell(socket);
    }

    fn changed(&mut self, socket: &mut Socket<'_>) {
        self.tell(socket);
    }
}

/// Whether a page of this site asks, or a program that is no browser (RFC 6455 §10.2).
pub(super) fn is_of_this_site(request: &RequestHead) -> bool {
    let Some(origin) = request.fields.named(b"Origin").next() else { return true };
    let host = request.fields.get(Known::XForwardedHost).unwrap_or(&request.authority);
    let scheme = origin.windows(3).position(|window| window == b"://");
    scheme.is_some_and(|at| origin[at + 3..].eq_ignore_ascii_case(host))
}
