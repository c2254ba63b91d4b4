//! Clients of the recursive role, and what each of them is told.

use crate::play::Counted;
use crate::script::{Ask, Script};
use decide::resolve::{Asked, Mode};
use decide::time::Instant;
use host::Host;
use lab::World;
use node::resolver::{Answered, Resolver};
use std::fmt::Write;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Every answer, in the order of the questions, and how many queries each name server was sent for all of them.
pub(crate) fn play(script: &Script, world: &World, counts: &[Counted]) -> String {
    let Mode::Iterative { roots, .. } = script.settings.mode.clone() else { return run(script, world, counts, &[]) };
    run(script, world, counts, &roots)
}

fn run(script: &Script, world: &World, counts: &[Counted], roots: &[decide::resolve::RootServer]) -> String {
    let machine = world.host("resolver", "10.9.9.9");
    let resolver = Arc::new(Resolver::new(&script.resolver, roots));
    let clients = script.asks.iter().map(|ask| client(machine.host(), resolver.clone(), ask)).collect();
    let mut out = world.run(all(clients)).expect("they are all answered").concat();
    for count in counts {
        let _ = writeln!(out, "asked of {}: {}", count.address, count.queries.get());
    }
    out
}

type Client<'a> = Pin<Box<dyn Future<Output = String> + 'a>>;

fn client(host: Host, resolver: Arc<Resolver>, ask: &Ask) -> Client<'_> {
    Box::pin(async move {
        host.sleep_until(Instant::ZERO + ask.at).await;
        let asked = Asked { from: ask.from, query: &ask.query, recursion_desired: ask.recursion_desired };
        let answered = match resolver.ask(&host, asked) {
            Ok(answered) => answered,
            Err(later) => later.await,
        };
        told(ask, host.now().since(Instant::ZERO + ask.at), &answered)
    })
}

fn told(ask: &Ask, took: Duration, answered: &Answered) -> String {
    let mut out = String::new();
    let (reply, joined) = (&answered.reply, if answered.joined { ", joined" } else { "" });
    let (name, kind, from, at) = (&ask.query.name, ask.query.kind, ask.from, ask.at.as_secs_f32());
    let _ = writeln!(out, "{from} at {at} s: {name} {kind}");
    let _ = writeln!(out, "  {} after {} ms, from {}{joined}", reply.code, took.as_millis(), reply.source.word());
    for (section, records) in [("answer", &reply.answer), ("authority", &reply.authority)] {
        for record in records {
            let _ = writeln!(out, "  {section} {record}");
        }
    }
    if let Some(error) = &reply.error {
        let _ = writeln!(out, "  error {} {:?}: {}", error.code, error.meaning(), error.text);
    }
    out
}

/// What all of them come to, in their order.
async fn all(mut clients: Vec<Client<'_>>) -> Vec<String> {
    let mut told: Vec<Option<String>> = clients.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (client, told) in clients.iter_mut().zip(&mut told).filter(|(_, told)| told.is_none()) {
            if let Poll::Ready(text) = client.as_mut().poll(cx) {
                *told = Some(text);
            }
        }
        if told.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    told.into_iter().flatten().collect()
}
