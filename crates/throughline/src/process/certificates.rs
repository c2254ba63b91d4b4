//! Certificates while the process runs: read again when their files change, and told of when they expire soon or are for other names.

use super::Reloader;
use decide::config::{Certificate, CertificateFiles};
use decide::step::{CertificateRef, CertificateStep, ListenerRef, SiteRef, Step};
use decide::time::{Calendar, Duration};
use host::Host;
use node::Server;
use node::tls::certificate::{Facts, chain_of_pem, check, key_of_pem};
use std::sync::Arc;
use std::time::SystemTime;

/// Told of when it holds for a shorter time than this.
const SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// And then once in this time.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Looks after the certificates for as long as the process lives.
pub(super) async fn look_after(host: Host, server: Arc<Server>, reloader: Arc<Reloader>) {
    let mut watch = Watch { generation: 0, presented: Vec::new(), told: None };
    loop {
        reloader.between_reloads(|| watch.look(&host, &server));
        host.sleep(server.snapshot().config.tls.look_interval).await;
    }
}

/// What was seen at the last look.
struct Watch {
    generation: u64,
    /// The certificates of that configuration as they are presented, with the stamps of their files.
    presented: Vec<(Certificate, Option<Stamps>)>,
    /// When it was told what expires.
    told: Option<Calendar>,
}

/// Time of change and length of the two files; a file that is not there has none.
type Stamps = [Option<(SystemTime, u64)>; 2];

impl Watch {
    fn look(&mut self, host: &Host, server: &Server) {
        let (snapshot, now) = (server.snapshot(), host.calendar());
        if snapshot.generation != self.generation {
            self.generation = snapshot.generation;
            // Whether they are still as they were when the configuration was read, nobody has seen: the first look reads them once more.
            self.presented = snapshot.config.certificates.iter().map(|certificate| (certificate.clone(), None)).collect();
            self.told = None;
            missing(server, now);
        }
        self.renew(server, now);
        if self.told.is_none_or(|told| now.0.saturating_sub(told.0) >= DAY) {
            self.told = Some(now);
            self.expiring(server, now);
        }
    }

    /// Reads what has changed, and presents it from now on if it can be used.
    fn renew(&mut self, server: &Server, now: Calendar) {
        let mut steps = Vec::new();
        for (index, (certificate, seen)) in (0u16..).zip(&mut self.presented) {
            let Some(files) = &certificate.files else { continue };
            let found = Some(stamps(files));
            if *seen == found {
                continue;
            }
            *seen = found;
            let at = CertificateRef(index);
            match read(&certificate.name, files) {
                // Touched, and the same.
                Ok(new) if new == *certificate => {}
                Ok(new) => {
                    *certificate = new;
                    steps.push(Step::Certificate(CertificateStep::CertificateRenewed { certificate: at, left: left(certificate, now) }));
                }
                // Half of it may be on its way: whoever writes the other half changes a file once more.
                Err(why) => steps.push(Step::Certificate(CertificateStep::CertificateRefused { certificate: at, why })),
            }
        }
        if steps.iter().any(|step| matches!(step, Step::Certificate(CertificateStep::CertificateRenewed { .. }))) {
            let all: Vec<Certificate> = self.presented.iter().map(|(certificate, _)| certificate.clone()).collect();
            server.tls().configure(&all, now);
            self.told = None;
        }
        steps.into_iter().for_each(|step| server.tell(now, step));
    }

    fn expiring(&self, server: &Server, now: Calendar) {
        for (index, (certificate, _)) in (0u16..).zip(&self.presented) {
            let left = left(certificate, now);
            if left < SOON {
                server.tell(now, Step::Certificate(CertificateStep::CertificateExpires { certificate: CertificateRef(index), left }));
            }
        }
    }
}

fn left(certificate: &Certificate, now: Calendar) -> Duration {
    let facts = certificate.chain.first().and_then(|leaf| Facts::of(leaf));
    facts.map_or(Duration::ZERO, |facts| facts.not_after.0.saturating_sub(now.0))
}

fn stamps(files: &CertificateFiles) -> Stamps {
    [&files.chain, &files.key].map(|path| {
        let found = std::fs::metadata(path).ok()?;
        Some((found.modified().ok()?, found.len()))
    })
}

fn read(name: &str, files: &CertificateFiles) -> Result<Certificate, &'static str> {
    let bytes = |path: &str| std::fs::read(path).map_err(|_| "a file of it cannot be read");
    let certificate = Certificate {
        name: name.to_string(),
        files: Some(files.clone()),
        chain: chain_of_pem(&bytes(&files.chain)?)?,
        key: key_of_pem(&bytes(&files.key)?)?,
    };
    check(&certificate).map(|()| certificate)
}

/// Tells of sites that are served with TLS and have no certificate of their name.
fn missing(server: &Server, now: Calendar) {
    let (snapshot, presented) = (server.snapshot(), server.tls().presented());
    for (number, listener) in (0u16..).zip(&snapshot.config.listeners).filter(|(_, listener)| listener.tls) {
        for site in &listener.sites {
            let covered = |host| presented.iter().any(|certificate| certificate.facts.covers(host));
            // What is ordered is told when it is ordered, and when it does not come.
            if !snapshot.config.sites[*site].acme && !snapshot.config.sites[*site].hosts.iter().all(covered) {
                let site = SiteRef(u16::try_from(*site).expect("the settings cap the number of sites"));
                server.tell(now, Step::Certificate(CertificateStep::CertificateMissing { site, listener: ListenerRef(number) }));
            }
        }
    }
}
