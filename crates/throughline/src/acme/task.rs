//! The loop over all certificates: what is due is ordered, one after the other; in between it sleeps.

use super::https::{self, Https};
use super::leaf::Pair;
use super::order::{self, Request};
use super::store::{self, Fault, Store, Whose};
use super::trouble::Trouble;
use super::{Event, Installer, account, now};
use decide::certificate::challenge;
use decide::certificate::names::Wanted;
use decide::certificate::renewal::{self, Decision, Failures, Reason, Window};
use decide::config;
use decide::random::{Random, SplitMix};
use decide::time::{Calendar, Duration};
use instant_acme::Error;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use tokio::sync::watch;
use tokio::time::timeout;

/// A whole order takes no longer.
const ORDER_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// A question for renewal information takes no longer.
const ASK_TIMEOUT: Duration = Duration::from_secs(60);
/// How often the authority is asked when it wants a certificate renewed, unless it says; and how soon and how late it may say.
const ASK_AGAIN: Duration = Duration::from_secs(6 * 60 * 60);
const ASK_SOONEST: Duration = Duration::from_secs(60);
const ASK_LATEST: Duration = Duration::from_secs(24 * 60 * 60);
/// After this long the calendar is looked at again, for it may have been set, or the machine have slept.
const LONGEST_SLEEP: Duration = Duration::from_secs(60 * 60);

/// What is to become of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The site.
    pub site: String,
    /// When it is ordered; `None`: now.
    pub until: Option<Calendar>,
    /// Why, or what holds it up.
    pub reason: Reason,
}

/// The plans for all certificates, for others to look at.
pub(super) type Plans = Arc<Mutex<Vec<Plan>>>;

/// All certificates from one authority.
pub(super) struct Task {
    settings: config::Acme,
    store: Store,
    installer: Arc<dyn Installer>,
    random: SplitMix,
    plans: Plans,
    sites: BTreeMap<String, Site>,
    /// Failures that would have hit any site.
    failures: Failures,
    /// Whether the authority says when it wants certificates renewed; taken to be so until it denies it.
    informs: bool,
}

/// One site's certificate.
struct Site {
    names: Vec<String>,
    pair: Option<Pair>,
    /// When the authority wants it renewed.
    window: Option<Window>,
    /// When to ask for that.
    ask: Calendar,
    failures: Failures,
    /// Drawn once for each certificate.
    random: u64,
}

/// What is next.
enum Next {
    Order(String, Reason),
    Ask(String),
    Sleep(Calendar),
}

impl Task {
    /// With no certificate wanted yet. The error is a sentence.
    pub(super) fn new(settings: config::Acme, installer: Arc<dyn Installer>, plans: Plans) -> Result<Task, String> {
        let store = Store::open(Path::new(&settings.state), &settings.directory)?;
        // What cannot be read when it is needed is a failure then; what cannot be used now, the owner wants to know now.
        Https::new(settings.ca.as_deref())?;
        let mut seed = [0; 8];
        https::provider().secure_random.fill(&mut seed).map_err(|_| "the system gives no random numbers".to_string())?;
        let failures = settle(store.failures(Whose::Authority), &installer).map_err(|trouble| trouble.why)?;
        let random = SplitMix::new(u64::from_le_bytes(seed));
        Ok(Task { settings, store, installer, random, plans, sites: BTreeMap::new(), failures, informs: true })
    }

    /// From now on these certificates are wanted; those that the store has are shown.
    pub(super) fn want(&mut self, wanted: &[Wanted]) {
        self.sites.retain(|name, _| wanted.iter().any(|wanted| wanted.site == *name));
        for Wanted { site: name, names } in wanted {
            if let Some(site) = self.sites.get_mut(name) {
                site.names.clone_from(names);
                continue;
            }
            // A file that cannot be read is met again, and told, when the certificate is to be ordered.
            let failures = settle(self.store.failures(Whose::Site(name)), &self.installer).unwrap_or_default();
            let random = self.random.next();
            let site = Site { names: names.clone(), pair: None, window: None, ask: Calendar::default(), failures, random };
            self.sites.insert(name.clone(), site);
            if let Ok(Some(pair)) = settle(self.store.certificate(name), &self.installer) {
                self.found(name, pair);
            }
        }
    }

    /// Works until the sender of `told` is gone.
    pub(super) async fn run(&mut self, told: watch::Receiver<Vec<Wanted>>) {
        let mut end = told.clone();
        let mut ended = pin!(async move { while end.changed().await.is_ok() {} });
        let mut work = pin!(self.work(told));
        poll_fn(|cx| match ended.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => work.as_mut().poll(cx),
        })
        .await;
    }

    async fn work(&mut self, mut told: watch::Receiver<Vec<Wanted>>) {
        loop {
            let now = now();
            let changed = match self.next(now) {
                Next::Order(site, reason) => {
                    if let Err(trouble) = self.order(&site, reason).await {
                        self.failed(&site, trouble);
                    }
                    told.has_changed()
                }
                Next::Ask(site) => {
                    self.ask(&site).await;
                    told.has_changed()
                }
                Next::Sleep(until) => {
                    let sleep = until.0.saturating_sub(now.0).min(LONGEST_SLEEP);
                    timeout(sleep, told.changed()).await.map_or(Ok(false), |changed| changed.map(|()| true))
                }
            };
            match changed {
                Ok(false) => {}
                Ok(true) => {
                    let wanted = told.borrow_and_update().clone();
                    self.want(&wanted);
                }
                Err(_) => return,
            }
        }
    }

    fn next(&self, now: Calendar) -> Next {
        let plan = |(name, site): (&String, &Site)| {
            let (until, reason) = match self.decide(site, now) {
                Decision::Order(reason) => (None, reason),
                Decision::Wait { until, reason } => (Some(until), reason),
            };
            Plan { site: name.clone(), until, reason }
        };
        let plans: Vec<Plan> = self.sites.iter().map(plan).collect();
        self.plans.lock().expect("no panic while it is held").clone_from(&plans);
        let mut earliest = Calendar(now.0.saturating_add(LONGEST_SLEEP));
        let mut ask = None;
        for (Plan { until, reason, .. }, (name, site)) in plans.into_iter().zip(&self.sites) {
            match until {
                None => return Next::Order(name.clone(), reason),
                Some(until) => earliest = earliest.min(until),
            }
            if self.informs && site.pair.as_ref().is_some_and(|pair| pair.id.is_some()) {
                earliest = earliest.min(site.ask);
                ask = ask.or_else(|| (site.ask <= now).then(|| name.clone()));
            }
        }
        ask.map_or(Next::Sleep(earliest), Next::Ask)
    }

    fn decide(&self, site: &Site, now: Calendar) -> Decision {
        let held = site.pair.as_ref().map(|pair| &pair.held);
        renewal::decide(&site.names, held, site.window.as_ref(), (&site.failures, &self.failures), now, site.random)
    }

    /// Orders a site's certificate, stores and shows it.
    async fn order(&mut self, name: &str, reason: Reason) -> Result<(), Trouble> {
        let lock = self.store.lock().map_err(Trouble::ours)?;
        let _lock = lock.ok_or_else(|| Trouble::ours("another process is ordering with the same state directory".to_string()))?;
        // That other process may have ordered what we are about to order.
        let stored = settle(self.store.certificate(name), &self.installer)?;
        let known = self.sites[name].pair.as_ref().map(|pair| &pair.chain_pem);
        if let Some(pair) = stored.filter(|pair| Some(&pair.chain_pem) != known) {
            self.found(name, pair);
            if matches!(self.decide(&self.sites[name], now()), Decision::Wait { .. }) {
                return Ok(());
            }
        }
        let names = self.sites[name].names.clone();
        self.installer.tell(Event::Ordering { site: name.to_string(), names, reason });
        // Made anew for each order: its file may have changed.
        let https = Https::new(self.settings.ca.as_deref()).map_err(Trouble::ours)?;
        let late = |_| Trouble::of_names(format!("the order took more than {} minutes", ORDER_TIMEOUT.as_secs() / 60));
        let done = timeout(ORDER_TIMEOUT, self.obtain(name, &https)).await.map_err(late).flatten();
        self.issued(name, done.map_err(|trouble| trouble.until(https.take_retry_after()))?)
    }

    async fn obtain(&self, name: &str, https: &Https) -> Result<Pair, Trouble> {
        let site = &self.sites[name];
        let account = account::open(&self.settings, &self.store, https, &self.installer).await?;
        let request = Request {
            names: &site.names,
            challenges: challenge::preference(self.settings.challenge, site.failures.count),
            profile: self.settings.profile.as_deref(),
            // An authority that does not give renewal information does not want to know.
            replaces: site.window.and(site.pair.as_ref()).and_then(|pair| pair.id.clone()),
        };
        let done = order::obtain(&account, &request, &self.installer).await;
        if let Err(Trouble { no_account: true, why, .. }) = &done {
            // The next order registers again.
            put_aside(&self.store.account_path(), why.clone(), &self.installer)?;
        }
        done
    }

    /// Stores and shows a new certificate.
    fn issued(&mut self, name: &str, pair: Pair) -> Result<(), Trouble> {
        let what = |what: &str| format!("{what} of {name}");
        let stored = self.store.save_certificate(name, &pair);
        self.tell_unless(stored, what("the new certificate"));
        let (names, not_after) = (pair.held.names.clone(), pair.held.not_after);
        self.show(name, pair);
        self.installer.tell(Event::Issued { site: name.to_string(), names, not_after });
        let now = now();
        let fresh = Failures::default();
        let site = self.sites.get_mut(name).expect("it was just ordered for");
        // An authority that wanted every new certificate renewed at once would have us order without end.
        site.ask = later(now, ASK_AGAIN);
        let held = site.pair.as_ref().map(|pair| &pair.held);
        if let Decision::Order(reason) = renewal::decide(&site.names, held, None, (&fresh, &fresh), now, site.random) {
            // So would a clock that is wrong.
            return Err(Trouble::of_names(format!("a new certificate would be due at once ({reason}): is the clock right?")));
        }
        (self.failures, site.failures) = (fresh, fresh);
        for (whose, what) in [(Whose::Site(name), what("failures")), (Whose::Authority, "failures".to_string())] {
            let saved = self.store.save_failures(whose, &fresh);
            self.tell_unless(saved, what);
        }
        Ok(())
    }

    fn failed(&mut self, name: &str, trouble: Trouble) {
        let site = self.sites.get_mut(name).expect("an order was made for it");
        let of_whom = if trouble.of_authority { &mut self.failures } else { &mut site.failures };
        *of_whom = of_whom.and(now(), trouble.not_until);
        let failures = *of_whom;
        let next = failures.until(site.random).expect("there is one at least");
        let whose = if trouble.of_authority { Whose::Authority } else { Whose::Site(name) };
        let (site, names) = (name.to_string(), site.names.clone());
        let saved = self.store.save_failures(whose, &failures);
        self.tell_unless(saved, format!("failures of {name}"));
        self.installer.tell(Event::Failed { site, names, why: trouble.why, failures: failures.count, next });
    }

    /// Asks when the authority wants a site's certificate renewed (RFC 9773 §4). If it cannot be asked, there is the certificate's age.
    async fn ask(&mut self, name: &str) {
        let site = self.sites.get_mut(name).expect("it was found there");
        site.ask = later(now(), ASK_AGAIN);
        let Some(id) = site.pair.as_ref().and_then(|pair| pair.id.clone()) else { return };
        let Ok(https) = Https::new(self.settings.ca.as_deref()) else { return };
        let (store, installer) = (&self.store, &self.installer);
        let asked = timeout(ASK_TIMEOUT, async {
            // It alone is no reason to register.
            let account = account::stored(store, &https, installer).await.ok().flatten()?;
            Some(account.renewal_info(&id).await)
        });
        match asked.await {
            Ok(Some(Ok((info, again)))) => {
                let at = |seconds| Calendar(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
                let window = info.suggested_window;
                site.window = Some(Window { start: at(window.start.unix_timestamp()), end: at(window.end.unix_timestamp()) });
                // RFC 9773 §4.3.2: within reasonable limits.
                site.ask = later(now(), again.clamp(ASK_SOONEST, ASK_LATEST));
            }
            Ok(Some(Err(Error::Unsupported(_)))) => self.informs = false,
            _ => {}
        }
    }

    /// A certificate came out of the store.
    fn found(&mut self, name: &str, pair: Pair) {
        let (names, not_after) = (pair.held.names.clone(), pair.held.not_after);
        self.show(name, pair);
        self.installer.tell(Event::Found { site: name.to_string(), names, not_after });
    }

    fn show(&mut self, name: &str, pair: Pair) {
        self.installer.install(name, &pair.chain_pem, &pair.key_pem);
        let random = self.random.next();
        let site = self.sites.get_mut(name).expect("its certificate is wanted");
        (site.pair, site.window, site.ask, site.random) = (Some(pair), None, Calendar::default(), random);
    }

    fn tell_unless(&self, stored: std::io::Result<()>, what: String) {
        if let Err(error) = stored {
            self.installer.tell(Event::NotStored { what, why: error.to_string() });
        }
    }
}

/// What a file of the store gave. One that is broken is told, put aside, and as good as none.
pub(super) fn settle<T: Default>(read: Result<T, Fault>, installer: &Arc<dyn Installer>) -> Result<T, Trouble> {
    match read {
        Ok(read) => Ok(read),
        Err(Fault::Broken { path, why }) => put_aside(&path, why, installer).map(|()| T::default()),
        Err(Fault::Unreadable(why)) => Err(Trouble::of_names(why)),
    }
}

fn put_aside(path: &Path, why: String, installer: &Arc<dyn Installer>) -> Result<(), Trouble> {
    let kept = store::put_aside(path)
        .map_err(|error| Trouble::of_names(format!("{} is broken ({why}) and cannot be put aside: {error}", path.display())))?;
    installer.tell(Event::Broken { path: path.to_path_buf(), why, kept });
    Ok(())
}

fn later(at: Calendar, by: Duration) -> Calendar {
    Calendar(at.0.saturating_add(by))
}
