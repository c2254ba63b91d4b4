//! Close codes (RFC 6455 §7.4).

/// A status code that may stand in a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CloseCode(u16);

impl CloseCode {
    /// The purpose of the connection is fulfilled.
    pub const NORMAL: CloseCode = CloseCode(1000);
    /// The endpoint goes away: a server stops, a browser leaves the page.
    pub const GOING_AWAY: CloseCode = CloseCode(1001);
    /// The peer broke the protocol.
    pub const PROTOCOL_ERROR: CloseCode = CloseCode(1002);
    /// The endpoint does not take messages of this kind.
    pub const UNSUPPORTED_DATA: CloseCode = CloseCode(1003);
    /// A message does not hold what its kind says, as text that is not UTF-8.
    pub const INVALID_DATA: CloseCode = CloseCode(1007);
    /// A message breaks a policy of the endpoint that has no code of its own.
    pub const POLICY: CloseCode = CloseCode(1008);
    /// A message is too large.
    pub const TOO_LARGE: CloseCode = CloseCode(1009);
    /// A client wanted an extension that the server did not agree to.
    pub const EXTENSION_NEEDED: CloseCode = CloseCode(1010);
    /// The endpoint met a condition it did not expect.
    pub const INTERNAL_ERROR: CloseCode = CloseCode(1011);

    /// The code of this number, if it may be sent: not those under 1000, not 1004 to 1006 and 1015 (which only say locally what
    /// happened), nothing that nobody has registered.
    pub const fn new(number: u16) -> Option<CloseCode> {
        // RFC 6455 §7.4.2; the registry has added 1012 to 1014.
        match number {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(CloseCode(number)),
            _ => None,
        }
    }

    /// The number of the code.
    pub const fn number(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests;
