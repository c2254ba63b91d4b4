//! Clients of the recursive role, and what each of them is told.

use crate::play::Counted;
use crate::script::{Ask, Script};
use decide::resolve::Asked;
use decide::step::{ResolverStep, Texts, Value};
use decide::time::Instant;
use host::Host;
use lab::World;
use node::resolver::{ANSWERS, Answered, Resolver, Tell};
use std::cell::RefCell;
use std::fmt::Write;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Every answer, in the order of the questions, and how many queries each name server was sent for all of them.
pub(crate) fn play(script: &Script, world: &World, counts: &[Counted]) -> String {
    let machine = world.host("resolver", "10.9.9.9");
    let resolver = Arc::new(Resolver::new(&script.resolver));
    let steps: Rc<RefCell<String>> = Rc::default();
    let (told, host) = (steps.clone(), machine.host());
    let tell: Tell = Rc::new(move |step, texts| tell_step(&mut told.borrow_mut(), host.now(), &step, texts));
    let clients = script.asks.iter().map(|ask| client(machine.host(), resolver.clone(), tell.clone(), ask)).collect();
    let mut out = world.run(all(clients)).expect("they are all answered").concat();
    out += &steps.borrow();
    let counts_of = resolver.counts();
    let answers = ANSWERS.iter().zip(counts_of.answers).map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>().join(", ");
    let _ = writeln!(out, "answers: {answers}; joined {}; lookups {}, failed {}", counts_of.joined, counts_of.lookups, counts_of.failed);
    for count in counts {
        let _ = writeln!(out, "asked of {}: {}", count.address, count.queries.get());
    }
    out
}

type Client<'a> = Pin<Box<dyn Future<Output = String> + 'a>>;

fn tell_step(out: &mut String, now: Instant, step: &ResolverStep, texts: &Texts) {
    let _ = write!(out, "step at {} ms: {}", now.since(Instant::ZERO).as_millis(), step.name());
    step.fields(|field, value| {
        let _ = match value {
            Value::Text(text) => write!(out, " {field}={:?}", String::from_utf8_lossy(texts.get(text))),
            Value::Word(word) => write!(out, " {field}={word}"),
            Value::Number(number) => write!(out, " {field}={number}"),
            _ => Ok(()),
        };
    });
    out.push('\n');
}

fn client(host: Host, resolver: Arc<Resolver>, tell: Tell, ask: &Ask) -> Client<'_> {
    Box::pin(async move {
        host.sleep_until(Instant::ZERO + ask.at).await;
        let asked = Asked { from: ask.from, query: &ask.query, recursion_desired: ask.recursion_desired };
        let answered = match resolver.ask(&host, asked, &tell) {
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
