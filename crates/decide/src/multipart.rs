//! Several parts in one body: `multipart/byteranges` (RFC 9110 §14.6).

use crate::range::Span;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A body of several parts: for each part its head, then its bytes of the file; in the end `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multipart {
    /// In the order they are sent.
    pub parts: Vec<Part>,
    /// The closing delimiter.
    pub end: Vec<u8>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Delimiter, fields and empty line, to be sent before the bytes.
    pub head: Vec<u8>,
    /// The bytes of the file.
    pub span: Span,
}

impl Multipart {
    /// Lays out the parts of a representation of `size` bytes, if that is known. `boundary` is ours: 1 to 70 letters and digits, drawn at
    /// random so that no content holds it (RFC 2046 §5.1.1).
    pub fn new(spans: &[Span], size: Option<u64>, content_type: &str, boundary: &str) -> Multipart {
        let plain = (1..=70).contains(&boundary.len()) && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric());
        assert!(plain, "a boundary of 1 to 70 letters and digits");
        let parts = spans.iter().enumerate().map(|(index, span)| {
            // RFC 2046 §5.1.1: the line break before a delimiter belongs to it; the first one needs none.
            let before = if index == 0 { "" } else { "\r\n" };
            let range = content_range(*span, size);
            let head = format!("{before}--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {range}\r\n\r\n");
            Part { head: head.into_bytes(), span: *span }
        });
        Multipart { parts: parts.collect(), end: format!("\r\n--{boundary}--\r\n").into_bytes() }
    }

    /// Bytes of the whole body.
    pub fn length(&self) -> u64 {
        let parts: u64 = self.parts.iter().map(|part| part.head.len() as u64 + part.span.len).sum();
        parts + self.end.len() as u64
    }
}

/// The `Content-Range` of one part (RFC 9110 §14.4); `*` where the length of the whole is not known.
pub fn content_range(span: Span, size: Option<u64>) -> String {
    let (first, last) = (span.start, span.end() - 1);
    match size {
        Some(size) => format!("bytes {first}-{last}/{size}"),
        None => format!("bytes {first}-{last}/*"),
    }
}

/// The `Content-Type` of the whole.
pub fn content_type(boundary: &str) -> String {
    format!("multipart/byteranges; boundary={boundary}")
}

#[cfg(test)]
mod tests;
