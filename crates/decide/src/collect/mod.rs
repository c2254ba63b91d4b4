//! Routing tables as routers tell them: what a session, a station or a file says becomes changes of tables.
//!
//! - [`Loading`]: a table that is still coming. [`Intake`]: the life of one source's table, from its first network to its end.
//! - [`session`]: a BGP session.
//! - [`Backoff`]: how long to wait before the next attempt.

mod backoff;
mod intake;
mod loading;
pub mod session;
mod update;

pub use backoff::Backoff;
pub use intake::{Delivery, Intake, IntakeTimer};
pub use loading::{End, Loaded, Loading};
pub use update::route_of;
