//! HTTP/2 connections at work: [`wire::http2::Connection`] between a transport and the exchanges of its streams.
//!
//! - [`shared`]: one connection as its streams see it, and a stream as an exchange sees it.
//! - [`pump`]: the task that reads and writes the transport.
//! - [`server`]: a client's connection: each request becomes an exchange. [`client`]: connections to backends, shared by the requests of a
//!   thread.

mod client;
mod pump;
pub(crate) mod server;
mod shared;

pub(crate) use client::{Asked, Lone, Multiplexed, ask_once};
pub(crate) use pump::Patience;
pub(crate) use shared::{RequestLine, StreamHandle};

use decide::config::Limits;
use wire::http1;
use wire::http2::Config;

/// What begins a connection that speaks HTTP/2 without having said so before (RFC 9113 §3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The most that is gathered for one connection before its streams have to wait.
const OUTPUT_BYTES: usize = 64 * 1024;

/// What the kernel may hold of a connection that it has not sent. More would only delay what is more urgent, and hide that the far end
/// takes nothing: the kernel's buffers grow to many MiB.
const UNSENT_BYTES: u32 = 256 * 1024;

/// What we announce to the far end of a connection.
fn config(limits: &Limits, heads: http1::Limits) -> Config {
    Config {
        header_table_bytes: 4096,
        max_streams: limits.http2_streams,
        stream_window: limits.http2_stream_window,
        connection_window: limits.http2_connection_window,
        max_frame_bytes: 16 * 1024,
        limits: heads,
        connect_protocol: true,
        output_bytes: OUTPUT_BYTES,
    }
}
