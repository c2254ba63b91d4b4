//! The access log: a reader of journeys.

mod combined;
mod facts;
mod json;

pub use combined::combined;
pub(crate) use facts::Date;
pub use json::{event, json};

#[cfg(test)]
pub(crate) mod tests;
