//! Which place a client is led to, and why.

pub mod redirect;
pub mod reports;
mod route;

pub use route::{Change, Origin, Route, SourceId};
