//! TLS on a new connection: the handshake message by message, the chain, and why it is trusted or not.

use super::Request;
use super::limit::{HANDSHAKE, Limit};
use super::tap::Tapped;
use super::telling::Telling;
use crate::tls::certificate::Facts;
use crate::tls::{Seen, TlsStream, Trouble, Visitor, alert_name};
use decide::config::{HostPattern, Protocol};
use decide::date::format_day;
use decide::fetch::fault::{Fault, Station, Whose};
use decide::fetch::url::Target;
use decide::step::Step;
use decide::time::{Calendar, Duration};
use host::{Host, Stream};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error, PeerIncompatible};

/// What TLS is done with on this journey.
pub(super) fn visitor(request: &Request, telling: &mut Telling<'_>) -> Result<Visitor, Fault> {
    let began = telling.now();
    let remedy = "name a file of authorities with --cacert, or install the system's (ca-certificates)";
    let machine = |why: String| Fault::new(Station::Tls, Whose::Machine, "no-trust", why, remedy);
    let trust = match (request.trust)() {
        // Judged all the same, so that it is told what was gone past.
        Err(_) if request.insecure => Vec::new(),
        trust => trust.map_err(machine)?,
    };
    let protocols: &[Protocol] = if request.http1_only { &[Protocol::Http1] } else { &[Protocol::Http2, Protocol::Http1] };
    let made = Visitor::new(&trust, request.insecure, protocols, request.secrets.as_ref());
    let visitor = made.map_err(|why| machine(format!("this machine cannot judge certificates: {why}")))?;
    telling.step(Step::TlsPrepared { authorities: trust.len() as u64, took: telling.now().since(began) });
    Ok(visitor)
}

/// Shakes hands. True: HTTP/2 was agreed on.
pub(super) async fn secure(
    host: &Host,
    visitor: &Visitor,
    stream: Stream,
    target: &Target,
    limit: &Limit,
    telling: &mut Telling<'_>,
) -> Result<(Box<TlsStream>, bool), Fault> {
    let name = ServerName::try_from(target.host().to_string()).map_err(|_| {
        let why = format!("{} cannot stand in a certificate", target.host());
        Fault::new(Station::Tls, Whose::You, "name", why, "use a name of DNS or an address")
    })?;
    let (began, mut tapped) = (telling.now(), Tapped::default());
    let late = || {
        let why = format!("the server did not finish the handshake within {} s", HANDSHAKE.as_secs());
        Fault::new(Station::Tls, Whose::Server, "timeout", why, "look whether it speaks TLS at this port at all")
    };
    let shaking = visitor.secure(host, stream, name, |passed| tapped.see(&passed, telling));
    let shaken = limit.within(host, Station::Tls, HANDSHAKE, shaking, late).await?;
    let seen = visitor.seen();
    tell_chain(&seen, host.calendar(), telling);
    let mut tls = match shaken {
        Ok(tls) => tls,
        Err(trouble) => {
            tell_verdict(&seen, false, telling);
            return Err(fault(&trouble, &seen, target, host.calendar()));
        }
    };
    tell_verdict(&seen, seen.flaw.is_some(), telling);
    let secured = tls.secured(telling.now().since(began));
    let (server_name, client) = (telling.keep(target.host()), telling.keep(""));
    let http2 = secured.alpn == "h2";
    telling.step(Step::Secured {
        version: secured.version,
        group: secured.group,
        cipher: secured.cipher,
        alpn: secured.alpn,
        server_name,
        resumed: secured.resumed,
        client,
        took: secured.took,
    });
    Ok((tls, http2))
}

fn tell_chain(seen: &Seen, now: Calendar, telling: &mut Telling<'_>) {
    for (place, der) in seen.chain.iter().enumerate() {
        let Some(facts) = Facts::of(der) else { continue };
        let (subject, issuer, names) = (telling.keep(&facts.subject), telling.keep(&facts.issuer), telling.keep(names(&facts)));
        let (holds_from, holds_until) = (telling.keep(format_day(facts.not_before)), telling.keep(format_day(facts.not_after)));
        let left = facts.not_after.0.saturating_sub(now.0);
        let place = u16::try_from(place).unwrap_or(u16::MAX);
        telling.step(Step::TlsCertificate { place, subject, issuer, names, holds_from, holds_until, left });
    }
}

fn tell_verdict(seen: &Seen, ignored: bool, telling: &mut Telling<'_>) {
    let Some(leaf) = seen.chain.first() else { return };
    let last = seen.chain.last().and_then(|der| Facts::of(der));
    let why = match (&seen.flaw, last) {
        (Some(flaw), _) => flaw_clause(flaw, Facts::of(leaf).as_ref(), None),
        (None, Some(last)) => format!("the chain ends at {}, which is trusted here, and holds for the name", last.issuer),
        (None, None) => "the chain ends at an authority that is trusted here".to_string(),
    };
    let why = telling.keep(why);
    telling.step(Step::TlsVerified { trusted: seen.flaw.is_none(), ignored, why });
}

/// The names and addresses of a certificate.
fn names(facts: &Facts) -> String {
    let names = facts.names.iter().map(|name| match name {
        HostPattern::Exact(name) => name.clone(),
        HostPattern::Wildcard(suffix) => format!("*{suffix}"),
        HostPattern::Any => "*".to_string(),
    });
    let all: Vec<String> = names.chain(facts.addresses.iter().map(ToString::to_string)).collect();
    all.join(", ")
}

/// What is wrong with a certificate.
fn flaw_clause(flaw: &Error, leaf: Option<&Facts>, host: Option<&str>) -> String {
    let Error::InvalidCertificate(flaw) = flaw else { return format!("it cannot be judged ({flaw})") };
    let day = |at: Option<Calendar>| at.map(|at| String::from_utf8_lossy(&format_day(at)).into_owned()).unwrap_or_default();
    match flaw {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("it expired on {}", day(leaf.map(|leaf| leaf.not_after)))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("it is not valid before {}", day(leaf.map(|leaf| leaf.not_before)))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let has = leaf.map(names).filter(|names| !names.is_empty()).unwrap_or_else(|| "no name at all".to_string());
            let host = host.map(|host| format!(", not for {host}")).unwrap_or_else(|| ", not for the name asked for".to_string());
            format!("it is for {has}{host}")
        }
        CertificateError::UnknownIssuer => match leaf {
            Some(leaf) if leaf.self_signed => "it is signed by itself, which anybody can do".to_string(),
            Some(leaf) => format!("its signer, {}, is not trusted here", leaf.issuer),
            None => "its signer is not trusted here".to_string(),
        },
        CertificateError::Revoked => "its signer has revoked it".to_string(),
        CertificateError::BadSignature => {
            let issuer = leaf.map(|leaf| leaf.issuer.clone()).unwrap_or_default();
            format!("its signature is not by the {issuer} that is trusted here")
        }
        CertificateError::BadEncoding => "it cannot be read".to_string(),
        // One that could sign others, and signs itself.
        CertificateError::Other(_) if leaf.is_some_and(|leaf| leaf.self_signed) => {
            "it is signed by itself, which anybody can do".to_string()
        }
        other => format!("it is no good ({other})"),
    }
}

fn fault(trouble: &Trouble, seen: &Seen, target: &Target, now: Calendar) -> Fault {
    let of = |whose, word, why: String, remedy: &str| Fault::new(Station::Tls, whose, word, why, remedy);
    let error = match trouble {
        Trouble::Connection => {
            let why = "the server closed the connection in the middle of the handshake".to_string();
            return of(Whose::Server, "cut", why, "look at the server's log; it may not know this name");
        }
        Trouble::Nothing => {
            let why = "the server closed the connection without a word of TLS".to_string();
            return of(Whose::Server, "cut", why, "look whether it speaks TLS at this port at all");
        }
        Trouble::NotTls => {
            let why = format!("the server speaks HTTP without TLS at port {}", target.port());
            return of(Whose::You, "not-tls", why, "ask for http in place of https");
        }
        Trouble::Tls(error) => error,
    };
    match error {
        Error::InvalidCertificate(flaw) => {
            let leaf = seen.chain.first().and_then(|der| Facts::of(der));
            let clause = flaw_clause(error, leaf.as_ref(), Some(target.host()));
            let (word, remedy) = certificate_remedy(flaw, leaf.as_ref(), now);
            of(Whose::Server, word, format!("the certificate cannot be trusted: {clause}"), &remedy)
        }
        Error::AlertReceived(alert) => {
            let why = format!("the server refused the handshake with the alert {}", alert_name(*alert));
            of(
                Whose::Server,
                "alert",
                why,
                "it may not know this name, or want a certificate of yours, or speak no version of TLS from 1.2 on",
            )
        }
        Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            let why = "the server speaks only versions of TLS before 1.2, which are broken".to_string();
            of(Whose::Server, "too-old", why, "have it renewed")
        }
        Error::PeerIncompatible(_) => {
            let why = format!("the server and this client have nothing in common ({error})");
            of(Whose::Server, "incompatible", why, "have its versions, groups and cipher suites brought up to date")
        }
        Error::InvalidMessage(_) => {
            let why = "what the server sends is not TLS".to_string();
            of(Whose::Server, "not-tls", why, "look whether the port is right")
        }
        other => of(Whose::Server, "broken-tls", format!("the server breaks a rule of TLS ({other})"), "tell whoever runs it"),
    }
}

fn certificate_remedy(flaw: &CertificateError, leaf: Option<&Facts>, now: Calendar) -> (&'static str, String) {
    match flaw {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            let ago = leaf.map_or(Duration::ZERO, |leaf| now.0.saturating_sub(leaf.not_after.0)).as_secs() / 86_400;
            ("expired", format!("have it renewed, {ago} days late, or look at your own clock; --insecure goes on all the same"))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("not-yet", "look at your own clock; --insecure goes on all the same".to_string())
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ("wrong-name", "ask for one of its names, or have this one added; --insecure goes on all the same".to_string())
        }
        CertificateError::UnknownIssuer => {
            ("unknown-issuer", "name the authority with --cacert FILE if it is yours; --insecure goes on all the same".to_string())
        }
        CertificateError::Other(_) if leaf.is_some_and(|leaf| leaf.self_signed) => {
            ("unknown-issuer", "name it itself with --cacert FILE if it is yours; --insecure goes on all the same".to_string())
        }
        _ => ("certificate", "have it replaced; --insecure goes on all the same".to_string()),
    }
}
