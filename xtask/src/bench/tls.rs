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
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"])
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

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{CipherSuite, HandshakeKind, NamedGroup, ServerConfig, ServerConnection};
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn every_handshake_is_a_full_one_and_the_server_has_no_choice() {
        let made = rcgen::generate_simple_self_signed([NAME.to_string()]).expect("it is a name");
        let key = made.signing_key.serialize_der().try_into().expect("it is a key");
        // All that there is, in the server's own order, and tickets.
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
            .expect("key and certificate fit");
        config.ignore_client_order = true;
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
        let port = listener.local_addr().expect("it is bound").port();
        let server = thread::spawn(move || {
            [(); 2].map(|()| {
                let connection = ServerConnection::new(Arc::clone(&config)).expect("the settings fit each other");
                let mut tls = StreamOwned::new(connection, listener.accept().expect("a client comes").0);
                let mut byte = [0];
                tls.read_exact(&mut byte).expect("the client writes");
                tls.write_all(&byte).expect("the client reads");
                let suite = tls.conn.negotiated_cipher_suite().expect("the handshake is over").suite();
                let group = tls.conn.negotiated_key_exchange_group().expect("the handshake is over").name();
                (tls.conn.handshake_kind(), suite, group)
            })
        });
        for _ in 0..2 {
            let mut tls = client(TcpStream::connect(("127.0.0.1", port)).expect("the server listens"));
            tls.write_all(b"x").expect("the server reads");
            // The tickets come before the answer.
            tls.read_exact(&mut [0]).expect("the server answers");
        }
        let full = (Some(HandshakeKind::Full), CipherSuite::TLS13_AES_128_GCM_SHA256, NamedGroup::X25519);
        assert_eq!(server.join().expect("no server panics"), [full; 2]);
    }
}
