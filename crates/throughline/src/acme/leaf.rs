//! What a certificate says of itself.

use decide::certificate::renewal::Held;
use decide::time::Calendar;
use instant_acme::CertificateIdentifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, Der, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectAltName};

/// A certificate with its key, both known to be readable and to belong together.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// The chain in PEM, the server's own certificate first.
    pub(super) chain_pem: String,
    /// The key in PEM, PKCS#8.
    pub(super) key_pem: String,
    /// What the server's own certificate says.
    pub(super) held: Held,
    /// By what an authority knows it (RFC 9773 §4.1); `None` if it does not name the key of its issuer.
    pub(super) id: Option<CertificateIdentifier<'static>>,
}

impl Pair {
    /// Reads both. The error says what is wrong.
    pub(super) fn read(chain_pem: &str, key_pem: &str) -> Result<Pair, String> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain_pem.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| format!("no chain of certificates in PEM: {error}"))?;
        let first = chain.first().ok_or("it holds no certificate")?;
        let (held, id) = read_leaf(first)?;
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|error| format!("no private key in PEM: {error}"))?;
        CertifiedKey::from_der(chain, key, &super::https::provider())
            .map_err(|error| format!("the key does not go with the certificate: {error}"))?;
        Ok(Pair { chain_pem: chain_pem.to_string(), key_pem: key_pem.to_string(), held, id })
    }
}

fn read_leaf(der: &[u8]) -> Result<(Held, Option<CertificateIdentifier<'static>>), String> {
    let unreadable = |error| format!("the certificate cannot be read: {error}");
    let certificate = Certificate::from_der(der).map_err(unreadable)?;
    let certificate = certificate.tbs_certificate;
    let names = certificate.get::<SubjectAltName>().map_err(unreadable)?;
    let names = names.map_or_else(Vec::new, |(_, names)| names.0);
    let name = |name| match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase()),
        _ => None,
    };
    let at = |time: x509_cert::time::Time| Calendar(time.to_unix_duration());
    let held = Held {
        names: names.into_iter().filter_map(name).collect(),
        not_before: at(certificate.validity.not_before),
        not_after: at(certificate.validity.not_after),
    };
    let issuer = certificate.get::<AuthorityKeyIdentifier>().map_err(unreadable)?;
    let issuer = issuer.and_then(|(_, issuer)| issuer.key_identifier);
    // RFC 9773 §4.1: the content of the serial number's DER, a leading zero of its sign included; two bytes, tag and length, stand before
    // it, for it is never longer than 20 bytes.
    let serial = certificate.serial_number.to_der().map_err(unreadable)?;
    let id = issuer.map(|issuer| {
        CertificateIdentifier::new(Der::from_slice(issuer.as_bytes()), Der::from_slice(serial.get(2..).unwrap_or_default())).into_owned()
    });
    Ok((held, id))
}

#[cfg(test)]
mod tests;
