//! TLS as an owner wants it: what listeners present, what backends must present, whom either side trusts.

use crate::time::Duration;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// What holds for every listener with TLS.
#[derive(Clone, Debug, PartialEq)]
pub struct Tls {
    /// The oldest version spoken.
    pub min_version: TlsVersion,
    /// Whether clients are asked for a certificate.
    pub client_certificates: Option<ClientCertificates>,
    /// How long a session ticket may be used; `None`: none are given out.
    pub tickets: Option<Duration>,
    /// How often the files of certificates are looked at for changes.
    pub look_interval: Duration,
    /// The secrets of every connection are written to the file that `SSLKEYLOGFILE` names, if it names one.
    pub key_log: bool,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// RFC 5246
    Tls12,
    /// RFC 8446
    Tls13,
}

/// Clients are asked for a certificate.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientCertificates {
    /// Who may have signed it.
    pub trust: Trust,
    /// One that has none is turned away.
    pub required: bool,
}

/// Certificates of authorities, in DER.
pub type Trust = Arc<Vec<Vec<u8>>>;

/// A certificate and its key, checked: the key fits, and everything in it was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// What it goes by in logs and metrics: the path of its chain.
    pub name: String,
    /// Where it was read, if in files.
    pub files: Option<CertificateFiles>,
    /// In DER, the server's own first; never empty.
    pub chain: Vec<Vec<u8>>,
    /// In DER: PKCS #8, PKCS #1 or SEC 1.
    pub key: Secret,
}

/// The files of a certificate; both may be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The chain's.
    pub chain: String,
    /// The key's.
    pub key: String,
}

/// Bytes that no log or message may show.
#[derive(Clone, PartialEq)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// TLS to the backends of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolTls {
    /// Who may have signed the backends' certificates; `None`: whatever they present is taken.
    pub verify: Option<Trust>,
    /// The name asked for, and the one that the certificate must have; `None`: the backend's own host or IP address.
    pub server_name: Option<String>,
    /// What is presented to a backend that asks who we are.
    pub certificate: Option<Certificate>,
    /// The oldest version spoken.
    pub min_version: TlsVersion,
}
