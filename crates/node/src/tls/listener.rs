//! rustls' configurations for the listeners of a server.

use super::certificate::roots;
use super::store::Store;
use super::tickets::Tickets;
use super::{ACME_PROTOCOL, protocol_name, provider, versions};
use decide::config::{Config, Protocol, Tls};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{KeyLogFile, ServerConfig};
use std::sync::Arc;

/// A configuration for each listener that has TLS, in the order of the listeners.
#[derive(Default)]
pub(crate) struct Listeners(Vec<Option<Arc<ServerConfig>>>);

impl Listeners {
    pub(crate) fn new(config: &Config, store: &Arc<Store>) -> Listeners {
        let server = |listener: &decide::config::Listener| listener.tls.then(|| Arc::new(server(&config.tls, &listener.protocols, store)));
        Listeners(config.listeners.iter().map(server).collect())
    }

    /// One listener with these protocols.
    #[cfg(test)]
    pub(super) fn of(tls: &Tls, protocols: &[Protocol], store: &Arc<Store>) -> Listeners {
        Listeners(vec![Some(Arc::new(server(tls, protocols, store)))])
    }

    pub(crate) fn get(&self, listener: u16) -> Option<&Arc<ServerConfig>> {
        self.0.get(usize::from(listener))?.as_ref()
    }
}

fn server(tls: &Tls, protocols: &[Protocol], store: &Arc<Store>) -> ServerConfig {
    let builder = ServerConfig::builder_with_details(provider(), store.clock.clone())
        .with_protocol_versions(versions(tls.min_version))
        .expect("the provider has suites for both versions");
    let builder = match &tls.client_certificates {
        None => builder.with_no_client_auth(),
        Some(wanted) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(roots(&wanted.trust), provider());
            let verifier = if wanted.required { verifier } else { verifier.allow_unauthenticated() };
            builder.with_client_cert_verifier(verifier.build().expect("a configuration's authorities were checked"))
        }
    };
    let mut server = builder.with_cert_resolver(store.clone());
    server.alpn_protocols = protocols.iter().map(|protocol| protocol_name(*protocol).to_vec()).collect();
    server.alpn_protocols.push(ACME_PROTOCOL.to_vec());
    server.session_storage = Arc::new(NoServerSessionStorage {});
    // A session that goes on by tickets never looks at the client's certificate again, however long ago that has expired.
    match tls.tickets.filter(|_| tls.client_certificates.is_none()) {
        Some(lifetime) => server.ticketer = Arc::new(Tickets::new(store.keys.clone(), store.clock.clone(), lifetime)),
        None => server.send_tls13_tickets = 0,
    }
    if tls.key_log {
        // rustls reads the variable and opens the file; without the setting nobody does.
        server.key_log = Arc::new(KeyLogFile::new());
    }
    server
}
