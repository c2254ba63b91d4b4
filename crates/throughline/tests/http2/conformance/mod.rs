//! Every case of the suite that the field measures itself by, h2spec, written anew from RFC 9113 and RFC 7541. Names and order are the
//! suite's, so that results can be laid beside those of others; each case asks for what the suite asks for, and for no more.

mod expect;
mod frames;
mod generic;
mod hpack;
mod messages;
mod streams;

use crate::connection::{self, Connection};
use crate::frames::Frame;
use crate::hpack::Fields;
use crate::support::{self, backend::Backend};
use crate::target::Target;
use expect::{Miss, Verdict};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

/// How long a reaction may take: no case that passes waits for it to be over.
const PATIENCE: Duration = support::PATIENCE;

/// One case.
struct Case {
    /// As in the suite: part, section, number.
    name: &'static str,
    /// The rule.
    rule: &'static str,
    what: &'static str,
    run: fn(&mut Talk<'_>) -> Verdict,
}

/// One case's conversation.
struct Talk<'t> {
    path: &'t str,
    with: Connection,
}

impl Talk<'_> {
    fn send(&mut self, frame: &Frame) {
        self.with.send(frame);
    }

    /// The fields of a well-formed request.
    fn fields(&self, method: &str, more: &[(&str, &str)]) -> Fields {
        connection::request_with(method, self.path, more)
    }

    /// HEADERS of a well-formed `GET`.
    fn get(&mut self, stream: u32, flags: u8) {
        self.request(stream, flags, "GET", &[]);
    }

    /// HEADERS of a well-formed request, perhaps with fields that make it another.
    fn request(&mut self, stream: u32, flags: u8, method: &str, more: &[(&str, &str)]) {
        let fields = self.fields(method, more);
        self.with.headers(stream, flags, &fields);
    }
}

fn all() -> impl Iterator<Item = &'static Case> {
    [generic::CASES, streams::CASES, frames::CASES, messages::CASES, hpack::CASES].into_iter().flatten()
}

/// Runs all cases on some threads, but for those that are known not to pass; what did not pass, by name.
fn run(at: SocketAddr, path: &str, known: &[&str]) -> Vec<(&'static str, Miss)> {
    let chosen = std::env::var("HTTP2_CASES").unwrap_or_default();
    let cases = Mutex::new(all().filter(|case| case.name.starts_with(&chosen) && !known.contains(&case.name)));
    let missed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let Some(case) = cases.lock().expect("no panic").next() else { return };
                    if let Err(miss) = attempt(case, at, path) {
                        missed.lock().expect("no panic").push((case.name, miss));
                    }
                }
            });
        }
    });
    let mut missed = missed.into_inner().expect("no panic");
    missed.sort_by_key(|(name, _)| all().position(|case| case.name == *name));
    missed
}

fn attempt(case: &Case, at: SocketAddr, path: &str) -> Verdict {
    let bare = BARE.contains(&case.name);
    let with = if bare { Connection::bare(at, PATIENCE).map_err(|error| error.to_string()) } else { Connection::open(at, PATIENCE) };
    let with = with.map_err(|came| Miss::Failed { wanted: "a connection".to_string(), came })?;
    (case.run)(&mut Talk { path, with })
}

/// Cases about the beginning of a connection.
const BARE: [&str; 3] = ["generic/1/1", "http2/3.5/1", "http2/3.5/2"];

/// One line for each case that did not pass.
fn report(missed: &[(&'static str, Miss)]) -> String {
    let line = |(name, miss): &(&str, Miss)| {
        let case = all().find(|case| case.name == *name).expect("it was run");
        format!("{name} ({}): {}: {miss}\n", case.rule, case.what)
    };
    missed.iter().map(line).collect()
}

fn check(target: &Target, path: &str, known: &[&str]) {
    let missed = run(target.at, path, known);
    let problems = report(&missed);
    assert!(problems.is_empty(), "{} of {} cases:\n{problems}", problems.lines().count(), all().count());
}

/// As many cases as the suite has, each with a name of its own.
#[test]
fn no_case_is_missing() {
    let names: Vec<&str> = all().map(|case| case.name).collect();
    let of = |part: &str| names.iter().filter(|name| name.starts_with(part)).count();
    assert_eq!((of("generic/"), of("http2/"), of("hpack/"), names.len()), (44, 95, 8, 147));
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "{names:?}");
}

/// Answers that the process makes itself.
#[test]
fn own_answers_keep_to_the_protocol() {
    let backend = Backend::start();
    let target = Target::under_test("", &backend.at);
    check(&target, target.fixed, &[]);
}

/// Answers of a backend.
#[test]
fn answers_of_a_backend_keep_to_the_protocol() {
    let backend = Backend::start();
    check(&Target::under_test("", &backend.at), "/", &[]);
}

/// The cases themselves are right: HAProxy is known to pass the suite.
#[test]
fn haproxy_passes() {
    let backend = Backend::start();
    let Some(target) = Target::haproxy(&backend.at) else { return };
    check(&target, "/", &[]);
    check(&target, target.fixed, &[]);
}

/// And nghttpd nearly does: it takes HEADERS on a lower stream for late ones of a stream that was closed, and passes over them.
#[test]
fn nghttpd_nearly_passes() {
    let Some(target) = Target::nghttpd() else { return };
    check(&target, "/", &["http2/5.1.1/2"]);
}
