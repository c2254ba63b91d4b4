//! More than one journey, as the command line says it.

use std::path::PathBuf;
use std::time::Duration;

/// Pages, repetition, comparison.
#[derive(clap::Args)]
pub(super) struct SeveralArguments {
    /// Write the journey as one HTML page that needs nothing else, and show the tree too.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["repeat", "compare"])]
    pub(super) html: Option<PathBuf>,
    /// So many journeys, one after the other, each with connections of its own: min, median, p95 and max of each phase.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST), conflicts_with = "output")]
    pub(super) repeat: Option<u32>,
    /// How long to wait between two journeys.
    #[arg(long, value_name = "TIME", value_parser = super::span)]
    pub(super) interval: Option<Duration>,
    /// Two URLs side by side, in turn as often as --repeat says, or once.
    #[arg(long, value_names = ["URL", "URL"], num_args = 2, conflicts_with_all = ["url", "output"])]
    pub(super) compare: Vec<String>,
}

/// So many journeys are enough for anything one machine can say; each keeps a number per phase.
const MOST: i64 = 100_000;
