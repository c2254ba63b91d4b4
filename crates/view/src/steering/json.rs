//! The same for programs: one JSON object of one line. `docs/guide/explain-json.md` describes it.

use super::table::by_size;
use super::{Change, Sharing};
use crate::object::Object;
use decide::steer::Load;

/// The version of what is written. Fields are added under the same version; nothing is renamed or taken away.
const STEER: &str = "throughline.explain-steer/1";
/// Moves that are told unless all are asked for: the largest.
const MOST_MOVES: usize = 200;

/// The comparison; `all`: with every network that moves.
pub fn json(sharing: &Sharing<'_>, all: bool) -> String {
    let mut out = Object::of(STEER);
    out.text("steering", sharing.steering);
    match sharing.change {
        Change::Nothing => {}
        Change::Without(pop) => out.text("without", pop),
        Change::Between(old, new) => {
            out.text("from", old);
            out.text("to", new);
        }
    }
    let mut networks = Object::new();
    networks.plain("ipv4", sharing.networks.0);
    networks.plain("ipv6", sharing.networks.1);
    out.raw("networks", &networks.into_text());
    out.text("counted", if sharing.weighed { "weights" } else { "blocks" });
    out.list("places", sharing.diff.loads.iter().map(|load| place(sharing, load)));
    out.list(
        "layers",
        sharing.shares.iter().map(|share| {
            let mut row = Object::new();
            row.text("place", sharing.name(share.pop));
            row.text("layer", share.layer.word());
            row.plain("networks", share.networks);
            row.raw("weight", &weight(share.weight));
            row
        }),
    );
    if sharing.changes() {
        out.list(
            "flows",
            sharing.diff.flows.iter().map(|flow| {
                let mut row = Object::new();
                row.text("from", sharing.name(flow.from));
                row.text("to", sharing.name(flow.to));
                row.plain("networks", flow.moves);
                row.raw("weight", &weight(flow.weight));
                row
            }),
        );
        out.plain("moving", sharing.diff.moves.len());
        let most = if all { usize::MAX } else { MOST_MOVES };
        out.list(
            "moves",
            by_size(sharing).into_iter().take(most).map(|moved| {
                let mut row = Object::new();
                row.text("network", &moved.network.to_string());
                row.text("from", sharing.name(moved.from));
                row.text("to", sharing.name(moved.to));
                row.plain("weight", moved.weight);
                row
            }),
        );
    }
    out.texts("missing", sharing.missing.iter().map(String::as_str));
    out.texts("overloads", sharing.overloads().iter().map(String::as_str));
    out.text("sentence", &sharing.sentence());
    out.into_text() + "\n"
}

fn place(sharing: &Sharing<'_>, load: &Load) -> Object {
    let mut row = Object::new();
    row.text("place", sharing.name(load.pop));
    row.raw("before", &weight(load.before));
    row.raw("after", &weight(load.after));
    for (name, value) in [("load", load.load), ("expected", load.expected)] {
        value.into_iter().for_each(|value| row.plain(name, value));
    }
    row.plain("capacity", load.capacity);
    row.plain("overloads", load.overloads());
    row
}

fn weight([ipv4, ipv6]: [f64; 2]) -> String {
    let mut of = Object::new();
    of.plain("ipv4", ipv4);
    of.plain("ipv6", ipv6);
    of.into_text()
}
