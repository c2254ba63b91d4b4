//! Names: the hosts file, then DNS, asked as [`decide::resolve`] decides; every step of it goes into a journey.

mod exchange;
mod files;

use decide::resolve::{Cache, Context as Given, Files, Input, Lookup, Output, Resolved, Settings, Trouble};
use decide::step::Journey;
use decide::time::Instant;
use exchange::{Arrival, Exchange};
use host::{Deadline, Host};
use std::future::poll_fn;
use std::task::{Context, Poll};

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
    let mut random = host.unguessable();
    let mut given = Given { now: host.now(), cache, random: &mut random, journey };
    let mut lookup = Lookup::new(settings, name, port, &files, &mut given);
    let mut exchanges: Vec<(u64, Exchange)> = Vec::new();
    let mut deadline = host.deadline();
    loop {
        while let Some(output) = lookup.poll_output() {
            match output {
                Output::Send(query) => exchanges.push((query.exchange, Exchange::begin(host, &query))),
                Output::Close(exchange) => exchanges.retain(|(number, _)| *number != exchange),
                Output::Done(result) => return result,
            }
        }
        let (until, _) = lookup.limit();
        let next = poll_fn(|cx| next(&mut exchanges, until, &mut deadline, cx)).await;
        given.now = host.now();
        match next {
            Some((exchange, Arrival::Message { from, bytes })) => {
                lookup.handle(Input::Came { exchange, from, message: &bytes }, &mut given)
            }
            Some((exchange, Arrival::Broke(failure))) => lookup.handle(Input::Broke { exchange, failure }, &mut given),
            None => lookup.handle(Input::TimePassed, &mut given),
        }
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
