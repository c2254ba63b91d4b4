//! `throughline trace` against servers that do as they should, and against servers that do not: each failure ends with one sentence that
//! says station, side, cause and remedy, and with the station's exit code.

mod connections;
mod content;
mod encrypted;
mod exchanges;
mod joined;
mod names;
mod packets;
mod page;
mod painted;
#[path = "../real/support/ports.rs"]
mod ports;
mod redirects;
mod rehearsed;
mod shown;
mod sockets;
mod support;
