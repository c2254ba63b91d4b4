//! The proxy: from an accepted connection to the last byte of its last answer.
//!
//! - [`accept`]: listeners, and connections up to the process's cap.
//! - [`greet`]: what comes before the first request: which protocol is spoken on the connection.
//! - [`connection`]: one client's connection, request after request.
//! - [`exchange`]: one request, as an enum of named stages.
//! - [`on_stream`]: the same for a request that came on a stream of an HTTP/2 connection.
//! - [`cache`]: requests on routes whose answers are stored.
//! - [`encoding`]: compression made here. [`hints`]: what clients are told early.
//! - [`egress`]: the forward proxy.
//! - [`head`]: heads of messages as each version writes them. [`https`]: what is done for the sake of TLS. [`reply`]: answers made here.
//! - [`nearest`]: clients that are led to places. [`joined`]: what is told of a request to whoever made it.
//! - [`tiers`]: whom a request is sent to before the origin.
//! - [`upstream`]: choosing a backend and connecting. [`fetch`]: asking it. [`relay`], [`half`]: moving bytes both ways. [`upgrade`],
//!   [`tunnel`]: changes of protocol, and what follows them. [`socket`]: WebSockets that end here.

mod accept;
mod cache;
mod connection;
mod egress;
mod encoding;
mod exchange;
mod fetch;
mod greet;
mod half;
mod head;
mod hints;
mod https;
mod joined;
mod nearest;
mod on_stream;
mod open;
mod relay;
pub(crate) mod reply;
mod socket;
mod tiers;
mod tunnel;
mod upgrade;
mod upstream;

use std::future::poll_fn;
use std::task::Poll;

/// Lets other tasks of the thread have their turn.
pub(crate) async fn give_way() {
    let mut gave_way = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut gave_way, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

pub(crate) use accept::{Doors, catch_up, is_of_connection};
pub use cache::Pushable;
pub(crate) use cache::{Errands, ask, judge, key_of};
pub(crate) use connection::{Caller, Client, linger, serve as serve_connection};
pub(crate) use exchange::{Scratch, wire_limits};
pub(crate) use greet::Greetings;
pub(crate) use on_stream::{Opened, on_stream, refused_on_stream};
pub(crate) use open::Connections;
pub use tunnel::Tunnels;
