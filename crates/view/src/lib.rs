//! Steps, records and states as text. Nothing here reads a clock, a file or a socket: data comes in, a `String` goes out.
//!
//! - [`access_log`]: one line per request, as JSON with every step or in Apache's combined format.
//! - [`event`]: one line per step of the process.
//! - [`explain`]: the records of a routing and a balancing decision.
//! - [`status`]: the state of a running process, as data and as a table.
//! - [`steering`]: how addresses are shared out among places, and what a change moves, as a table and as a page.
//! - [`trace`]: a client's journey as a tree with a waterfall, or as JSON.
//! - [`steps_reference`]: the catalogue of steps as a page of the guide.
//!
//! Whatever a client sent is hostile until it is escaped: no output here holds a control character that was not put there by us.
#![forbid(unsafe_code)]

pub mod access_log;
pub mod event;
pub mod explain;
mod mark;
mod object;
pub mod status;
pub mod steering;
mod step_json;
mod steps_reference;
mod text;
pub mod trace;

pub use steps_reference::steps_reference;
pub use text::shown;
