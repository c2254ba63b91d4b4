//! A client's journey as a tree with a waterfall, or as JSON.
//!
//! - [`tree`]: lines for a terminal or a file. `read` makes stations and rows of steps, one module per station; `layout` puts them into
//!   columns.
//! - [`page`]: one HTML page that needs nothing else, of the same stations and rows.
//! - [`Runs`]: many journeys; [`repeated`] and [`compared`] say what they took.
//! - [`json`]: every step by the names of the catalogue; [`schema`] describes it.

mod json;
mod layout;
mod page;
mod quantity;
mod read;
mod several;

pub use json::{json, schema, wire_schema};
pub use page::page;
pub use several::{Runs, compared, compared_json, repeated, repeated_json};

use decide::step::Journey;
use decide::time::Duration;

/// How a tree is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Columns.
    pub width: usize,
    /// With colours of a terminal.
    pub colour: bool,
    /// Everything.
    pub verbose: bool,
    /// While it still goes on: how long it has, and how many bytes of body there are.
    pub so_far: Option<(Duration, u64)>,
}

/// The journey as lines without line ends.
pub fn tree(journey: &Journey, options: &Options) -> Vec<String> {
    layout::lines(&read::read(journey, options), options)
}

#[cfg(test)]
mod tests;
