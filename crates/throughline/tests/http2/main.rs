//! HTTP/2 over real sockets, from the outside: whether the built binary keeps to the protocol, what becomes of clients that attack it,
//! whether the clients and backends of others get along with it, in clear text and over TLS, and whether what it carries arrives as it was:
//! either version on either side, gRPC, WebSockets, a browser.
//!
//! The same tests can be put to another server, which is how the tests themselves are tested: `HTTP2_TARGET=127.0.0.1:8080` names one
//! that speaks HTTP/2 in clear text without being asked to switch, and `HTTP2_TARGET_PID` its process if its memory is to be watched;
//! `HTTP2_TARGET=haproxy` and `HTTP2_TARGET=nghttpd` start one. `HTTP2_CASES=http2/6.9` only runs the cases of conformance whose names
//! begin so. Of others it is only asked that they survive an attack, of ours that it ends it.

mod attacks;
mod backends;
mod browser;
mod clients;
mod conformance;
mod connection;
mod frames;
mod grpc;
mod hpack;
mod pairs;
mod secure;
mod smuggling;
#[path = "../real/support/mod.rs"]
#[expect(dead_code, reason = "the tests of HTTP/1 use the rest of it")]
mod support;
mod target;
mod websocket;
