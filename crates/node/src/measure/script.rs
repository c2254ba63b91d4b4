//! The script as it is sent: the function in probe.js, called with what this client is given.

use decide::config::Pop;
use serde_json::{Value, json};

/// Places that a client is asked to measure, at the most: the best by what is known already.
pub(crate) const MOST_PLACES: usize = 8;

/// What measures, as it stands in the tree.
const FUNCTION: &str = include_str!("probe.js");

/// The script for a client, with its leave and these places (indices into `pops`, the best first). One without a URL cannot be measured.
pub(crate) fn script(leave: &str, pops: &[Pop], order: impl Iterator<Item = usize>) -> String {
    let known = order.filter_map(|index| {
        let pop = pops.get(index)?;
        Some(json!([pop.name, pop.url.as_deref()?.trim_end_matches('/')]))
    });
    let places: Vec<Value> = known.take(MOST_PLACES).collect();
    // JSON is JavaScript (ECMA-262, since its tenth edition), and what is not text in it has been escaped.
    format!("{}({});\n", FUNCTION.trim_end().trim_end_matches(';'), json!({ "leave": leave, "places": places }))
}
