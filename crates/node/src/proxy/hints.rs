//! Early hints (RFC 8297): learning them from answers, and telling them while the origin is asked.

use crate::channel::Channel;
use crate::proxy::cache::url_of;
use crate::proxy::exchange::Exchange;
use crate::proxy::head;
use decide::cache::KeyRules;
use decide::hints::{learnt, wanted};
use decide::step::Step;
use wire::http::{Method, ResponseHead};

impl Exchange<'_> {
    /// The head of a backend's answer has come.
    pub(crate) fn learn_hints(&self) {
        let snapshot = self.snapshot.clone();
        let (request, response) = (&self.scratch.request, &self.scratch.response);
        let asked = self.site_and_route(&snapshot).is_some_and(|(_, route)| route.early_hints.is_some());
        // Another status says nothing about what the page needs.
        if asked && request.method == Method::Get && response.status == 200 {
            self.worker.server.hints.learn(&self.hint_key(), learnt(request, response));
        }
    }

    /// The origin is about to be asked: tells the client meanwhile what the last answer said that the page needs. Once for a request.
    pub(crate) async fn hint(&mut self) {
        if std::mem::replace(&mut self.hinted, true) || matches!(self.client.stream, Channel::Fill(_)) {
            return;
        }
        let snapshot = self.snapshot.clone();
        let policy = self.site_and_route(&snapshot).and_then(|(_, route)| route.early_hints);
        if self.meta.upgrade || !policy.is_some_and(|policy| wanted(&policy, &self.scratch.request)) {
            return;
        }
        let Some(links) = self.worker.server.hints.known(&self.hint_key()) else { return };
        let mut hints = ResponseHead { status: 103, version: self.scratch.request.version, ..ResponseHead::default() };
        links.iter().for_each(|link| hints.fields.push(b"Link", link));
        self.step(Step::Hinted { links: links.len() as u64 });
        let version = self.scratch.request.version;
        head::interim(&hints, version, &snapshot.config.server.name, &mut self.client.stream, &mut self.scratch.down);
        // A client that is gone is noticed by whoever writes the answer.
        let _ = self.flush().await;
    }

    /// Whose links they are: without the fields that select an answer, for hints are no more than that.
    fn hint_key(&self) -> Vec<u8> {
        let snapshot = self.snapshot.clone();
        let mut key = Vec::new();
        if let Some((site, route)) = self.site_and_route(&snapshot) {
            for part in [site.name.as_str(), "\n", route.name.as_str(), "\n"] {
                key.extend_from_slice(part.as_bytes());
            }
        }
        let scheme = self.client.caller.peer.scheme();
        let request = &self.scratch.request;
        url_of(scheme, request, &KeyRules::default(), &mut key);
        key
    }
}
