//! The state of a running process: what `ctl status` asks for, as data (JSON between the process and `ctl`) and as a table.

mod data;
mod leading;
mod table;

pub use data::{
    BackendStatus, CacheStatus, CertificateStatus, Connections, JournalStatus, ListenerStatus, NameStatus, OrderStatus, PoolStatus,
    Requests, Status, TunnelStatus,
};
pub use leading::{CollectorStatus, GeographyStatus, LeadingStatus, PlaceStatus, SteeringStatus, TableStatus};
pub use table::{Paint, table};

#[cfg(test)]
mod tests;
