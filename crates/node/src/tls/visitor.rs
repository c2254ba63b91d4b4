//! The client's side of a connection whose handshake is looked at: every byte of it, the chain that was presented, and what was thought of
//! it.

use super::backend::{Anybody, Contact};
use super::certificate::roots;
use super::clock::Clock;
use super::secrets::Secrets;
use super::stream::{Passed, TlsStream};
use super::trouble::Trouble;
use super::{BOTH, protocol_name, provider};
use decide::config::Protocol;
use host::{Host, Stream};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use std::future::poll_fn;
use std::sync::{Arc, Mutex};

/// What TLS is done with on a journey. Tickets of one connection are there for the next.
pub(crate) struct Visitor {
    config: Arc<ClientConfig>,
    clock: Arc<Clock>,
    seen: Arc<Mutex<Seen>>,
}

/// What a server presented.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// In DER, its own first; empty where a session was resumed.
    pub(crate) chain: Vec<Vec<u8>>,
    /// What is wrong with it.
    pub(crate) flaw: Option<Error>,
}

impl Visitor {
    /// For journeys that trust these authorities. `insecure`: a chain that is not trusted is taken all the same. `secrets`: where those of
    /// the connections are to be kept.
    pub(crate) fn new(
        trust: &[Vec<u8>],
        insecure: bool,
        protocols: &[Protocol],
        secrets: Option<&Secrets>,
    ) -> Result<Visitor, &'static str> {
        super::prepare();
        let (clock, seen) = (Arc::<Clock>::default(), Arc::default());
        let judge = WebPkiServerVerifier::builder_with_provider(roots(trust), provider()).build().ok();
        if judge.is_none() && !insecure {
            return Err("it knows no authority for certificates");
        }
        let witness = Witness { judge, insecure, seen: Arc::clone(&seen) };
        let mut config = ClientConfig::builder_with_details(provider(), clock.clone())
            .with_protocol_versions(BOTH)
            .expect("the provider has suites for both versions")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(witness))
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol_name(*protocol).to_vec()).collect();
        if let Some(secrets) = secrets {
            config.key_log = Arc::new(secrets.clone());
        }
        Ok(Visitor { config: Arc::new(config), clock, seen })
    }

    /// Shakes hands with `name`. What passes meanwhile goes to `see` as it passes.
    pub(crate) async fn secure(
        &self,
        host: &Host,
        stream: Stream,
        name: ServerName<'static>,
        mut see: impl FnMut(Passed),
    ) -> Result<Box<TlsStream>, Trouble> {
        *self.seen.lock().expect("no panic while it is held") = Seen::default();
        self.clock.tell(host.calendar());
        let mut tls = TlsStream::client(stream, Contact { config: self.config.clone(), name })?;
        tls.tapped();
        let done = poll_fn(|cx| {
            self.clock.tell(host.calendar());
            let done = tls.poll_handshake(cx);
            // What the handshake has to say last goes out now, so that it is seen as part of it.
            if matches!(done, std::task::Poll::Ready(Ok(()))) {
                let _ = tls.poll_flush(cx);
            }
            tls.tapped().into_iter().for_each(&mut see);
            done
        })
        .await;
        tls.untap();
        done.map(|()| tls)
    }

    /// What the last handshake showed.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().expect("no panic while it is held").clone()
    }
}

/// Judges as the system would, and keeps what it saw.
#[derive(Debug)]
struct Witness {
    judge: Option<Arc<WebPkiServerVerifier>>,
    insecure: bool,
    seen: Arc<Mutex<Seen>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = match &self.judge {
            Some(judge) => judge.verify_server_cert(end_entity, intermediates, name, ocsp, now),
            None => Err(Error::General("no authority is known here".to_string())),
        };
        let chain = std::iter::once(end_entity).chain(intermediates).map(|certificate| certificate.to_vec()).collect();
        *self.seen.lock().expect("no panic while it is held") = Seen { chain, flaw: verdict.as_ref().err().cloned() };
        if self.insecure { Ok(ServerCertVerified::assertion()) } else { verdict }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Anybody.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Anybody.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        Anybody.supported_verify_schemes()
    }
}
