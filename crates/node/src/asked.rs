//! A request made of a URL, as `explain` asks about one and a push or a prefetch asks for one, and an answer to it: written as they would
//! be sent and read by the same parser, so that they are judged as strictly as real ones.

use wire::http::{Method, RequestHead, ResponseHead};
use wire::http1::{self, Limits, Parsed};

/// A request, and the port its URL names.
#[derive(Debug)]
pub struct Asked {
    /// As it was read.
    pub head: RequestHead,
    /// The port of the URL, or the usual one of its scheme.
    pub port: u16,
    /// `http` or `https`.
    pub scheme: &'static str,
}

/// The request for a URL: `http://host:port/path?query`; the scheme may be missing. `fields` are written `name: value`; a `Host` among
/// them replaces the URL's. The error is a sentence.
pub fn of(url: &str, method: &str, fields: &[&str], limits: &Limits) -> Result<Asked, String> {
    // A query may hold another URL: only what stands before everything else is a scheme.
    let scheme = url.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?', '#']));
    let (scheme, rest) = scheme.unwrap_or(("http", url));
    let (scheme, usual_port) = match &*scheme.to_ascii_lowercase() {
        "http" => ("http", 80),
        "https" => ("https", 443),
        other => return Err(format!("{other:?} is no scheme that is served here; a URL is written http://host/path")),
    };
    // A fragment is never sent (RFC 9110 §7.1).
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.is_empty() {
        return Err(format!("{url:?} names no host; a URL is written http://host/path"));
    }
    // RFC 9112 §3.2.1: an empty path is sent as `/`.
    let slash = if target.starts_with('/') { "" } else { "/" };
    let mut text = format!("{method} {slash}{target} HTTP/1.1\r\n");
    let is_host = |field: &&&str| field.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case("host"));
    if fields.iter().find(is_host).is_none() {
        text.push_str(&format!("Host: {authority}\r\n"));
    }
    fields.iter().for_each(|field| text.extend([*field, "\r\n"]));
    text.push_str("\r\n");
    let mut head = RequestHead::default();
    match http1::parse_request(text.as_bytes(), limits, &mut head) {
        Ok(Parsed::Complete { len, .. }) if len == text.len() => Ok(Asked { head, port: port(authority).unwrap_or(usual_port), scheme }),
        Ok(_) => Err("a method, a URL and fields have no line ends".to_string()),
        Err(rejection) => {
            Err(format!("such a request is answered {}: {} ({})", rejection.status(), rejection.sentence(), rejection.section()))
        }
    }
}

/// The answer of this status and these fields to a request with this method.
pub fn answer_of(status: u16, fields: &[&str], method: &Method, limits: &Limits) -> Result<ResponseHead, String> {
    let mut text = format!("HTTP/1.1 {status:03} \r\n");
    fields.iter().for_each(|field| text.extend([*field, "\r\n"]));
    text.push_str("\r\n");
    let mut head = ResponseHead::default();
    match http1::parse_response(text.as_bytes(), limits, method, &mut head) {
        Ok(Parsed::Complete { len, .. }) if len == text.len() => Ok(head),
        Ok(_) => Err("a status and fields have no line ends".to_string()),
        Err(rejection) => Err(format!("such an answer is refused: {} ({})", rejection.sentence(), rejection.section())),
    }
}

fn port(authority: &str) -> Option<u16> {
    let (before, port) = authority.rsplit_once(':')?;
    // The colons of an IPv6 address stand in brackets.
    if before.starts_with('[') && !before.ends_with(']') { None } else { port.parse().ok() }
}

#[cfg(test)]
mod tests;
