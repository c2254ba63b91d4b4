//! What lets us come back to a backend without a whole handshake.

use super::clock::Clock;
use decide::time::{Calendar, Duration};
use rustls::NamedGroup;
use rustls::client::{ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Sessions that each worker keeps for the backends of one pool.
const SESSIONS: usize = 64;
/// All sessions are forgotten once in this time. One that went on from ticket to ticket would never look at the backend's certificate
/// again, however long ago that has expired.
const PERIOD: Duration = Duration::from_secs(600);

/// The sessions of one worker with the backends of one pool.
pub(super) struct Sessions {
    clock: Arc<Clock>,
    kept: Mutex<(Calendar, ClientSessionMemoryCache)>,
}

impl Sessions {
    pub(super) fn new(clock: Arc<Clock>) -> Sessions {
        Sessions { clock, kept: Mutex::new((Calendar::default(), ClientSessionMemoryCache::new(SESSIONS))) }
    }

    fn with<T>(&self, work: impl FnOnce(&ClientSessionMemoryCache) -> T) -> T {
        let now = self.clock.now();
        let mut kept = self.kept.lock().expect("no panic while it is held");
        if now.0.saturating_sub(kept.0.0) >= PERIOD {
            *kept = (now, ClientSessionMemoryCache::new(SESSIONS));
        }
        work(&kept.1)
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.with(|kept| kept.set_kx_hint(server, group));
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        self.with(|kept| kept.kx_hint(server))
    }

    fn set_tls12_session(&self, server: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.with(|kept| kept.set_tls12_session(server, value));
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.with(|kept| kept.tls12_session(server))
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        self.with(|kept| kept.remove_tls12_session(server));
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.with(|kept| kept.insert_tls13_ticket(server, value));
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.with(|kept| kept.take_tls13_ticket(server))
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}
