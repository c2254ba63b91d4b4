//! Bytes to types, and types to bytes. Nothing here reads a clock, a socket or a random source: the caller brings the bytes.
//!
//! - [`http`]: messages as every version of HTTP sees them: [`http::Fields`], [`http::RequestHead`], [`http::ResponseHead`];
//!   structured fields ([`http::structured`], RFC 8941).
//! - [`http1`]: HTTP/1.1 on the wire (RFC 9112): heads, body framing, both directions.
//! - [`websocket`]: WebSocket (RFC 6455) with permessage-deflate (RFC 7692): handshake, frames, both ends of a connection.
//! - [`http2`]: HTTP/2 on the wire (RFC 9113): a whole connection, both sides.
//! - [`media_type`]: `Content-Type`, as browsers read it.
//! - [`mrt`]: files of routing tables and of their changes.
//! - [`network`]: networks of addresses, as owners and routers write them.
//! - [`packet`]: frames taken apart layer by layer; [`pcapng`]: the file that captures are kept in.
//! - [`bgp`]: what routers tell each other of networks.
//! - [`bmp`]: what a router tells a station of its peers.
//! - [`dns`]: a question for the addresses of a name, and the answers to it (RFC 1035).
//! - [`tls`]: what a TLS connection shows of itself from outside: records and the messages that begin a handshake.
//! - [`resolver_files`]: `/etc/resolv.conf` and `/etc/hosts`.
//!
//! Order of calls for one HTTP/1.1 message: [`http1::parse_request`] (or [`http1::parse_response`]) until it is complete, then a
//! [`http1::BodyDecoder`] made from the [`http1::Framing`] it returned, until that is done. Writing mirrors it:
//! [`http1::write_request`] or [`http1::write_response`], then a [`http1::BodyEncoder`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod bgp;
pub mod bmp;
mod cursor;
pub mod dns;
mod gathered;
pub mod http;
pub mod http1;
pub mod http2;
pub mod media_type;
pub mod mrt;
pub mod network;
pub mod packet;
pub mod pcapng;
pub mod resolver_files;
mod rules;
pub mod tls;
pub mod websocket;
