//! What a single text may be: durations, sizes, and the shapes of names, addresses and patterns.

mod names;

use super::nearest::nearest;
use decide::address::Address;
use decide::config::{HashKey, HostPattern, PathMatch, Protocol, TokenHash};
use decide::files::Coding;
use decide::time::Duration;
use names::record_name;
pub(super) use names::{coordinates, layer, notify_to, origin, socket_address, transfer_to};
use std::net::{IpAddr, Ipv6Addr};
use wire::network::{Network, NotANetwork};

/// What a text must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any text.
    Any,
    /// A name of the owner's own choice: no white space, quotes or control characters.
    Name,
    /// A token (RFC 9110 §5.6.2): field names and the like.
    Token,
    /// The name of a field that an owner may change.
    FieldName,
    /// A network of addresses.
    Network,
    /// A port.
    Port,
    /// What a cache is called in `CDN-Loop`.
    CacheId,
    /// A field value (RFC 9110 §5.5), ASCII.
    FieldValue,
    /// A method (RFC 9110 §9.1).
    Method,
    /// A path.
    Path,
    /// A path, or a path and `/*`.
    PathPattern,
    /// A path and perhaps a query.
    Target,
    /// A host, `*.` and a suffix, or `*`.
    HostPattern,
    /// A host and perhaps a port.
    HostPort,
    /// A host.
    HostName,
    /// A protocol by its name in ALPN.
    Protocol,
    /// A content coding that is made here.
    Coding,
    /// A media type, perhaps with `*` at one end.
    MediaType,
    /// Where we listen.
    ListenAddress,
    /// Where the admin side listens, or `off`.
    AdminAddress,
    /// Where a backend is.
    BackendAddress,
    /// What a hash is taken of.
    HashKey,
    /// A URL or path with placeholders.
    Location,
    /// A path in the file system.
    FilePath,
    /// A name in a directory.
    FileName,
    /// The URL of something behind TLS.
    HttpsUrl,
    /// A mail address.
    Mail,
    /// ASCII that can be seen, without spaces.
    Printable,
    /// Bytes as RFC 4648 §5 writes them, perhaps padded.
    Base64Url,
    /// The hash of a token.
    TokenHash,
    /// An IP address and a port.
    SocketAddress,
    /// An IP address.
    IpAddress,
    /// An IPv4 address.
    Ipv4Address,
    /// A name in a zone.
    RecordName,
    /// The type of a record.
    RecordType,
    /// Who may have a zone.
    TransferTo,
    /// Who is told of a change.
    NotifyTo,
    /// A place on the earth.
    Coordinates,
    /// Scheme, host and port of a URL.
    Origin,
    /// A layer of a steering.
    Layer,
}

/// Why a text is not of its shape.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Flaw {
    /// What is wrong with it, where the shape's description does not say enough.
    pub(super) why: Option<String>,
    /// What to write.
    pub(super) help: Option<String>,
}

impl Flaw {
    fn why(why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), help: None }
    }

    fn help(help: impl Into<String>) -> Self {
        Self { why: None, help: Some(help.into()) }
    }

    /// The right text is known.
    fn write(right: impl std::fmt::Debug) -> Self {
        Self::help(format!("write {right:?}"))
    }
}

impl Shape {
    /// What such a text is called.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Shape::Any => "a text",
            Shape::Name => "a name",
            Shape::Token => "a token",
            Shape::Network => "a network",
            Shape::Port => "a port",
            Shape::CacheId => "the name of a cache",
            Shape::FieldName => "the name of a field that may be changed",
            Shape::FieldValue => "a field value",
            Shape::Method => "a method",
            Shape::Path | Shape::PathPattern => "a path",
            Shape::Target => "a path and query",
            Shape::HostPattern | Shape::HostPort | Shape::HostName => "a host",
            Shape::Protocol => "a protocol",
            Shape::Coding => "a content coding",
            Shape::MediaType => "a media type",
            Shape::ListenAddress | Shape::AdminAddress => "an address to listen on",
            Shape::BackendAddress => "an address",
            Shape::HashKey => "a hash key",
            Shape::Location => "a place to redirect to",
            Shape::FilePath | Shape::FileName => "a file name",
            Shape::HttpsUrl => "a URL",
            Shape::Mail => "a mail address",
            Shape::Printable => "a word",
            Shape::Base64Url => "a key",
            Shape::TokenHash => "the hash of a token",
            Shape::SocketAddress => "an address and port",
            Shape::IpAddress => "an address",
            Shape::Ipv4Address => "an IPv4 address",
            Shape::RecordName => "a name of a record",
            Shape::RecordType => "a type of records",
            Shape::TransferTo => "who may transfer",
            Shape::NotifyTo => "who is told",
            Shape::Coordinates => "a place",
            Shape::Origin => "the beginning of a URL",
            Shape::Layer => "a layer",
        }
    }

    /// In words, with an example; for messages and the reference.
    pub(super) fn words(self) -> &'static str {
        match self {
            Shape::Any => "a text",
            Shape::Name => "a name without spaces or quotes",
            Shape::Token => "a word without spaces, quotes, commas or slashes",
            Shape::Network => "a network such as \"10.0.0.0/8\" or an address",
            Shape::Port => "a port from 1 to 65535 in quotes",
            Shape::CacheId => "a host name with an optional port, or a word such as \"edge-1\"",
            Shape::FieldName => "a name such as \"x-name\"",
            Shape::FieldValue => "ASCII text without line breaks, and without spaces at its ends",
            Shape::Method => "a method such as \"GET\"",
            Shape::Path => "a path such as \"/v2\"",
            Shape::PathPattern => "a path such as \"/about\", or with all below it \"/api/*\"",
            Shape::Target => "a path and perhaps a query, such as \"/healthz\"",
            Shape::HostPattern => "a host such as \"example.com\", \"*.example.com\" or \"*\"",
            Shape::HostPort => "a host such as \"example.com\", perhaps with a port",
            Shape::HostName => "a host such as \"app.internal\", or an IP address",
            Shape::Protocol => "\"h2\" or \"http/1.1\"",
            Shape::Coding => "\"zstd\", \"br\" or \"gzip\"",
            Shape::MediaType => "a media type such as \"text/html\", \"text/*\" or \"*+json\"",
            Shape::ListenAddress => "an address such as \"127.0.0.1:8080\", \"[::]:8080\" or \"unix:/run/edge.sock\"",
            Shape::AdminAddress => "an address such as \"127.0.0.1:8090\" or \"unix:/run/admin.sock\", or \"off\"",
            Shape::BackendAddress => "an address such as \"10.0.0.7:3000\", \"app.internal:3000\" or \"unix:/run/app.sock\"",
            Shape::HashKey => "\"source\", \"path\", \"header:NAME\", \"cookie:NAME\" or \"query:NAME\"",
            Shape::Location => "a path or URL, perhaps with {scheme}, {host}, {path}, {query}",
            Shape::FilePath => "a path in the file system",
            Shape::FileName => "a file name without \"/\"",
            Shape::HttpsUrl => "a URL that begins with \"https://\"",
            Shape::Mail => "a mail address such as \"owner@example.com\"",
            Shape::Printable => "a word without spaces",
            Shape::Base64Url => "base64url: letters, digits, \"-\" and \"_\"",
            Shape::TokenHash => "\"sha256:\" and 64 hexadecimal digits, as `throughline ctl token` prints it",
            Shape::SocketAddress => "an IP address and port such as \"192.0.2.53:53\" or \"[::1]:53\"",
            Shape::IpAddress => "an IP address such as \"192.0.2.10\" or \"2001:db8::10\"",
            Shape::Ipv4Address => "an address such as \"192.0.2.53\"",
            Shape::RecordName => "a name such as \"www\", \"@\" or \"www.example.com.\"",
            Shape::RecordType => "a type such as \"A\", \"MX\" or \"TYPE65280\"",
            Shape::TransferTo => "a network, alone or with a key: \"192.0.2.54 key NAME\"",
            Shape::NotifyTo => "an address and port, alone or with a key: \"192.0.2.54:53 key NAME\"",
            Shape::Coordinates => "latitude and longitude in degrees, such as \"50.11, 8.68\"",
            Shape::Origin => "scheme and host, perhaps with a port, such as \"https://fra.example.com\"",
            Shape::Layer => "\"measured\", \"topology\" or \"geography\"",
        }
    }

    /// Whether a text is of this shape, and if not, why not.
    pub(super) fn check(self, text: &str) -> Result<(), Flaw> {
        let holds = |holds: bool| if holds { Ok(()) } else { Err(Flaw::default()) };
        match self {
            Shape::Any => Ok(()),
            Shape::Name => holds(!text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "\"'\\".contains(c))),
            Shape::Token => holds(is_token(text)),
            Shape::FieldName => field_name(text),
            Shape::Network => network(text).map(drop),
            Shape::Port => holds(port(text).is_some()),
            Shape::CacheId => holds(wire::http::cdn_loop::is_id(text.as_bytes())),
            Shape::FieldValue => holds(is_field_value(text)),
            Shape::Method => method(text),
            Shape::Path => path(text),
            Shape::PathPattern => path_pattern(text).map(drop),
            Shape::Target => target(text),
            Shape::HostPattern => host_pattern(text).map(drop),
            Shape::HostPort => host_port(text),
            Shape::HostName => host_name(text),
            Shape::Protocol => protocol(text).map(drop),
            Shape::Coding => coding(text).map(drop),
            Shape::MediaType => holds(is_media_type(text)),
            Shape::ListenAddress => listen_address(text, "0.0.0.0").map(drop),
            Shape::AdminAddress if text == "off" => Ok(()),
            Shape::AdminAddress => listen_address(text, "127.0.0.1").map(drop),
            Shape::BackendAddress => backend_address(text).map(drop),
            Shape::HashKey => hash_key(text).map(drop),
            Shape::Location => location(text),
            Shape::FilePath => holds(!text.is_empty() && !text.contains(char::is_control)),
            Shape::HttpsUrl => https_url(text),
            Shape::Mail => mail(text),
            Shape::Printable => holds(!text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())),
            Shape::Base64Url => holds(is_base64url(text)),
            Shape::TokenHash => token_hash(text).map(drop),
            Shape::SocketAddress => socket_address(text).map(drop),
            Shape::IpAddress => holds(text.parse::<IpAddr>().is_ok()),
            Shape::Ipv4Address => holds(text.parse::<std::net::Ipv4Addr>().is_ok()),
            Shape::RecordName => holds(record_name(text)),
            Shape::RecordType => holds(wire::dns::RecordType::parse(text).is_some()),
            Shape::TransferTo => transfer_to(text).map(drop),
            Shape::NotifyTo => notify_to(text).map(drop),
            Shape::Coordinates => coordinates(text).map(drop),
            Shape::Origin => origin(text).map(drop),
            Shape::Layer => layer(text).map(drop),
            Shape::FileName => holds(!matches!(text, "" | "." | "..") && !text.contains(|c: char| c == '/' || c.is_control())),
        }
    }
}

/// Units of time and what each is in milliseconds.
const TIME_UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
/// Units that people write for them.
const TIME_ALIASES: &[(&str, &str)] = &[
    ("", "s"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("msec", "ms"),
    ("millis", "ms"),
    ("milliseconds", "ms"),
];
/// Beyond any use, and far from where clocks overflow.
const LONGEST_DAYS: u64 = 3650;

/// Reads `250ms`, `2s`, `5m`, `1h`, `30d`.
pub(super) fn duration(text: &str) -> Result<Duration, Flaw> {
    let (number, unit) = number_and_unit(text)?;
    let Some((_, millis)) = TIME_UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(unit_flaw(number, unit, TIME_ALIASES));
    };
    let millis = number.checked_mul(*millis).filter(|millis| *millis <= LONGEST_DAYS * 86_400_000);
    millis.map(Duration::from_millis).ok_or_else(|| Flaw::help(format!("the longest is \"{LONGEST_DAYS}d\"")))
}

/// A duration as an owner would write it; to the millisecond.
pub(super) fn duration_text(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let fits = |unit: u64| millis >= unit && millis.is_multiple_of(unit);
    let (name, unit) = TIME_UNITS.iter().rev().find(|(_, unit)| fits(*unit)).unwrap_or(&TIME_UNITS[1]);
    format!("{}{name}", millis / unit)
}

/// Units of size and what each is in bytes.
const SIZE_UNITS: &[(&str, u64)] = &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];
/// Units that people write for them. Those of the decimal system are taken for what nearly everybody means by them.
const SIZE_ALIASES: &[(&str, &str)] = &[("", "B"), ("b", "B"), ("k", "KiB"), ("m", "MiB"), ("g", "GiB"), ("t", "TiB")];

/// Reads `512 B`, `64 KiB`, `10 MiB`, `1 GiB`, and `0`.
pub(super) fn size(text: &str) -> Result<u64, Flaw> {
    let (number, unit) = number_and_unit(text)?;
    if number == 0 && unit.is_empty() {
        return Ok(0);
    }
    match SIZE_UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, bytes)) => number.checked_mul(*bytes).ok_or_else(|| Flaw::why("it is larger than any memory")),
        None if unit.is_empty() => Err(Flaw::write(size_text(number))),
        None => {
            let letter = unit.to_ascii_lowercase();
            let letter = letter.strip_suffix("ib").or_else(|| letter.strip_suffix('b')).unwrap_or(&letter);
            Err(unit_flaw(number, letter, SIZE_ALIASES))
        }
    }
}

/// A size as an owner would write it.
pub(super) fn size_text(bytes: u64) -> String {
    let fits = |unit: u64| bytes >= unit && bytes.is_multiple_of(unit);
    let (name, unit) = SIZE_UNITS.iter().rev().find(|(_, unit)| fits(*unit)).unwrap_or(&SIZE_UNITS[0]);
    if bytes == 0 { "0".to_string() } else { format!("{} {name}", bytes / unit) }
}

fn number_and_unit(text: &str) -> Result<(u64, &str), Flaw> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..digits].parse().map_err(|_| Flaw::default())?;
    Ok((number, text[digits..].trim_start_matches(' ')))
}

fn unit_flaw(number: u64, unit: &str, aliases: &[(&str, &str)]) -> Flaw {
    let lower = unit.to_ascii_lowercase();
    match aliases.iter().find(|(alias, _)| *alias == lower) {
        Some((_, unit)) if unit.len() > 2 || *unit == "B" => Flaw::write(format!("{number} {unit}")),
        Some((_, unit)) => Flaw::write(format!("{number}{unit}")),
        None if aliases.iter().any(|(_, unit)| *unit == lower) => Flaw::write(format!("{number}{lower}")),
        None => Flaw::default(),
    }
}

/// Reads `sha256:` and the digits of a token's hash.
pub(super) fn token_hash(text: &str) -> Result<TokenHash, Flaw> {
    let no_hash = || Flaw::why("a token itself has no place in this file, which more people read than may have it");
    let digits = text.strip_prefix("sha256:").ok_or_else(no_hash)?.as_bytes();
    let digit = |at: usize| digits.get(at).and_then(|digit| char::from(*digit).to_digit(16));
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate() {
        let value = digit(2 * at).zip(digit(2 * at + 1)).map(|(high, low)| high * 16 + low);
        *byte = value.and_then(|value| u8::try_from(value).ok()).ok_or_else(Flaw::default)?;
    }
    if digits.len() == 64 { Ok(TokenHash(hash)) } else { Err(Flaw::default()) }
}

/// Whether this is a token.
pub(super) fn is_token(text: &str) -> bool {
    // RFC 9110 §5.6.2
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Whether this may be a field's value.
pub(super) fn is_field_value(text: &str) -> bool {
    // RFC 9110 §5.5: visible characters, spaces and tabs between them; what is not ASCII is obsolete and read differently by everybody.
    text.bytes().all(|b| b == b' ' || b == b'\t' || b.is_ascii_graphic()) && text.trim_matches([' ', '\t']) == text
}

/// Fields that frame a message or belong to one connection (RFC 9110 §7.6.1): the proxy writes them itself, and a second writer would
/// make two readers of one message disagree on where it ends.
const OWN_FIELDS: &[&str] =
    &["connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// Reads a network.
pub(super) fn network(text: &str) -> Result<Network, Flaw> {
    Network::parse(text).map_err(|wrong| match wrong {
        NotANetwork::Malformed => Flaw::default(),
        NotANetwork::HostBits(network) => Flaw::write(network.to_string()),
    })
}

/// Reads a port.
pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn field_name(text: &str) -> Result<(), Flaw> {
    if !is_token(text) {
        return Err(Flaw::default());
    }
    if OWN_FIELDS.iter().any(|own| text.eq_ignore_ascii_case(own)) {
        return Err(Flaw::why("it frames the message, and the proxy writes it itself"));
    }
    // RFC 8586 §2
    if text.eq_ignore_ascii_case("cdn-loop") {
        return Err(Flaw::why("it tells caches which of them a request has passed; changed, a circle would not be found"));
    }
    Ok(())
}

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"];

fn method(text: &str) -> Result<(), Flaw> {
    if !is_token(text) {
        return Err(Flaw::default());
    }
    // RFC 9110 §9.1: methods are case-sensitive; one that differs from a registered one in case alone is never meant.
    let upper = text.to_ascii_uppercase();
    if METHODS.contains(&upper.as_str()) && upper != text { Err(Flaw::write(upper)) } else { Ok(()) }
}

fn path(text: &str) -> Result<(), Flaw> {
    if !text.starts_with('/') {
        return Err(if text.is_empty() || text.contains("://") { Flaw::default() } else { Flaw::write(format!("/{text}")) });
    }
    if let Some(at) = text.find(['?', '#']) {
        return Err(Flaw { why: Some(format!("a path ends before {:?}", &text[at..=at])), help: Some(format!("write {:?}", &text[..at])) });
    }
    // RFC 3986 §3.3, less what every client encodes
    if !text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)) {
        return Err(Flaw::why("other characters than those of a URL are written %XX"));
    }
    if text.split('%').skip(1).any(|after| after.len() < 2 || !after.bytes().take(2).all(|b| b.is_ascii_hexdigit())) {
        return Err(Flaw::why("a \"%\" without two hexadecimal digits"));
    }
    if text.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(Flaw::why("it holds a dot segment"));
    }
    Ok(())
}

/// Reads the `path` of a route.
pub(super) fn path_pattern(text: &str) -> Result<PathMatch, Flaw> {
    if text == "*" {
        return Err(Flaw::help("leave it out for any path"));
    }
    let stem = text.strip_suffix("/*");
    if let Some(at) = stem.unwrap_or(text).find('*') {
        let help = if at + 1 == text.len() { Some(format!("write {:?}", format!("{}/*", &text[..at]))) } else { None };
        return Err(Flaw { why: Some("\"*\" stands only at the end, after \"/\"".to_string()), help });
    }
    path(text)?;
    Ok(match stem {
        Some("") => PathMatch::Any,
        Some(stem) => PathMatch::Prefix(stem.to_string()),
        None => PathMatch::Exact(text.to_string()),
    })
}

fn target(text: &str) -> Result<(), Flaw> {
    let (before, query) = text.split_once('?').unwrap_or((text, ""));
    path(before)?;
    if query.bytes().all(|b| b.is_ascii_graphic() && b != b'#') { Ok(()) } else { Err(Flaw::default()) }
}

fn is_host_name(text: &str) -> bool {
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    text.len() <= 253 && text.split('.').all(label)
}

/// Reads one of the `hosts` of a site.
pub(super) fn host_pattern(text: &str) -> Result<HostPattern, Flaw> {
    if text == "*" {
        return Ok(HostPattern::Any);
    }
    let lower = text.to_ascii_lowercase();
    let bracketed = lower.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if bracketed.is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok()) {
        return Ok(HostPattern::Exact(lower));
    }
    if lower.parse::<Ipv6Addr>().is_ok() {
        return Err(Flaw::write(format!("[{lower}]")));
    }
    if let Some((_, rest)) = lower.split_once("://") {
        return Err(Flaw::write(rest.split(['/', ':']).next().unwrap_or_default()));
    }
    if let Some((host, port)) = lower.rsplit_once(':')
        && port.parse::<u16>().is_ok()
    {
        return Err(Flaw { why: Some("a host has no port here: the listener has".to_string()), help: Some(format!("write {host:?}")) });
    }
    if !lower.is_ascii() {
        return Err(Flaw::help("write the form that browsers send, beginning with \"xn--\""));
    }
    let name = lower.strip_suffix('.').unwrap_or(&lower);
    match name.strip_prefix("*.") {
        Some(suffix) if is_host_name(suffix) => Ok(HostPattern::Wildcard(format!(".{suffix}"))),
        None if is_host_name(name) => Ok(HostPattern::Exact(name.to_string())),
        None if name.starts_with('.') && is_host_name(&name[1..]) => Err(Flaw::write(format!("*{name}"))),
        _ => Err(Flaw::default()),
    }
}

fn host_port(text: &str) -> Result<(), Flaw> {
    let host = match text.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => text,
    };
    match host_pattern(host) {
        Ok(HostPattern::Exact(_)) => Ok(()),
        _ => Err(Flaw::default()),
    }
}

fn host_name(text: &str) -> Result<(), Flaw> {
    match host_pattern(text)? {
        HostPattern::Exact(_) => Ok(()),
        _ => Err(Flaw::why("it stands for more than one host")),
    }
}

fn https_url(text: &str) -> Result<(), Flaw> {
    if let Some(rest) = text.strip_prefix("http://") {
        return Err(Flaw { why: Some("it is asked over TLS only".to_string()), help: Some(format!("write \"https://{rest}\"")) });
    }
    let rest = text.strip_prefix("https://").ok_or_else(Flaw::default)?;
    let authority = rest.split('/').next().unwrap_or_default();
    if !text.bytes().all(|b| b.is_ascii_graphic()) || authority.contains('@') {
        return Err(Flaw::default());
    }
    host_port(authority)
}

/// As much of an address as authorities insist on; whether anyone reads the mail, nobody can tell here.
fn mail(text: &str) -> Result<(), Flaw> {
    if let Some(rest) = text.strip_prefix("mailto:") {
        return Err(Flaw::write(rest));
    }
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"\"(),:;<>[\\]?".contains(&b));
    let right = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && is_host_name(host));
    if plain && right { Ok(()) } else { Err(Flaw::default()) }
}

fn is_base64url(text: &str) -> bool {
    let bare = text.trim_end_matches('=');
    // Four characters for three bytes: one alone holds not even one.
    bare.len() >= 2 && bare.len() % 4 != 1 && bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Reads a protocol.
pub(super) fn protocol(text: &str) -> Result<Protocol, Flaw> {
    match text {
        "h2" => Ok(Protocol::Http2),
        "http/1.1" => Ok(Protocol::Http1),
        _ if ["h2c", "http2", "http/2"].contains(&text.to_ascii_lowercase().as_str()) => Err(Flaw::write("h2")),
        _ if ["h3", "http3", "http/3"].contains(&text.to_ascii_lowercase().as_str()) => Err(Flaw::why("HTTP/3 is not spoken yet")),
        _ => Err(nearest(text, ["h2", "http/1.1"]).map(Flaw::write).unwrap_or_default()),
    }
}

/// Reads a content coding.
pub(super) fn coding(text: &str) -> Result<Coding, Flaw> {
    match text {
        "zstd" => Ok(Coding::Zstd),
        "br" => Ok(Coding::Brotli),
        "gzip" => Ok(Coding::Gzip),
        _ if text.eq_ignore_ascii_case("brotli") => Err(Flaw::write("br")),
        _ if text.eq_ignore_ascii_case("deflate") => Err(Flaw::why("it is read in two ways, and nobody lacks gzip")),
        _ => Err(nearest(text, ["zstd", "br", "gzip"]).map(Flaw::write).unwrap_or_default()),
    }
}

/// `*` stands only at one end, and for something that is not everything.
fn is_media_type(text: &str) -> bool {
    let rest = text.strip_prefix('*').or(text.strip_suffix('*')).unwrap_or(text);
    let whole = rest.len() == text.len();
    let is_named = |byte: u8| byte.is_ascii_alphanumeric() || b"/+-._!#$&^".contains(&byte);
    rest.bytes().all(is_named)
        && rest.bytes().filter(|byte| *byte == b'/').count() <= 1
        && (!whole || text.contains('/'))
        && !rest.is_empty()
}

/// Reads where we listen; `interface` is what to propose where one lacks.
pub(super) fn listen_address(text: &str, interface: &str) -> Result<Address, Flaw> {
    match Address::parse(text) {
        Ok(Address::Name(name, port)) if name == "localhost" => Err(Flaw::write(format!("127.0.0.1:{port}"))),
        Ok(Address::Name(..)) => Err(Flaw::why("a name may stand for several addresses")),
        Ok(at) => Ok(at),
        Err(_) => Err(address_flaw(text, interface)),
    }
}

/// Reads where a backend is.
pub(super) fn backend_address(text: &str) -> Result<Address, Flaw> {
    match Address::parse(text) {
        Ok(Address::Ip(ip)) if ip.port() == 0 => Err(Flaw::why("nothing can be reached at port 0")),
        Ok(Address::Name(_, 0)) => Err(Flaw::why("nothing can be reached at port 0")),
        Ok(at) => Ok(at),
        Err(_) => Err(address_flaw(text, "127.0.0.1")),
    }
}

/// What was probably meant by something that is not an address.
fn address_flaw(text: &str, interface: &str) -> Flaw {
    if let Some((scheme, rest)) = text.split_once("://") {
        let authority = rest.split('/').next().unwrap_or_default();
        let port = if scheme == "https" { 443 } else { 80 };
        let right = [authority.to_string(), format!("{authority}:{port}")].into_iter().find(|right| Address::parse(right).is_ok());
        return right.map(Flaw::write).unwrap_or_default();
    }
    if text.strip_prefix(':').unwrap_or(text).parse::<u16>().is_ok() {
        return Flaw::write(format!("{interface}:{}", text.trim_start_matches(':')));
    }
    if let Some(port) = text.strip_prefix("*:").filter(|port| port.parse::<u16>().is_ok()) {
        return Flaw::write(format!("0.0.0.0:{port}"));
    }
    if text.starts_with('/') {
        return Flaw::write(format!("unix:{text}"));
    }
    if let Ok(ip) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Flaw {
            why: Some("it lacks a port".to_string()),
            help: Some(format!("write {:?}", std::net::SocketAddr::new(ip, 8080).to_string())),
        };
    }
    if let Some((ip, port)) = text.rsplit_once(':')
        && let (Ok(ip), Err(_)) = (ip.trim_matches(['[', ']']).parse::<IpAddr>(), port.parse::<u16>())
    {
        return Flaw::why(format!("the port of {ip} is not a number from 0 to 65535"));
    }
    if is_host_name(text) && text.contains(|c: char| c.is_ascii_alphabetic()) { Flaw::why("it lacks a port") } else { Flaw::default() }
}

/// Reads what a hash is taken of.
pub(super) fn hash_key(text: &str) -> Result<HashKey, Flaw> {
    match text.split_once(':') {
        None if text == "source" => Ok(HashKey::Source),
        None if text == "path" => Ok(HashKey::Path),
        Some(("header", name)) if is_token(name) => Ok(HashKey::Header(name.to_string())),
        Some(("cookie", name)) if is_token(name) => Ok(HashKey::Cookie(name.to_string())),
        Some(("query", name)) if !name.is_empty() => Ok(HashKey::Query(name.to_string())),
        None if matches!(text, "header" | "cookie" | "query") => Err(Flaw::why(format!("it lacks the name: \"{text}:NAME\""))),
        None => Err(nearest(text, ["source", "path"]).map(Flaw::write).unwrap_or_default()),
        Some((kind, name)) => Err(nearest(kind, ["header", "cookie", "query"])
            .filter(|right| *right != kind)
            .map(|right| Flaw::write(format!("{right}:{name}")))
            .unwrap_or_default()),
    }
}

const PLACEHOLDERS: &[&str] = &["scheme", "host", "path", "query"];

fn location(text: &str) -> Result<(), Flaw> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Flaw::default());
    }
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let inside = rest[open..].strip_prefix('{').ok_or_else(|| Flaw::why("a \"}\" without its \"{\""))?;
        let (name, after) = inside.split_once('}').ok_or_else(|| Flaw::why("a \"{\" without its \"}\""))?;
        if !PLACEHOLDERS.contains(&name) {
            let help = nearest(name, PLACEHOLDERS.iter().copied()).map(|right| format!("write \"{{{right}}}\""));
            return Err(Flaw { why: Some(format!("\"{{{name}}}\" stands for nothing")), help });
        }
        rest = after;
    }
    let begins = text.starts_with(['/', '{']) || text.split_once("://").is_some_and(|(scheme, rest)| is_token(scheme) && !rest.is_empty());
    if begins { Ok(()) } else { Err(Flaw::why("it begins with neither a scheme nor \"/\"")) }
}

#[cfg(test)]
mod tests;
