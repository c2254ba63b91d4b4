//! From a name to its addresses: whom to ask, what to believe of an answer, and what to do next. No I/O: the caller sends, receives and
//! waits.
//!
//! - [`Lookup`]: the machine for one name; its order of calls stands there. [`Settings`] say who walks: a resolver, or we from the root.
//! - [`Desk`]: the recursive role: who may ask, what is answered at once. [`Ask`]: the machine for one question of a client, of any type.
//!   [`Reply`]: the whole answer.
//! - [`Cache`]: what was learned, for as long as it holds; it may outlive lookups.
//! - [`Context`]: the time, the cache, randomness, and the journey for the steps.
//! - [`root_servers`]: the servers of a root, as a file tells them.
//!
//! Inside, from the outside in: `lookup` wants records of several types; `walker` does several walks at once; a `walk` leads over zones and
//! aliases; a `question` is put to the servers of one zone; an `exchange` is one query; `judge` says what a message means.

mod ask;
mod cache;
mod context;
mod desk;
mod exchange;
mod files;
mod judge;
mod local;
mod lookup;
mod question;
mod reply;
mod root;
mod settings;
mod walk;
mod walker;
mod zone;

pub use ask::Ask;
pub use cache::Cache;
pub use context::Context;
pub use desk::{Asked, Desk, PATIENCE_OF_CLIENTS, instead};
pub use exchange::Failure;
pub use lookup::{Files, Input, Lookup, Output};
pub use question::Over;
pub use reply::{Refusal, Reply, Source};
pub use root::{NotRootHints, PUBLIC_ROOT, root_servers, write_root_servers};
pub use settings::{Limits, Mode, Resolved, RootServer, Service, Settings, Subnet, Trouble};
pub use walker::Transmit;
