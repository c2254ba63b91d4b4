//! Routing tables as routers tell them: what a session, a station or a file says becomes changes of tables.
//!
//! - [`Loading`]: a table that is still coming. [`Intake`]: the life of one source's table, from its first network to its end.
//! - [`MrtFile`]: a file of tables. [`Generated`]: tables that are made up.
//! - [`session`]: a BGP session.
//! - [`station`]: a router that tells of its peers by BMP.
//! - [`Backoff`]: how long to wait before the next attempt.

mod backoff;
mod generated;
mod intake;
mod loading;
mod mrt;
mod paths;
pub mod session;
pub mod station;
mod update;

pub use backoff::Backoff;
pub use generated::Generated;
pub use intake::{Delivery, Intake, IntakeTimer};
pub use loading::{End, Loaded, Loading};
pub use mrt::{MrtCounts, MrtFile, MrtTable, MrtTables};
pub use update::route_of;
