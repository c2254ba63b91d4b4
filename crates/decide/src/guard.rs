//! What guards a name server: cookies, by which a client proves that its address is its own ([`cookie`]), and a limit of the answers that
//! go to those who have not ([`Rates`]).

pub mod cookie;
mod rate;
mod siphash;

pub use rate::{Answers, Rates};
pub use siphash::siphash_2_4;

#[cfg(test)]
mod tests;
