//! Texts of name servers and places.

use super::{Flaw, host_port, network};
use decide::config::Layer;
use std::net::SocketAddr;
use wire::dns::Name;
use wire::network::Network;

/// Reads an IP address and a port.
pub(in super::super) fn socket_address(text: &str) -> Result<SocketAddr, Flaw> {
    match (text.parse::<SocketAddr>(), text.parse()) {
        (Ok(at), _) => Ok(at),
        (Err(_), Ok(ip)) => Err(Flaw::write(SocketAddr::new(ip, 53).to_string())),
        _ => Err(Flaw::default()),
    }
}

/// Whether this may be the name of a record: `@`, or a name below the zone's, or a whole one.
pub(super) fn record_name(text: &str) -> bool {
    text == "@" || Name::parse(text).is_some()
}

/// Splits `WHO key NAME`.
fn with_key(text: &str) -> Result<(&str, Option<&str>), Flaw> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        [who] => Ok((who, None)),
        [who, "key", key] => Ok((who, Some(key))),
        _ => Err(Flaw::default()),
    }
}

/// Reads a network, and the name of a key.
pub(in super::super) fn transfer_to(text: &str) -> Result<(Network, Option<&str>), Flaw> {
    let (who, key) = with_key(text)?;
    Ok((network(who)?, key))
}

/// Reads an address and port, and the name of a key.
pub(in super::super) fn notify_to(text: &str) -> Result<(SocketAddr, Option<&str>), Flaw> {
    let (who, key) = with_key(text)?;
    Ok((socket_address(who)?, key))
}

/// Reads latitude and longitude in degrees; gives each times 10,000.
pub(in super::super) fn coordinates(text: &str) -> Result<(i32, i32), Flaw> {
    let (latitude, longitude) = text.split_once(',').ok_or_else(Flaw::default)?;
    let degrees = |text: &str, most: f64| {
        let degrees: f64 = text.trim().parse().map_err(|_| Flaw::default())?;
        if !degrees.is_finite() || degrees.abs() > most {
            return Err(Flaw::why(format!("{} is not from -{most} to {most}", text.trim())));
        }
        #[expect(clippy::cast_possible_truncation, reason = "180 times 10,000 at the most")]
        Ok((degrees * 10_000.0).round() as i32)
    };
    Ok((degrees(latitude, 90.0)?, degrees(longitude, 180.0)?))
}

/// Reads scheme, host and port of a URL, and gives them without a slash behind.
pub(in super::super) fn origin(text: &str) -> Result<String, Flaw> {
    let (scheme, rest) = text.split_once("://").ok_or_else(Flaw::default)?;
    if !matches!(scheme, "http" | "https") {
        return Err(Flaw::default());
    }
    let authority = rest.split('/').next().unwrap_or_default();
    host_port(authority)?;
    match &rest[authority.len()..] {
        "" | "/" => Ok(format!("{scheme}://{}", authority.to_ascii_lowercase())),
        _ => Err(Flaw::write(format!("{scheme}://{authority}"))),
    }
}

/// Reads a layer.
pub(in super::super) fn layer(text: &str) -> Result<Layer, Flaw> {
    match text {
        "measured" => Ok(Layer::Measured),
        "topology" => Ok(Layer::Topology),
        "geography" => Ok(Layer::Geography),
        "default" => Err(Flaw::why("it is always the last, and not written")),
        _ => Err(Flaw::default()),
    }
}
