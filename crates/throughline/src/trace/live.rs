//! The tree on a terminal while it grows: drawn again from the first line that has changed, as far as it fits on the screen.

use decide::step::Journey;
use std::io::{self, Write};
use std::time::{Duration, Instant};
use view::trace::{Options, tree};

/// Progress is drawn no more often than this.
const PACE: Duration = Duration::from_millis(100);

pub(super) struct Live {
    options: Options,
    rows: usize,
    began: Instant,
    drawn_at: Option<Instant>,
    drawn: Vec<String>,
}

impl Live {
    pub(super) fn new(options: Options, rows: usize) -> Live {
        Live { options, rows, began: Instant::now(), drawn_at: None, drawn: Vec::new() }
    }

    /// A step was added.
    pub(super) fn step(&mut self, journey: &Journey) {
        self.draw(journey, 0);
    }

    /// So much of the body is here.
    pub(super) fn progress(&mut self, journey: &Journey, bytes: u64) {
        if self.drawn_at.is_none_or(|at| at.elapsed() >= PACE) {
            self.draw(journey, bytes);
        }
    }

    /// Takes away what was drawn: the finished tree comes in its place.
    pub(super) fn clear(&mut self) {
        let lines = std::mem::take(&mut self.drawn).len();
        if lines > 0 {
            put(&format!("\x1b[{lines}A\x1b[J"));
        }
    }

    fn draw(&mut self, journey: &Journey, bytes: u64) {
        let options = Options { so_far: Some((self.began.elapsed(), bytes)), ..self.options };
        let mut lines = tree(journey, &options);
        // What has left the screen can no longer be drawn again.
        let most = self.rows.saturating_sub(1).max(1);
        lines.drain(..lines.len().saturating_sub(most));
        let same = self.drawn.iter().zip(&lines).take_while(|(old, new)| old == new).count();
        let back = self.drawn.len() - same;
        let mut text = if back > 0 { format!("\x1b[{back}A\x1b[J") } else { String::new() };
        lines[same..].iter().for_each(|line| text.extend([line, "\n"]));
        put(&text);
        self.drawn = lines;
        self.drawn_at = Some(Instant::now());
    }
}

/// A terminal that is gone is no reason to stop.
fn put(text: &str) {
    let mut out = io::stdout();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
