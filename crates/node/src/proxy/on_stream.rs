//! A request that came on a stream of an HTTP/2 connection: its head is here already, and its end is not that of the connection.

use crate::buffer::Buffer;
use crate::channel::Channel;
use crate::http2::StreamHandle;
use crate::proxy::connection::{Caller, Client};
use crate::proxy::exchange::{Exchange, Next, STALLED, Stage};
use crate::server::Worker;
use decide::step::{Side, Step};
use std::rc::Rc;
use wire::http::Known;
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
    // Where the connection goes on it is the machine's to say; only what broke off has to be told.
    if let Next::Reset(why) = exchange.run_from(Stage::Route).await
        && let Channel::Stream(stream) = &mut client.stream
    {
        stream.reset(if why == STALLED { ErrorCode::CANCEL } else { ErrorCode::INTERNAL_ERROR });
    }
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
        if self.meta.upgrade {
            // What follows the head is the other protocol's, and no body (RFC 8441 §5).
            self.meta.framing = Framing::None;
        }
        self.accepted();
        self.asked();
    }
}
