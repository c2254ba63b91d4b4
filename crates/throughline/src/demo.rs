//! The embedded default: a small site on two application servers with a database, behind the balancer.
//!
//! Everything is real but for the number of machines: the balancer reaches the application servers over TCP connections, probes them and
//! counts on either to fail, and the servers share one SQLite database.
//!
//! - [`certificate`]: what its https listener presents.
//! - [`Places`]: names and places: a zone whose one name leads each client to the nearest of three caches, and the root and top-level
//!   servers above it. `zones` is what an operator would write of that, `tables` what the places' routers say, `ports` where there is
//!   room.
//! - [`token()`]: who may see what is done with a request.
//! - [`config()`]: the listeners, the pool, and who answers what.
//! - [`Demo`]: an application server. `page` makes what it writes anew for each request (`nearest` what it tells of the places), `files`
//!   has what is the same for all; `visit` reads what a visitor sends, `visits` is the database, and `live` tells of visits as they come.

mod config;
mod files;
mod https;
mod live;
mod nearest;
mod page;
mod places;
mod ports;
mod server;
mod tables;
mod token;
mod visit;
mod visits;
mod zones;

pub use config::config;
pub use https::{certificate, state_directory};
pub use nearest::Around;
pub use places::{PLACES, Places, root_file};
pub use server::Demo;
pub use token::{token, token_file};

/// The application servers, by name.
pub const SERVERS: [&str; 2] = ["app-1", "app-2"];

#[cfg(test)]
mod tests;
