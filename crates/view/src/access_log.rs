//! The access log: a reader of journeys.

mod combined;
mod facts;
mod json;
mod names;

pub use combined::combined;
pub use json::json;

#[cfg(test)]
mod tests;
