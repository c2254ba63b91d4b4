//! TLS as the load speaks it: one version, one suite, one group for everybody, so that all servers do the same work.

use super::machine;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs as provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned};
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};

/// The name in the certificate.
const NAME: &str = "bench.test";

/// What clients on OpenSSL offer. They offer less than they could: a server then has no choice that it could make differently from others.
const OPENSSL: &str = "openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = defaults
[defaults]
MinProtocol = TLSv1.3
Ciphersuites = TLS_AES_128_GCM_SHA256
Groups = X25519
";

/// A certificate that signed itself, with a key on P-256, and the settings of OpenSSL for the load.
pub(super) struct Files {
    pub(super) chain: PathBuf,
    pub(super) key: PathBuf,
    /// Chain and key in one file.
    pub(super) both: PathBuf,
    pub(super) openssl: PathBuf,
}

impl Files {
    pub(super) fn make(folder: &Path) -> Result<Files, String> {
        let place = |name: &str| folder.join(name);
        let files = Files { chain: place("chain.pem"), key: place("key.pem"), both: place("both.pem"), openssl: place("openssl.cnf") };
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"])
            .args(["-subj", &format!("/CN={NAME}"), "-addext", &format!("subjectAltName=DNS:{NAME}")])
            .arg("-out")
            .arg(&files.chain)
            .arg("-keyout")
            .arg(&files.key)
            .output()
            .map_err(|error| format!("bench: openssl cannot be run: {error}"))?;
        if !made.status.success() {
            return Err(format!("bench: no certificate: {}", String::from_utf8_lossy(&made.stderr).trim_end()));
        }
        let read = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
        machine::write(&files.both, read(&files.chain)? + &read(&files.key)?)?;
        machine::write(&files.openssl, OPENSSL)?;
        Ok(files)
    }
}

/// Our own client's end of a connection in TLS.
pub(super) type Tls = StreamOwned<ClientConnection, TcpStream>;

/// The handshake comes with the first byte that is written.
pub(super) fn client(stream: TcpStream) -> Tls {
    static CONFIG: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| Arc::new(config()));
    let name = ServerName::try_from(NAME).expect("it is a name");
    let connection = ClientConnection::new(Arc::clone(&CONFIG), name).expect("the settings fit each other");
    StreamOwned::new(connection, stream)
}

/// Every handshake is a full one: no ticket is ever kept.
fn config() -> ClientConfig {
    let only = rustls::crypto::CryptoProvider {
        cipher_suites: vec![provider::cipher_suite::TLS13_AES_128_GCM_SHA256],
        kx_groups: vec![provider::kx_group::X25519],
        ..provider::default_provider()
    };
    let mut config = ClientConfig::builder_with_provider(Arc::new(only))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the suite is one of TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config
}

/// Believes everybody who signs with P-256: the load is to cost as little as it can, and knows whom it talks to.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 was not offered".to_string()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
