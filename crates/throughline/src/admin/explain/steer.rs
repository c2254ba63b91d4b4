//! How clients are shared out among places, and what a change would move: of a running server, or of configurations with what lies in
//! files.

use super::super::parameters::Parameters;
use super::super::{Refusal, bad};
use super::names::{loads, missing};
use decide::config::{self, Config};
use decide::steer::{Diff, Steering, Weights};
use host::Host;
use node::steering::{Leading, rehearse};
use node::{Answer, Server, Snapshot};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use view::steering::{Change, Look, Sharing};

/// What is wanted.
pub(crate) struct Wanted {
    /// Which steering; else the only one.
    pub(crate) steering: Option<String>,
    /// As if this place had failed.
    pub(crate) without: Option<String>,
    /// What counts how much.
    pub(crate) weights: Weights,
    /// As what it is shown.
    pub(crate) shape: Shape,
}

/// As what a comparison is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A table for a terminal.
    Table(Look),
    /// A page with a picture.
    Page,
    /// JSON; with every network that moves, or the largest.
    Json {
        /// Every one.
        all: bool,
    },
}

impl Shape {
    fn media_type(self) -> &'static str {
        match self {
            Shape::Table(_) => super::super::TEXT,
            Shape::Page => "text/html; charset=utf-8",
            Shape::Json { .. } => super::super::JSON,
        }
    }
}

/// How clients are led, and what is known besides.
struct Known {
    name: String,
    present: Arc<Steering>,
    names: Vec<String>,
    loads: Vec<Option<u64>>,
    missing: Vec<String>,
}

impl Known {
    fn of(wanted: &Wanted, snapshot: &Snapshot, leading: Option<&Arc<Leading>>) -> Result<Known, String> {
        let config = &snapshot.config;
        let steering = steering_of(wanted.steering.as_deref(), config)?;
        let (loads, missing) = leading.map(|leading| (loads(config, leading), missing(config, leading))).unwrap_or_default();
        let loads = if loads.iter().any(Option::is_some) { loads } else { Vec::new() };
        Ok(Known {
            name: config.steerings[steering].name.clone(),
            present: snapshot.steering(steering).present(),
            names: config.pops.iter().map(|pop| pop.name.clone()).collect(),
            loads,
            missing,
        })
    }

    /// Against how it would be.
    fn shown(&self, wanted: &Wanted) -> Result<String, String> {
        let Some(without) = wanted.without.as_deref() else {
            return Ok(self.against(&self.present, Change::Nothing, wanted));
        };
        let mine: Vec<u16> = self.present.places().pops().collect();
        let name = |pop: &u16| self.names[usize::from(*pop)].as_str();
        let pop = mine.iter().find(|pop| name(pop) == without).ok_or_else(|| {
            let known: Vec<&str> = mine.iter().map(name).collect();
            format!("steering {} has no place {without:?}; places: {}", self.name, known.join(", "))
        })?;
        Ok(self.against(&self.present.without(*pop), Change::Without(without), wanted))
    }

    fn against(&self, other: &Steering, change: Change<'_>, wanted: &Wanted) -> String {
        let diff = Diff::between(&self.present, other, &wanted.weights, &self.loads);
        let sharing = Sharing {
            steering: &self.name,
            names: &self.names,
            change,
            networks: self.present.tables().rib.len(),
            shares: &self.present.shares(&wanted.weights),
            diff: &diff,
            weighed: matches!(wanted.weights, Weights::Given(_)),
            missing: &self.missing,
        };
        match wanted.shape {
            Shape::Table(look) => view::steering::table(&sharing, look),
            Shape::Page => view::steering::page(&sharing),
            Shape::Json { all } => view::steering::json(&sharing, all),
        }
    }
}

fn steering_of(name: Option<&str>, config: &Config) -> Result<usize, String> {
    let known = || config.steerings.iter().map(|steering| &*steering.name).collect::<Vec<_>>().join(", ");
    match (name, config.steerings.len()) {
        (_, 0) => Err("there is no steering in the configuration: [steering.NAME]".to_string()),
        (Some(name), _) => {
            let found = config.steerings.iter().position(|steering| steering.name == name);
            found.ok_or_else(|| format!("there is no steering {name:?}; steerings: {}", known()))
        }
        (None, 1) => Ok(0),
        (None, _) => Err(format!("say which steering: {}", known())),
    }
}

/// From a configuration alone; against another, if there is one, where both have names.
pub(crate) fn rehearsed(wanted: &Wanted, config: Config, other: Option<(Config, [&str; 2])>) -> Result<String, String> {
    let shown = async |host: Host| {
        let (known, old) = rehearsed_one(wanted, config, &host).await?;
        let Some((mut config, [from, to])) = other else { return known.shown(wanted) };
        align(&mut config, &old);
        let (mut then, _) = rehearsed_one(wanted, config, &host).await?;
        then.missing.retain(|line| !known.missing.contains(line));
        then.missing.splice(0..0, known.missing.iter().cloned());
        Ok(Known { names: then.names, missing: then.missing, ..known }.against(&then.present, Change::Between(from, to), wanted))
    };
    host::os::run(shown).map_err(|error| format!("cannot start the event loop: {error}"))?
}

async fn rehearsed_one(wanted: &Wanted, config: Config, host: &Host) -> Result<(Known, Vec<config::Pop>), String> {
    let server = Server::new(host, config, 1, BTreeMap::new(), Vec::new());
    let leading = rehearse(host, &server).await;
    let snapshot = server.snapshot();
    Ok((Known::of(wanted, &snapshot, Some(&leading))?, snapshot.config.pops.clone()))
}

/// Gives each place the number that the place of its name has among the others; new ones come behind them.
fn align(config: &mut Config, old: &[config::Pop]) {
    let mut pops = old.to_vec();
    let mut numbers = Vec::new();
    for pop in std::mem::take(&mut config.pops) {
        let number = pops.iter().position(|known| known.name == pop.name).unwrap_or(pops.len());
        if number == pops.len() {
            pops.push(pop)
        } else {
            pops[number] = pop
        }
        numbers.push(number);
    }
    // Places that are gone stay as names: no steering and no collector of this configuration has them. Their pools are another's.
    for (number, pop) in pops.iter_mut().enumerate() {
        if !numbers.contains(&number) {
            pop.pool = None;
        }
    }
    config.pops = pops;
    config.steerings.iter_mut().flat_map(|steering| &mut steering.pops).for_each(|pop| *pop = numbers[*pop]);
    config.collectors.iter_mut().for_each(|collector| collector.pop = numbers[collector.pop]);
}

/// `GET /explain/steer`, or `POST` with weights. To compare full tables takes longer than a request may keep a worker: it is done on a
/// thread of its own, one at a time.
pub(in crate::admin) fn live(
    snapshot: &Snapshot,
    leading: Option<&Arc<Leading>>,
    busy: &Arc<AtomicBool>,
    parameters: &Parameters,
    body: &[u8],
) -> Result<Answer, Refusal> {
    parameters.only(&["steering", "without", "width", "colour", "verbose", "html", "json"])?;
    let text = str::from_utf8(body).map_err(|_| bad("the weights are no text".to_string()))?;
    let weights = if body.is_empty() { Weights::Blocks } else { weights_of(text, "the weights").map_err(bad)? };
    let width = parameters.first("width").map(|text| text.parse().map_err(|_| bad(format!("{text:?} is no width")))).transpose()?;
    let look = Look { width: width.unwrap_or(100).min(1000), colour: parameters.has("colour"), verbose: parameters.has("verbose") };
    let shape = match (parameters.has("html"), parameters.has("json")) {
        (true, true) => return Err(bad("html or json, not both".to_string())),
        (true, false) => Shape::Page,
        (false, true) => Shape::Json { all: look.verbose },
        (false, false) => Shape::Table(look),
    };
    let owned = |name: &str| parameters.first(name).map(ToString::to_string);
    let wanted = Wanted { steering: owned("steering"), without: owned("without"), weights, shape };
    let known = Known::of(&wanted, snapshot, leading).map_err(bad)?;
    if busy.swap(true, Ordering::SeqCst) {
        return Err(Refusal { status: 503, why: "another comparison is under way; ask again when it is done".to_string() });
    }
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let done = Done(busy.clone());
    let work = move || {
        let shown = known.shown(&wanted);
        drop(done);
        // Who asked may have gone.
        let _ = sender.send(shown);
    };
    let thread = std::thread::Builder::new().name("explain".to_string()).spawn(work);
    thread.map_err(|error| Refusal { status: 503, why: format!("no thread for it: {error}") })?;
    let kind = shape.media_type();
    Ok(Answer::Later(Box::pin(async move {
        match receiver.await {
            Ok(Ok(text)) => Answer::text(200, kind, text),
            Ok(Err(why)) => bad(why).answer(),
            Err(_) => Refusal { status: 500, why: "the comparison has failed; the log of the process says more".to_string() }.answer(),
        }
    })))
}

/// Whatever becomes of a comparison, the next one may begin.
struct Done(Arc<AtomicBool>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// The weights in a text; the error is a sentence that begins with where they are.
pub(crate) fn weights_of(text: &str, place: &str) -> Result<Weights, String> {
    Weights::parse(text).map_err(|wrong| match wrong.text.as_str() {
        "" => format!("{place}, line {}: there has to be {}", wrong.line, wrong.wanted),
        text => format!("{place}, line {}: {text:?} is not {}", wrong.line, wrong.wanted),
    })
}

#[cfg(test)]
mod tests;
