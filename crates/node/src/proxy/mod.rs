//! The proxy: from an accepted connection to the last byte of its last answer.
//!
//! - [`accept`]: listeners, and connections up to the process's cap.
//! - [`greet`]: what comes before the first request: which protocol is spoken on the connection.
//! - [`connection`]: one client's connection, request after request.
//! - [`exchange`]: one request, as an enum of named stages.
//! - [`https`]: what is done for the sake of TLS. [`reply`]: answers made here.
//! - [`upstream`]: choosing a backend and connecting. [`fetch`]: asking it. [`relay`], [`half`]: moving bytes both ways. [`tunnel`]: after
//!   101.

mod accept;
mod connection;
mod exchange;
mod fetch;
mod greet;
mod half;
mod https;
mod open;
mod relay;
pub(crate) mod reply;
mod tunnel;
mod upstream;

pub(crate) use exchange::Scratch;
pub(crate) use greet::Greetings;
pub(crate) use open::Connections;
