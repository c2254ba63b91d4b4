//! One request from URL to answer, as a client: what is decided on the way. Knows no socket.
//!
//! - [`url`]: a URL as typed becomes one that is used, and each change has its rule.
//! - [`redirect`]: whether an answer sends us elsewhere, where to and how.
//! - [`told`]: what an answer's fields say of its way, in words.
//! - [`fault`]: what ended a journey: station, side, cause and remedy in one sentence.

pub mod fault;
pub mod redirect;
pub mod told;
pub mod url;
