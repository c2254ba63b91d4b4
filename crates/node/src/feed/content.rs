//! Content that is handed over.

pub use crate::proxy::Pushable;

use super::routed;
use crate::asked::Asked;
use crate::proxy::judge;
use crate::server::Server;
use crate::store::{Content, Piece, Purged, Purging};
use decide::cache::{Purge, Sequence};
use decide::step::{OwnerStep, Step};
use decide::time::Calendar;
use std::sync::Arc;
use wire::http::ResponseHead;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Its place among purges.
    pub sequence: Sequence,
    /// Bytes of content.
    pub bytes: u64,
    /// Seconds for which it is fresh.
    pub ttl: i64,
}

impl Server {
    /// Whether content may be stored that is handed over as the answer to this request; nothing changes by it. The error is a sentence with
    /// the rule that forbids.
    pub fn pushable(&self, asked: &Asked, response: &ResponseHead, content: &[u8], now: Calendar) -> Result<Pushable, String> {
        let mut pushable = judge(&self.snapshot(), asked, response, now)?;
        let content = Content::of(vec![Piece::Memory(content.into())], self.store.contents());
        pushable.object = pushable.object.with_content(Arc::new(content), None);
        Ok(pushable)
    }

    /// The value of `Accept-Encoding` with which the route of a URL is asked first for what no client has asked for.
    pub fn usual_encoding(&self, asked: &Asked) -> Option<String> {
        let snapshot = self.snapshot();
        let route = routed(&snapshot, asked).ok()?.route;
        let policy = &snapshot.config.sites[usize::from(route.site)].routes[usize::from(route.route)].cache;
        policy.as_ref()?.encodings.first().cloned()
    }

    /// Stores it. Every request that begins after this returns is answered with it, and every one before with what there was.
    pub fn push(&self, pushable: Pushable, now: Calendar) -> Pushed {
        let Pushable { key, object, only } = pushable;
        let (bytes, ttl) = (object.content.len(), object.life.ttl(now));
        let url = String::from_utf8_lossy(&object.names.url).into_owned();
        let purging = Purging { which: Purged::Url(url), site: Some(object.names.site.to_string()), purge: Purge::Hard };
        let sequence = self.store.push(&key, object, only.then_some(&purging), now);
        self.tell(now, Step::Owner(OwnerStep::PushAccepted { by: "content", urls: 1, soft: false, sequence: sequence.0 }));
        Pushed { sequence, bytes, ttl }
    }

    /// Takes the origin's word that these URLs have changed, as they are written without default ports; each where it is stored for a site
    /// of this name, or for any. What is stored of them is gone for every request that begins after this returns; with `soft` it serves
    /// until new answers are there. Returns the word's place among purges. To have them fetched is [`Server::feed`]'s.
    pub fn notice(&self, urls: &[(String, Option<String>)], soft: bool, now: Calendar) -> Sequence {
        let mut sequence = if soft { self.store.advance() } else { self.store.sequence() };
        for (url, site) in urls.iter().filter(|_| !soft) {
            let purging = Purging { which: Purged::Url(url.clone()), site: site.clone(), purge: Purge::Hard };
            sequence = self.store.purge(&purging, now).expect("a URL can always be named");
        }
        self.tell(now, Step::Owner(OwnerStep::PushAccepted { by: "notice", urls: urls.len() as u64, soft, sequence: sequence.0 }));
        sequence
    }
}
