//! From a name to its addresses: whom to ask, what to believe of an answer, and what to do next. No I/O: the caller sends, receives and
//! waits.

mod settings;

pub use settings::{Limits, Mode, Resolved, RootServer, Service, Settings, Subnet, Trouble};
