//! What the other modules write with: columns, and strings that cannot move a cursor or break a line.

use std::borrow::Cow;

pub(crate) use decide::step::json::is_hostile;

/// Which end of a column its cells stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows of cells, padded so that columns line up. Widths count characters.
#[derive(Debug)]
pub(crate) struct Columns<const N: usize> {
    aligns: [Align; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Columns<N> {
    pub(crate) fn new(aligns: [Align; N]) -> Self {
        Self { aligns, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: [impl Into<String>; N]) {
        self.rows.push(cells.map(Into::into));
    }

    /// Appends the rows, each indented by `indent` and without white space at its end. `paint` may wrap a padded cell (in a colour).
    pub(crate) fn write(&self, indent: &str, out: &mut String, paint: impl Fn(usize, usize, &str) -> String) {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; N] = std::array::from_fn(width);
        for (at, row) in self.rows.iter().enumerate() {
            let mut line = indent.to_owned();
            for (column, cell) in row.iter().enumerate() {
                let padding = " ".repeat(widths[column] - cell.chars().count());
                let painted = if cell.is_empty() { String::new() } else { paint(at, column, cell) };
                let gap = if column == 0 { "" } else { "  " };
                match self.aligns[column] {
                    Align::Left => line.extend([gap, &painted, &padding]),
                    Align::Right => line.extend([gap, &padding, &painted]),
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }

    /// [`Columns::write`] without paint.
    pub(crate) fn write_plain(&self, indent: &str, out: &mut String) {
        self.write(indent, out, |_, _, cell| cell.to_owned());
    }
}

/// A text to be shown, with hostile characters escaped as Rust writes them.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let escaped = |character: char| match is_hostile(character) {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    Cow::Owned(text.chars().map(escaped).collect())
}

/// A count with its thousands set apart: `1,204,331`.
pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in bytes as memory is spoken of: `3,072 KiB`, from 10 MiB on `256 MiB`; rounded up.
pub(crate) fn size(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    if bytes < 10 * MIB { format!("{} KiB", thousands(bytes.div_ceil(1024))) } else { format!("{} MiB", thousands(bytes.div_ceil(MIB))) }
}

/// The two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `12 d 7 h`.
pub(crate) fn span(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min {} s", seconds % 60),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests;
