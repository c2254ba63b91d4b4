//! Answers that are one part of the whole (RFC 9110 §15.3.7): the rest of what is stored in part, put together as it comes.

use super::Cached;
use super::fill::{freshened_by, left};
use crate::proxy::exchange::Exchange;
use crate::store::{Around, Coming, Names, Object, Piece, Storing, exact};
use decide::cache::{self, Directives, Part, Policy, Record, Rest, Rule, Selecting, Times, storable};
use decide::multipart;
use decide::range::Span;
use decide::step::Step;
use std::sync::Arc;
use wire::http::{Known, ResponseHead};

impl Exchange<'_> {
    /// What was missing of a stored answer comes: with what is there, it is what the client wants.
    pub(super) fn rest_of(&mut self, cached: &Cached, old: &Arc<Object>, rest: &Rest, times: Times, policy: &Policy) -> Coming {
        let scheme = self.scheme();
        let newer = cache::Exchange { request: &self.scratch.request, scheme, response: &self.scratch.response, times };
        let mut object = freshened_by(old, &newer, policy);
        object.born = self.born();
        // What it has of its own is on its way.
        (object.content, object.parts) = (Arc::default(), None);
        let wanted = rest.wanted.span;
        let whole = rest.wanted.complete_length == Some(wanted.len);
        if whole {
            object.head.fields.remove(Known::ContentLength);
            object.head.fields.push_known(Known::ContentLength, wanted.len.to_string().as_bytes());
            object.head.fields = exact(&object.head.fields);
        }
        let end = rest.missing.end.unwrap_or(wanted.end());
        let around = Around { before: held(old, wanted.start, rest.missing.start), after: held(old, end, wanted.end()) };
        // RFC 9111 §3.2: what decides about it is what it has become.
        let directives = Directives::of(&object.head.fields, policy);
        let exchange = cache::Exchange { response: &object.head, ..newer };
        let (storing, rule) = storable(&exchange, &directives, &cached.wishes, &object.life, policy, &mut Record::off());
        let selecting = Selecting::of(&object.head.fields, &self.scratch.request.fields, &policy.vary);
        let (tags, dropped) = cache::tags(&object.head.fields, policy);
        let rule = match rule {
            _ if dropped => Rule::TooManyTags,
            Rule::Storable => Rule::RestJoins,
            rule => rule,
        };
        let mut head = ResponseHead { reason: Vec::new(), ..object.head.clone() };
        if !whole {
            part_head(&mut head, rest.wanted);
        }
        let ttl = left(&object.life, times);
        let stores = storing != cache::Storing::Refused && !dropped;
        let object = selecting.filter(|_| stores).map(|selecting| {
            let names = Arc::new(Names { site: old.names.site.clone(), url: old.names.url.clone(), tags: tags.into() });
            Object { selecting, names, ..object }
        });
        self.remember(cached, object.as_ref(), rule, times, policy);
        let keep = self.keeps(cached);
        let rule = if object.is_some() && !keep { Rule::KeptElsewhere } else { rule };
        self.step(Step::CacheStore { stored: object.is_some() && keep, rule: rule.word(), ttl });
        let (largest, partial) = (policy.largest, policy.partial);
        let stored = object.map(|object| Storing { object, largest, keep, partial, trailers: false });
        Coming { head, length: Some(wanted.len), stored, rule, part: (!whole).then_some(rest.wanted), around }
    }
}

/// Makes a head the one of a part. The stored one says what the whole has.
pub(super) fn part_head(head: &mut ResponseHead, part: Part) {
    head.status = 206;
    head.fields.remove(Known::ContentLength);
    head.fields.remove(Known::ContentRange);
    head.fields.push_known(Known::ContentRange, multipart::content_range(part.span, part.complete_length).as_bytes());
}

fn held(object: &Object, start: u64, end: u64) -> Vec<Piece> {
    let span = Span { start, len: end - start };
    let place = if span.len == 0 { None } else { object.place(span) };
    place.map(|place| object.content.slice(place, span.len)).unwrap_or_default()
}
