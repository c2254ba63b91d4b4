//! A small cache made of these decisions, in the order that the module's doc gives, and the scenarios that it plays.

extern crate std;

use super::*;
use crate::time::{Calendar, Duration};
use alloc::string::String;
use alloc::vec::Vec;
use wire::http::{Fields, Known, Method, RequestHead, ResponseHead};

mod model;
mod oracle;
mod properties;
mod scenario;
mod suite;

/// 2026-11-22T00:00:00Z
pub(super) const START: Calendar = Calendar(Duration::from_secs(1_795_305_600));

pub(super) fn after(seconds: u64) -> Calendar {
    Calendar(START.0 + Duration::from_secs(seconds))
}

/// What an owner would have who changes nothing, and some more where it is to be tested.
pub(super) fn policy() -> Policy {
    Policy {
        key: KeyRules::default(),
        vary: Normalise { accept_encoding: AcceptEncoding::Sorted, accept_language: true, content_language: false },
        targeted: alloc::vec!["CDN-Cache-Control".into()],
        heuristic_percent: 10,
        heuristic_most: Duration::from_secs(86_400),
        assumed: Duration::ZERO,
        stale_while_revalidate: Duration::ZERO,
        stale_if_error: Duration::ZERO,
        stale_beside_s_maxage: false,
        obey_requests: false,
        set_cookie: SetCookie::StoreExplicit,
        partial: true,
        refuse_disguised: true,
        largest: 1 << 30,
        tag_fields: alloc::vec!["Surrogate-Key".into(), "Cache-Tag".into()],
        follow_links: false,
        encodings: alloc::vec![],
        collapse: Collapse { enabled: true, longest: Duration::from_secs(5), most: 100, uncacheable: Duration::from_secs(120) },
    }
}

/// Fields from `Name: value` lines.
pub(super) fn fields(lines: &[&str]) -> Fields {
    let mut fields = Fields::new();
    for line in lines {
        let (name, value) = line.split_once(':').expect("a name, a colon, a value");
        fields.push(name.as_bytes(), value.trim().as_bytes());
    }
    fields
}

pub(super) fn get(lines: &[&str]) -> RequestHead {
    request(Method::Get, "/page", lines)
}

pub(super) fn request(method: Method, target: &str, lines: &[&str]) -> RequestHead {
    RequestHead { method, target: target.into(), authority: b"www.example".to_vec(), fields: fields(lines), ..RequestHead::default() }
}

pub(super) fn response(status: u16, lines: &[&str]) -> ResponseHead {
    ResponseHead { status, fields: fields(lines), ..ResponseHead::default() }
}

pub(super) fn at(seconds: u64) -> Times {
    Times { requested: after(seconds), received: after(seconds) }
}

/// The life of a response that came at the start.
pub(super) fn life(status: u16, lines: &[&str], policy: &Policy) -> Life {
    let response = response(status, lines);
    Life::of(&response, &response.fields, &Directives::of(&response.fields, policy), at(0), policy)
}

/// What becomes of a response to a request at the start.
pub(super) fn store(request: &RequestHead, response: &ResponseHead, policy: &Policy) -> (Storing, Rule) {
    let directives = Directives::of(&response.fields, policy);
    let life = Life::of(response, &response.fields, &directives, at(0), policy);
    let exchange = Exchange { request, scheme: "https", response, times: at(0) };
    storable(&exchange, &directives, &Wishes::of(&request.fields, policy), &life, policy, &mut Record::off())
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Some value of a field.
pub(super) fn value(fields: &Fields, name: &str) -> Option<String> {
    fields.named(name.as_bytes()).next().map(text)
}

/// All names of a list of fields, in order.
pub(super) fn names(fields: &Fields) -> Vec<String> {
    fields.iter().map(|field| text(field.name)).collect()
}

#[test]
fn names_of_rules_are_words_each_of_its_own() {
    let mut words: Vec<&str> = Rule::ALL.iter().map(|rule| rule.word()).collect();
    assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Rule::ALL.len());
    assert!(Known::of(b"Expires") == Known::Expires);
}
