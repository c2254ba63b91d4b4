//! Control over a name, shown to the authority, and taken away again.
//!
//! A challenge is answered by making something visible before the authority is told to look. A further one, dns-01, is a variant of
//! [`Challenge`] and an arm in each of the functions here.

use super::Installer;
use decide::certificate::challenge::Challenge;
use instant_acme::{ChallengeType, KeyAuthorization};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use std::sync::Arc;

/// What the authority calls it.
pub(super) fn kind(challenge: Challenge) -> ChallengeType {
    match challenge {
        Challenge::Http01 => ChallengeType::Http01,
        Challenge::TlsAlpn01 => ChallengeType::TlsAlpn01,
    }
}

/// A challenge's name, for sentences.
pub(super) fn name(challenge: Challenge) -> &'static str {
    match challenge {
        Challenge::Http01 => "http-01",
        Challenge::TlsAlpn01 => "tls-alpn-01",
    }
}

/// Something that is visible to the authority until this is dropped.
pub(super) struct Shown {
    installer: Arc<dyn Installer>,
    challenge: Challenge,
    host: String,
    token: String,
}

impl Shown {
    /// Makes it visible. The error says what could not be made.
    pub(super) fn show(
        installer: &Arc<dyn Installer>,
        challenge: Challenge,
        host: &str,
        token: &str,
        authorization: &KeyAuthorization,
    ) -> Result<Shown, String> {
        match challenge {
            Challenge::Http01 => installer.http_challenge(host, token, Some(authorization.as_str())),
            Challenge::TlsAlpn01 => installer.tls_challenge(host, Some(certificate(host, authorization)?)),
        }
        Ok(Shown { installer: installer.clone(), challenge, host: host.to_string(), token: token.to_string() })
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        match self.challenge {
            Challenge::Http01 => self.installer.http_challenge(&self.host, &self.token, None),
            Challenge::TlsAlpn01 => self.installer.tls_challenge(&self.host, None),
        }
    }
}

/// RFC 8737 §3: for this one name, signed by itself, with the digest of the key authorization in a critical extension.
fn certificate(host: &str, authorization: &KeyAuthorization) -> Result<(Vec<u8>, Vec<u8>), String> {
    let make = || {
        let mut params = CertificateParams::new([host.to_string()])?;
        params.distinguished_name = DistinguishedName::new();
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(authorization.digest().as_ref())];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok((certificate.der().to_vec(), key.serialize_der()))
    };
    make().map_err(|error: rcgen::Error| format!("cannot make the certificate of the challenge: {error}"))
}
