//! The lab: virtual machines behind the `host` seam, on a virtual network, in virtual time. Code that only knows [`host::Host`] runs here
//! as it runs on the kernel, in the same binary: which machine is behind the handle is a value.
//!
//! - [`World`]: hosts, network and clock, on the calling thread. [`World::host`] adds a machine, [`World::run`] runs a scenario.
//! - [`VirtualHost`]: one machine: its [`host::Host`], and what a scenario does to it (kill, stall, files).
//! - [`Link`]: the way between two hosts: latency, bandwidth, window, tearing, faults.
//! - [`Directory`]: the name service.
//! - [`peer`]: scripted raw clients and servers.
//!
//! Time is counted in nanoseconds and steps to the exact times at which something happens. The order of everything is fixed: ready tasks
//! run first in, first out; then the earliest event of the network or limit of a host happens, and at equal times the network goes before
//! the hosts, the hosts in the order they were added, and events in the order they were caused. Randomness comes from the seed, split by
//! label. So a scenario gives the same bytes at the same times on every run: [`World::trace`] is what to compare.
#![forbid(unsafe_code)]

mod clock;
mod connection;
mod datagrams;
mod executor;
mod files;
mod link;
mod listener;
mod machine;
mod names;
mod network;
pub mod peer;
mod seed;
mod stream;
mod trace;
mod world;

pub use clock::EPOCH;
pub use datagrams::VirtualDatagrams;
pub use executor::Pending;
pub use link::{Link, Pieces, Reach};
pub use listener::VirtualListener;
pub use machine::VirtualHost;
pub use names::{Answer, Directory};
pub use stream::VirtualStream;
pub use world::{Halted, Why, World};

#[cfg(test)]
mod tests;
