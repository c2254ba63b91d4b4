//! The control data and fields at the start of a message (RFC 9110 §6).

use super::Fields;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A request method (RFC 9110 §9). Case matters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET
    #[default]
    Get,
    /// HEAD
    Head,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
    /// CONNECT
    Connect,
    /// OPTIONS
    Options,
    /// TRACE
    Trace,
    /// PATCH (RFC 5789)
    Patch,
    /// Any other token.
    Extension(Box<str>),
}

impl Method {
    /// Recognises a method; the caller has checked that it is a token.
    pub fn of(token: &str) -> Method {
        match token {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "CONNECT" => Method::Connect,
            "OPTIONS" => Method::Options,
            "TRACE" => Method::Trace,
            "PATCH" => Method::Patch,
            other => Method::Extension(other.into()),
        }
    }

    /// The method as it stands in a request line.
    pub fn as_str(&self) -> &str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Connect => "CONNECT",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
            Method::Patch => "PATCH",
            Method::Extension(token) => token,
        }
    }

    /// Asks for nothing but a reading (RFC 9110 §9.2.1).
    pub fn is_safe(&self) -> bool {
        matches!(self, Method::Get | Method::Head | Method::Options | Method::Trace)
    }

    /// Can be repeated without harm (RFC 9110 §9.2.2).
    pub fn is_idempotent(&self) -> bool {
        self.is_safe() || matches!(self, Method::Put | Method::Delete)
    }
}

/// The version a message was sent in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    #[default]
    Http11,
    /// HTTP/2
    Http2,
}

impl Version {
    /// As it is written for people and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Version::Http10 => "HTTP/1.0",
            Version::Http11 => "HTTP/1.1",
            Version::Http2 => "HTTP/2",
        }
    }
}

/// The four forms of a request target (RFC 9112 §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetForm {
    /// `/path?query`
    #[default]
    Origin,
    /// `http://host/path?query`
    Absolute,
    /// `host:port`, only with CONNECT
    Authority,
    /// `*`, only with OPTIONS
    Asterisk,
}

/// A request without its body. Memory is kept from message to message: [`RequestHead::clear`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// How the target was written.
    pub form: TargetForm,
    /// Host and optional port: of an absolute or authority target, else of the `Host` field (RFC 9112 §3.3); empty where neither names one.
    pub authority: Vec<u8>,
    /// Path and query as sent, `/` where an absolute target has no path, `*` for the asterisk form, empty for CONNECT.
    pub target: Vec<u8>,
    /// The target names the scheme `https`: as an absolute URI, or by `:scheme`.
    pub https: bool,
    /// The sender's version.
    pub version: Version,
    /// The protocol that an extended CONNECT asks for (`:protocol`, RFC 8441 §4); empty otherwise.
    pub protocol: Vec<u8>,
    /// The header section.
    pub fields: Fields,
}

impl RequestHead {
    /// Back to the default, memory kept.
    pub fn clear(&mut self) {
        self.method = Method::Get;
        self.form = TargetForm::Origin;
        self.authority.clear();
        self.target.clear();
        self.https = false;
        self.version = Version::Http11;
        self.protocol.clear();
        self.fields.clear();
    }

    /// The target up to the first `?`.
    pub fn path(&self) -> &[u8] {
        self.split_target().0
    }

    /// What follows the first `?`, if there is one.
    pub fn query(&self) -> Option<&[u8]> {
        self.split_target().1
    }

    /// The authority without its port, in the case it came in; brackets of an IPv6 literal are kept.
    pub fn host(&self) -> &[u8] {
        let authority = &self.authority[..];
        match memchr::memrchr(b':', authority) {
            Some(at) if !authority[at..].contains(&b']') => &authority[..at],
            _ => authority,
        }
    }

    fn split_target(&self) -> (&[u8], Option<&[u8]>) {
        match memchr::memchr(b'?', &self.target) {
            Some(at) => (&self.target[..at], Some(&self.target[at + 1..])),
            None => (&self.target, None),
        }
    }
}

/// A response without its body. Memory is kept from message to message: [`ResponseHead::clear`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseHead {
    /// The sender's version.
    pub version: Version,
    /// 100 to 999 (RFC 9110 §15).
    pub status: u16,
    /// The reason phrase, often empty.
    pub reason: Vec<u8>,
    /// The header section.
    pub fields: Fields,
}

impl ResponseHead {
    /// Back to the default, memory kept.
    pub fn clear(&mut self) {
        self.version = Version::Http11;
        self.status = 0;
        self.reason.clear();
        self.fields.clear();
    }
}
