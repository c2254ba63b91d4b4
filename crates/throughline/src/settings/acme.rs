//! ACME: the authority as it is written, and what must hold for it to give certificates.

use super::build::hosts;
use super::disk::Disk;
use super::mistake::Mistakes;
use super::read::Table;
use super::rules::place;
use super::tls;
use decide::address::Address;
use decide::certificate::names;
use decide::config::{Acme, AcmeChallenge, Config, ExternalAccount, Listener, Protocol};

/// The authority.
pub(super) fn acme(table: &Table, disk: &dyn Disk) -> Acme {
    let external = |table: &Table| ExternalAccount { key_id: table.text("key-id"), key: table.text("key") };
    Acme {
        directory: table.text("directory"),
        contacts: table.texts("contacts").into_iter().map(|contact| contact.it).collect(),
        terms_agreed: table.bool("terms-agreed"),
        challenge: match table.text("challenge").as_str() {
            "http-01" => AcmeChallenge::Http01,
            "tls-alpn-01" => AcmeChallenge::TlsAlpn01,
            _ => AcmeChallenge::Either,
        },
        ca: table.text_if("ca"),
        state: table.text_if("state").or_else(|| disk.state()).unwrap_or_default(),
        profile: table.text_if("profile"),
        external_account: table.table_if("external-account").map(external),
    }
}

/// What shows only in the whole: sites that ask and nobody who answers, hosts that get no certificate, an authority that cannot reach us.
pub(super) fn check(root: &Table, config: &Config, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) {
    for (index, table) in root.tables("site").iter().enumerate().filter(|(index, _)| config.sites[*index].acme) {
        site(index, table, config, mistakes);
    }
    let asked = config.sites.iter().any(|site| site.acme);
    match (root.table_if("acme"), &config.acme) {
        (Some(table), Some(acme)) if asked => authority(table, acme, config, disk, mistakes),
        (Some(table), _) if !asked => {
            mistakes.warning(&table.span, "no site asks for a certificate").help("write certificate = \"acme\" under [[site]]");
        }
        _ => {}
    }
}

/// A site that asks for a certificate.
fn site(index: usize, table: &Table, config: &Config, mistakes: &mut Mistakes<'_>) {
    let (name, span) = (&config.sites[index].name, place(table, "certificate"));
    if config.acme.is_none() {
        let message = format!("site {name:?} asks for a certificate, and no authority is named");
        mistakes.error(&span, message).help("write [acme] with terms-agreed = true");
    }
    for host in hosts(table) {
        let span = if host.span.is_empty() { &span } else { &host.span };
        for refused in names::wanted(name, &[host.it]).1 {
            mistakes.error(span, refused.to_string());
        }
    }
    let mut served = config.listeners.iter().filter(|listener| listener.sites.contains(&index)).peekable();
    if served.peek().is_some() && !served.any(|listener| listener.tls) {
        mistakes.warning(&span, format!("site {name:?} asks for a certificate, and none of its listeners has TLS"));
    }
}

/// The authority that they ask.
fn authority(table: &Table, acme: &Acme, config: &Config, disk: &dyn Disk, mistakes: &mut Mistakes<'_>) {
    if !acme.terms_agreed {
        let message = "nothing is ordered from an authority whose terms of service are not agreed to";
        mistakes.error(&place(table, "terms-agreed"), message).help("read them, and write terms-agreed = true");
    }
    if acme.state.is_empty() && table.given("state").is_none() {
        let message = "this user has no home directory to keep certificates in";
        mistakes.error(&table.span, message).help("write state = \"/var/lib/throughline\"");
    }
    if table.given("ca").is_some() {
        // It is read again for each order, but a mistake in it is told now.
        tls::trust(table, "ca", disk, mistakes);
    }
    let required = config.tls.client_certificates.as_ref().is_some_and(|wanted| wanted.required);
    if required && acme.challenge == AcmeChallenge::TlsAlpn01 {
        let message = "\"tls-alpn-01\" cannot work where every client must present a certificate: the authority has none";
        mistakes.error(&place(table, "challenge"), message).help("write challenge = \"http-01\"");
        return;
    }
    let by_http = config.listeners.iter().any(answers_http);
    // RFC 8737 §3: on port 443.
    let by_tls = config.listeners.iter().any(|listener| !required && listener.tls && port(listener) == Some(443));
    let lacks = match acme.challenge {
        AcmeChallenge::Http01 if !by_http => "no listener without TLS is at port 80",
        AcmeChallenge::TlsAlpn01 if !by_tls => "no listener with TLS is at port 443",
        AcmeChallenge::Either if !by_http && !by_tls => "no listener is at port 80, nor one with TLS at 443",
        _ => return,
    };
    let message = format!("{lacks}, where the authority looks");
    mistakes.warning(&place(table, "challenge"), message).help("move one there, or lead that port to one");
}

/// RFC 8555 §8.3: on port 80, without TLS.
fn answers_http(listener: &Listener) -> bool {
    !listener.tls && port(listener) == Some(80) && listener.protocols.contains(&Protocol::Http1)
}

fn port(listener: &Listener) -> Option<u16> {
    match &listener.at {
        Address::Ip(at) => Some(at.port()),
        _ => None,
    }
}
