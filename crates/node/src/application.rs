//! Code in this process that answers requests: the admin side, the embedded application servers.

use host::{Found, Host};
use wire::http::RequestHead;

/// Answers whole requests with whole answers. Called on a worker's thread: quick, and without waiting.
pub trait Application: Send + Sync {
    /// The answer. `host` is for its clock and randomness; `body` is the request's, whole, up to the site's cap.
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
}

impl Answer {
    /// A text with its media type.
    pub fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer::Made { status, fields: vec![("Content-Type", content_type.to_string())], body: body.into() }
    }
}
