//! Routing tables from real routers, over loopback: BIRD, FRR and GoBGP as children of these tests, without root's rights where they can do
//! without. A missing one skips its tests with a line; where `THROUGHLINE_REAL_PEERS=required`, they fail.

#[path = "../../../lab/tests/steering/atlas.rs"]
mod atlas;
mod led;
#[path = "../real/support/mod.rs"]
#[expect(dead_code, reason = "the other tests of the binary use more of it")]
mod real;
mod routers;
mod storm;
mod support;
