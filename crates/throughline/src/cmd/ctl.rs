//! `throughline ctl`: asks a running server, over its admin side.

mod feed;

use crate::admin::client::{Sent, ask, send};
use crate::admin::parameters::encoded;
use crate::cmd::shown::Shown;
use crate::cmd::{print, serve};
use crate::{settings, token};
use decide::address::Address;
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use view::status::{Paint, Status, table};
use wire::http::Method;

/// Whom to ask, and for what.
#[derive(clap::Args)]
pub struct Arguments {
    /// Where the admin side listens; the default address unless given. Several for `purge`: each that is asked before the ones in front of
    /// it, the shield first.
    #[arg(long, value_name = "ADDR", value_parser = serve::address, global = true)]
    admin: Vec<Address>,
    #[command(flatten)]
    shown: Shown,
    #[command(subcommand)]
    what: What,
}

/// What to ask for.
#[derive(clap::Subcommand)]
enum What {
    /// The state of listeners, pools and backends, as a table.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Drop what is stored of answers, or make it stale. It holds for every request that begins after this has ended.
    #[command(override_usage = "throughline ctl purge [OPTIONS] URL\n       throughline ctl purge [OPTIONS] --prefix URL/\n       \
                          throughline ctl purge [OPTIONS] --tag TAG\n       throughline ctl purge [OPTIONS] --site NAME\n       \
                          throughline ctl purge [OPTIONS] --all")]
    Purge(Purge),
    /// Say that URLs have changed: what is stored of them is dropped, and they are fetched at once; or hand their content over.
    #[command(override_usage = "throughline ctl push [OPTIONS] URL...\n       \
                          throughline ctl push [OPTIONS] URL --file PAGE [--field 'NAME: VALUE']...")]
    Push(feed::Push),
    /// Fetch URLs into the cache before anyone asks for them.
    #[command(override_usage = "throughline ctl prefetch [OPTIONS] URL...\n       throughline ctl prefetch [OPTIONS] --list FILE\n       \
                          throughline ctl prefetch [OPTIONS] --sitemap URL\n       throughline ctl prefetch --follow JOB\n       \
                          throughline ctl prefetch --cancel JOB")]
    Prefetch(feed::Prefetch),
    /// Make a token, and the hash of it that a configuration names; with --token-file, the hash of the token there. Asks no server.
    Token {
        /// Write the token into this file, which must not be there yet, and show only the hash.
        #[arg(long, value_name = "FILE")]
        write: Option<PathBuf>,
    },
    /// Read the configuration file again. A file with mistakes changes nothing.
    Reload,
    /// End the process, once what is in flight has ended.
    Drain,
    /// Change one backend.
    Backend {
        /// The name of its pool.
        pool: String,
        /// Its name: the address, unless the configuration names it.
        name: String,
        #[command(subcommand)]
        change: Change,
    },
}

/// What to purge.
#[derive(clap::Args)]
struct Purge {
    /// This URL, all its variants; without a scheme, http and https.
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// All below this URL, which ends with a slash.
    #[arg(long, value_name = "URL/", conflicts_with = "url")]
    prefix: Option<String>,
    /// All that the origin gave this tag, in `Surrogate-Key` or `Cache-Tag`.
    #[arg(long, value_name = "TAG", conflicts_with_all = ["url", "prefix"])]
    tag: Option<String>,
    /// Only what is stored for this site; alone, all of it.
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Everything.
    #[arg(long, conflicts_with_all = ["url", "prefix", "tag", "site"])]
    all: bool,
    /// Make it stale: it is still served where stale answers may be, and while it is validated.
    #[arg(long)]
    soft: bool,
}

impl Purge {
    fn says_what(&self) -> bool {
        self.all || [&self.url, &self.prefix, &self.tag, &self.site].iter().any(|given| given.is_some())
    }

    /// What the admin side is asked.
    fn target(&self) -> String {
        let given = [("url", &self.url), ("prefix", &self.prefix), ("tag", &self.tag), ("site", &self.site)];
        let given = given.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", encoded(value.as_deref()?))));
        let flags = [("all", self.all), ("soft", self.soft)].into_iter().filter(|(_, set)| *set).map(|(name, _)| name.to_string());
        format!("/cache/purge?{}", given.chain(flags).collect::<Vec<_>>().join("&"))
    }
}

/// What becomes of a backend.
#[derive(clap::Subcommand)]
enum Change {
    /// Takes requests.
    Ready,
    /// Takes no new requests; those in flight finish.
    Drain,
    /// Takes no new requests, and is not probed.
    Maintenance,
    /// Takes this share relative to the others, until a reload changes the configured weight.
    Weight {
        /// 0 to 65535.
        #[arg(value_parser = clap::value_parser!(u32).range(..=65_535))]
        weight: u32,
    },
}

/// Asks, and prints the answer.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let several = arguments.admin;
    if several.len() > 1 && !matches!(arguments.what, What::Purge(_)) {
        return Err("only a purge takes more than one --admin".to_string());
    }
    let side = Side { admin: admin(several.first().cloned())?, token: arguments.shown.token()? };
    let line = match arguments.what {
        What::Status { json: true } => side.get("/status")?,
        What::Status { json: false } => status(&side.get("/status")?)?,
        What::Token { write } => make_token(arguments.shown.in_file()?, write.as_deref())?,
        What::Purge(purge) => {
            if !purge.says_what() {
                return Err("say what to purge: a URL, --prefix, --tag, --site or --all".to_string());
            }
            let of = |admin: &Address| Side { admin: admin.clone(), token: side.token.clone() };
            let all: Vec<Side> = if several.len() > 1 { several.iter().map(of).collect() } else { vec![of(&side.admin)] };
            purge_all(&all, &purge)?
        }
        What::Push(push) => return feed::push(&side, &push),
        What::Prefetch(prefetch) => return feed::prefetch(&side, &prefetch),
        What::Reload => {
            let answer = side.post("/reload")?;
            format!("configuration {} holds", answer["generation"])
        }
        What::Drain => {
            let answer = side.post("/drain")?;
            format!("draining; connections open: {}", answer["connections"])
        }
        What::Backend { pool, name, change } => {
            let change = match change {
                Change::Ready => "admin=ready".to_string(),
                Change::Drain => "admin=drain".to_string(),
                Change::Maintenance => "admin=maintenance".to_string(),
                Change::Weight { weight } => format!("weight={weight}"),
            };
            let answer = side.post(&format!("/backends/{}/{}?{change}", encoded(&pool), encoded(&name)))?;
            let word = answer["admin"].as_str().unwrap_or_default();
            format!("backend {pool}/{name}: {word}, weight {}, {} in flight", answer["weight"], answer["in_flight"])
        }
    };
    print(line.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// Purges all of these, one after the other. Of several each is purged twice: one that keeps objects for its peers may, between its own
/// purge and theirs, have got a copy back from one whose turn was still to come.
fn purge_all(sides: &[Side], purge: &Purge) -> Result<String, String> {
    let word = if purge.soft { "made stale" } else { "purged" };
    let mut lines = Vec::new();
    let rounds = if sides.len() > 1 { 2 } else { 1 };
    for (round, side) in (0..rounds).flat_map(|round| sides.iter().map(move |side| (round, side))) {
        let answer = side.post(&purge.target())?;
        if round + 1 == rounds {
            let at = if rounds > 1 { format!("{}: ", side.admin) } else { String::new() };
            lines.push(format!("{at}{word}; number {}", answer["sequence"]));
        }
    }
    Ok(lines.join("\n"))
}

/// The address given, else the default of the settings.
pub(super) fn admin(given: Option<Address>) -> Result<Address, String> {
    given.or_else(settings::admin_defaults).ok_or_else(|| "say where the admin side listens: --admin ADDR".to_string())
}

/// Whom to ask, and by what right.
struct Side {
    admin: Address,
    token: Option<String>,
}

impl Side {
    fn get(&self, target: &str) -> Result<String, String> {
        ask(&self.admin, self.token.as_deref(), Method::Get, target)?.into_result()
    }

    fn post(&self, target: &str) -> Result<Value, String> {
        self.post_with(&Sent::post(target))
    }

    fn post_with(&self, sent: &Sent<'_>) -> Result<Value, String> {
        let body = send(&self.admin, self.token.as_deref(), sent)?.into_result()?;
        serde_json::from_str(&body).map_err(|_| not_ours(&self.admin))
    }
}

/// A new token, or the hash of one that there is.
fn make_token(known: Option<String>, write: Option<&Path>) -> Result<String, String> {
    let made = if known.is_none() { Some(token::draw()?) } else { None };
    let hash = token::text(&token::hash(known.or(made.clone()).unwrap_or_default().as_bytes()));
    let config = format!("tokens = [\"{hash}\"]    under [[site]] for its owner, under [admin] for who runs the server");
    match (made, write) {
        (Some(made), Some(path)) => {
            let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let written = new.and_then(|mut file| file.write_all(format!("{made}\n").as_bytes()));
            written.map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            Ok(format!("token    in {}, for --token-file\nconfig   {config}", path.display()))
        }
        (Some(made), None) => Ok(format!("token    {made}    keep it: it is not written anywhere\nconfig   {config}")),
        (None, Some(_)) => Err("there is a token already: --write makes a new one, without --token-file".to_string()),
        (None, None) => Ok(format!("config   {config}")),
    }
}

fn status(json: &str) -> Result<String, String> {
    let status = Status::from_json(json).map_err(|error| format!("the answer is no status of a throughline: {error}"))?;
    let paint = if std::io::stdout().is_terminal() { Paint::Colour } else { Paint::Plain };
    Ok(table(&status, paint))
}

fn not_ours(admin: &Address) -> String {
    format!("what answers on {admin} is not the admin side of a throughline")
}
