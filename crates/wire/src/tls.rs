//! What a TLS connection shows of itself to whoever sees its bytes: records, and the messages that begin a handshake (RFC 8446). What they
//! lead to is for the two ends alone, and this holds no keys.
//!
//! - [`Reader`]: bytes of one direction in, records and messages out.
//! - [`hello`]: what a ClientHello offers and a ServerHello chooses.

pub mod hello;
mod reader;

pub use reader::{Reader, Seen, write_message, write_record};

/// The kind of a record (RFC 8446 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(pub u8);

impl Kind {
    /// From here on the keys change.
    pub const CHANGE_CIPHER_SPEC: Kind = Kind(20);
    /// A warning, or the end.
    pub const ALERT: Kind = Kind(21);
    /// Part of a handshake.
    pub const HANDSHAKE: Kind = Kind(22);
    /// Content; in TLS 1.3 also everything that is sealed.
    pub const APPLICATION_DATA: Kind = Kind(23);
}

/// The name of a handshake message (RFC 8446 §4, RFC 5246 §7.4); `handshake` for any other.
pub const fn message_name(kind: u8) -> &'static str {
    match kind {
        0 => "HelloRequest",
        1 => "ClientHello",
        2 => "ServerHello",
        4 => "NewSessionTicket",
        8 => "EncryptedExtensions",
        11 => "Certificate",
        12 => "ServerKeyExchange",
        13 => "CertificateRequest",
        14 => "ServerHelloDone",
        15 => "CertificateVerify",
        16 => "ClientKeyExchange",
        20 => "Finished",
        22 => "CertificateStatus",
        24 => "KeyUpdate",
        _ => "handshake",
    }
}
