//! One server of a page's resources: its connections, and what comes over them.

use super::{MOST_REDIRECTS, Nobody, Numbered, Outcome, Shared, Task, boxed, together};
use crate::buffer::Buffer;
use crate::fetch::exchange::Exchange;
use crate::fetch::fields::About;
use crate::fetch::line::{Carrier, End, Line};
use crate::fetch::telling::Telling;
use crate::fetch::visit::Asked;
use crate::fetch::{connect, fields, name, secure, stream};
use crate::transport::Transport;
use decide::fetch::fault::{Fault, Station, Whose};
use decide::fetch::redirect;
use decide::fetch::url::Target;
use decide::joined::Parent;
use decide::random::Random;
use decide::step::Step;
use decide::time::Duration;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use wire::http::{Known, Method};

/// Connections to a server that speaks HTTP/1.1, as browsers have.
const MOST_CONNECTIONS: usize = 6;
/// Streams of one connection at once, if the server allows as many.
const MOST_STREAMS: usize = 100;

/// See the module.
pub(super) struct Site {
    target: Target,
    queue: RefCell<VecDeque<Task>>,
    /// Where connections go to; looked up when the first is made.
    addresses: RefCell<Vec<SocketAddr>>,
    /// A connection was there once.
    reached: Cell<bool>,
}

/// What came of one request.
struct Came {
    reusable: bool,
    end: End,
}

impl Site {
    /// The tasks by their servers, in the order of the tasks.
    pub(super) fn all(tasks: Vec<Task>) -> Vec<Site> {
        let mut sites: Vec<Site> = Vec::new();
        for task in tasks {
            let at = sites.iter().position(|site| site.target.same_origin(&task.target)).unwrap_or_else(|| {
                let target = task.target.clone();
                sites.push(Site { target, queue: RefCell::default(), addresses: RefCell::default(), reached: Cell::new(false) });
                sites.len() - 1
            });
            sites[at].queue.get_mut().push_back(task);
        }
        sites
    }

    /// Fetches all of them.
    pub(super) async fn fetch(&self, shared: &Shared<'_, '_, '_>) {
        let idle = shared.tally.borrow_mut().idle(&self.target);
        if let Some(address) = idle.as_ref().and_then(|(_, line)| line.remote.parse().ok()) {
            *self.addresses.borrow_mut() = vec![address];
            self.reached.set(true);
        }
        // What is spoken inside TLS is known when the first handshake is over; without TLS it is known before.
        let first = match idle {
            None if self.target.is_secure() => match self.open(shared).await {
                Some(first) => Some(first),
                None => return,
            },
            idle => idle,
        };
        match first {
            Some(first) if first.1.speaks() == "HTTP/2" => self.by_streams(shared, first).await,
            first => self.by_connections(shared, first).await,
        }
    }

    async fn by_connections(&self, shared: &Shared<'_, '_, '_>, mut first: Option<Numbered>) {
        if self.addresses.borrow().is_empty() && !self.look_up(shared).await {
            return;
        }
        let many = self.queue.borrow().len().min(MOST_CONNECTIONS);
        let all = (0..many).map(|_| boxed(self.one_after_another(shared, first.take()))).collect();
        together(shared, all).await;
    }

    /// Takes resource after resource over a connection, and over another where that ends.
    async fn one_after_another(&self, shared: &Shared<'_, '_, '_>, mut line: Option<Numbered>) {
        while !self.queue.borrow().is_empty() {
            let Some((number, mut on)) = (match line.take() {
                Some(line) => Some(line),
                None => self.open(shared).await,
            }) else {
                return;
            };
            // Somebody else may have been faster while the connection was made.
            let Some(task) = self.pop() else {
                shared.tally.borrow_mut().rest((number, on));
                return;
            };
            let mut nobody = Nobody;
            let mut aside = Telling::new(shared.host, &mut nobody);
            let came = match Exchange::on(on.parts().1, shared.host, &shared.limit, &mut aside) {
                Ok(exchange) => self.exchange(shared, exchange, number, task).await,
                Err(fault) => {
                    self.fail(shared, &task, number, &fault);
                    Came { reusable: false, end: End::Ours }
                }
            };
            match came.reusable && on.is_usable() {
                true => line = Some((number, on)),
                false => shared.tally.borrow_mut().over(number, on, came.end),
            }
        }
        if let Some(line) = line {
            shared.tally.borrow_mut().rest(line);
        }
    }

    async fn by_streams(&self, shared: &Shared<'_, '_, '_>, first: Numbered) {
        let mut on = first;
        loop {
            let before = self.queue.borrow().len();
            let (number, line) = (on.0, &mut on.1);
            if let Carrier::Streams(lone) = line.parts().1 {
                let work = async || {
                    while let Some(task) = self.pop() {
                        let mut nobody = Nobody;
                        let mut aside = Telling::new(shared.host, &mut nobody);
                        match stream::Exchange::new(shared.host, lone, &shared.limit, &mut aside) {
                            Ok(exchange) => {
                                self.exchange(shared, Exchange::Stream(exchange), number, task).await;
                            }
                            // No room for another stream: those that are under way make some.
                            Err(_) => return self.queue.borrow_mut().push_front(task),
                        }
                    }
                };
                together(shared, (0..before.min(MOST_STREAMS)).map(|_| boxed(work())).collect()).await;
            }
            let left = self.queue.borrow().len();
            if left == 0 {
                break shared.tally.borrow_mut().rest(on);
            }
            shared.tally.borrow_mut().over(on.0, on.1, End::Ours);
            if left == before {
                let why = "the server takes no more requests on its connection";
                return self.fail_all(shared, &Fault::new(Station::Http, Whose::Server, "no-stream", why, ""));
            }
            match self.open(shared).await {
                Some(another) => on = another,
                None => return,
            }
        }
    }

    fn pop(&self) -> Option<Task> {
        self.queue.borrow_mut().pop_front()
    }

    fn fail(&self, shared: &Shared<'_, '_, '_>, task: &Task, connection: u64, fault: &Fault) {
        shared.tally.borrow_mut().fetched(task, shared.resources, &Outcome::failed(connection, Duration::ZERO, fault.why.clone()));
    }

    fn fail_all(&self, shared: &Shared<'_, '_, '_>, fault: &Fault) {
        while let Some(task) = self.pop() {
            self.fail(shared, &task, 0, fault);
        }
    }

    /// Another connection. If there is none, one resource has failed by that; all, if there never was one.
    async fn open(&self, shared: &Shared<'_, '_, '_>) -> Option<Numbered> {
        match self.opened(shared).await {
            Ok(line) => {
                self.reached.set(true);
                Some(line)
            }
            Err(fault) if self.reached.get() => {
                if let Some(task) = self.pop() {
                    self.fail(shared, &task, 0, &fault);
                }
                None
            }
            Err(fault) => {
                self.fail_all(shared, &fault);
                None
            }
        }
    }

    async fn look_up(&self, shared: &Shared<'_, '_, '_>) -> bool {
        let mut nobody = Nobody;
        let mut aside = Telling::new(shared.host, &mut nobody);
        match name::addresses(shared.host, shared.request, &self.target, &shared.limit, &mut aside).await {
            Ok(addresses) => *self.addresses.borrow_mut() = addresses,
            Err(fault) => self.fail_all(shared, &fault),
        }
        !self.addresses.borrow().is_empty()
    }

    async fn opened(&self, shared: &Shared<'_, '_, '_>) -> Result<Numbered, Fault> {
        let (host, target) = (shared.host, &self.target);
        let began = host.now_afresh();
        let mut nobody = Nobody;
        let mut aside = Telling::new(host, &mut nobody);
        if self.addresses.borrow().is_empty() {
            let addresses = name::addresses(host, shared.request, target, &shared.limit, &mut aside).await?;
            *self.addresses.borrow_mut() = addresses;
        }
        let addresses = self.addresses.borrow().clone();
        let (tcp, remote) = connect::connect(host, &addresses, &shared.limit, &mut aside).await?;
        let meter = tcp.meter();
        let carrier = match (target.is_secure(), shared.visitor) {
            (false, _) => Carrier::Whole(Transport::Plain(tcp), Buffer::new(shared.buffers)),
            (true, None) => {
                return Err(Fault::new(Station::Tls, Whose::Machine, "no-trust", "this machine has no authorities to trust", ""));
            }
            (true, Some(visitor)) => match secure::secure(host, visitor, tcp, target, &shared.limit, &mut aside).await? {
                (tls, true) => Carrier::Streams(stream::begin(host, shared.buffers, Transport::Tls(tls))),
                (tls, false) => Carrier::Whole(Transport::Tls(tls), Buffer::new(shared.buffers)),
            },
        };
        let line = Line::new(carrier, meter, target.clone(), remote.to_string());
        let took = host.now_afresh().since(began);
        let number = shared.tally.borrow_mut().opened(target, &line, took);
        Ok((number, line))
    }

    /// One request and its answer, told.
    async fn exchange(&self, shared: &Shared<'_, '_, '_>, mut exchange: Exchange<'_, '_>, connection: u64, mut task: Task) -> Came {
        let began = shared.host.now_afresh();
        let got = exchange.ask(&asked(shared, &task.target), task.target.scheme()).await;
        let waited = shared.host.now_afresh().since(began);
        let got = match got {
            Ok(got) => got,
            Err(fault) => {
                let outcome = Outcome::failed(connection, waited, fault.why);
                shared.tally.borrow_mut().fetched(&task, shared.resources, &outcome);
                return Came { reusable: false, end: exchange.end() };
            }
        };
        let asked = redirect::Asked { method: &Method::Get, trail: &task.trail, most: MOST_REDIRECTS };
        let onward = redirect::follow(got.head.status, got.head.fields.get(Known::Location), asked);
        let whole = exchange.body(&got, onward.is_some()).await;
        let (status, version) = (got.head.status, if matches!(exchange, Exchange::Stream(_)) { "HTTP/2" } else { got.head.version.name() });
        let came = Came { reusable: matches!(whole, Ok(true)) && got.keep_alive && exchange.end() == End::Ours, end: exchange.end() };
        let fault = match (onward, whole) {
            (Some(Ok(onward)), _) => {
                task.target = onward.read.target.clone();
                task.trail.push((Method::Get, onward.read.target));
                match task.target.same_origin(&self.target) {
                    true => self.queue.borrow_mut().push_front(task),
                    false => shared.elsewhere.borrow_mut().push(task),
                }
                return came;
            }
            (Some(Err(_)), _) => format!("it answers {status} and leads nowhere"),
            (None, Err(fault)) => fault.why,
            (None, Ok(_)) => String::new(),
        };
        let size = received(exchange.telling());
        let took = shared.host.now_afresh().since(began);
        let outcome = Outcome { status, version, connection, size, waited, took, fault };
        shared.tally.borrow_mut().fetched(&task, shared.resources, &outcome);
        came
    }
}

/// The user's fields go along; those for the page's server alone go nowhere else.
fn asked(shared: &Shared<'_, '_, '_>, target: &Target) -> Asked<'static> {
    let same = target.same_origin(shared.page);
    let parent = Parent { trace: shared.journey, request: shared.host.rng().next().max(1) };
    let mut fields = fields::fields(shared.request, target, &About { parent, body: None, credentials: same, token: None });
    fields.retain(|(name, _)| same || !name.eq_ignore_ascii_case("host"));
    Asked { method: Method::Get, path: target.path_and_query(), authority: target.authority(), fields, body: None, upgrade: false }
}

/// Bytes of the last body.
fn received(telling: &Telling<'_>) -> u64 {
    let bodies = telling.journey.steps().iter().rev();
    bodies.filter_map(|(_, step)| if let Step::BodyReceived { size, .. } = step { Some(size.0) } else { None }).next().unwrap_or_default()
}
