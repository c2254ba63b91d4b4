//! rustls' configurations for the connections to a pool's backends.

use super::certificate::{certified, roots};
use super::clock::Clock;
use super::sessions::Sessions;
use super::{TlsStream, protocol_name, provider, versions};
use crate::pool::Pool;
use crate::transport::Transport;
use decide::address::Address;
use decide::config::{PoolTls, Protocol};
use decide::forward::ProxyError;
use decide::time::{Calendar, Duration};
use host::{Host, Stream};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use std::future::poll_fn;
use std::sync::Arc;

/// The client side of a pool's TLS.
pub(crate) struct Clients {
    /// By worker: each keeps sessions of its own.
    configs: Vec<Arc<ClientConfig>>,
    clock: Arc<Clock>,
    server_name: Option<ServerName<'static>>,
}

/// How one connection to a backend is secured.
pub(super) struct Contact {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
}

impl Clients {
    pub(crate) fn new(tls: &PoolTls, protocol: Protocol, workers: usize) -> Clients {
        let clock: Arc<Clock> = Arc::default();
        let one = client(tls, protocol, clock.clone());
        let configs = (0..workers).map(|_| {
            let mut own = one.clone();
            own.resumption = Resumption::store(Arc::new(Sessions::new(clock.clone())));
            Arc::new(own)
        });
        let server_name = tls.server_name.clone().and_then(|name| ServerName::try_from(name).ok());
        Clients { configs: configs.collect(), clock, server_name }
    }

    /// For a connection that this worker opens to the backend at `at`; `None` where nobody can say which name it must have.
    pub(super) fn contact(&self, worker: usize, at: &Address) -> Option<Contact> {
        let own = || match at {
            Address::Ip(ip) => Some(ServerName::from(ip.ip())),
            Address::Name(name, _) => ServerName::try_from(name.clone()).ok(),
            Address::Unix(_) => None,
        };
        Some(Contact { config: self.configs[worker].clone(), name: self.server_name.clone().or_else(own)? })
    }

    /// Tells rustls the time before it is asked to work.
    pub(super) fn tell_time(&self, now: Calendar) {
        self.clock.tell(now);
    }
}

/// Puts TLS on a new connection to a backend, if its pool has it; the caller brings the time limit.
pub(crate) async fn to_backend(host: &Host, worker: usize, pool: &Pool, backend: usize, stream: Stream) -> Result<Transport, ProxyError> {
    let Some(clients) = &pool.tls else { return Ok(Transport::Plain(stream)) };
    let contact = clients.contact(worker, &pool.config.backends[backend].at).ok_or(ProxyError::TlsCertificateError)?;
    clients.tell_time(host.calendar());
    let mut tls = TlsStream::client(stream, contact).map_err(|trouble| trouble.of_backend())?;
    let done = poll_fn(|cx| {
        clients.tell_time(host.calendar());
        tls.poll_handshake(cx)
    })
    .await;
    done.map_err(|trouble| trouble.of_backend())?;
    // RFC 9113 §3.2: HTTP/2 is spoken where it was agreed, and nowhere else.
    if pool.config.protocol == Protocol::Http2 && tls.secured(Duration::ZERO).alpn != "h2" {
        return Err(ProxyError::TlsProtocolError);
    }
    Ok(Transport::Tls(tls))
}

fn client(tls: &PoolTls, protocol: Protocol, clock: Arc<Clock>) -> ClientConfig {
    let builder = ClientConfig::builder_with_details(provider(), clock)
        .with_protocol_versions(versions(tls.min_version))
        .expect("the provider has suites for both versions");
    let builder = match &tls.verify {
        Some(trust) => builder.with_root_certificates(roots(trust)),
        None => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody)),
    };
    let mut client = match &tls.certificate {
        None => builder.with_no_client_auth(),
        Some(certificate) => {
            let certified = certified(certificate).expect("a configuration's certificates were checked");
            builder.with_client_cert_resolver(Arc::new(Only(Arc::new(certified))))
        }
    };
    client.alpn_protocols = vec![protocol_name(protocol).to_vec()];
    client
}

/// The same certificate for everyone who asks.
#[derive(Debug)]
struct Only(Arc<CertifiedKey>);

impl ResolvesClientCert for Only {
    fn resolve(&self, _authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.key.choose_scheme(schemes).map(|_| self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Takes whatever is presented, because the owner has said so: who listens in between is not kept out. That the far end has the key of what
/// it presents is still made sure of.
#[derive(Debug)]
pub(super) struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
