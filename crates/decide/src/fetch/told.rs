//! What an answer's fields say of its way, in words: caches (`Cache-Status`, `Age`), proxies (`Proxy-Status`, `Via`), servers
//! (`Server-Timing`). Hearsay: whoever stands on the way may write anything there.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use wire::http::structured::{Bare, Member, Parameters, parse_list};
use wire::http::{Fields, Known};

/// More sentences than this are not made of one answer.
const MOST: usize = 32;

/// What one field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The field.
    pub field: &'static str,
    /// A sentence without its full stop.
    pub says: String,
}

/// All that can be put into words, those nearest to the origin first.
pub fn told(fields: &Fields) -> Vec<Told> {
    let mut all = Vec::new();
    let mut say = |field: Known, says: String| all.push(Told { field: field.name(), says });
    via(fields, &mut say);
    cache_status(fields, &mut say);
    age(fields, &mut say);
    proxy_status(fields, &mut say);
    server_timing(fields, &mut say);
    all.truncate(MOST);
    all
}

/// RFC 9110 §7.6.3
fn via(fields: &Fields, say: &mut impl FnMut(Known, String)) {
    let hops: Vec<Cow<'_, str>> = fields
        .all(Known::Via)
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|hop| String::from_utf8_lossy(hop.trim_ascii()))
        .filter(|hop| !hop.is_empty())
        .collect();
    let names: Vec<&str> = hops.iter().filter_map(|hop| hop.split_ascii_whitespace().nth(1)).collect();
    if !names.is_empty() {
        let servers = if names.len() == 1 { "one server" } else { "servers" };
        say(Known::Via, format!("it came through {servers} on the way: {}", names.join(", then ")));
    }
}

/// RFC 9211
fn cache_status(fields: &Fields, say: &mut impl FnMut(Known, String)) {
    let Ok(caches) = parse_list(fields.all(Known::CacheStatus)) else { return };
    for cache in &caches {
        let Member::Item(item) = cache else { continue };
        let name = text(&item.bare);
        let of = Of(&item.parameters);
        let mut says = match (of.is("hit"), of.get("fwd")) {
            (true, _) => format!("{name} had it"),
            (false, Some(why)) => format!("{name} asked on, because {}", forwarded(&why)),
            (false, None) => format!("{name} says neither hit nor miss"),
        };
        match of.number("ttl") {
            Some(left) if left >= 0 => says.push_str(&format!(", fresh for {left} s more")),
            Some(late) => says.push_str(&format!(", stale for {} s", late.unsigned_abs())),
            None => {}
        }
        if let Some(status) = of.number("fwd-status") {
            says.push_str(&format!(", was answered {status}"));
        }
        if of.is("collapsed") {
            says.push_str(", together with others who asked for the same");
        }
        if of.is("stored") {
            says.push_str(", and stored the answer");
        }
        if let Some(detail) = of.get("detail") {
            says.push_str(&format!(" ({detail})"));
        }
        say(Known::CacheStatus, says);
    }
}

/// RFC 9211 §2.2
fn forwarded(why: &str) -> Cow<'_, str> {
    Cow::Borrowed(match why {
        "bypass" => "it is set up so",
        "method" => "no cache answers this method",
        "uri-miss" => "it had nothing for this URL",
        "vary-miss" => "what it had is for other requests (Vary)",
        "miss" => "it had nothing that fits",
        "request" => "the request wanted it",
        "stale" => "what it had was stale",
        "partial" => "it had only a part",
        other => return Cow::Owned(format!("of {other}")),
    })
}

/// RFC 9111 §5.1
fn age(fields: &Fields, say: &mut impl FnMut(Known, String)) {
    let number = |value: &[u8]| core::str::from_utf8(value.trim_ascii()).ok()?.parse::<u64>().ok();
    if let Some(age) = fields.get(Known::Age).and_then(number) {
        say(Known::Age, if age == 0 { "a cache made sure of it just now".into() } else { format!("a cache had it for {age} s") });
    }
}

/// RFC 9209
fn proxy_status(fields: &Fields, say: &mut impl FnMut(Known, String)) {
    let Ok(proxies) = parse_list(fields.all(Known::ProxyStatus)) else { return };
    for proxy in &proxies {
        let Member::Item(item) = proxy else { continue };
        let (name, of) = (text(&item.bare), Of(&item.parameters));
        let mut says = match of.get("error") {
            Some(error) => format!("{name} could not get an answer: {}", error.replace('_', " ")),
            None => format!("{name} passed it on"),
        };
        if let Some(next) = of.get("next-hop") {
            says.push_str(&format!(", from {next}"));
        }
        if let Some(status) = of.number("received-status") {
            says.push_str(&format!(", which said {status}"));
        }
        if let Some(details) = of.get("details") {
            says.push_str(&format!(" ({details})"));
        }
        say(Known::ProxyStatus, says);
    }
}

/// Server Timing (W3C): `name; dur=1.5; desc="words"`, separated by commas.
fn server_timing(fields: &Fields, say: &mut impl FnMut(Known, String)) {
    let metrics = fields.all(Known::ServerTiming).flat_map(|value| split(value, b','));
    let all: Vec<String> = metrics.filter_map(metric).take(MOST).collect();
    if !all.is_empty() {
        say(Known::ServerTiming, format!("the server says: {}", all.join(", ")));
    }
}

fn metric(text: &[u8]) -> Option<String> {
    let mut parts = split(text, b';').into_iter();
    let mut says = String::from_utf8_lossy(parts.next().filter(|name| !name.is_empty())?).into_owned();
    let mut took = None;
    for part in parts {
        let part = String::from_utf8_lossy(part);
        let Some((key, value)) = part.split_once('=') else { continue };
        let value = value.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            "dur" => took = value.parse::<f64>().ok(),
            "desc" if !value.is_empty() => says.push_str(&format!(" ({value})")),
            _ => {}
        }
    }
    if let Some(took) = took {
        says.push_str(&format!(" {took} ms"));
    }
    Some(says)
}

/// The pieces between separators that stand in no quotes, blanks around them cut.
fn split(value: &[u8], at: u8) -> Vec<&[u8]> {
    let (mut quoted, mut start, mut pieces) = (false, 0, Vec::new());
    for (place, byte) in value.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            byte if *byte == at && !quoted => {
                pieces.push(value[start..place].trim_ascii());
                start = place + 1;
            }
            _ => {}
        }
    }
    pieces.push(value[start..].trim_ascii());
    pieces
}

/// Parameters, looked up.
struct Of<'a>(&'a Parameters);

impl<'a> Of<'a> {
    fn value(&self, key: &str) -> Option<&'a Bare> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    fn is(&self, key: &str) -> bool {
        self.value(key) == Some(&Bare::Boolean(true))
    }

    fn number(&self, key: &str) -> Option<i64> {
        match self.value(key)? {
            Bare::Integer(number) => Some(*number),
            _ => None,
        }
    }

    fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        self.value(key).map(text)
    }
}

fn text(bare: &Bare) -> Cow<'_, str> {
    match bare {
        Bare::String(text) | Bare::Token(text) => Cow::Borrowed(text),
        Bare::Integer(number) => Cow::Owned(format!("{number}")),
        Bare::Decimal(thousandths) => Cow::Owned(format!("{}.{:03}", thousandths / 1000, (thousandths % 1000).abs())),
        Bare::Boolean(value) => Cow::Borrowed(if *value { "yes" } else { "no" }),
        Bare::Bytes(bytes) => Cow::Owned(format!("{} bytes", bytes.len())),
    }
}

#[cfg(test)]
mod tests;
