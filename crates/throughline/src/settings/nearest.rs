//! The right name nearest to a wrong one.

/// The candidate nearest to `name`, if one is near enough to be what was meant: at most a third of its letters differ.
/// Of two equally near, the earlier one.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.chars().take(LONGEST + 1).collect();
    if wanted.len() > LONGEST {
        return None;
    }
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.chars().collect();
        let limit = (wanted.len().max(letters.len()) / 3).max(1);
        let distance = distance(&wanted, &letters);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Longer names than this are not compared: nothing we know of is as long.
const LONGEST: usize = 256;

/// Letters to insert, remove, replace or swap with their neighbour to get from one to the other (optimal string alignment), in any
/// case and with `_` for `-`.
fn distance(a: &[char], b: &[char]) -> usize {
    let same = |x: char, y: char| fold(x) == fold(y);
    let (mut before, mut above): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(above.len());
        row.push(i + 1);
        for (j, &y) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(!same(x, y));
            let mut least = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && same(x, b[j - 1]) && same(a[i - 1], y) {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

fn fold(letter: char) -> char {
    if letter == '_' { '-' } else { letter.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests;
