//! The production server in virtual time: every timing rule at its exact time, every failure of a backend, a client or the network, and the
//! same bytes on every run.

mod support;

mod balancing;
mod cache;
mod egress;
mod encoding;
mod health;
mod hints;
mod hostile;
mod http2;
mod joined;
mod nearest;
mod queue;
mod reload_drain;
mod review;
mod soak;
mod sockets;
mod timeouts;
mod tls;
mod tunnels;
mod upstream;
mod websockets;
