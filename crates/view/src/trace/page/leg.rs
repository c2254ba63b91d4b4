//! A leg: its stations on one axis of time, each with its rows.

use super::percent::percent;
use super::told;
use crate::mark::Mark;
use crate::trace::quantity::time;
use crate::trace::read::{Read, Row, Span, Station, Tone};
use decide::step::Journey;
use decide::time::Duration;

/// A station with more lines than this is closed until somebody opens it.
const MOST_OPEN: usize = 32;

/// What times are measured by.
pub(super) struct Scale {
    pub(super) total: Duration,
    pub(super) legs: usize,
}

/// A row with what belongs to it: other people's words that follow it, and the steps it was read from.
struct Item<'a> {
    row: &'a Row,
    words: Vec<&'a str>,
    steps: Vec<usize>,
}

pub(super) fn write(journey: &Journey, read: &Read, number: usize, scale: &Scale, out: &mut Mark) {
    let leg = &read.legs[number];
    out.raw("<section class=\"leg\">\n");
    if scale.legs > 1 {
        out.raw(&format!("<h2><small>leg {} of {}</small> ", number + 1, scale.legs));
        out.element("span", "", &leg.title);
        out.raw("</h2>\n");
    }
    axis(scale.total, out);
    for (place, station) in leg.stations.iter().enumerate() {
        let items = items(station);
        let open = if station.failed || items.len() <= MOST_OPEN { " open" } else { "" };
        let failed = if station.failed { " failed" } else { "" };
        out.raw(&format!("<details class=\"station {}{failed}\" id=\"s{}-{}\"{open}>\n", class(station), number + 1, place + 1));
        summary(station, scale, out);
        out.raw("<div class=\"rows\">\n");
        for item in &items {
            write_item(journey, item, scale, out);
        }
        own(journey, station, out);
        out.raw("</div>\n</details>\n");
    }
    out.raw("</section>\n");
}

/// The station's name as a class, which its colour hangs on.
pub(super) fn class(station: &Station) -> String {
    let name = station.place.name().chars();
    format!("at-{}", name.filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase())
}

fn axis(total: Duration, out: &mut Mark) {
    out.raw("<div class=\"axis\" aria-hidden=\"true\"><div>");
    for quarter in 0..=4u32 {
        out.element("span", "", &if quarter == 0 { "0".to_string() } else { time(total * quarter / 4) });
    }
    out.raw("</div></div>\n");
}

fn summary(station: &Station, scale: &Scale, out: &mut Mark) {
    out.raw("<summary>");
    out.element("span", "name", station.place.name());
    out.element("span", "text", &station.text);
    let lasted = station.span.end.saturating_sub(station.span.start);
    out.element("span", "time", &if lasted.as_micros() == 0 { String::new() } else { time(lasted) });
    // The parts that lasted stand out of the whole.
    let class = |row: &Row| if row.tone == Tone::Bad { "bad" } else { "" };
    let parts = station.rows.iter().filter_map(|row| Some((row.span?, class(row)))).filter(|(span, _)| span.end > span.start);
    let parts: Vec<(Span, &str)> = parts.collect();
    let faint = if parts.is_empty() { "" } else { "faint" };
    let mut spans = vec![(station.span, faint)];
    spans.extend(parts);
    bar(&spans, scale, out);
    out.raw("</summary>\n");
}

fn bar(spans: &[(Span, &str)], scale: &Scale, out: &mut Mark) {
    out.raw("<svg class=\"bar\" aria-hidden=\"true\">");
    for (span, class) in spans {
        let (x, width) = percent(*span, scale.total);
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        out.raw(&format!("<rect{class} x=\"{x}\" width=\"{width}\" height=\"100%\" rx=\"2\"/>"));
    }
    out.raw("</svg>");
}

/// Rows with the words that follow them.
fn items(station: &Station) -> Vec<Item<'_>> {
    let mut items: Vec<Item<'_>> = Vec::new();
    for (number, row) in station.rows.iter().enumerate() {
        let steps = station.steps.iter().filter(|(_, at)| *at == Some(number)).map(|(step, _)| *step);
        match items.last_mut() {
            Some(item) if row.tone == Tone::Quoted && row.label.is_empty() => {
                item.words.push(&row.text);
                item.steps.extend(steps);
            }
            _ => items.push(Item { row, words: Vec::new(), steps: steps.collect() }),
        }
    }
    items
}

fn write_item(journey: &Journey, item: &Item<'_>, scale: &Scale, out: &mut Mark) {
    let opens = !item.words.is_empty() || !item.steps.is_empty();
    let tone = match item.row.tone {
        Tone::Plain => "",
        Tone::Good => " good",
        Tone::Warning => " warning",
        Tone::Bad => " bad",
        Tone::Quoted => " quoted",
    };
    let (element, head) = if opens { ("details", "summary") } else { ("div", "p") };
    out.raw(&format!("<{element} class=\"row{tone}\"><{head}>"));
    out.element("span", "name", item.row.label);
    out.element("span", "text", &item.row.text);
    let lasted = item.row.span.map(|span| span.end.saturating_sub(span.start)).filter(|lasted| lasted.as_micros() > 0);
    out.element("span", "time", &lasted.map(time).unwrap_or_default());
    if let Some(span) = item.row.span {
        bar(&[(span, "")], scale, out);
    }
    out.raw(&format!("</{head}>\n"));
    if opens {
        out.raw("<div class=\"opened\">\n");
        if !item.words.is_empty() {
            out.element("pre", "", &item.words.join("\n"));
        }
        item.steps.iter().for_each(|step| told::write(journey, *step, !item.words.is_empty(), out));
        out.raw("</div>\n");
    }
    out.raw(&format!("</{element}>\n"));
}

/// The steps that no row tells of: they are the station itself.
fn own(journey: &Journey, station: &Station, out: &mut Mark) {
    let own: Vec<usize> = station.steps.iter().filter(|(_, row)| row.is_none()).map(|(step, _)| *step).collect();
    if own.is_empty() {
        return;
    }
    out.raw("<details class=\"row own\"><summary>");
    out.element("span", "name", "recorded");
    let mut names: Vec<&str> = own.iter().map(|number| journey.steps()[*number].1.name()).collect();
    names.dedup();
    out.element("span", "text", &names.join(", "));
    out.raw("<span class=\"time\"></span></summary>\n<div class=\"opened\">\n");
    own.iter().for_each(|step| told::write(journey, *step, false, out));
    out.raw("</div>\n</details>\n");
}
