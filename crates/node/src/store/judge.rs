//! Whether an answer is stored, and as what: for the exchange that stores it, and for people.

use super::object::{Names, Object};
use decide::cache::{
    self, AcceptEncoding, Directives, Exchange, Extent, Life, Part, Policy, Record, Rule, Selecting, Sequence, Storing, Wishes, date_of,
    storable, stored_fields,
};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use wire::http::{Fields, Known, ResponseHead};

/// An answer whose head has come.
pub(crate) struct Judged {
    /// What it would be stored as; `None`: it is not stored.
    pub(crate) object: Option<Object>,
    /// The rule that decided.
    pub(crate) rule: Rule,
    /// Which part of the whole it is, if it is one.
    pub(crate) part: Option<Part>,
    pub(crate) life: Life,
    /// Its trailers may be stored as well.
    pub(crate) trailers: bool,
}

/// What purges tell it by.
pub(crate) struct Naming<'a> {
    /// But for its tags.
    pub(crate) names: &'a Arc<Names>,
    /// The purges there had been when the backend was asked.
    pub(crate) born: Sequence,
}

/// Judges it.
pub(crate) fn judged(exchange: &Exchange<'_>, wishes: &Wishes, naming: &Naming<'_>, policy: &Policy, record: &mut Record) -> Judged {
    let (request, response) = (exchange.request, exchange.response);
    let directives = Directives::of(&response.fields, policy);
    let life = Life::of(response, &response.fields, &directives, exchange.times, policy);
    let (storing, rule) = storable(exchange, &directives, wishes, &life, policy, record);
    let part = match storing {
        Storing::Part(part) => Some(part),
        Storing::Whole => None,
        Storing::Refused => return Judged { object: None, rule, part: None, life, trailers: false },
    };
    let (tags, dropped) = cache::tags(&response.fields, policy);
    if record.ask(Rule::TooManyTags, dropped) {
        return Judged { object: None, rule: Rule::TooManyTags, part, life, trailers: false };
    }
    let Naming { names, born } = *naming;
    let names = match tags.is_empty() {
        true => names.clone(),
        false => Arc::new(Names { site: names.site.clone(), url: names.url.clone(), tags: tags.into() }),
    };
    let object = Selecting::of(&response.fields, &request.fields, &policy.vary).map(|selecting| Object {
        head: ResponseHead {
            // Of a part is known what the whole would be (RFC 9110 §15.3.7).
            status: if part.is_some() { 200 } else { response.status },
            reason: Vec::new(),
            fields: exact(&stored_fields(exchange, &directives, policy)),
            ..response.clone()
        },
        date: date_of(&response.fields, exchange.times.received),
        selecting,
        life,
        content: Arc::default(),
        parts: None,
        coded: Arc::default(),
        trailers: None,
        names,
        born,
        stale_since: None,
        cleared: AtomicU64::new(0),
    });
    // RFC 9111 §5.2.2.4, §5.2.2.7: where some fields are not to be kept, none of those are that come last.
    let lists = |extent: &Extent| matches!(extent, Extent::Listed(_));
    let trailers = !lists(&directives.no_cache) && !lists(&directives.private);
    Judged { object, rule, part, life, trailers }
}

/// What the origin is asked with in place of the client's `Accept-Encoding`. Where codings are made here, it is asked for none: one copy
/// comes over the way and is stored, every client's coding is made of it, and no tag of one names another.
pub(crate) fn ask_for_codings(compared: AcceptEncoding, fields: &mut Fields) {
    let asked = match compared {
        AcceptEncoding::Exact | AcceptEncoding::Sorted => return,
        AcceptEncoding::Reduced => cache::forwarded_accept_encoding(fields),
        AcceptEncoding::Unasked => Some(b"identity".to_vec()),
    };
    fields.remove(Known::AcceptEncoding);
    if let Some(asked) = asked {
        fields.push_known(Known::AcceptEncoding, &asked);
    }
}

/// The same fields in no more memory than they need.
pub(crate) fn exact(fields: &Fields) -> Fields {
    fields.clone()
}
