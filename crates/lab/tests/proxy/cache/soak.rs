//! Clients, answers, faults and purges drawn from a seed: every answer is one that the origin has given for that very URL, none is older
//! than the last purge before it was asked for, and in the end nothing is left over.

use super::ok;
use crate::support::{Caller, MS, Rig, SECOND, at_ms, caching, get};
use decide::cache::Purge;
use decide::random::{Random, SplitMix};
use decide::time::Instant;
use lab::World;
use lab::peer::Act;
use node::{Purged, Purging};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

#[derive(Clone)]
struct Draw(Rc<RefCell<SplitMix>>);

impl Draw {
    fn below(&self, most: u64) -> u64 {
        self.0.borrow_mut().next() % most
    }
}

/// When the last purge of everything was, in milliseconds.
type LastPurge = Rc<Cell<u64>>;

#[test]
fn whatever_happens_no_answer_is_wrong_and_nothing_is_left() {
    for seed in 0..6 {
        World::twice(seed, |world| soak(world, seed));
    }
}

fn soak(world: &World, seed: u64) {
    let draw = Draw(Rc::new(RefCell::new(SplitMix::new(seed))));
    let mut config = caching(2);
    config.cache.memory = 1 << 20;
    config.pools[0].response_timeout = 2 * SECOND;
    config.pools[0].ejection.failures = 0;
    let policy = config.sites[0].routes[0].cache.as_mut().expect("it caches");
    policy.largest = 128 << 10;
    policy.stale_if_error = SECOND * draw.below(3) as u32;
    let rig = Rig::with_workers(world, config, 1 + draw.below(3) as usize);
    (0..2).for_each(|backend| serve(&rig, backend, &draw));
    let (last_purge, answers) = (LastPurge::default(), Rc::new(Cell::new(0)));
    for client in 0..24 {
        ask(&rig, &draw, &last_purge, &answers, client);
    }
    let (purging, server, host) = (last_purge.clone(), rig.server.clone(), rig.edge.host());
    let pause = draw.clone();
    rig.edge.spawn(async move {
        while host.now() < at_ms(20_000) {
            host.sleep(MS * (500 + pause.below(1_500)) as u32).await;
            let purge = Purging { which: Purged::All, site: Some("site".to_string()), purge: Purge::Hard };
            server.purge(host.calendar(), &purge).expect("it can be named so");
            purging.set(millis(host.now()));
        }
    });
    rig.run_until(at_ms(40_000));
    assert!(answers.get() > 500, "{}", answers.get());
    assert!(!rig.log.steps("cache-hit").is_empty());
    rig.close();
    assert_eq!(rig.server.store().filling(), 0, "something comes in still");
    assert!(rig.server.store().bytes() <= rig.server.store().memory());
}

/// The content says which URL was asked for, and when.
fn serve(rig: &Rig<'_>, backend: usize, draw: &Draw) {
    let draw = draw.clone();
    rig.serve(backend, move |request| {
        let target = request.head.split(' ').nth(1).unwrap_or_default();
        let control = ["max-age=1", "max-age=5", "max-age=2, stale-while-revalidate=2", "no-store", "private", "no-cache"];
        let control = control[draw.below(control.len() as u64) as usize];
        let length = [0, 10, 3_000, 60_000, 200_000][draw.below(5) as usize];
        let body = format!("{target} {} {}", millis(request.at), "x".repeat(length));
        let wait = Act::Wait(MS * draw.below(200) as u32);
        match draw.below(20) {
            0 => vec![wait, Act::Reset],
            1 => vec![Act::AwaitEnd],
            2 => vec![
                wait,
                Act::send(format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=5\r\nContent-Length: 9999\r\n\r\n{body}")),
                Act::Close,
            ],
            3 => vec![wait, super::status(503, "")],
            4..8 => {
                let head = format!("HTTP/1.1 200 OK\r\nCache-Control: {control}\r\nTransfer-Encoding: chunked\r\n\r\n");
                let (first, rest) = body.split_at(body.len() / 2);
                let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
                vec![wait.clone(), Act::send(head + &chunk(first)), wait, Act::send(chunk(rest) + "0\r\n\r\n")]
            }
            _ => vec![wait, ok(&format!("Cache-Control: {control}\r\n"), &body)],
        }
    });
}

/// A client that asks for one of a few URLs again and again, and now and then leaves in the middle.
fn ask(rig: &Rig<'_>, draw: &Draw, last_purge: &LastPurge, answers: &Rc<Cell<u64>>, client: u64) {
    let (machine, at, host, draw) = (rig.client.clone(), rig.edge.at(80), rig.client.host(), draw.clone());
    let (last_purge, answers) = (last_purge.clone(), answers.clone());
    if client % 6 == 5 {
        for number in 0..20 {
            let leaves = vec![Act::send(get(&format!("/{}", draw.below(6)))), Act::Wait(MS * draw.below(400) as u32), Act::Reset];
            rig.ask_at(at_ms(number * 1_000 + draw.below(1_000)), leaves);
        }
        return;
    }
    rig.client.spawn(async move {
        let mut caller = Caller::new(&machine, at);
        while host.now() < at_ms(20_000) {
            host.sleep(MS * draw.below(300) as u32).await;
            let target = format!("/{}", draw.below(6));
            let purged = last_purge.get();
            // What has no length breaks off in a caller that knows lengths only; so does what the origin breaks off.
            let Ok((200, body)) = caller.call(&get(&target)).await else { continue };
            let mut words = body.split(' ');
            assert_eq!(words.next(), Some(target.as_str()), "another's answer");
            let asked: u64 = words.next().and_then(|at| at.parse().ok()).expect("a time");
            assert!(asked >= purged, "{target}: an answer of {asked} ms, and all was purged at {purged} ms");
            answers.set(answers.get() + 1);
        }
    });
}

fn millis(at: Instant) -> u64 {
    u64::try_from(at.since(Instant::ZERO).as_millis()).expect("a time of a scenario")
}
