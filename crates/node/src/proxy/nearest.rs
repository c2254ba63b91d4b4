//! Clients that are led to the nearest place: the redirect, and what they need to measure.

use crate::measure::report::{self, Refusal};
use crate::measure::{Measuring, OBJECT, REPORT, SCRIPT, script};
use crate::proxy::exchange::{Exchange, Stage};
use crate::proxy::reply::Reply;
use crate::server::Snapshot;
use decide::config::Forward;
use decide::steer::{Decision, redirect};
use decide::step::{List, NearestStep, Side};
use decide::time::Duration;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use wire::http::{Known, Method};
use wire::http1::Framing;

/// Each client is led by its own address: what one is told holds for no other, and not for long. RFC 9111 §5.2.2.7
const FOR_ONE: &[u8] = b"private, max-age=0";

/// Where a client is led, as far as the tables know.
struct Led {
    decision: Decision,
    /// Places (indices of the configuration), the best first.
    order: Vec<usize>,
}

impl Exchange<'_> {
    /// Sends the client to the place that is nearest to it.
    pub(crate) fn redirect_to_pop(&mut self, steering: usize, status: u16) -> Stage {
        let snapshot = self.snapshot.clone();
        let client = self.steered_client(&snapshot);
        let led = lead(&snapshot, steering, client);
        let forward = self.forward(&snapshot);
        let scratch = &mut *self.scratch;
        scratch.text.clear();
        let order = led.order.iter().copied();
        let pop = match redirect::location(&snapshot.config.pops, order, &scratch.request, &forward, &mut scratch.text) {
            Ok(pop) => pop,
            Err(why) => {
                let side = if why.is_clients() { Side::Client } else { Side::Us };
                return self.refuse(why.status(), why.sentence(), side);
            }
        };
        let mut reply = Reply::new(status, Some("redirect"));
        reply.fields.push_known(Known::Location, &scratch.text);
        reply.fields.push_known(Known::CacheControl, FOR_ONE);
        self.tell_led((&snapshot, steering), &led, pop, client);
        Stage::reply(reply)
    }

    fn tell_led(&mut self, (snapshot, steering): (&Snapshot, usize), led: &Led, pop: usize, client: Option<IpAddr>) {
        let (decision, version) = (&led.decision, led.decision.version);
        let chosen = usize::from(decision.answer.pop) == pop;
        let (layer, prefix) = if chosen { (decision.layer.word(), decision.prefix) } else { ("next-best", None) };
        snapshot.counters().led_by_redirect(self.worker.index, steering, pop, layer);
        let read = self.is_traced() || self.worker.server.steps_are_read;
        let journey = &mut self.scratch.journey;
        // Nobody would read what it was chosen among.
        let candidates = if read { decision.told(&snapshot.config.pops, journey.texts_mut()) } else { List::default() };
        let pop = journey.keep(snapshot.config.pops[pop].name.as_bytes());
        let prefix = journey.keep(prefix.map(|prefix| prefix.to_string()).unwrap_or_default().as_bytes());
        let client = journey.keep(client.map(|client| client.to_string()).unwrap_or_default().as_bytes());
        self.step(NearestStep::RedirectedToPop { pop, layer, prefix, version, client, candidates }.into());
    }

    /// Answers for the script, the object that it times, and its report.
    pub(crate) async fn measure(&mut self, steering: usize) -> Stage {
        let snapshot = self.snapshot.clone();
        let measuring = snapshot.measuring(steering);
        let request = &self.scratch.request;
        let reads = matches!(request.method, Method::Get | Method::Head);
        match request.path() {
            OBJECT if reads => Stage::reply(object()),
            SCRIPT if reads => self.script(&snapshot, steering, measuring),
            OBJECT | SCRIPT => {
                let mut reply = Reply::problem(405, "it is there to be read", "");
                reply.field("Allow", "GET, HEAD");
                Stage::reply(reply)
            }
            REPORT => match self.report(&snapshot, steering, measuring).await {
                Ok(()) => {
                    let mut reply = Reply::new(204, Some("report"));
                    reply.fields.push_known(Known::CacheControl, b"no-store");
                    Stage::reply(reply)
                }
                Err(Refused::At(stage)) => stage,
                Err(Refused::For(why)) => self.refuse_report(why),
            },
            _ => Stage::reply(Reply::problem(404, "here are only probe.js, probe and report", "")),
        }
    }

    fn script(&mut self, snapshot: &Snapshot, steering: usize, measuring: Option<&Arc<Measuring>>) -> Stage {
        let client = self.steered_client(snapshot);
        let (Some(measuring), Some(client)) = (measuring, client) else {
            let (_, _, why) = if measuring.is_none() { Refusal::Off.told() } else { Refusal::NoAddress.told() };
            return Stage::reply(Reply::problem(404, why, ""));
        };
        let led = lead(snapshot, steering, Some(client));
        let leave = measuring.leave(client, &self.worker.host);
        let text = script(&leave, &snapshot.config.pops, led.order.into_iter());
        let mut reply = Reply::fixed(200, "text/javascript; charset=utf-8", &text);
        reply.why = Some("probe");
        // The leave in it is for one client, and once.
        reply.fields.push_known(Known::CacheControl, b"no-store");
        reply.field("X-Content-Type-Options", "nosniff");
        // A page of another site could read the leave out of it, and have its visitors report what it likes.
        reply.field("Cross-Origin-Resource-Policy", "same-site");
        Stage::reply(reply)
    }

    async fn report(&mut self, snapshot: &Snapshot, steering: usize, measuring: Option<&Arc<Measuring>>) -> Result<(), Refused> {
        let measuring = measuring.ok_or(Refusal::Off)?;
        let request = &self.scratch.request;
        if request.method != Method::Post {
            return Err(Refusal::Method.into());
        }
        // Fetch Metadata: a browser says so by itself, and no page can take it back. Who leaves it out speaks for his own address only.
        if request.fields.iter().any(|field| field.name.eq_ignore_ascii_case(b"Sec-Fetch-Site") && field.value == b"cross-site") {
            return Err(Refusal::CrossSite.into());
        }
        let client = self.steered_client(snapshot).ok_or(Refusal::NoAddress)?;
        if matches!(self.meta.framing, Framing::Exact(bytes) if bytes > report::MOST_BYTES) {
            return Err(Refusal::Body.into());
        }
        let mut body = Vec::new();
        if let Err(stage) = self.collect_body(&mut body, report::MOST_BYTES).await {
            let (status, why, _) = Refusal::Body.told();
            self.step(NearestStep::ReportRefused { status, why }.into());
            return Err(Refused::At(stage));
        }
        let config = &snapshot.config;
        let told = report::read(&body, &config.pops, &config.steerings[steering].pops)?;
        let (calendar, now) = (self.worker.host.calendar(), self.worker.host.now());
        let network = measuring.take(client, &told.leave, &told.times, calendar, now)?;
        let journey = &mut self.scratch.journey;
        let network = journey.keep(network.to_string().as_bytes());
        let one = |(pop, time): &(u16, Duration)| format!("{} {:.1}", config.pops[usize::from(*pop)].name, time.as_secs_f64() * 1000.0);
        let times = journey.keep(told.times.iter().map(one).collect::<Vec<_>>().join(", ").as_bytes());
        self.step(NearestStep::ReportTaken { network, times }.into());
        Ok(())
    }

    fn refuse_report(&mut self, why: Refusal) -> Stage {
        let (status, why, sentence) = why.told();
        self.step(NearestStep::ReportRefused { status, why }.into());
        let mut reply = Reply::problem(status, sentence, "");
        reply.fields.push_known(Known::CacheControl, b"no-store");
        match status {
            405 => reply.field("Allow", "POST"),
            429 | 503 => reply.field("Retry-After", "60"),
            _ => {}
        }
        Stage::reply(reply)
    }

    /// The client that a decision is about.
    fn steered_client(&self, snapshot: &Snapshot) -> Option<IpAddr> {
        redirect::client(&self.scratch.request, self.client.caller.endpoint.ip(), &self.forward(snapshot))
    }

    fn forward(&self, snapshot: &Snapshot) -> Forward {
        self.site_and_route(snapshot).expect("a routed request").0.forward
    }
}

/// Where a client is led.
fn lead(snapshot: &Snapshot, steering: usize, client: Option<IpAddr>) -> Led {
    // Nobody knows where a client on a Unix socket is, and no table has this address.
    let decision = snapshot.steering(steering).present().decide(client.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    let order = redirect::order(&decision);
    Led { decision, order }
}

/// Why a report is not taken: for what it is, or for how it came, which has been answered by the stage that read it.
enum Refused {
    For(Refusal),
    At(Stage),
}

impl From<Refusal> for Refused {
    fn from(why: Refusal) -> Refused {
        Refused::For(why)
    }
}

/// What the script times: as little as can be, never kept, and with its times told to the script of any page.
fn object() -> Reply {
    let mut reply = Reply::fixed(200, "text/plain; charset=utf-8", "here\n");
    reply.why = Some("probe");
    reply.fields.push_known(Known::CacheControl, b"no-store");
    reply.field("Access-Control-Allow-Origin", "*");
    reply.field("Timing-Allow-Origin", "*");
    reply.field("Cross-Origin-Resource-Policy", "cross-origin");
    reply
}
