//! What every scenario is made of: a client, the edge that runs the server, and backends, all one millisecond apart.
//!
//! A request that is sent at once is at the edge at 3 ms (three ways for a new connection), the edge is connected to a backend at 5 ms, the
//! backend has the request at 6 ms, the edge the answer at 7 ms and the client at 8 ms.

mod caller;
pub(crate) mod certificates;
mod config;
pub(crate) mod http2;
mod log;
pub(crate) mod websocket;

pub(crate) use caller::{Caller, Tally, keep_asking};
pub(crate) use config::{FEED, MODEL, backend, caching, compressing, config};
pub(crate) use log::Log;

use decide::config::Config;
use decide::time::{Duration, Instant};
use host::Endpoint;
use lab::peer::{Act, Record, Request, Seen, connect, serve};
use lab::{VirtualHost, World};
use node::{Application, Server};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) const fn at_ms(ms: u64) -> Instant {
    Instant::from_nanos(ms * 1_000_000)
}

pub(crate) fn ms(at: Instant) -> u64 {
    let nanos = at.as_nanos();
    assert_eq!(nanos % 1_000_000, 0, "{nanos} ns is no whole millisecond");
    nanos / 1_000_000
}

/// A scenario's machines, and the server on one of them.
pub(crate) struct Rig<'w> {
    pub(crate) world: &'w World,
    pub(crate) client: VirtualHost,
    pub(crate) edge: VirtualHost,
    /// One for each backend of the first pool that is given by address.
    pub(crate) backends: Vec<VirtualHost>,
    pub(crate) server: Arc<Server>,
    pub(crate) log: Arc<Log>,
}

impl<'w> Rig<'w> {
    pub(crate) fn new(world: &'w World, config: Config) -> Rig<'w> {
        Rig::with_workers(world, config, 1)
    }

    /// A server of several workers, as it has on several threads.
    pub(crate) fn with_workers(world: &'w World, config: Config, workers: usize) -> Rig<'w> {
        Rig::with_applications(world, config, workers, BTreeMap::new())
    }

    /// A server with code of its own that answers.
    pub(crate) fn with_applications(
        world: &'w World,
        config: Config,
        workers: usize,
        applications: BTreeMap<String, Arc<dyn Application>>,
    ) -> Rig<'w> {
        world.bound(5_000_000, at_ms(24 * 3600 * 1000));
        let (client, edge) = (world.host("client", "10.0.0.1 fd00::1"), world.host("edge", "10.0.0.2 fd00::2"));
        let ips = config.pools[0].backends.iter().filter_map(|backend| Endpoint::of(&backend.at)?.ip());
        let backends: Vec<_> = ips.enumerate().map(|(number, ip)| world.host(&format!("b{number}"), &ip.to_string())).collect();
        let log = Arc::new(Log::default());
        let server = Server::new(&edge.host(), config, workers, applications, vec![log.clone()]);
        for index in 0..workers {
            let (working, host) = (server.clone(), edge.host());
            edge.spawn(async move { working.work(host, index).await.expect("its listeners open") });
        }
        Rig { world, client, edge, backends, server, log }
    }

    /// Starts a scripted client.
    pub(crate) fn ask(&self, acts: Vec<Act>) -> Record {
        connect(&self.client, &self.edge.at(80), acts)
    }

    /// Starts a scripted client at a time.
    pub(crate) fn ask_at(&self, at: Instant, mut acts: Vec<Act>) -> Record {
        acts.insert(0, Act::WaitUntil(at));
        self.ask(acts)
    }

    /// Starts a scripted program on a backend.
    pub(crate) fn serve(&self, backend: usize, answer: impl FnMut(&Request) -> Vec<Act> + 'static) -> Record {
        serve(&self.backends[backend], &self.backends[backend].at(80), answer)
    }

    /// Runs the program itself on a backend.
    pub(crate) fn also_serve(&self, backend: usize, config: Config) -> Arc<Server> {
        let machine = &self.backends[backend];
        let server = Server::new(&machine.host(), config, 1, BTreeMap::new(), Vec::new());
        let (working, host) = (server.clone(), machine.host());
        machine.spawn(async move { working.work(host, 0).await.expect("its listeners open") });
        server
    }

    /// Every backend answers everything at once with its own name.
    pub(crate) fn serve_all(&self) -> Vec<Record> {
        (0..self.backends.len()).map(|number| self.serve(number, move |_| vec![Act::answer(format!("b{number}"))])).collect()
    }

    pub(crate) fn run<F: Future>(&self, scenario: F) -> F::Output {
        self.world.run(scenario).expect("the scenario comes to its end")
    }

    /// Runs until a time.
    pub(crate) fn run_until(&self, at: Instant) {
        self.run(async { self.world.sleep(at.since(self.world.now())).await });
    }

    /// Runs until a client has seen the end of its connection; returns when.
    pub(crate) fn over(&self, client: &Record) -> u64 {
        ms(self.run(client.over()))
    }

    /// Ends a scenario: drains the server, and proves that nothing is left in flight and no connection open. Scripted peers must have let
    /// go.
    pub(crate) fn close(&self) {
        self.server.drain(self.edge.host().calendar());
        self.run(self.server.drained());
        assert_eq!(self.server.requests_in_flight(), 0, "requests in flight after the drain");
        let now = self.world.now();
        for pool in self.server.snapshot().pools() {
            assert!(pool.status(now).iter().all(|backend| backend.in_flight == 0), "in flight at a backend: {:?}", pool.status(now));
            assert_eq!(pool.queued(), 0, "requests wait in a queue after the drain");
        }
        // Kept connections go when they are a minute old, and are looked at once a second.
        self.run_until(now + 62 * SECOND);
        assert_eq!(self.world.connections(), 0, "connections are left");
        assert_eq!(self.edge.open_descriptors(), 0, "the edge holds sockets");
    }
}

/// A GET of `/`.
pub(crate) const GET: &str = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a.example\r\n\r\n")
}

/// The head of a POST with a body of this length.
pub(crate) fn post(length: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: {length}\r\n\r\n")
}

/// The statuses of the answers that a client saw, in order; bodies must not look like heads.
pub(crate) fn statuses(client: &Record) -> Vec<u16> {
    let text = client.text();
    text.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)?.parse().ok()).collect()
}

/// When the first bytes of a client's answer came.
pub(crate) fn answered(client: &Record) -> Option<u64> {
    client.when(|seen| matches!(seen, Seen::Bytes(_))).map(ms)
}

/// When the client saw the end of the stream, unless the connection failed.
pub(crate) fn ended(client: &Record) -> Option<u64> {
    assert_eq!(client.when(|seen| matches!(seen, Seen::Failed(_))), None, "the connection failed: {:?}", client.entries());
    client.when(|seen| *seen == Seen::End).map(ms)
}

/// When a peer's connection was over on its side: ended, failed or closed.
pub(crate) fn released(peer: &Record) -> Option<u64> {
    peer.when(|seen| matches!(seen, Seen::End | Seen::Failed(_) | Seen::Closed)).map(ms)
}

/// How many connections came in.
pub(crate) fn accepted(server: &Record) -> usize {
    server.entries().iter().filter(|entry| matches!(entry.seen, Seen::Accepted(_))).count()
}
