//! Tells other name servers that a zone has changed: at the start, and whenever a new configuration has a newer serial (RFC 1996). What is
//! said, and to whom, is decided in [`decide::transfer`].

use super::key::TsigKey;
use crate::server::{Snapshot, Worker};
use decide::config::{Dns, Zone};
use decide::random::Random;
use decide::step::{Step, Texts, TransferStep};
use decide::time::Instant;
use decide::transfer::{self, Change, Heard};
use host::Datagrams;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::Poll;
use wire::dns::tsig::{Exchange, Untrusted};
use wire::dns::{Message, Name};

/// Servers that are told at once, each over a port of its own; others wait.
const AT_ONCE: usize = 256;
/// An acknowledgement is short.
const LARGEST: usize = 1232;

/// One server to be told of one zone.
struct Due {
    zone: Name,
    to: SocketAddr,
    serial: u32,
}

/// Whom to tell still, and how many are being told.
#[derive(Default)]
struct Waiting {
    due: RefCell<VecDeque<Due>>,
    tellers: Cell<usize>,
}

impl Waiting {
    /// Versions that are no more, and zones that are gone, are not told of any longer: however often zones change while servers do not
    /// answer, no more waits than each zone's servers once.
    fn keep_to(&self, dns: &Dns, changes: &[(usize, Change)]) {
        let changed: BTreeSet<usize> = changes.iter().map(|(place, _)| *place).collect();
        let stay: BTreeSet<&Name> =
            (0..).zip(&dns.zones).filter(|(place, _)| !changed.contains(place)).map(|(_, zone)| &zone.name).collect();
        self.due.borrow_mut().retain(|due| stay.contains(&due.zone));
    }
}

/// Tells of every change until the server drains. One worker does, for all.
pub(crate) async fn run(worker: Rc<Worker>) {
    let waiting: Rc<Waiting> = Rc::default();
    let mut before = None;
    loop {
        let seen = worker.server.changed.number();
        if worker.server.is_draining() {
            return;
        }
        let now = worker.server.snapshot();
        compare(&worker, before.as_deref(), &now, &waiting);
        let tellers = waiting.due.borrow().len().min(AT_ONCE - waiting.tellers.get());
        waiting.tellers.set(waiting.tellers.get() + tellers);
        for _ in 0..tellers {
            worker.host.spawn(work(worker.clone(), waiting.clone()));
        }
        before = Some(now);
        worker.server.changed.after(seen).await;
    }
}

fn compare(worker: &Worker, before: Option<&Snapshot>, now: &Snapshot, waiting: &Waiting) {
    let Some(dns) = &now.config.dns else { return waiting.due.borrow_mut().clear() };
    let changes = transfer::changes(before.and_then(|before| before.config.dns.as_ref()), dns);
    waiting.keep_to(dns, &changes);
    for (place, change) in changes {
        let zone = &dns.zones[place];
        let Some((_, soa)) = transfer::start(zone) else { continue };
        let why = match change {
            Change::Newer => {
                let due = |(to, _): &(SocketAddr, Option<usize>)| Due { zone: zone.name.clone(), to: *to, serial: soa.serial };
                waiting.due.borrow_mut().extend(zone.notify.iter().map(due));
                continue;
            }
            Change::Stands => "same",
            Change::Older => "older",
        };
        let mut texts = Texts::default();
        let zone = texts.keep(zone.name.to_string().as_bytes());
        let step = Step::Transfer(TransferStep::SerialStands { zone, serial: soa.serial.into(), why });
        worker.server.tell_with(worker.host.calendar(), step, &texts);
    }
}

async fn work(worker: Rc<Worker>, waiting: Rc<Waiting>) {
    loop {
        let next = waiting.due.borrow_mut().pop_front();
        let Some(due) = next else { break };
        tell(&worker, &due).await;
    }
    waiting.tellers.set(waiting.tellers.get() - 1);
}

/// Tells one server until it has understood, or will not, or does not answer, or the zone has changed again.
async fn tell(worker: &Worker, due: &Due) {
    let mut why = String::new();
    for notice in 1..=transfer::MOST_NOTICES {
        let snapshot = worker.server.snapshot();
        let Some((zone, key)) = still_due(&snapshot, due) else { return };
        if worker.server.is_draining() {
            return;
        }
        let until = worker.host.now() + transfer::wait(notice);
        match send(worker, zone, key, due.to, until).await {
            Ok(Told::Heard(Heard::Refused(code))) => return failed(worker, due, notice, &format!("it answers {code}")),
            Ok(Told::Heard(_)) => return acknowledged(worker, due, notice),
            Ok(Told::Silence(None)) => why = "no answer".to_string(),
            Ok(Told::Silence(Some(untrusted))) => why = untrusted.to_string(),
            // Nobody listens there, or nothing leads there: perhaps it is being started again.
            Err(error) => {
                why = error.to_string();
                worker.host.sleep_until(until).await;
            }
        }
    }
    failed(worker, due, transfer::MOST_NOTICES, &why);
}

/// The zone and the key, if this server is still to be told of this version.
fn still_due<'a>(snapshot: &'a Snapshot, due: &Due) -> Option<(&'a Zone, Option<TsigKey>)> {
    let dns = snapshot.config.dns.as_ref()?;
    let zone = dns.zones.iter().find(|zone| zone.name == due.zone)?;
    let (_, key) = zone.notify.iter().find(|(to, _)| *to == due.to)?;
    let (_, soa) = transfer::start(zone)?;
    let key = key.and_then(|key| dns.keys.get(key)).map(TsigKey::new);
    (soa.serial == due.serial).then_some((zone, key))
}

/// What came of a notice.
enum Told {
    Heard(Heard),
    /// Nothing that is to be believed; and what came last, if something did.
    Silence(Option<Untrusted>),
}

/// One notice, and what is heard of it by then.
async fn send(worker: &Worker, zone: &Zone, key: Option<TsigKey>, to: SocketAddr, until: Instant) -> io::Result<Told> {
    let host = &worker.host;
    let id = u16::try_from(host.unguessable().next() >> 48).expect("sixteen bits");
    let Some(message) = transfer::notice(zone, id) else { return Ok(Told::Silence(None)) };
    let now = || host.calendar().0.as_secs();
    let mut bytes = message.write().expect("a name and its start are short");
    let mut exchange = key.map(|key| Exchange::ask(key, &mut bytes, now()).expect("it is short"));
    let mut socket = host.datagrams(to)?;
    poll_fn(|cx| socket.poll_send(cx, &bytes)).await?;
    let (mut buffer, mut untrusted) = ([0; LARGEST], None);
    loop {
        let Some((len, from)) = receive(worker, &mut socket, &mut buffer, until).await? else { return Ok(Told::Silence(untrusted)) };
        let Some(message) = Message::read(&buffer[..len]).ok().filter(|_| from == to) else { continue };
        let heard = transfer::heard(&message, &zone.name, id);
        if heard == Heard::Stray {
            continue;
        }
        // RFC 8945 §5.4: what does not hold is as if it had not come; the true answer still may.
        match exchange.as_mut().map_or(Ok(len), |exchange| exchange.read(&buffer[..len], now())) {
            Ok(_) => return Ok(Told::Heard(heard)),
            Err(why) => untrusted = Some(why),
        }
    }
}

async fn receive(worker: &Worker, socket: &mut Datagrams, into: &mut [u8], until: Instant) -> io::Result<Option<(usize, SocketAddr)>> {
    let mut deadline = worker.host.deadline();
    deadline.set(until);
    poll_fn(|cx| match socket.poll_receive(cx, into) {
        Poll::Ready(came) => Poll::Ready(came.map(Some)),
        Poll::Pending => deadline.poll_passed(cx).map(|()| Ok(None)),
    })
    .await
}

fn acknowledged(worker: &Worker, due: &Due, notices: u32) {
    let mut texts = Texts::default();
    let (zone, to) = (texts.keep(due.zone.to_string().as_bytes()), texts.keep(due.to.to_string().as_bytes()));
    let step = Step::Transfer(TransferStep::Notified { zone, to, serial: due.serial.into(), notices: notices.into() });
    worker.server.tell_with(worker.host.calendar(), step, &texts);
}

fn failed(worker: &Worker, due: &Due, notices: u32, why: &str) {
    let mut texts = Texts::default();
    let (zone, to) = (texts.keep(due.zone.to_string().as_bytes()), texts.keep(due.to.to_string().as_bytes()));
    let why = texts.keep(why.as_bytes());
    let step = Step::Transfer(TransferStep::NotifyFailed { zone, to, serial: due.serial.into(), notices: notices.into(), why });
    worker.server.tell_with(worker.host.calendar(), step, &texts);
}

#[cfg(test)]
mod tests;
