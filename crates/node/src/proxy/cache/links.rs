//! What an answer says will be wanted next is fetched before it is asked for.

use super::Cached;
use crate::asked::Asked;
use crate::feed::{Routed, routed};
use crate::proxy::exchange::Exchange;
use crate::store::{Look, Looking, cache_key};
use decide::address::Address;
use decide::cache::{Policy, Record, Uri, Wishes, preloads};
use wire::http::{Fields, Known, Method, RequestHead, Version};

/// Fields of the request that will come with those for the links too: the same client asks.
const SAME_CLIENT: [Known; 2] = [Known::AcceptEncoding, Known::AcceptLanguage];

impl Exchange<'_> {
    /// Whether a client would get it from the store: of a page that is asked for often, so are its links, and nothing more is done for
    /// them.
    fn is_there(&self, asked: &Asked) -> bool {
        let config = &self.snapshot.config;
        let Ok(Routed { route, .. }) = routed(&self.snapshot, asked) else { return true };
        let Some((key, policy)) = cache_key(config, route, &asked.head, asked.scheme) else { return true };
        let wishes = Wishes::of(&asked.head.fields, policy);
        let now = self.worker.host.calendar();
        let looking = Looking { request: &asked.head, with_content: false, key: &key, wishes: &wishes, policy, now };
        matches!(self.worker.server.store.look(&looking, &mut Record::off()), Look::Serve { .. })
    }

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
            let asked = Asked { head, port: port.unwrap_or_default(), scheme };
            if !self.is_there(&asked) {
                self.worker.server.feed.follow(asked, self.worker.host.now());
            }
        }
    }
}
