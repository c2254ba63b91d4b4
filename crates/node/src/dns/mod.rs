//! Names served.

mod key;
pub(crate) mod notify;
