//! HTTP/1.1 on the wire (RFC 9112), without I/O. Strict where leniency has let requests be smuggled; see [`Rule`].

mod body;
mod framing;
mod request;
mod response;
mod rule;
mod scan;
mod section;
mod target;
mod write;

// What both versions read alike.
pub(crate) use scan::target_end;
pub(crate) use section::{is_token, is_token_text, members, text_end};
pub(crate) use target::Authority;

pub use body::{BodyDecoder, BodyEncoder, BodyError, Piece};
pub use request::{RequestMeta, parse_request};
pub use response::{ResponseMeta, parse_response};
pub use rule::{Limits, Rejection, Rule};
pub use write::{FieldLines, reason_phrase, write_field, write_length, write_line, write_request, write_request_line, write_response};

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

/// As much of the input as a head may take, so that nothing behind the cap is read, and every place in it fits 32 bits.
fn view_of<'a>(input: &'a [u8], limits: &Limits) -> &'a [u8] {
    &input[..input.len().min(limits.head_bytes).min(u32::MAX as usize)]
}

/// Heads under this size are cheaper to read again from the start than to search for their end first.
const SEARCH_FROM: usize = 4096;

/// Stops the reading of a long head that has no end yet before its fields are read, so that a sender of single bytes does not make us read
/// them over and over. What is certain to be refused later is refused now: a LF without CR.
#[inline]
fn refuse_hopeless(input: &[u8]) -> Result<(), section::Stop> {
    if input.len() < SEARCH_FROM { Ok(()) } else { search_end(input) }
}

fn search_end(input: &[u8]) -> Result<(), section::Stop> {
    if memchr::memmem::find(input, b"\r\n\r\n").is_some() {
        return Ok(());
    }
    let bare = memchr::memchr_iter(b'\n', input).any(|at| at == 0 || input[at - 1] != b'\r');
    Err(if bare { Rule::BareLf.into() } else { section::Stop::More })
}
