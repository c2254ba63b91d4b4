//! What to try on the embedded default.

use crate::demo;
use decide::address::Address;
use decide::config::{Config, Listener};

/// Commands to try on the embedded default, whose site is on the first two listeners and whose admin side is on the last.
pub(super) fn hints(config: &Config) -> Vec<String> {
    let curl = |options: &str, listener: Option<&Listener>, path: &str| {
        let listener = listener?;
        let scheme = if listener.tls { "https" } else { "http" };
        Some(match &listener.at {
            Address::Unix(socket) => format!("curl {options} --unix-socket {socket} {scheme}://localhost{path}"),
            // The certificate is for this machine's names for itself.
            Address::Ip(ip) if listener.tls && ip.ip().is_loopback() => format!("curl {options} {scheme}://localhost:{}{path}", ip.port()),
            other => format!("curl {options} {scheme}://{other}{path}"),
        })
    };
    // From URL to answer, by the same address that a browser would take.
    let trace = |options: &str, listener: Option<&Listener>, path: &str| {
        let Address::Ip(ip) = listener?.at else { return None };
        let scheme = if listener?.tls { "https" } else { "http" };
        let host = if ip.ip().is_loopback() { format!("localhost:{}", ip.port()) } else { ip.to_string() };
        Some(format!("throughline trace {options}{scheme}://{host}{path}"))
    };
    let kept = config.certificates.first().and_then(|certificate| certificate.files.as_ref());
    let trust = kept.map_or("-k".to_string(), |files| format!("--cacert {}", quoted(&files.chain)));
    let (site, secured, admin) = (config.listeners.first(), config.listeners.get(1), config.listeners.last());
    // Both ends of the same request, where the server knows the token.
    let known = config.sites.first().is_some_and(|site| !site.trace_tokens.is_empty());
    let token = demo::state_directory().filter(|_| known).and_then(|directory| demo::token_file(&directory));
    let token = token.map_or(String::new(), |path| format!("--token-file {} ", quoted(&path)));
    let commands = [
        trace(&format!("{trust} {token}"), secured, "/path.svg"),
        curl("-i", site, "/"),
        curl(&trust, secured, "/"),
        curl("-s", admin, "/metrics"),
    ];
    let redirected = curl("-sI -H 'Host: go.throughline.test' -H 'X-Forwarded-For: 203.0.113.7'", site, "/path.svg");
    commands.into_iter().flatten().chain(led(config, &token, redirected)).collect()
}

/// Commands that show how names lead to the nearest cache, where there are any.
fn led(config: &Config, token: &str, redirected: Option<String>) -> Vec<String> {
    let Some([own, root, ..]) = config.dns.as_ref().map(|dns| &*dns.listeners) else { return Vec::new() };
    let dig = |asked: &str| Some(format!("dig @{} -p {} {asked}", own.ip(), own.port()));
    let place = config.listeners.iter().find_map(|listener| match listener.at {
        Address::Ip(at) if at.ip() == demo::PLACES[0].address => Some(at),
        _ => None,
    });
    let hints = demo::state_directory().and_then(|directory| demo::root_file(&directory, root.port()));
    let walk = place.zip(hints).map(|(place, hints)| {
        format!("throughline trace {token}--dns-root {} http://www.throughline.test:{}/path.svg", quoted(&hints), place.port())
    });
    let commands = [
        dig("www.throughline.test +short"),
        dig("www.throughline.test +short +subnet=198.51.100.0/24"),
        dig("_why.www.throughline.test TXT +short +subnet=198.51.100.0/24"),
        redirected,
        walk,
    ];
    commands.into_iter().flatten().collect()
}

/// A path as a shell reads it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%,:".contains(c);
    if path.chars().all(plain) { path.to_string() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
