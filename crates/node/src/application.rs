//! Code in this process that answers requests: the admin side, the embedded application servers.

use crate::conversation::Conversation;
use host::{Found, Host};
use std::future::Future;
use std::pin::Pin;
use wire::http::RequestHead;

/// Answers whole requests with whole answers, or with a WebSocket. Shared by all workers, and called on their threads: quick, and without
/// waiting.
pub trait Application: Send + Sync {
    /// The answer. `host` is for its clock and randomness; `body` is the request's, whole, up to the site's cap.
    ///
    /// A request for a WebSocket is a GET in HTTP/1.1 and a CONNECT in HTTP/2 (RFC 8441). Whether it opens one as it should is judged
    /// after [`Answer::Socket`]; from whose page it comes (`Origin`, RFC 6455 §10.2) is for the application to judge.
    fn respond(&self, host: &Host, request: &RequestHead, body: &[u8]) -> Answer;
}

/// What an application answers.
pub enum Answer {
    /// A message made for this request.
    Made {
        /// Its status.
        status: u16,
        /// Its fields, without framing.
        fields: Vec<(&'static str, String)>,
        /// Its body.
        body: Vec<u8>,
    },
    /// A file, with all that is due to files: validators, conditions, ranges.
    File {
        /// The file.
        found: Found,
        /// Its name, for the media type.
        name: String,
    },
    /// A WebSocket, whose other end is this conversation. It is dropped unused where the request does not open one as it should: the
    /// client is told why.
    Socket(Box<dyn Conversation>),
    /// One that is not known yet, because something else must happen first: a write to a disk, on another thread. The worker goes on with
    /// other requests meanwhile. It is dropped where the client leaves, and must then have no half of an effect.
    Later(Pin<Box<dyn Future<Output = Answer>>>),
}

impl Answer {
    /// A text with its media type.
    pub fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer::Made { status, fields: vec![("Content-Type", content_type.to_string())], body: body.into() }
    }
}
