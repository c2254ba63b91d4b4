//! The small cache: what a program that uses these decisions does with them.

use super::*;
use alloc::collections::BTreeMap;

/// A stored response.
struct Object {
    head: ResponseHead,
    selecting: Selecting,
    life: Life,
    tags: Vec<Tag>,
    born: Sequence,
    /// Bytes; gaps between the parts are zeros.
    body: Vec<u8>,
    parts: Option<Parts>,
    stale_since: Option<Calendar>,
}

impl Object {
    fn stored(&self) -> Stored<'_> {
        let content = self.parts.as_ref().map_or(Content::Whole(self.body.len() as u64), Content::Parts);
        Stored { status: self.head.status, fields: &self.head.fields, received: self.life.received, content }
    }
}

/// What a client got.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) status: u16,
    pub(super) fields: Fields,
    pub(super) body: Vec<u8>,
    pub(super) said: Status,
    /// What was asked of the origin before the client had its answer.
    pub(super) asked: Vec<RequestHead>,
    /// What was asked of it after that.
    pub(super) asked_later: Vec<RequestHead>,
    pub(super) record: Record,
}

/// The origin: an answer, or none at all.
pub(super) type Origin<'a> = dyn FnMut(&RequestHead) -> Option<(ResponseHead, Vec<u8>)> + 'a;

/// A request on its way.
struct Way<'a, 'o> {
    request: &'a RequestHead,
    key: Vec<u8>,
    wishes: Wishes,
    now: Calendar,
    origin: &'a mut Origin<'o>,
    given: Given,
}

impl Way<'_, '_> {
    fn ask(&mut self, request: RequestHead) -> Option<(ResponseHead, Vec<u8>)> {
        let answer = (self.origin)(&request);
        self.given.asked.push(request);
        answer
    }
}

pub(super) struct Cache {
    pub(super) policy: Policy,
    pub(super) purges: Purges,
    objects: BTreeMap<Vec<u8>, Vec<Object>>,
}

impl Cache {
    pub(super) fn new(policy: Policy) -> Cache {
        Cache { policy, purges: Purges::default(), objects: BTreeMap::new() }
    }

    fn key_of(&self, request: &RequestHead, target: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        key(&Uri { scheme: "https", authority: &request.authority, target }, &self.policy.key, &mut out);
        out
    }

    pub(super) fn request(&mut self, request: &RequestHead, now: Calendar, origin: &mut Origin<'_>) -> Given {
        let key = self.key_of(request, &request.target);
        let wishes = Wishes::of(&request.fields, &self.policy);
        let given = Given { record: Record::on(), ..Given::default() };
        let mut way = Way { request, key, wishes, now, origin, given };
        let (admission, rule) = admission(request, &mut way.given.record);
        match admission {
            Admission::Lookup => self.lookup(&mut way),
            Admission::Forward => self.forward(&mut way, rule),
        }
        way.given
    }

    fn lookup(&mut self, way: &mut Way<'_, '_>) {
        let purges = &self.purges;
        let objects = self.objects.entry(way.key.clone()).or_default();
        objects.retain_mut(|object| match purges.standing(&object.tags, object.born) {
            Standing::Gone => false,
            Standing::StaleSince(since) => {
                object.stale_since = Some(object.stale_since.map_or(since, |earlier| earlier.min(since)));
                true
            }
            Standing::Current => true,
        });
        let variants = objects.iter().map(|object| Variant {
            selecting: &object.selecting,
            fields: &object.head.fields,
            date: super::super::freshness::date_of(&object.head.fields, object.life.received),
        });
        let selected = select(variants, &way.request.fields, &self.policy.vary);
        if !way.given.record.ask(Rule::Found, !objects.is_empty()) {
            return self.forward(way, Rule::Found);
        }
        let Some(index) = way.given.record.ask(Rule::Matches, selected.is_some()).then_some(selected).flatten() else {
            return self.validate(way, None, Reuse::MustValidate, Rule::Matches);
        };
        let object = &objects[index];
        let (good, rule) = reuse(&object.life, &way.wishes, object.stale_since, way.now, &mut way.given.record);
        if !good.is_hit() {
            return self.validate(way, Some(index), good, rule);
        }
        if answer(way.request, &object.stored(), way.now) == Answer::Missing {
            return self.complete(way, index);
        }
        way.given.said = Status { ttl: Some(object.life.ttl(way.now)), detail: Some(rule), ..Status::default() };
        self.give(way, index);
        if good == Reuse::StaleWhileRevalidate {
            // In the background: the client has its answer.
            let first = core::mem::take(&mut way.given);
            self.validate(way, Some(index), good, rule);
            let later = core::mem::replace(&mut way.given, first);
            way.given.asked_later = later.asked;
        }
    }

    /// Gives what is stored.
    fn give(&self, way: &mut Way<'_, '_>, index: usize) {
        let object = &self.objects[&way.key][index];
        let stored = object.stored();
        let (given, fields) = (&mut way.given, &object.head.fields);
        let answer = answer(way.request, &stored, way.now);
        given.status = match &answer {
            Answer::NotModified => 304,
            Answer::Spans(_) => 206,
            Answer::Unsatisfiable => 416,
            Answer::Whole | Answer::Missing => {
                if object.head.status == 206 {
                    200
                } else {
                    object.head.status
                }
            }
        };
        given.fields = Fields::new();
        for field in fields.iter() {
            if answer != Answer::NotModified || goes_with_not_modified(&field, fields, &self.policy.targeted) {
                given.fields.push_as(field.known, field.name, field.value);
            }
        }
        given.fields.push_known(Known::Age, alloc::format!("{}", object.life.age(way.now).as_secs()).as_bytes());
        given.body = match answer {
            Answer::Spans(spans) => {
                spans.iter().flat_map(|span| object.body[span.start as usize..span.end() as usize].iter().copied()).collect()
            }
            Answer::Whole if way.request.method != Method::Head => object.body.clone(),
            _ => Vec::new(),
        };
    }

    /// Sends the request on as it is.
    fn forward(&mut self, way: &mut Way<'_, '_>, rule: Rule) {
        if refuses_origin(&way.wishes, None, &mut way.given.record) {
            way.given.status = 504;
            return;
        }
        way.given.said.forwarded = Some(Forwarded::by(rule));
        let answer = way.ask(way.request.clone());
        self.arrived(way, answer);
    }

    /// Asks for what is missing of parts.
    fn complete(&mut self, way: &mut Way<'_, '_>, index: usize) {
        let object = &self.objects[&way.key][index];
        let Some(rest) = rest(way.request, &object.stored(), way.now, &mut way.given.record) else {
            return self.forward(way, Rule::Partial);
        };
        let mut request = way.request.clone();
        Conditions::for_rest(&rest, &object.head.fields).apply(&mut request.fields);
        way.given.said.forwarded = Some(Forwarded::Partial);
        let answer = way.ask(request);
        let Some((head, body)) = answer else { return self.arrived(way, None) };
        let stored = &self.objects[&way.key][index].head.fields;
        match rested(&rest, stored, &head, Some(body.len() as u64), &mut way.given.record).0 {
            Rested::Joins => {
                self.combine(way, index, &head, &body);
                self.give(way, index);
            }
            Rested::AskAgain => self.forward(way, Rule::Partial),
            Rested::Use => self.arrived(way, Some((head, body))),
        }
    }

    fn combine(&mut self, way: &Way<'_, '_>, index: usize, head: &ResponseHead, body: &[u8]) {
        let object = &mut self.objects.get_mut(&way.key).expect("it was found")[index];
        let part = head.fields.get(Known::ContentRange).and_then(content_range).expect("it is the rest");
        assert!(object.parts.as_mut().expect("only parts are combined").add(part), "the rest fits");
        place(&mut object.body, part, body);
        let times = Times { requested: way.now, received: way.now };
        let exchange = Exchange { request: way.request, scheme: "https", response: head, times };
        let directives = Directives::of(&head.fields, &self.policy);
        freshen(&mut object.head.fields, &stored_fields(&exchange, &directives, &self.policy));
    }

    fn validate(&mut self, way: &mut Way<'_, '_>, selected: Option<usize>, good: Reuse, rule: Rule) {
        if refuses_origin(&way.wishes, Some(good), &mut way.given.record) {
            way.given.status = 504;
            return;
        }
        way.given.said.forwarded = Some(Forwarded::by(rule));
        let objects = &self.objects[&way.key];
        let candidates: Vec<usize> = selected.map_or((0..objects.len()).collect(), |index| alloc::vec![index]);
        let sent = conditions(way.request, candidates.iter().map(|index| &objects[*index].head.fields));
        let mut request = way.request.clone();
        if !sent.is_empty() {
            sent.apply(&mut request.fields);
        }
        let answer = way.ask(request);
        let stored: Vec<Stored<'_>> = candidates.iter().map(|index| objects[*index].stored()).collect();
        let head = answer.as_ref().map(|(head, _)| head);
        let (outcome, _) = validated(&stored, &sent, good, head, way.now, &mut way.given.record);
        way.given.said.forwarded_status = head.map(|head| head.status);
        match outcome {
            Outcome::Freshen(which) => {
                let head = answer.expect("a 304 came").0;
                let which: Vec<usize> = which.into_iter().map(|index| candidates[index]).collect();
                for index in &which {
                    self.freshen(way, *index, &head);
                }
                let chosen = selected.filter(|index| which.contains(index)).unwrap_or(which[0]);
                self.give(way, chosen);
            }
            Outcome::ServeStale => self.give(way, selected.expect("only what was selected is served stale")),
            Outcome::AskAgain => {
                let mut plain = way.request.clone();
                Conditions::default().apply(&mut plain.fields);
                let answer = way.ask(plain);
                self.arrived(way, answer);
            }
            Outcome::PassOn | Outcome::Use => self.arrived(way, answer),
        }
    }

    fn freshen(&mut self, way: &Way<'_, '_>, index: usize, head: &ResponseHead) {
        let times = Times { requested: way.now, received: way.now };
        let exchange = Exchange { request: way.request, scheme: "https", response: head, times };
        let fresh = stored_fields(&exchange, &Directives::of(&head.fields, &self.policy), &self.policy);
        let object = &mut self.objects.get_mut(&way.key).expect("it was found")[index];
        freshen(&mut object.head.fields, &fresh);
        let directives = Directives::of(&object.head.fields, &self.policy);
        object.life = Life::of(&object.head, &head.fields, &directives, times, &self.policy);
        object.stale_since = None;
        object.born = self.purges.sequence();
    }

    /// A response of the origin's is the client's.
    fn arrived(&mut self, way: &mut Way<'_, '_>, answer: Option<(ResponseHead, Vec<u8>)>) {
        let Some((head, body)) = answer else {
            way.given.status = 502;
            return;
        };
        let uri = Uri { scheme: "https", authority: &way.request.authority, target: &way.request.target };
        for target in invalidated(&way.request.method, &uri, &head, &mut way.given.record) {
            let key = self.key_of(way.request, &target);
            self.objects.remove(&key);
        }
        if way.request.method == Method::Head {
            self.head(way, &head);
        }
        way.given.said.stored = self.keep(way, &head, &body);
        way.given.status = head.status;
        way.given.fields = head.fields;
        way.given.body = body;
    }

    fn head(&mut self, way: &mut Way<'_, '_>, response: &ResponseHead) {
        let objects = self.objects.entry(way.key.clone()).or_default();
        let normalise = &self.policy.vary;
        let fits = |object: &Object| object.selecting.match_request(&way.request.fields, &object.head.fields, normalise);
        let Some(index) = objects.iter().position(fits) else { return };
        match head(&objects[index].stored(), response, &mut way.given.record).0 {
            HeadEffect::Freshen => self.freshen(way, index, response),
            HeadEffect::MakeStale => objects[index].stale_since = Some(way.now),
            HeadEffect::Nothing => {}
        }
    }

    /// Stores a response, if it may.
    fn keep(&mut self, way: &mut Way<'_, '_>, head: &ResponseHead, body: &[u8]) -> bool {
        let times = Times { requested: way.now, received: way.now };
        let exchange = Exchange { request: way.request, scheme: "https", response: head, times };
        let directives = Directives::of(&head.fields, &self.policy);
        let life = Life::of(head, &head.fields, &directives, times, &self.policy);
        let (storing, rule) = storable(&exchange, &directives, &way.wishes, &life, &self.policy, &mut way.given.record);
        way.given.said.detail = Some(rule);
        let (part, body) = match kept(storing, &head.fields, body.len() as u64, true, self.policy.partial) {
            Kept::Nothing => return false,
            Kept::Whole => (None, body.to_vec()),
            Kept::Part(part) => {
                let mut whole = Vec::new();
                place(&mut whole, part, body);
                (Some(part), whole)
            }
        };
        let Some(selecting) = Selecting::of(&head.fields, &way.request.fields, &self.policy.vary) else { return false };
        let stored = ResponseHead { status: head.status, fields: stored_fields(&exchange, &directives, &self.policy), ..head.clone() };
        let (tags, dropped) = tags(&head.fields, &self.policy);
        if dropped {
            return false;
        }
        let objects = self.objects.entry(way.key.clone()).or_default();
        objects.retain(|object| object.selecting != selecting);
        let (born, parts) = (self.purges.sequence(), part.map(Parts::new));
        objects.push(Object { head: stored, selecting, life, tags, born, body, parts, stale_since: None });
        true
    }
}

fn place(into: &mut Vec<u8>, part: Part, body: &[u8]) {
    let (start, end) = (part.span.start as usize, part.span.start as usize + body.len());
    if into.len() < end {
        into.resize(end, 0);
    }
    into[start..end].copy_from_slice(body);
}
