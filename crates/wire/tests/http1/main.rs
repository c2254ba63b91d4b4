//! The HTTP/1.1 codec against everything that is not itself: the RFCs' sentences, random messages, mutated ones, hyper.

mod corpus;
mod driver;
mod fuzz;
mod malformed;
#[path = "../mutation/mod.rs"]
mod mutation;
mod oracle;
mod properties;
