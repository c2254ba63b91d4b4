//! HTTP/1.1 on the wire (RFC 9112), without I/O. Strict where leniency has let requests be smuggled; see [`Rule`].

mod body;
mod request;
mod response;
mod rule;
mod write;

pub use body::{BodyDecoder, BodyEncoder, BodyError, Piece};
pub use request::{RequestMeta, parse_request};
pub use response::{ResponseMeta, parse_response};
pub use rule::{Limits, Rejection, Rule};
pub use write::{reason_phrase, write_field, write_request, write_response};

/// How the end of a body is known (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// This many bytes. Never zero: that is `None`.
    Exact(u64),
    /// The chunked transfer coding.
    Chunked,
    /// All until the sender closes: responses only.
    UntilClose,
}

/// The result of looking for a complete head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed<M> {
    /// More bytes are needed. Nothing was judged to be wrong yet.
    Partial,
    /// The head is whole; `len` bytes of the input belong to it.
    Complete {
        /// Bytes of the head, with the empty line.
        len: usize,
        /// What the head says of the rest.
        meta: M,
    },
}
