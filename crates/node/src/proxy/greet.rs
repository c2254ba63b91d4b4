//! What comes before the first request: which protocol is spoken on a new connection.

use crate::buffer::Buffer;
use crate::proxy::accept::{Counted, Place};
use crate::proxy::connection::{self, Caller};
use crate::server::Worker;
use crate::transport::Transport;
use host::{Endpoint, Stream};
use std::rc::Rc;

/// Serves a connection that was just accepted.
pub(crate) async fn greet(worker: Rc<Worker>, counted: Counted, stream: Stream, peer: Endpoint, place: Place) {
    let caller = Caller::new(peer, "http", place, counted);
    let input = Buffer::new(&worker.buffers);
    connection::serve(worker, caller, Transport::Plain(stream), input).await;
}
