//! Certificates and keys as they come in files, and what can be read in them.

use super::provider;
use decide::config::{Certificate, HostPattern, Secret};
use decide::time::Calendar;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::net::IpAddr;
use std::sync::Arc;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// What a certificate says.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The names it is for: [`HostPattern::Exact`] and [`HostPattern::Wildcard`], in lower case.
    pub names: Vec<HostPattern>,
    /// The addresses it is for.
    pub addresses: Vec<IpAddr>,
    /// Whose it is, as RFC 4514 writes it.
    pub subject: String,
    /// Who signed it, written alike.
    pub issuer: String,
    /// It holds from then on,
    pub not_before: Calendar,
    /// and until then.
    pub not_after: Calendar,
    /// Its issuer is itself.
    pub self_signed: bool,
}

impl Facts {
    /// Reads a certificate; `None` where it is none, or is written in a way that RFC 5280 does not allow.
    pub fn of(der: &[u8]) -> Option<Facts> {
        let certificate = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate;
        let (mut names, mut addresses) = (Vec::new(), Vec::new());
        // RFC 9525 §6.3: a name stands among the alternative names or it is none; the subject's common name is only for people.
        let (_, alternatives) = certificate.get::<SubjectAltName>().ok()?.unwrap_or((false, SubjectAltName(Vec::new())));
        for name in alternatives.0 {
            match name {
                GeneralName::DnsName(name) => {
                    let name = name.as_str().trim_end_matches('.').to_ascii_lowercase();
                    names.push(match name.strip_prefix('*') {
                        Some(suffix) => HostPattern::Wildcard(suffix.to_string()),
                        None => HostPattern::Exact(name),
                    });
                }
                GeneralName::IpAddress(bytes) => addresses.extend(address(bytes.as_bytes())),
                _ => {}
            }
        }
        let time = |time: &x509_cert::time::Time| Calendar(time.to_unix_duration());
        Some(Facts {
            names,
            addresses,
            subject: certificate.subject.to_string(),
            issuer: certificate.issuer.to_string(),
            not_before: time(&certificate.validity.not_before),
            not_after: time(&certificate.validity.not_after),
            self_signed: certificate.subject == certificate.issuer,
        })
    }

    /// Whether a client that asks for this host takes it: a wildcard stands for one label (RFC 9525 §6.3). Every host of a site's wildcard
    /// is meant by one of a certificate's.
    pub fn covers(&self, host: &HostPattern) -> bool {
        match host {
            HostPattern::Any => true,
            HostPattern::Wildcard(_) => self.names.contains(host),
            HostPattern::Exact(host) => match host.trim_matches(['[', ']']).parse::<IpAddr>() {
                Ok(address) => self.addresses.contains(&address),
                Err(_) => self.names.iter().any(|name| matches(name, host)),
            },
        }
    }
}

/// Whether a certificate's name holds for a host.
fn matches(name: &HostPattern, host: &str) -> bool {
    match name {
        HostPattern::Any => true,
        HostPattern::Exact(exact) => exact == host,
        HostPattern::Wildcard(suffix) => first_label_off(host) == Some(suffix),
    }
}

/// `.example.com` of `www.example.com`.
pub(super) fn first_label_off(host: &str) -> Option<&str> {
    host.find('.').filter(|at| *at > 0).map(|at| &host[at..])
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    }
}

/// The certificates in a PEM file, in DER and in the order of the file. The error is a sentence.
pub fn chain_of_pem(pem: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = read.map_err(|_| "it is not PEM, or was cut off")?;
    if chain.is_empty() {
        return Err("there is no certificate in it");
    }
    if chain.iter().any(|certificate| Facts::of(certificate).is_none()) {
        return Err("a certificate in it cannot be read");
    }
    Ok(chain.into_iter().map(|certificate| certificate.to_vec()).collect())
}

/// The private key in a PEM file, in DER. The error is a sentence.
pub fn key_of_pem(pem: &[u8]) -> Result<Secret, &'static str> {
    match PrivateKeyDer::from_pem_slice(pem) {
        Ok(key) => Ok(Secret(key.secret_der().to_vec())),
        Err(_) if find(pem, b"ENCRYPTED") => Err("its key is encrypted, and nobody is here to type the password"),
        Err(rustls::pki_types::pem::Error::NoItemsFound) => Err("there is no private key in it"),
        Err(_) => Err("it is not PEM, or was cut off"),
    }
}

fn find(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// Certificates of authorities in a PEM file, each of them one that can be trusted in. The error is a sentence.
pub fn trust_of_pem(pem: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let authorities = chain_of_pem(pem)?;
    let mut store = RootCertStore::empty();
    for authority in &authorities {
        store.add(CertificateDer::from(&authority[..])).map_err(|_| "a certificate in it cannot be an authority")?;
    }
    Ok(authorities)
}

/// Whether a certificate can be used: its key is of a kind we know, and fits. The error is a sentence.
pub fn check(certificate: &Certificate) -> Result<(), &'static str> {
    certified(certificate).map(drop)
}

/// A certificate as rustls presents it.
pub(super) fn certified(certificate: &Certificate) -> Result<CertifiedKey, &'static str> {
    let certified = certified_unread(certificate)?;
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => Err("the key does not belong to the certificate"),
        Err(_) => Err("the certificate cannot be read"),
    }
}

/// The same of one that nobody but its maker is to understand: whether the key fits is not looked at, for that would mean to read it.
pub(super) fn certified_unread(certificate: &Certificate) -> Result<CertifiedKey, &'static str> {
    let key = PrivateKeyDer::try_from(&certificate.key.0[..]).map_err(|_| "the key is of a kind that is not known here")?;
    let key = provider().key_provider.load_private_key(key.clone_key()).map_err(|_| "the key is of a kind that is not known here")?;
    let chain = certificate.chain.iter().map(|der| CertificateDer::from(&der[..]).into_owned()).collect();
    Ok(CertifiedKey::new(chain, key))
}

/// The authorities as rustls wants them; what is none was refused when it was read, or comes from the system, where odd ones are passed
/// over.
pub(super) fn roots(trust: &[Vec<u8>]) -> Arc<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(trust.iter().map(|der| CertificateDer::from(&der[..])));
    Arc::new(store)
}

#[cfg(test)]
mod tests;
