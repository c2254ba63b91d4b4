//! What a server presents: the certificate of the name asked for. Exchanged as a whole while the server runs; handshakes under way end
//! with what they began with.

use super::ACME_PROTOCOL;
use super::certificate::{Facts, certified, certified_unread, first_label_off};
use super::clock::Clock;
use super::tickets::Keys;
use arc_swap::ArcSwap;
use decide::config::{Certificate, HostPattern};
use decide::time::Calendar;
use rustls::SignatureScheme;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// The certificates of a server, and what else of TLS outlives a reload.
pub struct Store {
    /// In the order of the configuration.
    configured: Mutex<Vec<Arc<Presented>>>,
    /// Put in while the server runs, by name.
    installed: Mutex<BTreeMap<String, Arc<Presented>>>,
    /// All of them, by the names they have.
    by_name: ArcSwap<ByName>,
    /// What is presented to an authority that makes sure of a name (RFC 8737), by name.
    challenges: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
    /// What is answered to an authority that makes sure of a name by HTTP (RFC 8555 §8.3), by name and token.
    answers: Mutex<BTreeMap<(String, String), String>>,
    pub(super) clock: Arc<Clock>,
    pub(super) keys: Arc<Keys>,
}

/// A certificate that is presented.
pub struct Presented {
    /// What it goes by in logs and metrics.
    pub name: String,
    /// What it says.
    pub facts: Facts,
    certified: Arc<CertifiedKey>,
}

#[derive(Default)]
struct ByName {
    /// For a client that asks for no name, or for one that no certificate has.
    first: Option<Arc<CertifiedKey>>,
    exact: BTreeMap<String, Vec<Arc<CertifiedKey>>>,
    /// By suffix: `.example.com` for `*.example.com`.
    wildcard: BTreeMap<String, Vec<Arc<CertifiedKey>>>,
}

impl Store {
    pub(crate) fn new() -> Arc<Store> {
        Arc::new(Store {
            configured: Mutex::default(),
            installed: Mutex::default(),
            by_name: ArcSwap::default(),
            challenges: Mutex::default(),
            answers: Mutex::default(),
            clock: Arc::default(),
            keys: Arc::default(),
        })
    }

    /// Presents these from now on, and no others of the configuration. They were checked when they were read.
    pub fn configure(&self, certificates: &[Certificate], now: Calendar) {
        let presented = |certificate| Arc::new(Presented::of(certificate).expect("a configuration's certificates were checked"));
        *self.configured.lock().expect("no panic while it is held") = certificates.iter().map(presented).collect();
        self.sort(now);
    }

    /// Presents one more, in place of the one that was installed under the same name. It goes before those of the configuration. The error
    /// is a sentence.
    pub fn install(&self, certificate: &Certificate, now: Calendar) -> Result<(), &'static str> {
        let presented = Arc::new(Presented::of(certificate)?);
        self.installed.lock().expect("no panic while it is held").insert(certificate.name.clone(), presented);
        self.sort(now);
        Ok(())
    }

    /// Presents no longer what was installed under a name that is not to be kept.
    pub fn keep_installed(&self, keep: impl Fn(&str) -> bool, now: Calendar) {
        self.installed.lock().expect("no panic while it is held").retain(|name, _| keep(name));
        self.sort(now);
    }

    /// What is presented: those of the configuration in its order, then those installed, by name.
    pub fn presented(&self) -> Vec<Arc<Presented>> {
        let mut all = self.configured.lock().expect("no panic while it is held").clone();
        all.extend(self.installed.lock().expect("no panic while it is held").values().cloned());
        all
    }

    /// Presents this, and only this, to an authority that makes sure of `host` by the protocol `acme-tls/1` (RFC 8737 §3). The error is a
    /// sentence.
    pub fn challenge(&self, host: &str, certificate: &Certificate) -> Result<(), &'static str> {
        // rustls would refuse to read it, for the critical extension that the authority looks for.
        let certified = Arc::new(certified_unread(certificate)?);
        self.challenges.lock().expect("no panic while it is held").insert(host.to_ascii_lowercase(), certified);
        Ok(())
    }

    /// Answers an authority that makes sure of `host` by HTTP and asks for `token` (RFC 8555 §8.3).
    pub fn answer(&self, host: &str, token: &str, key_authorization: &str) {
        let at = (host.to_ascii_lowercase(), token.to_string());
        self.answers.lock().expect("no panic while it is held").insert(at, key_authorization.to_string());
    }

    /// The authority has made sure of `host`, or given up.
    pub fn forget_challenge(&self, host: &str) {
        let host = host.to_ascii_lowercase();
        self.challenges.lock().expect("no panic while it is held").remove(&host);
        self.answers.lock().expect("no panic while it is held").retain(|(name, _), _| *name != host);
    }

    /// What [`Store::answer`] was told.
    pub(crate) fn answer_for(&self, host: &[u8], token: &[u8]) -> Option<String> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_ascii_lowercase()).ok();
        let at = (text(host)?, String::from_utf8(token.to_vec()).ok()?);
        self.answers.lock().expect("no panic while it is held").get(&at).cloned()
    }

    /// Tells rustls the time before it is asked to work.
    pub(crate) fn tell_time(&self, now: Calendar) {
        self.clock.tell(now);
    }

    fn sort(&self, now: Calendar) {
        // Held to the end: of two threads that sort at once, the later one has seen what both have changed.
        let installed = self.installed.lock().expect("no panic while it is held");
        let mut all = installed.values().cloned().collect::<Vec<_>>();
        let configured = self.configured.lock().expect("no panic while it is held").clone();
        let first = configured.first().or(all.first()).map(|presented| presented.certified.clone());
        all.extend(configured);
        // One that has expired is better than none at all: whoever is told so can decide.
        all.sort_by_key(|presented| presented.facts.not_after <= now);
        let mut by_name = ByName { first, ..ByName::default() };
        for presented in &all {
            for name in &presented.facts.names {
                let certificates = match name {
                    HostPattern::Exact(name) => by_name.exact.entry(name.clone()).or_default(),
                    HostPattern::Wildcard(suffix) => by_name.wildcard.entry(suffix.clone()).or_default(),
                    HostPattern::Any => continue,
                };
                certificates.push(presented.certified.clone());
            }
        }
        self.by_name.store(Arc::new(by_name));
    }

    fn select(&self, name: Option<&str>, schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let by_name = self.by_name.load();
        let wanted = name.and_then(|name| {
            let exact = by_name.exact.get(name);
            exact.or_else(|| by_name.wildcard.get(first_label_off(name)?))
        });
        let Some(candidates) = wanted else { return by_name.first.clone() };
        // Two for one name differ in the kind of their keys, and not every client knows every kind.
        let understood = candidates.iter().find(|certified| certified.key.choose_scheme(schemes).is_some());
        understood.or(candidates.first()).cloned()
    }
}

impl Presented {
    fn of(certificate: &Certificate) -> Result<Presented, &'static str> {
        let certified = Arc::new(certified(certificate)?);
        let facts = certificate.chain.first().and_then(|leaf| Facts::of(leaf)).ok_or("the certificate cannot be read")?;
        Ok(Presented { name: certificate.name.clone(), facts, certified })
    }
}

thread_local! {
    /// The name that the client of the latest handshake on this thread asked for.
    static ASKED: RefCell<Option<Box<str>>> = const { RefCell::new(None) };
}

/// The name that was asked for in the ClientHello just worked on. rustls' unbuffered connection does not tell it, but it asks for a
/// certificate within the call that reads the ClientHello, on the thread that calls.
pub(super) fn take_asked_name() -> Option<Box<str>> {
    ASKED.take()
}

impl ResolvesServerCert for Store {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_ascii_lowercase);
        ASKED.set(name.as_deref().map(Box::from));
        if hello.alpn().is_some_and(|mut protocols| protocols.any(|protocol| protocol == ACME_PROTOCOL)) {
            // RFC 8737 §3: a connection with this protocol is for nothing else.
            return self.challenges.lock().expect("no panic while it is held").get(&name?).cloned();
        }
        self.select(name.as_deref(), hello.signature_schemes())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
