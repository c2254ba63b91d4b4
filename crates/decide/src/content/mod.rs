//! What the bytes of an answer are: the rules by which a browser tells.
//!
//! Order of calls: [`Layer::all`] lists the codings to undo; [`sniff`] says what the content is, by its `Content-Type` and its first bytes;
//! [`Charset::decide`] which characters its bytes mean, if it has any.

mod charset;
mod layers;
mod sniff;

pub use charset::{Charset, CharsetRule, PRESCANNED, declared};
pub use layers::Layer;
pub use sniff::{SNIFFED, SniffRule, sniff};
