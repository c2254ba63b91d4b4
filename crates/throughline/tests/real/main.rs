//! The built binary over real sockets: with curl, wrk, nginx, HAProxy, NSD, Unbound, and with clients and backends that do
//! what no well-meaning one does; and certificates from a real authority, pebble.
//!
//! Each test runs its own processes on ports that the kernel chooses. A test of a program that is not installed says so and passes; with
//! `THROUGHLINE_REAL_PEERS=required` it fails.

mod acme;
mod cache;
mod carrying;
mod certificates;
mod demo;
mod dns;
mod encoding;
mod feed;
mod fields;
mod limits;
mod load;
mod malformed;
mod names;
mod nearest;
mod nearest_cache;
mod owners;
mod peers;
mod process;
mod resolver;
mod routes;
mod support;
mod tiers;
mod troubles;
mod websocket;
