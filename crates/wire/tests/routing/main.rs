//! Routing tables against everything that is not itself: mutated ones, and bgpkit-parser on real files.

mod files;
mod fuzz;
#[path = "../mutation/mod.rs"]
mod mutation;
mod oracle;
