//! Clients led to places, in virtual time: what routers tell, probes find, edges report, clients measure and a file says, up to the answers
//! of the name server.

#[path = "../collector/rig.rs"]
#[expect(dead_code, reason = "the collectors' scenarios use more of it")]
mod collecting;
#[path = "../dns/support.rs"]
#[expect(dead_code, reason = "the name server's scenarios use more of it")]
mod support;

mod atlas;
mod geography;
mod places;
mod reloads;
mod rig;
mod tables;
