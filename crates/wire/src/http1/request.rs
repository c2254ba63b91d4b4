//! Request heads in.
use super::{Framing, Limits, Parsed, Rejection};
use crate::http::RequestHead;

/// What a request head says about the rest of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestMeta {
    /// How the body ends.
    pub framing: Framing,
    /// The client lets the connection live (RFC 9112 §9.3): HTTP/1.1 without `close`, or HTTP/1.0 with `keep-alive`.
    pub keep_alive: bool,
    /// `Expect: 100-continue` from an HTTP/1.1 client (RFC 9110 §10.1.1).
    pub expects_continue: bool,
    /// `Upgrade` is there and listed in `Connection` (RFC 9110 §7.8), HTTP/1.1 only.
    pub upgrade: bool,
}

/// Reads a request head from the start of `input` into `head` (cleared first).
pub fn parse_request(input: &[u8], limits: &Limits, head: &mut RequestHead) -> Result<Parsed<RequestMeta>, Rejection> {
    let _ = (input, limits, head);
    unimplemented!()
}
