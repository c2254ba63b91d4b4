//! HTTP/1.1 messages as a backend or a client of a test reads them: strictly, and with every byte accounted for. Not the codec under test.

use std::io::{self, BufRead, Read};

/// Names and values, in their order.
pub(crate) type Fields = Vec<(String, String)>;

/// A request as a backend saw it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) version: String,
    pub(crate) fields: Fields,
    /// The whole head, byte for byte.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Fields,
}

/// A response as a client saw it.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) fields: Fields,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Fields,
    /// The statuses of the interim answers before it.
    pub(crate) interim: Vec<u16>,
}

/// Every value of a field, in order.
pub(crate) fn all<'f>(fields: &'f Fields, name: &str) -> Vec<&'f str> {
    fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value).collect()
}

fn one<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    let values = all(fields, name);
    assert!(values.len() < 2, "{name} came more than once: {fields:?}");
    values.first().copied()
}

impl Request {
    /// The only value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        one(&self.fields, name)
    }

    /// The target without its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().expect("a split has a first part")
    }
}

impl Response {
    /// The only value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        one(&self.fields, name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The sender says that it closes.
    pub(crate) fn closes(&self) -> bool {
        all(&self.fields, "connection").iter().any(|value| value.eq_ignore_ascii_case("close"))
    }
}

pub(crate) fn bad(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// A line without its CRLF; `None` at the end of the stream before its first byte.
pub(crate) fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if from.read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    match bytes.strip_suffix(b"\r\n") {
        Some(line) => Ok(Some(String::from_utf8_lossy(line).into_owned())),
        None => Err(bad(format!("a line without CRLF: {:?}", String::from_utf8_lossy(&bytes)))),
    }
}

fn section(from: &mut impl BufRead) -> io::Result<Fields> {
    let mut fields = Fields::new();
    loop {
        let line = line(from)?.ok_or_else(|| bad("the stream ended in a field section"))?;
        if line.is_empty() {
            return Ok(fields);
        }
        let (name, value) = line.split_once(':').ok_or_else(|| bad(format!("a field line without a colon: {line}")))?;
        fields.push((name.to_string(), value.trim().to_string()));
    }
}

/// Reads the head of a request; `None` at the end of the stream.
pub(crate) fn request_head(from: &mut impl BufRead) -> io::Result<Option<Request>> {
    let Some(first) = line(from)? else { return Ok(None) };
    let words: Vec<&str> = first.split(' ').collect();
    let [method, target, version] = words[..] else { return Err(bad(format!("a request line: {first}"))) };
    let fields = section(from)?;
    let lines: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("{first}\r\n{lines}\r\n");
    let (method, target, version) = (method.to_string(), target.to_string(), version.to_string());
    Ok(Some(Request { method, target, version, fields, head, body: Vec::new(), trailers: Vec::new() }))
}

/// Reads the body that goes with a head.
pub(crate) fn request_body(from: &mut impl BufRead, request: &mut Request) -> io::Result<()> {
    if !all(&request.fields, "transfer-encoding").is_empty() {
        (request.body, request.trailers) = chunked(from)?;
    } else if let Some(length) = request.field("content-length") {
        request.body = exactly(from, length.parse().map_err(|_| bad("a length"))?)?;
    }
    Ok(())
}

/// Reads the final response to a request of `method`, and the interim ones before it.
pub(crate) fn response(from: &mut impl BufRead, method: &str) -> io::Result<Response> {
    let mut interim = Vec::new();
    loop {
        let first = line(from)?.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "closed before an answer"))?;
        let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|status| status.parse().ok());
        let status: u16 = status.ok_or_else(|| bad(format!("a status line: {first}")))?;
        let fields = section(from)?;
        if (100..200).contains(&status) && status != 101 {
            interim.push(status);
            continue;
        }
        let mut response = Response { status, fields, body: Vec::new(), trailers: Vec::new(), interim };
        if method == "HEAD" || matches!(status, 101 | 204 | 304) {
            return Ok(response);
        }
        if !all(&response.fields, "transfer-encoding").is_empty() {
            (response.body, response.trailers) = chunked(from)?;
        } else if let Some(length) = response.field("content-length") {
            response.body = exactly(from, length.parse().map_err(|_| bad("a length"))?)?;
        } else {
            from.read_to_end(&mut response.body)?;
        }
        return Ok(response);
    }
}

fn exactly(from: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn chunked(from: &mut impl BufRead) -> io::Result<(Vec<u8>, Fields)> {
    let mut body = Vec::new();
    loop {
        let size = line(from)?.ok_or_else(|| bad("the stream ended before a chunk"))?;
        let length = u64::from_str_radix(&size, 16).map_err(|_| bad(format!("a chunk size: {size}")))?;
        if length == 0 {
            return Ok((body, section(from)?));
        }
        if from.take(length).read_to_end(&mut body)? as u64 != length {
            return Err(bad("the stream ended in a chunk"));
        }
        if line(from)?.as_deref() != Some("") {
            return Err(bad("a chunk without its CRLF"));
        }
    }
}
