//! Times as parts of a whole.

use crate::trace::read::Span;
use decide::time::Duration;

/// Where a span begins and how wide it is, in percent of the whole. What is too short to be seen is made as wide as can be seen.
pub(super) fn percent(span: Span, total: Duration) -> (String, String) {
    const WHOLE: u128 = 100_000;
    const LEAST: u128 = 300;
    let of = |at: Duration| (at.as_nanos() * WHOLE).checked_div(total.as_nanos()).unwrap_or(0).min(WHOLE);
    let width = of(span.end).saturating_sub(of(span.start)).max(LEAST);
    let start = of(span.start).min(WHOLE - width);
    let written = |thousandths: u128| format!("{}.{:03}%", thousandths / 1000, thousandths % 1000);
    (written(start), written(width))
}
