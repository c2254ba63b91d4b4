//! Edges of one POP behind each other's backs, a shield behind them, and the origin: who asks whom, and what when one of them is gone.

use super::{Got, fetch_at, get_with, ok, parts, status};
use crate::support::{Log, MS, SECOND, at_ms, backend, caching, get};
use decide::cache::{Purge, ring_key};
use decide::config::{Algorithm, Backend, Config, HashKey, Peers, Tiers};
use lab::peer::{Act, Record, Request, Seen, connect, serve};
use lab::{VirtualHost, World};
use node::{Purged, Purging, Server};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use wire::http::RequestHead;

const EDGES: usize = 4;
const ORIGIN: &str = "10.0.1.1";
const SHIELD: &str = "10.0.3.1";

/// Pools of an edge.
const PEERS: usize = 1;
const SHIELDS: usize = 2;

fn edge_at(number: usize) -> String {
    format!("10.0.2.{}", number + 1)
}

/// An edge's configuration, as four of them have it but for the name and the listener.
fn edge(number: usize) -> Config {
    let mut config = caching(1);
    let name = format!("edge-{}", number + 1);
    let mut peers = config.pools[0].clone();
    peers.name = "pop".to_string();
    peers.backends =
        (0..EDGES).map(|peer| Backend { name: format!("edge-{}", peer + 1), ..backend(&format!("{}:80", edge_at(peer))) }).collect();
    peers.algorithm = Algorithm::ConsistentHash { key: HashKey::Source, virtual_nodes: 100, bounded_load: 0 };
    let mut shields = config.pools[0].clone();
    (shields.name, shields.backends) = ("shield".to_string(), vec![backend(&format!("{SHIELD}:80"))]);
    config.pools.extend([peers, shields]);
    config.sites[0].routes[0].tiers = Tiers { peers: Some(Peers { pool: PEERS, this: number }), shield: Some(SHIELDS) };
    config.cache.id = Some(name.clone());
    config.server.name = name;
    config.listeners[0].at = backend(&format!("{}:80", edge_at(number))).at;
    config
}

fn shield() -> Config {
    let mut config = caching(1);
    config.server.name = "shield".to_string();
    config.cache.id = Some("shield".to_string());
    config.listeners[0].at = backend(&format!("{SHIELD}:80")).at;
    config
}

/// A place with four edges, a shield elsewhere, and an origin.
struct Pop<'w> {
    world: &'w World,
    client: VirtualHost,
    machines: Vec<VirtualHost>,
    edges: Vec<Arc<Server>>,
    logs: Vec<Arc<Log>>,
    shield: Arc<Server>,
    shield_machine: VirtualHost,
    origin_machine: VirtualHost,
}

fn start(machine: &VirtualHost, config: Config, log: &Arc<Log>) -> Arc<Server> {
    let server = Server::new(&machine.host(), config, 1, BTreeMap::new(), vec![log.clone()]);
    let (working, host) = (server.clone(), machine.host());
    machine.spawn(async move { working.work(host, 0).await.expect("its listeners open") });
    server
}

impl<'w> Pop<'w> {
    fn new(world: &'w World, edge: impl Fn(usize) -> Config) -> Pop<'w> {
        Pop::with_shield(world, edge, shield())
    }

    fn with_shield(world: &'w World, edge: impl Fn(usize) -> Config, shield: Config) -> Pop<'w> {
        world.bound(20_000_000, at_ms(24 * 3600 * 1000));
        let client = world.host("client", "10.0.0.1");
        let (origin_machine, shield_machine) = (world.host("origin", ORIGIN), world.host("shield", SHIELD));
        let machines: Vec<_> = (0..EDGES).map(|number| world.host(&format!("edge-{}", number + 1), &edge_at(number))).collect();
        let logs: Vec<_> = (0..=EDGES).map(|_| Arc::new(Log::default())).collect();
        let edges = machines.iter().zip(&logs).enumerate().map(|(number, (machine, log))| start(machine, edge(number), log)).collect();
        let shield = start(&shield_machine, shield, &logs[EDGES]);
        Pop { world, client, machines, edges, logs, shield, shield_machine, origin_machine }
    }

    fn origin(&self, answer: impl FnMut(&Request) -> Vec<Act> + 'static) -> Record {
        serve(&self.origin_machine, &self.origin_machine.at(80), answer)
    }

    fn run<F: Future>(&self, scenario: F) -> F::Output {
        self.world.run(scenario).expect("the scenario comes to its end")
    }

    fn fetch(&self, edge: usize, request: &str) -> Got {
        self.run(fetch_at(&self.client, &self.machines[edge].at(80), request))
    }

    fn wait(&self, ms: u64) {
        self.run(self.world.sleep(MS * u32::try_from(ms).expect("not so long")));
    }

    /// A path that this edge keeps.
    fn path_of(&self, edge: usize) -> String {
        let pool = &self.edges[0].snapshot().pools()[PEERS].clone();
        let host = self.machines[0].host();
        let keeps = |path: &String| {
            let head = RequestHead { authority: b"a.example".to_vec(), target: path.clone().into_bytes(), ..RequestHead::default() };
            let key = ring_key(&head, &decide::cache::KeyRules::default());
            matches!(pool.explain(&host, Some(key)).0, decide::pool::Selection::Backend { index, .. } if index == edge)
        };
        (0..1000).map(|number| format!("/{number}")).find(keeps).expect("each has its part")
    }

    fn tiers(&self, edge: usize) -> Vec<String> {
        self.logs[edge].steps("tier").iter().map(|step| step.split_once(" tier ").expect("a step").1.to_string()).collect()
    }

    /// Nothing is in flight anywhere.
    fn close(&self) {
        for (server, machine) in self.edges.iter().zip(&self.machines).chain([(&self.shield, &self.shield_machine)]) {
            server.drain(machine.host().calendar());
            self.run(server.drained());
            assert_eq!(server.requests_in_flight(), 0);
            for pool in server.snapshot().pools() {
                assert!(pool.status(self.world.now()).iter().all(|backend| backend.in_flight == 0), "{:?}", pool.status(self.world.now()));
            }
        }
        self.wait(62_000);
        assert_eq!(self.world.connections(), 0, "connections are left");
    }
}

/// All members of `Cache-Status`, the one nearest to the origin first.
fn members(got: &Got) -> Vec<String> {
    let lines = got.head.lines().filter_map(|line| line.split_once(": ")).filter(|(name, _)| name.eq_ignore_ascii_case("cache-status"));
    lines.map(|(_, value)| value.to_string()).collect()
}

#[test]
fn a_thousand_clients_of_four_edges_make_one_request() {
    World::twice(1, |world| {
        let pop = Pop::new(world, edge);
        let origin = pop.origin(|_| vec![Act::Wait(SECOND), ok("Cache-Control: max-age=60\r\n", "for all")]);
        let clients: Vec<_> = (0..1000)
            .map(|number| {
                let acts = vec![Act::send(get("/a")), Act::await_bytes("for all"), Act::Close];
                connect(&pop.client, &pop.machines[number % EDGES].at(80), acts)
            })
            .collect();
        for client in &clients {
            pop.run(client.until(|seen| *seen == Seen::Closed));
        }
        assert_eq!(origin.requests().len(), 1);
        assert_eq!(pop.logs[EDGES].journeys(), 1, "the shield was asked once");
        // By everyone's CDN-Loop it came from one edge through the shield.
        let loops: Vec<_> = origin.requests()[0].1.lines().filter(|line| line.starts_with("CDN-Loop: ")).map(str::to_string).collect();
        assert!(loops.len() == 2 || loops.len() == 3, "{loops:?}");
        assert_eq!(loops.last().map(String::as_str), Some("CDN-Loop: shield"));
        pop.close();
    });
}

#[test]
fn every_cache_on_the_way_tells_what_it_did_and_the_age_is_kept() {
    World::twice(2, |world| {
        let pop = Pop::new(world, edge);
        let origin = pop.origin(|_| vec![ok("Cache-Control: max-age=60\r\nAge: 10\r\nETag: \"1\"\r\n", "x")]);
        let path = pop.path_of(1);
        let got = pop.fetch(0, &get(&path));
        let names: Vec<_> = members(&got).iter().map(|member| member.split(';').next().unwrap_or_default().to_string()).collect();
        // RFC 9211 §2: the first is nearest to the origin.
        assert_eq!(names, ["shield", "edge-2", "edge-1"]);
        assert!(members(&got)[2].ends_with("detail=kept-elsewhere") && !members(&got)[2].contains("stored"), "{:?}", members(&got));
        assert!(members(&got)[1].contains("; stored;"), "{:?}", members(&got));
        pop.wait(20_000);
        let later = pop.fetch(2, &get(&path));
        assert_eq!(later.field("age"), Some("30"));
        assert!(members(&later)[1].starts_with("edge-2; hit; ttl=30"), "{:?}", members(&later));
        // Conditions go through: the copy that a client has is good, and nothing is sent to the origin.
        let unchanged = pop.fetch(3, &get_with(&path, "If-None-Match: \"1\"\r\n"));
        assert_eq!((unchanged.status, origin.requests().len()), (304, 1));
        assert_eq!(pop.tiers(0), ["peers the answer belongs to one edge of this POP"]);
        assert_eq!(pop.tiers(1), ["shield a peer has asked: it is not passed to another"]);
        pop.close();
    });
}

#[test]
fn stale_copies_are_validated_through_all_tiers() {
    World::twice(3, |world| {
        let pop = Pop::new(world, edge);
        let origin = pop.origin(|request| match request.head.contains("If-None-Match: \"1\"") {
            true => vec![status(304, "Cache-Control: max-age=60\r\nETag: \"1\"\r\n")],
            false => vec![ok("Cache-Control: max-age=60\r\nETag: \"1\"\r\n", "one")],
        });
        let path = pop.path_of(1);
        assert_eq!(pop.fetch(0, &get(&path)).body, "one");
        pop.wait(70_000);
        let got = pop.fetch(0, &get(&path));
        assert_eq!((got.status, got.body.as_str()), (200, "one"));
        assert_eq!(origin.requests().len(), 2);
        assert!(origin.requests()[1].1.contains("If-None-Match: \"1\""));
        pop.close();
    });
}

#[test]
fn what_is_asked_for_often_is_kept_here_too() {
    World::twice(4, |world| {
        let pop = Pop::new(world, |number| {
            let mut config = edge(number);
            config.cache.hot.requests = 3;
            config
        });
        pop.origin(|_| vec![ok("Cache-Control: max-age=600\r\n", "x")]);
        let path = pop.path_of(1);
        let kept = |got: &Got| members(got).last().is_some_and(|member| member.contains("; stored;"));
        for number in 0..3 {
            let got = pop.fetch(0, &get(&path));
            assert!(!kept(&got), "{number}: {:?}", members(&got));
        }
        assert_eq!(pop.edges[0].store().objects(), 0);
        let fourth = pop.fetch(0, &get(&path));
        assert!(kept(&fourth), "{:?}", members(&fourth));
        let fifth = pop.fetch(0, &get(&path));
        assert!(members(&fifth).last().is_some_and(|member| member.starts_with("edge-1; hit")), "{:?}", members(&fifth));
        // Asked for as often over a longer time it is not.
        let other = (0..1000).map(|number| format!("/other/{number}")).find(|path| members(&pop.fetch(0, &get(path))).len() == 3);
        let other = other.expect("another edge's");
        for _ in 0..10 {
            pop.wait(40_000);
            assert!(!kept(&pop.fetch(0, &get(&other))));
        }
        pop.close();
    });
}

#[test]
fn an_edge_that_dies_is_done_without() {
    World::twice(5, |world| {
        let pop = Pop::new(world, edge);
        pop.origin(|_| vec![ok("Cache-Control: max-age=600\r\n", "x")]);
        let path = pop.path_of(1);
        assert_eq!(members(&pop.fetch(0, &get(&path))).len(), 3);
        pop.machines[1].kill();
        for number in 0..40 {
            for asked in [0, 2, 3] {
                let path = if number == 0 { path.clone() } else { format!("/later/{number}") };
                let got = pop.fetch(asked, &get(&path));
                assert_eq!((got.status, got.body.as_str()), (200, "x"), "{}", got.head);
            }
        }
        // Who has it, asks the next on the ring, or the shield.
        assert!(pop.logs[0].steps("backend-failed").iter().all(|step| !step.contains("give-up")));
    });
}

#[test]
fn without_a_shield_the_origin_is_asked_and_the_reason_told() {
    World::twice(6, |world| {
        let pop = Pop::new(world, edge);
        pop.origin(|_| vec![ok("Cache-Control: max-age=600\r\n", "x")]);
        pop.shield_machine.refuse();
        let path = pop.path_of(0);
        let got = pop.fetch(0, &get(&path));
        assert_eq!(got.body, "x");
        assert_eq!(
            pop.tiers(0),
            [
                "peers the answer belongs to one edge of this POP",
                "shield this edge keeps it itself",
                "origin the backend refused the connection"
            ]
        );
        // A request with content that was not sent goes on too; one that was may have had its effect.
        let post = "POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(pop.fetch(0, post).status, 200);
        pop.shield_machine.mend();
        assert_eq!(pop.fetch(0, &get("/b")).body, "x");
    });
}

#[test]
fn a_post_that_the_shield_has_seen_is_not_sent_again() {
    World::twice(7, |world| {
        let pop = Pop::new(world, edge);
        let origin = pop.origin(|_| vec![Act::TakeBody, Act::Reset]);
        let post = "POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(pop.fetch(0, post).status, 502);
        assert_eq!(origin.requests().len(), 1);
    });
}

#[test]
fn edges_that_disagree_about_the_ring_make_no_circle() {
    World::twice(8, |world| {
        let pop = Pop::new(world, |number| {
            let mut config = edge(number);
            // Two of them were reloaded: to them the names of the others are the other way round.
            if number % 2 == 0 {
                let last = config.pools[PEERS].backends[3].at.clone();
                config.pools[PEERS].backends[3].at = config.pools[PEERS].backends[1].at.clone();
                config.pools[PEERS].backends[1].at = last;
            }
            config
        });
        let origin = pop.origin(|_| vec![ok("Cache-Control: max-age=600\r\n", "x")]);
        for number in 0..60 {
            for asked in 0..EDGES {
                let got = pop.fetch(asked, &get(&format!("/{number}")));
                assert_eq!((got.status, got.body.as_str()), (200, "x"), "{}", got.head);
            }
        }
        assert_eq!(origin.requests().len(), 60, "the shield has it after the first");
        // Reloaded one after the other, in the middle of it all.
        for asked in 0..EDGES {
            pop.edges[asked].reload(&pop.machines[asked].host(), edge(asked));
            assert_eq!(pop.fetch(asked, &get("/0")).status, 200);
        }
        pop.close();
    });
}

#[test]
fn a_circle_ends_where_it_closes() {
    World::twice(9, |world| {
        // The shield takes an edge for the origin.
        let mut back = shield();
        back.pools[0].backends = vec![backend(&format!("{}:80", edge_at(0)))];
        let pop = Pop::with_shield(world, edge, back);
        let origin = pop.origin(|_| vec![ok("", "never")]);
        for (edge, fields) in [(0, ""), (0, "Connection: cdn-loop, close\r\n"), (2, "CDN-Loop: other.example; x=\"1\"\r\n")] {
            let got = pop.fetch(edge, &get_with(&pop.path_of(edge), fields));
            assert_eq!(got.status, 508, "{}", got.head);
            assert!(got.body.contains("the request has passed this cache before"), "{}", got.body);
            assert!(got.head.contains("error=proxy_loop_detected"), "{}", got.head);
        }
        assert_eq!(origin.requests().len(), 0);
        pop.close();
    });
}

#[test]
fn a_field_that_could_hide_us_is_refused() {
    World::twice(10, |world| {
        let pop = Pop::new(world, edge);
        let origin = pop.origin(|_| vec![ok("", "x")]);
        for (value, status) in
            [("edge-1", 508), ("x, EDGE-1; a=b", 508), ("x; a=\"", 400), ("x y", 400), (&["y"; 40].join(","), 508), ("edge-9", 200)]
        {
            let got = pop.fetch(0, &get_with("/a", &format!("CDN-Loop: {value}\r\n")));
            assert_eq!(got.status, status, "{value}: {}", got.head);
        }
        // In two lines, and behind what looks like quotes in another.
        assert_eq!(pop.fetch(0, &get_with("/a", "CDN-Loop: a; b=\"c\"\r\nCDN-Loop: edge-1\r\n")).status, 508);
        assert_eq!(origin.requests().len(), 1);
        pop.close();
    });
}

#[test]
fn purged_from_the_origin_outward_nothing_old_comes_back() {
    World::twice(11, |world| {
        let pop = Pop::new(world, |number| {
            let mut config = edge(number);
            config.cache.hot.requests = 0;
            config
        });
        pop.origin(|request| vec![ok("Cache-Control: max-age=600\r\n", if request.number == 0 { "old" } else { "new" })]);
        let path = pop.path_of(1);
        for asked in 0..EDGES {
            assert_eq!(pop.fetch(asked, &get(&path)).body, "old");
        }
        let purge = |server: &Arc<Server>, machine: &VirtualHost| {
            server.purge(machine.host().calendar(), &Purging { which: Purged::All, site: None, purge: Purge::Hard });
        };
        purge(&pop.shield, &pop.shield_machine);
        // Until the edge that keeps it is purged, the others get the old one back from it: so there is a second round.
        for edge in [0, 1, 2, 3] {
            purge(&pop.edges[edge], &pop.machines[edge]);
            assert_eq!(pop.fetch(edge, &get(&path)).body, if edge == 0 { "old" } else { "new" });
        }
        for edge in [0, 1, 2, 3] {
            purge(&pop.edges[edge], &pop.machines[edge]);
            assert_eq!(pop.fetch(edge, &get(&path)).body, "new");
        }
        pop.close();
    });
}

#[test]
fn parts_are_kept_where_the_whole_would_be_and_completed_there() {
    World::twice(20, |world| {
        let pop = Pop::new(world, edge);
        let fields = "Cache-Control: max-age=60\r\nETag: \"v1\"\r\n";
        let origin = pop.origin(move |request| vec![parts::of_file(request, fields, parts::CONTENT)]);
        let path = pop.path_of(1);
        let range = |edge, range: &str| pop.fetch(edge, &get_with(&path, &format!("Range: bytes={range}\r\n")));
        let first = range(0, "0-5");
        parts::is_part(&first, "0-5/10", "012345");
        assert!(members(&first)[2].ends_with("detail=kept-elsewhere"), "{:?}", members(&first));
        assert_eq!(pop.edges.iter().map(|edge| edge.store().objects()).collect::<Vec<_>>(), [0, 1, 0, 0]);
        let again = range(2, "3-4");
        parts::is_part(&again, "3-4/10", "34");
        assert!(members(&again)[1].starts_with("edge-2; hit"), "{:?}", members(&again));
        let whole = pop.fetch(3, &get(&path));
        assert_eq!((whole.status, &*whole.body), (200, parts::CONTENT));
        assert_eq!(origin.requests().len(), 2);
        assert_eq!(parts::last_asked(&origin), (Some("bytes=6-".into()), Some("\"v1\"".into())));
        assert!(pop.fetch(0, &get(&path)).body == parts::CONTENT && origin.requests().len() == 2);
        pop.close();
    });
}
