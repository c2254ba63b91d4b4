//! What an answer says will be wanted next is fetched before it is asked for.

use super::Cached;
use crate::asked::Asked;
use crate::proxy::exchange::Exchange;
use decide::address::Address;
use decide::cache::{Policy, Uri, preloads};
use wire::http::{Fields, Known, Method, RequestHead, Version};

/// Fields of the request that will come with those for the links too: the same client asks.
const SAME_CLIENT: [Known; 2] = [Known::AcceptEncoding, Known::AcceptLanguage];

impl Exchange<'_> {
    /// Follows the links of the answer whose head has come. What is fetched for a link follows none: one page must not draw a site after
    /// it.
    pub(super) fn follow_links(&self, cached: &Cached, policy: &Policy) {
        let (request, response) = (&self.scratch.request, &self.scratch.response);
        if !policy.follow_links || !cached.follows || !(200..300).contains(&response.status) {
            return;
        }
        let scheme = self.client.caller.peer.scheme();
        let uri = Uri { scheme, authority: &request.authority, target: &request.target };
        let targets = preloads(&uri, response);
        if targets.is_empty() {
            return;
        }
        let mut fields = Fields::new();
        for known in SAME_CLIENT {
            request.fields.all(known).for_each(|value| fields.push_known(known, value));
        }
        let port = self.listener.and_then(|at| match &self.snapshot.config.listeners.get(usize::from(at.0))?.at {
            Address::Ip(ip) => Some(ip.port()),
            _ => None,
        });
        for target in targets {
            let head = RequestHead {
                method: Method::Get,
                authority: request.authority.clone(),
                target,
                version: Version::Http11,
                fields: fields.clone(),
                ..RequestHead::default()
            };
            self.worker.server.feed.follow(Asked { head, port: port.unwrap_or_default(), scheme });
        }
    }
}
