//! Certificates for the tests, made anew for each.

use decide::config::{Certificate, Secret};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority, which signs the others.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// In DER.
    pub(super) der: Vec<u8>,
}

impl Authority {
    pub(super) fn new() -> Authority {
        let mut wanted = CertificateParams::default();
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        wanted.distinguished_name.push(DnType::CommonName, "authority");
        let key = KeyPair::generate().expect("a key");
        let der = wanted.self_signed(&key).expect("a certificate").der().to_vec();
        Authority { issuer: Issuer::new(wanted, key), der }
    }

    /// A certificate for these names, valid in the given years.
    pub(super) fn sign(&self, names: &[&str], years: [i32; 2]) -> Certificate {
        let mut wanted = CertificateParams::new(names.iter().map(|name| name.to_string()).collect::<Vec<_>>()).expect("names");
        wanted.distinguished_name = rcgen::DistinguishedName::new();
        wanted.distinguished_name.push(DnType::CommonName, names[0]);
        (wanted.not_before, wanted.not_after) = (rcgen::date_time_ymd(years[0], 1, 1), rcgen::date_time_ymd(years[1], 1, 1));
        let key = KeyPair::generate().expect("a key");
        let signed = wanted.signed_by(&key, &self.issuer).expect("a certificate");
        Certificate {
            name: names[0].to_string(),
            files: None,
            chain: vec![signed.der().to_vec(), self.der.clone()],
            key: Secret(key.serialize_der()),
        }
    }
}
