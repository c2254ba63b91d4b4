//! The journey as a row of legs: each reads a URL, gets a line to its server, asks, and is sent on or has arrived.

use super::content::Content;
use super::exchange::Exchange;
use super::fields::About;
use super::limit::Limit;
use super::line::{Carrier, End, Line, measure};
use super::socket::Talk;
use super::telling::Telling;
use super::{Request, Watcher, connect, fields, name, page, secure, socket, stream, whole};
use crate::buffer::{Buffer, Buffers};
use crate::tls::Visitor;
use crate::transport::Transport;
use decide::fetch::fault::{Fault, Station};
use decide::fetch::redirect::{self, Astray, Onward};
use decide::fetch::url::{self, Read, Target, typed_redacted};
use decide::step::{Bytes, Journey, Step};
use decide::time::Duration;
use host::Host;
use wire::http::{Known, Method, ResponseHead};
use wire::http1::Framing;

/// A farewell that the server does not take is not waited for.
const FAREWELL: Duration = Duration::from_millis(200);

/// See the module.
pub(super) struct Visit<'a> {
    pub(super) host: &'a Host,
    pub(super) request: &'a Request,
    pub(super) limit: Limit,
    pub(super) telling: Telling<'a>,
    buffers: Buffers,
    /// What TLS is done with; made when it is needed first, and kept for its tickets.
    visitor: Option<Visitor>,
    /// The line of the leg before.
    pub(super) kept: Option<Line>,
    /// What was spent on asking servers for their side: that is no part of what was asked for.
    pub(super) aside: Duration,
    /// What was asked, the present request last.
    trail: Vec<(Method, Target)>,
}

/// One request, as it is written down.
pub(super) struct Asked<'a> {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) authority: String,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Option<&'a [u8]>,
    /// It asks for another protocol on this connection.
    pub(super) upgrade: bool,
}

impl Asked<'_> {
    /// What `Host` and `:authority` say.
    pub(super) fn host(&self) -> &str {
        let own = self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        own.map_or(&self.authority, |(_, value)| value)
    }

    /// Fields without `Host`.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.fields.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Fields with `Host`.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        std::iter::once(("Host", self.host())).chain(self.fields())
    }
}

/// The head of an answer.
pub(super) struct Got {
    pub(super) head: ResponseHead,
    pub(super) framing: Framing,
    pub(super) keep_alive: bool,
}

/// What the next leg is.
struct Leg {
    read: Read,
    typed: String,
    method: Method,
    with_body: bool,
    credentials: bool,
}

/// How a leg ended.
enum Outcome {
    Arrived { status: u16 },
    Onward(Box<Leg>),
}

impl<'a> Visit<'a> {
    pub(super) fn new(host: &'a Host, request: &'a Request, watcher: &'a mut dyn Watcher) -> Visit<'a> {
        let telling = Telling::new(host, watcher);
        let limit = Limit::new(host, request.max_time);
        Visit {
            host,
            request,
            limit,
            telling,
            buffers: Buffers::default(),
            visitor: None,
            kept: None,
            aside: Duration::ZERO,
            trail: Vec::new(),
        }
    }

    pub(super) async fn go(mut self) -> Journey {
        let outcome = self.all_legs().await;
        let took = self.telling.now().since(self.telling.journey.began).saturating_sub(self.aside);
        self.end_kept(End::Ours).await;
        match outcome {
            Ok(status) => {
                let size = self.size();
                let legs = u16::try_from(self.trail.len()).unwrap_or(u16::MAX);
                self.telling.step(Step::Arrived { status, size, legs, took });
            }
            Err(fault) => self.telling.stopped(&fault),
        }
        self.telling.into_journey()
    }

    /// Bytes of the last body.
    fn size(&self) -> Bytes {
        let all = self.telling.journey.steps();
        if self.trail.last().is_some_and(|(_, target)| target.is_socket()) {
            return Bytes(all.iter().map(|(_, step)| socket::received_bytes(step)).sum());
        }
        let steps = all.iter().rev();
        steps.filter_map(|(_, step)| if let Step::BodyReceived { size, .. } = step { Some(*size) } else { None }).next().unwrap_or_default()
    }

    async fn all_legs(&mut self) -> Result<u16, Fault> {
        let typed = &self.request.url;
        let read = url::read(typed, None).map_err(|refused| Fault::of_url(&typed_redacted(typed), &refused))?;
        let method = match (&self.request.method, &self.request.body) {
            (Some(method), _) => Method::of(method),
            (None, Some(_)) => Method::Post,
            (None, None) => Method::Get,
        };
        let mut leg = Leg { read, typed: typed.clone(), method, with_body: true, credentials: true };
        loop {
            match self.leg(leg).await? {
                Outcome::Arrived { status } => return Ok(status),
                Outcome::Onward(next) => leg = *next,
            }
        }
    }

    async fn leg(&mut self, leg: Leg) -> Result<Outcome, Fault> {
        let target = leg.read.target.clone();
        self.settle(&target).await;
        self.tell_url(&leg);
        self.trail.push((leg.method.clone(), target.clone()));
        let body = self.request.body.as_deref().filter(|_| leg.with_body);
        let line = self.line(&target).await?;
        let token = self.token_for(&line, leg.credentials);
        let about = About { parent: self.next_parent(), body: body.map(<[u8]>::len), credentials: leg.credentials, token };
        let fields = fields::fields(self.request, &target, &about);
        let (path, authority, upgrade) = (target.path_and_query(), target.authority(), target.is_socket());
        let mut asked = Asked { method: leg.method.clone(), path, authority, fields, body, upgrade };
        if upgrade {
            asked.fields.extend(socket::opening(self.host, self.request));
            return self.socket(line, &asked).await;
        }
        self.exchange(line, &asked, &leg).await
    }

    fn tell_url(&mut self, leg: &Leg) {
        let target = &leg.read.target;
        let number = u16::try_from(self.trail.len() + 1).unwrap_or(u16::MAX);
        let telling = &mut self.telling;
        let (typed, shown, host) = (telling.keep(typed_redacted(&leg.typed)), telling.keep(target.shown()), telling.keep(target.host()));
        let (scheme, port, port_written) = (target.scheme(), target.port(), target.port_written());
        telling.step(Step::UrlRead { typed, url: shown, scheme, host, port, port_written, leg: number });
        for change in &leg.read.changes {
            let (before, after) = (telling.keep(typed_redacted(&change.before)), telling.keep(typed_redacted(&change.after)));
            telling.step(Step::UrlNormalised { rule: change.rule, before, after });
        }
    }

    /// Ends the line of the leg before, if it does not lead to where this one goes: that belongs to the leg before.
    async fn settle(&mut self, target: &Target) {
        if let Some(kept) = &mut self.kept
            && !(kept.origin.same_origin(target) && kept.is_usable())
        {
            self.end_kept(End::Ours).await;
        }
    }

    /// The line of the leg before, if it leads there; else a new one.
    pub(super) async fn line(&mut self, target: &Target) -> Result<Line, Fault> {
        if let Some(kept) = self.kept.take() {
            let remote = self.telling.keep(&kept.remote);
            self.telling.step(Step::ConnectionReused { remote });
            return Ok(kept);
        }
        let addresses = name::addresses(self.host, self.request, target, &self.limit, &mut self.telling).await?;
        let (tcp, remote) = connect::connect(self.host, &addresses, &self.limit, &mut self.telling).await?;
        let meter = tcp.meter();
        measure(meter.as_ref(), "connected", &mut self.telling);
        let carrier = match target.is_secure() {
            false => Carrier::Whole(Transport::Plain(tcp), Buffer::new(&self.buffers)),
            true => {
                if self.visitor.is_none() {
                    self.visitor = Some(secure::visitor(self.request, target, &mut self.telling)?);
                }
                let visitor = self.visitor.as_ref().expect("it was just made");
                let (tls, http2) = secure::secure(self.host, visitor, tcp, target, &self.limit, &mut self.telling).await?;
                match http2 {
                    true => Carrier::Streams(stream::begin(self.host, &self.buffers, Transport::Tls(tls))),
                    false => Carrier::Whole(Transport::Tls(tls), Buffer::new(&self.buffers)),
                }
            }
        };
        Ok(Line::new(carrier, meter, target.clone(), remote.to_string()))
    }

    async fn exchange(&mut self, mut line: Line, asked: &Asked<'_>, leg: &Leg) -> Result<Outcome, Fault> {
        let (meter, carrier) = line.parts();
        let mut exchange = match Exchange::on(carrier, self.host, &self.limit, &mut self.telling) {
            Ok(exchange) => exchange,
            Err(fault) => {
                self.kept = Some(line);
                return Err(fault);
            }
        };
        let (host, request, trail) = (self.host, self.request, &self.trail);
        let run = async {
            let got = exchange.ask(asked, leg.read.target.scheme()).await?;
            measure(meter, "first-byte", exchange.telling());
            let onward = onward(request, trail, &got);
            if onward.is_none() {
                let content = Content::new(host, &got, &leg.read.target, request);
                exchange.telling().content = Some(content);
            }
            let whole = exchange.body(&got, onward.is_some()).await?;
            Ok((got, onward, whole))
        };
        let outcome = run.await;
        let end = exchange.end();
        let reusable = end == End::Ours && matches!(&outcome, Ok((got, _, true)) if got.keep_alive);
        self.kept = Some(line);
        if !reusable {
            self.end_kept(end).await;
        }
        let content = self.telling.content.take();
        let (got, onward, _) = outcome?;
        // Boxed: most journeys have no token.
        let before = self.telling.now();
        Box::pin(self.join(asked, &leg.read.target)).await;
        self.aside += self.telling.now().since(before);
        if let Some(content) = content {
            self.understand(content, &leg.read.target).await?;
        }
        self.outcome(&got, onward, leg)
    }

    /// Opens a WebSocket, talks on it, and closes it.
    async fn socket(&mut self, mut line: Line, asked: &Asked<'_>) -> Result<Outcome, Fault> {
        let (meter, carrier) = line.parts();
        let Carrier::Whole(transport, input) = carrier else { unreachable!("HTTP/1.1 alone was offered") };
        let (host, limit, request, telling) = (self.host, self.limit, self.request, &mut self.telling);
        let mut end = End::Ours;
        let run = async {
            let mut exchange = whole::Exchange::new(host, transport, input, &limit, telling);
            let got = exchange.ask(asked).await;
            end = exchange.end();
            let got = got?;
            measure(meter, "first-byte", exchange.telling());
            if got.head.status != 101 {
                exchange.body(&got, true).await?;
                end = exchange.end();
            }
            let deflate = socket::judge(&request.socket, &asked.fields, &got, telling)?;
            let mut talk = Talk::new(host, (transport, input), &limit, (&request.socket, deflate), telling);
            let outcome = talk.run().await;
            end = talk.end;
            outcome
        };
        let outcome = run.await;
        self.kept = Some(line);
        self.end_kept(end).await;
        outcome.map(|()| Outcome::Arrived { status: 101 })
    }

    /// What the answer is, and what it asks for. What is wrong with it ends the journey, but not before all is told.
    async fn understand(&mut self, content: Content, target: &Target) -> Result<(), Fault> {
        let understood = content.finish(&mut self.telling);
        let Some(seen) = understood.seen else { return understood.fault.map_or(Ok(()), Err) };
        if let Some(text) = &seen.text {
            self.telling.text(text, seen.document.is_some());
        }
        if let (Some(document), Some(most), false) = (&seen.document, self.request.page, understood.broken) {
            let kept = self.kept.take();
            let fetching = page::Fetching {
                host: self.host,
                request: self.request,
                limit: self.limit,
                buffers: &self.buffers,
                visitor: &mut self.visitor,
                telling: &mut self.telling,
            };
            self.kept = fetching.all(target, &document.resources, document.unlisted, most, kept).await;
        }
        understood.fault.map_or(Ok(()), Err)
    }

    /// Goes where the answer leads, and tells why.
    fn outcome(&mut self, got: &Got, onward: Option<Result<Onward, Astray>>, leg: &Leg) -> Result<Outcome, Fault> {
        let status = got.head.status;
        let location = got.head.fields.get(Known::Location).unwrap_or_default();
        let location = typed_redacted(&String::from_utf8_lossy(location));
        let Some(onward) = onward else {
            if self.request.redirects.is_none() && redirect::leads_on(status) {
                self.tell_redirect(status, &location, &leg.method, false, "--no-follow says to stay");
            }
            return Ok(Outcome::Arrived { status });
        };
        let onward = onward.map_err(|astray| {
            let fault = Fault::of_redirect(status, &location, &astray);
            self.tell_redirect(status, &location, &leg.method, false, &fault.why);
            fault
        })?;
        self.tell_redirect(status, &location, &onward.method, true, &onward.why.join("; "));
        let with_body = leg.with_body && onward.keeps_body;
        let credentials = leg.credentials && onward.keeps_credentials;
        Ok(Outcome::Onward(Box::new(Leg { read: onward.read, typed: location, method: onward.method, with_body, credentials })))
    }

    fn tell_redirect(&mut self, status: u16, location: &str, method: &Method, followed: bool, why: &str) {
        let telling = &mut self.telling;
        let (location, method, why) = (telling.keep(location), telling.keep(method.as_str()), telling.keep(why));
        telling.step(Step::Redirected { status, location, method, followed, why });
    }

    pub(super) async fn end_kept(&mut self, end: End) {
        let Some(line) = self.kept.take() else { return };
        if let Some(lone) = line.close(end, &mut self.telling) {
            let nobody = || Fault::too_long(Station::Http, FAREWELL);
            let _ = self.limit.within(self.host, Station::Http, FAREWELL, lone.end(), nobody).await;
        }
    }
}

/// What the answer says of going on; `None`: it is the one that was wanted.
fn onward(request: &Request, trail: &[(Method, Target)], got: &Got) -> Option<Result<Onward, Astray>> {
    let method = trail.last().map(|(method, _)| method)?;
    redirect::follow(got.head.status, got.head.fields.get(Known::Location), redirect::Asked { method, trail, most: request.redirects? })
}
