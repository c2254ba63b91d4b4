//! The production collectors in virtual time, with scripted routers: sessions that come, are silent, flap and go, and what becomes of their
//! tables.

mod rig;
mod sessions;
