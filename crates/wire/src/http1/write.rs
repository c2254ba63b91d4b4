//! Heads out. What is written has been parsed or made by us: writers judge nothing, debug builds assert.

use crate::http::{Field, FieldWriter, Fields, Known, Method, RequestHead, ResponseHead, TargetForm, decimal};
use alloc::vec::Vec;

/// Appends the request line and `fields`, without the empty line that ends a head: the caller adds its own fields, then `\r\n`.
/// The target is written in origin form (asterisk and authority forms as they are: for the latter `target` is not looked at).
pub fn write_request<'a>(head: &RequestHead, target: &[u8], fields: impl Iterator<Item = Field<'a>>, out: &mut Vec<u8>) {
    let target = if head.form == TargetForm::Authority { &head.authority } else { target };
    write_request_line(&head.method, target, out);
    write_fields(fields, out);
}

/// Appends a request line.
pub fn write_request_line(method: &Method, target: &[u8], out: &mut Vec<u8>) {
    debug_assert!(!target.is_empty() && target.iter().all(u8::is_ascii_graphic), "a valid target");
    out.extend_from_slice(method.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(target);
    out.extend_from_slice(b" HTTP/1.1\r\n");
}

/// Appends the status line (`HTTP/1.1`, whatever version the head came in) and `fields`, without the empty line. An empty reason becomes
/// the usual one of the status.
pub fn write_response<'a>(head: &ResponseHead, fields: impl Iterator<Item = Field<'a>>, out: &mut Vec<u8>) {
    debug_assert!((100..1000).contains(&head.status), "a status of three digits");
    let digit = |value: u16| b'0' + (value % 10) as u8;
    let mut start = *b"HTTP/1.1 000 ";
    start[9..12].copy_from_slice(&[digit(head.status / 100), digit(head.status / 10), digit(head.status)]);
    out.extend_from_slice(&start);
    let reason = if head.reason.is_empty() { reason_phrase(head.status).as_bytes() } else { &head.reason };
    debug_assert!(is_one_line(reason), "a reason phrase on one line");
    out.extend_from_slice(reason);
    out.extend_from_slice(b"\r\n");
    write_fields(fields, out);
}

fn write_fields<'a>(fields: impl Iterator<Item = Field<'a>>, out: &mut Vec<u8>) {
    for field in fields {
        write_line(field, out);
    }
}

/// The header section of a message that is being written.
pub struct FieldLines<'a>(pub &'a mut Vec<u8>);

impl FieldWriter for FieldLines<'_> {
    fn field(&mut self, name: &[u8], value: &[u8]) {
        write_field(name, value, self.0);
    }

    fn known(&mut self, known: Known, value: &[u8]) {
        write_field(known.name().as_bytes(), value, self.0);
    }

    fn pass(&mut self, field: Field<'_>) {
        write_line(field, self.0);
    }

    fn pass_but(&mut self, fields: &Fields, known: Known) {
        match fields.lines_but(known) {
            Some(pieces) => pieces.iter().for_each(|lines| self.0.extend_from_slice(lines)),
            None => fields.iter().filter(|field| field.known != known).for_each(|field| self.pass(field)),
        }
    }

    fn joined(&mut self, known: Known, parts: &[&[u8]]) {
        debug_assert!(parts.iter().all(|part| is_one_line(part)), "a field value on one line");
        self.0.extend_from_slice(known.name().as_bytes());
        self.0.extend_from_slice(b": ");
        parts.iter().for_each(|part| self.0.extend_from_slice(part));
        self.0.extend_from_slice(b"\r\n");
    }

    fn length(&mut self, bytes: u64) {
        write_length(bytes, self.0);
    }
}

/// Appends one field line of a message on its way through: in one piece, where it stands in its list as it is written.
pub fn write_line(field: Field<'_>, out: &mut Vec<u8>) {
    match field.line() {
        Some(line) => out.extend_from_slice(line),
        None => write_field(field.name, field.value, out),
    }
}

/// Appends one field line.
pub fn write_field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    debug_assert!(super::section::is_token_text(name), "a field name is a token");
    debug_assert!(is_one_line(value), "a field value on one line");
    out.reserve(name.len() + value.len() + 4);
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Appends the `Content-Length` line of a body of so many bytes.
pub fn write_length(length: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Content-Length: ");
    out.extend_from_slice(decimal(length, &mut [0; 20]));
    out.extend_from_slice(b"\r\n");
}

fn is_one_line(text: &[u8]) -> bool {
    !text.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// The usual reason phrase of a status (RFC 9110 §15 and the registry); empty for one that has none.
pub fn reason_phrase(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        208 => "Already Reported",
        226 => "IM Used",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        305 => "Use Proxy",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        _ => reason_of_error(status),
    }
}

fn reason_of_error(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        506 => "Variant Also Negotiates",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        511 => "Network Authentication Required",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
