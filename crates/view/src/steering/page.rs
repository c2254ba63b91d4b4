//! One page that needs nothing else: no other file, no network, no script.

use super::picture::{self, Band, Post};
use super::table::by_size;
use super::{Change, Measure, Sharing, number, percent};
use crate::mark::Mark;
use crate::text::thousands;
use decide::config::Layer;
use decide::steer::Load;

const STYLE: &str = include_str!("style.css");
/// What the page may look like, as the hash that a browser asks for. A test of the command says what it has to be.
const STYLE_HASH: &str = include_str!("style.sha256");
/// Colours, which repeat beyond.
const COLOURS: usize = 8;
/// Moves that are listed.
const MOST_MOVES: usize = 200;

/// The page. The same comparison gives the same page.
pub fn page(sharing: &Sharing<'_>) -> String {
    let mut out = Mark::new();
    head(&sharing.title(), &mut out);
    top(sharing, &mut out);
    for measure in sharing.measures() {
        out.raw("<section class=\"card\">\n");
        out.element("h2", "", &heading(sharing, measure));
        if sharing.changes() {
            changed(sharing, measure, &mut out)
        } else {
            present(sharing, measure, &mut out)
        }
        out.raw("</section>\n");
    }
    loads(sharing, &mut out);
    if sharing.changes() {
        flows(sharing, &mut out);
        moves(sharing, &mut out);
    } else {
        layers(sharing, &mut out);
    }
    out.raw("<footer><p>Made by <b>throughline explain steer --html</b>. Counted: ");
    out.text(sharing.counted());
    out.raw(".</p></footer>\n</main>\n</body>\n</html>\n");
    out.into_text()
}

fn head(title: &str, out: &mut Mark) {
    out.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    // First of all, so that nothing comes before it that it does not hold for.
    out.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
    out.raw(STYLE_HASH.trim());
    out.raw("'; base-uri 'none'; form-action 'none'\">\n");
    out.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    out.text(title);
    out.raw(" – steering</title>\n<style>");
    out.raw(STYLE);
    out.raw("</style>\n</head>\n<body>\n<main>\n");
}

fn top(sharing: &Sharing<'_>, out: &mut Mark) {
    out.raw("<header>\n<p class=\"brand\">throughline explain steer</p>\n");
    out.element("h1", "", &sharing.title());
    let overloads = sharing.overloads();
    let class = if overloads.is_empty() { "end good" } else { "end bad" };
    let mut sentences = overloads.clone();
    if overloads.is_empty() && sharing.changes() && sharing.diff.loads.iter().any(|load| load.capacity > 0 && load.expected.is_some()) {
        sentences.push("nobody will have more than it can bear".to_string());
    }
    sentences.insert(0, sharing.sentence());
    out.element("p", class, &sentences.join("; "));
    out.raw("<dl class=\"facts\">\n");
    let (ipv4, ipv6) = sharing.networks;
    let facts = [
        ("steering", sharing.steering.to_string()),
        ("places", sharing.diff.loads.len().to_string()),
        ("networks that routers know", format!("{} IPv4, {} IPv6", thousands(ipv4 as u64), thousands(ipv6 as u64))),
    ];
    for (name, value) in facts {
        out.raw("<div>");
        out.element("dt", "", name);
        out.element("dd", "", &value);
        out.raw("</div>\n");
    }
    out.raw("</dl>\n");
    if !sharing.missing.is_empty() {
        out.raw("<ul class=\"notes\">\n");
        sharing.missing.iter().for_each(|note| out.element("li", "warning", &format!("not known: {note}")));
        out.raw("</ul>\n");
    }
    out.raw("</header>\n");
}

fn heading(sharing: &Sharing<'_>, measure: Measure) -> String {
    let whole = number(measure.whole(sharing));
    match measure.family {
        None => format!("All weight: {whole}"),
        Some(0) => format!("IPv4: {whole} networks of /24"),
        Some(_) => format!("IPv6: {whole} networks of /48"),
    }
}

/// A place's colour: of its position, so that it is the same everywhere.
fn colour(sharing: &Sharing<'_>, pop: u16) -> String {
    let position = sharing.diff.loads.iter().position(|load| load.pop == pop).unwrap_or(0);
    format!("c{}", position % COLOURS)
}

fn post(sharing: &Sharing<'_>, measure: Measure, load: &Load, after: bool) -> Post {
    let weight = measure.of(if after { load.after } else { load.before });
    let alarming = after && load.overloads();
    let note = percent(weight, measure.whole(sharing));
    let note = if alarming { format!("{note} – too much") } else { note };
    Post { name: sharing.name(load.pop).to_string(), note, class: colour(sharing, load.pop), alarming, weight }
}

/// From the places as they are to the places as they will be.
fn changed(sharing: &Sharing<'_>, measure: Measure, out: &mut Mark) {
    let loads = &sharing.diff.loads;
    let side = |after| loads.iter().map(|load| post(sharing, measure, load, after)).collect::<Vec<Post>>();
    let at = |pop: u16| loads.iter().position(|load| load.pop == pop).unwrap_or(0);
    let whole = measure.whole(sharing);
    let mut bands = Vec::new();
    for (index, load) in loads.iter().enumerate() {
        let gone: f64 = sharing.diff.flows.iter().filter(|flow| flow.from == load.pop).map(|flow| measure.of(flow.weight)).sum();
        let (weight, class) = ((measure.of(load.before) - gone).max(0.0), colour(sharing, load.pop));
        let title = format!("{} keeps {}", sharing.name(load.pop), percent(weight, whole));
        bands.push(Band { from: index, to: index, weight, class, moves: false, title });
    }
    for flow in &sharing.diff.flows {
        let weight = measure.of(flow.weight);
        let names = (sharing.name(flow.from), sharing.name(flow.to));
        let title = format!("{} → {}: {}, {} networks", names.0, names.1, percent(weight, whole), thousands(flow.moves as u64));
        bands.push(Band { from: at(flow.from), to: at(flow.to), weight, class: colour(sharing, flow.from), moves: true, title });
    }
    let headings = match sharing.change {
        Change::Between(old, new) => [old, new],
        _ => ["now", "then"],
    };
    picture::write(headings, [&side(false), &side(true)], &bands, out);
}

/// From the layers that decide to the places.
fn present(sharing: &Sharing<'_>, measure: Measure, out: &mut Mark) {
    let whole = measure.whole(sharing);
    let all = [Layer::Measured, Layer::Topology, Layer::Geography, Layer::Default];
    let of = |layer: Layer| sharing.shares.iter().filter(move |share| share.layer == layer);
    let used: Vec<Layer> = all.into_iter().filter(|layer| of(*layer).any(|share| measure.of(share.weight) > 0.0)).collect();
    let layer = |layer: &Layer| {
        let weight = of(*layer).map(|share| measure.of(share.weight)).sum();
        let (name, note) = (layer.word().to_string(), percent(weight, whole));
        Post { name, note, class: "layer".to_string(), alarming: false, weight }
    };
    let left: Vec<Post> = used.iter().map(layer).collect();
    let right: Vec<Post> = sharing.diff.loads.iter().map(|load| post(sharing, measure, load, true)).collect();
    let band = |share: &decide::steer::Share| {
        let weight = measure.of(share.weight);
        let title = format!("{} gives {} to {}", share.layer.word(), percent(weight, whole), sharing.name(share.pop));
        let from = used.iter().position(|layer| *layer == share.layer)?;
        let to = sharing.diff.loads.iter().position(|load| load.pop == share.pop)?;
        Some(Band { from, to, weight, class: colour(sharing, share.pop), moves: true, title })
    };
    let bands: Vec<Band> = sharing.shares.iter().filter_map(band).collect();
    picture::write(["layer that decides", "place"], [&left, &right], &bands, out);
}

/// Each place's load against what it can bear.
fn loads(sharing: &Sharing<'_>, out: &mut Mark) {
    let known: Vec<(&Load, String)> = sharing.diff.loads.iter().filter_map(|load| Some((load, sharing.load(load)?))).collect();
    let most = known
        .iter()
        .flat_map(|(load, _)| [load.load.unwrap_or(0.0), load.expected.unwrap_or(0.0), load.capacity as f64])
        .fold(0.0, f64::max);
    if known.is_empty() || most <= 0.0 {
        return;
    }
    out.raw("<section class=\"card\">\n<h2>Load against capacity</h2>\n<div class=\"loads\">\n");
    for (load, text) in known {
        let class = if load.overloads() { "over" } else { "" };
        out.element("span", "name", sharing.name(load.pop));
        out.raw(&format!(
            "<svg class=\"bar {}\" aria-hidden=\"true\" viewBox=\"0 0 1000 34\" preserveAspectRatio=\"none\">",
            colour(sharing, load.pop)
        ));
        let of = |value: f64| (value / most * 1000.0).clamp(0.0, 1000.0);
        let rect = |class: &str, y: u32, height: u32, value: f64| {
            format!("<rect class=\"{class}\" x=\"0\" y=\"{y}\" width=\"{:.1}\" height=\"{height}\"/>", of(value))
        };
        if load.capacity > 0 {
            out.raw(&rect("room", 0, 34, load.capacity as f64));
        }
        if sharing.changes() {
            out.raw(&rect("before", 4, 9, load.load.unwrap_or(0.0)));
            out.raw(&rect(&format!("after {class}"), 16, 14, load.expected.unwrap_or(0.0)));
        } else {
            out.raw(&rect(&format!("after {class}"), 8, 18, load.load.unwrap_or(0.0)));
        }
        if load.capacity > 0 {
            out.raw(&format!(
                "<rect class=\"limit\" x=\"{:.1}\" y=\"0\" width=\"3\" height=\"34\"/>",
                (of(load.capacity as f64) - 3.0).max(0.0)
            ));
        }
        out.raw("</svg>");
        out.element("span", &format!("number {class}"), &text);
        out.raw("\n");
    }
    let key = if sharing.changes() { "Thin: now. Thick: then. " } else { "" };
    out.raw(&format!("</div>\n<p class=\"key\">{key}The shaded room ends where the place's capacity does.</p>\n</section>\n"));
}

fn table(heading: &str, columns: &[&str], rows: impl Iterator<Item = Vec<String>>, out: &mut Mark) {
    out.raw("<section class=\"card\">\n");
    out.element("h2", "", heading);
    out.raw("<div class=\"wide\"><table>\n<thead><tr>");
    columns.iter().for_each(|column| out.element("th", "", column));
    out.raw("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.raw("<tr>");
        row.iter().for_each(|cell| out.element("td", "", cell));
        out.raw("</tr>\n");
    }
    out.raw("</tbody>\n</table></div>\n</section>\n");
}

fn columns<'a>(first: &[&'a str], measures: &[Measure]) -> Vec<&'a str> {
    first.iter().copied().chain(measures.iter().map(|measure| measure.label)).collect()
}

fn layers(sharing: &Sharing<'_>, out: &mut Mark) {
    let measures = sharing.measures();
    let rows = sharing.shares.iter().map(|share| {
        let networks = if share.networks > 0 { thousands(share.networks as u64) } else { "–".to_string() };
        let first = [sharing.name(share.pop).to_string(), share.layer.word().to_string(), networks];
        first.into_iter().chain(measures.iter().map(|measure| percent(measure.of(share.weight), measure.whole(sharing)))).collect()
    });
    table("By layer", &columns(&["place", "layer", "networks of the layer"], &measures), rows, out);
}

fn flows(sharing: &Sharing<'_>, out: &mut Mark) {
    let measures = sharing.measures();
    let rows = sharing.diff.flows.iter().map(|flow| {
        let first = [sharing.name(flow.from).to_string(), sharing.name(flow.to).to_string(), thousands(flow.moves as u64)];
        first.into_iter().chain(measures.iter().map(|measure| percent(measure.of(flow.weight), measure.whole(sharing)))).collect()
    });
    table("What moves", &columns(&["from", "to", "networks"], &measures), rows, out);
}

fn moves(sharing: &Sharing<'_>, out: &mut Mark) {
    let moves = by_size(sharing);
    let rows = moves.iter().take(MOST_MOVES).map(|moved| {
        vec![moved.network.to_string(), sharing.name(moved.from).to_string(), sharing.name(moved.to).to_string(), number(moved.weight)]
    });
    let all = thousands(moves.len() as u64);
    let heading = if moves.len() > MOST_MOVES { format!("The {MOST_MOVES} largest of {all} moves") } else { format!("All {all} moves") };
    table(&heading, &["network", "from", "to", "weight"], rows, out);
}
