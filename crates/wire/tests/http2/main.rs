//! The HTTP/2 machine against everything that is not itself: the RFCs' sentences, frames by hand, random exchanges, mutated bytes, h2.

mod client;
mod conformance;
mod exchanges;
mod floods;
mod frames;
mod fuzz;
#[path = "../mutation/mod.rs"]
mod mutation;
mod oracle;
mod schedule;
mod server;
