//! TLS, on rustls: what listeners present and demand, what is demanded of backends, and the byte stream in between.
//!
//! - [`certificate`]: certificates and keys as they come in files, and what can be read in them.
//! - [`Store`]: what a server presents, by the name that is asked for; exchanged while it runs. `tickets`: what lets a client come back
//!   without a whole handshake, to whichever worker. `clock`: the time, as the host tells it.
//! - `visitor`: for one who looks on while a handshake happens.
//! - `listener`, `backend`: rustls' configurations for either side.
//!   `sessions`: what lets us come back to a backend.
//! - `stream`, `flow`: a connection and the bytes in it. `trouble`: what went wrong, in our words. `secured`: what was agreed.
//!
//! Secrets are drawn from the operating system by the cryptographic library, in the lab too: a [`host::Host`]'s randomness is not for them.

mod backend;
pub mod certificate;
mod clock;
mod flow;
mod listener;
mod secrets;
mod secured;
mod sessions;
mod spare;
mod store;
mod stream;
mod tickets;
mod trouble;
mod visitor;

pub(crate) use backend::{Clients, to_backend};
pub(crate) use listener::Listeners;
pub use secrets::Secrets;
pub(crate) use secured::Secured;
pub use store::{Presented, Store};
pub(crate) use stream::{Passed, TlsStream};
pub(crate) use trouble::{Trouble, alert_name};
pub(crate) use visitor::{Seen, Visitor};

use decide::config::{Protocol, TlsVersion};
use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;
use rustls::version::{TLS12, TLS13};
use std::sync::{Arc, LazyLock};

/// The protocol by which an authority makes sure of a name (RFC 8737): no byte of a request ever follows its handshake.
pub(crate) const ACME_PROTOCOL: &[u8] = b"acme-tls/1";

/// All of the cryptography.
static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));

fn provider() -> Arc<CryptoProvider> {
    PROVIDER.clone()
}

/// Has the random numbers of the cryptography ready. The first of a process take a tenth of a second, for the library gathers entropy of
/// its own.
pub fn prepare() {
    // Without randomness a handshake fails, and says so.
    let _ = provider().secure_random.fill(&mut [0; 1]);
}

/// A protocol's name in ALPN.
fn protocol_name(protocol: Protocol) -> &'static [u8] {
    match protocol {
        Protocol::Http2 => b"h2",
        Protocol::Http1 => b"http/1.1",
    }
}

static BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
static NEWEST: &[&SupportedProtocolVersion] = &[&TLS13];

/// The versions from this one on.
fn versions(oldest: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    match oldest {
        TlsVersion::Tls12 => BOTH,
        TlsVersion::Tls13 => NEWEST,
    }
}

#[cfg(test)]
mod made;
