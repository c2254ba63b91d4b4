//! Compression and early hints: their sections made parts of the model.

use super::mistake::Mistakes;
use super::read::Table;
use super::value;
use decide::encoding::{Level, Policy};
use decide::files::Coding;
use decide::hints;

/// `[site.route.compress]`.
pub(super) fn compress(table: &Table) -> Policy {
    let mut codings: Vec<Level> = Vec::new();
    for coding in table.texts("codings").iter().filter_map(|text| value::coding(&text.it).ok()) {
        let key = match coding {
            Coding::Zstd => "zstd-level",
            Coding::Brotli => "br-level",
            _ => "gzip-level",
        };
        if !codings.iter().any(|level| level.coding == coding) {
            codings.push(Level { coding, level: table.number(key) });
        }
    }
    Policy {
        codings,
        least: table.number("min-size"),
        types: table.texts("types").into_iter().map(|text| text.it.to_ascii_lowercase()).collect(),
        personal: table.bool("personal"),
    }
}

/// `[site.route.early-hints]`.
pub(super) fn early_hints(table: &Table) -> hints::Policy {
    hints::Policy { http1: table.bool("http1"), navigations: table.bool("navigations") }
}

/// Backends are asked for what is not compressed where that is done here: how `Accept-Encoding` is compared has no meaning then.
pub(super) fn check_cache(route: &Table, mistakes: &mut Mistakes<'_>) {
    let given = route.table_if("cache").and_then(|cache| cache.given("accept-encoding"));
    if let Some(given) = given.filter(|_| route.table_if("compress").is_some()) {
        let message = "\"accept-encoding\" has no meaning beside `compress`: one copy is stored, and codings are made of it";
        mistakes.error(&given.key, message).help("take it out");
    }
}
