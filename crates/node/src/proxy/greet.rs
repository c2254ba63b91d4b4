//! What comes before the first request: the TLS handshake where the listener has TLS, and which protocol is spoken on the connection.

use crate::buffer::Buffer;
use crate::http2;
use crate::proxy::accept::{Counted, Place};
use crate::proxy::connection::{self, Caller};
use crate::server::{Held, Worker};
use crate::tls::{Secured, TlsStream, Trouble};
use crate::transport::Transport;
use decide::step::{ListenerRef, Side, Step};
use decide::time::{Duration, Instant};
use host::{Endpoint, Stream};
use rustls::ServerConfig;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io::IoSlice;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

/// Failed handshakes are told up to this many times a second by each worker; anybody can make them fail.
const TOLD_PER_SECOND: u32 = 5;
/// What still comes of a connection that is refused is read and dropped for this long, so that what it was told arrives.
const LINGER: Duration = Duration::from_secs(1);

/// What is answered to a request that came without TLS.
const PLAIN_REQUEST: &str = "400 Bad Request: this port speaks TLS; ask with https://\n";

/// The handshakes of one thread.
#[derive(Default)]
pub(crate) struct Greetings {
    /// How many are under way, by who began them.
    under_way: RefCell<BTreeMap<Option<IpAddr>, u32>>,
    /// The second that is being counted, and how many failures were told in it.
    told: Cell<(Option<Instant>, u32)>,
    untold: Cell<u64>,
}

/// Serves a connection that was just accepted.
pub(crate) async fn greet(worker: Rc<Worker>, counted: Counted, stream: Stream, peer: Endpoint, place: Place) {
    let snapshot = worker.snapshot();
    let listener = place.get();
    let Some(config) = listener.and_then(|at| snapshot.tls.get(at.0)).cloned() else {
        let (caller, input) = (Caller::new(&worker, peer, None, place, counted), Buffer::new(&worker.buffers));
        return connection::serve(worker, caller, Transport::Plain(stream), input).await;
    };
    let listener = listener.expect("it has TLS");
    let Some(under_way) = UnderWay::begin(&worker, &snapshot, &peer) else {
        return failed(&worker, &snapshot, listener, &peer, "this address has too many handshakes under way", Side::Client);
    };
    // Boxed, so that a connection that waits is small.
    let (stream, secured) = match Box::pin(handshake(&worker, &snapshot, stream, config)).await {
        Ok(secured) => secured,
        Err(None) => return,
        Err(Some(Refused { why, side, last_words })) => {
            failed(&worker, &snapshot, listener, &peer, why, side);
            if let Some((stream, words)) = last_words {
                part(&worker, stream, words.as_bytes()).await;
            }
            return;
        }
    };
    drop(under_way);
    snapshot.counters().handshake(worker.index, listener, secured.version, secured.resumed);
    drop(snapshot);
    let alpn = secured.alpn;
    let (caller, input) = (Caller::new(&worker, peer, Some(secured), place, counted), Buffer::new(&worker.buffers));
    match alpn {
        // RFC 8737 §3: the authority has seen the certificate, and that was all.
        "acme-tls/1" => {}
        "h2" => Box::pin(http2::server::serve(worker, caller, Transport::Tls(stream), input)).await,
        _ => connection::serve(worker, caller, Transport::Tls(stream), input).await,
    }
}

/// A handshake that came to nothing.
struct Refused {
    why: &'static str,
    side: Side,
    /// The connection, if it is still there, and what is to be said on it.
    last_words: Option<(Stream, String)>,
}

impl Refused {
    fn new((why, side): (&'static str, Side)) -> Refused {
        Refused { why, side, last_words: None }
    }
}

/// Ready with the connection, once both sides have agreed. The error is `None` where nothing was tried.
async fn handshake(
    worker: &Rc<Worker>,
    snapshot: &Rc<Held>,
    stream: Stream,
    config: Arc<ServerConfig>,
) -> Result<(Box<TlsStream>, Box<Secured>), Option<Refused>> {
    let began = worker.host.now();
    let mut deadline = worker.host.deadline();
    deadline.set(began + snapshot.config.limits.handshake_timeout);
    let mut tls = TlsStream::server(stream, config).map_err(|trouble| Some(Refused::new(trouble.of_client())))?;
    let ended = poll_fn(|cx| {
        worker.server.tls().tell_time(worker.host.calendar());
        match tls.poll_handshake(cx) {
            Poll::Ready(result) => Poll::Ready(result.map_err(Some)),
            Poll::Pending => deadline.poll_passed(cx).map(|()| Err(None)),
        }
    })
    .await;
    match ended {
        Ok(()) => {
            // The work of a handshake is what it takes on a quick network: the clock that stood still meanwhile is asked anew.
            let secured = Box::new(tls.secured(worker.host.now_afresh().since(began)));
            Ok((tls, secured))
        }
        Err(None) => {
            tls.reset();
            Err(Some(Refused::new(("the handshake took too long", Side::Client))))
        }
        Err(Some(Trouble::Nothing)) => Err(None),
        Err(Some(trouble)) => {
            // TLS has sent its alert, as far as it has one.
            let words = if trouble == Trouble::NotTls { plain_answer() } else { String::new() };
            let last_words = (trouble != Trouble::Connection).then(|| (tls.into_stream(), words));
            Err(Some(Refused { last_words, ..Refused::new(trouble.of_client()) }))
        }
    }
}

fn plain_answer() -> String {
    let length = PLAIN_REQUEST.len();
    format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n\
         {PLAIN_REQUEST}"
    )
}

/// Ends a connection so that what it was told last arrives: a reset, which unread bytes would cause, destroys it on its way.
async fn part(worker: &Worker, mut stream: Stream, mut words: &[u8]) {
    let mut deadline = worker.host.deadline();
    deadline.set(worker.host.now() + LINGER);
    let mut told = false;
    let mut dropped = [0; 1024];
    poll_fn(|cx| {
        while !words.is_empty() {
            match stream.poll_write(cx, &[IoSlice::new(words)]) {
                Poll::Ready(Ok(sent)) => words = &words[sent..],
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return deadline.poll_passed(cx),
            }
        }
        if !told {
            match stream.poll_shutdown(cx) {
                Poll::Ready(Ok(())) => told = true,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return deadline.poll_passed(cx),
            }
        }
        loop {
            match stream.poll_read(cx, &mut dropped) {
                Poll::Ready(Ok(n)) if n > 0 => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return deadline.poll_passed(cx),
            }
        }
    })
    .await;
}

/// Counts a failed handshake, and tells it unless many were told just now.
fn failed(worker: &Worker, snapshot: &Rc<Held>, listener: ListenerRef, peer: &Endpoint, why: &'static str, side: Side) {
    snapshot.counters().handshake_failed(worker.index, listener, side);
    let greetings = &worker.greetings;
    let now = worker.host.now();
    let (second, told) = match greetings.told.get() {
        (Some(second), told) if now.since(second) < Duration::from_secs(1) => (second, told),
        _ => (now, 0),
    };
    greetings.told.set((Some(second), told + 1));
    if told >= TOLD_PER_SECOND {
        greetings.untold.set(greetings.untold.get() + 1);
        return;
    }
    let step = Step::HandshakeFailed { listener, client: peer.ip(), why, side, untold: greetings.untold.take() };
    worker.server.tell_under(snapshot, worker.host.calendar(), step);
}

/// A handshake that counts against its client's address.
struct UnderWay<'w> {
    worker: &'w Worker,
    client: Option<IpAddr>,
}

impl<'w> UnderWay<'w> {
    /// `None`: this client has as many as it may have.
    fn begin(worker: &'w Worker, snapshot: &Held, peer: &Endpoint) -> Option<UnderWay<'w>> {
        let client = peer.ip().map(network);
        let mut under_way = worker.greetings.under_way.borrow_mut();
        let count = under_way.entry(client).or_default();
        // Clients by a Unix socket are a proxy of the owner's: they cannot be told apart.
        if client.is_some() && *count >= snapshot.config.limits.handshakes_per_address {
            return None;
        }
        *count += 1;
        Some(UnderWay { worker, client })
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut under_way = self.worker.greetings.under_way.borrow_mut();
        if let Some(count) = under_way.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.client);
            }
        }
    }
}

/// Who counts as one client: whoever has an IPv6 address has all of its /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((u128::from(v6) & !u128::from(u64::MAX)).to_be_bytes()),
        v4 => v4,
    }
}
