//! What is written of names, places and tables in the demo's configuration: the text that an operator would write.

use super::places::{PLACES, Places, REDIRECTOR, STEERED, ZONE};
use std::fmt::Write as _;
use std::net::IpAddr;

/// A record: name below the zone, type, and what it says.
type Line<'a> = (&'a str, &'a str, String);

/// The sections `[dns]`, `[zone.…]`, `[pool.…]`, `[pop.…]`, `[steering.…]` and `[[collector]]`.
pub(super) fn text(places: &Places) -> String {
    let [own, root, top] = places.name_servers;
    let mut text = format!("[dns]\nat = [\"{own}\", \"{root}\", \"{top}\"]\nwhy = [\"127.0.0.0/8\", \"::1\"]\n");
    zone(
        &mut text,
        ".",
        &root.to_string(),
        &[
            ("@", "NS", "a.root.".to_string()),
            ("a.root", "A", root.ip().to_string()),
            ("test", "NS", "a.test.".to_string()),
            ("a.test", "A", top.ip().to_string()),
        ],
    );
    let server = format!("ns.{ZONE}.");
    zone(
        &mut text,
        "test",
        &top.to_string(),
        &[
            ("@", "NS", "a.test.".to_string()),
            ("a", "A", top.ip().to_string()),
            ("throughline", "NS", server.clone()),
            ("ns.throughline", kind(own.ip()), own.ip().to_string()),
        ],
    );
    let site = places.site().to_string();
    let mut lines = vec![
        ("@", "NS", server),
        ("ns", kind(own.ip()), own.ip().to_string()),
        ("@", kind(places.site()), site.clone()),
        (REDIRECTOR, kind(places.site()), site),
    ];
    lines.extend(PLACES.iter().map(|place| (place.name, "A", place.address.to_string())));
    zone(&mut text, ZONE, &own.to_string(), &lines);
    write!(text, "[[zone.{ZONE:?}.record]]\nname = \"{STEERED}\"\nsteer = \"{STEERED}\"\nttl = \"5s\"\n").expect("memory");
    for (place, file) in PLACES.iter().zip(&places.tables) {
        let (name, at) = (place.name, places.edge(place));
        write!(
            text,
            "[pool.{name}]\nbackends = [{{ name = \"edge\", at = \"{at}\" }}]\n[pool.{name}.health]\nhttp = \"/healthz\"\ninterval = \"1s\"\n\
             [pop.{name}]\naddresses = [\"{}\"]\npool = \"{name}\"\nurl = \"http://{at}\"\n\
             [[collector]]\npop = \"{name}\"\nmrt = {file:?}\n",
            place.address
        )
        .expect("memory");
    }
    text + &format!("[steering.{STEERED}]\nmeasure = true\n")
}

fn zone(text: &mut String, name: &str, at: &str, lines: &[Line<'_>]) {
    let server = lines.iter().find(|(_, kind, _)| *kind == "NS").map_or("", |(.., server)| server);
    let soa = format!("{server} nobody.invalid. 1 3600 600 86400 60");
    write!(text, "[zone.{name:?}]\nat = [\"{at}\"]\nttl = \"5m\"\n").expect("memory");
    for (owner, kind, value) in [("@", "SOA", soa)].iter().chain(lines) {
        write!(text, "[[zone.{name:?}.record]]\nname = \"{owner}\"\ntype = \"{kind}\"\nvalues = [\"{value}\"]\n").expect("memory");
    }
}

/// The type of the record for an address.
fn kind(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "A" } else { "AAAA" }
}
