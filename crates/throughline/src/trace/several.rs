//! Many journeys, one after the other: counted on a terminal while they are made, then summed up.

use super::{Screen, Show, options};
use decide::step::Journey;
use host::Host;
use node::fetch::{Request, Watcher};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;
use view::trace::{Runs, compared, compared_json, repeated, repeated_json};

/// How often, and what lies between.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// To each URL.
    pub runs: u32,
    /// Between the end of a journey and the beginning of the next.
    pub interval: Duration,
}

/// Makes the journeys of one URL, shows what they took, and returns the exit code.
pub fn repeat(request: &Request, plan: Plan, show: Show) -> io::Result<u8> {
    let [runs] = go([request], plan)?;
    let text = |screen: &Screen| repeated(&runs, &options(show, screen), only_ascii());
    print(show, repeated_json(&runs), text);
    Ok(runs.exit())
}

/// The same of two, in turn, so that both meet the same weather.
pub fn compare(pair: [&Request; 2], plan: Plan, show: Show) -> io::Result<u8> {
    let pair = go(pair, plan)?;
    let text = |screen: &Screen| compared(&pair, &options(show, screen), only_ascii());
    print(show, compared_json(&pair), text);
    Ok(pair.iter().map(Runs::exit).find(|exit| *exit != 0).unwrap_or(0))
}

fn go<const N: usize>(requests: [&Request; N], plan: Plan) -> io::Result<[Runs; N]> {
    let mut runs = requests.map(|request| Runs::new(&request.url));
    host::os::run(|host| async move {
        let counter = Counter { all: plan.runs as usize * N, shown: io::stderr().is_terminal() };
        for number in 0..plan.runs {
            for (request, runs) in requests.iter().zip(&mut runs) {
                runs.add(&one(&host, request).await);
            }
            counter.show(&runs);
            if !plan.interval.is_zero() && number + 1 < plan.runs {
                host.sleep(plan.interval).await;
            }
        }
        counter.clear();
        runs
    })
}

async fn one(host: &Host, request: &Request) -> Journey {
    node::fetch::fetch(host, request, &mut Counted).await
}

fn print(show: Show, json: String, text: impl FnOnce(&Screen) -> Vec<String>) {
    let mut screen = Screen::Alone(io::stdout());
    let text = if show.json { json } else { text(&screen).iter().flat_map(|line| [line, "\n"]).collect() };
    // Whoever reads it may have seen enough and left.
    let _ = screen.write_all(text.as_bytes());
}

/// The locale says that a terminal knows ASCII alone; where nothing is said, UTF-8 is what terminals of today know.
fn only_ascii() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    set.is_some_and(|value| {
        let value = value.to_ascii_lowercase();
        !value.contains("utf-8") && !value.contains("utf8")
    })
}

/// Bodies are read and counted in the steps.
struct Counted;

impl Watcher for Counted {
    fn step(&mut self, _: &Journey) {}
    fn progress(&mut self, _: &Journey, _: u64) {}
    fn body(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// One line on a terminal, over itself.
struct Counter {
    all: usize,
    shown: bool,
}

impl Counter {
    fn show(&self, runs: &[Runs]) {
        let (made, failed) = (runs.iter().map(Runs::count).sum::<usize>(), runs.iter().map(Runs::failed).sum::<usize>());
        let failed = if failed == 0 { String::new() } else { format!(", {failed} failed") };
        self.put(&format!("\r{made} of {} journeys{failed}\x1b[K", self.all));
    }

    fn clear(&self) {
        self.put("\r\x1b[K");
    }

    /// A terminal that is gone is no reason to stop.
    fn put(&self, text: &str) {
        if self.shown {
            let mut out = io::stderr();
            let _ = out.write_all(text.as_bytes());
            let _ = out.flush();
        }
    }
}
