//! An authority of the tests' own, and what it signs.

use crate::support::place::Place;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The authority; its certificate is `NAME-ca.pem`.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    name: &'static str,
}

impl Authority {
    pub(crate) fn new(name: &'static str, place: &Place) -> Authority {
        let mut wanted = CertificateParams::default();
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        wanted.distinguished_name = rcgen::DistinguishedName::new();
        wanted.distinguished_name.push(DnType::CommonName, format!("{name} authority"));
        let key = KeyPair::generate().expect("a key");
        let pem = wanted.self_signed(&key).expect("a certificate").pem();
        place.file(&format!("{name}-ca.pem"), &pem);
        Authority { issuer: Issuer::new(wanted, key), pem, name }
    }

    /// The path of the authority's certificate.
    pub(crate) fn path(&self, place: &Place) -> String {
        place.at(&format!("{}-ca.pem", self.name))
    }

    /// Chain and key for these names, in PEM; it holds for so many days from now (or until so many days ago).
    pub(crate) fn pair(&self, names: &[&str], days: i64) -> (String, String) {
        let mut wanted = CertificateParams::new(names.iter().map(|name| name.to_string()).collect::<Vec<_>>()).expect("names");
        wanted.distinguished_name = rcgen::DistinguishedName::new();
        wanted.distinguished_name.push(DnType::CommonName, names[0]);
        let now = SystemTime::now();
        let span = DAY * u32::try_from(days.unsigned_abs()).expect("some days");
        wanted.not_before = (now - 100 * DAY).into();
        wanted.not_after = if days < 0 { now - span } else { now + span }.into();
        let key = KeyPair::generate().expect("a key");
        let signed = wanted.signed_by(&key, &self.issuer).expect("a certificate");
        (format!("{}{}", signed.pem(), self.pem), key.serialize_pem())
    }

    /// The same, in the files `FILE.pem` and `FILE.key`; gives the section of the configuration that names them.
    pub(crate) fn sign(&self, place: &Place, file: &str, names: &[&str], days: i64) -> String {
        let (chain, key) = self.pair(names, days);
        let (chain, key) = (place.file(&format!("{file}.pem"), chain), place.file(&format!("{file}.key"), key));
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("our own file");
        format!("[[certificate]]\nchain = \"{chain}\"\nkey = \"{key}\"\n")
    }
}
