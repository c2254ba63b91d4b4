//! What runs on a host: the server with its listeners, balancer, proxy and files. It asks a [`host::Host`] for everything, so the same
//! code runs on the kernel and in the lab.
//!
//! Order of calls: [`Server::new`] once, then [`Server::work`] on each worker's thread; [`Server::reload`] and [`Server::drain`] from
//! anywhere; [`Server::drained`] tells the end. [`fetch`] is the client's side: one request, with every step told.
#![forbid(unsafe_code)]

mod application;
pub mod asked;
mod buffer;
mod channel;
mod coder;
pub mod collector;
mod conversation;
pub mod decode;
mod dns;
mod feed;
pub mod fetch;
mod hints;
mod http2;
mod journeys;
mod measure;
pub mod metrics;
mod origin;
pub mod page;
mod pool;
mod proxy;
pub mod resolve;
pub mod resolver;
mod server;
mod signal;
pub mod steering;
mod store;
pub mod tls;
pub mod token;
mod transport;

pub use application::{Answer, Application};
pub use conversation::{Conversation, Socket};
pub use dns::Steered;
pub use feed::{Feed, Fetched, Listed, Only, Outcome, Plan, Progress, Pushable, Pushed, Reason, Refused};
pub use measure::Measuring;
pub use pool::Pool;
pub use proxy::Tunnels;
pub use server::{Reader, Server, Snapshot};
pub use signal::Signal;
pub use store::{AnswerExplained, Explained, Purged, Purging, Store, StoredAnswer, cache_key, explain_answer, purge_marks};
