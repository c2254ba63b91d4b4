//! `ctl push` and `ctl prefetch`: has URLs fetched, and shows what comes of each as it comes.

use super::Side;
use crate::admin::client::Sent;
use crate::admin::parameters::encoded;
use crate::cmd::{print, say};
use serde_json::Value;
use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;
use std::time::Duration;
use wire::http::Method;

/// Between two looks at a job.
const LOOK: Duration = Duration::from_millis(100);

/// Results that one look brings.
const PAGE: usize = 200;

/// What has changed.
#[derive(clap::Args)]
pub(super) struct Push {
    /// URLs that have changed, with their scheme; all variants of each.
    #[arg(value_name = "URL", required = true)]
    urls: Vec<String>,
    /// Hand this file over as the content of the URL, instead of having it fetched; `-` reads standard input.
    #[arg(long, value_name = "PAGE", conflicts_with_all = ["soft", "no_wait"])]
    file: Option<String>,
    /// A field of the content that is handed over, as often as needed: `Cache-Control: max-age=60`.
    #[arg(long, value_name = "NAME: VALUE", requires = "file")]
    field: Vec<String>,
    /// A field that clients ask with, as often as needed: it selects among variants.
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The old answers serve until the new ones are there.
    #[arg(long)]
    soft: bool,
    /// Do not wait until they are there.
    #[arg(long)]
    no_wait: bool,
}

/// What will be wanted.
#[derive(clap::Args)]
pub(super) struct Prefetch {
    /// URLs, with their scheme.
    #[arg(value_name = "URL")]
    urls: Vec<String>,
    /// A file of URLs, one a line; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    list: Option<String>,
    /// The URL of a sitemap, or of an index of sitemaps, of a site that is served there.
    #[arg(long, value_name = "URL")]
    sitemap: Vec<String>,
    /// URLs a second, no more than the configuration allows.
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// URLs at once, likewise.
    #[arg(long, value_name = "N")]
    simultaneous: Option<u32>,
    /// A field that clients ask with, as often as needed.
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// Do not wait until they are there.
    #[arg(long)]
    no_wait: bool,
    /// Follow a job that is under way.
    #[arg(long, value_name = "JOB", conflicts_with_all = ["urls", "list", "sitemap", "cancel"])]
    follow: Option<u64>,
    /// End a job: what is under way comes to its end, and nothing more begins.
    #[arg(long, value_name = "JOB", conflicts_with_all = ["urls", "list", "sitemap"])]
    cancel: Option<u64>,
}

/// The parameters of a query.
struct Query(String);

impl Query {
    fn of(path: &str) -> Query {
        Query(format!("{path}?"))
    }

    fn with(mut self, name: &str, value: &str) -> Query {
        let and = if self.0.ends_with('?') { "" } else { "&" };
        self.0.push_str(&format!("{and}{name}={}", encoded(value)));
        self
    }

    fn with_all(self, name: &str, values: &[String]) -> Query {
        values.iter().fold(self, |query, value| query.with(name, value))
    }
}

/// Pushes, and prints what came of it.
pub(super) fn push(side: &Side, push: &Push) -> Result<ExitCode, String> {
    if let Some(file) = &push.file {
        return hand_over(side, push, file);
    }
    let query = Query::of("/cache/push").with_all("header", &push.header);
    let query = if push.soft { query.with("soft", "") } else { query };
    let answer = side.post_with(&Sent { body: push.urls.join("\n").as_bytes(), ..Sent::post(&query.0) })?;
    let old = if push.soft { "the old answers serve until the new are there" } else { "the old answers are gone" };
    print(&format!("accepted ({}): {old}", answer["sequence"]));
    match push.no_wait {
        true => Ok(begun(&answer)),
        false => follow(side, job_of(&answer, side)?),
    }
}

fn hand_over(side: &Side, push: &Push, file: &str) -> Result<ExitCode, String> {
    let [url] = &push.urls[..] else { return Err("a file is the content of one URL".to_string()) };
    let content = read(file)?;
    let query = Query::of("/cache/content").with("url", url).with_all("header", &push.header).with_all("field", &push.field);
    let query = match push.field.iter().any(|field| field.to_ascii_lowercase().starts_with("content-type:")) {
        true => query,
        // What the name of the file says is what a web server would say.
        false => query.with("field", &format!("Content-Type: {}", decide::files::media_type(file))),
    };
    let answer = side.post_with(&Sent { method: Method::Put, body: &content, ..Sent::post(&query.0) })?;
    print(&format!("stored ({}): {url}, {} bytes, fresh for {} s", answer["sequence"], answer["bytes"], answer["ttl"]));
    Ok(ExitCode::SUCCESS)
}

/// Prefetches, and prints what came of it.
pub(super) fn prefetch(side: &Side, prefetch: &Prefetch) -> Result<ExitCode, String> {
    if let Some(job) = prefetch.cancel {
        let answer = side.post_with(&Sent::post(&format!("/cache/prefetch?cancel={job}")))?;
        print(&format!("job {job} {}", if answer["cancelled"] == true { "ends" } else { "was over, or is not known" }));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(job) = prefetch.follow {
        return follow(side, job);
    }
    let mut list = prefetch.urls.join("\n").into_bytes();
    if let Some(file) = &prefetch.list {
        list.push(b'\n');
        list.extend(read(file)?);
    }
    if list.is_empty() && prefetch.sitemap.is_empty() {
        return Err("say what to fetch: URLs, --list or --sitemap".to_string());
    }
    let mut query = Query::of("/cache/prefetch").with_all("sitemap", &prefetch.sitemap).with_all("header", &prefetch.header);
    for (name, number) in [("rate", prefetch.rate), ("simultaneous", prefetch.simultaneous)] {
        if let Some(number) = number {
            query = query.with(name, &number.to_string());
        }
    }
    let answer = side.post_with(&Sent { body: &list, ..Sent::post(&query.0) })?;
    match prefetch.no_wait {
        true => Ok(begun(&answer)),
        false => follow(side, job_of(&answer, side)?),
    }
}

fn read(file: &str) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let read = match file {
        "-" => std::io::stdin().lock().read_to_end(&mut content).map(|_| content),
        _ => std::fs::read(file),
    };
    read.map_err(|error| format!("cannot read {file}: {error}"))
}

fn begun(answer: &Value) -> ExitCode {
    print(&format!("job {0} is under way: throughline ctl prefetch --follow {0}", answer["job"]));
    ExitCode::SUCCESS
}

fn job_of(answer: &Value, side: &Side) -> Result<u64, String> {
    answer["job"].as_u64().ok_or_else(|| super::not_ours(&side.admin))
}

/// Shows a job until it is over. The exit code says whether every URL is in the cache.
fn follow(side: &Side, job: u64) -> Result<ExitCode, String> {
    let live = std::io::stderr().is_terminal();
    let (mut from, mut remarks) = (0, 0);
    loop {
        let body = side.get(&format!("/cache/prefetch?id={job}&from={from}&most={PAGE}"))?;
        let seen: Value = serde_json::from_str(&body).map_err(|_| super::not_ours(&side.admin))?;
        let results = seen["results"].as_array().map(Vec::as_slice).unwrap_or_default();
        let done = results.iter().take_while(|result| result.get("outcome").is_some()).count();
        if live && (done > 0 || seen["over"] == true) {
            live_line("");
        }
        results[..done].iter().for_each(|result| print(&line(result)));
        let told = seen["remarks"].as_array().map(Vec::as_slice).unwrap_or_default();
        told[remarks.min(told.len())..].iter().filter_map(Value::as_str).for_each(say);
        (from, remarks) = (from + done, told.len());
        // What was cancelled before its turn has no result, and none will come.
        if seen["over"] == true && (done == 0 || done < results.len()) {
            print(&summary(&seen));
            let whole = seen["bad"] == 0 && seen["cancelled"] == false;
            return Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        if live {
            live_line(&progress(&seen));
        }
        if done == 0 {
            std::thread::sleep(LOOK);
        }
    }
}

/// Replaces the last line on a terminal.
fn live_line(text: &str) {
    let mut error = std::io::stderr().lock();
    let _ = write!(error, "\r\x1b[K{text}");
    let _ = error.flush();
}

fn progress(seen: &Value) -> String {
    let number = |name: &str| seen[name].as_u64().unwrap_or_default();
    let (done, of) = (number("good") + number("bad"), number("urls"));
    let lists = if number("lists") > 0 { format!(", {} lists to read", number("lists")) } else { String::new() };
    format!("{done} of {of} URLs, {} under way, {} failed{lists}", number("under_way"), number("bad"))
}

fn summary(seen: &Value) -> String {
    let number = |name: &str| seen[name].as_u64().unwrap_or_default();
    let cancelled = if seen["cancelled"] == true { ", cancelled" } else { "" };
    format!("job {}: {} of {} URLs are in the cache, {} failed{cancelled}", number("id"), number("good"), number("urls"), number("bad"))
}

/// One URL and what came of it.
fn line(result: &Value) -> String {
    let text = |name: &str| result[name].as_str().unwrap_or_default();
    let number = |name: &str| result[name].as_u64().unwrap_or_default();
    let (outcome, url) = (text("outcome"), text("url"));
    let facts = match outcome {
        "stored" => {
            let took = result["took_ms"].as_f64().unwrap_or_default();
            format!("{}, {} bytes in {took:.1} ms, fresh for {} s", number("status"), number("bytes"), result["ttl"])
        }
        "fresh" | "current" => format!("{}, {} s old, fresh for {} s", number("status"), number("age"), result["ttl"]),
        _ if number("status") > 0 => format!("{}, {}", number("status"), text("why")),
        _ => text("why").to_string(),
    };
    format!("{outcome:<10}  {url}  {facts}")
}

#[cfg(test)]
mod tests;
