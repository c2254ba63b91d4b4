//! What the `throughline` command is made of, apart from its door (`main.rs`).
//!
//! - [`settings`]: the catalogue of every setting, the config file read with it, and the defaults for whoever builds a configuration
//!   in code.
//! - [`cmd`]: one module per verb of the command line.
//! - [`process`]: a server as a process: threads, signals, reload, drain.
//! - [`acme`]: certificates from a certificate authority.
//! - [`admin`]: the admin side of a running server. [`log`]: the readers of steps that write.
//! - [`journal`]: what owners asked for, kept over a restart. `token`: who may ask.
//! - `sitemap`: the lists of URLs that sites publish, for prefetches.
//! - [`trace`]: a request that is traced, shown while it happens.
//! - [`demo`]: the embedded default: a small site on two application servers.
#![forbid(unsafe_code)]

pub mod acme;
pub mod admin;
pub mod cmd;
pub mod demo;
pub mod journal;
pub mod log;
pub mod process;
pub mod settings;
mod sitemap;
mod token;
pub mod trace;
