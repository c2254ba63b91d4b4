//! The rules a message can break, each with its answer.

/// Caps on one head. A head that reaches one is rejected before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the request target.
    pub target_bytes: usize,
    /// Bytes of the whole head, first line included.
    pub head_bytes: usize,
    /// Number of fields, of headers or of trailers.
    pub fields: usize,
}

/// One reason to refuse a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// PLACEHOLDER
    BareLf,
}

/// Why a message was refused: whose answer code, which rule, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The rule broken.
    pub rule: Rule,
}

impl Rejection {
    /// The status to answer a client with: 400, 413, 414, 431, 501 or 505.
    pub fn status(self) -> u16 {
        unimplemented!()
    }

    /// A short sentence for the body of the answer and for the log.
    pub fn sentence(self) -> &'static str {
        unimplemented!()
    }

    /// The sentence's source, `RFC 9112 §…`.
    pub fn section(self) -> &'static str {
        unimplemented!()
    }
}
