//! Routing tables from real routers, over loopback: BIRD, FRR and GoBGP as children of these tests, without root's rights where they can do
//! without. A missing one skips its tests with a line; where `THROUGHLINE_REAL_PEERS=required`, they fail.

mod routers;
mod storm;
mod support;
