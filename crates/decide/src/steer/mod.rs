//! Which place a client is led to, and why.

mod route;

pub use route::{Change, Origin, Route, SourceId};
