//! Certificates for scenarios, and a server that speaks TLS by itself.

use decide::config::{Certificate, PoolTls, Secret, TlsVersion, Trust};
use host::Endpoint;
use lab::{VirtualHost, VirtualStream};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// An authority that signs what a scenario needs.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    trust: Trust,
}

impl Authority {
    pub(crate) fn new() -> Authority {
        let mut wanted = CertificateParams::default();
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let der = wanted.self_signed(&key).expect("a certificate").der().to_vec();
        Authority { issuer: Issuer::new(wanted, key), trust: Arc::new(vec![der]) }
    }

    /// A certificate for a name, valid until the beginning of a day (year, month, day).
    pub(crate) fn sign(&self, name: &str, until: (i32, u8, u8)) -> Certificate {
        let mut wanted = CertificateParams::new([name.to_string()]).expect("a name");
        (wanted.not_before, wanted.not_after) = (rcgen::date_time_ymd(2000, 1, 1), rcgen::date_time_ymd(until.0, until.1, until.2));
        let key = KeyPair::generate().expect("a key");
        let signed = wanted.signed_by(&key, &self.issuer).expect("a certificate");
        Certificate { name: name.to_string(), files: None, chain: vec![signed.der().to_vec()], key: Secret(key.serialize_der()) }
    }

    /// TLS to backends that present what this authority has signed for `backend.example`.
    pub(crate) fn pool(&self) -> PoolTls {
        PoolTls {
            verify: Some(self.trust.clone()),
            server_name: Some("backend.example".to_string()),
            certificate: None,
            min_version: TlsVersion::Tls12,
        }
    }
}

/// Answers the first request of each connection with these bytes, and then closes: with the end of TLS, or without.
pub(crate) fn serve_once(machine: &VirtualHost, at: &Endpoint, certificate: &Certificate, answer: &'static str, says_end: bool) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = certificate.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let key = PrivateKeyDer::try_from(certificate.key.0.clone()).expect("a key");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("both versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate and its key");
    let config = Arc::new(config);
    let (mut listener, on) = (machine.listen(at, 16).expect("an address of this host"), machine.clone());
    machine.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = ServerConnection::new(config.clone()).expect("a connection");
            on.spawn(async move {
                let _ = answer_once(stream, tls, answer, says_end).await;
            });
        }
    });
}

async fn answer_once(stream: VirtualStream, mut tls: ServerConnection, answer: &str, says_end: bool) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut piece = [0; 4096];
        let len = stream.read(&mut piece).await?;
        if len == 0 {
            return Ok(());
        }
        let mut rest = &piece[..len];
        while !rest.is_empty() {
            tls.read_tls(&mut rest)?;
            tls.process_new_packets().map_err(io::Error::other)?;
        }
        match tls.reader().read_to_end(&mut request) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
        send(&stream, &mut tls).await?;
    }
    tls.writer().write_all(answer.as_bytes())?;
    if says_end {
        tls.send_close_notify();
    }
    send(&stream, &mut tls).await
}

async fn send(stream: &VirtualStream, tls: &mut ServerConnection) -> io::Result<()> {
    let mut records = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut records)?;
    }
    stream.write_all(&records).await
}
