//! `throughline explain steer`.

use super::{NO_FILE, read};
use crate::admin::client::{Sent, send};
use crate::admin::explain::steer::{self, Shape, Wanted};
use crate::admin::parameters::encoded;
use crate::cmd::serve;
use crate::cmd::shown::Shown;
use crate::settings;
use crate::trace::{colours, columns};
use decide::address::Address;
use decide::config::{Config, RouteSource};
use decide::steer::Weights;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use view::steering::Look;
use wire::http::Method;

/// What is asked of a steering.
#[derive(clap::Args)]
pub struct Question {
    /// The configuration file (not with --admin), and the steering, where there are several.
    #[arg(value_name = "CONFIG|STEERING", num_args = 0..=2)]
    what: Vec<String>,
    /// Ask the running server whose admin side listens here, instead of reading a file.
    #[arg(long, value_name = "ADDR", value_parser = serve::address)]
    admin: Option<Address>,
    #[command(flatten)]
    shown: Shown,
    /// As if this place had failed.
    #[arg(long, value_name = "PLACE", conflicts_with = "diff")]
    without: Option<String>,
    /// From one configuration to another. With --table-of: from one routing table (an MRT file) to another, in the configuration named
    /// before.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with = "admin")]
    diff: Vec<String>,
    /// The place whose table --diff changes.
    #[arg(long, value_name = "PLACE", requires = "diff")]
    table_of: Option<String>,
    /// Count by these weights: lines of NETWORK WEIGHT, such as requests a second; else by blocks of addresses.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Write a page with a picture to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// As one JSON object (docs/guide/explain-json.md); with -v every network that moves, else the largest.
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// Show all networks that move.
    #[arg(short, long)]
    verbose: bool,
}

impl Question {
    /// The table; or nothing where a page was written.
    pub(super) fn explained(&self) -> Result<String, String> {
        // Before the work, so that nobody waits for a page that cannot be written.
        let page = self
            .html
            .as_ref()
            .map(|path| File::create(path).map(|file| (file, path)).map_err(|error| format!("cannot write {}: {error}", path.display())));
        let page = page.transpose()?;
        let text = match &self.admin {
            Some(admin) => self.live(admin)?,
            None => self.rehearsed()?,
        };
        let Some((mut file, path)) = page else { return Ok(text) };
        file.write_all(text.as_bytes()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(format!("written to {}", path.display()))
    }

    fn look(&self) -> Look {
        let terminal = std::io::stdout().is_terminal();
        Look { width: columns(terminal), colour: colours(terminal), verbose: self.verbose }
    }

    fn weights(&self) -> Result<Option<String>, String> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {}", path.display(), settings::unreadable(&error)))
        };
        self.weights.as_ref().map(read).transpose()
    }

    fn rehearsed(&self) -> Result<String, String> {
        let files = usize::from(self.diff.is_empty() || self.table_of.is_some());
        if self.what.len() > files + 1 {
            return Err("--diff OLD NEW names both configurations: give no other".to_string());
        }
        let place = self.weights.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        let weights = self.weights()?.map(|text| steer::weights_of(&text, &place)).transpose()?.unwrap_or(Weights::Blocks);
        let shape = match (&self.html, self.json) {
            (Some(_), _) => Shape::Page,
            (None, true) => Shape::Json { all: self.verbose },
            (None, false) => Shape::Table(self.look()),
        };
        let wanted = Wanted { steering: self.what.get(files).cloned(), without: self.without.clone(), weights, shape };
        let first = || self.what.first().ok_or(NO_FILE);
        match (self.diff.as_slice(), &self.table_of) {
            ([old, new], None) => steer::rehearsed(&wanted, read(old)?, Some((read(new)?, [old, new]))),
            ([old, new], Some(pop)) => {
                let with = |table: &str| with_table(read(first()?)?, pop, table);
                steer::rehearsed(&wanted, with(old)?, Some((with(new)?, [old, new])))
            }
            _ => steer::rehearsed(&wanted, read(first()?)?, None),
        }
    }

    fn live(&self, admin: &Address) -> Result<String, String> {
        if self.what.len() > 1 {
            return Err("with --admin no configuration file is read: give only a steering".to_string());
        }
        let look = self.look();
        let mut query = vec![format!("width={}", look.width)];
        query.extend(self.what.first().map(|name| format!("steering={}", encoded(name))));
        query.extend(self.without.as_ref().map(|pop| format!("without={}", encoded(pop))));
        let flags = [("colour", look.colour), ("verbose", look.verbose), ("html", self.html.is_some()), ("json", self.json)];
        query.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| name.to_string()));
        let weights = self.weights()?;
        let body = weights.as_deref().unwrap_or("").as_bytes();
        let method = if weights.is_some() { Method::Post } else { Method::Get };
        let target = format!("/explain/steer?{}", query.join("&"));
        send(admin, self.shown.token()?.as_deref(), &Sent { method, target: &target, body })?.into_result()
    }
}

/// A configuration in which the table of a place is this file.
fn with_table(mut config: Config, pop: &str, path: &str) -> Result<Config, String> {
    let index = config.pops.iter().position(|known| known.name == pop).ok_or_else(|| format!("there is no place {pop:?}"))?;
    let of = config.collectors.iter().position(|collector| collector.pop == index);
    let of = of.ok_or_else(|| format!("place {pop:?} has no [[collector]] whose table a file could stand for"))?;
    let peer = match &config.collectors[of].source {
        RouteSource::Mrt { peer, .. } => *peer,
        _ => None,
    };
    config.collectors[of].source = RouteSource::Mrt { path: path.to_string(), peer };
    let mut number = 0..;
    // Of several tables of the place, the file stands for all.
    config.collectors.retain(|collector| number.next() == Some(of) || collector.pop != index);
    Ok(config)
}
