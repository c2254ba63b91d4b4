//! What is told of a request to whoever made it and may know: the token comes out of the head before anything else is done, the journey is
//! kept when the request is over, and is the answer to a later question on the same site.
//!
//! A token that is not the site's is as good as none: the request is answered as any other, and its path is nobody's but the site's. So
//! nothing tells whether a guess was near, or whether there is a token at all.

use crate::journeys::Known;
use crate::proxy::exchange::{Exchange, Stage};
use crate::proxy::reply::Reply;
use crate::token;
use decide::config::TokenHash;
use decide::joined::{Key, Parent, text};
use decide::step::ListenerRef;
use decide::time::Duration;
use std::future::poll_fn;
use wire::http::{Fields, Known as Field, Method};

/// Who asks for a journey whose request is still under way waits this long at most.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a request says of being traced.
#[derive(Default)]
pub(crate) struct Traced {
    /// The token that came with it, whoever's.
    shown: Option<TokenHash>,
    /// Its journey is kept under this.
    kept: Option<Key>,
}

impl Traced {
    /// Takes the token out of a head: it goes to no backend, no cache and no log.
    pub(crate) fn take(fields: &mut Fields) -> Traced {
        if !fields.has(Field::TraceToken) {
            return Traced::default();
        }
        let shown = {
            let mut tokens = fields.all(Field::TraceToken);
            match (tokens.next(), tokens.next()) {
                (Some(token), None) => Some(token::hash(token)),
                // Two are one too many to know which was meant.
                _ => None,
            }
        };
        fields.remove(Field::TraceToken);
        Traced { shown, kept: None }
    }
}

impl Exchange<'_> {
    /// Makes out whether the token is one of the site's: then the journey is kept, by the name that the client gave it. Returns what is to
    /// be done where an earlier journey is what is asked for.
    pub(crate) fn trace(&mut self, listener: ListenerRef) -> Option<Stage> {
        let shown = self.traced.shown?;
        let request = &self.scratch.request;
        let site = self.snapshot.routes.site_of(listener.0, request.host())?;
        if !token::is_among(&shown, &self.snapshot.config.sites[usize::from(site)].trace_tokens) {
            return None;
        }
        if let Some(parent) = Parent::of_path(request.path()).filter(|_| request.method == Method::Get) {
            return Some(Stage::Journey(Box::new(Key { token: shown, parent })));
        }
        let parent = Parent::read(request.fields.get(Field::TraceParent)?)?;
        let key = Key { token: shown, parent };
        self.worker.server.journeys.begin(key);
        self.traced.kept = Some(key);
        self.scratch.journey.id = parent.trace;
        None
    }

    /// Whether the journey has the name that a trusted client gave it.
    pub(crate) fn is_traced(&self) -> bool {
        self.traced.kept.is_some()
    }

    /// The request is over.
    pub(crate) fn keep_journey(&mut self) {
        if let Some(key) = self.traced.kept.take() {
            let text = text(&self.scratch.journey, &self.snapshot.config);
            self.worker.server.journeys.end(key, text, self.worker.host.now());
        }
    }

    /// Answers with an earlier request's journey.
    pub(crate) async fn journey(&mut self, key: Key) -> Stage {
        let (server, host) = (self.worker.server.clone(), &self.worker.host);
        let mut known;
        self.client.deadline.set(host.now() + PATIENCE);
        loop {
            let seen = server.journeys.ended.number();
            known = server.journeys.get(&key, host.now());
            if known != Known::UnderWay {
                break;
            }
            let mut ended = std::pin::pin!(server.journeys.ended.after(seen));
            let deadline = &mut self.client.deadline;
            let over = poll_fn(|cx| match ended.as_mut().poll(cx) {
                std::task::Poll::Ready(_) => std::task::Poll::Ready(false),
                std::task::Poll::Pending => deadline.poll_passed(cx).map(|()| true),
            });
            if over.await {
                break;
            }
        }
        let mut reply = match known {
            Known::Whole(text) => Reply::fixed(200, "application/json", &text),
            Known::UnderWay => Reply::problem(503, "the request is still under way; ask again", ""),
            Known::Unknown => Reply::problem(404, "no such journey is kept; it is for some seconds after its request", ""),
        };
        reply.why = Some("journey");
        reply.field("Cache-Control", "no-store");
        Stage::reply(reply)
    }
}
