//! Ranges drawn from a seed, of files that change, from origins that keep the rules of ranges and origins that do not: no answer ever holds
//! bytes of two versions, none is older than the last purge before it was asked for, and in the end nothing is left over.

use super::parts::value_of;
use super::status;
use crate::support::{MS, Rig, SECOND, at_ms, caching};
use decide::cache::Purge;
use decide::random::{Random, SplitMix};
use decide::time::Instant;
use lab::World;
use lab::peer::{Act, Request};
use node::{Purged, Purging};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const LENGTHS: [u64; 3] = [40, 3_000, 70_000];
/// A file is another one after so long.
const VERSION_MS: u64 = 2_500;

#[derive(Clone)]
struct Draw(Rc<RefCell<SplitMix>>);

impl Draw {
    fn below(&self, most: u64) -> u64 {
        self.0.borrow_mut().next() % most
    }
}

fn millis(at: Instant) -> u64 {
    u64::try_from(at.since(Instant::ZERO).as_millis()).expect("a time of a scenario")
}

/// Bytes of a version of a file: which they are can be told from each other, but for chance.
fn bytes(file: u64, version: u64, first: u64, end: u64) -> String {
    (first..end).map(|at| char::from(b'a' + ((at * 7 + version * 5 + file * 3 + at / 26) % 26) as u8)).collect()
}

#[test]
fn no_answer_is_of_two_versions() {
    for seed in 0..4 {
        World::twice(seed, |world| soak(world, seed));
    }
}

fn soak(world: &World, seed: u64) {
    let draw = Draw(Rc::new(RefCell::new(SplitMix::new(seed))));
    let mut config = caching(1);
    config.cache.memory = 2 << 20;
    config.pools[0].response_timeout = 2 * SECOND;
    config.pools[0].ejection.failures = 0;
    let policy = config.sites[0].routes[0].cache.as_mut().expect("it caches");
    policy.largest = [60_000, 256 << 10][draw.below(2) as usize];
    let rig = Rig::with_workers(world, config, 1 + draw.below(3) as usize);
    let answers = draw.clone();
    rig.serve(0, move |request| answer(request, &answers));
    let (last_purge, count) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    for _ in 0..16 {
        ask(&rig, &draw, &last_purge, &count);
    }
    let (server, host, pause) = (rig.server.clone(), rig.edge.host(), draw.clone());
    rig.edge.spawn(async move {
        while host.now() < at_ms(20_000) {
            host.sleep(MS * (500 + pause.below(3_000)) as u32).await;
            let purge = Purging { which: Purged::All, site: Some("site".to_string()), purge: Purge::Hard };
            server.purge(host.calendar(), &purge).expect("it can be named so");
            last_purge.set(millis(host.now()));
        }
    });
    rig.run_until(at_ms(40_000));
    assert!(count.get() > 500, "{}", count.get());
    for step in ["cache-hit", "cache-rest", "cache-drop"] {
        assert!(!rig.log.steps(step).is_empty(), "{step}");
    }
    rig.close();
    assert_eq!(rig.server.store().filling(), 0, "something comes in still");
    assert!(rig.server.store().bytes() <= rig.server.store().memory());
}

/// What the origin says, by the rules or not.
fn answer(request: &Request, draw: &Draw) -> Vec<Act> {
    let file: u64 = request.head.split(['/', ' ']).nth(2).and_then(|name| name.parse().ok()).expect("a name");
    let (version, length) = (millis(request.at) / VERSION_MS, LENGTHS[file as usize % 3]);
    let tag = format!("\"{file}-{version}\"");
    let said = |name: &str| value_of(&request.head, name);
    let fields = format!("Cache-Control: max-age={}\r\nETag: {tag}\r\n", 1 + draw.below(4));
    let wait = Act::Wait(MS * draw.below(150) as u32);
    if said("If-None-Match").is_some_and(|tags| tags.contains(&tag)) {
        return vec![wait, Act::send(format!("HTTP/1.1 304 N\r\n{fields}\r\n"))];
    }
    let mood = draw.below(16);
    let holds = said("If-Range").is_none_or(|given| given == tag) || mood == 0;
    let range = said("Range").filter(|_| holds && mood != 1).map(|range| span(&range, length));
    let (mut head, (mut first, mut end)) = match range {
        None => (format!("HTTP/1.1 200 OK\r\n{fields}"), (0, length)),
        Some((first, end)) if first >= end => return vec![wait, status(416, &format!("Content-Range: bytes */{length}\r\n"))],
        Some(span) => (format!("HTTP/1.1 206 P\r\n{fields}"), span),
    };
    if range.is_some() {
        // Another part than the one that was asked for, and it says so.
        if mood == 2 {
            (first, end) = (first / 2, end.min(first + 7).max(first / 2 + 1));
        }
        let complete = if mood == 3 { "*".to_string() } else { length.to_string() };
        head += &format!("Content-Range: bytes {first}-{}/{complete}\r\n", end - 1);
    }
    let body = bytes(file, version, first, end);
    let (begin, rest) = body.split_at(body.len() / 2);
    let tail = if mood == 4 { Act::Reset } else { Act::send(rest) };
    if mood == 5 {
        return vec![wait, status(500, "")];
    }
    vec![wait.clone(), Act::send(format!("{head}Content-Length: {}\r\n\r\n{begin}", body.len())), wait, tail]
}

fn span(range: &str, length: u64) -> (u64, u64) {
    let (first, last) = range.trim_start_matches("bytes=").split_once('-').expect("a range");
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => (first, length.min(last + 1)),
        (Ok(first), Err(_)) => (first, length),
        (Err(_), last) => (length.saturating_sub(last.expect("a number")), length),
    }
}

fn request(draw: &Draw, file: u64) -> String {
    let length = LENGTHS[file as usize % 3];
    let (one, other) = (draw.below(length), draw.below(length));
    let range = match draw.below(6) {
        0 => String::new(),
        1 => format!("Range: bytes=-{}\r\n", 1 + one),
        2 => format!("Range: bytes={one}-\r\n"),
        _ => format!("Range: bytes={}-{}\r\n", one.min(other), one.max(other)),
    };
    format!("GET /{file} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n{range}\r\n")
}

fn ask(rig: &Rig<'_>, draw: &Draw, last_purge: &Rc<Cell<u64>>, count: &Rc<Cell<u64>>) {
    let (machine, at, host, draw) = (rig.client.clone(), rig.edge.at(80), rig.client.host(), draw.clone());
    let (last_purge, count) = (last_purge.clone(), count.clone());
    rig.client.spawn(async move {
        while host.now() < at_ms(20_000) {
            host.sleep(MS * draw.below(250) as u32).await;
            let (file, purged) = (draw.below(6), last_purge.get());
            let text = request(&draw, file);
            let stream = machine.connect(&at).await.expect("a connection");
            if stream.write_all(text.as_bytes()).await.is_err() {
                continue;
            }
            let (mut got, mut piece) = (Vec::new(), vec![0; 16 * 1024]);
            while let Ok(n @ 1..) = stream.read(&mut piece).await {
                got.extend_from_slice(&piece[..n]);
                if draw.below(200) == 0 {
                    break;
                }
            }
            let got = String::from_utf8(got).expect("a text");
            if let Some(version) = judged(&text, &got, file) {
                assert!(version >= purged / VERSION_MS, "{text}{got:.300}: of version {version}, and all was purged at {purged} ms");
                count.set(count.get() + 1);
            }
        }
    });
}

/// Which version a whole answer is of; `None` where it is a failure, or broke off.
fn judged(request: &str, got: &str, file: u64) -> Option<u64> {
    let (head, body) = got.split_once("\r\n\r\n")?;
    let status: u16 = head.get(9..12)?.parse().ok()?;
    let length = LENGTHS[file as usize % 3];
    let (first, end) = match status {
        200 => (0, length),
        206 => {
            let range = value_of(head, "Content-Range").expect("a part says which it is");
            let (span, complete) = range.strip_prefix("bytes ").and_then(|range| range.split_once('/')).expect("a range");
            assert!(complete == "*" || complete == length.to_string(), "{head}");
            let (first, last) = span.split_once('-').expect("two ends");
            (first.parse().expect("a number"), last.parse::<u64>().expect("a number") + 1)
        }
        _ => return None,
    };
    let tag = value_of(head, "ETag").expect("a tag");
    let version = tag.trim_matches('"').split_once('-').and_then(|(_, version)| version.parse().ok()).expect("a version");
    let told: usize = value_of(head, "Content-Length").expect("a length").parse().expect("a number");
    assert_eq!(told as u64, end - first, "{request}{head}");
    let expected = bytes(file, version, first, end);
    assert!(expected.starts_with(body), "{request}{head}\n\n{body:.100}\nnot\n{expected:.100}");
    (body.len() == told).then_some(version)
}
