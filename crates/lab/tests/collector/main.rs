//! The production collectors in virtual time, with scripted routers: sessions, stations and files that come, are silent, flap and go, and
//! what becomes of their tables.

mod files;
mod rig;
mod sessions;
mod stations;
