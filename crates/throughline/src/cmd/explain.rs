//! `throughline explain`: what would happen to a request, and why. From a config file alone, or asked of a running server.

mod names;
mod steer;

use crate::admin::client::ask;
use crate::admin::explain::{self, Form, Question};
use crate::admin::parameters::encoded;
use crate::cmd::shown::Shown;
use crate::cmd::{check, print, serve};
use crate::settings;
use decide::address::Address;
use decide::config::Config;
use decide::route::Table;
use decide::time::Calendar;
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::SystemTime;
use wire::http::Method;

/// Which decision.
#[derive(clap::Subcommand)]
pub enum What {
    /// Which site and route serve a request: every rule in the order tried.
    #[command(
        override_usage = "throughline explain route [OPTIONS] CONFIG URL\n       throughline explain route [OPTIONS] --admin ADDR URL"
    )]
    Route {
        #[command(flatten)]
        request: Request,
        /// As one JSON object (docs/guide/explain-json.md).
        #[arg(long)]
        json: bool,
    },
    /// Which backend gets a request: every candidate with its score.
    #[command(override_usage = "throughline explain balance [OPTIONS] CONFIG URL\n       \
                          throughline explain balance [OPTIONS] CONFIG --pool NAME\n       \
                          throughline explain balance [OPTIONS] --admin ADDR [URL]")]
    Balance {
        #[command(flatten)]
        request: Request,
        /// This pool, whatever the routes say.
        #[arg(long, value_name = "NAME")]
        pool: Option<String>,
        /// The address the request comes from.
        #[arg(long, value_name = "IP")]
        client: Option<IpAddr>,
        /// As one JSON object (docs/guide/explain-json.md).
        #[arg(long)]
        json: bool,
    },
    /// What is stored for a request, and what that is good for: key, variants, verdict and every rule on the way. Of an answer (--status,
    /// --response): whether it is stored, for how long, what of it, and why.
    #[command(
        override_usage = "throughline explain cache [OPTIONS] --admin ADDR URL\n       throughline explain cache [OPTIONS] CONFIG URL"
    )]
    Cache {
        #[command(flatten)]
        request: Request,
        /// The status of an answer to the request; 200 where only fields of it are given.
        #[arg(long, value_name = "STATUS", value_parser = explain::status)]
        status: Option<u16>,
        /// A field of the answer; may be repeated.
        #[arg(long = "response", value_name = "NAME: VALUE")]
        response: Vec<String>,
    },
    /// What the name server answers to a client, and why: zone, rule, choice, and of a steered name every place with its scores.
    #[command(override_usage = "throughline explain dns [OPTIONS] CONFIG NAME\n       throughline explain dns [OPTIONS] --admin ADDR NAME")]
    Dns(names::Question),
    /// How clients are shared out among the places of a steering; and, without a place or between two configurations, which networks and
    /// how much weight move where, and who overloads.
    #[command(override_usage = "throughline explain steer [OPTIONS] CONFIG [STEERING]\n       \
                                throughline explain steer [OPTIONS] --admin ADDR [STEERING]\n       \
                                throughline explain steer [OPTIONS] --diff OLD NEW [STEERING]")]
    Steer(steer::Question),
}

/// A request.
#[derive(clap::Args)]
pub struct Request {
    /// The configuration file (not with --admin), and the URL.
    #[arg(value_name = "CONFIG|URL", num_args = 0..=2)]
    what: Vec<String>,
    /// Ask the running server whose admin side listens here, instead of reading a file.
    #[arg(long, value_name = "ADDR", value_parser = serve::address)]
    admin: Option<Address>,
    #[command(flatten)]
    shown: Shown,
    /// The method.
    #[arg(short = 'X', long, value_name = "METHOD", default_value = "GET")]
    method: String,
    /// A field; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// The listener the request comes in at; else the first on the URL's port, else the first.
    #[arg(long, value_name = "ADDR")]
    listener: Option<String>,
}

/// Prints the decision and its reasons.
pub(super) fn run(what: &What) -> Result<ExitCode, String> {
    let text = match what {
        What::Route { request, json } => {
            let question = request.question()?;
            match &request.admin {
                Some(admin) => live(admin, &request.shown, ("route", *json), &question)?,
                None => {
                    let config = request.config()?;
                    explain::route(&question, &config, &Table::build(&config), Form::new(*json))?
                }
            }
        }
        What::Cache { request, status, response } => {
            let response = response.iter().map(String::as_str).collect();
            let question = Question { status: *status, response, ..request.question()? };
            match &request.admin {
                Some(admin) => live(admin, &request.shown, ("cache", false), &question)?,
                None => explain::cache(&question, &request.config()?, now())?,
            }
        }
        What::Dns(question) => question.explained()?,
        What::Steer(question) => question.explained()?,
        What::Balance { request, pool, client, json } => {
            let question = Question { pool: pool.as_deref(), client: *client, ..request.question()? };
            match &request.admin {
                Some(admin) => live(admin, &request.shown, ("balance", *json), &question)?,
                None => explain::balance(&question, &request.config()?, Form::new(*json))?,
            }
        }
    };
    print(text.trim_end());
    Ok(ExitCode::SUCCESS)
}

impl Request {
    fn question(&self) -> Result<Question<'_>, String> {
        let files = usize::from(self.admin.is_none());
        if self.what.len() > files + 1 {
            return Err("with --admin no configuration file is read: give only a URL".to_string());
        }
        Ok(Question {
            url: self.what.get(files).map(String::as_str),
            method: Some(&self.method),
            fields: self.headers.iter().map(String::as_str).collect(),
            listener: self.listener.as_deref(),
            ..Question::default()
        })
    }

    fn config(&self) -> Result<Config, String> {
        read(self.what.first().ok_or(NO_FILE)?)
    }
}

const NO_FILE: &str = "say which configuration file, or --admin ADDR to ask a running server";

/// A configuration without mistakes.
fn read(path: &str) -> Result<Config, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {}", settings::unreadable(&error)))?;
    settings::load(&text, path).map_err(|found| format!("{path} has {}; `throughline check {path}` shows them", check::tally(&found)))
}

fn now() -> Calendar {
    Calendar(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn live(admin: &Address, shown: &Shown, (decision, json): (&str, bool), question: &Question<'_>) -> Result<String, String> {
    let client = question.client.map(|client| client.to_string());
    let status = question.status.map(|status| status.to_string());
    let single = [
        ("url", question.url),
        ("method", question.method),
        ("listener", question.listener),
        ("pool", question.pool),
        ("client", client.as_deref()),
        ("status", status.as_deref()),
    ];
    let single = single.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let headers = question.fields.iter().map(|field| ("header", *field));
    let response = question.response.iter().map(|field| ("response", *field));
    let query = single.chain(headers).chain(response).map(|(name, value)| format!("{name}={}", encoded(value)));
    let query: Vec<String> = query.chain(json.then(|| "json".to_string())).collect();
    ask(admin, shown.token()?.as_deref(), Method::Get, &format!("/explain/{decision}?{}", query.join("&")))?.into_result()
}
