//! Names: the hosts file, then DNS, asked as [`decide::resolve`] decides; every step of it goes into a journey.

mod exchange;
mod files;

use decide::random::Random;
use decide::resolve::{Ask, Cache, Context as Given, Files, Input, Lookup, Output, Reply, Resolved, Settings, Trouble};
use decide::step::Journey;
use decide::time::Instant;
use exchange::{Arrival, Exchange};
use host::{Deadline, Host};
use std::future::poll_fn;
use std::sync::Mutex;
use std::task::{Context, Poll};
use wire::dns::Query;

/// So many answers and zones one lookup may learn of.
const REMEMBERED: usize = 1000;

/// What `name` means: its addresses, and its services where they are wanted (for a URL of `https` with this port). Steps go into `journey`
/// in the order they happen. What was learned is forgotten at the end.
pub async fn resolve(host: &Host, settings: &Settings, name: &str, port: u16, journey: &mut Journey) -> Result<Resolved, Trouble> {
    resolve_with(host, settings, name, port, &mut Cache::new(REMEMBERED), journey).await
}

/// The same, with what earlier lookups have learned; what this one learns is kept.
pub async fn resolve_with(
    host: &Host,
    settings: &Settings,
    name: &str,
    port: u16,
    cache: &mut Cache,
    journey: &mut Journey,
) -> Result<Resolved, Trouble> {
    let (hosts, resolv_conf) = (files::read(host, "hosts")?, files::read(host, "resolv.conf")?);
    let files = Files { hosts: &hosts, resolv_conf: &resolv_conf };
    drive(host, cache, journey, |given| Lookup::new(settings, name, port, &files, given)).await
}

/// The whole answer to a question, with what others have learned; what this one learns is kept for them.
pub async fn ask(host: &Host, settings: &Settings, query: Query, cache: &Mutex<Cache>, journey: &mut Journey) -> Reply {
    drive(host, cache, journey, |given| Ask::new(settings, query, given)).await
}

/// A lookup, whatever it is for.
trait Walking {
    type End;
    fn handle(&mut self, input: Input<'_>, given: &mut Given<'_>);
    fn poll_output(&mut self) -> Option<Output<Self::End>>;
    fn limit(&self) -> Instant;
}

impl Walking for Lookup {
    type End = Result<Resolved, Trouble>;
    fn handle(&mut self, input: Input<'_>, given: &mut Given<'_>) {
        self.handle(input, given);
    }
    fn poll_output(&mut self) -> Option<Output<Self::End>> {
        self.poll_output()
    }
    fn limit(&self) -> Instant {
        self.limit().0
    }
}

impl Walking for Ask {
    type End = Reply;
    fn handle(&mut self, input: Input<'_>, given: &mut Given<'_>) {
        self.handle(input, given);
    }
    fn poll_output(&mut self) -> Option<Output<Self::End>> {
        self.poll_output()
    }
    fn limit(&self) -> Instant {
        self.limit()
    }
}

/// Where what is learned is kept: by one lookup for itself, or by many, for the time of a decision each.
trait Memory {
    fn with<T>(&mut self, then: impl FnOnce(&mut Cache) -> T) -> T;
}

impl Memory for &mut Cache {
    fn with<T>(&mut self, then: impl FnOnce(&mut Cache) -> T) -> T {
        then(self)
    }
}

impl Memory for &Mutex<Cache> {
    fn with<T>(&mut self, then: impl FnOnce(&mut Cache) -> T) -> T {
        then(&mut self.lock().expect("no panic while it is held"))
    }
}

async fn drive<W: Walking>(host: &Host, mut memory: impl Memory, journey: &mut Journey, begin: impl FnOnce(&mut Given<'_>) -> W) -> W::End {
    let mut random = host.unguessable();
    let mut decide = |journey: &mut Journey, then: &mut dyn FnMut(&mut Given<'_>)| {
        let random: &mut dyn Random = &mut random;
        memory.with(|cache| then(&mut Given { now: host.now(), cache, random, journey }));
    };
    let (mut begin, mut walk) = (Some(begin), None);
    decide(journey, &mut |given| walk = begin.take().map(|begin| begin(given)));
    let mut walk = walk.expect("it has begun");
    let mut exchanges: Vec<(u64, Exchange)> = Vec::new();
    let mut deadline = host.deadline();
    loop {
        while let Some(output) = walk.poll_output() {
            match output {
                Output::Send(query) => exchanges.push((query.exchange, Exchange::begin(host, &query))),
                Output::Close(exchange) => exchanges.retain(|(number, _)| *number != exchange),
                Output::Done(result) => return result,
            }
        }
        let until = walk.limit();
        let input = poll_fn(|cx| next(&mut exchanges, until, &mut deadline, cx)).await;
        let input = match &input {
            Some((exchange, Arrival::Message { from, bytes })) => Input::Came { exchange: *exchange, from: *from, message: bytes },
            Some((exchange, Arrival::Broke(failure))) => Input::Broke { exchange: *exchange, failure: failure.clone() },
            None => Input::TimePassed,
        };
        decide(journey, &mut |given| walk.handle(input.clone(), given));
    }
}

/// Whatever comes first; `None`: the time has come.
fn next(exchanges: &mut [(u64, Exchange)], until: Instant, deadline: &mut Deadline, cx: &mut Context<'_>) -> Poll<Option<(u64, Arrival)>> {
    for (number, exchange) in exchanges {
        if let Poll::Ready(arrival) = exchange.poll(cx) {
            return Poll::Ready(Some((*number, arrival)));
        }
    }
    deadline.set(until);
    deadline.poll_passed(cx).map(|()| None)
}
