//! The public HTTP cache suite on the running proxy: the same cases that `decide` plays on its decisions, sent as messages.
//!
//! A case is text: `> METHOD target | Name: value` is a request, `< status | Name: value | body=text` what the origin answers if it is
//! asked (`< gone`: it closes the connection), `+ 3` seconds that pass, and `= …` what must be so. In a value, `@5` is the date five
//! seconds from now, and `@@5` five seconds from the beginning.

#[path = "../../../../decide/src/cache/tests/suite/cases.rs"]
mod cases;

use super::{Got, fetch};
use crate::support::{MS, Rig, SECOND, caching};
use cases::Kind::{Optimal, Required};
use decide::cache::{AcceptEncoding, SetCookie};
use decide::time::{Calendar, Duration};
use lab::World;
use lab::peer::{Act, Record};
use std::cell::RefCell;
use std::rc::Rc;

/// Optimal cases that do not hold.
const NOT_DONE: &[(&str, &str)] = &[
    ("conditional-lm-fresh-no-lm", "RFC 9111 §4.3.2 has Date stand in for Last-Modified, and it is later than what the client names"),
    ("partial-store-partial-reuse-partial", "Content-Range promises six bytes and five come: the last one asked for is not there"),
    ("partial-store-partial-reuse-partial-absent", "the same"),
    ("partial-store-partial-reuse-partial-suffix", "the same"),
    ("partial-store-partial-complete", "without a strong validator the rest could not be joined (RFC 9111 §3.4), so it is not asked for"),
];

/// Cases whose origin breaks the rules of HTTP/1.1 itself: what it sends is no message.
const NO_MESSAGE: &[&str] = &["headers-store-Transfer-Encoding"];

#[test]
fn the_public_suite_end_to_end() {
    let mut failed = Vec::new();
    let tests: Vec<_> = cases::tests().into_iter().filter(|test| !NO_MESSAGE.contains(&test.id.as_str())).collect();
    for (seed, test) in (1..).zip(&tests) {
        let why = RefCell::new(None);
        World::twice(seed, |world| *why.borrow_mut() = play(world, &test.scenario).err());
        if let Some(why) = why.into_inner() {
            failed.push((test.id.clone(), test.kind, why));
        }
    }
    let known = |id: &str| NOT_DONE.iter().any(|(known, _)| *known == id);
    let unexpected: Vec<_> = failed.iter().filter(|(id, kind, _)| *kind == Required || !known(id)).collect();
    assert!(unexpected.is_empty(), "{} of {}: {unexpected:#?}", unexpected.len(), tests.len());
    for (id, _) in NOT_DONE {
        assert!(failed.iter().any(|(failed, ..)| failed == id), "{id} holds by now");
    }
    let count = |kind| tests.iter().filter(|test| test.kind == kind).count();
    assert_eq!((count(Required) + NO_MESSAGE.len(), count(Optimal)), (160, 103));
}

/// What the origin answers next; `None`: it closes.
type Next = Rc<RefCell<Option<Answer>>>;

#[derive(Clone)]
struct Answer {
    status: u16,
    fields: Vec<(String, String)>,
    body: String,
}

struct Player<'w> {
    world: &'w World,
    rig: Rig<'w>,
    origin: Record,
    next: Next,
    began: Calendar,
    request: Option<String>,
    got: Option<Got>,
    /// Requests that the origin had had before the last one of ours, and had had when that was answered.
    before: usize,
    after: usize,
}

fn play(world: &World, scenario: &str) -> Result<(), String> {
    let mut config = caching(1);
    let policy = config.sites[0].routes[0].cache.as_mut().expect("it caches");
    policy.vary.accept_encoding = AcceptEncoding::Sorted;
    policy.vary.content_language = true;
    policy.set_cookie = SetCookie::StoreExplicit;
    config.pools[0].retry.attempts = 0;
    config.pools[0].ejection.failures = 0;
    let rig = Rig::new(world, config);
    let next: Next = Rc::default();
    let answers = next.clone();
    let origin = rig.serve(0, move |request| {
        let head = request.head.to_ascii_lowercase();
        let conditional = head.contains("\r\nif-none-match:") || head.contains("\r\nif-modified-since:");
        match answers.borrow().as_ref() {
            None => vec![Act::Close],
            // As the suite does: whoever is told 304 without having asked is seen.
            Some(answer) if answer.status == 304 && !conditional => vec![sent(&Answer { status: 599, ..answer.clone() })],
            Some(answer) => vec![sent(answer)],
        }
    });
    let began = rig.edge.host().calendar();
    let mut player = Player { world, rig, origin, next, began, request: None, got: None, before: 0, after: 0 };
    for line in scenario.lines().map(str::trim).filter(|line| !line.is_empty()) {
        player.line(line).map_err(|why| format!("{line}: {why}"))?;
    }
    player.run();
    Ok(())
}

fn sent(answer: &Answer) -> Act {
    let mut text = format!("HTTP/1.1 {} Status\r\n", answer.status);
    answer.fields.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
    Act::send(format!("{text}\r\n{}", answer.body))
}

impl Player<'_> {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let (kind, rest) = line.split_at(1);
        let mut parts = rest.split('|').map(str::trim);
        let first = parts.next().unwrap_or_default();
        match kind {
            ">" => {
                self.run();
                let (method, target) = first.split_once(' ').unwrap_or((first, "/page"));
                let mut text = format!("{method} {target} HTTP/1.1\r\nHost: www.example\r\n");
                for (name, value) in parts.map(|part| self.field(part)) {
                    text.push_str(&format!("{name}: {value}\r\n"));
                }
                self.request = Some(format!("{text}\r\n"));
                *self.next.borrow_mut() = Some(self.filled(200, Vec::new(), "default"));
            }
            "<" if first == "gone" => *self.next.borrow_mut() = None,
            "<" => {
                let (mut fields, mut body) = (Vec::new(), "default".to_string());
                for part in parts {
                    match part.strip_prefix("body=") {
                        Some(text) => body = text.to_string(),
                        None => fields.push(self.field(part)),
                    }
                }
                *self.next.borrow_mut() = Some(self.filled(first.parse().expect("a status"), fields, &body));
            }
            "+" => {
                self.run();
                let seconds: u32 = first.parse().expect("seconds");
                self.rig.run(self.world.sleep(SECOND * seconds));
            }
            _ => {
                self.run();
                for part in [first].into_iter().chain(parts) {
                    self.check(part)?;
                }
            }
        }
        Ok(())
    }

    fn run(&mut self) {
        let Some(request) = self.request.take() else { return };
        self.before = self.origin.requests().len();
        self.got = Some(self.rig.run(fetch(&self.rig, &request)));
        self.after = self.origin.requests().len();
        // What is asked behind the client's back comes now.
        self.rig.run(self.world.sleep(20 * MS));
    }

    /// A server's `Date` and `Content-Length` are there without being named.
    fn filled(&self, status: u16, mut fields: Vec<(String, String)>, body: &str) -> Answer {
        let has = |fields: &[(String, String)], name: &str| fields.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        if !has(&fields, "Date") {
            fields.push(("Date".to_string(), date(self.rig.edge.host().calendar(), 0)));
        }
        let has_body = !matches!(status, 204 | 304);
        if has_body && !has(&fields, "Content-Length") {
            fields.push(("Content-Length".to_string(), body.len().to_string()));
        }
        Answer { status, fields, body: if has_body { body.to_string() } else { String::new() } }
    }

    fn field(&self, part: &str) -> (String, String) {
        let (name, value) = part.split_once(':').unwrap_or_else(|| panic!("{part}"));
        (name.to_string(), self.value(value.trim()))
    }

    fn value(&self, value: &str) -> String {
        match (value.strip_prefix("@@"), value.strip_prefix('@')) {
            (Some(by), _) => date(self.began, by.parse().expect("seconds")),
            (None, Some(by)) => date(self.rig.edge.host().calendar(), by.parse().expect("seconds")),
            // The scheme is the one that the client comes by.
            _ => value.replace("https://www.example", "http://www.example"),
        }
    }

    fn check(&self, part: &str) -> Result<(), String> {
        let got = self.got.as_ref().expect("a request stands before");
        let asked: Vec<String> = self.origin.requests().into_iter().map(|(_, head)| head).collect();
        let saw = asked.get(self.before).filter(|_| self.after > self.before);
        let has = |name: &str| saw.is_some_and(|head| value_of(head, name).is_some());
        let holds = match part {
            // The origin may be asked before the client has read its answer to the end; the answer is from the store all the same.
            "cached" => saw.is_none() || got.cache().ends_with("detail=stale-while-revalidate"),
            "forwarded" => saw.is_some(),
            "etag" => has("If-None-Match"),
            "lm" => has("If-Modified-Since"),
            "validated later" => asked.len() == self.before + 1,
            part => return self.check_text(got, saw, part),
        };
        let done = if saw.is_some() { "forwarded" } else { "cached" };
        if holds { Ok(()) } else { Err(format!("{part}: it was {done}; {}", got.cache())) }
    }

    fn check_text(&self, got: &Got, saw: Option<&String>, part: &str) -> Result<(), String> {
        let fail = |is: String| Err(format!("not {part}, but {is}; {}", got.cache()));
        if let Some(status) = part.strip_prefix("status=") {
            return if status == got.status.to_string() { Ok(()) } else { fail(got.status.to_string()) };
        }
        if let Some(body) = part.strip_prefix("body=") {
            return if body == got.body { Ok(()) } else { fail(got.body.clone()) };
        }
        if let Some((name, more)) = part.split_once(" > ") {
            let is = got.field(name).and_then(|value| value.parse::<u64>().ok()).unwrap_or_default();
            return if is > more.parse().expect("a number") { Ok(()) } else { fail(is.to_string()) };
        }
        let (wanted, head, part) = match (part.strip_prefix("saw "), part.strip_prefix('!')) {
            (Some(part), _) => (true, saw, part),
            (_, Some(part)) => (false, Some(&got.head), part),
            _ => (true, Some(&got.head), part),
        };
        let (name, expected) = part.split_once(':').map_or((part, None), |(name, value)| (name, Some(self.value(value.trim()))));
        let is = head.and_then(|head| value_of(head, name));
        let there = is.as_ref().is_some_and(|is| expected.as_ref().is_none_or(|expected| is == expected));
        if there == wanted { Ok(()) } else { fail(format!("{is:?}")) }
    }
}

fn value_of(head: &str, name: &str) -> Option<String> {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let mut same = fields.filter(|(other, _)| other.eq_ignore_ascii_case(name));
    same.next().map(|(_, value)| value.trim().to_string())
}

fn date(from: Calendar, by: i64) -> String {
    let at = Calendar(Duration::from_secs(from.0.as_secs().saturating_add_signed(by)));
    String::from_utf8(decide::date::format_imf(at).to_vec()).expect("a date is ASCII")
}
