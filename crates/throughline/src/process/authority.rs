//! Certificates from an authority, for the server that runs: what [`Acme`] orders is presented, and what happens to it is told.

use crate::acme::{Acme, Event, Installer, Plan};
use decide::certificate::names::{self, Wanted};
use decide::config::{self, Certificate, Config};
use decide::step::{CertificateStep, SiteRef, Step, Text, Texts};
use decide::time::{Calendar, Duration};
use node::Server;
use node::tls::certificate::{chain_of_pem, key_of_pem};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// What a certificate from the authority goes by in logs and metrics: this, and the name of its site.
const PREFIX: &str = "acme/";

/// The authority as the configuration has it, if it has one; or had, until the process drains.
pub(crate) struct Authority {
    server: Arc<Server>,
    running: Mutex<Option<Running>>,
    side: Arc<ServerSide>,
}

struct Running {
    settings: config::Acme,
    acme: Acme,
}

/// What the server does for ACME.
struct ServerSide {
    server: Arc<Server>,
    /// The sites whose certificates are presented: an order may end when its site is gone.
    sites: Mutex<BTreeSet<String>>,
}

impl Authority {
    /// For this server; idle so far.
    pub(super) fn new(server: Arc<Server>) -> Authority {
        let side = Arc::new(ServerSide { server: server.clone(), sites: Mutex::default() });
        Authority { server, running: Mutex::default(), side }
    }

    /// Makes ready for a configuration that is about to hold: certificates that were stored are presented. The error is a sentence; then
    /// all is as it was.
    pub(super) fn prepare(&self, config: &Config) -> Result<(), String> {
        let mut running = self.running.lock().expect("no panic while it is held");
        let settings = config.acme.as_ref().filter(|_| config.sites.iter().any(|site| site.acme));
        if running.as_ref().map(|running| &running.settings) == settings {
            self.side.present_only(config);
            return Ok(());
        }
        // Two at a time would be in each other's way. The old one takes away what it shows to its authority.
        let old = running.take().map(|old| old.settings);
        self.side.present_only(config);
        match self.open(settings, config) {
            Ok(opened) => *running = opened,
            Err(why) => {
                let present = &self.server.snapshot().config;
                self.side.present_only(present);
                if let Ok(Some(mut old)) = self.open(old.as_ref(), present)
                    && old.acme.start().is_ok()
                {
                    *running = Some(old);
                }
                return Err(why);
            }
        }
        Ok(())
    }

    fn open(&self, settings: Option<&config::Acme>, config: &Config) -> Result<Option<Running>, String> {
        let Some(settings) = settings else { return Ok(None) };
        let acme = Acme::open(settings.clone(), wanted(config), self.side.clone())?;
        Ok(Some(Running { settings: settings.clone(), acme }))
    }

    /// The configuration that it was made ready for holds, and its listeners are open: what is lacking is ordered. The error is a sentence.
    pub(super) fn follow(&self, config: &Config) -> Result<(), String> {
        let mut running = self.running.lock().expect("no panic while it is held");
        let sites = self.side.sites.lock().expect("no panic while it is held").clone();
        let wanted_still = |name: &str| name.strip_prefix(PREFIX).is_none_or(|site| sites.contains(site));
        self.server.tls().keep_installed(wanted_still, now());
        match &mut *running {
            None => Ok(()),
            Some(running) => {
                running.acme.want(wanted(config));
                running.acme.start()
            }
        }
    }

    /// Nothing is ordered any more.
    pub(super) fn stop(&self) {
        self.running.lock().expect("no panic while it is held").take();
    }

    /// What is to become of the certificates from the authority.
    pub(crate) fn plans(&self) -> Vec<Plan> {
        self.running.lock().expect("no panic while it is held").as_ref().map(|running| running.acme.plans()).unwrap_or_default()
    }
}

/// What a certificate of this site goes by.
pub(crate) fn certificate_name(site: &str) -> String {
    format!("{PREFIX}{site}")
}

/// The certificates that a configuration wants ordered.
fn wanted(config: &Config) -> Vec<Wanted> {
    config.sites.iter().filter(|site| site.acme).filter_map(|site| names::wanted(&site.name, &site.hosts).0).collect()
}

fn now() -> Calendar {
    Calendar(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

impl ServerSide {
    fn present_only(&self, config: &Config) {
        let sites = config.sites.iter().filter(|site| site.acme).map(|site| site.name.clone()).collect();
        *self.sites.lock().expect("no panic while it is held") = sites;
    }

    fn present(&self, site: &str, chain_pem: &str, key_pem: &str) -> Result<(), &'static str> {
        // Held to the end: a reload that takes the site away comes before or after.
        let sites = self.sites.lock().expect("no panic while it is held");
        if !sites.contains(site) {
            return Ok(());
        }
        let chain = chain_of_pem(chain_pem.as_bytes())?;
        let key = key_of_pem(key_pem.as_bytes())?;
        self.server.tls().install(&Certificate { name: certificate_name(site), files: None, chain, key }, now())
    }

    /// The number of a site; `None` of one that a reload has taken away: it is no news.
    fn site(&self, name: &str) -> Option<SiteRef> {
        let snapshot = self.server.snapshot();
        let at = snapshot.config.sites.iter().position(|site| site.name == name)?;
        u16::try_from(at).ok().map(SiteRef)
    }

    fn step(&self, event: &Event, at: Calendar, texts: &mut Texts) -> Option<Step> {
        let mut keep = |text: &str| texts.keep(text.as_bytes());
        let left = |until: &Calendar| until.0.saturating_sub(at.0);
        Some(match event {
            Event::Found { site, names, not_after } => Step::Certificate(CertificateStep::CertificateFound {
                site: self.site(site)?,
                names: keep(&names.join(" ")),
                left: left(not_after),
            }),
            Event::Registered { directory, account } => {
                Step::Certificate(CertificateStep::AccountRegistered { directory: keep(directory), account: keep(account) })
            }
            Event::Ordering { site, names, reason } => {
                let (names, why) = (keep(&names.join(" ")), keep(&reason.to_string()));
                Step::Certificate(CertificateStep::CertificateOrdered { site: self.site(site)?, names, why })
            }
            Event::Issued { site, names, not_after } => Step::Certificate(CertificateStep::CertificateIssued {
                site: self.site(site)?,
                names: keep(&names.join(" ")),
                left: left(not_after),
            }),
            Event::Failed { site, names, why, failures, next } => {
                let (names, why): (Text, Text) = (keep(&names.join(" ")), keep(why));
                // Whole seconds: more would only be noise.
                let wait = Duration::from_secs(left(next).as_secs());
                Step::Certificate(CertificateStep::CertificateFailed {
                    site: self.site(site)?,
                    names,
                    failures: u64::from(*failures),
                    wait,
                    why,
                })
            }
            Event::Broken { .. } | Event::NotStored { .. } => {
                Step::Certificate(CertificateStep::CertificateStoreFailed { why: keep(&event.to_string()) })
            }
        })
    }
}

impl Installer for ServerSide {
    fn http_challenge(&self, host: &str, token: &str, key_authorization: Option<&str>) {
        match key_authorization {
            Some(authorization) => self.server.tls().answer(host, token, authorization),
            None => self.server.tls().forget_challenge(host),
        }
    }

    fn tls_challenge(&self, host: &str, certificate: Option<(Vec<u8>, Vec<u8>)>) {
        let Some((certificate, key)) = certificate else { return self.server.tls().forget_challenge(host) };
        let certificate = Certificate { name: host.to_string(), files: None, chain: vec![certificate], key: config::Secret(key) };
        self.server.tls().challenge(host, &certificate).expect("the key was made just now, of a kind that is known");
    }

    fn install(&self, site: &str, chain_pem: &str, key_pem: &str) {
        if let Err(why) = self.present(site, chain_pem, key_pem) {
            let (at, mut texts) = (now(), Texts::default());
            let why = texts.keep(format!("the certificate of {site} cannot be presented: {why}").as_bytes());
            self.server.tell_with(at, Step::Certificate(CertificateStep::CertificateStoreFailed { why }), &texts);
        }
    }

    fn tell(&self, event: Event) {
        let (at, mut texts) = (now(), Texts::default());
        if let Some(step) = self.step(&event, at, &mut texts) {
            self.server.tell_with(at, step, &texts);
        }
    }
}
