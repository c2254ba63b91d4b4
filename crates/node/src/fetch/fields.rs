//! The fields of a request.

use super::Request;
use decide::fetch::url::Target;
use decide::joined::Parent;
use std::borrow::Cow;
use wire::http::structured::write_base64;

/// As servers know us.
const AGENT: &str = concat!("throughline/", env!("CARGO_PKG_VERSION"));

/// The field that shows a server our token.
pub(super) const TRACE_TOKEN: &str = "Throughline-Trace";
/// The field that names a request (W3C Trace Context).
pub(super) const TRACE_PARENT: &str = "traceparent";

/// What is known of a request besides what the user wants of all.
pub(super) struct About<'a> {
    /// What it is called.
    pub(super) parent: Parent,
    /// It has a body of so many bytes.
    pub(super) body: Option<usize>,
    /// It may have what is for one server alone.
    pub(super) credentials: bool,
    /// The token for this server.
    pub(super) token: Option<&'a str>,
}
/// What `decode` undoes.
const CODINGS: &str = "gzip, deflate, br, zstd";

/// Fields in the order they are sent; `Host` is not among them unless it is the user's own.
pub(super) fn fields(request: &Request, target: &Target, about: &About<'_>) -> Vec<(String, String)> {
    let About { parent, body, credentials, token } = *about;
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: Cow<'_, str>| all.push((name.to_string(), value.into_owned()));
    add("User-Agent", AGENT.into());
    add("Accept", "*/*".into());
    add(TRACE_PARENT, parent.value().into());
    if let Some(token) = token {
        add(TRACE_TOKEN, token.into());
    }
    add("Accept-Encoding", CODINGS.into());
    if let Some((user, password)) = target.credentials() {
        let pair = [&decoded(user)[..], b":", &decoded(password)].concat();
        add("Authorization", format!("Basic {}", base64(&pair)).into());
    }
    if let Some(len) = body {
        add("Content-Type", "application/x-www-form-urlencoded".into());
        add("Content-Length", len.to_string().into());
    }
    for (name, _) in &request.fields {
        all.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }
    let own = request.fields.iter().filter(|(name, value)| !value.is_empty() && (credentials || !is_credential(name)));
    all.extend(own.cloned());
    if body.is_none() {
        all.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type") && !name.eq_ignore_ascii_case("content-length"));
    }
    all
}

/// A field that is for one server alone, and that is not shown.
pub(super) fn is_credential(name: &str) -> bool {
    ["authorization", "cookie", "proxy-authorization", TRACE_TOKEN].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// A field's value as it may be shown.
pub(super) fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    if is_credential(name) { "…" } else { value }
}

fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        match hex {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    write_base64(bytes, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests;
