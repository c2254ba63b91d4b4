//! A request that came on a stream of an HTTP/2 connection: its head is here already, and its end is not that of the connection.

use crate::buffer::Buffer;
use crate::channel::Channel;
use crate::http2::StreamHandle;
use crate::proxy::connection::{Caller, Client, LINGER, LINGER_BYTES, within_drain};
use crate::proxy::exchange::{Exchange, Next, STALLED, Stage};
use crate::server::Worker;
use decide::step::{Side, Step};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use wire::http::{Known, Method};
use wire::http1::Framing;
use wire::http2::ErrorCode;

/// What the frames say of the request besides its head.
#[derive(Clone, Copy)]
pub(crate) struct Opened {
    /// There is no body.
    pub(crate) end: bool,
    /// The length that the head tells.
    pub(crate) length: Option<u64>,
}

/// Answers the request whose head has just come on `stream`. To be polled at once: the head waits in the connection until then.
pub(crate) async fn on_stream(worker: Rc<Worker>, caller: Rc<Caller>, stream: StreamHandle, opened: Opened) {
    let mut client = Client::on(&worker, caller, Channel::Stream(stream), Buffer::new(&worker.buffers));
    let mut exchange = Exchange::begin(&worker, &mut client);
    if let Channel::Stream(stream) = &mut exchange.client.stream {
        stream.take_request(&mut exchange.scratch.request);
    }
    exchange.opened(opened);
    let next = exchange.run_from(Stage::Route).await;
    let Channel::Stream(stream) = &mut client.stream else { return };
    match next {
        Next::Reset(STALLED) => stream.reset(ErrorCode::CANCEL),
        Next::Reset(_) => stream.reset(ErrorCode::INTERNAL_ERROR),
        Next::Linger => linger(&worker, &mut client).await,
        Next::Request | Next::Close => {}
    }
}

/// The answer is out, and the request's body is not in: what still comes is dropped, for a time and up to a length, before the stream is
/// reset (RFC 9113 §8.1). Clients are known that forget an answer for the reset that follows at its heels.
async fn linger(worker: &Worker, client: &mut Client) {
    client.deadline.set(worker.host.now() + within_drain(worker, LINGER));
    let Client { stream, input, deadline, .. } = client;
    let mut dropped = 0;
    poll_fn(|cx| {
        loop {
            let unread = input.unread().len();
            input.consume(unread);
            match input.poll_fill(cx, stream) {
                Poll::Ready(Ok(n)) if n > 0 && dropped + n <= LINGER_BYTES => dropped += n,
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return deadline.poll_passed(cx),
            }
        }
    })
    .await;
}

/// A request that broke a rule has been answered by the connection; here it is told.
pub(crate) fn refused_on_stream(worker: &Rc<Worker>, caller: &Rc<Caller>, stream: Channel, status: u16, rule: &'static str) {
    let mut client = Client::on(worker, caller.clone(), stream, Buffer::new(&worker.buffers));
    let mut exchange = Exchange::begin(worker, &mut client);
    exchange.accepted();
    exchange.step(Step::Refused { status, rule, side: Side::Client });
    exchange.end.status = status;
    exchange.broke_off(rule, Side::Client);
    exchange.log();
}

impl Exchange<'_> {
    /// The same as reading a head leads to.
    fn opened(&mut self, opened: Opened) {
        let request = &self.scratch.request;
        self.meta.framing = match opened {
            Opened { end: true, .. } | Opened { length: Some(0), .. } => Framing::None,
            Opened { length: Some(bytes), .. } => Framing::Exact(bytes),
            Opened { length: None, .. } => Framing::Chunked,
        };
        self.meta.expects_continue =
            request.fields.get(Known::Expect).is_some_and(|expected| expected.eq_ignore_ascii_case(b"100-continue"));
        self.meta.upgrade = !request.protocol.is_empty();
        if request.method == Method::Connect {
            // What follows the head is the other protocol's, and no body (RFC 9113 §8.5, RFC 8441 §5).
            self.meta.framing = Framing::None;
        }
        self.accepted();
        self.asked();
    }
}
