//! Where addresses are said to be: a file of the MaxMind DB format, read at the start and whenever it has changed.
//!
//! It is read on the leading thread, piece by piece, so that health and tables go on in between.

use super::Leading;
use crate::collector::give_way;
use decide::config;
use decide::steer::{Geography, Location};
use decide::step::{SteeringStep, Step, Texts};
use decide::time::{Calendar, Duration};
use host::{File, Found, Host, Opened};
use maxminddb::{MaxMindDbError, Reader, WithinOptions};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use wire::network::Network;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// Read at a time.
const PIECE: usize = 1 << 20;
/// Networks between two pauses.
const STRIDE: usize = 4096;
/// The longest file that is read: those of whole cities of the whole world have an eighth of it.
const MOST_BYTES: u64 = 512 << 20;
/// The most networks that are taken of one.
const MOST_NETWORKS: usize = 16 << 20;

/// What a file is known by: when it was changed, and how long it is.
type Version = (Calendar, u64);

/// What is known of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeographyStatus {
    /// Its path.
    pub file: String,
    /// `waits`, `read`, `refused`, `absent`.
    pub state: &'static str,
    /// Since when.
    pub since: Calendar,
    /// Why it is not better; empty where all is well.
    pub why: String,
    /// Networks whose location is used, of this file or of the last good one.
    pub networks: u64,
}

/// What was read, and who reads.
pub(super) struct Atlas {
    host: Host,
    leading: Arc<Leading>,
    /// Which of the readers is the present one: others end.
    turn: Cell<u64>,
    path: RefCell<Option<String>>,
    geography: RefCell<Arc<Geography>>,
    changed: Cell<bool>,
}

impl Atlas {
    pub(super) fn new(host: &Host, leading: &Arc<Leading>) -> Rc<Atlas> {
        let (turn, path, geography) = (Cell::new(0), RefCell::default(), RefCell::default());
        Rc::new(Atlas { host: host.clone(), leading: leading.clone(), turn, path, geography, changed: Cell::new(false) })
    }

    /// What was read last.
    pub(super) fn geography(&self) -> Arc<Geography> {
        self.geography.borrow().clone()
    }

    /// Whether it is another than when this was asked last.
    pub(super) fn has_changed(&self) -> bool {
        self.changed.take()
    }

    /// Reads this file from now on. Until it is read, what was read of another holds.
    pub(super) fn follow(self: &Rc<Self>, wanted: Option<&config::Geography>) {
        let path = wanted.map(|wanted| wanted.path.clone());
        if *self.path.borrow() == path {
            return;
        }
        self.path.borrow_mut().clone_from(&path);
        self.turn.set(self.turn.get() + 1);
        let status = path.as_ref().map(|path| {
            let (file, since, networks) = (path.clone(), self.host.calendar(), self.geography.borrow().len() as u64);
            GeographyStatus { file, state: "waits", since, why: String::new(), networks }
        });
        *self.leading.geography.lock().expect("no panic while it is held") = status;
        match path {
            Some(path) => self.host.spawn(self.clone().watch(path, self.turn.get())),
            None => self.take(Geography::default()),
        }
    }

    fn take(&self, geography: Geography) {
        *self.geography.borrow_mut() = Arc::new(geography);
        self.changed.set(true);
    }

    /// Looks, and reads, while it is this reader's turn.
    async fn watch(self: Rc<Self>, path: String, turn: u64) {
        let (mut settled, mut seen) = (None, None);
        while self.turn.get() == turn {
            match self.host.open_named(&path) {
                Ok(Opened::File(found)) => {
                    let version = version_of(&found);
                    // The first time, what lies there is read at once: if it is half a file, it is refused, and read when it has changed.
                    let quiet = seen.is_none_or(|seen| seen == version);
                    seen = Some(version);
                    if quiet && settled != Some(version) {
                        settled = Some(version);
                        self.read(&path, &found, turn).await;
                    }
                }
                Ok(_) => self.refuse(&path, "absent", "it is no regular file"),
                Err(error) => self.refuse(&path, "absent", &error.to_string()),
            }
            self.host.sleep(LOOK).await;
        }
    }

    async fn read(&self, path: &str, found: &Found, turn: u64) {
        let began = self.host.now_afresh();
        let read = match bytes_of(found).await {
            Ok(bytes) => geography(bytes).await,
            Err(why) => Err(why),
        };
        if self.turn.get() != turn {
            return;
        }
        match read {
            Ok(geography) => {
                let (networks, took) = (geography.len() as u64, self.host.now_afresh().since(began));
                self.take(geography);
                self.becomes("read", "", networks);
                self.tell(|texts| SteeringStep::GeographyLoaded { file: texts.keep(path.as_bytes()), networks, took });
            }
            Err(why) => self.refuse(path, "refused", &why),
        }
    }

    /// What was read before still holds. It is told of each file that cannot be used, and once of none at all.
    fn refuse(&self, path: &str, state: &'static str, why: &str) {
        let news = self.becomes(state, why, self.geography.borrow().len() as u64);
        if news || state == "refused" {
            self.tell(|texts| SteeringStep::GeographyRefused { file: texts.keep(path.as_bytes()), why: texts.keep(why.as_bytes()) });
        }
    }

    /// Whether that is news.
    fn becomes(&self, state: &'static str, why: &str, networks: u64) -> bool {
        let mut status = self.leading.geography.lock().expect("no panic while it is held");
        let Some(status) = status.as_mut() else { return false };
        let news = (status.state, status.why.as_str()) != (state, why);
        if status.state != state {
            status.since = self.host.calendar();
        }
        (status.state, status.networks) = (state, networks);
        why.clone_into(&mut status.why);
        news
    }

    fn tell(&self, step: impl FnOnce(&mut Texts) -> SteeringStep) {
        let mut texts = Texts::default();
        let step = Step::Steering(step(&mut texts));
        self.leading.server.tell_with(self.host.calendar(), step, &texts);
    }
}

fn version_of(found: &Found) -> Version {
    (found.modified, found.size)
}

async fn bytes_of(found: &Found) -> Result<Vec<u8>, String> {
    if found.size > MOST_BYTES {
        return Err(format!("it has {} bytes, and no more than {MOST_BYTES} are read", found.size));
    }
    let file: &File = &found.file;
    let mut bytes = Vec::with_capacity(usize::try_from(found.size).unwrap_or(0));
    loop {
        let at = bytes.len();
        bytes.resize(at + PIECE, 0);
        let length = file.read_at(at as u64, &mut bytes[at..]).map_err(|error| error.to_string())?;
        bytes.truncate(at + length);
        if length == 0 {
            return Ok(bytes);
        }
        if bytes.len() as u64 > MOST_BYTES {
            return Err("it grows while it is read".to_string());
        }
        give_way().await;
    }
}

/// What a file says, of all its networks that have a location.
async fn geography(bytes: Vec<u8>) -> Result<Geography, String> {
    let wrong = |error: MaxMindDbError| error.to_string();
    let reader = Reader::from_source(bytes).map_err(wrong)?;
    let (mut networks, mut locations, mut numbers) = (Vec::new(), Vec::new(), BTreeMap::new());
    // Networks share records, and records share locations: each record is read once, each location is there once.
    let mut records: BTreeMap<usize, Option<u32>> = BTreeMap::new();
    // A tree of IPv6 leads to the networks of IPv4 in several ways; by each but one they are passed over.
    for (count, found) in reader.networks(WithinOptions::default()).map_err(wrong)?.enumerate() {
        if count % STRIDE == 0 {
            give_way().await;
        }
        let found = found.map_err(wrong)?;
        let Some(offset) = found.offset() else { continue };
        let number = match records.get(&offset) {
            Some(number) => *number,
            None => {
                let degrees = |axis: &str| {
                    let path = [maxminddb::PathElement::Key("location"), maxminddb::PathElement::Key(axis)];
                    found.decode_path::<f64>(&path).map_err(wrong)
                };
                let number = location(degrees("latitude")?, degrees("longitude")?).map(|location| {
                    *numbers.entry(location).or_insert_with(|| {
                        locations.push(location);
                        (locations.len() - 1) as u32
                    })
                });
                records.insert(offset, number);
                number
            }
        };
        if let Some(number) = number {
            let network = found.network().map_err(wrong)?;
            networks.push((Network::of(network.ip(), network.prefix()), number));
        }
        if networks.len() > MOST_NETWORKS {
            return Err(format!("it has more than {MOST_NETWORKS} networks"));
        }
    }
    if networks.is_empty() {
        return Err("no network in it has a location: a file of cities has".to_string());
    }
    Ok(Geography::new(networks, locations))
}

/// Degrees as a location, if they are on the Earth.
fn location(latitude: Option<f64>, longitude: Option<f64>) -> Option<Location> {
    let (latitude, longitude) = (latitude?, longitude?);
    let there = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    #[expect(clippy::cast_possible_truncation, reason = "no more than 1,800,000")]
    let tenthousandths = |degrees: f64| (degrees * 10_000.0).round() as i32;
    there.then(|| (tenthousandths(latitude), tenthousandths(longitude)))
}
