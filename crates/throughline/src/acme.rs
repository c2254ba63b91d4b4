//! Certificates from a certificate authority by ACME (RFC 8555): ordered, stored, renewed before they end.
//!
//! [`Acme::open`] shows what is stored; from [`Acme::start`] on it works on a thread of its own, until it is dropped. When something is
//! ordered, and by which challenge, is decided in [`decide::certificate`]; here is what carries it out:
//!
//! - `task`: the loop over all certificates. `order`: one order, from account to chain. `challenge`: control over a name, shown and
//!   taken away again; the name server will add dns-01 there.
//! - `account`: who we are to the authority. `https`: how it is reached. `trouble`: what went wrong, and for whom.
//! - `store`: the directory that survives a restart. `leaf`: what a certificate says of itself.
//!
//! The server's part is behind [`Installer`]: it answers the challenges, shows the certificates, and writes the [`Event`]s to its log.

mod account;
mod challenge;
mod event;
mod https;
mod leaf;
mod order;
mod store;
mod task;
mod trouble;

pub use event::Event;

use decide::certificate::names::Wanted;
use decide::config;
use decide::time::Calendar;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::SystemTime;
use task::{Plans, Task};
use tokio::sync::watch;

pub use task::Plan;

/// What ACME needs of the running server. Everything is called on ACME's own thread, but for what [`Acme::open`] itself installs and
/// tells; none of it may block.
pub trait Installer: Send + Sync {
    /// http-01: what `GET /.well-known/acme-challenge/TOKEN` on plain HTTP answers for this host; `None` takes it away.
    fn http_challenge(&self, host: &str, token: &str, key_authorization: Option<&str>);

    /// tls-alpn-01: the certificate (DER) and its key (PKCS#8, DER) to show for this host to a client that offers `acme-tls/1` and
    /// nothing else; `None` takes it away. For its critical extension (RFC 8737 §3) rustls' `CertifiedKey::from_der` refuses it, and
    /// `CertifiedKey::new` does not.
    fn tls_challenge(&self, host: &str, certificate: Option<(Vec<u8>, Vec<u8>)>);

    /// A certificate for a site, new or from the store: chain and key in PEM, the server's own certificate first. The key is known to
    /// belong to it.
    fn install(&self, site: &str, chain_pem: &str, key_pem: &str);

    /// What happened, for the log.
    fn tell(&self, event: Event);
}

/// Certificates kept in order; ends when it is dropped, and takes away the challenges that are shown just then.
pub struct Acme {
    /// Until it starts.
    task: Option<Task>,
    plans: Plans,
    wishes: Option<watch::Sender<Vec<Wanted>>>,
    thread: Option<JoinHandle<()>>,
}

impl Acme {
    /// Reads the store and installs what is there; nothing is ordered yet. The error is a sentence: the store cannot be used, or the
    /// settings cannot work. A site's name may be wanted once only; the last of two counts.
    pub fn open(settings: config::Acme, wanted: Vec<Wanted>, installer: Arc<dyn Installer>) -> Result<Acme, String> {
        let plans = Plans::default();
        let mut task = Task::new(settings, installer, plans.clone())?;
        task.want(&wanted);
        Ok(Acme { task: Some(task), plans, wishes: Some(watch::channel(wanted).0), thread: None })
    }

    /// From now on what is lacking is ordered. The error is a sentence: there is no thread to be had. Once started, it goes on.
    pub fn start(&mut self) -> Result<(), String> {
        let (Some(mut task), Some(wishes)) = (self.task.take(), &self.wishes) else { return Ok(()) };
        let mut told = wishes.subscribe();
        // What was wanted meanwhile.
        let wanted = told.borrow_and_update().clone();
        task.want(&wanted);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("cannot start the event loop for certificates: {error}"))?;
        let work = move || {
            runtime.block_on(task.run(told));
            // A name that is being resolved must not hold up the end.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("acme".to_string()).spawn(work);
        self.thread = Some(thread.map_err(|error| format!("cannot start a thread: {error}"))?);
        Ok(())
    }

    /// From now on these certificates are wanted, after a reload for example. An order that is under way is finished first.
    pub fn want(&self, wanted: Vec<Wanted>) {
        if let Some(wishes) = &self.wishes {
            // Kept for the start where there is nobody yet to be told.
            wishes.send_replace(wanted);
        }
    }

    /// What is to become of each certificate, by the site's name; none before the start.
    pub fn plans(&self) -> Vec<Plan> {
        self.plans.lock().expect("no panic while it is held").clone()
    }
}

impl Drop for Acme {
    fn drop(&mut self) {
        drop(self.wishes.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where the state is kept unless the settings say otherwise: `$XDG_STATE_HOME/throughline`, or `~/.local/state/throughline`; `None` if the
/// environment names neither.
pub fn default_state() -> Option<String> {
    state_below(std::env::var("XDG_STATE_HOME").ok(), std::env::var("HOME").ok())
}

fn state_below(xdg: Option<String>, home: Option<String>) -> Option<String> {
    // A relative path in the variable is to be ignored, says the specification of XDG's directories.
    let absolute = |path: &String| path.starts_with('/');
    let state = xdg.filter(absolute).or_else(|| home.filter(absolute).map(|home| format!("{home}/.local/state")))?;
    Some(format!("{state}/throughline"))
}

fn now() -> Calendar {
    Calendar(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

#[cfg(test)]
mod tests;
