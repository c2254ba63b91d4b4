//! From a URL as it was typed to one that is used (WHATWG URL). What changed is found by comparing both, part by part.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;
use url::{Host, ParseError, Url};

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    url: Url,
    port: u16,
}

/// A part of a URL that is used in another form than it was written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The rule, as a short clause.
    pub rule: &'static str,
    /// What stood there.
    pub before: String,
    /// What stands there now; empty where it is left out.
    pub after: String,
}

/// A URL that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Where it leads.
    pub target: Target,
    /// What was changed, in the order of the parts.
    pub changes: Vec<Change>,
}

/// Why a text is no URL that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It breaks the grammar; the sentence says where.
    Grammar(&'static str),
    /// A scheme that is not spoken here.
    Scheme(String),
}

/// Reads a URL; a relative one as seen from `base`, one without a scheme as `http`.
pub fn read(typed: &str, base: Option<&Target>) -> Result<Read, Refused> {
    let mut changes = Vec::new();
    let text = trimmed(typed, &mut changes);
    let text = with_scheme(text, base, &mut changes);
    let parsed = match base {
        Some(base) => base.url.join(&text),
        None => Url::parse(&text),
    };
    let url = parsed.map_err(|error| Refused::Grammar(sentence(error)))?;
    if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
        return Err(Refused::Scheme(url.scheme().to_owned()));
    }
    let port = url.port_or_known_default().unwrap_or(80);
    if has_scheme(&text) {
        Parts::of(&text).compare(&url, &mut changes);
    } else {
        changes.push(Change { rule: "a relative reference is seen from the URL that led here", before: text, after: redacted(&url) });
    }
    if let Some(fragment) = url.fragment() {
        changes.push(Change { rule: "a fragment stays here and is not sent", before: format!("#{fragment}"), after: String::new() });
    }
    Ok(Read { target: Target { url, port }, changes })
}

impl Target {
    /// The URL itself.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the scheme asks for TLS.
    pub fn is_secure(&self) -> bool {
        matches!(self.url.scheme(), "https" | "wss")
    }

    /// Whether a WebSocket is asked for.
    pub fn is_socket(&self) -> bool {
        matches!(self.url.scheme(), "ws" | "wss")
    }

    /// `http`, `https`, `ws` or `wss`.
    pub fn scheme(&self) -> &'static str {
        match (self.is_socket(), self.is_secure()) {
            (false, false) => "http",
            (false, true) => "https",
            (true, false) => "ws",
            (true, true) => "wss",
        }
    }

    /// The host as a name or an address, without brackets.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_matches(['[', ']'])
    }

    /// The address, where the host is one.
    pub fn address(&self) -> Option<IpAddr> {
        match self.url.host()? {
            Host::Ipv4(four) => Some(four.into()),
            Host::Ipv6(six) => Some(six.into()),
            Host::Domain(_) => None,
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port is not the scheme's own.
    pub fn port_written(&self) -> bool {
        self.url.port().is_some()
    }

    /// Host and, where it is not the scheme's own, port: what `Host` and `:authority` say.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Path and query.
    pub fn path_and_query(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// User name and password, as they are written, percent-encoding undone by nobody yet.
    pub fn credentials(&self) -> Option<(&str, &str)> {
        let (user, password) = (self.url.username(), self.url.password().unwrap_or_default());
        (!user.is_empty() || !password.is_empty()).then_some((user, password))
    }

    /// Both have scheme, host and port in common.
    pub fn same_origin(&self, other: &Target) -> bool {
        (self.url.scheme(), self.url.host_str(), self.port) == (other.url.scheme(), other.url.host_str(), other.port)
    }

    /// The same request would be sent, if the methods are equal.
    pub fn same_resource(&self, other: &Target) -> bool {
        self.same_origin(other) && self.path_and_query() == other.path_and_query()
    }

    /// The fragment.
    pub fn fragment(&self) -> Option<&str> {
        self.url.fragment()
    }

    pub(super) fn set_fragment(&mut self, fragment: &str) {
        self.url.set_fragment(Some(fragment));
    }

    /// For people: a password is left out.
    pub fn shown(&self) -> String {
        redacted(&self.url)
    }
}

/// A URL for people, as typed: a password in it is left out.
pub fn typed_redacted(typed: &str) -> String {
    let after_scheme = typed.find("//").map_or(0, |at| at + 2);
    let rest = &typed[after_scheme..];
    let authority = &rest[..rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len())];
    match authority.rfind('@').map(|at| (at, authority[..at].find(':'))) {
        Some((at, Some(colon))) => {
            format!("{}***{}", &typed[..after_scheme + colon + 1], &typed[after_scheme + at..])
        }
        _ => typed.to_owned(),
    }
}

fn redacted(url: &Url) -> String {
    typed_redacted(url.as_str())
}

fn sentence(error: ParseError) -> &'static str {
    match error {
        ParseError::EmptyHost => "it has no host",
        ParseError::IdnaError => "its host has a character that no name may have (IDNA)",
        ParseError::InvalidPort => "its port is no number from 0 to 65535",
        ParseError::InvalidIpv4Address => "its host ends in a number and is no IPv4 address",
        ParseError::InvalidIpv6Address => "what stands in brackets is no IPv6 address",
        ParseError::InvalidDomainCharacter => "its host has a character that no name may have",
        ParseError::RelativeUrlWithoutBase | ParseError::RelativeUrlWithCannotBeABaseBase => "it has no scheme and no host",
        _ => "it cannot be read as a URL",
    }
}

/// WHATWG URL §4.4: white space and controls around it are cut, tabs and line breaks in it are taken out.
fn trimmed(typed: &str, changes: &mut Vec<Change>) -> String {
    let cut = typed.trim_matches(|c: char| c <= ' ');
    if cut != typed {
        changes.push(Change { rule: "spaces and controls around a URL are cut", before: typed.to_owned(), after: cut.to_owned() });
    }
    let whole: String = cut.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    if whole != cut {
        changes.push(Change { rule: "tabs and line breaks in a URL are taken out", before: cut.to_owned(), after: whole.clone() });
    }
    whole
}

fn has_scheme(text: &str) -> bool {
    let name = |at: usize| text[..at].starts_with(|c: char| c.is_ascii_alphabetic());
    let of_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    text.find(':').is_some_and(|at| name(at) && text[..at].chars().all(of_scheme))
}

/// What nobody has given a scheme is asked for by `http`, as other command lines have it. `name:8080` is meant as host and port.
fn with_scheme(text: String, base: Option<&Target>, changes: &mut Vec<Change>) -> String {
    let host_and_port = has_scheme(&text)
        && !text.contains("://")
        && text.split_once(':').is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()));
    if base.is_some() || text.is_empty() || (has_scheme(&text) && !host_and_port) {
        return text;
    }
    let after = format!("http://{}", text.trim_start_matches('/'));
    changes.push(Change { rule: "without a scheme it is http", before: text, after: after.clone() });
    after
}

/// A URL with a scheme, cut where WHATWG's parser cuts it.
struct Parts<'a> {
    scheme: &'a str,
    userinfo: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Parts<'a> {
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        let rest = rest.trim_start_matches(['/', '\\']);
        let (rest, fragment) = split_off(rest, '#');
        let (rest, query) = split_off(rest, '?');
        let (authority, path) = rest.split_at(rest.find(['/', '\\']).unwrap_or(rest.len()));
        let (userinfo, place) = match authority.rsplit_once('@') {
            Some((userinfo, place)) => (Some(userinfo), place),
            None => (None, authority),
        };
        let (host, port) = match place.rfind(':') {
            Some(at) if !place[at..].contains(']') => (&place[..at], Some(&place[at + 1..])),
            _ => (place, None),
        };
        Parts { scheme, userinfo, host, port, path, query, fragment }
    }

    fn compare(&self, url: &Url, changes: &mut Vec<Change>) {
        let mut note = |rule, before: &str, after: &str| {
            changes.push(Change { rule, before: before.to_owned(), after: after.to_owned() });
        };
        if self.scheme != url.scheme() {
            note("a scheme is written small", self.scheme, url.scheme());
        }
        if let Some(userinfo) = self.userinfo {
            let user = userinfo.split(':').next().unwrap_or_default();
            note("name and password go into Authorization", user, "");
        }
        let host = url.host_str().unwrap_or_default();
        if self.host != host {
            note(host_rule(self.host, url), self.host, host);
        }
        match (self.port, url.port()) {
            (Some(""), _) => note("an empty port is the scheme's own", ":", ""),
            (Some(written), None) => note("the scheme's own port is left out", &format!(":{written}"), ""),
            (Some(written), Some(port)) if written != port.to_string() => {
                note("a port has no leading zeros", &format!(":{written}"), &format!(":{port}"));
            }
            _ => {}
        }
        self.compare_path(url.path(), &mut note);
        if let (Some(before), Some(after)) = (self.query, url.query())
            && before != after
        {
            note("what a query may not hold is percent-encoded", before, after);
        }
        if let (Some(before), Some(after)) = (self.fragment, url.fragment())
            && before != after
        {
            note("what a fragment may not hold is percent-encoded", before, after);
        }
    }

    fn compare_path(&self, path: &str, note: &mut impl FnMut(&'static str, &str, &str)) {
        if self.path.is_empty() {
            return note("an empty path is /", "", path);
        }
        let slashed = self.path.replace('\\', "/");
        if slashed != self.path {
            note("a backslash is read as a slash", self.path, &slashed);
        }
        let resolved = without_dots(&slashed);
        if resolved != slashed {
            note("dot segments are resolved", &slashed, &resolved);
        }
        if resolved != path {
            note("what a path may not hold is percent-encoded", &resolved, path);
        }
    }
}

fn split_off(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn host_rule(written: &str, url: &Url) -> &'static str {
    match url.host() {
        Some(Host::Ipv4(_)) => "an IPv4 address is written as four decimal numbers",
        Some(Host::Ipv6(_)) => "an IPv6 address is written in its short form",
        _ if !written.is_ascii() => "names are asked for in ASCII (IDNA, punycode)",
        _ if written.contains('%') => "percent-encoding in a host is decoded",
        _ => "the case of a name does not matter",
    }
}

/// WHATWG URL §4.4, the path state: `.` and `..`, also percent-encoded ones.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            ".." => {
                kept.pop();
                kept.extend(last.then_some(""));
            }
            "." => kept.extend(last.then_some("")),
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests;
