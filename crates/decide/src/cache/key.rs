//! The primary key of a stored response (RFC 9111 §2): method and target URI, as far as the owner lets the query count.

use alloc::string::String;
use alloc::vec::Vec;

/// What of a target URI makes a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRules {
    /// Which parameters of the query count.
    pub parameters: Parameters,
    /// Put the parameters in order of their names, where the origin does not mind it. Parameters of one name stay in theirs.
    pub sort: bool,
}

/// The parameters of a query that count. Names are compared as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Parameters {
    /// All, and the query exactly as it is.
    #[default]
    All,
    /// These and no others; with none of them the query does not count.
    Only(Vec<String>),
    /// All but these.
    Except(Vec<String>),
}

/// A target URI in its parts (RFC 9110 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// `http` or `https`.
    pub scheme: &'a str,
    /// Host and optional port, in any case.
    pub authority: &'a [u8],
    /// Path and query.
    pub target: &'a [u8],
}

/// Appends the key. GET and HEAD share one: an answer to GET serves both (RFC 9111 §4), and the other methods' answers are kept for GET or
/// not at all.
pub fn key(uri: &Uri<'_>, rules: &KeyRules, out: &mut Vec<u8>) {
    out.extend_from_slice(b"GET ");
    url(uri, rules, out);
}

/// Appends the key without the method: `scheme://host/path?query`, as far as the query counts.
pub fn url(uri: &Uri<'_>, rules: &KeyRules, out: &mut Vec<u8>) {
    out.extend_from_slice(uri.scheme.as_bytes());
    out.extend_from_slice(b"://");
    // RFC 3986 §6.2.2.1, §6.2.3: hosts without case, the default port as none.
    let host_at = out.len();
    out.extend_from_slice(without_default_port(uri.scheme, uri.authority));
    out[host_at..].make_ascii_lowercase();
    let (path, query) = match uri.target.iter().position(|byte| *byte == b'?') {
        Some(at) => (&uri.target[..at], Some(&uri.target[at + 1..])),
        None => (uri.target, None),
    };
    // RFC 9110 §4.2.3: an empty path is `/`.
    out.extend_from_slice(if path.is_empty() { b"/" } else { path });
    if let Some(query) = query {
        keyed_query(query, rules, out);
    }
}

/// Appends `?` and what counts of a query. An owner who drops parameters can have this sent to the origin as well: then nothing that is
/// not in the key shapes what is stored.
pub fn keyed_query(query: &[u8], rules: &KeyRules, out: &mut Vec<u8>) {
    if rules.parameters == Parameters::All && !rules.sort {
        out.push(b'?');
        out.extend_from_slice(query);
        return;
    }
    let listed = |names: &[String], parameter: &[u8]| names.iter().any(|name| name.as_bytes() == name_of(parameter));
    let counts = |parameter: &&[u8]| match &rules.parameters {
        Parameters::All => true,
        Parameters::Only(names) => listed(names, parameter),
        Parameters::Except(names) => !listed(names, parameter),
    };
    let mut parameters: Vec<&[u8]> = query.split(|byte| *byte == b'&').filter(counts).collect();
    if rules.sort {
        // Stable: values of one name are a list whose order may matter.
        parameters.sort_by_key(|parameter| name_of(parameter));
    }
    for (index, parameter) in parameters.into_iter().enumerate() {
        out.push(if index == 0 { b'?' } else { b'&' });
        out.extend_from_slice(parameter);
    }
}

fn name_of(parameter: &[u8]) -> &[u8] {
    parameter.split(|byte| *byte == b'=').next().unwrap_or_default()
}

/// The authority without `:80`, `:443` or a bare colon.
pub(super) fn without_default_port<'a>(scheme: &str, authority: &'a [u8]) -> &'a [u8] {
    let default: &[u8] = if scheme == "https" { b":443" } else { b":80" };
    authority.strip_suffix(default).or(authority.strip_suffix(b":")).unwrap_or(authority)
}

#[cfg(test)]
mod tests;
