//! A request and its answer, whatever is spoken.

use super::limit::Limit;
use super::line::{Carrier, End};
use super::telling::Telling;
use super::visit::{Asked, Got};
use super::{stream, whole};
use decide::fetch::fault::Fault;
use host::Host;

/// One request and its answer.
pub(super) enum Exchange<'a, 'w> {
    /// Over HTTP/1.1.
    Whole(whole::Exchange<'a, 'w>),
    /// Over HTTP/2.
    Stream(stream::Exchange<'a, 'w>),
}

impl<'a, 'w> Exchange<'a, 'w> {
    pub(super) fn on(carrier: &'a mut Carrier, host: &'a Host, limit: &Limit, telling: &'a mut Telling<'w>) -> Result<Self, Fault> {
        Ok(match carrier {
            Carrier::Whole(transport, input) => Exchange::Whole(whole::Exchange::new(host, transport, input, limit, telling)),
            Carrier::Streams(lone) => Exchange::Stream(stream::Exchange::new(host, lone, limit, telling)?),
        })
    }

    /// Sends the request, and reads the head of the answer.
    pub(super) async fn ask(&mut self, asked: &Asked<'_>, scheme: &'static str) -> Result<Got, Fault> {
        match self {
            Exchange::Whole(exchange) => exchange.ask(asked).await,
            Exchange::Stream(exchange) => exchange.ask(asked, scheme).await,
        }
    }

    /// Reads the body. Of an answer that sends us elsewhere (`aside`) only so much that the connection can be used again. False: it was not
    /// read to its end.
    pub(super) async fn body(&mut self, got: &Got, aside: bool) -> Result<bool, Fault> {
        match self {
            Exchange::Whole(exchange) => exchange.body(got, aside).await,
            Exchange::Stream(exchange) => exchange.body(got, aside).await,
        }
    }

    pub(super) fn telling(&mut self) -> &mut Telling<'w> {
        match self {
            Exchange::Whole(exchange) => exchange.telling(),
            Exchange::Stream(exchange) => exchange.telling(),
        }
    }

    /// How the connection has ended; ours, while it has not.
    pub(super) fn end(&self) -> End {
        match self {
            Exchange::Whole(exchange) => exchange.end(),
            Exchange::Stream(_) => End::Ours,
        }
    }
}
