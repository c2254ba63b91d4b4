//! How values lie between the least and the greatest, as one small line.

use decide::time::Duration;

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const PLAIN: [char; 9] = [' ', '.', '.', ':', ':', '+', '+', '#', '#'];

/// How many columns there are for a plot.
pub(super) fn bins(width: usize) -> usize {
    const NUMBERS: usize = 56;
    width.saturating_sub(NUMBERS).clamp(8, 32)
}

/// A histogram. A bin with anything in it can be seen.
pub(super) fn of(values: &[Duration], bins: usize, ascii: bool) -> String {
    let (Some(min), Some(max)) = (values.iter().min(), values.iter().max()) else { return String::new() };
    let range = (*max - *min).as_nanos();
    let mut counts = vec![0; bins];
    for value in values {
        let at = ((*value - *min).as_nanos() * (bins as u128 - 1)).checked_div(range).unwrap_or(0);
        counts[usize::try_from(at).unwrap_or(bins - 1)] += 1;
    }
    let most: usize = counts.iter().copied().max().unwrap_or(1);
    let levels = if ascii { PLAIN } else { BLOCKS };
    counts.iter().map(|count| levels[(count * (levels.len() - 1)).div_ceil(most)]).collect()
}
