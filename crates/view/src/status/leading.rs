//! How clients are led, as data and as tables: the places, the steerings, and what they are led by.

use super::table::Tone;
use super::{Paint, Status};
use crate::text::{Align, Columns, shown, span, thousands};
use serde::{Deserialize, Serialize};

/// How clients are led.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeadingStatus {
    /// In the order of the configuration.
    pub places: Vec<PlaceStatus>,
    /// In the order of the configuration.
    pub steerings: Vec<SteeringStatus>,
    /// Where routing tables come from.
    pub collectors: Vec<CollectorStatus>,
    /// Those tables.
    pub tables: Vec<TableStatus>,
    /// Where addresses are said to be.
    pub geography: Option<GeographyStatus>,
}

/// One place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlaceStatus {
    /// Its name.
    pub name: String,
    /// Clients are led there.
    pub healthy: bool,
    /// What its edges have reported, times 100, if they have of late.
    pub load: Option<u64>,
    /// What it can bear, in the same unit; 0: no bound.
    pub capacity: u64,
    /// The share of the networks that it sheds, in thousandths.
    pub shed: u16,
}

/// One steering, in the version that serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SteeringStatus {
    /// Its name.
    pub name: String,
    /// The version.
    pub version: u64,
    /// Networks of IPv4 in its routing tables.
    pub ipv4: u64,
    /// Networks of IPv6 in them.
    pub ipv6: u64,
    /// Networks that clients have measured.
    pub measured: u64,
    /// Networks of which a change is held back.
    pub held: u64,
}

/// One way for a routing table to come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CollectorStatus {
    /// What it is called.
    pub name: String,
    /// Whose router it is.
    pub place: String,
    /// Of a session, its state by RFC 4271 §8.2.2; of a feed, `listening`; of a file, `read`, `refused`, `absent`.
    pub state: String,
    /// Seconds in this state.
    pub seconds: u64,
    /// Why it is not better; empty where all is well.
    pub why: String,
}

/// One routing table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableStatus {
    /// Where it is from.
    pub source: String,
    /// Whose router it is.
    pub place: String,
    /// `loading`, `live`, `kept`, `lost`.
    pub state: String,
    /// Seconds in this state.
    pub seconds: u64,
    /// Networks in it.
    pub networks: u64,
    /// Seconds since something in it changed.
    pub changed: Option<u64>,
    /// Why it is not live.
    pub why: String,
}

/// The file that says where addresses are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GeographyStatus {
    /// Its path.
    pub file: String,
    /// `waits`, `read`, `refused`, `absent`.
    pub state: String,
    /// Seconds in this state.
    pub seconds: u64,
    /// Networks whose location is used.
    pub networks: u64,
    /// Why it is not better.
    pub why: String,
}

/// All of it; nothing where nobody is led.
pub(super) fn write(status: &Status, paint: Paint, out: &mut String) {
    let leading = &status.leading;
    if !leading.places.is_empty() {
        places(&leading.places, paint, out);
    }
    if !leading.steerings.is_empty() {
        steerings(&leading.steerings, out);
    }
    if !leading.collectors.is_empty() {
        collectors(&leading.collectors, paint, out);
    }
    if !leading.tables.is_empty() {
        tables(&leading.tables, paint, out);
    }
    if let Some(geography) = &leading.geography {
        let mut rows = Columns::new([Align::Left, Align::Left, Align::Left, Align::Right, Align::Left]);
        rows.row(["geography", "state", "for", "networks", "why"]);
        let (file, state, why) = (shown(&geography.file), shown(&geography.state), shown(&geography.why));
        rows.row([&file, &state, &*span(geography.seconds), &thousands(geography.networks), &why]);
        out.push('\n');
        coloured(&rows, paint, 1, &[tone(&geography.state)], out);
    }
}

fn places(places: &[PlaceStatus], paint: Paint, out: &mut String) {
    let state = |place: &PlaceStatus| match (place.healthy, place.shed) {
        (false, _) => ("down", Tone::Bad),
        (true, 0) => ("serves", Tone::Good),
        (true, _) => ("sheds", Tone::Middling),
    };
    let mut rows = Columns::new([Align::Left, Align::Left, Align::Right, Align::Right, Align::Right]);
    rows.row(["place", "state", "load", "capacity", "shed"]);
    for place in places {
        let capacity = if place.capacity == 0 { "-".to_owned() } else { thousands(place.capacity) };
        let load = place.load.map_or_else(|| "-".to_owned(), thousands);
        let shed = if place.shed == 0 { "-".to_owned() } else { format!("{}.{} %", place.shed / 10, place.shed % 10) };
        rows.row([shown(&place.name).into_owned(), state(place).0.to_owned(), load, capacity, shed]);
    }
    out.push('\n');
    coloured(&rows, paint, 1, &places.iter().map(|place| state(place).1).collect::<Vec<_>>(), out);
}

fn steerings(steerings: &[SteeringStatus], out: &mut String) {
    let right = Align::Right;
    let mut rows = Columns::new([Align::Left, right, right, right, right, right]);
    rows.row(["steering", "version", "IPv4", "IPv6", "measured", "held back"]);
    for steering in steerings {
        let numbers = [steering.version, steering.ipv4, steering.ipv6, steering.measured, steering.held].map(thousands);
        let [version, ipv4, ipv6, measured, held] = numbers;
        rows.row([shown(&steering.name).into_owned(), version, ipv4, ipv6, measured, held]);
    }
    out.push('\n');
    rows.write_plain("  ", out);
}

fn collectors(collectors: &[CollectorStatus], paint: Paint, out: &mut String) {
    let mut rows = Columns::new([Align::Left; 5]);
    rows.row(["collector", "place", "state", "for", "why"]);
    for collector in collectors {
        let [name, place, state, why] = [&collector.name, &collector.place, &collector.state, &collector.why].map(|text| shown(text));
        rows.row([&*name, &place, &state, &span(collector.seconds), &why]);
    }
    out.push('\n');
    coloured(&rows, paint, 2, &collectors.iter().map(|collector| tone(&collector.state)).collect::<Vec<_>>(), out);
}

fn tables(tables: &[TableStatus], paint: Paint, out: &mut String) {
    let (left, right) = (Align::Left, Align::Right);
    let mut rows = Columns::new([left, left, left, left, right, right, left]);
    rows.row(["routing table", "place", "state", "for", "networks", "changed", "why"]);
    for table in tables {
        let [source, place, state, why] = [&table.source, &table.place, &table.state, &table.why].map(|text| shown(text));
        let changed = table.changed.map_or_else(|| "-".to_owned(), |seconds| format!("{} ago", span(seconds)));
        rows.row([&*source, &place, &state, &span(table.seconds), &thousands(table.networks), &changed, &why]);
    }
    out.push('\n');
    coloured(&rows, paint, 2, &tables.iter().map(|table| tone(&table.state)).collect::<Vec<_>>(), out);
}

/// How a state of something that is collected is meant.
fn tone(state: &str) -> Tone {
    match state {
        "Established" | "listening" | "read" | "live" => Tone::Good,
        "refused" | "absent" | "lost" => Tone::Bad,
        _ => Tone::Middling,
    }
}

/// Rows below a head, with one column in the colour of each.
fn coloured<const N: usize>(rows: &Columns<N>, paint: Paint, of: usize, tones: &[Tone], out: &mut String) {
    rows.write("  ", out, |row, column, cell| match (paint, row) {
        (Paint::Colour, 1..) if column == of => format!("\x1b[{}m{cell}\x1b[0m", tones[row - 1].colour()),
        _ => cell.to_owned(),
    });
}
