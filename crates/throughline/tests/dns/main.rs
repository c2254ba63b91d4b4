//! The name server of the built binary beside those of others: NSD and Knot as its secondaries, and NSD and Knot as its measure, each
//! asked the same of the same zones.
//!
//! Each test runs its own processes. A test of a program that is not installed says so and passes; with
//! `THROUGHLINE_REAL_PEERS=required` it fails.

#[path = "../real/support/mod.rs"]
#[expect(dead_code, reason = "the other tests of the binary use more of it")]
mod support;

mod ask;
mod cookies;
mod differential;
mod exhaustive;
mod primary;
mod servers;
mod transfer;
mod why;
