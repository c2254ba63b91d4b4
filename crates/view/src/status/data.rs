//! The data. Field names are the JSON's; a field that an older process does not send takes its default.

use super::LeadingStatus;
use decide::pool;
use serde::{Deserialize, Serialize};

/// One process, now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Its name, as in `Via`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Which configuration holds, counted from the start.
    pub generation: u64,
    /// Seconds since the start.
    pub uptime: u64,
    /// It ends as soon as what is in flight has ended.
    pub draining: bool,
    /// Where clients connect.
    pub listeners: Vec<ListenerStatus>,
    /// Client connections.
    pub connections: Connections,
    /// Requests.
    pub requests: Requests,
    /// Connections and streams that have become tunnels.
    pub tunnels: TunnelStatus,
    /// What listeners with TLS present, and what is still to come.
    pub certificates: Vec<CertificateStatus>,
    /// What is stored of answers.
    pub cache: CacheStatus,
    /// What owners asked for.
    pub journal: JournalStatus,
    /// The name server, in each of its roles.
    pub names: Vec<NameStatus>,
    /// How clients are led to places.
    pub leading: LeadingStatus,
    /// In the order of the configuration.
    pub pools: Vec<PoolStatus>,
}

/// One listener.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListenerStatus {
    /// Its address.
    pub address: String,
    /// The names of its sites.
    pub sites: Vec<String>,
    /// Accepting pauses for want of descriptors.
    pub paused: bool,
}

/// Client connections, over all listeners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connections {
    /// Open now.
    pub open: u64,
    /// The most there may be.
    pub limit: u64,
    /// Accepted since the start.
    pub total: u64,
}

/// Requests, over all sites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Requests {
    /// Being answered now.
    pub in_flight: u64,
    /// Since the start.
    pub total: u64,
    /// Answered 400 to 499.
    pub client_errors: u64,
    /// Answered 500 to 599.
    pub server_errors: u64,
}

/// The name server in one role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NameStatus {
    /// `authority` or `resolver`.
    pub role: String,
    /// Where it listens.
    pub addresses: Vec<String>,
    /// Zones that it has.
    pub zones: u64,
    /// Queries since the start.
    pub queries: u64,
    /// Of those, by TCP.
    pub tcp: u64,
    /// Answers that say that there is no such name.
    pub no_name: u64,
    /// Answers that refuse.
    pub refused: u64,
    /// Answers that say that the server has failed.
    pub failed: u64,
    /// Queries that could not be read, or were none.
    pub malformed: u64,
    /// Answers held back by the limit, or cut for it.
    pub limited: u64,
}

/// Tunnels, over all sites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TunnelStatus {
    /// Open now.
    pub open: u64,
    /// Those of them that carry a WebSocket.
    pub websockets: u64,
}

/// One certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CertificateStatus {
    /// What it goes by in logs and metrics.
    pub name: String,
    /// The names it is for, or is to be for.
    pub names: Vec<String>,
    /// Seconds that it still holds, 0 if it has expired; `None`: there is none yet.
    pub left: Option<u64>,
    /// What is to become of it, if it comes from an authority.
    pub order: Option<OrderStatus>,
}

/// What is to become of a certificate from an authority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderStatus {
    /// Seconds until it is ordered; `None`: it is being ordered.
    pub wait: Option<u64>,
    /// Why, or what holds it up.
    pub why: String,
}

/// The cache, over all sites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CacheStatus {
    /// Answers stored, variants of one not counted.
    pub objects: u64,
    /// Bytes of memory that they take, all told.
    pub bytes: u64,
    /// The most they may take.
    pub memory: u64,
    /// Requests answered by what was stored, since the start.
    pub hits: u64,
    /// Requests, on routes that store answers, for which the origin had to be asked.
    pub misses: u64,
    /// Of those, requests that another's answer served.
    pub collapsed: u64,
}

/// The journal of purges and pushes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JournalStatus {
    /// Where it is; `None`: in memory.
    pub directory: Option<String>,
    /// The last number given.
    pub accepted: u64,
    /// The last number that is on disk.
    pub durable: Option<u64>,
    /// The last number that was carried out.
    pub applied: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// The most there may be.
    pub size: u64,
    /// It cannot be written.
    pub failing: bool,
}

/// One pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolStatus {
    /// Its name.
    pub name: String,
    /// Its algorithm's name.
    pub algorithm: String,
    /// So few are healthy that health is ignored.
    pub panic: bool,
    /// Requests that wait for a backend now.
    pub queued: u64,
    /// Second tries since the start.
    pub retries: u64,
    /// In the order of the configuration.
    pub backends: Vec<BackendStatus>,
}

/// One backend.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackendStatus {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// What the administrator wants: `ready`, `drain`, `maintenance`.
    pub admin: String,
    /// What the probes say: `up`, `down`, `unknown`.
    pub health: String,
    /// Seconds it stays ejected for its failures, if it is.
    pub ejected: Option<u64>,
    /// Its weight, without slow start.
    pub weight: u32,
    /// The percentage of its weight that slow start leaves it.
    pub share: u32,
    /// Requests in flight.
    pub in_flight: u64,
    /// Requests given to it since the start, each try counted.
    pub requests: u64,
    /// Of those, failed.
    pub failures: u64,
    /// How often it was ejected.
    pub ejections: u64,
}

impl Status {
    /// As JSON, on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text, numbers and lists of them")
    }

    /// From JSON; the error says where it stops being a status.
    pub fn from_json(json: &str) -> Result<Status, serde_json::Error> {
        serde_json::from_str(json)
    }
}

impl From<&pool::BackendStatus> for BackendStatus {
    fn from(from: &pool::BackendStatus) -> Self {
        Self {
            name: from.name.clone(),
            address: from.address.to_string(),
            admin: from.admin.word().to_owned(),
            health: from.health.word().to_owned(),
            // Rounded up: what is ejected is not ejected for 0 seconds.
            ejected: from.ejected_for.map(|span| span.as_millis().div_ceil(1000) as u64),
            weight: from.weight,
            share: from.share / 10,
            in_flight: u64::from(from.in_flight),
            requests: from.totals.started,
            failures: from.totals.failed,
            ejections: from.totals.ejections,
        }
    }
}
