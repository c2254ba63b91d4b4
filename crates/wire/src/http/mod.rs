//! HTTP messages apart from any version's framing (RFC 9110): what the proxy, the cache and the trace work with.

pub mod cdn_loop;
mod fields;
mod head;
mod known;
pub mod link;
pub mod structured;
mod writer;

pub use fields::{Field, Fields, Names};
pub use head::{Method, RequestHead, ResponseHead, TargetForm, Version};
pub use known::Known;
pub use writer::{FieldWriter, decimal};
