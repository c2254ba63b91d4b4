//! Where a load goes.

/// The three ways in that every server has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Door {
    /// HTTP/1 in clear text.
    Clear,
    /// HTTP/2 in clear text, by prior knowledge.
    ClearHttp2,
    /// Both in TLS, as ALPN finds.
    Tls,
}

/// A port of 127.0.0.1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address {
    pub(super) port: u16,
    pub(super) tls: bool,
}

impl Address {
    pub(super) const fn clear(port: u16) -> Address {
        Address { port, tls: false }
    }

    pub(super) fn url(self, path: &str) -> String {
        format!("{}://127.0.0.1:{}{path}", if self.tls { "https" } else { "http" }, self.port)
    }
}
