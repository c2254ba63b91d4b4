//! The heads of messages on their way out, as the version of the far end writes them. Which fields they have is decided in
//! [`decide::forward`]; here they meet framing.

use crate::channel::Channel;
use crate::http2::RequestLine;
use crate::pool::Ticket;
use crate::proxy::exchange::{Exchange, Scratch, wire_limits};
use crate::proxy::half::Half;
use crate::proxy::reply::{Reply, Segment};
use crate::proxy::upstream::Upstream;
use decide::config::{Action, FieldEdits, Forward};
use decide::forward::{self, ToBackend, ToClient};
use decide::route::rewrite;
use wire::http::{FieldWriter, Known, Method, RequestHead, ResponseHead, Version, decimal};
use wire::http1::{self, FieldLines, Framing, ResponseMeta};

/// What a forward proxy tells servers of its clients: nothing, but what they say themselves.
const OUTWARD: Forward = Forward { x_forwarded: false, forwarded: false, trust_client: true, keep_host: true };

const HSTS: &[u8] = b"Strict-Transport-Security";

impl Exchange<'_> {
    /// Writes the request's head for a backend.
    pub(crate) fn begin_request(&mut self, ticket: &Ticket, upstream: &mut Upstream) {
        let snapshot = self.snapshot.clone();
        let (site, route) = self.site_and_route(&snapshot).expect("a routed request");
        let now = self.worker.host.now();
        let limits = wire_limits(&snapshot.config.limits);
        let framing = self.meta.framing;
        // Another cache gets the request as it came, and does for its origin what the route says.
        let to_cache = self.asks_a_cache();
        let unchanged = FieldEdits::default();
        let outward = matches!(route.action, Action::Proxy(_));
        let Scratch { request, up, text, journey, .. } = &mut *self.scratch;
        text.clear();
        let target = match &route.request.path {
            None => &request.target,
            Some(_) if to_cache => &request.target,
            Some(replacement) => {
                rewrite::target(request, replacement, self.matched, text);
                &*text
            }
        };
        let own;
        let host = if (site.forward.keep_host || to_cache || outward) && !request.authority.is_empty() {
            &request.authority[..]
        } else {
            own = ticket.pool().config.backends[ticket.backend].at.to_string();
            if own.starts_with("unix:") { b"localhost" } else { own.as_bytes() }
        };
        let mut to = ToBackend {
            version: Version::Http11,
            peer: &self.client.caller.peer,
            forward: if outward { OUTWARD } else { site.forward },
            edits: if to_cache { &unchanged } else { &route.request.fields },
            via: &snapshot.config.server.name,
            cdn_loop: route.cache.is_some().then_some(&*snapshot.cache_id),
            id: journey.id,
            host,
            upgrade: self.meta.upgrade,
        };
        let from = self.client.stream.framing(framing);
        let out = up.begin(from, upstream.stream.framing(framing), limits, now);
        match &mut upstream.stream {
            Channel::Whole(_) => request_lines(request, target, &to, framing, out),
            Channel::Fill(_) => unreachable!("a backend is no store"),
            Channel::Stream(stream) => {
                to.version = Version::Http2;
                let line = RequestLine { target, authority: forward::authority(&to), scheme: ticket.pool().scheme().as_bytes() };
                stream.request(request, &line, framing == Framing::None, |block| {
                    forward::request_fields(request, &to, block);
                    if let Framing::Exact(bytes) = framing {
                        block.length(bytes);
                    }
                });
                up.head_is_out();
            }
        }
        up.most = site.max_body;
    }

    /// Writes the answer's head for the client. Returns whether the connection can be kept after it.
    pub(crate) fn begin_answer(&mut self, meta: &ResponseMeta, from: Framing, keep: bool) -> bool {
        let snapshot = self.snapshot.clone();
        let (site, route) = self.site_and_route(&snapshot).expect("a routed request");
        let now = self.worker.host.now();
        let date = self.worker.date();
        let limits = wire_limits(&snapshot.config.limits);
        let hsts = self.hsts(site);
        self.write_cache_status();
        let Scratch { request, response, down, journey, text, cache_status, .. } = &mut *self.scratch;
        let framing = match (meta.framing, request.version) {
            (Framing::UntilClose, Version::Http11) => Framing::Chunked,
            // RFC 9112 §6.1: no transfer coding to an HTTP/1.0 client.
            (Framing::Chunked, Version::Http10) => Framing::UntilClose,
            (framing, _) => framing,
        };
        let whole = matches!(self.client.stream, Channel::Whole(_));
        let keep = keep && framing != Framing::UntilClose;
        self.ends_by_close = whole && framing == Framing::UntilClose;
        let own = site.show.request_id.then(|| forward::request_id(journey.id));
        let id = own.as_ref().map(|own| forward::shown_id(request, &site.forward, own));
        let to = ToClient { version: request.version, edits: &route.response, via: &snapshot.config.server.name, date: &date, id };
        text.clear();
        if site.show.server_timing {
            forward::server_timing(journey, now, text);
        }
        let more = More { hsts: hsts.as_deref(), timing: text, age: None, cache_status, told: None };
        down.begin(from, self.client.stream.framing(framing), limits, now);
        write_answer(
            &mut self.client.stream,
            down,
            &Answer { head: response, to: &to, framing, more: &more, keep, upgraded: meta.upgraded },
        );
        keep
    }

    /// Writes the head of an answer that is stored, or comes in for the store. Returns whether the connection can be kept after it.
    pub(crate) fn begin_stored(&mut self, stored: &Stored<'_>, keep: bool) -> bool {
        let snapshot = self.snapshot.clone();
        let (site, route) = self.site_and_route(&snapshot).expect("a routed request");
        let now = self.worker.host.now();
        let date = self.worker.date();
        let limits = wire_limits(&snapshot.config.limits);
        let hsts = self.hsts(site);
        self.write_cache_status();
        let whole = matches!(self.client.stream, Channel::Whole(_));
        let keep = keep && stored.framing != Framing::UntilClose;
        self.ends_by_close = whole && stored.framing == Framing::UntilClose;
        self.end.status = stored.head.status;
        let Scratch { request, down, journey, text, cache_status, .. } = &mut *self.scratch;
        let own = site.show.request_id.then(|| forward::request_id(journey.id));
        let id = own.as_ref().map(|own| forward::shown_id(request, &site.forward, own));
        let to = ToClient { version: request.version, edits: &route.response, via: &snapshot.config.server.name, date: &date, id };
        text.clear();
        if site.show.server_timing {
            forward::server_timing(journey, now, text);
        }
        let more = More { hsts: hsts.as_deref(), timing: text, age: stored.age, cache_status, told: stored.told };
        down.begin(Framing::None, Framing::None, limits, now);
        let answer = Answer { head: stored.head, to: &to, framing: stored.framing, more: &more, keep, upgraded: false };
        write_answer(&mut self.client.stream, down, &answer);
        keep
    }

    /// Writes the head of an answer made here. Returns whether a body follows it.
    pub(crate) fn begin_reply(&mut self, reply: &Reply, keep: bool) -> bool {
        let now = self.worker.host.now();
        let limits = wire_limits(&self.snapshot.config.limits);
        let snapshot = self.snapshot.clone();
        let date = self.worker.date();
        let request_version = self.scratch.request.version;
        let shown = self.site_and_route(&snapshot).map(|(site, route)| (site, &route.response));
        let hsts = shown.and_then(|(site, _)| self.hsts(site));
        self.write_cache_status();
        let scratch = &mut *self.scratch;
        let mut fields = reply.fields.clone();
        if let Some((site, edits)) = shown {
            rewrite::edit(edits, &mut fields);
            if site.show.request_id {
                let own = forward::request_id(scratch.journey.id);
                fields.push_known(Known::XRequestId, forward::shown_id(&scratch.request, &site.forward, &own));
            }
            if site.show.server_timing {
                scratch.text.clear();
                forward::server_timing(&scratch.journey, now, &mut scratch.text);
                fields.push_known(Known::ServerTiming, &scratch.text);
            }
        }
        if let Some(hsts) = hsts {
            fields.push(HSTS, hsts.as_bytes());
        }
        if !scratch.cache_status.is_empty() {
            fields.push_known(Known::CacheStatus, &scratch.cache_status);
        }
        let bodiless = reply.opens || matches!(reply.status, 100..=199 | 204 | 304);
        let length = reply.length.unwrap_or_else(|| reply.body.iter().map(Segment::len).sum());
        // RFC 9110 §8.6: none with 1xx and 204; with 304 only what 200 would have, which is told by `length`.
        let length = (!bodiless || (reply.status == 304 && reply.length.is_some())).then_some(length).filter(|_| !reply.untold);
        let body = !bodiless && scratch.request.method != Method::Head && length != Some(0);
        let server = snapshot.config.server.name.as_bytes();
        let out = scratch.down.begin(Framing::None, Framing::None, limits, now);
        match &mut self.client.stream {
            Channel::Whole(_) => {
                let head = ResponseHead { status: reply.status, ..ResponseHead::default() };
                http1::write_response(&head, std::iter::empty(), out);
                reply_fields(&fields, &date, server, length, &mut FieldLines(out));
                write_connection(keep, request_version, out);
                out.extend_from_slice(b"\r\n");
            }
            Channel::Fill(_) => unreachable!("what is said in place of an answer is told and not written"),
            Channel::Stream(stream) => {
                stream.respond(reply.status, !body && !reply.opens, |block| reply_fields(&fields, &date, server, length, block));
            }
        }
        body
    }
}

/// Writes an interim answer on its way to the client.
pub(crate) fn interim(head: &ResponseHead, version: Version, via: &str, client: &mut Channel, down: &mut Half) {
    let edits = FieldEdits::default();
    let to = ToClient { version, edits: &edits, via, date: b"", id: None };
    // A 100 says all it has to say by itself, and clients are known that expect no field in it.
    let bare = head.status == 100;
    match client {
        Channel::Whole(_) => {
            let out = down.prelude();
            http1::write_response(head, std::iter::empty(), out);
            if !bare {
                forward::response_fields(head, &to, &mut FieldLines(out));
            }
            out.extend_from_slice(b"\r\n");
        }
        Channel::Fill(writer) => writer.interim(head),
        Channel::Stream(stream) => stream.respond(head.status, false, |block| {
            if !bare {
                forward::response_fields(head, &to, block);
            }
        }),
    }
}

/// A request's head as HTTP/1.1 writes it.
fn request_lines(request: &RequestHead, target: &[u8], to: &ToBackend<'_>, framing: Framing, out: &mut Vec<u8>) {
    if request.protocol.is_empty() {
        http1::write_request(request, target, std::iter::empty(), out);
    } else {
        // RFC 8441 §5: the extended CONNECT of HTTP/2 is the GET with `Upgrade` of HTTP/1.1.
        http1::write_request_line(&Method::Get, target, out);
    }
    forward::request_fields(request, to, &mut FieldLines(out));
    match framing {
        Framing::Exact(bytes) => http1::write_length(bytes, out),
        Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        // RFC 9110 §8.6: said where the method would lead one to expect a body.
        _ if matches!(request.method, Method::Post | Method::Put | Method::Patch) => out.extend_from_slice(b"Content-Length: 0\r\n"),
        _ => {}
    }
    out.extend_from_slice(b"\r\n");
}

/// An answer that is stored, or comes in for the store.
pub(crate) struct Stored<'a> {
    pub(crate) head: &'a ResponseHead,
    /// In seconds, if it is told.
    pub(crate) age: Option<u64>,
    pub(crate) framing: Framing,
    /// The length that is told where nothing follows the head.
    pub(crate) told: Option<u64>,
}

/// The head of an answer on its way to a client.
struct Answer<'a> {
    head: &'a ResponseHead,
    to: &'a ToClient<'a>,
    framing: Framing,
    more: &'a More<'a>,
    keep: bool,
    upgraded: bool,
}

/// What an answer says besides what the backend has said.
struct More<'a> {
    hsts: Option<&'a str>,
    /// Empty where it is not shown.
    timing: &'a [u8],
    /// In seconds, in place of what the backend has said.
    age: Option<u64>,
    /// Empty on a route that stores nothing.
    cache_status: &'a [u8],
    /// The length to be told where nothing follows; `None`: what the backend has said of it.
    told: Option<u64>,
}

/// Writes it as the client's version has it.
fn write_answer(client: &mut Channel, down: &mut Half, answer: &Answer<'_>) {
    let Answer { head, to, framing, more, keep, upgraded } = *answer;
    match client {
        Channel::Whole(_) => {
            let out = down.head();
            http1::write_response(head, std::iter::empty(), out);
            answer_fields(head, to, framing, more, &mut FieldLines(out));
            if framing == Framing::Chunked {
                out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
            }
            if !upgraded {
                write_connection(keep, to.version, out);
            }
            out.extend_from_slice(b"\r\n");
        }
        Channel::Stream(stream) => {
            let end = framing == Framing::None && !upgraded;
            stream.respond(head.status, end, |block| answer_fields(head, to, framing, more, block));
        }
        Channel::Fill(_) => unreachable!("a fill takes the head as it is"),
    }
}

fn answer_fields(response: &ResponseHead, to: &ToClient<'_>, framing: Framing, more: &More<'_>, out: &mut impl FieldWriter) {
    forward::response_fields(response, to, out);
    match framing {
        Framing::Exact(bytes) => out.length(bytes),
        Framing::None => {
            // RFC 9110 §8.6: with HEAD and 304 it tells what GET would have.
            let told = response.fields.get(Known::ContentLength);
            if let Some(length) = more.told {
                out.length(length);
            } else if let Some(length) = told.filter(|_| response.status >= 200 && response.status != 204) {
                out.known(Known::ContentLength, length);
            }
        }
        Framing::Chunked | Framing::UntilClose => {}
    }
    if let Some(hsts) = more.hsts.filter(|_| response.fields.named(HSTS).next().is_none()) {
        out.field(HSTS, hsts.as_bytes());
    }
    if let Some(age) = more.age {
        out.known(Known::Age, decimal(age, &mut [0; 20]));
    }
    if !more.cache_status.is_empty() {
        out.known(Known::CacheStatus, more.cache_status);
    }
    if !more.timing.is_empty() {
        out.known(Known::ServerTiming, more.timing);
    }
}

fn reply_fields(fields: &wire::http::Fields, date: &[u8], server: &[u8], length: Option<u64>, out: &mut impl FieldWriter) {
    for field in fields.iter() {
        out.pass(field);
    }
    out.known(Known::Date, date);
    out.known(Known::Server, server);
    if let Some(length) = length {
        out.length(length);
    }
}

/// Says what becomes of the connection where the version does not say it by itself (RFC 9112 §9.3).
fn write_connection(keep: bool, client: Version, out: &mut Vec<u8>) {
    match (keep, client) {
        (false, Version::Http10 | Version::Http11) => out.extend_from_slice(b"Connection: close\r\n"),
        (true, Version::Http10) => out.extend_from_slice(b"Connection: keep-alive\r\n"),
        (true, Version::Http11) | (_, Version::Http2) => {}
    }
}
