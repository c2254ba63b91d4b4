//! Clients, backends and faults drawn from a seed, for some minutes of virtual time. Whatever happens, every request has an end with a
//! reason, no client is given what was meant for another, and nothing is left over.
//!
//! `SEED=20 SEEDS=1000 cargo test -p tl-lab --test proxy soak` runs others, and more of them; a failure names its seed.

use crate::support::{Caller, MS, Rig, SECOND, Tally, at_ms, config, get};
use decide::config::{Algorithm, Config, HealthCheck, Probe};
use decide::random::{Random, SplitMix};
use decide::time::Duration;
use lab::peer::{Act, Request};
use lab::{Pieces, Reach, VirtualHost, World};
use std::cell::RefCell;
use std::rc::Rc;

/// Faults happen until then; clients ask until then.
const FAULTS: u64 = 60_000;

#[test]
fn whatever_happens_every_request_has_an_end_and_nothing_is_left() {
    let (first, seeds) = (wish("SEED").unwrap_or(0), wish("SEEDS").unwrap_or(20));
    for seed in first..first + seeds {
        let _named = Named(seed);
        // Every fourth is run twice, to prove that it repeats itself.
        if seed % 4 == 0 {
            World::twice(seed, soak)
        } else {
            soak(&World::new(seed))
        };
    }
}

#[expect(clippy::disallowed_methods, reason = "how long to go on is the tester's to say; a run does not depend on it")]
fn wish(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Tells the seed of a failure.
struct Named(u64);

impl Drop for Named {
    #[expect(clippy::print_stderr, reason = "the seed of a failure must be seen")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the soak failed: SEED={} SEEDS=1", self.0);
        }
    }
}

fn soak(world: &World) -> Vec<String> {
    let draw = Draw(Rc::new(RefCell::new(SplitMix::new(own_seed(world)))));
    let rig = Rig::new(world, settings(&draw));
    if draw.one_in(2) {
        world.links(&rig.edge).pieces(Pieces::Torn(2_000));
    }
    (0..3).for_each(|backend| serve(&rig, backend));
    let tally = Tally::default();
    for client in 0..8 {
        ask(&rig, client, &draw, &tally);
    }
    misbehave(&rig, &draw);
    trouble(&rig, &draw);
    rig.run_until(at_ms(FAULTS));
    world.links(&rig.edge).mend();
    rig.edge.limit_descriptors(usize::MAX);
    rig.backends.iter().for_each(VirtualHost::mend);
    // Longer than any timer and any ejection.
    rig.run_until(at_ms(FAULTS + 40_000));
    check(&tally);
    // It has come through: everything works as on the first day.
    let after = Tally::default();
    for client in 0..4 {
        crate::support::keep_asking(
            &rig.client,
            rig.edge.at(80),
            get("/fast"),
            100 * MS,
            at_ms(FAULTS + 40_000 + client),
            at_ms(FAULTS + 42_000),
            &after,
        );
    }
    rig.run_until(at_ms(FAULTS + 43_000));
    assert_eq!((after.failures(), after.len()), (Vec::new(), 80));
    rig.close();
    let delivered = rig.log.steps("delivered");
    assert_eq!(delivered.len(), rig.log.journeys(), "every journey has one end");
    for end in &delivered {
        let mut words = end.split(' ').skip(2);
        let status = words.next().expect("a status");
        assert!(status != "0" || !end.contains(" complete "), "an end without an answer has a reason: {end}");
    }
    delivered
}

/// The first word of a host's own randomness comes from the world's seed.
fn own_seed(world: &World) -> u64 {
    world.host("seed", "10.9.9.9").host().rng().next()
}

/// Randomness that all parts of a scenario share.
#[derive(Clone)]
struct Draw(Rc<RefCell<SplitMix>>);

impl Draw {
    fn below(&self, bound: u64) -> u64 {
        self.0.borrow_mut().below(bound)
    }

    fn one_in(&self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    fn span(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

fn settings(draw: &Draw) -> Config {
    let mut config = config(3);
    let limits = &mut config.limits;
    for limit in
        [&mut limits.head_timeout, &mut limits.idle_timeout, &mut limits.body_timeout, &mut limits.send_timeout, &mut limits.tunnel_timeout]
    {
        *limit = 5 * SECOND;
    }
    let pool = &mut config.pools[0];
    pool.algorithm = match draw.below(4) {
        0 => Algorithm::RoundRobin,
        1 => Algorithm::LeastConnections { sample_above: 1 },
        2 => Algorithm::Fastest { decay: 5 * SECOND },
        _ => Algorithm::WeightedRandom,
    };
    (pool.response_timeout, pool.transfer_timeout, pool.connect_timeout) = (5 * SECOND, 5 * SECOND, SECOND);
    (pool.ejection.base, pool.ejection.max, pool.ejection.failures) = (SECOND, 10 * SECOND, 3);
    (pool.queue, pool.queue_timeout) = (5, 2 * SECOND);
    pool.max_in_flight = if draw.one_in(2) { 3 } else { 0 };
    pool.retry.statuses = vec![503];
    if draw.one_in(2) {
        pool.health = Some(HealthCheck { probe: Probe::Connect, interval: 2 * SECOND, jitter: 20, timeout: SECOND, rise: 2, fall: 2 });
    }
    config
}

/// A backend: its answers say which request they belong to, and what it does stands in the path.
fn serve(rig: &Rig<'_>, backend: usize) {
    rig.serve(backend, answer);
}

fn answer(request: &Request) -> Vec<Act> {
    let target = request.head.split(' ').nth(1).unwrap_or_default().to_string();
    let wait = |ms: u64| Act::Wait(Duration::from_millis(ms));
    let kind = target.split('/').nth(1).unwrap_or_default();
    match kind {
        "slow" => vec![wait(700), Act::answer(&target)],
        "stuck" => vec![wait(8_000), Act::answer(&target)],
        "body" => vec![Act::TakeBody, Act::answer(&target)],
        "early" => vec![Act::answer(&target), Act::Close],
        "big" => vec![Act::answer(target.repeat(200_000 / target.len()))],
        "half" => vec![Act::send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), Act::Close],
        "busy" => vec![Act::send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy")],
        "reset" => vec![Act::Reset],
        "nonsense" => vec![Act::send("nonsense\r\n\r\n")],
        "hints" => vec![Act::send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), wait(50), Act::answer(&target)],
        "chunked" => {
            let chunk = format!("{:x}\r\n{target}\r\n", target.len());
            vec![Act::send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), Act::send(&chunk), wait(300), Act::send("0\r\n\r\n")]
        }
        "tunnel" => vec![
            Act::send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
            Act::await_bytes("ping"),
            Act::send("pong"),
            Act::AwaitEnd,
        ],
        _ => vec![Act::answer(&target)],
    }
}

/// A client that asks one thing after the other and checks that the answer is its own.
fn ask(rig: &Rig<'_>, client: u64, draw: &Draw, tally: &Tally) {
    let (machine, to, draw, tally) = (rig.client.clone(), rig.edge.at(80), draw.clone(), tally.clone());
    rig.client.spawn(async move {
        let host = machine.host();
        let mut caller = Caller::new(&machine, to);
        for number in 0.. {
            if host.now() >= at_ms(FAULTS) {
                return;
            }
            let kind = ["fast", "fast", "fast", "slow", "stuck", "body", "early", "big", "half", "busy", "reset", "nonsense"];
            let kind = kind[usize::try_from(draw.below(kind.len() as u64)).expect("small")];
            let path = format!("/{kind}/{client}/{number}");
            let request = match kind {
                "body" => {
                    let body = "x".repeat(usize::try_from(draw.below(50_000)).expect("small"));
                    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                }
                _ => get(&path),
            };
            let began = host.now();
            // The answer of 200 carries its path, once or often.
            let outcome = match caller.call(&request).await {
                Ok((200, body)) if body.replace(&path, "").is_empty() && !body.is_empty() => Ok((200, String::new())),
                Ok((200, body)) => Err(format!("another's answer to {path}: {}", &body[..body.len().min(100)])),
                other => other,
            };
            tally.add(began, outcome);
            host.sleep(draw.span(0, 400)).await;
            if draw.one_in(10) {
                caller.hang_up();
            }
        }
    });
}

/// Clients that do other things, once each.
fn misbehave(rig: &Rig<'_>, draw: &Draw) {
    for number in 0..60 {
        let at = Act::Wait(draw.span(0, FAULTS));
        let pause = Act::Wait(draw.span(0, 8_000));
        let acts = match draw.below(9) {
            0 => vec![Act::send(get("/fast/a").repeat(3)), Act::Finish],
            1 => vec![Act::send("GET /fast HT"), pause, Act::Reset],
            2 => vec![Act::send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\nsome"), pause, Act::Close],
            3 => vec![Act::Pause, Act::send(get("/big/b").repeat(2)), pause, Act::Resume, Act::Finish],
            4 => vec![Act::send(get("/hints/c")), Act::send(get("/chunked/c")), Act::Finish],
            5 => vec![Act::send("GET /chunked/d HTTP/1.0\r\n\r\n"), Act::Finish],
            6 => vec![
                Act::send("GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
                Act::await_bytes("\r\n\r\n"),
                Act::send("ping"),
                pause,
                Act::Close,
            ],
            7 => vec![Act::send("GET / HTTP/1.1\r\nnonsense\r\n\r\n"), Act::Wait(3 * SECOND), Act::Close],
            _ => vec![Act::send(get("/slow/e")), Act::Wait(draw.span(0, 1_000)), if number % 2 == 0 { Act::Reset } else { Act::Close }],
        };
        let (machine, to) = (rig.client.clone(), rig.edge.at(80));
        rig.client.spawn(async move {
            let Act::Wait(span) = at else { unreachable!("it is one") };
            machine.host().sleep(span).await;
            lab::peer::connect(&machine, &to, acts);
        });
    }
}

/// Faults, one after the other, each mended after a while.
fn trouble(rig: &Rig<'_>, draw: &Draw) {
    let (edge, client, backends) = (rig.edge.clone(), rig.client.clone(), rig.backends.clone());
    let (server, draw) = (rig.server.clone(), draw.clone());
    let (to_client, to_backends) =
        (rig.world.link(&client, &edge), rig.backends.iter().map(|backend| rig.world.link(&edge, backend)).collect::<Vec<_>>());
    let config = server.snapshot().config.clone();
    // On the edge, which is never killed.
    edge.clone().spawn(async move {
        let host = edge.host();
        while host.now() < at_ms(FAULTS - 8_000) {
            host.sleep(draw.span(100, 3_000)).await;
            let which = usize::try_from(draw.below(3)).expect("small");
            let last = draw.span(100, 7_000);
            match draw.below(9) {
                0 | 1 => {
                    let backend = &backends[which];
                    if draw.one_in(2) {
                        backend.kill()
                    } else {
                        backend.exit()
                    }
                    host.sleep(last / 2).await;
                    lab::peer::serve(backend, &backend.at(80), answer);
                }
                2 => _ = to_backends[which].cut(Reach::Open),
                3 => {
                    backends[which].stall();
                    host.sleep(last).await;
                    backends[which].mend();
                }
                4 => {
                    backends[which].blackhole();
                    host.sleep(last).await;
                    backends[which].mend();
                }
                5 => {
                    backends[which].refuse();
                    host.sleep(last).await;
                    backends[which].mend();
                }
                6 => {
                    to_client.stall();
                    host.sleep(last / 4).await;
                    to_client.mend();
                }
                7 => {
                    edge.limit_descriptors(edge.open_descriptors() + 1);
                    host.sleep(last / 4).await;
                    edge.limit_descriptors(usize::MAX);
                }
                _ => {
                    let mut changed = config.clone();
                    changed.pools[0].backends[which].weight = 1 + u32::try_from(draw.below(3)).expect("small");
                    server.reload(&host, changed);
                }
            }
        }
    });
}

/// What clients may see: their own answer, an honest error, or an end.
fn check(tally: &Tally) {
    let all = tally.all();
    for (at, outcome) in &all {
        match outcome {
            Ok((status, body)) => assert!(matches!(status, 200 | 408 | 500 | 502 | 503 | 504), "{at:?}: {status} {body}"),
            Err(why) => assert!(!why.starts_with("another's"), "{at:?}: {why}"),
        }
    }
    let good = all.iter().filter(|(_, outcome)| matches!(outcome, Ok((200, _)))).count();
    assert!(good * 4 > all.len(), "{good} of {} answered: too few for the scenario to mean something", all.len());
}
