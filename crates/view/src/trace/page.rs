//! A journey as one HTML page that needs nothing else: no other file, no network, no script to be read.
//!
//! It is made of the stations and rows that the tree is made of, so what is added there appears here. `leg`
//! draws a leg with its stations, `told` a step with all that the catalogue says of it.

mod leg;
mod percent;
mod told;

use super::quantity::time;
use super::read::{self, Leg, Read, Station, Tone};
use super::{Options, json};
use crate::mark::{self, Mark};
use crate::step_json::calendar;
use crate::text::shown;
use decide::forward::request_id;
use decide::step::{Journey, Step};
use leg::Scale;
use percent::percent;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");
/// What the page may run and look like, as the hashes that a browser asks for. A test of the command says what they have to be.
const STYLE_HASH: &str = include_str!("page/style.sha256");
const SCRIPT_HASH: &str = include_str!("page/script.sha256");
/// More notes than this say nothing any more.
const MOST_NOTES: usize = 8;

/// The page. The same journey gives the same page.
pub fn page(journey: &Journey) -> String {
    let read = read::read(journey, &Options { width: 0, colour: false, verbose: true, so_far: None });
    let mut out = Mark::new();
    head(&title(&read), &mut out);
    top(journey, &read, &mut out);
    strip(&read, &mut out);
    let scale = Scale { total: read.total, legs: read.legs.len() };
    for number in 0..read.legs.len() {
        leg::write(journey, &read, number, &scale, &mut out);
    }
    foot(journey, &mut out);
    out.into_text()
}

fn title(read: &Read) -> String {
    let named = read.legs.first().map(|leg| leg.title.as_str()).filter(|title| !title.is_empty());
    named.unwrap_or("a URL that is none").to_string()
}

fn head(title: &str, out: &mut Mark) {
    out.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    // First of all, so that nothing comes before it that it does not hold for.
    out.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
    out.raw(STYLE_HASH.trim());
    out.raw("'; script-src 'sha256-");
    out.raw(SCRIPT_HASH.trim());
    out.raw("'; base-uri 'none'; form-action 'none'\">\n");
    out.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    out.text(title);
    out.raw(" – a journey</title>\n<style>");
    out.raw(STYLE);
    out.raw("</style>\n</head>\n<body>\n<main>\n");
}

/// The URL, how it ended, the facts, and what to look at.
fn top(journey: &Journey, read: &Read, out: &mut Mark) {
    out.raw("<header>\n<p class=\"brand\">throughline trace</p>\n");
    out.element("h1", "", &title(read));
    if let Some(end) = &read.end {
        let (class, sign) = if end.good { ("end good", "✓ ") } else { ("end bad", "✗ ") };
        out.element("p", class, &format!("{sign}{}", end.text));
    }
    out.raw("<dl class=\"facts\">\n");
    let mut began = String::new();
    calendar(journey.calendar, &mut began);
    let began = began.replace('T', " ").replace('Z', " UTC");
    let mut facts = vec![("took", time(read.total)), ("began", began)];
    facts.extend(agreed(journey));
    facts.push(("id", request_id(journey.id).iter().map(|digit| char::from(*digit)).collect()));
    for (name, value) in facts {
        out.raw("<div>");
        out.element("dt", "", name);
        out.element("dd", "", &value);
        out.raw("</div>\n");
    }
    out.raw("</dl>\n");
    notes(read, out);
    out.raw("</header>\n");
}

/// Who answered, and in which versions: of the last leg.
fn agreed(journey: &Journey) -> Vec<(&'static str, String)> {
    let (mut server, mut tls, mut http) = (None, None, None);
    for (_, step) in journey.steps() {
        match *step {
            Step::UrlRead { .. } => (tls, http) = (None, None),
            Step::ConnectionOpened { remote, .. } | Step::ConnectionReused { remote } => {
                server = Some(shown(&String::from_utf8_lossy(journey.text(remote))).into_owned());
            }
            Step::Secured { version, .. } => tls = Some(version.replace("TLSv", "TLS ")),
            Step::HeadReceived { version, interim: false, .. } => http = Some(version.to_string()),
            _ => {}
        }
    }
    [("server", server), ("security", tls), ("protocol", http)].into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// What failed or is worth a look, each with the way to its station.
fn notes(read: &Read, out: &mut Mark) {
    let mut notes = Vec::new();
    for (leg, station, place) in places(read) {
        let rows = station.rows.iter().filter(|row| matches!(row.tone, Tone::Bad | Tone::Warning));
        notes.extend(rows.map(|row| (leg, place, station.place.name(), row)));
    }
    if notes.is_empty() {
        return;
    }
    out.raw("<ul class=\"notes\">\n");
    for (leg, place, name, row) in notes.iter().take(MOST_NOTES) {
        let class = if row.tone == Tone::Bad { "bad" } else { "warning" };
        out.raw(&format!("<li class=\"{class}\"><a href=\"#s{leg}-{place}\">{name}</a> "));
        let label = if row.label.is_empty() { String::new() } else { format!("{}: ", row.label) };
        out.element("span", "", &format!("{label}{}", row.text));
        out.raw("</li>\n");
    }
    if let Some(more) = notes.len().checked_sub(MOST_NOTES).filter(|more| *more > 0) {
        out.raw(&format!("<li>and {more} more, below</li>\n"));
    }
    out.raw("</ul>\n");
}

/// All stations with their leg and their place in it, both from 1.
fn places(read: &Read) -> impl Iterator<Item = (usize, &Station, usize)> {
    let of = |(leg, stations): (usize, &Leg)| (1..=stations.stations.len()).map(move |place| (leg + 1, place)).collect::<Vec<_>>();
    read.legs.iter().enumerate().flat_map(of).map(|(leg, place)| (leg, &read.legs[leg - 1].stations[place - 1], place))
}

/// The whole time as one line: which station had it, and what none had.
fn strip(read: &Read, out: &mut Mark) {
    out.raw("<section class=\"strip\" aria-label=\"Where the time went\">\n<svg class=\"all\" aria-hidden=\"true\">");
    out.raw("<rect class=\"nobody\" width=\"100%\" height=\"100%\"/>");
    for (_, station, _) in places(read) {
        let (x, width) = percent(station.span, read.total);
        out.raw(&format!("<rect class=\"{}\" x=\"{x}\" width=\"{width}\" height=\"100%\"/>", leg::class(station)));
    }
    out.raw("</svg>\n<ul class=\"key\">\n");
    let mut sums: Vec<(&Station, decide::time::Duration)> = Vec::new();
    for (_, station, _) in places(read) {
        let lasted = station.span.end.saturating_sub(station.span.start);
        match sums.iter_mut().find(|(first, _)| first.place == station.place) {
            Some((_, sum)) => *sum += lasted,
            None => sums.push((station, lasted)),
        }
    }
    for (station, sum) in sums {
        out.raw(&format!("<li class=\"{}\"><svg class=\"dot\" aria-hidden=\"true\"><rect ", leg::class(station)));
        out.raw("width=\"100%\" height=\"100%\" rx=\"2\"/></svg> ");
        out.element("span", "", station.place.name());
        out.raw(" ");
        out.element("b", "", &time(sum));
        out.raw("</li>\n");
    }
    out.raw("</ul>\n</section>\n");
}

fn foot(journey: &Journey, out: &mut Mark) {
    out.raw("<footer>\n<p>Made by <b>throughline trace --html</b>. Open a line to see what was recorded, and what each field means. ");
    out.raw("All of it stands in this page as JSON too, for programs: <code>script#journey</code>.</p>\n</footer>\n</main>\n");
    out.raw("<script type=\"application/json\" id=\"journey\">");
    out.raw(&mark::json(&json(journey)));
    out.raw("</script>\n<script>");
    out.raw(SCRIPT);
    out.raw("</script>\n</body>\n</html>\n");
}

#[cfg(test)]
mod tests;
