//! Response heads in.
use super::{Framing, Limits, Parsed, Rejection};
use crate::http::{Method, ResponseHead};

/// What a response head says about the rest of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseMeta {
    /// How the body ends. `None` for interim responses, 204, 304 and answers to HEAD, whatever their fields say.
    pub framing: Framing,
    /// The server lets the connection live after this message.
    pub keep_alive: bool,
    /// 101 with an `Upgrade` field: from here on the connection is a tunnel.
    pub upgraded: bool,
}

/// Reads a response head to a request of `method` from the start of `input` into `head` (cleared first).
pub fn parse_response(input: &[u8], limits: &Limits, method: &Method, head: &mut ResponseHead) -> Result<Parsed<ResponseMeta>, Rejection> {
    let _ = (input, limits, method, head);
    unimplemented!()
}
