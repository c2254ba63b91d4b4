//! TLS: the files that settings name, read and looked at, and what does not fit together.

use super::disk::{Disk, unreadable};
use super::mistake::Mistakes;
use super::read::{Span, Table, Value};
use super::rules::place;
use decide::address::Address;
use decide::config::{Certificate, CertificateFiles, ClientCertificates, Config, HostPattern, PoolTls, Secret, Tls, TlsVersion, Trust};
use decide::time::{Calendar, Duration};
use node::tls::certificate::{self, Facts};
use std::sync::Arc;

/// A certificate that holds for a shorter time than this is warned of.
const SOON: Duration = Duration::from_secs(30 * DAY_SECONDS);
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// What listeners present. One whose files are wrong is left out, in a configuration that is refused for it.
pub(super) fn certificates(root: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Vec<Certificate> {
    root.tables("certificate").iter().filter_map(|table| pair(table, "chain", disk, mistakes)).collect()
}

/// What holds for every listener with TLS.
pub(super) fn tls(table: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Tls {
    let required = match table.text("client-certificates").as_str() {
        "optional" => Some(false),
        "required" => Some(true),
        _ => None,
    };
    let client_certificates = required.map(|required| ClientCertificates { trust: client_trust(table, disk, mistakes), required });
    Tls {
        min_version: version(table),
        client_certificates,
        tickets: table.bool("tickets").then(|| table.duration("ticket-lifetime")),
        look_interval: table.duration("look-interval"),
        key_log: table.bool("key-log"),
    }
}

fn client_trust(table: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Trust {
    if table.given("client-ca").is_none() {
        let message = "clients are asked for a certificate, and nobody may have signed it";
        mistakes.error(&place(table, "client-certificates"), message).help("write client-ca = \"FILE\"");
    }
    trust(table, "client-ca", disk, mistakes).unwrap_or_default()
}

/// TLS to the backends of a pool.
pub(super) fn pool(name: &str, table: &Table, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> PoolTls {
    let verify = table.bool("verify").then(|| match table.given("ca") {
        Some(_) => trust(table, "ca", disk, mistakes).unwrap_or_default(),
        None => {
            let authorities = disk.authorities();
            if authorities.is_empty() {
                let message = format!("this machine has no list of authorities, and pool {name:?} names none");
                mistakes.error(&table.span, message).help("write ca = \"FILE\", or install the package ca-certificates");
            }
            authorities
        }
    });
    if verify.is_none()
        && let Some(given) = table.given("verify")
    {
        let message =
            format!("the backends of pool {name:?} are taken for what they say they are: whoever stands between reads everything");
        mistakes.warning(&given.span, message).help("write ca = \"FILE\" with the authority that signed their certificates");
        if let Some(ca) = table.given("ca") {
            mistakes.error(&ca.key, "\"ca\" has no meaning with verify = false");
        }
    }
    PoolTls {
        verify,
        server_name: table.text_if("server-name").map(|name| name.to_ascii_lowercase()),
        certificate: table.given("certificate").and_then(|_| pair(table, "certificate", disk, mistakes)),
        min_version: version(table),
    }
}

fn version(table: &Table) -> TlsVersion {
    if table.text("min-version") == "1.3" { TlsVersion::Tls13 } else { TlsVersion::Tls12 }
}

/// The authorities in a file.
pub(super) fn trust(table: &Table, key: &str, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Option<Trust> {
    let (path, bytes) = read(table, key, disk, mistakes)?;
    match certificate::trust_of_pem(&bytes) {
        Ok(authorities) => Some(Arc::new(authorities)),
        Err(why) => {
            mistakes.error(&place(table, key), format!("{path:?} cannot be used: {why}")).expected("a PEM file with certificates");
            None
        }
    }
}

/// A certificate and its key, each in its file or both in one.
fn pair(table: &Table, chain_key: &str, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Option<Certificate> {
    let chain = chain(table, chain_key, disk, mistakes);
    let key_key = if table.given("key").is_some() { "key" } else { chain_key };
    if chain.is_none() && key_key == chain_key {
        return None;
    }
    let key = key(table, key_key, disk, mistakes);
    let (path, chain) = chain?;
    let files = CertificateFiles { chain: path.clone(), key: table.text(key_key) };
    let certificate = Certificate { name: path, files: Some(files), chain, key: key? };
    match certificate::check(&certificate) {
        Ok(()) => Some(certificate),
        Err(why) => {
            let message = format!("{:?} cannot be used: {why}", certificate.name);
            mistakes.error(&place(table, key_key), message).help("name the key that the certificate was made for");
            None
        }
    }
}

fn chain(table: &Table, key: &str, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Option<(String, Vec<Vec<u8>>)> {
    let (path, bytes) = read(table, key, disk, mistakes)?;
    match certificate::chain_of_pem(&bytes) {
        Ok(chain) => Some((path, chain)),
        Err(why) => {
            mistakes.error(&place(table, key), format!("{path:?} cannot be used: {why}")).expected("a PEM file with certificates");
            None
        }
    }
}

fn key(table: &Table, key: &str, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Option<Secret> {
    let (path, bytes) = read(table, key, disk, mistakes)?;
    if disk.is_open_to_all(&path) && certificate::key_of_pem(&bytes).is_ok() {
        let message = format!("everybody on this machine may read the private key in {path:?}");
        mistakes.warning(&place(table, key), message).help(format!("chmod 600 {path}"));
    }
    match certificate::key_of_pem(&bytes) {
        Ok(secret) => Some(secret),
        Err(why) => {
            let help = if key == "key" { "name a PEM file with a private key" } else { "write key = \"FILE\"" };
            mistakes.error(&place(table, key), format!("{path:?} cannot be used: {why}")).help(help);
            None
        }
    }
}

fn read(table: &Table, key: &str, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) -> Option<(String, Vec<u8>)> {
    let path = table.text_if(key)?;
    match disk.read(&path) {
        Ok(bytes) => Some((path, bytes)),
        Err(error) => {
            mistakes.error(&place(table, key), format!("cannot read {path:?}: {}", unreadable(&error)));
            None
        }
    }
}

/// What shows only in the whole: certificates that expire, or are for other names; listeners with nothing to present.
pub(super) fn check(root: &Table, config: &Config, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) {
    let tables = root.tables("certificate");
    // One that was wrong is not in the configuration, and its mistake is noted already.
    if tables.len() == config.certificates.len() {
        for (table, certificate) in tables.iter().zip(&config.certificates) {
            look_at(certificate, &place(table, "chain"), disk.now(), mistakes);
        }
        listeners(root, config, mistakes);
    }
    for ((_, table), pool) in root.named("pool").iter().zip(&config.pools) {
        let (Some(table), Some(tls)) = (table.table_if("tls"), &pool.tls) else { continue };
        if let Some(certificate) = &tls.certificate {
            look_at(certificate, &place(table, "certificate"), disk.now(), mistakes);
        }
        if tls.server_name.is_none()
            && let Some(backend) = pool.backends.iter().find(|backend| matches!(backend.at, Address::Unix(_)))
        {
            let message = format!("nobody can say which name the certificate of {} must have", backend.at);
            mistakes.error(&table.span, message).help("write server-name = \"HOST\"");
        }
    }
    redirects(root, config, mistakes);
}

/// What is to be said of a certificate by itself.
fn look_at(certificate: &Certificate, span: &Span, now: Calendar, mistakes: &mut Mistakes<'_>) {
    let Some(facts) = certificate.chain.first().and_then(|leaf| Facts::of(leaf)) else { return };
    let name = &certificate.name;
    match facts.not_after.0.checked_sub(now.0) {
        None => {
            mistakes.fault(span, format!("the certificate in {name:?} expired{}", ago(now.0 - facts.not_after.0)));
        }
        Some(left) if left < SOON => {
            mistakes.warning(span, format!("the certificate in {name:?} expires in {}", days(left)));
        }
        Some(_) => {}
    }
    if facts.not_before > now {
        mistakes.warning(span, format!("the certificate in {name:?} holds only in {}", days(facts.not_before.0 - now.0)));
    }
    if certificate.chain.len() == 1 && !facts.self_signed {
        let message = format!("{name:?} holds the certificate alone: clients that do not know who signed it will not find out");
        mistakes.warning(span, message).help("put the certificates between it and its authority behind it");
    }
}

fn days(span: Duration) -> String {
    match span.as_secs() / DAY_SECONDS {
        0 => "less than a day".to_string(),
        1 => "1 day".to_string(),
        days => format!("{days} days"),
    }
}

fn ago(span: Duration) -> String {
    format!(" {} ago", days(span))
}

fn listeners(root: &Table, config: &Config, mistakes: &mut Mistakes<'_>) {
    let facts: Vec<Facts> = config.certificates.iter().filter_map(|certificate| Facts::of(certificate.chain.first()?)).collect();
    let with_tls = || root.tables("listener").iter().zip(&config.listeners).filter(|(_, listener)| listener.tls);
    for (table, listener) in with_tls() {
        let ordered = |site: &usize| config.sites[*site].acme;
        if facts.is_empty() && !listener.sites.iter().any(ordered) {
            let message = format!("{} has TLS, and nothing to present", listener.at);
            mistakes
                .error(&place(table, "tls"), message)
                .help("write [[certificate]] with chain = \"FILE\" and key = \"FILE\", or certificate = \"acme\" under [[site]]");
            continue;
        }
        // Which hosts of the others get one is for `acme` to say.
        for site in listener.sites.iter().filter(|site| !ordered(site)) {
            for host in &config.sites[*site].hosts {
                if !facts.iter().any(|facts| facts.covers(host)) {
                    let table = &root.tables("site")[*site];
                    let message = format!("no certificate is for {:?}, which {} serves with TLS", text(host), listener.at);
                    mistakes.warning(&place(table, "hosts"), message);
                }
            }
        }
    }
    if with_tls().next().is_none() {
        for table in root.tables("certificate") {
            mistakes.warning(&table.span, "no listener has TLS: nobody sees this certificate").help("write tls = true under [[listener]]");
        }
    }
}

/// Sites whose settings speak of TLS, without a listener that has it.
fn redirects(root: &Table, config: &Config, mistakes: &mut Mistakes<'_>) {
    for (index, (table, site)) in root.tables("site").iter().zip(&config.sites).enumerate() {
        let served = config.listeners.iter().filter(|listener| listener.sites.contains(&index));
        if served.clone().next().is_none() || served.clone().any(|listener| listener.tls) {
            continue;
        }
        for key in ["https-redirect", "hsts"] {
            if let Some(given) = table.given(key)
                && !matches!(given.value, Value::Bool(false) | Value::Wrong)
            {
                let message = format!("{key:?} of site {:?}: none of its listeners has TLS", site.name);
                mistakes.warning(&given.key, message);
            }
        }
    }
}

fn text(host: &HostPattern) -> String {
    super::build::ToText::to_text(host)
}
